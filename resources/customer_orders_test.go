package resources_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// orderIDs are those of a list, in its order.
func orderIDs(answer *apitest.Answer) string {
	var all []string
	list, _ := answer.At("data").([]any)
	for _, item := range list {
		all = append(all, item.(map[string]any)["id"].(string))
	}
	return strings.Join(all, " ")
}

// history is a customer with three orders; a is the oldest, and the last that was told of.
func history(s *apitest.Service) apitest.Customer {
	ada := s.Register("ada@example.com")
	s.Patch("/customers/me", ada.Token, apitest.Document("customers", map[string]any{"firstName": "Ada", "lastName": "Łovelace", "phone": "+44 20 7946 0001"})).Has(http.StatusOK)
	tell(s, "c", map[string]any{"createdAt": "2018-11-03T00:00:00Z", "updatedAt": "2018-12-01T00:00:00Z", "displayId": 1003, "total": 200, "taxRate": 7.5, "regionId": "eu", "status": "canceled",
		"canceledAt": "2018-11-04T00:00:00Z", "paymentStatus": "refunded", "email": "ADA@example.com"}, ada.Reference).Has(http.StatusCreated)
	tell(s, "b", map[string]any{"createdAt": "2018-11-02T00:00:00Z", "updatedAt": "2018-12-03T00:00:00Z", "displayId": 1002, "currencyCode": "USD", "total": 300, "cartId": "cart-b", "status": "completed",
		"fulfillmentStatus": "shipped", "paymentStatus": "captured"}, ada.Reference).Has(http.StatusCreated)
	address := strings.Replace(orderTold(map[string]any{"createdAt": "2018-11-01T00:00:00Z", "updatedAt": "2018-12-02T00:00:00Z", "displayId": 2001, "currencyCode": "EUR", "total": 100, "taxRate": 19}, ada.Reference),
		`"relationships":{`, `"relationships":{"shippingAddress":{"data":{"type":"order-addresses","id":"1"}},`, 1)
	put(s, "/orders/a", apitest.AdminKey, strings.TrimSuffix(address, "}")+`,"included":[{"type":"order-addresses","id":"1","attributes":{"first_name":"Zoë 100%","phone":"030 123"}}]}`).Has(http.StatusCreated)
	bob := s.Register("bob@example.com")
	tell(s, "bobs", map[string]any{"displayId": 1002, "cartId": "cart-b"}, bob.Reference).Has(http.StatusCreated)
	return ada
}

func TestOrdersAreFilteredAndSorted(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada := history(s)
		for query, want := range map[string]string{
			"":                                        "c b a",
			"filter[id]=a,b,bobs,none":                "b a",
			"filter[orders.id]=a":                     "a",
			"filter[cartId]=cart-b":                   "b",
			"filter[cartId]=cart":                     "",
			"filter[currencyCode]=eur":                "a",
			"filter[displayId]=1002":                  "b",
			"filter[displayId]=9":                     "",
			"filter[email]=ada@EXAMPLE.com":           "c",
			"filter[email]=nobody":                    "",
			"filter[regionId]=eu":                     "c",
			"filter[taxRate]=7.50":                    "c",
			"filter[taxRate]=19":                      "a",
			"filter[status]=completed":                "b",
			"filter[status]=canceled,pending":         "c a",
			"filter[fulfillmentStatus]=shipped":       "b",
			"filter[paymentStatus]=refunded,captured": "c b",
			"filter[status]=completed&filter[paymentStatus]=refunded":                                "",
			"filter[createdAt][gt]=2018-11-02T00:00:00Z":                                             "c",
			"filter[createdAt][gte]=2018-11-02T00:00:00Z":                                            "c b",
			"filter[createdAt][lt]=2018-11-02T00:00:00Z":                                             "a",
			"filter[createdAt][lte]=2018-11-02T00:00:00Z":                                            "b a",
			"filter[updatedAt][gte]=2018-12-02T00:00:00Z&filter[updatedAt][lt]=2018-12-03T00:00:00Z": "a",
			"filter[canceledAt][gt]=2018-11-04T00:00:00Z":                                            "",
			"filter[canceledAt][lte]=2018-11-04T00:00:00Z":                                           "c",
			"filter[q]=100":                        "c b a", // numbers, and what is where the goods go
			"filter[q]=1003":                       "c",
			"filter[q]=zoe":                        "a",
			"filter[q]=" + url.QueryEscape("100%"): "a",
			"filter[q]=" + url.QueryEscape("1_0"):  "",
			"filter[q]=030":                        "a",
			"filter[q]=example.com":                "c",
			"filter[q]=LOVE":                       "",
			"filter[q]=" + url.QueryEscape("łOVE"): "c b a", // the customer
			"filter[q]=7946":                       "c b a",
			"filter[q]=bob":                        "",
			"sort=createdAt":                       "a b c",
			"sort=-updatedAt":                      "b a c",
			"sort=displayId":                       "b c a",
			"sort=-total":                          "b c a",
			"sort=total":                           "a c b",
			"sort=-displayId,total":                "a c b",
		} {
			if got := orderIDs(s.Get("/customers/me/orders?"+query, ada.Token).Has(http.StatusOK)); got != want {
				t.Errorf("%s: %q instead of %q", query, got, want)
			}
			if got := orderIDs(s.Get("/customers/"+ada.Reference+"/orders?"+query, apitest.AdminKey).Has(http.StatusOK)); got != want {
				t.Errorf("%s, for staff: %q instead of %q", query, got, want)
			}
		}
		for query, parameter := range map[string]string{
			"filter[status]=shipped": "filter[status]", "filter[fulfillmentStatus]=shipped,": "filter[fulfillmentStatus]", "filter[paymentStatus]=paid": "filter[paymentStatus]",
			"filter[displayId]=x": "filter[displayId]", "filter[taxRate]=NaN": "filter[taxRate]", "filter[createdAt][gt]=x": "filter[createdAt][gt]",
		} {
			s.Get("/customers/me/orders?"+query, ada.Token).Fails(http.StatusBadRequest, "- invalid_filter "+parameter)
		}
		s.Get("/customers/me/orders?filter[createdAt]=2018-11-02T00:00:00Z", ada.Token).Fails(http.StatusBadRequest, "- unknown_filter filter[createdAt]")
	})
}

func TestOrdersCanBePagedInThreeWays(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada := s.Register("ada@example.com")
		var items []string
		for i := range 25 { // the one that is told of last is the newest
			items = append(items, resourceOf(apitest.WithID(fmt.Sprintf("%02d", i), orderTold(map[string]any{"createdAt": fmt.Sprintf("2018-11-01T00:00:%02dZ", i)}, ada.Reference))))
		}
		put(s, "/orders", apitest.AdminKey, `{"data":[`+strings.Join(items, ",")+`]}`).Has(http.StatusOK)
		first := s.Get("/customers/me/orders", ada.Token).Has(http.StatusOK)
		if got := orderIDs(first); got != "24 23 22 21 20 19 18 17 16 15" || first.At("meta.total") != 25.0 || first.Header.Get("X-Total-Count") != "25" {
			t.Errorf("%s %v %s", got, first.At("meta"), first.Header.Get("X-Total-Count"))
		}
		for _, way := range []struct{ start, pages string }{
			{"", "10 10 5"}, {"page[number]=1&page[size]=20", "20 5"}, {"page[size]=24", "24 1"}, {"page[offset]=0", "10 10 5"}, {"page[limit]=9", "9 9 7"}, {"page[after]=", "10 10 5"}, {"page[after]=&page[size]=25", "25"},
		} {
			var pages, all []string
			next := apitest.Base + "/customers/" + ada.Reference + "/orders?" + way.start
			for next != "" {
				page := s.Get(strings.TrimPrefix(next, apitest.Base), ada.Token).Has(http.StatusOK)
				seen := strings.Fields(orderIDs(page))
				pages, all = append(pages, fmt.Sprint(len(seen))), append(all, seen...)
				next = page.Text("links.next")
			}
			if got := strings.Join(pages, " "); got != way.pages || len(all) != 25 || all[0] != "24" || all[24] != "00" {
				t.Errorf("%s: pages of %s: %v", way.start, got, all)
			}
		}
		middle := s.Get("/customers/me/orders?page[number]=2", ada.Token).Has(http.StatusOK)
		page := func(n int) string {
			return fmt.Sprintf("%s/customers/me/orders?page%%5Bnumber%%5D=%d&page%%5Bsize%%5D=10", apitest.Base, n)
		}
		want := map[string]any{"self": apitest.Base + "/customers/me/orders?page%5Bnumber%5D=2", "first": page(1), "prev": page(1), "next": page(3), "last": page(3)}
		if difference := cmp.Diff(want, middle.At("links")); difference != "" {
			t.Error(difference)
		}
		s.Get("/customers/me/orders?page[after]=&sort=total", ada.Token).Has(http.StatusBadRequest)
		for asked, shown := range map[string]string{"page[number]=2": "map[number:2 size:10]", "page[offset]=5&page[limit]=9": "map[limit:9 offset:5]", "page[after]=": "<nil>"} {
			if got := fmt.Sprint(s.Get("/customers/me/orders?"+asked, ada.Token).At("meta.page")); got != shown {
				t.Errorf("%s: %s", asked, got)
			}
		}
	})
}

func TestACustomerLeadsToTheirOrders(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada := history(s)
		own := apitest.Base + "/customers/" + ada.Reference
		links := func(relation string) map[string]any {
			return map[string]any{"self": own + "/relationships/" + relation, "related": own + "/" + relation}
		}
		me := s.Get("/customers/me", ada.Token).Has(http.StatusOK)
		wanted := map[string]any{"links": links("orders")}
		if difference := cmp.Diff(wanted, me.At("data.relationships.orders")); difference != "" {
			t.Error(difference)
		}
		last := map[string]any{"type": "orders", "id": "c"}
		if difference := cmp.Diff(map[string]any{"data": last, "links": links("lastOrder")}, me.At("data.relationships.lastOrder")); difference != "" {
			t.Error(difference)
		}
		for _, path := range []string{"/customers/me?include=orders,lastOrder", "/customers/me?include=orders", "/customers?include=orders,lastOrder"} {
			answer := s.Get(path, ada.Token).Has(http.StatusOK)
			var included []string
			for _, one := range answer.At("included").([]any) {
				included = append(included, one.(map[string]any)["id"].(string))
				if shown := s.Get("/orders/"+included[len(included)-1], ada.Token).At("data"); !cmp.Equal(shown, one) {
					t.Errorf("%s: %s", path, cmp.Diff(shown, one))
				}
			}
			if strings.Join(included, " ") != "c b a" {
				t.Errorf("%s: %v", path, included)
			}
		}
		list := s.Get("/customers?include=lastOrder&sort=number", apitest.AdminKey).Has(http.StatusOK)
		if list.Text("included.0.id") != "c" || list.Text("included.1.id") != "bobs" || list.At("included.2") != nil || list.Text("included.1.attributes.customerId") != "DE--2" {
			t.Errorf("%s", list.Body)
		}
		if shown := s.Get("/customers/me/lastOrder", ada.Token).Has(http.StatusOK).At("data"); !cmp.Equal(shown, s.Get("/orders/c", ada.Token).At("data")) {
			t.Errorf("%v", shown)
		}
		s.Get("/customers/me/relationships/lastOrder", ada.Token).Is(http.StatusOK, `{"data":{"type":"orders","id":"c"},"links":{"self":"`+own+`/relationships/lastOrder","related":"`+own+`/lastOrder"}}`)
		s.Get("/customers/me/relationships/orders", ada.Token).Is(http.StatusOK, `{"data":[{"type":"orders","id":"c"},{"type":"orders","id":"b"},{"type":"orders","id":"a"}],"meta":{"total":3,"page":{"number":1,"size":100}},
			"links":{"self":"`+own+`/relationships/orders","related":"`+own+`/orders","first":"`+apitest.Base+`/customers/me/relationships/orders?page%5Bnumber%5D=1&page%5Bsize%5D=100","last":"`+apitest.Base+`/customers/me/relationships/orders?page%5Bnumber%5D=1&page%5Bsize%5D=100"}}`)
		if next := s.Get("/customers/me/relationships/orders?page[size]=2", ada.Token).Text("links.next"); orderIDs(s.Get(strings.TrimPrefix(next, apitest.Base), ada.Token)) != "a" {
			t.Error(next)
		}
		for _, token := range []string{ada.Token, apitest.AdminKey} {
			for _, path := range []string{"/relationships/orders", "/orders"} {
				first := s.Get("/customers/"+ada.Reference+path+"?page[after]=&page[size]=2", token)
				if rest := s.Get(strings.TrimPrefix(first.Text("links.next"), apitest.Base), token).Has(http.StatusOK); orderIDs(first)+orderIDs(rest) != "a bc" {
					t.Errorf("%s %s", first.Body, rest.Body)
				}
			}
		}
		for _, change := range []struct{ method, relation string }{{"PATCH", "lastOrder"}, {"POST", "orders"}, {"PATCH", "orders"}, {"DELETE", "orders"}} {
			for _, token := range []string{ada.Token, apitest.AdminKey} {
				s.Do(apitest.Request{Method: change.method, Path: "/customers/" + ada.Reference + "/relationships/" + change.relation, Token: token, Body: `{"data":null}`}).Fails(http.StatusForbidden, "- relationship_forbidden -")
			}
		}
		nobody := s.Register("nobody@example.com")
		s.Get("/customers/me/lastOrder", nobody.Token).Is(http.StatusOK, `{"data":null}`)
		s.Get("/customers/me/orders", nobody.Token).Is(http.StatusOK, `{"data":[],"meta":{"total":0,"page":{"number":1,"size":10}},"links":{"self":"`+apitest.Base+`/customers/me/orders","first":"`+apitest.Base+`/customers/me/orders?page%5Bnumber%5D=1&page%5Bsize%5D=10","last":"`+apitest.Base+`/customers/me/orders?page%5Bnumber%5D=1&page%5Bsize%5D=10"}}`)
	})
}

func TestTheHundredNewestOrdersComeAlong(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada, bob := s.Register("ada@example.com"), s.Register("bob@example.com")
		var items []string
		for i := range 101 {
			items = append(items, resourceOf(apitest.WithID(fmt.Sprintf("%03d", i), orderTold(map[string]any{"createdAt": fmt.Sprintf("2018-11-01T00:%02d:%02dZ", i/60, i%60)}, ada.Reference))))
		}
		put(s, "/orders", apitest.AdminKey, `{"data":[`+strings.Join(items, ",")+`]}`).Has(http.StatusOK)
		tell(s, "bobs", nil, bob.Reference)
		for _, path := range []string{"/customers/" + ada.Reference + "?include=orders", "/customers?include=orders&sort=number"} {
			answer := s.Get(path, apitest.AdminKey).Has(http.StatusOK)
			first := "data."
			if strings.Contains(path, "sort") {
				first = "data.0."
				if next := answer.At("data.1.relationships.orders.links.next"); next != nil || len(answer.At("data.1.relationships.orders.data").([]any)) != 1 {
					t.Errorf("%v", next)
				}
			}
			linked := answer.At(first + "relationships.orders.data").([]any)
			next := strings.TrimPrefix(answer.Text(first+"relationships.orders.links.next"), apitest.Base)
			if len(linked) != 100 || answer.Text(first+"relationships.orders.data.0.id") != "100" || orderIDs(s.Get(next, apitest.AdminKey).Has(http.StatusOK)) != "000" {
				t.Errorf("%s: %d orders, and then %s", path, len(linked), next)
			}
		}
	})
}
