package payments_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/payments"
	"github.com/clientelehq/clientele/pkg/payments/paymentstest"
)

// newStripe asks at a URL, for as long as the test runs.
func newStripe(t *testing.T, key, url string) *payments.Stripe {
	t.Helper()
	s := payments.NewStripe(key, url)
	t.Cleanup(s.Close)
	return s
}

// backend stands for Stripe.
func backend(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(server.Close)
	return server.URL
}

// One Stripe is for all of it: it takes a second to start.
func TestStripeAnswersAsItsDescriptionSays(t *testing.T) {
	api := paymentstest.Stripe(t)

	t.Run("methods", func(t *testing.T) {
		methods, warnings := quiet(newStripe(t, paymentstest.Key, api)).Methods(t.Context(), customer)
		if len(methods) != 1 || warnings != nil {
			t.Fatalf("%v, %v", methods, warnings)
		}
		got := methods[0]
		if !strings.HasPrefix(got.ID, "pm_") || got.Provider != "stripe" || got.Kind == "" || got.CreatedAt.IsZero() || got.Data["type"] != got.Kind {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a key that is none", func(t *testing.T) {
		methods, warnings := quiet(newStripe(t, "nonsense", api)).Methods(t.Context(), customer)
		expect(t, methods, warnings, nil, payments.Warning{Provider: "stripe", Reason: payments.Refused})
	})
}

func TestStripeIsAskedOnceForAHundredMethodsOfTheCustomer(t *testing.T) {
	var requests []string
	var header http.Header
	stripe := newStripe(t, "sk_test_1", backend(t, func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, r.Method+" "+r.URL.String())
		header = r.Header
		w.Header().Set("Request-Id", "req_1") // by which the library knows what to measure
		_, _ = io.WriteString(w, `{"object":"list","has_more":true,"data":[{"id":"pm_1","type":"alipay","created":1700000000,"alipay":{}}]}`)
	}))
	for range 2 {
		methods, warnings := quiet(stripe).Methods(t.Context(), customer)
		expect(t, methods, warnings, []payments.Method{{
			Provider: "stripe", ID: "pm_1", Kind: "alipay", CreatedAt: time.Unix(1700000000, 0).UTC(),
			Data: map[string]any{"type": "alipay", "alipay": map[string]any{}},
		}})
	}
	const request = "GET /v1/customers/cus_1/payment_methods?limit=100"
	if diff := cmp.Diff([]string{request, request}, requests); diff != "" {
		t.Error(diff)
	}
	if header.Get("Authorization") != "Bearer sk_test_1" || header.Get("X-Stripe-Client-Telemetry") != "" {
		t.Errorf("%v", header)
	}
}

func TestStripeIsAskedOnlyForCustomersItKnows(t *testing.T) {
	var asked atomic.Bool
	stripe := newStripe(t, "sk_test_1", backend(t, func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	for _, ids := range []map[string]string{nil, {"adyen": "cus_1"}, {"stripe": ""}} {
		methods, warnings := quiet(stripe).Methods(t.Context(), payments.Customer{Reference: "C-1", IDs: ids})
		expect(t, methods, warnings, nil)
	}
	for _, id := range []string{"..", "cus_1/..", "cus_1?", "cus 1", "%2e%2e"} {
		methods, warnings := quiet(stripe).Methods(t.Context(), payments.Customer{IDs: map[string]string{"stripe": id}})
		expect(t, methods, warnings, nil, payments.Warning{Provider: "stripe", Reason: payments.Refused})
	}
	if asked.Load() {
		t.Error("Stripe was asked")
	}
}

func TestMethodsOfStripeAreReadByTheirKind(t *testing.T) {
	tests := []struct {
		text string
		want payments.Method
	}{
		{
			`{"id":"pm_card","object":"payment_method","type":"card","created":1700000000,"allow_redisplay":"always","livemode":false,
			  "billing_details":{"name":"Ann Bell","email":"ann@shop.example","phone":"+1 555 0100","address":{"city":"Graz"}},
			  "metadata":{"note":"for us alone"},"customer":"cus_1",
			  "card":{"brand":"visa","last4":"4242","exp_month":8,"exp_year":2034,"fingerprint":"Xt5EWLLDS7FJjR1c","funding":"credit","country":"US",
			    "checks":{"cvc_check":"pass"},"generated_from":{"charge":"ch_1"},"wallet":{"type":"apple_pay","dynamic_last4":"1234"}}}`,
			payments.Method{
				ID: "pm_card", Kind: "card", Brand: "visa", LastFour: "4242", ExpiryMonth: 8, ExpiryYear: 2034, Holder: "Ann Bell", Wallet: "apple_pay",
				Data: map[string]any{"type": "card", "allow_redisplay": "always", "card": map[string]any{
					"brand": "visa", "last4": "4242", "exp_month": 8.0, "exp_year": 2034.0, "funding": "credit", "country": "US",
					"checks": map[string]any{}, "wallet": map[string]any{"type": "apple_pay", "dynamic_last4": "1234"},
				}},
			},
		},
		{
			`{"id":"pm_sepa","type":"sepa_debit","created":1700000000,"billing_details":{"name":null},"sepa_debit":{"bank_code":"37040044","country":"DE","fingerprint":"x","last4":"3000"}}`,
			payments.Method{
				ID: "pm_sepa", Kind: "sepa_debit", LastFour: "3000",
				Data: map[string]any{"type": "sepa_debit", "sepa_debit": map[string]any{"bank_code": "37040044", "country": "DE", "last4": "3000"}},
			},
		},
		{
			`{"id":"pm_bank","type":"us_bank_account","created":1700000000,"us_bank_account":{"bank_name":"STRIPE TEST BANK","last4":"6789","routing_number":"110000000"}}`,
			payments.Method{
				ID: "pm_bank", Kind: "us_bank_account", Brand: "STRIPE TEST BANK", LastFour: "6789",
				Data: map[string]any{"type": "us_bank_account", "us_bank_account": map[string]any{"bank_name": "STRIPE TEST BANK", "last4": "6789"}},
			},
		},
		{
			`{"id":"pm_terminal","type":"card_present","created":1700000000,"card_present":{"brand":"mastercard","last4":"4444","cardholder_name":"BELL/ANN"}}`,
			payments.Method{
				ID: "pm_terminal", Kind: "card_present", Brand: "mastercard", LastFour: "4444", Holder: "BELL/ANN",
				Data: map[string]any{"type": "card_present", "card_present": map[string]any{"brand": "mastercard", "last4": "4444", "cardholder_name": "BELL/ANN"}},
			},
		},
		{`{"id":"pm_new","type":"invented_next_year","created":1700000000}`, payments.Method{
			ID: "pm_new", Kind: "invented_next_year", Data: map[string]any{"type": "invented_next_year"},
		}},
	}
	texts := make([]string, len(tests))
	want := make([]payments.Method, len(tests))
	for i, test := range tests {
		texts[i], want[i] = test.text, test.want
		want[i].Provider, want[i].CreatedAt = "stripe", time.Unix(1700000000, 0).UTC()
	}
	stripe := newStripe(t, "sk_test_1", backend(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"object":"list","has_more":false,"data":[%s]}`, strings.Join(texts, ","))
	}))
	methods, warnings := quiet(stripe).Methods(t.Context(), customer)
	expect(t, methods, warnings, want)
}

func TestFaultOfStripeIsNamedAndTellsNoSecret(t *testing.T) {
	// What Stripe writes is planted with the key, and with a word to look for.
	const key, word = "sk_test_planted", "plantedtext"
	status := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Request-Id", "req_Abc1")
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `{"error":{"type":"invalid_request_error","code":"%[1]s_%[2]s","message":"Invalid key: %[1]s %[2]s"}}`, key, word)
		}
	}
	body := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	raw := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(connection, text)
				_ = connection.Close()
			}
		}
	}
	printed := captureStderr(t)
	tests := []struct {
		name    string
		handler http.HandlerFunc
		reason  payments.Reason
		logged  string
	}{
		{"a wrong key", status(401), payments.Refused, "status 401, request \\\"req_Abc1\\\""},
		{"no permission", status(403), payments.Refused, "status 403"},
		{"no such customer", status(404), payments.Refused, "status 404"},
		{"too many requests", status(429), payments.Unavailable, "status 429"},
		{"a conflict", status(409), payments.Unavailable, "status 409"},
		{"an internal error", status(500), payments.Unavailable, "status 500"},
		{"maintenance", status(503), payments.Unavailable, "status 503"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+word, http.StatusFound)
		}, payments.Unavailable, "status 302"},
		{"an ID that is none", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Request-Id", word)
			w.WriteHeader(500)
		}, payments.Unavailable, "status 500, request \\\"\\\""},
		{"an ID that is the key", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Request-Id", "req_"+key)
			w.WriteHeader(500)
		}, payments.Unavailable, "status 500, request \\\"\\\""},
		{"garbage", body("<html>" + word + key), payments.Unavailable, "not understood"},
		{"other JSON", body(`{"` + word + `":"` + key + `"}`), payments.Unavailable, "not understood"},
		{"JSON of other types", body(`{"object":"list","data":[{"id":"` + word + `","created":"` + key + `"}]}`), payments.Unavailable, "not understood"},
		{"nothing in the list", body(`{"object":"list","data":[null]}`), payments.Unavailable, "panic: runtime error"},
		{"nothing", body(""), payments.Unavailable, "not understood"},
		{"half of it", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"data":["`+word)
		}, payments.Unavailable, "not understood"},
		{"too much", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"object":"list","data":[],"`+word+`":"`+strings.Repeat("x", 3<<20)+`"}`)
		}, payments.Unavailable, "not understood"},
		{"no HTTP", raw(word + " " + key + "\r\n\r\n"), payments.Unavailable, "not understood"},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, payments.Timeout, "deadline exceeded"},
		{"a slow body", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"object":"list",`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, payments.Timeout, "deadline exceeded"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			var requests atomic.Int32
			stripe := newStripe(t, key, backend(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				test.handler(w, r)
			}))
			group := &payments.Group{
				Providers: []payments.Provider{stripe, paymentstest.Answers("adyen", card("", "1"))},
				Logger:    slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			}
			if test.reason == payments.Timeout {
				group.Timeout = 100 * time.Millisecond
			}
			methods, warnings := group.Methods(t.Context(), customer)
			expect(t, methods, warnings, []payments.Method{card("adyen", "1")}, payments.Warning{Provider: "stripe", Reason: test.reason})
			if !strings.Contains(log.String(), test.logged) {
				t.Errorf("the log lacks %q: %s", test.logged, &log)
			}
			for _, secret := range []string{key, word, "cus_1"} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("the log holds %q: %s", secret, &log)
				}
			}
			if asked := requests.Load(); asked != 1 {
				t.Errorf("asked %d times", asked)
			}
			if text := fmt.Sprintf("%+v %#v", stripe, stripe); strings.Contains(text, key) {
				t.Errorf("printed with its key: %s", text)
			}
		})
	}
	if text := printed(); text != "" {
		t.Errorf("printed: %s", text)
	}
}

// captureStderr takes the place of the standard error output, and returns what
// was written there.
func captureStderr(t *testing.T) func() string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	former := os.Stderr
	os.Stderr = file
	t.Cleanup(func() {
		os.Stderr = former
		_ = file.Close()
	})
	return func() string {
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// Through a group this is not seen: it tells the time by its own clock.
func TestStripeTellsWhyItGaveUp(t *testing.T) {
	stripe := newStripe(t, "sk_test_1", backend(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	late, cancelLate := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancelLate()
	gone, cancelGone := context.WithCancel(t.Context())
	cancelGone()
	for ctx, want := range map[context.Context]error{late: context.DeadlineExceeded, gone: context.Canceled} {
		if methods, err := stripe.Methods(ctx, customer); !errors.Is(err, want) || methods != nil {
			t.Errorf("%v, %v, want %v", methods, err, want)
		}
	}
}

func TestStripeThatIsNotThereIsUnavailable(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	tls := httptest.NewUnstartedServer(nil)
	tls.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	tls.StartTLS()
	defer tls.Close()
	for name, test := range map[string]struct{ url, logged string }{
		"nobody listens":                 {closed.URL, "connect: "},
		"its certificate is not trusted": {tls.URL, "certificate"},
		"its URL is none":                {"http://a b/", "not understood"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			group := &payments.Group{Providers: []payments.Provider{newStripe(t, "sk_test_1", test.url)}, Logger: slog.New(slog.NewTextHandler(&log, nil))}
			methods, warnings := group.Methods(t.Context(), customer)
			expect(t, methods, warnings, nil, payments.Warning{Provider: "stripe", Reason: payments.Unavailable})
			if !strings.Contains(log.String(), test.logged) {
				t.Errorf("the log lacks %q: %s", test.logged, &log)
			}
		})
	}
}
