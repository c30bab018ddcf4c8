package account

import (
	"context"
	"slices"
	"strconv"

	"golang.org/x/text/language"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// Profile is what a customer tells of themself. Absent fields keep what is
// stored.
type Profile struct {
	Email, Gender, Salutation, FirstName, LastName, DateOfBirth     Text
	FullName                                                        Text // as it was typed; it goes when first or last name change without it
	Phone, Locale, Identification, IdentificationType, CustomerType Text
	Metadata, Extra                                                 Field[map[string]any]

	DefaultSource Text // id of the payment source that takes the default place; null vacates it

	// Only an API key writes these; from a customer they are ignored.
	Note                          Text
	ProviderIDs                   Field[map[string]any]
	Enabled, RequestToBeForgotten Field[bool]
}

// The bounds of a profile, in code points.
const (
	longestName = 100
	longestText = 255
)

// CustomerTypes lists what a customer can be.
func CustomerTypes() []string { return []string{"individual", "business"} }

// writableBy leaves out what the actor may not write: it is ignored like an
// unknown attribute (glue.md 3.1).
func (in Profile) writableBy(actor Actor) Profile {
	if !actor.May(WriteCustomers) {
		in.Note, in.Enabled, in.RequestToBeForgotten = Text{}, Field[bool]{}, Field[bool]{}
		in.ProviderIDs = Field[map[string]any]{}
	}
	return in
}

// checkProfile checks the attributes in the order in which their faults are
// reported; between is the place of the password and the terms.
func (s *Service) checkProfile(v *validation, in Profile, demands Demands, required func(string) bool, between func(*validation)) {
	need := func(f Text) bool { return required(f.Name) }
	gender := demands.OtherGender
	if gender == nil {
		gender = errors.ChoiceInvalid
	}
	// What the shop or the wire wants from every customer cannot be unset later
	// either.
	firm := func(f Text, rules ...rule) []rule {
		if s.requires(f.Name, demands) {
			return append([]rule{notBlank}, rules...)
		}
		return rules
	}
	name := []rule{notBlank, atMost(longestName)}
	if demands.Foreign {
		name = name[1:]
	}
	email := []rule{notBlank, isEmail}
	if demands.Foreign && in.Email.Value == nil && !s.requires(in.Email.Name, demands) {
		email = nil // whether it can be taken away is the account's matter; see changeEmail
	}
	v.text(in.Email, need(in.Email), email...)
	v.text(in.Gender, need(in.Gender), firm(in.Gender, oneOf(s.Rules.Genders, gender))...)
	v.text(in.Salutation, need(in.Salutation), notBlank, oneOf(s.Rules.Salutations, errors.ChoiceInvalid))
	v.text(in.FirstName, need(in.FirstName), name...)
	v.text(in.LastName, need(in.LastName), name...)
	v.text(in.FullName, need(in.FullName), firm(in.FullName, atMost(longestText))...)
	between(v)
	v.text(in.DateOfBirth, need(in.DateOfBirth), firm(in.DateOfBirth, isPastDay(s.Store.Now()))...)
	v.text(in.Phone, need(in.Phone), firm(in.Phone, atMost(longestText))...)
	v.text(in.Locale, need(in.Locale), firm(in.Locale, isLocale)...)
	v.text(in.Identification, need(in.Identification), firm(in.Identification, atMost(longestText))...)
	v.text(in.IdentificationType, need(in.IdentificationType), firm(in.IdentificationType, atMost(longestText))...)
	v.text(in.CustomerType, need(in.CustomerType), firm(in.CustomerType, oneOf(CustomerTypes(), errors.ChoiceInvalid))...)
	v.object(in.Metadata)
	v.strings(in.Extra)
	v.text(in.DefaultSource, false)
	v.text(in.Note, false)
	v.strings(in.ProviderIDs)
	v.flag(in.Enabled, false)
	v.flag(in.RequestToBeForgotten, false)
}

// requires reports whether the shop or the wire wants this attribute from
// every customer.
func (s *Service) requires(name string, demands Demands) bool {
	return !demands.Foreign && slices.Contains(s.Rules.Required, name) || demands.requires(name)
}

// applyProfile merges what was given into the customer; the e-mail address
// goes its own way.
func (s *Service) applyProfile(customer *model.Customer, in Profile) {
	first, last := customer.FirstName, customer.LastName
	assign(&customer.Salutation, in.Salutation)
	assign(&customer.FirstName, in.FirstName)
	assign(&customer.LastName, in.LastName)
	if !same(first, customer.FirstName) || !same(last, customer.LastName) {
		customer.FullName = nil
	}
	assign(&customer.FullName, in.FullName)
	assign(&customer.Gender, in.Gender)
	assign(&customer.DateOfBirth, blankAsNull(in.DateOfBirth))
	assign(&customer.Phone, in.Phone)
	assign(&customer.Locale, canonicalLocale(in.Locale))
	assign(&customer.Identification, in.Identification)
	assign(&customer.IdentificationType, in.IdentificationType)
	assign(&customer.CustomerType, in.CustomerType)
	customer.Metadata = merge(customer.Metadata, in.Metadata)
	customer.Extra = merge(customer.Extra, in.Extra)
	assign(&customer.Note, in.Note)
	customer.ProviderIDs = merge(customer.ProviderIDs, in.ProviderIDs)
	if in.Enabled.Value != nil {
		customer.DisabledAt = nil
		if !*in.Enabled.Value {
			now := s.Store.Now()
			customer.DisabledAt = &now
		}
	}
	if in.RequestToBeForgotten.Value != nil {
		customer.RequestToBeForgotten = *in.RequestToBeForgotten.Value
	}
}

func blankAsNull(f Text) Text {
	if f.is(func(value string) bool { return value == "" }) {
		f.Value = nil
	}
	return f
}

// canonicalLocale turns en_US and en-us into BCP 47's en-US.
func canonicalLocale(f Text) Text {
	if f.Value != nil {
		if tag, err := language.Parse(*f.Value); err == nil {
			canonical := tag.String()
			f.Value = &canonical
		}
	}
	return f
}

// Customer returns the customer behind reference: the actor's own (`me` and
// `mine` name it too), or, with an API key that may read customers, any of the
// store. Everything else is CustomerNotFound (402).
func (s *Service) Customer(ctx context.Context, actor Actor, reference string) (customer *model.Customer, err error) {
	if actor.isOwn(reference) {
		return actor.customer, nil // read by Authenticate, in this very request
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		customer, err = s.reach(tx, actor, reference, ReadCustomers, errors.CustomerNotFound)
		return err
	})
	return customer, err
}

// CurrentCustomer is Customer, read anew: what a request that lost a race has
// to be told.
func (s *Service) CurrentCustomer(ctx context.Context, actor Actor, reference string) (customer *model.Customer, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		reached, err := s.reach(tx, actor, reference, ReadCustomers, errors.CustomerNotFound)
		if err != nil {
			return err
		}
		customer, err = tx.CustomerByID(reached.ID)
		return err
	})
	return customer, err
}

// Update is a change of a customer's profile.
type Update struct {
	Profile
	NewPassword       // checked, and applied with SetsPassword alone: Glue does not
	SetsPassword bool // a password that is given counts at once, and all sessions end
	Current      Text // password that proves who wants another e-mail address, with Rules.EmailNeedsPassword
	Demands      Demands
	Match        Match

	// Ids of the addresses that take the default places; null vacates one.
	DefaultShipping, DefaultBilling Text

	prepared bool
	hash     string // of the password that is set; "" sets none
}

// UpdateCustomer merges a change into the customer behind reference and
// returns the whole.
//
// A new e-mail address counts at once, or, with Rules.Confirm, once the key
// mailed to it has come back; the former address is told in both cases.
//
// It returns Faults of attribute validation (901, 414), Unauthorized (411) for
// a reference that is not the actor's, CustomerNotFound with an API key,
// PasswordInvalid (408) and TooManyAttempts (4401) for a change of address with
// Rules.EmailNeedsPassword, PreconditionFailed, PasswordsDiffer (406), EmailTooLong (417), EmailTaken
// (400), with SetsPassword PasswordSequence and PasswordCommon (421, 422), AddressNotFound (404) and PaymentSourceNotFound (4472) for a default that is
// none of the customer's, CustomerSaveFailed (410) for one that was anonymised.
func (s *Service) UpdateCustomer(ctx context.Context, actor Actor, reference string, in Update) (*model.Customer, error) {
	in, err := s.PrepareUpdate(ctx, actor, reference, in)
	if err != nil {
		return nil, err
	}
	var changed *model.Customer
	err = s.change(ctx, actor, reference, in.Match, func(tx *store.Tx, customer *model.Customer) error {
		if customer.AnonymizedAt != nil {
			return errors.CustomerSaveFailed
		}
		if in.Password.Given || in.confirmations()[0].Given {
			if err := in.differ(); err != nil {
				return err
			}
		}
		if err := checkEmailLength(in.Email); err != nil {
			return err
		}
		wasEnabled, wasToGo := customer.Enabled(), customer.RequestToBeForgotten
		s.applyProfile(customer, in.Profile)
		if in.hash != "" {
			replaceHash(customer, in.hash)
		}
		if err := s.changeEmail(ctx, tx, actor, customer, in.Email); err != nil {
			return err
		}
		if err := s.noteEnabled(tx, actor, customer, wasEnabled); err != nil {
			return err
		}
		if err := s.followWish(tx, actor, customer, wasToGo); err != nil {
			return err
		}
		if !customer.Live() {
			if err := tx.DeleteSessions(customer.ID); err != nil {
				return err
			}
		}
		if oversized(customer.Metadata, customer.Extra, customer.ProviderIDs) {
			return errors.CustomerSaveFailed
		}
		if err := placeDefaults(tx, customer, in); err != nil {
			return err
		}
		if err := placeDefaultSource(tx, customer, in.DefaultSource); err != nil {
			return err
		}
		changed = customer
		if err := tx.SaveCustomer(customer); err != nil || in.hash == "" {
			return err
		}
		if err := s.note(tx, actor, passwordChangedEvent, success, customer); err != nil {
			return err
		}
		return s.endAccess(ctx, tx, actor, customer)
	})
	if errors.Is(err, errors.EmailTaken) {
		return nil, errors.EmailTaken.On(in.Email.Name)
	}
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// PrepareUpdate does what an update takes before anything is written: it checks the
// document, and computes the hash of a password that is set. UpdateCustomer does that
// itself, unless it was done: whoever writes something before it in the same transaction
// calls this first, for nobody else can write while a hash is computed. Errors are those
// of UpdateCustomer that do not depend on the customer's row.
func (s *Service) PrepareUpdate(ctx context.Context, actor Actor, reference string, in Update) (_ Update, err error) {
	if in.prepared {
		return in, nil
	}
	in.Profile = in.writableBy(actor)
	if err := s.checkUpdate(in); err != nil {
		return in, err
	}
	if err := s.proveEmailChange(ctx, actor, reference, in); err != nil {
		return in, err
	}
	if in.SetsPassword && in.Password.Value != nil {
		own := []string{text(in.Email), text(in.FirstName), text(in.LastName)}
		if actor.IsCustomer() {
			own = append(own, ownWords(actor.customer)...)
		}
		if err := s.checkPolicy(in.Password, own...); err != nil {
			return in, err
		}
		if in.hash, err = s.Hasher.Hash(ctx, *in.Password.Value); err != nil {
			return in, err
		}
	}
	in.prepared = true
	return in, nil
}

// noteEnabled notes that an account was blocked, or is no longer.
func (s *Service) noteEnabled(tx *store.Tx, actor Actor, customer *model.Customer, was bool) error {
	switch is := customer.Enabled(); {
	case was && !is:
		return s.note(tx, actor, disabledEvent, success, customer)
	case !was && is:
		return s.note(tx, actor, enabledEvent, success, customer)
	}
	return nil
}

// placeDefaults puts addresses of the customer into the default places that were
// given.
func placeDefaults(tx *store.Tx, customer *model.Customer, in Update) error {
	for _, given := range []struct {
		Text
		place **string
	}{{in.DefaultShipping, &customer.DefaultShippingAddressID}, {in.DefaultBilling, &customer.DefaultBillingAddressID}} {
		if !given.Given {
			continue
		}
		if given.Value != nil {
			_, err := tx.Address(customer.ID, *given.Value)
			if errors.Is(err, errors.AddressNotFound) {
				return errors.AddressNotFound.On(given.Name)
			}
			if err != nil {
				return err
			}
		}
		*given.place = given.Value
	}
	return nil
}

func (s *Service) checkUpdate(in Update) error {
	var v validation
	s.checkProfile(&v, in.Profile, in.Demands, func(string) bool { return false }, func(v *validation) {
		s.checkNewPassword(v, in.NewPassword, false)
	})
	return v.faults.Err()
}

// proveEmailChange asks a customer who wants another e-mail address for their
// password, where the shop wants that: whoever has the address has the account. A wire
// that has no place for the password is refused.
func (s *Service) proveEmailChange(ctx context.Context, actor Actor, reference string, in Update) error {
	if !s.Rules.EmailNeedsPassword || !actor.isOwn(reference) || in.Email.Value == nil || isEmailOf(actor.customer, *in.Email.Value) {
		return nil
	}
	if in.Demands.Foreign {
		return errors.Unauthorized
	}
	return s.prove(ctx, actor, in.Current, emailRequestedEvent)
}

// changeEmail gives the customer another address, or notes it as pending, and
// writes to both.
func (s *Service) changeEmail(ctx context.Context, tx *store.Tx, actor Actor, customer *model.Customer, email Text) error {
	switch {
	case !email.Given:
		return nil
	case email.Value == nil && customer.HasAccount():
		return errors.ValueBlank.On(email.Name)
	case email.Value == nil:
		customer.Email, customer.EmailKey = "", nil
		return nil
	}
	if *email.Value == customer.Email {
		return s.keepEmail(tx, customer)
	}
	key, err := emailKey(*email.Value)
	if err != nil {
		return errors.EmailInvalid.On(email.Name).Because(err)
	}
	if customer.EmailKey != nil && *customer.EmailKey == key {
		customer.Email = *email.Value // the same address, written otherwise
		return s.keepEmail(tx, customer)
	}
	if !customer.HasAccount() { // a guest owns no address and proves none
		customer.Email, customer.EmailKey = *email.Value, &key
		return nil
	}
	if !s.hides(actor) { // else the letter to the new address finds out, and goes to its owner
		switch _, err := tx.CustomerByEmail(customer.Store, key); {
		case err == nil:
			return errors.EmailTaken
		case !errors.Is(err, errors.CustomerNotFound):
			return err
		}
	}
	former, spoken := customer.Email, letterLanguage(customer, actor)
	if err := s.Queue.Add(ctx, tx, emailChangedLetter{Customer: customer.ID, Former: former, Language: spoken}); err != nil {
		return err
	}
	event := emailRequestedEvent
	if s.Rules.Confirm {
		customer.PendingEmail, customer.PendingEmailKey = email.Value, &key
	} else {
		event = emailChangedEvent
		if err := s.forgetRestores(ctx, tx, customer); err != nil {
			return err
		}
		// The new address is not proven: what `active` grants has to wait for its key.
		customer.Email, customer.EmailKey, customer.ConfirmedAt = *email.Value, &key, nil
		customer.PendingEmail, customer.PendingEmailKey = nil, nil
	}
	if err := s.note(tx, actor, event, success, customer); err != nil {
		return err
	}
	return s.Queue.Add(ctx, tx, confirmLetter{Customer: customer.ID, Language: spoken})
}

// keepEmail gives up a change of address that waits for its key: giving the
// present one again says that it was a mistake.
func (s *Service) keepEmail(tx *store.Tx, customer *model.Customer) error {
	if customer.PendingEmail == nil {
		return nil
	}
	customer.PendingEmail, customer.PendingEmailKey = nil, nil
	return tx.DeleteKey(customer.ID, emailsKey)
}

// CustomerVersion names the state of a customer; it changes with every write.
func CustomerVersion(customer *model.Customer) string {
	return strconv.FormatInt(customer.Version, 10)
}
