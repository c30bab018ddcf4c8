package payments_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/clientelehq/clientele/pkg/payments"
	"github.com/clientelehq/clientele/pkg/payments/paymentstest"
)

// No test may leave a goroutine behind: neither a question nor a connection.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var customer = payments.Customer{Reference: "C-1", IDs: map[string]string{"stripe": "cus_1"}}

// card is one of a provider, as it comes out of a group.
func card(provider, id string) payments.Method {
	return payments.Method{Provider: provider, ID: id, Kind: "card"}
}

// quiet is a group that nobody hears.
func quiet(providers ...payments.Provider) *payments.Group {
	return &payments.Group{Providers: providers, Logger: slog.New(slog.DiscardHandler)}
}

// expect compares what a group answered.
func expect(t *testing.T, gotMethods []payments.Method, gotWarnings []payments.Warning, methods []payments.Method, warnings ...payments.Warning) {
	t.Helper()
	if diff := cmp.Diff(methods, gotMethods); diff != "" {
		t.Errorf("methods:\n%s", diff)
	}
	if diff := cmp.Diff(warnings, gotWarnings); diff != "" {
		t.Errorf("warnings:\n%s", diff)
	}
}

// The clock of these tests stands still until everybody waits, so that what they
// say of time is exact.
func TestHangingProvidersCostTheTimeoutAndNoMethodOfOthers(t *testing.T) {
	for _, timeout := range []time.Duration{0, 200 * time.Millisecond, 24 * time.Hour} {
		t.Run(timeout.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				group := quiet(
					paymentstest.Hangs("adyen"),
					paymentstest.Answers("stripe", card("", "pm_1")),
					paymentstest.Deaf(t, "mollie"),
					paymentstest.Slow("paypal", 100*time.Millisecond, card("", "P-1")),
				)
				group.Timeout = timeout
				began := time.Now()
				methods, warnings := group.Methods(t.Context(), customer)
				took := time.Since(began)
				expect(t, methods, warnings, []payments.Method{card("stripe", "pm_1"), card("paypal", "P-1")},
					payments.Warning{Provider: "adyen", Reason: payments.Timeout}, payments.Warning{Provider: "mollie", Reason: payments.Timeout})
				want := timeout
				if want == 0 {
					want = 3 * time.Second
				}
				if took != want {
					t.Errorf("took %v, want %v", took, want)
				}
			})
		})
	}
}

func TestProvidersAreAskedAtOnceAndAnswerInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		group := quiet(
			paymentstest.Slow("adyen", 2*time.Second, card("", "2"), card("", "1")),
			paymentstest.Answers("stripe", card("", "3")),
			paymentstest.Slow("paypal", time.Second, card("", "4")),
		)
		began := time.Now()
		methods, warnings := group.Methods(t.Context(), customer)
		expect(t, methods, warnings, []payments.Method{card("adyen", "2"), card("adyen", "1"), card("stripe", "3"), card("paypal", "4")})
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("took %v, want that of the slowest", took)
		}
	})
}

func TestGoroutinesOfProvidersThatHearEndWithTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Int32
		group := quiet(watched{paymentstest.Hangs("adyen"), &running}, watched{paymentstest.Slow("paypal", time.Hour), &running})
		began := time.Now()
		group.Methods(t.Context(), customer)
		synctest.Wait()
		if running.Load() != 0 || time.Since(began) != 3*time.Second {
			t.Errorf("%d are running after %v", running.Load(), time.Since(began))
		}
	})
}

// watched counts the calls that go on.
type watched struct {
	payments.Provider
	running *atomic.Int32
}

func (w watched) Methods(ctx context.Context, customer payments.Customer) ([]payments.Method, error) {
	w.running.Add(1)
	defer w.running.Add(-1)
	return w.Provider.Methods(ctx, customer)
}

func TestCallerThatLeavesEndsTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		group := &payments.Group{
			Providers: []payments.Provider{paymentstest.Deaf(t, "mollie"), paymentstest.Hangs("adyen"), paymentstest.Answers("stripe", card("", "pm_1"))},
			Logger:    slog.New(slog.NewTextHandler(&log, nil)),
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		methods, warnings := group.Methods(ctx, customer)
		expect(t, methods, warnings, []payments.Method{card("stripe", "pm_1")},
			payments.Warning{Provider: "mollie", Reason: payments.Timeout}, payments.Warning{Provider: "adyen", Reason: payments.Timeout})
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v after the caller left", took)
		}
		if log.Len() != 0 {
			t.Errorf("no provider is to blame: %s", &log)
		}
	})
}

func TestFaultOfAProviderIsAWarningWithoutItsText(t *testing.T) {
	const text = "the provider's own words"
	var none map[string]int
	tests := []struct {
		name   string
		broken payments.Provider
		reason payments.Reason
		logged string // of the cause
	}{
		{"an error", paymentstest.Fails("adyen", errors.New(text)), payments.Unavailable, text},
		{"a refusal", paymentstest.Fails("adyen", fmt.Errorf("%w: %s", payments.ErrRefused, text)), payments.Refused, text},
		{"a timeout of its own", paymentstest.Fails("adyen", fmt.Errorf("%s: %w", text, context.DeadlineExceeded)), payments.Timeout, text},
		{"a panic", paymentstest.Panics("adyen", text), payments.Unavailable, "panic of type string"},
		{"a panic of the runtime", mistaken{paymentstest.Answers("adyen"), none}, payments.Unavailable, "assignment to entry in nil map"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			group := &payments.Group{
				Providers: []payments.Provider{test.broken, paymentstest.Answers("stripe", card("", "pm_1"))},
				Logger:    slog.New(slog.NewTextHandler(&log, nil)),
			}
			methods, warnings := group.Methods(t.Context(), customer)
			expect(t, methods, warnings, []payments.Method{card("stripe", "pm_1")}, payments.Warning{Provider: "adyen", Reason: test.reason})
			for _, want := range []string{"level=WARN", "provider=adyen", "reason=" + string(test.reason), test.logged} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log lacks %q: %s", want, &log)
				}
			}
			if test.name == "a panic" && strings.Contains(log.String(), text) {
				t.Errorf("the log quotes what was thrown: %s", &log)
			}
		})
	}
}

// mistaken writes to a map that is not there.
type mistaken struct {
	payments.Provider
	none map[string]int
}

func (m mistaken) Methods(context.Context, payments.Customer) ([]payments.Method, error) {
	m.none["x"] = 1
	return nil, nil
}

func TestGroupOfNoProvidersHasNoMethods(t *testing.T) {
	methods, warnings := quiet().Methods(t.Context(), customer)
	expect(t, methods, warnings, nil)
}

func TestProviderGivesAtMostAHundredMethods(t *testing.T) {
	many := make([]payments.Method, 150)
	methods, warnings := quiet(paymentstest.Answers("adyen", many...), paymentstest.Answers("stripe", card("", "pm_1"))).Methods(t.Context(), customer)
	if len(methods) != 101 || warnings != nil {
		t.Errorf("%d methods, %v", len(methods), warnings)
	}
}
