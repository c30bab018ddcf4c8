// Package paymentstest has payment providers for tests: those that do as they
// are told, and one that is Stripe's API.
package paymentstest

import (
	"context"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/payments"
)

// provider is a payments.Provider that is a function.
type provider struct {
	id      string
	methods func(context.Context) ([]payments.Method, error)
}

func (p provider) ID() string { return p.id }

func (p provider) Methods(ctx context.Context, _ payments.Customer) ([]payments.Method, error) {
	return p.methods(ctx)
}

// Answers is a provider that has these methods saved for everybody.
func Answers(id string, methods ...payments.Method) payments.Provider {
	return provider{id, func(context.Context) ([]payments.Method, error) { return methods, nil }}
}

// Slow is one that takes a while to answer, and gives up when it is no longer
// waited for.
func Slow(id string, after time.Duration, methods ...payments.Method) payments.Provider {
	return provider{id, func(ctx context.Context) ([]payments.Method, error) {
		select {
		case <-time.After(after):
			return methods, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
}

// Fails is one that has an error for an answer.
func Fails(id string, err error) payments.Provider {
	return provider{id, func(context.Context) ([]payments.Method, error) { return nil, err }}
}

// Panics is one with a mistake in it.
func Panics(id string, value any) payments.Provider {
	return provider{id, func(context.Context) ([]payments.Method, error) { panic(value) }}
}

// Hangs is one that never answers, and gives up when it is no longer waited for.
func Hangs(id string) payments.Provider {
	return provider{id, func(ctx context.Context) ([]payments.Method, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
}

// Deaf is one that never answers, and does not hear that it is no longer waited
// for. It ends with the test.
func Deaf(t testing.TB, id string) payments.Provider {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return provider{id, func(context.Context) ([]payments.Method, error) {
		<-over
		return nil, nil
	}}
}
