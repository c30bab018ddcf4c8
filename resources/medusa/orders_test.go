package medusa_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// tell tells of an order of a customer, as the order service does; related is what it
// has besides, as JSON.
func tell(s *apitest.Service, reference, id string, attributes map[string]any, related ...string) {
	all := map[string]any{"version": 1}
	for name, value := range attributes {
		all[name] = value
	}
	relationships, included := "", ""
	if len(related) > 0 {
		relationships, included = ","+related[0], `,"included":[`+related[1]+`]`
	}
	document := strings.Replace(apitest.WithID(id, apitest.Document("orders", all)), `"type":"orders"`,
		`"type":"orders","relationships":{"customer":{"data":{"type":"customers","id":"`+reference+`"}}`+relationships+`}`, 1)
	s.Do(apitest.Request{Method: http.MethodPut, Path: "/orders/" + id, Token: apitest.AdminKey, Body: strings.TrimSuffix(document, "}") + included + "}"}).Has(http.StatusCreated)
}

// history is a customer with three orders; c is the newest.
func history(s *apitest.Service) shopper {
	tony, pepper := register(s, "iron@man.com"), register(s, "pepper@potts.com")
	reference := tony.reference()
	tell(s, reference, "c", map[string]any{"createdAt": "2018-11-03T00:00:00Z", "updatedAt": "2018-12-01T00:00:00Z", "displayId": 1003, "taxRate": 7.5, "regionId": "eu", "status": "canceled",
		"canceledAt": "2018-11-04T00:00:00Z", "paymentStatus": "refunded", "email": "IRON@man.com"})
	tell(s, reference, "b", map[string]any{"createdAt": "2018-11-02T00:00:00Z", "updatedAt": "2018-12-03T00:00:00Z", "displayId": 1002, "currencyCode": "USD", "cartId": "cart-b", "status": "completed",
		"fulfillmentStatus": "shipped", "paymentStatus": "captured", "total": 4004000, "subtotal": 4000000, "metadata": map[string]any{"gift": true}, "idempotencyKey": "once"},
		`"shippingAddress":{"data":{"type":"order-addresses","id":"oa-1"}},"region":{"data":{"type":"regions","id":"us"}},"items":{"data":[{"type":"line-items","id":"item-1"},{"type":"line-items","id":"item-2"}]}`,
		`{"type":"order-addresses","id":"oa-1","attributes":{"first_name":"Zoë","phone":"030 123"}},{"type":"line-items","id":"item-2","attributes":{"title":"A thing","quantity":2}}`)
	tell(s, reference, "a", map[string]any{"createdAt": "2018-11-01T00:00:00Z", "updatedAt": "2018-12-02T00:00:00Z", "displayId": 2001, "currencyCode": "EUR", "taxRate": 19})
	tell(s, pepper.reference(), "peppers", map[string]any{"displayId": 1002, "cartId": "cart-b"})
	return tony
}

// ids are those of a list of orders, in its order.
func ids(answer *apitest.Answer) string {
	var all []string
	list, _ := answer.At("orders").([]any)
	for _, one := range list {
		all = append(all, one.(map[string]any)["id"].(string))
	}
	return strings.Join(all, " ")
}

func TestOrdersAreListed(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := history(s)
		customer := strings.TrimSuffix(strings.TrimPrefix(tony.get("/store/customers/me").Body, `{"customer":`), `,"billing_address":null,"shipping_addresses":[]}}`) + "}"
		const none = `"claims":[],"customer":%s,"discounts":[],"fulfillments":[],"gift_card_transactions":[],"gift_cards":[],`
		whole := `{"orders":[{"object":"order","id":"b","created_at":"2018-11-02T00:00:00.000Z","status":"completed","fulfillment_status":"shipped","payment_status":"captured","display_id":1002,"cart_id":"cart-b",
			"customer_id":"` + tony.id + `","email":null,"region_id":null,"currency_code":"usd","tax_rate":null,"subtotal":4000000,"discount_total":null,"shipping_total":null,"refunded_total":null,"paid_total":null,
			"refundable_amount":null,"item_tax_total":null,"shipping_tax_total":null,"tax_total":null,"gift_card_total":null,"gift_card_tax_total":null,"raw_discount_total":null,"total":4004000,` +
			fmt.Sprintf(none, customer) + `"items":[{"id":"item-1"},{"id":"item-2","title":"A thing","quantity":2}],"payments":[],"refunds":[],"region":{"id":"us"},
			"shipping_address":{"id":"oa-1","first_name":"Zoë","phone":"030 123"},"shipping_methods":[],"swaps":[]}],"count":3,"offset":1,"limit":1}`
		for _, path := range []string{"/store/customers/me/orders", "/store/customers/" + tony.id + "/orders"} {
			tony.get(path+"?limit=1&offset=1").Is(http.StatusOK, whole)
		}
		if all := tony.get("/store/customers/me/orders").Has(http.StatusOK); ids(all) != "c b a" || all.At("count") != 3.0 || all.At("offset") != 0.0 || all.At("limit") != 10.0 {
			t.Errorf("%s", all.Body)
		}
		register(s, "happy@hogan.com").get("/store/customers/me/orders").Is(http.StatusOK, `{"orders":[],"count":0,"offset":0,"limit":10}`)
	})
}

// What the client of Medusa writes, and the other forms that a query can have.
func TestOrdersAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := history(s)
		for query, want := range map[string]string{
			"": "c b a",
			"status%5B0%5D=completed&status%5B1%5D=canceled":        "c b",
			"status[]=completed&status[]=pending":                   "b a",
			"status=completed":                                      "b",
			"status=completed&status=pending":                       "b a",
			"fulfillment_status=shipped":                            "b",
			"payment_status[0]=refunded&payment_status[1]=captured": "c b",
			"status=completed&payment_status=refunded":              "",
			"created_at%5Bgt%5D=2018-11-02T00%3A00%3A00.000Z":       "c",
			"created_at[gte]=2018-11-02":                            "c b",
			"created_at[lt]=2018-11-02T01:00:00%2B01:00":            "a",
			"created_at[lte]=1541116800":                            "b a", // seconds
			"updated_at[gte]=2018-12-02&updated_at[lt]=2018-12-03":  "a",
			"canceled_at[lte]=2018-11-04":                           "c",
			"canceled_at[gt]=2018-11-04":                            "",
			"created_at[gt]=2017&created_at[lt]=2018-11-03T00:00":   "b a",
			"id=b": "b", "id=peppers": "", "display_id=1002": "b", "display_id=9": "", "cart_id=cart-b": "b", "email=iron@MAN.com": "c", "email=nobody": "", "region_id=eu": "c", "currency_code=usd": "b", "currency_code=EUR": "a",
			"tax_rate=7.5": "c", "tax_rate=19": "a",
			"q=1003": "c", "q=zoe": "b", "q=STARK": "c b a", "q=4242": "c b a", "q=pepper": "",
			"limit=2": "c b", "limit=2&offset=2": "a", "limit=0": "", "offset=9": "", "limit=5000": "c b a",
		} {
			for _, path := range []string{"/store/customers/me/orders", "/store/customers/" + tony.id + "/orders"} {
				if got := ids(tony.get(path + "?" + query).Has(http.StatusOK)); got != want {
					t.Errorf("%s: %q instead of %q", query, got, want)
				}
			}
		}
		if empty := tony.get("/store/customers/me/orders?limit=0&status=completed&offset=7"); empty.Body != `{"orders":[],"count":1,"offset":7,"limit":0}` {
			t.Errorf("%s", empty.Body)
		}
		if some := tony.get("/store/customers/me/orders?limit=5000"); some.At("limit") != 5000.0 {
			t.Errorf("%s", some.Body)
		}
	})
}

func TestAQueryThatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(nil))
	tony := register(s, "iron@man.com")
	const words = "each value in %s must be one of the following values: "
	for query, message := range map[string]string{
		"limit=x":                              "limit must be a number conforming to the specified constraints",
		"limit=1.5":                            "limit must be a number conforming to the specified constraints",
		"limit=":                               "limit must be a number conforming to the specified constraints",
		"limit=1&limit=2":                      "limit must be a number conforming to the specified constraints",
		"limit=99999999999":                    "limit must be a number conforming to the specified constraints",
		"offset=-1":                            "offset must not be less than 0",
		"limit=-1":                             "limit must not be less than 0",
		"display_id=x":                         "display_id must be a number conforming to the specified constraints",
		"tax_rate=NaN":                         "tax_rate must be a number conforming to the specified constraints",
		"order=created_at":                     "property order should not exist",
		"customer_id=1":                        "property customer_id should not exist",
		"foo[bar]=1&baz=":                      "property baz should not exist, property foo should not exist",
		"status[0]=shipped":                    fmt.Sprintf(words, "status") + "pending, completed, archived, canceled, requires_action",
		"status=":                              fmt.Sprintf(words, "status") + "pending, completed, archived, canceled, requires_action",
		"fulfillment_status=x":                 fmt.Sprintf(words, "fulfillment_status") + "not_fulfilled, partially_fulfilled, fulfilled, partially_shipped, shipped, partially_returned, returned, canceled, requires_action",
		"payment_status[]=paid":                fmt.Sprintf(words, "payment_status") + "not_paid, awaiting, captured, partially_refunded, refunded, canceled, requires_action",
		"created_at=2018":                      "nested property created_at must be either object or array",
		"created_at[gt]=x":                     "gt must be a Date instance",
		"created_at[gt]=99999999999999":        "gt must be a Date instance",
		"updated_at[gt]=2018&updated_at[gt]=1": "gt must be a Date instance",
		"canceled_at[eq]=2018":                 "property eq should not exist",
		"id[0]=a&id[1]=b":                      "id must be a string",
		"fields=total,password_hash":           "Requested fields [password_hash] are not valid",
		"expand=items,secrets.all":             "Requested relations [secrets.all] are not valid",
		"expand=a&expand=b":                    "expand must be a string",
		"limit=x&foo=1&status=x":               "property foo should not exist, " + fmt.Sprintf(words, "status") + "pending, completed, archived, canceled, requires_action, limit must be a number conforming to the specified constraints",
	} {
		fails(t, tony.get("/store/customers/me/orders?"+query), http.StatusBadRequest, "invalid_data", message)
	}
}

func TestOrdersAreToldWithWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(nil))
	tony := history(s)
	const totals = " subtotal discount_total shipping_total refunded_total paid_total refundable_amount item_tax_total shipping_tax_total tax_total gift_card_total gift_card_tax_total raw_discount_total total"
	const usual = "object id created_at status fulfillment_status payment_status display_id cart_id customer_id email region_id currency_code tax_rate" + totals
	for query, want := range map[string]string{
		"fields=display_id,total&expand=":                 "id created_at display_id total",
		"fields=&expand=":                                 usual,
		"fields=%2Bmetadata,-tax_rate&expand":             strings.Replace(strings.Replace(usual, " tax_rate", "", 1), " subtotal", " metadata subtotal", 1),
		"fields=+metadata&expand=":                        strings.Replace(usual, " subtotal", " metadata subtotal", 1), // a plus that is not escaped
		"fields=-id,-created_at,-object&expand=":          strings.TrimPrefix(usual, "object "),
		"fields=id&expand=shipping_address,items.variant": "id created_at shipping_address items",
		"fields=id&expand=cart,items,items.tags,edits":    "id created_at cart items edits",
		"fields=idempotency_key,canceled_at,updated_at,no_notification,external_id,sales_channel_id,draft_order_id,billing_address_id,shipping_address_id&expand=": "id created_at updated_at billing_address_id shipping_address_id draft_order_id canceled_at no_notification idempotency_key external_id sales_channel_id",
		"fields=id&expand=customer": "id created_at customer",
	} {
		answer := tony.get("/store/customers/me/orders?id=b&" + query).Has(http.StatusOK)
		if older := tony.get("/store/customers/" + tony.id + "/orders?id=b&" + query); older.Body != answer.Body {
			t.Errorf("%s", older.Body)
		}
		told := strings.TrimSuffix(strings.TrimPrefix(answer.Body, `{"orders":[{`), `}],"count":1,"offset":0,"limit":10}`)
		for inner := regexp.MustCompile(`\{[^{}]*\}`); inner.MatchString(told); told = inner.ReplaceAllString(told, "0") { // members of members
		}
		var got []string
		for _, member := range regexp.MustCompile(`"([a-z_]+)":`).FindAllStringSubmatch(told, -1) {
			got = append(got, member[1])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, not %s", query, got, want)
		}
	}
}

func TestALoginTellsOfOrders(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := history(s)
		answer := tony.get("/store/auth").Has(http.StatusOK)
		want := fmt.Sprintf(`{"object":"order","id":"b","created_at":"2018-11-02T00:00:00.000Z","updated_at":"2018-12-03T00:00:00.000Z","status":"completed","fulfillment_status":"shipped","payment_status":"captured","display_id":1002,`+
			`"cart_id":"cart-b","customer_id":"%s","email":null,"billing_address_id":null,"shipping_address_id":"oa-1","region_id":null,"currency_code":"usd","tax_rate":null,"draft_order_id":null,"canceled_at":null,`+
			`"metadata":{"gift":true},"no_notification":null,"idempotency_key":null,"external_id":null,"sales_channel_id":null,"items":[{"id":"item-1"},{"id":"item-2","quantity":2,"title":"A thing"}]}`, tony.id)
		if !strings.Contains(answer.Body, want) || answer.Text("customer.orders.0.id") != "c" || answer.At("customer.orders.3") != nil {
			t.Errorf("%s\n%s", answer.Body, want)
		}
		if again := send(s, "POST", "/store/auth", login(tony.email, password)).Has(http.StatusOK); again.Body != answer.Body {
			t.Errorf("%s", again.Body)
		}
	})
}

// Orders of a guest come along once a key mailed to their address was used (C-20).
func TestOrdersOfAGuestWaitForTheProof(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		s.Do(apitest.Request{Method: http.MethodPut, Path: "/orders/guests", Token: apitest.AdminKey, Body: apitest.WithID("guests", apitest.Document("orders", map[string]any{"version": 1, "email": "iron@man.com"}))}).Has(http.StatusCreated)
		tony := register(s, "iron@man.com")
		if got := ids(tony.get("/store/customers/me/orders")); got != "" {
			t.Errorf("whoever registers sees %s", got)
		}
		reset(s, tony.email, resetToken(s, tony.email), "Still-Iron-Man").Has(http.StatusOK)
		if got := ids(tony.logIn("Still-Iron-Man").get("/store/customers/me/orders?email=" + url.QueryEscape(tony.email))); got != "guests" {
			t.Errorf("%q", got)
		}
	})
}
