package resources_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// placed tells of an order that names no customer but an e-mail address.
func placed(s *apitest.Service, id, email string, version int) *apitest.Answer {
	return tell(s, id, map[string]any{"email": email, "version": version, "total": 1000, "currencyCode": "EUR", "paymentStatus": "captured"}, "")
}

// orders are those that a customer sees.
func orders(s *apitest.Service, token string) string {
	return orderIDs(s.Get("/customers/me/orders?sort=createdAt", token).Has(http.StatusOK))
}

// Whoever registers with somebody else's address sees nothing of what they have ordered,
// before and after; not with the key of a letter that went elsewhere either.
func TestWhoHasNotProvenAnAddressSeesNoneOfItsOrders(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		placed(s, "before", "victim@example.com", 1).Has(http.StatusCreated)
		s.Post("/customers", "", apitest.Registration("Victim@EXAMPLE.com")).Has(http.StatusCreated)
		attacker := s.Login("victim@example.com", apitest.Password)
		placed(s, "after", "victim@example.com", 1).Has(http.StatusCreated)
		placed(s, "before", "victim@example.com", 2).Has(http.StatusOK)
		sees := func(nothing string) {
			t.Helper()
			me := s.Get("/customers/me?include=orders,lastOrder", attacker).Has(http.StatusOK)
			if orders(s, attacker) != "" || me.At("data.attributes.lastOrderId") != nil || me.Text("data.attributes.totalSpent") != "0.00" || len(me.At("included").([]any)) > 0 {
				t.Errorf("%s: %s", nothing, me.Body)
			}
			s.Get("/orders/before", attacker).Has(http.StatusNotFound)
			s.Get("/orders/after", attacker).Has(http.StatusNotFound)
		}
		sees("registered")
		s.Patch("/customers/me", attacker, newEmail("attacker@example.com")).Has(http.StatusOK)
		s.Confirm(s.MailedKey("attacker@example.com", "confirm")).Is(http.StatusNoContent, "")
		s.Patch("/customers/me", attacker, newEmail("victim@example.com")).Has(http.StatusOK)
		sees("proven another address, and gone back")
	})
}

// Each key that was mailed to an address, and has been used, brings its orders.
func TestWhoProvesAnAddressGetsItsOrders(t *testing.T) {
	t.Parallel()
	for name, prove := range map[string]func(*testing.T, *apitest.Service) (reference, token string){
		"confirmed": func(_ *testing.T, s *apitest.Service) (string, string) {
			ada := s.Register("ada@example.com")
			return ada.Reference, ada.Token
		},
		"restored": func(_ *testing.T, s *apitest.Service) (string, string) {
			reference := s.Post("/customers", "", apitest.Registration("ada@example.com")).Has(http.StatusCreated).Text("data.id")
			s.Forget("ada@example.com")
			s.Patch("/customer-restore-password", "", restoration(s.MailedKey("ada@example.com", "restore"), anotherPassword)).Is(http.StatusNoContent, "")
			return reference, s.Login("ada@example.com", anotherPassword)
		},
		"invited": func(_ *testing.T, s *apitest.Service) (string, string) {
			reference := guest(s, "ada@example.com")
			s.Post("/customer-invitations", apitest.AdminKey, invitation(reference)).Is(http.StatusNoContent, "")
			s.Post("/customer-invitation-acceptance", "", acceptance(map[string]any{"invitationKey": s.MailedKey("ada@example.com", "invitation")})).Is(http.StatusNoContent, "")
			return reference, s.Login("ada@example.com", anotherPassword)
		},
		"moved": func(t *testing.T, s *apitest.Service) (string, string) {
			bob := s.Register("bob@example.com")
			s.Patch("/customers/me", bob.Token, newEmail("ada@example.com")).Has(http.StatusOK)
			if seen := orders(s, bob.Token); seen != "" {
				t.Errorf("before the address is proven: %s", seen)
			}
			s.Confirm(s.MailedKey("ada@example.com", "confirm")).Is(http.StatusNoContent, "")
			return bob.Reference, bob.Token
		},
		"moved, pending": func(t *testing.T, s *apitest.Service) (string, string) { // with REGISTRATION=confirm
			bob := s.Register("bob@example.com")
			s.Patch("/customers/me", bob.Token, newEmail("ada@example.com")).Has(http.StatusOK)
			placed(s, "third", "ada@example.com", 1).Has(http.StatusCreated)
			if seen := orders(s, bob.Token); seen != "" {
				t.Errorf("before the address is proven: %s", seen)
			}
			s.Confirm(s.MailedKey("ada@example.com", "confirm")).Is(http.StatusNoContent, "")
			tell(s, "third", map[string]any{"version": 2}, guest(s, "third@example.com")).Has(http.StatusOK)
			return bob.Reference, bob.Token
		},
	} {
		t.Run(name, func(t *testing.T) {
			settings := apitest.Settings{}
			if name == "moved, pending" {
				settings["REGISTRATION"] = "confirm"
			}
			apitest.Each(t, settings, func(t *testing.T, s *apitest.Service) {
				addStore(s, "AT")
				placed(s, "first", "Ada@Example.com", 1).Has(http.StatusCreated)
				placed(s, "second", "ada@example.com", 1).Has(http.StatusCreated)
				placed(s, "others", "ada+shop@example.com", 1).Has(http.StatusCreated)
				in(s, "AT", http.MethodPut, "/orders/first", apitest.AdminKey, orderTold(map[string]any{"email": "ada@example.com"}, "")).Has(http.StatusCreated)
				f := &follower{t: t, s: s}
				f.items()
				reference, token := prove(t, s)
				if seen := orders(s, token); seen != "first second" {
					t.Errorf("sees %q", seen)
				}
				if me := s.Get("/customers/me", token); me.Text("data.attributes.totalSpent") != "20.00" || me.Text("data.attributes.lastOrderId") != "second" {
					t.Errorf("%s", me.Body)
				}
				linked := []string{}
				for _, item := range f.items() {
					attributes := item["attributes"].(map[string]any)
					if attributes["eventType"] == "customer.order_linked" && attributes["customer"] == reference {
						linked = append(linked, fmt.Sprint(attributes["cloudEvent"].(map[string]any)["data"]))
					}
				}
				if want := []string{"map[order:first]", "map[order:second]"}; !slices.Equal(slices.DeleteFunc(linked, func(line string) bool { return line == "map[order:third]" }), want) {
					t.Errorf("told %v", linked)
				}
				if owner := s.Get("/orders/others", apitest.AdminKey).At("data.attributes.customerId"); owner != nil {
					t.Errorf("another address's order is %v's", owner)
				}
				if owner := in(s, "AT", http.MethodGet, "/orders/first", apitest.AdminKey, "").At("data.attributes.customerId"); owner != nil {
					t.Errorf("another store's order is %v's", owner)
				}
			})
		})
	}
}

func TestAnOrderKeepsItsCustomerUntilItIsSomebodyElses(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada, bob := s.Register("ada@example.com"), s.Register("bob@example.com")
		version := 0
		isOf := func(attributes map[string]any, named, owner string) {
			t.Helper()
			version++
			attributes["version"] = version
			answer := tell(s, "order-1", attributes, named)
			if got := answer.Text("data.attributes.customerId"); got != owner || answer.Status >= 300 {
				t.Errorf("version %d is %q's: %s", version, got, answer.Body)
			}
			for who, token := range map[string]string{ada.Reference: ada.Token, bob.Reference: bob.Token} {
				seen := orders(s, token)
				if last := s.Get("/customers/me", token).Text("data.attributes.lastOrderId"); seen != last || (seen == "order-1") != (who == owner) {
					t.Errorf("version %d: %s sees %q, and %q as the last", version, who, seen, last)
				}
			}
		}
		isOf(map[string]any{"email": "Ada@example.com"}, "", ada.Reference)
		s.Patch("/customers/me", ada.Token, newEmail("moved@example.com")).Has(http.StatusOK)
		isOf(map[string]any{"email": "ada@example.com"}, "", ada.Reference) // they have moved, and it is theirs still
		isOf(map[string]any{"email": "ada@example.com"}, bob.Reference, bob.Reference)
		isOf(map[string]any{"email": "ada@example.com"}, "", bob.Reference)
		isOf(map[string]any{"email": "nobody@example.com"}, "", "") // it was mistyped before
		isOf(map[string]any{"email": "bob@example.com"}, "", bob.Reference)
		isOf(map[string]any{}, "", "")
		isOf(map[string]any{}, ada.Reference, ada.Reference)
		s.Delete("/customers/"+bob.Reference, apitest.AdminKey).Is(http.StatusNoContent, "")
		tell(s, "order-2", nil, bob.Reference).Fails(http.StatusNotFound, `402 customer_not_found "/data/relationships/customer"`)
	})
}

// An order that is told of while its address is proven is linked, whichever was first.
func TestNoOrderFallsBetweenItsTellingAndTheProof(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		const customers, others = 6, 6
		for i := range customers {
			email := fmt.Sprintf("ada%d@example.com", i)
			former := s.Register("former-" + email)
			s.Patch("/customers/me", former.Token, newEmail(email)).Has(http.StatusOK)
			key := s.MailedKey(email, "confirm")
			var all sync.WaitGroup
			for j := range others {
				all.Go(func() { placed(s, fmt.Sprintf("order-%d-%d", i, j), email, 1).Has(http.StatusCreated) })
			}
			all.Go(func() { s.Confirm(key).Is(http.StatusNoContent, "") })
			all.Wait()
			if seen := strings.Fields(orders(s, former.Token)); len(seen) != others {
				t.Errorf("%s sees %v", email, seen)
			}
			if spent := s.Get("/customers/me", former.Token).Text("data.attributes.totalSpent"); spent != "60.00" {
				t.Errorf("%s has spent %s", email, spent)
			}
		}
	})
}

func TestWhatACustomerHasSpentFollowsFromTheirOrders(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada := s.Register("ada@example.com")
		figures := func(spent string, currency, last any) {
			t.Helper()
			for _, path := range []string{"/customers/" + ada.Reference, "/customers/" + ada.Reference + "?include=orders"} {
				for _, token := range []string{ada.Token, apitest.AdminKey} {
					me := s.Get(path, token).Has(http.StatusOK)
					if me.Text("data.attributes.totalSpent") != spent || me.At("data.attributes.totalSpentCurrency") != currency || me.At("data.attributes.lastOrderId") != last {
						t.Errorf("%v %v %v", me.At("data.attributes.totalSpent"), me.At("data.attributes.totalSpentCurrency"), me.At("data.attributes.lastOrderId"))
					}
				}
			}
		}
		order := func(id, day string, version int, more map[string]any) {
			t.Helper()
			attributes := map[string]any{"version": version, "createdAt": "2018-11-" + day + "T00:00:00Z", "currencyCode": "EUR", "paymentStatus": "captured"}
			for name, value := range more {
				attributes[name] = value
			}
			if answer := tell(s, id, attributes, ada.Reference); answer.Status >= 300 {
				t.Fatal(answer.Body)
			}
		}
		figures("0.00", nil, nil)
		s.Patch("/stores/DE", apitest.AdminKey, apitest.Document("stores", map[string]any{"currency": "JPY"})).Has(http.StatusOK)
		figures("0", "JPY", nil)
		tag := s.Get("/customers/me", ada.Token).Header.Get("ETag")
		order("b", "02", 1, map[string]any{"total": 1005})
		figures("10.05", "EUR", "b")
		order("a", "01", 1, map[string]any{"total": 1000, "refundedTotal": 401, "paymentStatus": "partially_refunded"})
		figures("16.04", "EUR", "b")
		for i, left := range []map[string]any{{"paymentStatus": "not_paid"}, {"paymentStatus": "refunded"}, {"paymentStatus": "awaiting"}, {"status": "canceled"}, {"canceledAt": "2018-11-03T00:00:00Z"}, {"total": nil}, {"currencyCode": "USD"}} {
			left["createdAt"] = "2018-10-01T00:00:00Z"
			if _, given := left["total"]; !given {
				left["total"] = 9999
			}
			order(fmt.Sprint("left-", i), "01", 1, left)
			figures("16.04", "EUR", "b")
		}
		order("c", "03", 1, map[string]any{"total": 1, "currencyCode": "USD", "paymentStatus": "not_paid"})
		figures("99.99", "USD", "c") // the one in dollars of before
		order("c", "03", 2, map[string]any{"total": 123456, "currencyCode": "KWD"})
		figures("123.456", "KWD", "c")
		order("c", "03", 3, map[string]any{"total": 5, "currencyCode": "KWD", "refundedTotal": 50})
		figures("-0.045", "KWD", "c")
		order("c", "03", 4, map[string]any{"currencyCode": nil})
		figures("0", "JPY", "c")
		order("c", "01", 5, map[string]any{"createdAt": "2018-10-01T00:00:00Z", "currencyCode": "KWD"})
		figures("16.04", "EUR", "b")

		// The figures are no change of the customer: who has read them before can change
		// what is theirs, and what they change leaves the figures alone.
		if fresh := s.Get("/customers/me", ada.Token).Header.Get("ETag"); fresh == tag {
			t.Error("the entity tag is the same for other figures")
		}
		s.Do(apitest.Request{Method: http.MethodPatch, Path: "/customers/me", Token: ada.Token, Body: apitest.Document("customers", map[string]any{"phone": "1"}), Header: map[string]string{"If-Match": tag}}).Has(http.StatusOK)
		figures("16.04", "EUR", "b")
		s.Patch("/customers/me", ada.Token, apitest.Document("customers", map[string]any{"totalSpent": "1", "lastOrderId": "x", "totalSpentCurrency": "USD"})).Has(http.StatusOK)
		figures("16.04", "EUR", "b")
	})
}

// An erased customer's orders are gone, those that wait for their address too, and the
// order service cannot bring one back.
func TestAnErasedOrderDoesNotComeBack(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada, bob := s.Register("ada@example.com"), s.Register("bob@example.com")
		tell(s, "order-1", map[string]any{"version": 3}, ada.Reference).Has(http.StatusCreated)
		tell(s, "bobs", nil, bob.Reference).Has(http.StatusCreated)
		s.Rows("INSERT INTO orders (store, id, version, email_key, status, fulfillment_status, payment_status, created_at, updated_at) SELECT store, 'missed', 1, 'ada@example.com', status, fulfillment_status, payment_status, created_at, updated_at FROM orders WHERE id = 'order-1'")
		s.Delete("/customers/me", ada.Token).Is(http.StatusNoContent, "")
		for _, id := range []string{"order-1", "missed"} {
			s.Get("/orders/"+id, apitest.AdminKey).Has(http.StatusNotFound)
			for _, version := range []int{1, 9} {
				tell(s, id, map[string]any{"version": version, "email": "new@example.com"}, "").Fails(http.StatusConflict, "4450 order_erased -")
				put(s, "/orders/"+id, apitest.AdminKey, apitest.WithID(id, orderTold(map[string]any{"version": version}, bob.Reference))).Fails(http.StatusConflict, `4450 order_erased "/data/id"`)
			}
		}
		put(s, "/orders", apitest.AdminKey, `{"data":[`+resourceOf(apitest.WithID("fresh", orderTold(nil, "")))+`,`+resourceOf(apitest.WithID("order-1", orderTold(nil, "")))+`]}`).Fails(http.StatusConflict, `4450 order_erased "/data/1/id"`)
		s.Get("/orders/fresh", apitest.AdminKey).Has(http.StatusNotFound)
		if left := s.Rows("SELECT id FROM orders"); len(left) != 1 {
			t.Errorf("%v", left)
		}
		gone := s.Get("/customers/"+ada.Reference+"?include=orders,lastOrder", apitest.AdminKey).Has(http.StatusOK)
		if gone.At("data.attributes.lastOrderId") != nil || len(gone.At("included").([]any)) > 0 || len(s.Get("/customers/"+ada.Reference+"/orders", apitest.AdminKey).At("data").([]any)) > 0 {
			t.Errorf("%s", gone.Body)
		}
	})
}
