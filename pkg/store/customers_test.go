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

// full has a value in every column that a caller may set.
func full() *model.Customer {
	moment := noon.Add(-time.Hour)
	return &model.Customer{
		Store: "DE", Number: 7, Reference: "chosen",
		Email: "Ada@Example.com", EmailKey: new("ada@example.com"), PendingEmail: new("Ada@new.example"), PendingEmailKey: new("ada@new.example"),
		Salutation: new("Ms"), FirstName: new("Ada"), LastName: new("Lovelace"), FullName: new("Ada, Countess of Lovelace"), Gender: new("Female"),
		DateOfBirth: new("1815-12-10"), Phone: new("+44 20"), Locale: new("en-GB"), Identification: new("ID 1"), IdentificationType: new("passport"), CustomerType: new("individual"),
		Metadata: model.JSON{"a": "<&>", "b": map[string]any{"c": []any{"d", true, nil}}}, Extra: model.JSON{"e": "f"},
		Note: new("likes numbers"), RequestToBeForgotten: true,
		PasswordHash: new("hash"), CredentialVersion: 3, ConfirmedAt: &moment, DisabledAt: &moment, AnonymizedAt: nil,
		CreatedAt: noon.Add(-48 * time.Hour), UpdatedAt: noon.Add(-24 * time.Hour),
	}
}

func TestCustomerIsReadAsItWasWritten(t *testing.T) {
	each(t, func(w *world) {
		made := full()
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(made) })
		if made.ID == 0 || made.Version != 1 || made.Number != 7 || made.Reference != "chosen" {
			w.Fatalf("id %d, version %d, number %d, reference %s", made.ID, made.Version, made.Number, made.Reference)
		}
		w.read(func(tx *store.Tx) error {
			byReference, err := tx.Customer("chosen")
			if err != nil {
				return err
			}
			byID, err := tx.CustomerByID(made.ID)
			if err != nil {
				return err
			}
			byEmail, err := tx.CustomerByEmail("DE", "ada@example.com")
			if err != nil {
				return err
			}
			for _, found := range []*model.Customer{byReference, byID, byEmail} {
				if difference := cmp.Diff(made, found); difference != "" {
					w.Errorf("(- written, + read) %s", difference)
				}
			}
			return nil
		})
	})
}

func TestCustomerWithNothingButAnEmailAddressHasTheDefaults(t *testing.T) {
	each(t, func(w *world) {
		made := &model.Customer{Store: "DE", Email: "a@example.com"}
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(made) })
		want := &model.Customer{
			ID: made.ID, Store: "DE", Number: 1, Reference: "DE--1", Email: "a@example.com", Search: "\n\na@example.com",
			Metadata: model.JSON{}, Extra: model.JSON{}, ProviderIDs: model.JSON{}, Version: 1, CreatedAt: noon, UpdatedAt: noon,
		}
		if difference := cmp.Diff(want, made); difference != "" {
			w.Errorf("in the struct: %s", difference)
		}
		if difference := cmp.Diff(want, w.customer(made.ID)); difference != "" {
			w.Errorf("in the database: %s", difference)
		}
	})
}

func TestSavingWritesEveryColumn(t *testing.T) {
	each(t, func(w *world) {
		saved := &model.Customer{Store: "DE", Email: "a@example.com"}
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(saved) })
		id, number, reference, created := saved.ID, saved.Number, saved.Reference, saved.CreatedAt
		address := w.address(saved)
		w.clock.forward(time.Minute)

		*saved = *full()
		saved.ID, saved.Number, saved.Reference, saved.CreatedAt, saved.Version = id, number, reference, created, 1
		saved.DefaultShippingAddressID, saved.DefaultBillingAddressID = &address.ID, &address.ID
		w.write(func(tx *store.Tx) error { return tx.SaveCustomer(saved) })
		if saved.Version != 2 || !saved.UpdatedAt.Equal(noon.Add(time.Minute)) {
			w.Fatalf("version %d, updated at %s", saved.Version, saved.UpdatedAt)
		}
		if difference := cmp.Diff(saved, w.customer(id)); difference != "" {
			w.Fatalf("(- saved, + read) %s", difference)
		}

		// And back: what is empty is written too.
		emptied := &model.Customer{ID: id, Store: "DE", Number: number, Reference: reference, Email: "b@example.com", Version: 2, CreatedAt: created}
		w.write(func(tx *store.Tx) error { return tx.SaveCustomer(emptied) })
		if difference := cmp.Diff(emptied, w.customer(id)); difference != "" {
			w.Errorf("(- saved, + read) %s", difference)
		}
	})
}

func TestForgottenCustomerLeavesARecordAlone(t *testing.T) {
	each(t, func(w *world) {
		made := full()
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(made) })
		w.furnish(made)
		w.furnish(w.account("other@example.com"))
		w.write(func(tx *store.Tx) error {
			customer, err := tx.LockCustomer(made.ID)
			if err != nil {
				return err
			}
			customer.Forget(tx.Now)
			return errors.Join(tx.SaveCustomer(customer), tx.DeletePersonalData(customer.ID))
		})
		got := w.customer(made.ID)
		want := &model.Customer{
			ID: made.ID, Store: "DE", Number: 7, Reference: "chosen", Email: got.Email, Metadata: model.JSON{}, Extra: model.JSON{}, ProviderIDs: model.JSON{},
			CredentialVersion: 4, DisabledAt: made.DisabledAt, AnonymizedAt: new(noon), Version: 2, CreatedAt: made.CreatedAt, UpdatedAt: noon,
		}
		if difference := cmp.Diff(want, got); difference != "" {
			w.Error(difference)
		}
		w.hasRows(1)                 // the other's
		w.account("ada@example.com") // the address is free again
	})
}

func (w *world) count(table string) (n int) {
	w.Helper()
	if err := w.SQL().QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}

func TestNobodyIsFoundByWhatNoCustomerHas(t *testing.T) {
	each(t, func(w *world) {
		w.account("a@example.com")
		// A customer without a reference cannot be made, so "" must find nobody.
		for _, text := range []string{"", " ", "1", "1 OR 1=1", "DE--1' --", "%", "DE--1\x00", "\x00", "\xff", "de--1", "DE--2"} {
			err := w.Read(context.Background(), func(tx *store.Tx) error {
				_, err := tx.Customer(text)
				return err
			})
			if !errors.Is(err, errors.CustomerNotFound) {
				w.Errorf("reference %q: %v", text, err)
			}
			err = w.Read(context.Background(), func(tx *store.Tx) error {
				_, err := tx.CustomerByEmail("DE", text)
				return err
			})
			if !errors.Is(err, errors.CustomerNotFound) {
				w.Errorf("e-mail key %q: %v", text, err)
			}
			err = w.Read(context.Background(), func(tx *store.Tx) error {
				_, _, err := tx.CustomerOfSession(text, text)
				return err
			})
			if !errors.Is(err, errors.AccessTokenInvalid) {
				w.Errorf("session %q: %v", text, err)
			}
		}
		for _, id := range []int64{0, -1, 99} {
			err := w.Read(context.Background(), func(tx *store.Tx) error {
				_, err := tx.CustomerByID(id)
				return err
			})
			if !errors.Is(err, errors.CustomerNotFound) {
				w.Errorf("id %d: %v", id, err)
			}
			w.writeFails(errors.CustomerNotFound, func(tx *store.Tx) error {
				_, err := tx.LockCustomer(id)
				return err
			})
		}
	})
}

func TestOnlyALiveAccountOwnsItsEmailAddress(t *testing.T) {
	each(t, func(w *world) {
		guest := func() *model.Customer {
			made := newAccount("a@example.com")
			made.PasswordHash = nil
			return made
		}
		w.write(func(tx *store.Tx) error { return errors.Join(tx.CreateCustomer(guest()), tx.CreateCustomer(guest())) })
		owner := w.account("a@example.com")
		w.writeFails(errors.EmailTaken, func(tx *store.Tx) error { return tx.CreateCustomer(newAccount("A@example.com")) })
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(guest()) })

		elsewhere := newAccount("a@example.com")
		elsewhere.Store = "AT"
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(elsewhere) })

		other := w.account("b@example.com")
		w.writeFails(errors.EmailTaken, func(tx *store.Tx) error {
			taken := *other
			taken.EmailKey = owner.EmailKey
			return tx.SaveCustomer(&taken)
		})
		w.read(func(tx *store.Tx) error {
			found, err := tx.CustomerByEmail("DE", "a@example.com")
			if err == nil && found.ID != owner.ID {
				w.Errorf("found %d, not the account %d", found.ID, owner.ID)
			}
			return err
		})
	})
}

func TestReferenceIsUniqueOverAllStoresAndANumberInItsOwn(t *testing.T) {
	each(t, func(w *world) {
		w.account("a@example.com")
		w.writeFails(errors.ResourceIDTaken, func(tx *store.Tx) error {
			second := newAccount("b@example.com")
			second.Store, second.Reference = "AT", "DE--1"
			return tx.CreateCustomer(second)
		})
		for _, reference := range []string{"", "other"} {
			w.writeFails(errors.ResourceIDTaken, func(tx *store.Tx) error {
				return tx.CreateCustomer(&model.Customer{Store: "DE", Number: 1, Reference: reference})
			})
		}
		// The refusal leaves the transaction usable, on both databases.
		w.write(func(tx *store.Tx) error {
			second := newAccount("b@example.com")
			second.Reference = "DE--1"
			if err := tx.CreateCustomer(second); !errors.Is(err, errors.ResourceIDTaken) {
				return errors.Join(errors.New("not refused"), err)
			}
			second.Reference = "other"
			return tx.CreateCustomer(second)
		})
	})
}

func TestGeneratedReferencePassesOneThatSomebodyChose(t *testing.T) {
	each(t, func(w *world) {
		chosen := newAccount("chosen@example.com")
		chosen.Reference, chosen.Number = "DE--1", 1000
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(chosen) })
		if next := w.account("a@example.com"); next.Reference != "DE--2" || next.Number != 2 {
			w.Errorf("%s with number %d", next.Reference, next.Number)
		}
	})
}

func TestNumbersAreAscendingWithoutGapsInEachStore(t *testing.T) {
	each(t, func(w *world) {
		w.account("a@example.com")
		rolledBack := newAccount("b@example.com")
		w.writeFails(errors.EmailTaken, func(tx *store.Tx) error {
			if err := tx.CreateCustomer(rolledBack); err != nil {
				return err
			}
			return tx.CreateCustomer(newAccount("a@example.com"))
		})
		if rolledBack.ID != 0 || rolledBack.Number != 0 || rolledBack.Reference != "" || rolledBack.Version != 0 {
			w.Errorf("the struct of a customer who was not created says %+v", rolledBack)
		}
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(rolledBack) })
		if rolledBack.Reference != "DE--2" {
			w.Errorf("reference %s", rolledBack.Reference)
		}
		elsewhere := newAccount("a@example.com")
		elsewhere.Store = "AT"
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(elsewhere) })
		if elsewhere.Reference != "AT--1" {
			w.Errorf("reference %s", elsewhere.Reference)
		}
	})
}

func TestImportsRaiseTheCounter(t *testing.T) {
	each(t, func(w *world) {
		w.write(func(tx *store.Tx) error { return tx.RaiseCounter("DE", 41) })
		w.write(func(tx *store.Tx) error { return tx.RaiseCounter("DE", 7) }) // never down
		if next := w.account("a@example.com"); next.Reference != "DE--42" {
			w.Errorf("reference %s", next.Reference)
		}
	})
}

func TestOfManyRegistrationsOfOneAddressOneWins(t *testing.T) {
	each(t, func(w *world) {
		answers := at(64, func(int) error {
			return w.Write(context.Background(), func(tx *store.Tx) error { return tx.CreateCustomer(newAccount("a@example.com")) })
		})
		if difference := cmp.Diff(map[string]int{"ok": 1, "email_taken": 63}, tally(answers)); difference != "" {
			w.Error(difference)
		}
	})
}

func TestRegistrationsAtOnceGetTheNumbersInTurn(t *testing.T) {
	each(t, func(w *world) {
		made := make([]*model.Customer, 32)
		answers := at(len(made), func(n int) error {
			made[n] = newAccount(fmt.Sprintf("%d@example.com", n))
			return w.Write(context.Background(), func(tx *store.Tx) error { return tx.CreateCustomer(made[n]) })
		})
		if counted := tally(answers); counted["ok"] != len(made) {
			w.Fatal(counted)
		}
		numbers := map[int64]bool{}
		for _, customer := range made {
			numbers[customer.Number] = true
		}
		for number := range int64(len(made)) {
			if !numbers[number+1] {
				w.Errorf("number %d was not given", number+1)
			}
		}
	})
}

func TestPasswordHashIsUpgradedOnlyWhereItIsStillThere(t *testing.T) {
	each(t, func(w *world) {
		made := w.account("a@example.com")
		set := func(former, next string) (done bool) {
			w.write(func(tx *store.Tx) (err error) {
				done, err = tx.SetPassword(made.ID, former, next)
				return err
			})
			return done
		}
		if !set("hash of a@example.com", "better") || set("hash of a@example.com", "worse") {
			w.Error("the hash was not compared")
		}
		made.PasswordHash = new("better")
		if difference := cmp.Diff(made, w.customer(made.ID)); difference != "" {
			w.Error(difference)
		}
	})
}

func TestDefaultIsAnAddressOfTheSameCustomer(t *testing.T) {
	each(t, func(w *world) {
		made, other := w.account("a@example.com"), w.account("b@example.com")
		foreign := w.address(other)
		for _, id := range []string{foreign.ID, uuid.NewString(), "garbage"} {
			w.writeFails(errors.AddressNotFound, func(tx *store.Tx) error {
				saved := *made
				saved.DefaultShippingAddressID = &id
				return tx.SaveCustomer(&saved)
			})
			w.writeFails(errors.AddressNotFound, func(tx *store.Tx) error {
				saved := *made
				saved.DefaultBillingAddressID = &id
				return tx.SaveCustomer(&saved)
			})
		}
	})
}

func TestConcurrentChangesOfDefaultsAreAllThere(t *testing.T) {
	each(t, func(w *world) {
		made := w.account("a@example.com")
		var addresses [8]*model.Address
		for n := range addresses {
			addresses[n] = w.address(made)
		}
		const rounds = 10
		answers := at(len(addresses), func(n int) error {
			for range rounds {
				err := w.Write(context.Background(), func(tx *store.Tx) error {
					customer, err := tx.LockCustomer(made.ID)
					if err != nil {
						return err
					}
					if n%2 == 0 {
						customer.DefaultShippingAddressID = &addresses[n].ID
					} else {
						customer.DefaultBillingAddressID = &addresses[n].ID
					}
					return tx.SaveCustomer(customer)
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if counted := tally(answers); counted["ok"] != len(addresses) {
			w.Fatal(counted)
		}
		got := w.customer(made.ID)
		if want := int64(1 + len(addresses)*rounds); got.Version != want {
			w.Errorf("version %d after all changes, not %d", got.Version, want)
		}
		if got.DefaultShippingAddressID == nil || got.DefaultBillingAddressID == nil {
			w.Errorf("a change was lost: %v, %v", got.DefaultShippingAddressID, got.DefaultBillingAddressID)
		}
	})
}

// The version says what a lock would have kept from happening.
func TestChangeOfAnOlderRowIsRunAgain(t *testing.T) {
	each(t, func(w *world) {
		made := w.account("a@example.com")
		attempts := 0
		w.write(func(tx *store.Tx) error {
			attempts++
			customer, err := tx.CustomerByID(made.ID) // not locked
			if err != nil {
				return err
			}
			if attempts == 1 {
				customer.Version-- // as if another had saved in between
			}
			customer.Note = new("kept")
			return tx.SaveCustomer(customer)
		})
		if got := w.customer(made.ID); attempts != 2 || got.Version != 2 || *got.Note != "kept" {
			w.Errorf("%d attempts, version %d", attempts, got.Version)
		}
		stale := *made // version 1, and never read again
		w.writeFails(errors.ServiceUnavailable, func(tx *store.Tx) error { return tx.SaveCustomer(&stale) })
		if stale.Version != 1 {
			w.Errorf("a struct that was not saved has version %d", stale.Version)
		}
	})
}

func TestTextThatCannotBeKeptIsRefusedTheSameEverywhere(t *testing.T) {
	each(t, func(w *world) {
		made := w.account("ok@example.com")
		address := w.address(made)
		for _, text := range []string{"a\x00b", "a\xffb", "\xed\xa0\x80"} {
			for name, write := range map[string]func(tx *store.Tx) error{
				"a customer's name":  func(tx *store.Tx) error { return tx.CreateCustomer(&model.Customer{Store: "DE", FirstName: &text}) },
				"a customer's email": func(tx *store.Tx) error { return tx.CreateCustomer(&model.Customer{Store: "DE", Email: text}) },
				"a saved note": func(tx *store.Tx) error {
					saved := *made
					saved.Note = &text
					return tx.SaveCustomer(&saved)
				},
				"a store": func(tx *store.Tx) error { return tx.CreateCustomer(&model.Customer{Store: text}) },
				"a city": func(tx *store.Tx) error {
					return tx.CreateAddress(&model.Address{ID: uuid.NewString(), CustomerID: made.ID, City: &text})
				},
				"a saved city": func(tx *store.Tx) error {
					saved := *address
					saved.City = &text
					return tx.SaveAddress(&saved)
				},
				"a letter": func(tx *store.Tx) error {
					return tx.AddOutboxMessage(&model.OutboxMessage{ID: uuid.NewString(), Subject: text})
				},
				"a key's address": func(tx *store.Tx) error {
					return tx.PutKey(&model.OneTimeKey{Digest: digest(), CustomerID: made.ID, EmailKey: text})
				},
				"a consent": func(tx *store.Tx) error { return tx.AddConsent(&model.Consent{CustomerID: made.ID, Version: text}) },
			} {
				if err := w.Write(context.Background(), write); !errors.Is(err, errors.CharactersInvalid) {
					w.Errorf("%q as %s: %v", text, name, err)
				}
			}
		}
		// In an object a NUL is escaped, and comes back.
		odd := &model.Customer{Store: "DE", Metadata: model.JSON{"k": "a\x00b"}}
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(odd) })
		if got := w.customer(odd.ID).Metadata["k"]; got != "a\x00b" {
			w.Errorf("%q", got)
		}
	})
}

func TestTimesKeepTheirMicroseconds(t *testing.T) {
	each(t, func(w *world) {
		berlin := time.FixedZone("CET", 3600)
		for n, moment := range []time.Time{
			time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			time.Date(2026, 1, 2, 3, 4, 5, 1000, time.UTC),
			time.Date(2026, 1, 2, 3, 4, 5, 999999999, berlin),
			time.Date(2026, 1, 2, 3, 4, 5, 120000000, berlin),
			time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC),
			time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC),
			time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
		} {
			made := &model.Customer{Store: "DE", Reference: fmt.Sprint(n), CreatedAt: moment}
			w.write(func(tx *store.Tx) error { return tx.CreateCustomer(made) })
			want := moment.UTC().Truncate(time.Microsecond)
			if got := w.customer(made.ID).CreatedAt; got != want || made.CreatedAt != want {
				w.Errorf("%s was read as %s, and stands in the struct as %s", want, got, made.CreatedAt)
			}
		}
	})
}

func TestTheClockOfAStoreIsUTCInMicroseconds(t *testing.T) {
	each(t, func(w *world) {
		w.clock.forward(789)
		w.clock.at = w.clock.at.In(time.FixedZone("X", 3600))
		if got := w.Now(); got != noon {
			w.Errorf("%s", got)
		}
		w.read(func(tx *store.Tx) error {
			if tx.Now != noon {
				w.Errorf("%s", tx.Now)
			}
			return nil
		})
	})
}
