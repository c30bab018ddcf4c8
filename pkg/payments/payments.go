// Package payments asks payment providers which payment methods they have saved
// for a customer. It keeps nothing: what is paid with stays at the providers,
// and card numbers never come near this service.
//
// A provider is somebody else's machine. All are asked at once, each has the
// same time, and one that fails, hangs or panics costs its own methods alone.
package payments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"runtime/debug"
	"time"
)

const (
	defaultTimeout = 3 * time.Second
	mostMethods    = 100 // of one provider
)

// Provider is a payment provider that saves payment methods of customers.
type Provider interface {
	// ID names the provider in answers and in the log, the same at all times:
	// stripe.
	ID() string
	// Methods returns what is saved for the customer, in the order to show it.
	// It returns none, and no error, for a customer that the provider does not
	// know.
	//
	// It ends soon after ctx does. An error that wraps ErrRefused is one that
	// another attempt would meet again. Errors are written to the log: they hold
	// no key, and no text that the provider wrote.
	//
	// It may be called by several goroutines at once.
	Methods(ctx context.Context, customer Customer) ([]Method, error)
}

// ErrRefused is wrapped by the errors of a provider that understood the
// question and does not answer it: the key is wrong, the customer is gone.
var ErrRefused = errors.New("refused")

// Customer is whom methods are asked for.
type Customer struct {
	Reference string
	// IDs are the providers' own for this customer, by the ID of the provider, as
	// far as they are known.
	IDs map[string]string
}

// Method is a payment method that a provider has saved. All but the provider
// and the ID can be empty.
type Method struct {
	Provider    string // its ID
	ID          string // the provider's own, to pay with
	Kind        string // in the provider's word: card, sepa_debit
	Brand       string // of the card, or the name of the bank
	LastFour    string // of the number of the card or account
	ExpiryMonth int    // 1 to 12
	ExpiryYear  int    // four digits
	Holder      string
	Wallet      string // that the card is in: apple_pay
	CreatedAt   time.Time
	// Data is what else the provider tells, in its own shape. Whatever a provider
	// puts there, no more comes out of a Group than clean lets through.
	Data map[string]any
}

// Reason is why there is no answer of a provider, in a word that clients can
// rely on.
type Reason string

const (
	Timeout     Reason = "timeout"     // no answer in the time there was
	Unavailable Reason = "unavailable" // no answer, or none that is understood; another attempt may do better
	Refused     Reason = "refused"     // an answer, which somebody has to do something about
)

// Warning stands for the methods of a provider that did not answer. It holds
// nothing that the provider said.
type Warning struct {
	Provider string // its ID
	Reason   Reason
}

// Group is the providers of a shop. Its fields are set before it is first used;
// then it may be used by several goroutines at once.
type Group struct {
	Providers []Provider
	// Timeout is how long to wait for their answers; 0 is three seconds.
	Timeout time.Duration
	// Logger is told why a provider did not answer; nil is slog.Default().
	Logger *slog.Logger
}

// Methods asks all providers at once. It returns what they have saved for the
// customer, at most 100 methods each, and a warning for each that did not
// answer; both in the order of the providers.
//
// It returns at the timeout, or when ctx is done, even if a provider goes on. A
// provider that never ends keeps a goroutine and nothing else.
func (g *Group) Methods(ctx context.Context, customer Customer) (methods []Method, warnings []Warning) {
	within, cancel := context.WithTimeout(ctx, cmp.Or(g.Timeout, defaultTimeout))
	defer cancel()
	answers := make([]chan answer, len(g.Providers))
	for i, provider := range g.Providers {
		answers[i] = make(chan answer, 1) // it can be left there when nobody waits any more
		go func() { answers[i] <- ask(within, provider, customer) }()
	}
	for i, provider := range g.Providers {
		answer := wait(within, answers[i])
		if answer.err == nil {
			methods = append(methods, answer.methods...)
			continue
		}
		warning := Warning{provider.ID(), reason(answer.err)}
		warnings = append(warnings, warning)
		if !errors.Is(ctx.Err(), context.Canceled) { // then it was the client that went
			cmp.Or(g.Logger, slog.Default()).WarnContext(ctx, "a payment provider does not answer",
				"provider", warning.Provider, "reason", string(warning.Reason), "error", answer.err)
		}
	}
	return methods, warnings
}

// answer is what a provider said.
type answer struct {
	methods []Method
	err     error
}

// ask ends when the provider does, and is the last that a panic of it gets to.
func ask(ctx context.Context, provider Provider, customer Customer) (result answer) {
	defer func() {
		if value := recover(); value != nil {
			result = answer{err: panicked(value)}
		}
	}()
	methods, err := provider.Methods(ctx, customer)
	if err != nil {
		return answer{err: err}
	}
	for _, method := range methods[:min(len(methods), mostMethods)] {
		method.Provider = provider.ID()
		result.methods = append(result.methods, method.clean())
	}
	return result
}

// wait returns the answer, or the error of ctx if that is done first. What is
// there by then counts, however long the answers before it were waited for.
func wait(ctx context.Context, answers <-chan answer) answer {
	select {
	case answer := <-answers:
		return answer
	case <-ctx.Done():
	}
	select {
	case answer := <-answers:
		return answer
	default:
		return answer{err: ctx.Err()}
	}
}

// panicked makes an error of what was thrown. Only the runtime is quoted: other
// values hold anything, a key among it.
func panicked(value any) error {
	if err, ok := value.(runtime.Error); ok {
		return fmt.Errorf("panic: %w\n%s", err, debug.Stack())
	}
	return fmt.Errorf("panic of type %T\n%s", value, debug.Stack())
}

func reason(err error) Reason {
	if errors.Is(err, ErrRefused) {
		return Refused
	}
	// The error of a context whose time is over is a net.Error, too.
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, context.Canceled) {
		return Timeout
	}
	return Unavailable
}
