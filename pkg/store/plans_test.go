package store_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// A statement that reads a whole table is quick until the shop has grown. The
// planner is told to do so only where no index can serve; then the server's own
// count of such scans has to stay at nothing.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	s, err := store.Open(t.Context(), store.Config{URL: storetest.Postgres(t) + "&enable_seqscan=off", MaxConnections: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	moment := time.Now().UTC()
	var bounds store.Bounds[time.Time]
	bounds.Set("gte", moment)
	list := func(filter store.CustomerFilter) func(tx *store.Tx) error {
		filter.Store, filter.Limit, filter.Total = "DE", 10, true
		return func(tx *store.Tx) error {
			_, _, err := tx.CustomerPage(filter)
			return err
		}
	}
	customer := newAccount("a@example.com")
	address := &model.Address{ID: uuid.NewString()}
	session := &model.Session{ID: uuid.NewString(), Family: digest(), ExpiresAt: moment.Add(time.Hour)}
	key := &model.OneTimeKey{Digest: digest(), Purpose: "confirm"}
	signing := &model.SigningKey{ID: "kid", Public: digest(), Private: digest()}
	audit := func(filter store.AuditFilter) func(tx *store.Tx) error {
		filter.Store, filter.Limit = "DE", 10
		return func(tx *store.Tx) error { return errOf(tx.AuditEvents(filter)) }
	}
	group := &model.CustomerGroup{ID: uuid.NewString(), Store: "DE", Name: "a"}
	erasures := func(filter store.ErasureFilter) func(tx *store.Tx) error {
		filter.Store, filter.Limit = "DE", 10
		return func(tx *store.Tx) error { return errOf(tx.ErasureRequests(filter)) }
	}
	events := func(filter store.EventFilter) func(tx *store.Tx) error {
		filter.Store, filter.Limit = "DE", 10
		return func(tx *store.Tx) error { return errOf(tx.Events(filter)) }
	}
	endpoint := &model.WebhookEndpoint{ID: uuid.NewString(), Store: "DE", Enabled: true, Secret: digest()}
	deliveries := func(filter store.WebhookDeliveryFilter) func(tx *store.Tx) error {
		filter.Limit = 10
		return func(tx *store.Tx) error {
			filter.Endpoint = endpoint.Number
			return errOf(tx.WebhookDeliveries(filter))
		}
	}
	orders := func(filter store.OrderFilter) func(tx *store.Tx) error {
		filter.Limit, filter.Total = 10, true
		return func(tx *store.Tx) error {
			filter.Customer = customer.ID
			_, _, err := tx.OrderPage(filter)
			return err
		}
	}
	source := &model.PaymentSource{ID: uuid.NewString(), Store: "DE", State: model.ChargeableSource}
	sources := func(filter store.PaymentSourceFilter) func(tx *store.Tx) error {
		filter.Store, filter.Limit = "DE", 10
		return func(tx *store.Tx) error { return errOf(tx.PaymentSourcePage(filter)) }
	}
	letter := &model.OutboxMessage{ID: uuid.NewString(), Recipient: "a@example.com"}
	for _, c := range []struct {
		name string
		run  func(tx *store.Tx) error
	}{
		{"CreateCustomer", func(tx *store.Tx) error {
			err := tx.CreateCustomer(customer)
			address.CustomerID, session.CustomerID, key.CustomerID, letter.CustomerID = customer.ID, customer.ID, customer.ID, customer.ID
			return err
		}},
		{"CreateAddress", func(tx *store.Tx) error { return tx.CreateAddress(address) }},
		{"SaveCustomer", func(tx *store.Tx) error {
			customer.DefaultShippingAddressID = &address.ID
			return tx.SaveCustomer(customer)
		}},
		{"Customer", func(tx *store.Tx) error { return errOf(tx.Customer(customer.Reference)) }},
		{"CustomerByID", func(tx *store.Tx) error { return errOf(tx.CustomerByID(customer.ID)) }},
		{"CustomerByEmail", func(tx *store.Tx) error { return errOf(tx.CustomerByEmail("DE", "a@example.com")) }},
		{"LockCustomer", func(tx *store.Tx) error { return errOf(tx.LockCustomer(customer.ID)) }},
		{"SetPassword", func(tx *store.Tx) error { return errOf(tx.SetPassword(customer.ID, "a", "b")) }},
		{"RaiseCounter", func(tx *store.Tx) error { return tx.RaiseCounter("DE", 9) }},
		{"CustomerPage", list(store.CustomerFilter{})},
		{"CustomerPage by address", list(store.CustomerFilter{EmailKey: "a@example.com"})},
		{"CustomerPage by reference", list(store.CustomerFilter{ID: []string{"DE--1"}})},
		{"CustomerPage by time of creation", list(store.CustomerFilter{CreatedAt: bounds, Sort: []store.Order{{Field: "createdAt"}}})},
		{"CustomerPage by time of change", list(store.CustomerFilter{UpdatedAt: bounds, Sort: []store.Order{{Field: "updatedAt"}}})},
		{"CustomerPage by cursor", list(store.CustomerFilter{AfterNumber: new(int64(0))})},
		{"Addresses", func(tx *store.Tx) error { return errOf(tx.Addresses(customer.ID)) }},
		{"AddressesOf", func(tx *store.Tx) error { return errOf(tx.AddressesOf([]int64{customer.ID})) }},
		{"Address", func(tx *store.Tx) error { return errOf(tx.Address(customer.ID, address.ID)) }},
		{"SaveAddress", func(tx *store.Tx) error { return tx.SaveAddress(address) }},
		{"AddPaymentSource", func(tx *store.Tx) error {
			source.CustomerID = &customer.ID
			return tx.AddPaymentSource(source)
		}},
		{"PaymentSource", func(tx *store.Tx) error { return errOf(tx.PaymentSource("DE", source.ID)) }},
		{"LockPaymentSource", func(tx *store.Tx) error { return errOf(tx.LockPaymentSource("DE", source.ID)) }},
		{"LockPaymentSources", func(tx *store.Tx) error { return errOf(tx.LockPaymentSources("DE", []string{source.ID})) }},
		{"PaymentSourcesOf", func(tx *store.Tx) error { return errOf(tx.PaymentSourcesOf([]int64{customer.ID})) }},
		{"OwnersOf", func(tx *store.Tx) error { return errOf(tx.OwnersOf([]model.PaymentSource{*source})) }},
		{"PaymentSourcePage", sources(store.PaymentSourceFilter{})},
		{"PaymentSourcePage after one", sources(store.PaymentSourceFilter{AfterNumber: new(int64(9))})},
		{"PaymentSourcePage of a customer", sources(store.PaymentSourceFilter{CustomerID: new(int64(1))})},
		{"SavePaymentSource", func(tx *store.Tx) error { return tx.SavePaymentSource(source) }},
		{"SaveCustomer with a default source", func(tx *store.Tx) error {
			customer.DefaultSourceID = &source.ID
			err := tx.SaveCustomer(customer)
			customer.DefaultSourceID = nil
			return errors.Join(err, tx.SaveCustomer(customer))
		}},
		{"DeletePaymentSource", func(tx *store.Tx) error { return tx.DeletePaymentSource(source.ID) }},
		{"CreateSession", func(tx *store.Tx) error { return errOf(tx.CreateSession(session, 20)) }},
		{"AddSigningKey", func(tx *store.Tx) error { return tx.AddSigningKey(signing) }},
		{"CustomerOfSession", func(tx *store.Tx) error {
			_, _, err := tx.CustomerOfSession(session.ID, signing.ID)
			return err
		}},
		{"CustomerOfFamily", func(tx *store.Tx) error {
			_, _, err := tx.CustomerOfFamily(session.Family)
			return err
		}},
		{"DeleteSigningKey", func(tx *store.Tx) error { return errOf(tx.DeleteSigningKey(signing.ID)) }},
		{"LockSession", func(tx *store.Tx) error { return errOf(tx.LockSession(session.Family)) }},
		{"SaveSession", func(tx *store.Tx) error { return tx.SaveSession(session) }},
		{"SeeSession", func(tx *store.Tx) error { return tx.SeeSession(session.ID, nil, nil) }},
		{"Sessions", func(tx *store.Tx) error { return errOf(tx.Sessions(customer.ID)) }},
		{"RevokeRefreshes of one", func(tx *store.Tx) error { return errOf(tx.RevokeRefreshes(customer.ID, digest(), session.ExpiresAt)) }},
		{"RevokeRefreshes of all", func(tx *store.Tx) error { return errOf(tx.RevokeRefreshes(customer.ID, nil, session.ExpiresAt)) }},
		{"DeleteOtherSessions", func(tx *store.Tx) error { return errOf(tx.DeleteOtherSessions(customer.ID, session.ID)) }},
		{"DeleteSession", func(tx *store.Tx) error { return errOf(tx.DeleteSession(customer.ID, session.ID)) }},
		{"DeleteExpiredSessions", func(tx *store.Tx) error { return tx.DeleteExpiredSessions() }},
		{"PutKey", func(tx *store.Tx) error { return tx.PutKey(key) }},
		{"FindKey", func(tx *store.Tx) error { return errOf(tx.FindKey("confirm", key.Digest)) }},
		{"TakeKey", func(tx *store.Tx) error { return errOf(tx.TakeKey("confirm", key.Digest)) }},
		{"DeleteExpiredKeys", func(tx *store.Tx) error { return tx.DeleteExpiredKeys() }},
		{"AddConsent", func(tx *store.Tx) error { return tx.AddConsent(&model.Consent{CustomerID: customer.ID}) }},
		{"CountAttempt", func(tx *store.Tx) error { return errOf(tx.CountAttempt(digest(), time.Hour, 1, time.Hour)) }},
		{"UncountAttempt", func(tx *store.Tx) error { return tx.UncountAttempt(digest()) }},
		{"Throttles", func(tx *store.Tx) error { return errOf(tx.Throttles(digest(), digest(), digest())) }},
		{"ClearThrottle", func(tx *store.Tx) error { return tx.ClearThrottle(digest()) }},
		{"DeleteOldThrottles", func(tx *store.Tx) error { return tx.DeleteOldThrottles(moment) }},
		{"SeeNetwork", func(tx *store.Tx) error { return tx.SeeNetwork(customer.ID, digest()) }},
		{"IsFamiliar", func(tx *store.Tx) error { return errOf(tx.IsFamiliar(customer.ID, digest())) }},
		{"DeleteOldNetworks", func(tx *store.Tx) error { return tx.DeleteOldNetworks(moment) }},
		{"AddAuditEvent", func(tx *store.Tx) error { return tx.AddAuditEvent(&model.AuditEvent{ID: uuid.NewString()}) }},
		{"AuditEvent", func(tx *store.Tx) error { return errOf(tx.AuditEvent("DE", uuid.NewString())) }},
		{"AuditEvents", audit(store.AuditFilter{})},
		{"AuditEvents of a kind", audit(store.AuditFilter{Event: "login", Outcome: "failure"})},
		{"AuditEvents of a customer", audit(store.AuditFilter{Customer: "DE--1"})},
		{"AuditEvents by an actor", audit(store.AuditFilter{ActorType: "customer", ActorID: "DE--1"})},
		{"AuditEvents by time", audit(store.AuditFilter{CreatedAt: bounds})},
		{"AuditEvents after one", audit(store.AuditFilter{AfterNumber: new(int64(9))})},
		{"AuditEvents before one", audit(store.AuditFilter{BeforeNumber: new(int64(0))})},
		{"ForgetOrigins", func(tx *store.Tx) error { return tx.ForgetOrigins("DE", "DE--1") }},
		{"DeleteOldAuditEvents", func(tx *store.Tx) error { return tx.DeleteOldAuditEvents(moment.Add(-40 * 24 * time.Hour)) }},
		{"AddEvent", func(tx *store.Tx) error {
			return tx.AddEvent(&model.Event{ID: uuid.NewString(), Store: "DE", CustomerID: customer.ID})
		}},
		{"Event", func(tx *store.Tx) error { return errOf(tx.Event(uuid.NewString())) }},
		{"HasUnplacedEvents", func(tx *store.Tx) error { return errOf(tx.HasUnplacedEvents()) }},
		{"Events", events(store.EventFilter{})},
		{"Events after one", events(store.EventFilter{AfterPosition: new(int64(0))})},
		{"Events before one", events(store.EventFilter{BeforePosition: new(int64(9))})},
		{"Events of a kind", events(store.EventFilter{Types: []string{"customer.created"}})},
		{"Events of a customer", events(store.EventFilter{Subject: "DE--1"})},
		{"Events by time", events(store.EventFilter{CreatedAt: bounds})},
		{"AddWebhookEndpoint", func(tx *store.Tx) error { return tx.AddWebhookEndpoint(endpoint) }},
		{"HasWebhookEndpoints", func(tx *store.Tx) error { return errOf(tx.HasWebhookEndpoints("DE")) }},
		{"WebhookEndpoints", func(tx *store.Tx) error { return errOf(tx.WebhookEndpoints("DE")) }},
		{"EnsureStore", func(tx *store.Tx) error { return tx.EnsureStore("DE") }},
		{"AddStore", func(tx *store.Tx) error { return tx.AddStore(&model.Store{Name: "AT"}) }},
		{"Stores", func(tx *store.Tx) error { return errOf(tx.Stores()) }},
		{"Store", func(tx *store.Tx) error { return errOf(tx.Store("DE")) }},
		{"LockStore", func(tx *store.Tx) error { return errOf(tx.LockStore("DE")) }},
		{"SaveStore", func(tx *store.Tx) error { return tx.SaveStore(&model.Store{Name: "DE", CreatedAt: moment}) }},
		{"RevokeAPIKey", func(tx *store.Tx) error { return errOf(tx.RevokeAPIKey("none")) }},
		{"AllWebhookEndpoints", func(tx *store.Tx) error { return errOf(tx.AllWebhookEndpoints()) }},
		{"WebhookEndpointOf", func(tx *store.Tx) error { return errOf(tx.WebhookEndpointOf(endpoint.ID)) }},
		{"LockWebhookEndpointOf", func(tx *store.Tx) error { return errOf(tx.LockWebhookEndpointOf(endpoint.ID)) }},
		{"LockWebhookEndpoints", func(tx *store.Tx) error { return errOf(tx.LockWebhookEndpoints()) }},
		{"WebhookEndpoint", func(tx *store.Tx) error { return errOf(tx.WebhookEndpoint("DE", endpoint.ID)) }},
		{"LockWebhookEndpoint", func(tx *store.Tx) error { return errOf(tx.LockWebhookEndpoint("DE", endpoint.ID)) }},
		{"ChangeWebhookEndpoint", func(tx *store.Tx) error { return tx.ChangeWebhookEndpoint(endpoint) }},
		{"EndOfFeed", func(tx *store.Tx) error { return errOf(tx.EndOfFeed()) }},
		{"PositionOfTime", func(tx *store.Tx) error { return errOf(tx.PositionOfTime("DE", moment)) }},
		{"AddWebhookDeliveries", func(tx *store.Tx) error { return errOf(tx.AddWebhookDeliveries(endpoint, []string{"a", "b"}, 0, 1000)) }},
		{"RepeatWebhookDeliveries", func(tx *store.Tx) error {
			return errOf(tx.RepeatWebhookDeliveries(endpoint, nil, 0, 1000, moment, moment))
		}},
		{"LeaseWebhookEndpoint", func(tx *store.Tx) error { return errOf(tx.LeaseWebhookEndpoint(endpoint.ID, moment)) }},
		{"ReleaseWebhookEndpoint", func(tx *store.Tx) error { return tx.ReleaseWebhookEndpoint(endpoint.ID, moment) }},
		{"DueWebhookEndpoints", func(tx *store.Tx) error { return errOf(tx.DueWebhookEndpoints()) }},
		{"DueWebhookEndpoints, one", func(tx *store.Tx) error { return errOf(tx.DueWebhookEndpoints(endpoint.ID)) }},
		{"NextWebhookDelivery", func(tx *store.Tx) error { return errOf(tx.NextWebhookDelivery(endpoint.Number)) }},
		{"EventOfDelivery", func(tx *store.Tx) error { return errOf(tx.EventOfDelivery(&model.WebhookDelivery{EventNumber: 1})) }},
		{"HasPendingWebhookDeliveries", func(tx *store.Tx) error { return errOf(tx.HasPendingWebhookDeliveries(endpoint.Number)) }},
		{"SaveWebhookDelivery", func(tx *store.Tx) error { return tx.SaveWebhookDelivery(&model.WebhookDelivery{Number: 1}) }},
		{"WebhookDeliveries", deliveries(store.WebhookDeliveryFilter{})},
		{"WebhookDeliveries by state", deliveries(store.WebhookDeliveryFilter{State: "failed"})},
		{"WebhookDeliveries after one", deliveries(store.WebhookDeliveryFilter{AfterPosition: new(int64(9))})},
		{"WebhookDeliveries before one", deliveries(store.WebhookDeliveryFilter{BeforePosition: new(int64(0))})},
		{"DeleteOldEvents", func(tx *store.Tx) error { return tx.DeleteOldEvents(moment) }},
		{"DeleteWebhookEndpoint", func(tx *store.Tx) error { return tx.DeleteWebhookEndpoint(endpoint.Number) }},
		{"TakeBackEvents", func(tx *store.Tx) error { return tx.TakeBackEvents(customer.ID) }},
		{"TryCode", func(tx *store.Tx) error { return errOf(tx.TryCode("a@example.com", []string{"confirm", "email"}, 5)) }},
		{"IdempotencyKey", func(tx *store.Tx) error { return errOf(tx.IdempotencyKey(digest(), moment)) }},
		{"KeepAnswer", func(tx *store.Tx) error {
			return errOf(tx.KeepAnswer(&model.IdempotencyKey{Digest: digest(), Fingerprint: digest(), Answer: digest()}, moment))
		}},
		{"DeleteOldAnswers", func(tx *store.Tx) error { return tx.DeleteOldAnswers(moment) }},
		{"APIKey", func(tx *store.Tx) error { return errOf(tx.APIKey(digest())) }},
		{"AddOutboxMessage", func(tx *store.Tx) error { return tx.AddOutboxMessage(letter) }},
		{"OutboxMessage", func(tx *store.Tx) error { return errOf(tx.OutboxMessage(letter.ID)) }},
		{"OutboxMessages to one", func(tx *store.Tx) error {
			_, _, err := tx.OutboxMessages(store.OutboxFilter{To: "a@example.com", Limit: 1})
			return err
		}},
		{"DeleteAddress", func(tx *store.Tx) error {
			customer.Vacate(address.ID)
			return errors.Join(tx.SaveCustomer(customer), tx.DeleteAddress(customer.ID, address.ID))
		}},
		{"AddDataExport", func(tx *store.Tx) error {
			return errOf(tx.AddDataExport(&model.DataExport{ID: "e", CustomerID: customer.ID, ExpiresAt: moment.Add(time.Hour)}))
		}},
		{"DataExports", func(tx *store.Tx) error { return errOf(tx.DataExports(customer.ID)) }},
		{"DataExport", func(tx *store.Tx) error { return errOf(tx.DataExport(customer.ID, "e")) }},
		{"UnfinishedDataExport", func(tx *store.Tx) error { return errOf(tx.UnfinishedDataExport("e")) }},
		{"FinishDataExport", func(tx *store.Tx) error { return tx.FinishDataExport("e", digest(), 1, moment.Add(time.Hour)) }},
		{"ContentOfDataExport", func(tx *store.Tx) error { return errOf(tx.ContentOfDataExport("e")) }},
		{"DeleteOldDataExports", func(tx *store.Tx) error { return tx.DeleteOldDataExports() }},
		{"LettersTo", func(tx *store.Tx) error { return errOf(tx.LettersTo(customer.ID)) }},
		{"AllOrdersOf", func(tx *store.Tx) error { return errOf(tx.AllOrdersOf(customer.ID, 0)) }},
		{"LatestGuest", func(tx *store.Tx) error { return errOf(tx.LatestGuest("DE", "a@example.com")) }},
		{"Claimed", func(tx *store.Tx) error { return errOf(tx.Claimed(customer.ID)) }},
		{"MoveBelongings", func(tx *store.Tx) error { return tx.MoveBelongings(0, customer.ID) }},
		{"AddCustomerGroup", func(tx *store.Tx) error { return tx.AddCustomerGroup(group) }},
		{"SaveCustomerGroup", func(tx *store.Tx) error { return tx.SaveCustomerGroup(group) }},
		{"CustomerGroups", func(tx *store.Tx) error { return errOf(tx.CustomerGroups(store.GroupFilter{Store: "DE", Limit: 10})) }},
		{"CustomerGroups by name", func(tx *store.Tx) error {
			return errOf(tx.CustomerGroups(store.GroupFilter{Store: "DE", Name: "a", Limit: 10}))
		}},
		{"CustomerGroup", func(tx *store.Tx) error { return errOf(tx.CustomerGroup("DE", group.ID)) }},
		{"LockCustomerGroup", func(tx *store.Tx) error { return errOf(tx.LockCustomerGroup("DE", group.ID)) }},
		{"JoinGroups", func(tx *store.Tx) error { return tx.JoinGroups(customer.ID, []int64{group.Number}) }},
		{"GroupsOf", func(tx *store.Tx) error { return errOf(tx.GroupsOf([]int64{customer.ID})) }},
		{"GroupNumbers", func(tx *store.Tx) error { return errOf(tx.GroupNumbers("DE", []string{group.ID})) }},
		{"CustomerPage of a group", list(store.CustomerFilter{Group: group.ID})},
		{"LeaveGroups", func(tx *store.Tx) error { return tx.LeaveGroups(customer.ID, []int64{group.Number}) }},
		{"DeleteCustomerGroup", func(tx *store.Tx) error { return tx.DeleteCustomerGroup(group.Number) }},
		{"Consents", func(tx *store.Tx) error { return errOf(tx.Consents(customer.ID)) }},
		{"AddErasureRequest", func(tx *store.Tx) error {
			return tx.AddErasureRequest(&model.ErasureRequest{ID: "a", Store: "DE", Customer: "DE--1", State: model.PendingErasure})
		}},
		{"ErasureRequests", erasures(store.ErasureFilter{})},
		{"ErasureRequests of a customer", erasures(store.ErasureFilter{Customer: "DE--1", State: "pending"})},
		{"ErasureRequest", func(tx *store.Tx) error { return errOf(tx.ErasureRequest("DE", "a")) }},
		{"LockErasureRequest", func(tx *store.Tx) error { return errOf(tx.LockErasureRequest("DE", "a")) }},
		{"PendingErasureRequest", func(tx *store.Tx) error { return errOf(tx.PendingErasureRequest("DE--1")) }},
		{"DueErasureRequests", func(tx *store.Tx) error { return errOf(tx.DueErasureRequests(moment, 10)) }},
		{"SaveErasureRequest", func(tx *store.Tx) error {
			return tx.SaveErasureRequest(&model.ErasureRequest{Number: 1, CreatedAt: moment})
		}},
		{"CountPersonalData", func(tx *store.Tx) error { return errOf(tx.CountPersonalData(customer.ID)) }},
		{"AddOrder", func(tx *store.Tx) error {
			return tx.AddOrder(&model.Order{Store: "DE", ID: "1", CustomerID: &customer.ID, CreatedAt: moment, UpdatedAt: moment})
		}},
		{"Order", func(tx *store.Tx) error { return errOf(tx.Order("DE", "1")) }},
		{"Orders", func(tx *store.Tx) error { return errOf(tx.Orders("DE", []string{"1", "2"})) }},
		{"LockOrders", func(tx *store.Tx) error { return errOf(tx.LockOrders("DE", []string{"1", "2"})) }},
		{"SaveOrder", func(tx *store.Tx) error {
			order, err := tx.Order("DE", "1")
			return errors.Join(err, tx.SaveOrder(order))
		}},
		{"ErasedOrders", func(tx *store.Tx) error { return errOf(tx.ErasedOrders("DE", []string{"1", "2"})) }},
		{"CustomersNamed", func(tx *store.Tx) error { return errOf(tx.CustomersNamed("DE", []string{"DE--1", "DE--2"})) }},
		{"AccountsOf", func(tx *store.Tx) error {
			return errOf(tx.AccountsOf("DE", []string{"a@example.com", "b@example.com"}))
		}},
		{"LockCustomers", func(tx *store.Tx) error { return errOf(tx.LockCustomers([]int64{1, 2})) }},
		{"LinkOrders", func(tx *store.Tx) error { return errOf(tx.LinkOrders(customer)) }},
		{"MoveOrders", func(tx *store.Tx) error { return tx.MoveOrders(customer.ID, customer.ID) }},
		{"SumOrders", func(tx *store.Tx) error { return tx.SumOrders(customer.ID, 2) }},
		{"OrderPage", orders(store.OrderFilter{})},
		{"OrderPage by what only its orders tell", orders(store.OrderFilter{Q: "a", Status: []string{"pending"}, CartID: "a", CreatedAt: bounds, Sort: []store.Order{{Field: "total"}}})},
		{"OrderPage by id", orders(store.OrderFilter{ID: []string{"1"}})},
		{"OrderPage by cursor", orders(store.OrderFilter{AfterNumber: new(int64(9))})},
		{"LatestOrders", func(tx *store.Tx) error { return errOf(tx.LatestOrders([]int64{customer.ID, 2}, 101)) }},
		{"DeletePersonalData", func(tx *store.Tx) error { return tx.DeletePersonalData(customer.ID) }},
	} {
		if err := s.Write(t.Context(), c.run); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if scanned := scannedTables(t, s); scanned != "" {
			t.Errorf("%s reads all of %s", c.name, scanned)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

// scannedTables names the tables that were read as a whole since the last call.
func scannedTables(t *testing.T, s *store.Store) (tables string) {
	for _, statement := range []string{"SELECT pg_stat_force_next_flush()", "SELECT 1"} {
		if _, err := s.SQL().Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	row := s.SQL().QueryRow("SELECT coalesce(string_agg(relname, ', '), '') FROM pg_stat_user_tables WHERE seq_scan > 0")
	if err := row.Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SQL().Exec("SELECT pg_stat_reset()"); err != nil {
		t.Fatal(err)
	}
	return tables
}

// In a store of some size the planner itself takes, for each filter that finds few of
// many, the index that is meant for it.
func TestEachFilterHasAnIndex(t *testing.T) {
	each(t, func(w *world) {
		storetest.Crowd(w, w.Store, 20_000)
		since := store.Bounds[time.Time]{AtLeast: new(time.Now())}
		for _, c := range []struct {
			filter store.CustomerFilter
			index  string
		}{
			{store.CustomerFilter{ID: []string{"DE--7", "DE--8"}}, "customers_reference"},
			{store.CustomerFilter{EmailKey: "dabe.dobabe7@example.com"}, "customers_email"},
			{store.CustomerFilter{Q: "dobabe7@"}, "customers_search"},
			{store.CustomerFilter{Numbers: store.Bounds[int64]{Above: new(int64(19_000))}}, "customers_number"},
			{store.CustomerFilter{CreatedAt: since}, "customers_created_at"},
			{store.CustomerFilter{UpdatedAt: since}, "customers_updated_at"},
			{store.CustomerFilter{RequestToBeForgotten: new(true)}, "customers_forgettable"},
			{store.CustomerFilter{Enabled: new(false)}, "customers_disabled"},
			{store.CustomerFilter{Active: new(false)}, "customers_unconfirmed"},
			{store.CustomerFilter{HasAccount: new(false)}, "customers_guests"},
			{store.CustomerFilter{Type: "business"}, "customers_type"},
			{store.CustomerFilter{Metadata: []store.Member{{Key: "tier", Value: "55"}}}, "customer_metadata_value"},
			// Those that find nearly all need none but the order's.
			{store.CustomerFilter{Enabled: new(true)}, "customers_number"},
			{store.CustomerFilter{Active: new(true)}, "customers_number"},
			{store.CustomerFilter{HasAccount: new(true)}, "customers_number"},
			{store.CustomerFilter{RequestToBeForgotten: new(false)}, "customers_number"},
			{store.CustomerFilter{}, "customers_number"},
		} {
			c.filter.Store, c.filter.Limit = "DE", 20
			found := int64(0)
			w.read(func(tx *store.Tx) (err error) {
				counted := c.filter
				counted.Total = true
				_, found, err = tx.CustomerPage(counted)
				return err
			})
			if w.Dialect() == "sqlite" {
				c.index = cmp.Or(sqliteIndexes[c.index], c.index)
			}
			if plan := w.plan(c.filter); !strings.Contains(plan, c.index) {
				w.Errorf("a filter for %s finds %d, and another way:\n%s", c.index, found, plan)
			}
		}
	})
}

// sqliteIndexes are those that have no name of ours on SQLite.
var sqliteIndexes = map[string]string{
	"customers_number": "sqlite_autoindex_customers_1", "customers_reference": "sqlite_autoindex_customers_2", "customers_search": "customer_search VIRTUAL TABLE INDEX",
}

// plan is how the database reads a page.
func (w *world) plan(filter store.CustomerFilter) string {
	w.Helper()
	explain := "EXPLAIN QUERY PLAN "
	if w.Dialect() == "postgres" {
		explain = "EXPLAIN "
	}
	var statement string
	w.read(func(tx *store.Tx) error {
		statement = tx.ListSQL(filter)
		return nil
	})
	rows, err := w.SQL().Query(explain + statement)
	if err != nil {
		w.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var id, parent, unused int
		var line string
		if w.Dialect() == "postgres" {
			err = rows.Scan(&line)
		} else {
			err = rows.Scan(&id, &parent, &unused, &line)
		}
		if err != nil {
			w.Fatal(err)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
