package account

import (
	"context"

	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/payments"
)

// PaymentMethod is a payment method that a provider has saved for a customer, and
// PaymentWarning stands for a provider that did not answer.
type (
	PaymentMethod  = payments.Method
	PaymentWarning = payments.Warning
)

// PaymentMethods asks all payment providers what they have saved for the customer behind
// reference. A provider that fails costs its own methods alone, and is warned of. Whose
// they may be, and the errors, are those of Customer.
func (s *Service) PaymentMethods(ctx context.Context, actor Actor, reference string) (*model.Customer, []PaymentMethod, []PaymentWarning, error) {
	customer, err := s.Customer(ctx, actor, reference)
	if err != nil || customer.AnonymizedAt != nil { // whom no provider is asked about any more
		return customer, nil, nil, err
	}
	known := map[string]string{}
	for provider, id := range customer.ProviderIDs {
		known[provider], _ = id.(string)
	}
	methods, warnings := s.Payments.Methods(ctx, payments.Customer{Reference: customer.Reference, IDs: known})
	return customer, methods, warnings, nil
}
