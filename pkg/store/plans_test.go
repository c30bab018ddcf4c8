package store_test

import (
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
		{"CreateSession", func(tx *store.Tx) error { return errOf(tx.CreateSession(session, 20)) }},
		{"AddSigningKey", func(tx *store.Tx) error { return tx.AddSigningKey(signing) }},
		{"CustomerOfSession", func(tx *store.Tx) error {
			_, _, err := tx.CustomerOfSession(session.ID, signing.ID)
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
