package resources_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// orderTold is an order's document: its attributes, with version 1 where none is given, and
// the customer whom it names; "" names none.
func orderTold(attributes map[string]any, customer string) string {
	all := map[string]any{"version": 1}
	maps.Copy(all, attributes)
	document := apitest.Document("orders", all)
	if customer == "" {
		return document
	}
	return strings.Replace(document, `"type":"orders"`, `"relationships":{"customer":{"data":`+identifier("customers", customer)+`}},"type":"orders"`, 1)
}

func put(s *apitest.Service, path, token, body string) *apitest.Answer {
	return s.Do(apitest.Request{Method: http.MethodPut, Path: path, Token: token, Body: body})
}

// tell tells of an order.
func tell(s *apitest.Service, id string, attributes map[string]any, customer string) *apitest.Answer {
	return put(s, "/orders/"+id, apitest.AdminKey, orderTold(attributes, customer))
}

const wholeOrder = `{"data":{"type":"orders","id":"order 1","attributes":{
	"canceledAt":"2018-11-07T08:15:02+01:00","cartId":"cart-1","createdAt":"2018-11-06T08:15:02Z","currencyCode":"eur","discountTotal":1,"displayId":1001,"draftOrderId":"draft-1",
	"email":"Ada@example.com","externalId":"ext-1","fulfillmentStatus":"shipped","giftCardTaxTotal":2,"giftCardTotal":3,"idempotencyKey":"once-1","itemTaxTotal":4,
	"metadata":{"a":[1.10,null]},"noNotification":true,"paidTotal":5,"paymentStatus":"captured","rawDiscountTotal":6,"refundableAmount":7,"refundedTotal":8,"regionId":"region-1",
	"salesChannelId":"channel-1","shippingTaxTotal":9,"shippingTotal":10,"status":"completed","subtotal":-11,"taxRate":19.5,"taxTotal":12,"total":11900,"updatedAt":"2018-11-08T08:15:02Z","version":3},
	"relationships":{"customer":{"data":{"type":"customers","id":"DE--1"}},
		"billingAddress":{"data":{"type":"order-addresses","id":"addr-1"}},"shippingAddress":{"data":{"type":"order-addresses","id":"addr-2"}},"cart":{"data":null},
		"items":{"data":[{"type":"line-items","id":"item-1"},{"type":"line-items","id":"item-2"}]},"claims":{"data":[]}}},
	"included":[{"type":"order-addresses","id":"addr-2","attributes":{"firstName":"Zoë","phone":"+49 30 1"}},{"type":"line-items","id":"item-2","attributes":{"title":"A thing","quantity":2}},
		{"type":"line-items","id":"elsewhere","attributes":{}}]}`

const shownOrder = `{"type":"orders","id":"order 1","attributes":{
	"billingAddressId":"addr-1","canceledAt":"2018-11-07T07:15:02.000000Z","cartId":"cart-1","createdAt":"2018-11-06T08:15:02.000000Z","currencyCode":"EUR","customerId":"DE--1","discountTotal":1,"displayId":1001,
	"draftOrderId":"draft-1","email":"Ada@example.com","externalId":"ext-1","fulfillmentStatus":"shipped","giftCardTaxTotal":2,"giftCardTotal":3,"idempotencyKey":"once-1","itemTaxTotal":4,
	"metadata":{"a":[1.10,null]},"noNotification":true,"paidTotal":5,"paymentStatus":"captured","rawDiscountTotal":6,"refundableAmount":7,"refundedTotal":8,"regionId":"region-1","salesChannelId":"channel-1",
	"shippingAddressId":"addr-2","shippingTaxTotal":9,"shippingTotal":10,"status":"completed","subtotal":-11,"taxRate":19.5,"taxTotal":12,"total":11900,"updatedAt":"2018-11-08T08:15:02.000000Z","version":3},
	"relationships":{"customer":{"data":{"type":"customers","id":"DE--1"},"links":{"related":"https://shop.example/customers/DE--1"}},
		"billingAddress":{"data":{"type":"order-addresses","id":"addr-1"}},"claims":{"data":[]},
		"items":{"data":[{"type":"line-items","id":"item-1"},{"type":"line-items","id":"item-2"}]},"shippingAddress":{"data":{"type":"order-addresses","id":"addr-2"}}},
	"links":{"self":"https://shop.example/orders/order%201"}}`

func TestAnOrderIsShownAsItWasTold(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada := s.Register("ada@example.com")
		made := put(s, "/orders/order%201", apitest.AdminKey, wholeOrder).Is(http.StatusCreated, `{"data":`+shownOrder+`}`)
		if location := made.Header.Get("Location"); location != "https://shop.example/orders/order%201" {
			t.Error(location)
		}
		s.Get("/orders/order%201", apitest.AdminKey).Is(http.StatusOK, `{"data":`+shownOrder+`}`)
		if tag := s.Get("/orders/order%201", apitest.AdminKey).Header.Get("ETag"); tag != made.Header.Get("ETag") {
			t.Errorf("%s and %s", tag, made.Header.Get("ETag"))
		}
		own := strings.Replace(shownOrder, `"idempotencyKey":"once-1",`, "", 1)
		included := `"included":[{"type":"line-items","id":"item-2","attributes":{"title":"A thing","quantity":2}},{"type":"order-addresses","id":"addr-2","attributes":{"firstName":"Zoë","phone":"+49 30 1"}}]`
		s.Get("/orders/order%201?include=items,shippingAddress,billingAddress,claims,cart", ada.Token).Is(http.StatusOK, `{"data":`+own+`,`+included+`}`)
		me := s.Get("/customers/me", ada.Token).At("data").(map[string]any)
		delete(me, "meta") // is of who is looked at by themself
		if owner := s.Get("/orders/order%201?include=customer", ada.Token).At("included.0"); !cmp.Equal(owner, any(me)) {
			t.Errorf("%v", owner)
		}
		s.Get("/orders/order%201?fields[orders]=total,items", ada.Token).Is(http.StatusOK, `{"data":{"type":"orders","id":"order 1","attributes":{"total":11900},
			"relationships":{"items":{"data":[{"type":"line-items","id":"item-1"},{"type":"line-items","id":"item-2"}]}},"links":{"self":"https://shop.example/orders/order%201"}}}`)

		// The next version replaces the whole: what is left out is null, or its default.
		tell(s, "order%201", map[string]any{"version": 4}, "").Is(http.StatusOK, `{"data":{"type":"orders","id":"order 1","attributes":{
			"billingAddressId":null,"canceledAt":null,"cartId":null,"createdAt":"2018-11-06T08:15:02.000000Z","currencyCode":null,"customerId":null,"discountTotal":null,"displayId":null,"draftOrderId":null,"email":null,
			"externalId":null,"fulfillmentStatus":"not_fulfilled","giftCardTaxTotal":null,"giftCardTotal":null,"idempotencyKey":null,"itemTaxTotal":null,"metadata":{},"noNotification":null,"paidTotal":null,
			"paymentStatus":"not_paid","rawDiscountTotal":null,"refundableAmount":null,"refundedTotal":null,"regionId":null,"salesChannelId":null,"shippingAddressId":null,"shippingTaxTotal":null,"shippingTotal":null,
			"status":"pending","subtotal":null,"taxRate":null,"taxTotal":null,"total":null,"updatedAt":"<time>","version":4},"links":{"self":"https://shop.example/orders/order%201"}}}`)
	})
}

func TestWhatIsWrongWithAnOrderIsSaidWhereItIs(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	s.Register("ada@example.com")
	at := func(key, name string) string { return `901 ` + key + ` "/data/attributes/` + name + `"` }
	for _, c := range []struct {
		name  string
		value any
		line  string
	}{
		{"total", "1", at("type_invalid", "total")}, {"total", 1.5, at("type_invalid", "total")}, {"total", json.Number("1e3"), at("type_invalid", "total")},
		{"total", json.Number("1000000000000000"), at("type_invalid", "total")}, {"displayId", true, at("type_invalid", "displayId")},
		{"version", -1, at("type_invalid", "version")}, {"version", nil, at("value_blank", "version")}, {"version", "1", at("type_invalid", "version")},
		{"status", "shipped", at("choice_invalid", "status")}, {"fulfillmentStatus", "Shipped", at("choice_invalid", "fulfillmentStatus")}, {"paymentStatus", "", at("choice_invalid", "paymentStatus")},
		{"currencyCode", "Euro", at("currency_invalid", "currencyCode")}, {"email", "nobody", at("email_invalid", "email")}, {"createdAt", "yesterday", at("time_invalid", "createdAt")},
		{"cartId", strings.Repeat("x", 256), at("too_long", "cartId")}, {"regionId", "a\x07", at("characters_invalid", "regionId")}, {"taxRate", "19", at("type_invalid", "taxRate")},
		{"metadata", []any{}, at("type_invalid", "metadata")}, {"metadata", map[string]any{"a": "\x00"}, at("characters_invalid", "metadata")}, {"noNotification", 1, at("type_invalid", "noNotification")},
	} {
		tell(s, "order-1", map[string]any{c.name: c.value}, "").Fails(http.StatusUnprocessableEntity, c.line)
	}
	put(s, "/orders/order-1", apitest.AdminKey, apitest.Document("orders", map[string]any{})).Fails(http.StatusUnprocessableEntity, `901 field_missing "/data/attributes"`)
	tell(s, "order-1", map[string]any{"total": "1", "version": -1}, "").Fails(http.StatusUnprocessableEntity, at("type_invalid", "version"), at("type_invalid", "total"))
	tell(s, "order-1", nil, "DE--99").Fails(http.StatusNotFound, `402 customer_not_found "/data/relationships/customer"`)
	put(s, "/orders/order-1", apitest.AdminKey, apitest.WithID("order-2", orderTold(nil, ""))).Fails(http.StatusConflict, `- resource_id_mismatch "/data/id"`)
	for _, id := range []string{strings.Repeat("x", 65), "%20a", "a%0bb", "%E2%80%8B", ".."} {
		if answer := put(s, "/orders/"+id, apitest.AdminKey, orderTold(nil, "")); answer.Status < 400 || answer.Status > 499 {
			t.Errorf("an order has the id %s: %s", id, answer.Body)
		}
	}
	tell(s, strings.Repeat("%C3%A4", 64), nil, "").Has(http.StatusCreated)

	related := func(relation, linkage, included string) *apitest.Answer {
		return put(s, "/orders/order-1", apitest.AdminKey, `{"data":{"type":"orders","attributes":{"version":1},"relationships":{"`+relation+`":{"data":`+linkage+`}}},"included":`+included+`}`)
	}
	for _, linkage := range []string{`{}`, `[]`, `{"type":"a"}`, `{"type":"","id":"1"}`, `{"type":"a","id":1}`} {
		related("cart", linkage, "[]").Fails(http.StatusBadRequest, `- invalid_document "/data/relationships/cart"`)
	}
	for _, linkage := range []string{`{"type":"a","id":"1"}`, `[{"type":"a"}]`, `[null]`, `["a"]`} {
		related("items", linkage, "[]").Fails(http.StatusBadRequest, `- invalid_document "/data/relationships/items"`)
	}
	related("customer", `{"type":"people","id":"DE--1"}`, "[]").Fails(http.StatusBadRequest, `- invalid_document "/data/relationships/customer"`)
	related("cart", "null", `{}`).Fails(http.StatusBadRequest, `- invalid_document "/included"`)
	related("cart", "null", `[{"type":"a","id":"1"},{"type":"a","attributes":{}}]`).Fails(http.StatusBadRequest, `- invalid_document "/included/1"`)
	related("cart", `{"type":"a","id":"1"}`, `[{"type":"a","id":"1","attributes":{"b":"\u0000"}}]`).Fails(http.StatusUnprocessableEntity, `901 characters_invalid "/data/relationships"`)
	twice := `{"type":"a","id":"1"}`
	related("items", `[`+twice+`,`+twice+`]`, `[{"type":"a","id":"1","attributes":{"b":"`+strings.Repeat("x", 40<<10)+`"}}]`).Fails(http.StatusRequestEntityTooLarge, `- payload_too_large "/data"`)
	s.Get("/orders/order-1", apitest.AdminKey).Has(http.StatusNotFound)
}

func TestAnOlderVersionOfAnOrderChangesNothing(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		version := func(n int) map[string]any { return map[string]any{"version": n, "total": 100 * n} }
		tell(s, "order-1", version(2), "").Has(http.StatusCreated)
		for _, c := range []struct {
			version int
			stale   any
			total   float64
		}{{2, nil, 200}, {1, true, 200}, {0, true, 200}, {5, nil, 500}, {5, nil, 500}, {4, true, 500}} {
			attributes := version(c.version)
			if c.version == 2 {
				attributes["total"] = 7 // the same version told of otherwise
			}
			if answer := tell(s, "order-1", attributes, "").Has(http.StatusOK); answer.At("data.attributes.total") != c.total || answer.At("meta.stale") != c.stale {
				t.Errorf("version %d is answered %s", c.version, answer.Body)
			}
		}
	})
}

// Of many who tell of an order at once, the one with the highest version counts, and
// exactly one has made it; whether it is told of alone or among others.
func TestOfOrdersToldOfAtOnceTheLatestVersionCounts(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		const versions = 12
		one, other := s.Register("one@example.com"), s.Register("other@example.com")
		var writers sync.WaitGroup
		created := make(chan int, versions)
		for version := range versions {
			writers.Go(func() {
				attributes := map[string]any{"version": version, "total": version, "currencyCode": "EUR", "paymentStatus": "captured"}
				owner := []string{one.Reference, other.Reference}[version%2]
				if version%3 == 0 {
					many := `{"data":[` + resourceOf(apitest.WithID("order-2", orderTold(attributes, other.Reference))) + `,` + resourceOf(apitest.WithID("order-1", orderTold(attributes, owner))) + `]}`
					if version%2 == 0 {
						many = `{"data":[` + resourceOf(apitest.WithID("order-1", orderTold(attributes, owner))) + `,` + resourceOf(apitest.WithID("order-2", orderTold(attributes, other.Reference))) + `]}`
					}
					answer := put(s, "/orders", apitest.AdminKey, many).Has(http.StatusOK)
					created <- int(answer.At("meta.created").(float64)) // of two orders
					return
				}
				answer := tell(s, "order-1", attributes, owner)
				if answer.Status != http.StatusOK && answer.Status != http.StatusCreated {
					t.Errorf("%d %s", answer.Status, answer.Body)
				}
				created <- answer.Status - http.StatusOK
			})
		}
		writers.Wait()
		close(created)
		sum := 0
		for n := range created {
			sum += n
		}
		shown := s.Get("/orders/order-1", apitest.AdminKey).Has(http.StatusOK)
		if sum != 2 || shown.At("data.attributes.version") != versions-1.0 || shown.At("data.attributes.total") != versions-1.0 || shown.Text("data.attributes.customerId") != other.Reference {
			t.Errorf("%d orders were made of two: %s", sum, shown.Body)
		}
		for reference, spent := range map[string]string{one.Reference: "0.00", other.Reference: "0.20"} { // 11 and 9
			if told := s.Get("/customers/"+reference, apitest.AdminKey); told.Text("data.attributes.totalSpent") != spent {
				t.Errorf("%s has spent %s", reference, told.Text("data.attributes.totalSpent"))
			}
		}
	})
}

// resourceOf is the data of a document.
func resourceOf(document string) string {
	return strings.TrimSuffix(strings.TrimPrefix(document, `{"data":`), "}")
}

func TestManyOrdersAreToldOfTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada := s.Register("ada@example.com")
		item := func(id string, version int, total any, customer string) string {
			return resourceOf(apitest.WithID(id, orderTold(map[string]any{"version": version, "total": total}, customer)))
		}
		all := func(items ...string) *apitest.Answer {
			return put(s, "/orders", apitest.AdminKey, `{"data":[`+strings.Join(items, ",")+`],"included":[{"type":"carts","id":"1","attributes":{"a":1}}]}`)
		}
		tell(s, "b", map[string]any{"version": 5}, "")
		tell(s, "c", map[string]any{"version": 5}, "")
		withCart := strings.Replace(item("d", 1, 3, ""), `"type"`, `"relationships":{"cart":{"data":{"type":"carts","id":"1"}}},"type"`, 1)
		all(item("a", 1, 1, ada.Reference), item("b", 5, 2, ""), item("c", 6, 2, ""), withCart).Is(http.StatusOK, `{"meta":{"created":2,"updated":1,"unchanged":1}}`)
		if cart := s.Get("/orders/d?include=cart", apitest.AdminKey).At("included.0.attributes.a"); cart != 1.0 {
			t.Errorf("%v", cart)
		}
		all(item("e", 1, 1, ""), item("f", 1, "1", ""), item("g", -1, 1.5, "")).Fails(http.StatusUnprocessableEntity,
			`901 type_invalid "/data/1/attributes/total"`, `901 type_invalid "/data/2/attributes/version"`, `901 type_invalid "/data/2/attributes/total"`)
		all(item("e", 1, 1, ada.Reference), item("f", 1, 1, "DE--99")).Fails(http.StatusNotFound, `402 customer_not_found "/data/1/relationships/customer"`)
		all(item("e", 1, 1, ""), item("f", 1, 1, ""), item("e", 2, 1, "")).Fails(http.StatusBadRequest, `- invalid_document "/data/2/id"`)
		all(item("e", 1, 1, ""), strings.Replace(item("f", 1, 1, ""), `"id":"f",`, "", 1)).Fails(http.StatusBadRequest, `- invalid_document "/data/1"`)
		all(item("e", 1, 1, ""), strings.Replace(item("f", 1, 1, ""), `"orders"`, `"carts"`, 1)).Fails(http.StatusConflict, `- invalid_resource_type "/data/1/type"`)
		all().Fails(http.StatusBadRequest, `- invalid_document "/data"`)
		put(s, "/orders", apitest.AdminKey, `{"data":`+item("e", 1, 1, "")+`}`).Fails(http.StatusBadRequest, `- invalid_document "/data"`)
		many := []string{}
		for i := range 201 {
			many = append(many, item(fmt.Sprintf("many-%d", i), 1, 1, ada.Reference))
		}
		all(many...).Fails(http.StatusBadRequest, `- invalid_document "/data"`)
		for _, none := range []string{"e", "f", "g", "many-1"} {
			s.Get("/orders/"+none, apitest.AdminKey).Has(http.StatusNotFound)
		}
		all(many[1:]...).Is(http.StatusOK, `{"meta":{"created":200,"updated":0,"unchanged":0}}`)
		padded := strings.Replace(many[1], `"total"`, `"metadata":{"a":"`+strings.Repeat("x", 50<<10)+`"},"total"`, 1)
		long := []string{}
		for i := range 21 {
			long = append(long, strings.Replace(padded, "many-1", fmt.Sprintf("long-%d", i), 1))
		}
		all(long...).Fails(http.StatusRequestEntityTooLarge, `- payload_too_large -`)
		all(long[:19]...).Is(http.StatusOK, `{"meta":{"created":19,"updated":0,"unchanged":0}}`)
	})
}

func TestAnOrderIsItsCustomersAlone(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		addStore(s, "AT")
		ada, bob := s.Register("ada@example.com"), s.Register("bob@example.com")
		austrian := in(s, "AT", http.MethodPost, "/customers", "", apitest.Registration("austrian@example.com")).Has(http.StatusCreated).Text("data.id")
		tell(s, "order-1", map[string]any{"total": 7}, ada.Reference).Has(http.StatusCreated)
		tell(s, "waits", nil, "").Has(http.StatusCreated)
		s.Get("/orders/order-1", ada.Token).Has(http.StatusOK)
		for _, path := range []string{"/orders/order-1", "/orders/waits", "/orders/none"} {
			s.Get(path, bob.Token).Fails(http.StatusNotFound, "- route_not_found -")
		}
		s.Get("/orders/waits", ada.Token).Fails(http.StatusNotFound, "- route_not_found -")
		s.Get("/customers/"+ada.Reference+"/orders", bob.Token).Fails(http.StatusNotFound, "402 customer_not_found -")
		put(s, "/orders/order-1", ada.Token, orderTold(map[string]any{"version": 2}, ada.Reference)).Fails(http.StatusForbidden, "411 unauthorized_request -")

		// Another store has orders of its own, whose ids may be the same.
		in(s, "AT", http.MethodGet, "/orders/order-1", apitest.AdminKey, "").Has(http.StatusNotFound)
		in(s, "AT", http.MethodPut, "/orders/order-1", apitest.AdminKey, orderTold(nil, ada.Reference)).Fails(http.StatusNotFound, `402 customer_not_found "/data/relationships/customer"`)
		in(s, "AT", http.MethodPut, "/orders/order-1", apitest.AdminKey, orderTold(map[string]any{"total": 9}, austrian)).Has(http.StatusCreated)
		if total := s.Get("/orders/order-1", ada.Token).At("data.attributes.total"); total != 7.0 {
			t.Errorf("%v", total)
		}
	})
}
