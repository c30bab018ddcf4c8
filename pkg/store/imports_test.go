package store_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// fill gives every field of a row a value of its own, but those named.
func fill(row any, but ...string) {
	value := reflect.ValueOf(row).Elem()
	for i := range value.NumField() {
		field, name := value.Field(i), value.Type().Field(i).Name
		if strings.Contains(" "+strings.Join(but, " ")+" ", " "+name+" ") {
			continue
		}
		at := noon.Add(time.Duration(i) * time.Microsecond)
		switch field.Interface().(type) {
		case string:
			field.SetString("é <" + name + ">")
		case *string:
			field.Set(reflect.ValueOf(new("é <" + name + ">")))
		case bool:
			field.SetBool(true)
		case int64:
			field.SetInt(int64(i + 1000))
		case time.Time:
			field.Set(reflect.ValueOf(at))
		case *time.Time:
			field.Set(reflect.ValueOf(&at))
		case model.JSON:
			field.Set(reflect.ValueOf(model.JSON{name: "<&> \\ \u2028", "list": []any{true, nil, "é"}}))
		}
	}
}

// No column is forgotten by the statements that add many rows at once.
func TestNewcomersAreReadAsTheyWereAdded(t *testing.T) {
	each(t, func(w *world) {
		newcomer := store.Newcomer{Addresses: []model.Address{{ID: uuid.NewString()}, {ID: uuid.NewString()}}, Groups: []string{"Gold"}}
		customer := &newcomer.Customer
		fill(customer, "ID", "Store", "Version", "UpdatedAt", "ClaimedBy", "DefaultSourceID", "TotalSpent", "TotalSpentCurrency", "LastOrderID", "Search")
		customer.Reference = "chosen"
		customer.DefaultShippingAddressID, customer.DefaultBillingAddressID = &newcomer.Addresses[0].ID, &newcomer.Addresses[1].ID
		for i := range newcomer.Addresses {
			fill(&newcomer.Addresses[i], "Number", "ID", "CustomerID", "Version", "CreatedAt", "UpdatedAt")
		}
		newcomer.Consents = []model.Consent{{Kind: "terms", Version: "3", AcceptedAt: noon.Add(-time.Hour)}}
		newcomer.Sources = []model.PaymentSource{{ID: uuid.NewString(), Provider: "p", SourceType: "card", Token: "t", State: model.PendingSource}, {ID: uuid.NewString(), Provider: "q", SourceType: "card", Token: "u", State: model.PendingSource}}
		newcomer.Default = newcomer.Sources[1].ID
		bare := store.Newcomer{Customer: model.Customer{Reference: "bare"}, Addresses: []model.Address{{ID: uuid.NewString()}}}
		w.write(func(tx *store.Tx) error { return tx.AddNewcomers("DE", []store.Newcomer{bare, newcomer, {}}) })
		w.read(func(tx *store.Tx) error {
			if found, err := tx.Customer("bare"); err != nil || found.Name() != "" || found.HasAccount() || found.DefaultShippingAddressID != nil {
				w.Errorf("%v, %+v", err, found)
			} else if addresses, err := tx.Addresses(found.ID); err != nil || len(addresses) != 1 || addresses[0].ID != bare.Addresses[0].ID || addresses[0].City != nil {
				w.Errorf("%v, %+v", err, addresses)
			}
			found, err := tx.Customer("chosen")
			if err != nil {
				return err
			}
			if found.DefaultSourceID == nil || *found.DefaultSourceID != newcomer.Default {
				w.Errorf("the default source is %v", found.DefaultSourceID)
			}
			if found.Search == "" {
				w.Error("they cannot be searched for")
			}
			if diff := cmp.Diff(*customer, *found, cmpopts.IgnoreFields(model.Customer{}, "ID", "Store", "Version", "UpdatedAt", "DefaultSourceID", "Search")); diff != "" {
				w.Error(diff)
			}
			addresses, err := tx.Addresses(found.ID)
			if diff := cmp.Diff(newcomer.Addresses, addresses, cmpopts.IgnoreFields(model.Address{}, "Number", "CustomerID", "Version", "CreatedAt", "UpdatedAt")); diff != "" || err != nil {
				w.Errorf("%v %s", err, diff)
			}
			consents, err := tx.Consents(found.ID)
			if err != nil || len(consents) != 1 || consents[0].Version != "3" || !consents[0].AcceptedAt.Equal(noon.Add(-time.Hour)) {
				w.Errorf("%v, %+v", err, consents)
			}
			groups, err := tx.GroupsOf([]int64{found.ID})
			if err != nil || len(groups[found.ID]) != 1 || groups[found.ID][0].Name != "Gold" {
				w.Errorf("%v, %+v", err, groups)
			}
			sources, err := tx.PaymentSourcesOf([]int64{found.ID})
			if err != nil || len(sources[found.ID]) != 2 {
				w.Errorf("%v, %+v", err, sources)
			}
			return nil
		})
	})
}

func TestNumbersOfNewcomersRiseAndPassOverTheChosen(t *testing.T) {
	each(t, func(w *world) {
		add := func(newcomers ...model.Customer) error {
			var all []store.Newcomer
			for _, customer := range newcomers {
				all = append(all, store.Newcomer{Customer: customer})
			}
			return w.Write(w.Context(), func(tx *store.Tx) error { return tx.AddNewcomers("DE", all) })
		}
		if err := w.Write(w.Context(), func(tx *store.Tx) error {
			return tx.AddNewcomers("AT", []store.Newcomer{{Customer: model.Customer{Reference: "DE--5"}}})
		}); err != nil {
			w.Fatal(err)
		}
		if err := add(model.Customer{}, model.Customer{Reference: "own"}, model.Customer{Reference: "DE--3", Number: 3}, model.Customer{}, model.Customer{}); err != nil {
			w.Fatal(err)
		}
		if err := add(model.Customer{}, model.Customer{Reference: "DE--40", Number: 40}, model.Customer{}); err != nil {
			w.Fatal(err)
		}
		if err := add(model.Customer{}, model.Customer{Reference: "DE--40", Number: 40}); !errors.Is(err, errors.ResourceIDTaken) {
			w.Errorf("a reference twice: %v", err)
		}
		if err := add(model.Customer{}, model.Customer{Reference: "DE--2", Number: 2}); !errors.Is(err, errors.ResourceIDTaken) {
			w.Errorf("a number twice: %v", err)
		}
		var got []string
		w.read(func(tx *store.Tx) error {
			page, err := tx.ExportedPage("DE", 0, 100)
			for _, customer := range page {
				got = append(got, customer.Reference)
			}
			return err
		})
		if want := "DE--1 own DE--3 DE--4 DE--6 DE--7 DE--40 DE--41"; strings.Join(got, " ") != want {
			w.Errorf("got %v", got)
		}
	})
}

func TestNewcomersAreKnownByReferenceAndAddress(t *testing.T) {
	each(t, func(w *world) {
		w.account("account@example.com")
		w.write(func(tx *store.Tx) error {
			return tx.CreateCustomer(&model.Customer{Store: "DE", Email: "guest@example.com", EmailKey: new("guest@example.com")})
		})
		w.read(func(tx *store.Tx) error {
			emails, err := tx.KnownEmails("DE", []string{"account@example.com", "guest@example.com", "nobody@example.com"})
			if diff := cmp.Diff(map[string]bool{"account@example.com": true, "guest@example.com": false}, emails); diff != "" || err != nil {
				w.Errorf("%v %s", err, diff)
			}
			if elsewhere, err := tx.KnownEmails("AT", []string{"account@example.com"}); err != nil || len(elsewhere) > 0 {
				w.Errorf("%v %v", elsewhere, err)
			}
			references, err := tx.KnownReferences([]string{"DE--1", "DE--9"})
			if diff := cmp.Diff(map[string]bool{"DE--1": true}, references); diff != "" || err != nil {
				w.Errorf("%v %s", err, diff)
			}
			if none, err := tx.KnownReferences(nil); err != nil || len(none) > 0 {
				w.Errorf("%v %v", none, err)
			}
			return nil
		})
	})
}

// They are refused before they are stored by SQLite, and by PostgreSQL itself.
func TestNewcomersOfTextThatCannotBeKeptAreRefused(t *testing.T) {
	each(t, func(w *world) {
		for _, text := range []string{"a\x00b", "\xff"} {
			for name, newcomer := range map[string]store.Newcomer{
				"customer": {Customer: model.Customer{FirstName: &text}},
				"address":  {Addresses: []model.Address{{ID: uuid.NewString(), City: &text}}},
				"consent":  {Consents: []model.Consent{{Kind: "terms", Version: text}}},
				"source":   {Sources: []model.PaymentSource{{ID: uuid.NewString(), Provider: "p", SourceType: "card", Token: text, State: model.PendingSource}}},
			} {
				err := w.Write(w.Context(), func(tx *store.Tx) error { return tx.AddNewcomers("DE", []store.Newcomer{{}, newcomer}) })
				if !errors.Is(err, errors.CharactersInvalid) {
					w.Errorf("%q of a %s: %v", text, name, err)
				}
			}
		}
	})
}

// PostgreSQL keeps the plan of a statement, made while there were few customers: what
// reads them all is quick then, and slower with every batch of an import.
func TestWhoIsKnownIsLookedUpByIndexInASmallStoreToo(t *testing.T) {
	s, err := store.Open(t.Context(), store.Config{URL: storetest.Postgres(t), MaxConnections: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 10 { // of which the first five are planned by themselves
		if err := s.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.KnownEmails("DE", []string{"a@example.com", "b@example.com"})
			return errors.Join(err, errOf(tx.KnownReferences([]string{"DE--1", "DE--2"})))
		}); err != nil {
			t.Fatal(err)
		}
	}
	if tables := scannedTables(t, s); strings.Contains(tables, "customers") {
		t.Errorf("read as a whole: %s", tables)
	}
}

// A snapshot does not see what is committed while it lasts.
func TestASnapshotStaysAsItWas(t *testing.T) {
	each(t, func(w *world) {
		w.account("a@example.com")
		if err := w.Snapshot(w.Context(), func(tx *store.Tx) error {
			before, err := tx.CountExported("DE", 0)
			if err != nil {
				return err
			}
			w.account("b@example.com")
			if after, err := tx.CountExported("DE", 0); err != nil || before != 1 || after != 1 {
				w.Errorf("%d and then %d, %v", before, after, err)
			}
			return nil
		}); err != nil {
			w.Error(err)
		}
	})
}
