package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

func TestAddressIsReadAsItWasWritten(t *testing.T) {
	each(t, func(w *world) {
		owner := w.account("a@example.com")
		made := &model.Address{
			ID: uuid.NewString(), CustomerID: owner.ID,
			Salutation: new("Ms"), FirstName: new("Ada"), LastName: new("Lovelace"), Address1: new("12"), Address2: new("St James's Square"), Address3: new("rear"),
			ZipCode: new("SW1Y"), City: new("London"), ISO2Code: new("GB"), Company: new("Engines"), Phone: new("1"), HouseNumber: new("12"), Floor: new("2"), Locality: new("St James's"), Province: new("Greater London"),
			Metadata: model.JSON{"k": "v"}, CreatedAt: noon.Add(-time.Hour),
		}
		w.write(func(tx *store.Tx) error { return tx.CreateAddress(made) })
		w.hasAddress(made)
		if made.Number == 0 || made.Version != 1 || !made.UpdatedAt.Equal(noon) {
			w.Errorf("number %d, version %d, updated at %s", made.Number, made.Version, made.UpdatedAt)
		}

		w.clock.forward(time.Minute)
		changed := &model.Address{Number: made.Number, ID: made.ID, CustomerID: owner.ID, City: new("Paris"), Metadata: model.JSON{}, Version: 1, CreatedAt: made.CreatedAt}
		w.write(func(tx *store.Tx) error { return tx.SaveAddress(changed) })
		w.hasAddress(changed)
		if changed.Version != 2 || !changed.UpdatedAt.Equal(noon.Add(time.Minute)) {
			w.Errorf("version %d, updated at %s", changed.Version, changed.UpdatedAt)
		}
	})
}

// hasAddress demands that the address is found, as it is, in all three ways.
func (w *world) hasAddress(want *model.Address) {
	w.Helper()
	w.read(func(tx *store.Tx) error {
		one, err := tx.Address(want.CustomerID, want.ID)
		if err != nil {
			return err
		}
		all, err := tx.Addresses(want.CustomerID)
		if err != nil {
			return err
		}
		several, err := tx.AddressesOf([]int64{want.CustomerID, 99})
		if err != nil {
			return err
		}
		got := []any{one, all, several}
		if difference := cmp.Diff([]any{want, []model.Address{*want}, map[int64][]model.Address{want.CustomerID: {*want}}}, got); difference != "" {
			w.Error(difference)
		}
		return nil
	})
}

func TestAddressesComeInOrderOfCreation(t *testing.T) {
	each(t, func(w *world) {
		a, b := w.account("a@example.com"), w.account("b@example.com")
		var want []string
		for range 5 {
			want = append(want, w.address(a).ID)
			w.address(b)
		}
		ids := func(addresses []model.Address) (ids []string) {
			for _, address := range addresses {
				ids = append(ids, address.ID)
			}
			return ids
		}
		w.read(func(tx *store.Tx) error {
			one, err := tx.Addresses(a.ID)
			several, err2 := tx.AddressesOf([]int64{b.ID, a.ID})
			if difference := cmp.Diff([][]string{want, want}, [][]string{ids(one), ids(several[a.ID])}); difference != "" || len(several[b.ID]) != 5 {
				w.Error(difference)
			}
			return errors.Join(err, err2)
		})
	})
}

func TestNobodyElsesAddressIsFoundOrDeleted(t *testing.T) {
	each(t, func(w *world) {
		owner, other := w.account("a@example.com"), w.account("b@example.com")
		address := w.address(owner)
		for _, id := range []string{address.ID, "", "garbage", uuid.NewString(), "\x00", "\xff", "%"} {
			find := func(tx *store.Tx) error {
				_, err := tx.Address(other.ID, id)
				return err
			}
			if err := w.Read(context.Background(), find); !errors.Is(err, errors.AddressNotFound) {
				w.Errorf("%q: %v", id, err)
			}
			w.writeFails(errors.AddressNotFound, func(tx *store.Tx) error { return tx.DeleteAddress(other.ID, id) })
		}
		w.write(func(tx *store.Tx) error { return tx.DeleteAddress(owner.ID, address.ID) })
		w.writeFails(errors.AddressNotFound, func(tx *store.Tx) error { return tx.DeleteAddress(owner.ID, address.ID) })
	})
}

func TestDefaultAddressIsNotDeletedBeforeItsPlaceIsVacant(t *testing.T) {
	each(t, func(w *world) {
		owner := w.account("a@example.com")
		address := w.address(owner)
		owner.DefaultShippingAddressID = &address.ID
		w.write(func(tx *store.Tx) error { return tx.SaveCustomer(owner) })
		for _, remove := range []func(tx *store.Tx) error{
			func(tx *store.Tx) error { return tx.DeleteAddress(owner.ID, address.ID) },
			func(tx *store.Tx) error { return tx.DeleteAddresses(owner.ID) },
		} {
			if err := w.Write(context.Background(), remove); err == nil {
				w.Fatal("the default was deleted")
			}
		}
		if !owner.Vacate(address.ID) || owner.Vacate(address.ID) {
			w.Fatal("vacated never, or twice")
		}
		w.write(func(tx *store.Tx) error {
			return errors.Join(tx.SaveCustomer(owner), tx.DeleteAddresses(owner.ID))
		})
		if n := w.count("addresses"); n != 0 {
			w.Errorf("%d addresses", n)
		}
	})
}

func TestNothingHangsOnACustomerWhoIsNotThere(t *testing.T) {
	each(t, func(w *world) {
		for name, add := range map[string]func(tx *store.Tx) error{
			"an address": func(tx *store.Tx) error {
				return tx.CreateAddress(&model.Address{ID: uuid.NewString(), CustomerID: 99})
			},
			"a session": func(tx *store.Tx) error {
				return errOf(tx.CreateSession(&model.Session{ID: uuid.NewString(), CustomerID: 99}, 9))
			},
			"a key": func(tx *store.Tx) error {
				return tx.PutKey(&model.OneTimeKey{Digest: digest(), CustomerID: 99, Purpose: "confirm"})
			},
			"a consent": func(tx *store.Tx) error { return tx.AddConsent(&model.Consent{CustomerID: 99}) },
			"a letter": func(tx *store.Tx) error {
				return tx.AddOutboxMessage(&model.OutboxMessage{ID: uuid.NewString(), CustomerID: 99})
			},
		} {
			if err := w.Write(context.Background(), add); !errors.Is(err, errors.CustomerNotFound) {
				w.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestRowsGoWithTheirCustomer(t *testing.T) {
	each(t, func(w *world) {
		gone, other := w.account("a@example.com"), w.account("b@example.com")
		w.furnish(gone)
		w.furnish(other)
		w.exec("UPDATE customers SET default_billing_address_id = (SELECT id FROM addresses a WHERE a.customer_id = customers.id)")
		w.exec("DELETE FROM customers WHERE id = " + fmt.Sprint(gone.ID))
		w.hasRows(1)
	})
}

// furnished are the tables whose rows belong to a customer.
var furnished = []string{"addresses", "sessions", "familiar_networks", "consents", "one_time_keys", "outbox_messages"}

// furnish gives a customer a row in each of them.
func (w *world) furnish(customer *model.Customer) {
	w.Helper()
	w.address(customer)
	w.session(customer)
	w.write(func(tx *store.Tx) error {
		return errors.Join(
			tx.SeeNetwork(customer.ID, digest()),
			tx.AddConsent(&model.Consent{CustomerID: customer.ID}),
			tx.PutKey(&model.OneTimeKey{Digest: digest(), CustomerID: customer.ID, Purpose: "confirm"}),
			tx.AddOutboxMessage(&model.OutboxMessage{ID: uuid.NewString(), CustomerID: customer.ID}))
	})
}

// hasRows demands so many rows in each of them.
func (w *world) hasRows(want int) {
	w.Helper()
	for _, table := range furnished {
		if n := w.count(table); n != want {
			w.Errorf("%d rows in %s, not %d", n, table, want)
		}
	}
}

func TestExpiredRowsAreRemovedAndOthersAreNot(t *testing.T) {
	each(t, func(w *world) {
		customer := w.account("a@example.com")
		w.session(customer)
		key := func(purpose string, expires *time.Time) {
			w.write(func(tx *store.Tx) error {
				return tx.PutKey(&model.OneTimeKey{Digest: digest(), CustomerID: customer.ID, Purpose: purpose, ExpiresAt: expires})
			})
		}
		key("restore", new(noon.Add(time.Hour)))
		key("confirm", nil)
		count := func() [2]int { return [2]int{w.count("sessions"), w.count("one_time_keys")} }
		tidy := func() {
			w.write(func(tx *store.Tx) error { return errors.Join(tx.DeleteExpiredSessions(), tx.DeleteExpiredKeys()) })
		}
		w.clock.forward(time.Hour - time.Microsecond)
		tidy()
		if got := count(); got != [2]int{1, 2} {
			w.Errorf("a moment before: %v", got)
		}
		w.clock.forward(time.Microsecond)
		tidy()
		if got := count(); got != [2]int{0, 1} {
			w.Errorf("at the time: %v", got)
		}
	})
}

func TestOfManyTakersOfAKeyOneGetsIt(t *testing.T) {
	each(t, func(w *world) {
		expires := noon.Add(time.Hour)
		made := &model.OneTimeKey{Digest: digest(), CustomerID: w.account("a@example.com").ID, Purpose: "restore", EmailKey: "a@example.com", ExpiresAt: &expires}
		w.write(func(tx *store.Tx) error { return tx.PutKey(made) })
		w.read(func(tx *store.Tx) error {
			found, err := tx.FindKey("restore", made.Digest)
			if difference := cmp.Diff(made, found); difference != "" {
				w.Error(difference)
			}
			return err
		})
		nothing := errors.New("nothing")
		answers := at(20, func(int) error {
			return w.Write(context.Background(), func(tx *store.Tx) error {
				taken, err := tx.TakeKey("restore", made.Digest)
				if err == nil && taken == nil {
					return nothing
				}
				if difference := cmp.Diff(made, taken); difference != "" {
					return errors.New(difference)
				}
				return err
			})
		})
		if difference := cmp.Diff(map[string]int{"ok": 1, "nothing": 19}, tally(answers)); difference != "" {
			w.Error(difference)
		}
	})
}

func TestKeyWorksOnceForItsPurposeAndInItsTime(t *testing.T) {
	each(t, func(w *world) {
		customer := w.account("a@example.com")
		key := func(purpose string, expires *time.Time) []byte {
			made := &model.OneTimeKey{Digest: digest(), CustomerID: customer.ID, Purpose: purpose, ExpiresAt: expires}
			w.write(func(tx *store.Tx) error { return tx.PutKey(made) })
			return made.Digest
		}
		works := func(purpose string, digest []byte) (found bool) {
			w.read(func(tx *store.Tx) error {
				key, err := tx.FindKey(purpose, digest)
				found = key != nil
				return err
			})
			w.write(func(tx *store.Tx) error {
				key, err := tx.TakeKey(purpose, digest)
				if found != (key != nil) {
					w.Errorf("found %t, taken %t", found, key != nil)
				}
				return err
			})
			return found
		}
		replaced := key("restore", nil)
		current := key("restore", nil)
		confirm := key("confirm", nil)
		if works("restore", replaced) {
			w.Error("a key works that was replaced")
		}
		if works("confirm", current) || works("email", current) || works("", current) || works("restore", nil) || works("restore", []byte{}) {
			w.Error("a key works for another purpose, or none works")
		}
		if !works("restore", current) || works("restore", current) || !works("confirm", confirm) {
			w.Error("a key does not work exactly once")
		}
		short := key("restore", new(noon.Add(time.Hour)))
		w.clock.forward(time.Hour)
		if works("restore", short) {
			w.Error("an expired key works")
		}
		one, other := key("confirm", nil), key("email", nil)
		w.write(func(tx *store.Tx) error { return tx.DeleteKey(customer.ID, "confirm") })
		if works("confirm", one) || !works("email", other) {
			w.Error("not exactly the key of one purpose was deleted")
		}
		all := key("confirm", nil)
		w.write(func(tx *store.Tx) error { return tx.DeleteKeys(customer.ID) })
		if works("confirm", all) {
			w.Error("a deleted key works")
		}
	})
}

func TestConsentIsKept(t *testing.T) {
	each(t, func(w *world) {
		made := &model.Consent{CustomerID: w.account("a@example.com").ID, Kind: "terms", Version: "2026-01", ClientAddress: new("192.0.2.1")}
		w.write(func(tx *store.Tx) error { return tx.AddConsent(made) })
		var kind, version, address string
		var accepted time.Time
		row := w.SQL().QueryRow("SELECT kind, version, client_address, accepted_at FROM consents")
		if err := row.Scan(&kind, &version, &address, &accepted); err != nil {
			w.Fatal(err)
		}
		if kind != "terms" || version != "2026-01" || address != "192.0.2.1" || !accepted.Equal(noon) || made.ID == 0 {
			w.Error(kind, version, address, accepted, made.ID)
		}
	})
}

func TestAPIKeyIsFoundUntilItIsRevoked(t *testing.T) {
	each(t, func(w *world) {
		made := &model.APIKey{Name: "shop", Digest: digest(), Scopes: "read_customers read_outbox", Store: "DE"}
		revoked := &model.APIKey{ID: uuid.NewString(), Name: "old", Digest: digest(), RevokedAt: new(noon)}
		w.write(func(tx *store.Tx) error { return errors.Join(tx.AddAPIKey(made), tx.AddAPIKey(revoked)) })
		find := func(digest []byte) (found *model.APIKey) {
			w.read(func(tx *store.Tx) (err error) {
				found, err = tx.APIKey(digest)
				return err
			})
			return found
		}
		if difference := cmp.Diff(made, find(made.Digest)); difference != "" || uuid.Validate(made.ID) != nil {
			w.Error(made.ID, difference)
		}
		if find(revoked.Digest) != nil || find(digest()) != nil || find(nil) != nil {
			w.Error("a key was found that is revoked, or none")
		}
		same := &model.APIKey{Name: "copy", Digest: made.Digest}
		if err := w.Write(context.Background(), func(tx *store.Tx) error { return tx.AddAPIKey(same) }); err == nil {
			w.Error("two keys have one digest")
		}
	})
}

func TestCapturedLettersComeNewestFirst(t *testing.T) {
	each(t, func(w *world) {
		mine, theirs := w.account("a@example.com"), w.account("b@example.com")
		var letters []model.OutboxMessage
		for n, to := range []string{"a@example.com", "b@example.com", "a@example.com", "a@example.com"} {
			letter := model.OutboxMessage{ID: uuid.NewString(), Kind: []string{"confirm", "restore"}[n%2], CustomerID: mine.ID, Recipient: to, Subject: "S", Text: "T", HTML: "<p>"}
			if n == 1 {
				letter.CustomerID = theirs.ID
			}
			w.write(func(tx *store.Tx) error { return tx.AddOutboxMessage(&letter) })
			letters = append(letters, letter)
		}
		for name, c := range map[string]struct {
			filter store.OutboxFilter
			want   []int
			total  int64
		}{
			"all":             {store.OutboxFilter{Limit: 9}, []int{3, 2, 1, 0}, 4},
			"a page":          {store.OutboxFilter{Limit: 2, Offset: 1}, []int{2, 1}, 4},
			"to one":          {store.OutboxFilter{To: "a@example.com", Limit: 9}, []int{3, 2, 0}, 3},
			"of a kind":       {store.OutboxFilter{Kind: "confirm", Limit: 9}, []int{2, 0}, 2},
			"to one, a kind":  {store.OutboxFilter{To: "a@example.com", Kind: "restore", Limit: 9}, []int{3}, 1},
			"to nobody":       {store.OutboxFilter{To: "c@example.com", Limit: 9}, []int{}, 0},
			"to what can't":   {store.OutboxFilter{To: "\x00", Limit: 9}, []int{}, 0},
			"without a limit": {store.OutboxFilter{}, []int{}, 4},
		} {
			want := []model.OutboxMessage{}
			for _, n := range c.want {
				want = append(want, letters[n])
			}
			w.read(func(tx *store.Tx) error {
				got, total, err := tx.OutboxMessages(c.filter)
				if difference := cmp.Diff(want, got); difference != "" || total != c.total {
					w.Errorf("%s: of %d %s", name, total, difference)
				}
				return err
			})
		}
		w.read(func(tx *store.Tx) error {
			got, err := tx.OutboxMessage(letters[1].ID)
			if difference := cmp.Diff(&letters[1], got); difference != "" {
				w.Error(difference)
			}
			return err
		})
		for _, id := range []string{"", "garbage", uuid.NewString(), "\x00"} {
			w.read(func(tx *store.Tx) error {
				got, err := tx.OutboxMessage(id)
				if got != nil {
					w.Errorf("%q: %v", id, got)
				}
				return err
			})
		}
		w.write(func(tx *store.Tx) error { return tx.DeletePersonalData(mine.ID) })
		if n := w.count("outbox_messages"); n != 1 {
			w.Errorf("%d letters are left", n)
		}
	})
}

// Keys are for one constraint each: a table of what must be refused, and of the
// rule's name nothing.
func TestRulesOfUniquenessHold(t *testing.T) {
	each(t, func(w *world) {
		customer := w.account("a@example.com")
		address, session := w.address(customer), w.session(customer)
		letter := &model.OutboxMessage{ID: uuid.NewString(), CustomerID: customer.ID}
		signing := &model.SigningKey{ID: "kid", Public: []byte{}, Private: []byte{}}
		key := &model.OneTimeKey{Digest: digest(), CustomerID: customer.ID, Purpose: "confirm"}
		w.write(func(tx *store.Tx) error {
			return errors.Join(tx.AddOutboxMessage(letter), tx.AddSigningKey(signing), tx.PutKey(key))
		})
		for name, add := range map[string]func(tx *store.Tx) error{
			"address id": func(tx *store.Tx) error {
				return tx.CreateAddress(&model.Address{ID: address.ID, CustomerID: customer.ID})
			},
			"session id": func(tx *store.Tx) error {
				return errOf(tx.CreateSession(&model.Session{ID: session.ID, CustomerID: customer.ID}, 9))
			},
			"family of refresh tokens": func(tx *store.Tx) error {
				return errOf(tx.CreateSession(&model.Session{ID: uuid.NewString(), CustomerID: customer.ID, Family: session.Family}, 9))
			},
			"event id": func(tx *store.Tx) error {
				return errors.Join(tx.AddEvent(&model.Event{ID: letter.ID}), tx.AddEvent(&model.Event{ID: letter.ID}))
			},
			"signing key": func(tx *store.Tx) error {
				return tx.AddSigningKey(&model.SigningKey{ID: "kid", Public: []byte{}, Private: []byte{}})
			},
			"key of another": func(tx *store.Tx) error {
				return tx.PutKey(&model.OneTimeKey{Digest: key.Digest, CustomerID: customer.ID, Purpose: "restore"})
			},
		} {
			err := w.Write(context.Background(), add)
			if _, known := errors.AsType[*errors.Error](err); err == nil || known {
				w.Errorf("%s: %v", name, err)
			}
		}
	})
}
