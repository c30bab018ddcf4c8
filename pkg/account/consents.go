package account

import (
	"context"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// termsConsent is the kind of consent that there is.
const termsConsent = "terms"

// Consents returns what the customer behind reference has agreed to, the newest first.
// It answers like Customer.
func (s *Service) Consents(ctx context.Context, actor Actor, reference string) (customer *model.Customer, consents []model.Consent, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if customer, err = s.reach(tx, actor, reference, ReadCustomers, errors.CustomerNotFound); err != nil {
			return err
		}
		consents, err = tx.Consents(customer.ID)
		return err
	})
	return customer, consents, err
}

// Agree writes down that a customer agrees to the terms as they are now (Rules.Terms),
// and returns the consent. A version that is given has to be that one.
//
// It returns Faults of attribute validation (901), Unauthorized (411) for anybody but
// the customer, ConsentOutdated (4482).
func (s *Service) Agree(ctx context.Context, actor Actor, reference string, version Text) (made *model.Consent, err error) {
	var v validation
	v.text(version, false, notBlank)
	if err := v.faults.Err(); err != nil {
		return nil, err
	}
	if !actor.isOwn(reference) { // nobody agrees for another
		return nil, errors.Unauthorized
	}
	if version.Value != nil && *version.Value != s.Rules.Terms {
		return nil, errors.ConsentOutdated.On(version.Name)
	}
	err = s.change(ctx, actor, reference, nil, func(tx *store.Tx, customer *model.Customer) error {
		made = s.consent(tx, customer, actor)
		if err := tx.AddConsent(made); err != nil {
			return err
		}
		customer.TermsVersion = &made.Version
		return tx.SaveCustomer(customer)
	})
	return made, err
}

// NeedsConsent reports whether a customer with a login has not agreed to the terms as
// they are now.
func (s *Service) NeedsConsent(customer *model.Customer) bool {
	return customer.HasAccount() && (customer.TermsVersion == nil || *customer.TermsVersion != s.Rules.Terms)
}
