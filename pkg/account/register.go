package account

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/password"
	"github.com/clientelehq/clientele/pkg/store"
)

// Registration is what somebody gives to become a customer.
type Registration struct {
	Profile
	NewPassword
	Terms   Field[bool] // consent to the terms of service
	Unique  bool        // an address that an account has is refused to a guest as well
	Invite  bool        // an API key wants the new customer, who has no password, to be written to
	ID      string      // reference chosen by the caller; needs an API key
	Demands Demands

	hash *string // of the password, once it is computed
}

// Demands is what a wire asks of a document beyond the rules that hold on
// every wire.
type Demands struct {
	Required    []string      // attributes that must be given on creation, by their names on that wire
	ShortCity   int           // fewest characters of a city's name
	OtherGender *errors.Error // answer to a gender that is none of the options

	// Foreign is set by dialects: their clients know nothing of our terms of service or
	// of what Rules.Required names, and may leave out names or take them away.
	Foreign bool
}

func (d Demands) requires(name string) bool { return slices.Contains(d.Required, name) }

// NewPassword is a password that is to be set, typed twice. A wire that knows
// two names for the confirmation fills both.
type NewPassword struct {
	Password     Text
	Confirmation Text
	OtherName    Text
}

// confirmations returns what was typed to confirm the password: the fields
// that were given, or the first one when none was, to name it in the error.
func (p NewPassword) confirmations() []Text {
	switch {
	case p.Confirmation.Given && p.OtherName.Given:
		return []Text{p.Confirmation, p.OtherName}
	case p.OtherName.Given:
		return []Text{p.OtherName}
	default:
		return []Text{p.Confirmation}
	}
}

// Register makes a customer. The confirmation letter leaves after the commit;
// with Rules.Confirm a login has to wait for its key.
//
// It returns, for a chosen reference, ClientIDForbidden and ResourceIDInvalid;
// then Faults of attribute validation (901, 414), TermsNull (413),
// PasswordsDiffer (406), PasswordSequence and PasswordCommon (421, 422),
// EmailTooLong (417), EmailTaken (400), ResourceIDTaken. Order and texts:
// glue.md sections 4 to 6.
func (s *Service) Register(ctx context.Context, actor Actor, in Registration) (*model.Customer, error) {
	if err := checkReference(actor, in.ID); err != nil {
		return nil, err
	}
	in.Profile = in.writableBy(actor)
	if err := s.checkRegistration(actor, in); err != nil {
		return nil, err
	}
	customer := &model.Customer{Store: s.storeOf(actor), Reference: in.ID}
	s.applyProfile(customer, in.Profile)
	if in.Email.Value != nil {
		if err := setEmail(customer, text(in.Email)); err != nil {
			return nil, err
		}
	}
	if in.Terms.Value != nil {
		customer.TermsVersion = &s.Rules.Terms
	}
	if in.Password.Value != nil {
		hash, err := s.Hasher.Hash(ctx, *in.Password.Value)
		if err != nil {
			return nil, err
		}
		in.hash = &hash
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return s.register(ctx, tx, actor, in, customer) })
	if errors.Is(err, errors.EmailTaken) {
		return nil, errors.EmailTaken.On(in.Email.Name)
	}
	if err != nil {
		return nil, err
	}
	return customer, nil
}

// register stores a customer with what belongs to them.
func (s *Service) register(ctx context.Context, tx *store.Tx, actor Actor, in Registration, customer *model.Customer) error {
	customer.PasswordHash = in.hash
	if s.hides(actor) {
		owner, err := tx.CustomerByEmail(customer.Store, *customer.EmailKey)
		if err == nil {
			return s.pretend(ctx, tx, actor, in, customer, owner)
		}
		if !errors.Is(err, errors.CustomerNotFound) {
			return err
		}
	}
	if in.Unique && !customer.HasAccount() && customer.EmailKey != nil {
		switch _, err := tx.CustomerByEmail(customer.Store, *customer.EmailKey); {
		case err == nil:
			return errors.EmailTaken
		case !errors.Is(err, errors.CustomerNotFound):
			return err
		}
	}
	if in.ID != "" {
		if err := neverErased(tx, customer); err != nil {
			return err
		}
	}
	upgraded, err := s.upgradeOrInsert(tx, actor, customer)
	if errors.Is(err, errors.EmailTaken) && s.hides(actor) { // by somebody who came first, a moment ago
		return store.ErrAgain
	}
	if err != nil {
		return err
	}
	if err := s.note(tx, actor, registeredEvent, success, customer); err != nil {
		return err
	}
	if in.Terms.Value != nil {
		if err := tx.AddConsent(s.consent(tx, customer, actor)); err != nil {
			return err
		}
	}
	if err := s.followWish(tx, actor, customer, false); err != nil {
		return err
	}
	if !upgraded {
		if err := s.emit(tx, customer, CustomerCreated, withProfile(customer, nil)); err != nil {
			return err
		}
	}
	if !customer.HasAccount() {
		return s.inviteNew(ctx, tx, actor, in, customer)
	}
	return s.Queue.Add(ctx, tx, confirmLetter{Customer: customer.ID, Language: letterLanguage(customer, actor)})
}

// upgradeOrInsert makes a guest the customer, or adds a new one. It reports which.
func (s *Service) upgradeOrInsert(tx *store.Tx, actor Actor, customer *model.Customer) (upgraded bool, err error) {
	if !s.hides(actor) {
		if upgraded, err = s.upgrade(tx, actor, customer); upgraded || err != nil {
			return upgraded, err
		}
	}
	if err := insert(tx, customer); err != nil {
		return false, err
	}
	if !s.hides(actor) || !customer.HasAccount() {
		return false, nil
	}
	return false, s.claimGuest(tx, customer)
}

// chosenReference is the form of references that are not generated: they stand
// in paths and links as they are.
var chosenReference = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$`)

// checkReference checks a reference that the caller has chosen; "" is none.
func checkReference(actor Actor, reference string) error {
	switch {
	case reference == "":
		return nil
	case !actor.May(WriteCustomers):
		return errors.ClientIDForbidden
	case !isReference(reference):
		return errors.ResourceIDInvalid
	}
	return nil
}

// isReference reports whether a customer may be called so. `me` and `mine` are
// everybody's own.
func isReference(reference string) bool {
	return chosenReference.MatchString(reference) && reference != "me" && reference != "mine"
}

// neverErased answers ResourceIDTaken for a chosen reference that was that of somebody
// who was erased for good: whoever has kept it elsewhere must not take another for them.
func neverErased(tx *store.Tx, customer *model.Customer) error {
	done, err := tx.ErasureRequests(store.ErasureFilter{Store: customer.Store, Customer: customer.Reference, State: model.DoneErasure, Limit: 1})
	if err == nil && len(done) > 0 {
		err = errors.ResourceIDTaken
	}
	return err
}

// insert stores a new customer. A reference that was chosen and looks like a
// generated one brings its number along, and generated ones go on after it.
func insert(tx *store.Tx, customer *model.Customer) error {
	number, generated := numberIn(customer)
	customer.Number = number
	if err := tx.CreateCustomer(customer); err != nil || !generated {
		return err
	}
	return tx.RaiseCounter(customer.Store, number)
}

// highestNumber is the highest that a chosen reference makes the count go on
// after; it leaves room to count on, in the database and in JSON.
const highestNumber = 1 << 52

// numberIn returns the number of a reference that has the form of generated
// ones, such as 25 of DE--25.
func numberIn(customer *model.Customer) (number int64, generated bool) {
	digits, ours := strings.CutPrefix(customer.Reference, customer.Store+"--")
	if !ours {
		return 0, false
	}
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || number < 1 || number > highestNumber || strconv.FormatInt(number, 10) != digits {
		return 0, false
	}
	return number, true
}

func (s *Service) checkRegistration(actor Actor, in Registration) error {
	optional := actor.May(WriteCustomers) // staff may leave out password and terms
	free := optional || in.Demands.Foreign
	var v validation
	s.checkProfile(&v, in.Profile, in.Demands, func(name string) bool {
		if name == in.Email.Name && optional && !in.Password.Given && !(in.Demands.Foreign && in.Demands.requires(name)) { // a guest whom nobody writes to
			return false
		}
		return slices.Contains(registrationNeeds, name) || s.requires(name, in.Demands)
	}, func(v *validation) {
		needed := !optional || in.Password.Given
		s.checkNewPassword(v, in.NewPassword, needed)
		s.checkTerms(v, in, free)
	})
	if err := v.faults.Err(); err != nil {
		return err
	}
	if in.Terms.Given && in.Terms.Value == nil && !free {
		return errors.TermsNull.On(in.Terms.Name)
	}
	if err := in.differ(); err != nil {
		return err
	}
	if in.Password.Value != nil {
		if err := s.checkPolicy(in.Password, text(in.Email), text(in.FirstName), text(in.LastName)); err != nil {
			return err
		}
	}
	return checkEmailLength(in.Email)
}

// registrationNeeds are the attributes that no registration goes without, on
// any wire. What else a wire demands stands in its Demands.
var registrationNeeds = []string{"email"}

func (s *Service) checkTerms(v *validation, in Registration, optional bool) {
	terms := in.Terms
	switch {
	case !terms.Given && in.Demands.requires(terms.Name) && !optional:
		v.faults.Add(errors.FieldMissing.On(terms.Name))
	case !terms.Given && !optional:
		v.faults.Add(errors.TermsNotAccepted.On(terms.Name).At("/data/attributes"))
	case terms.is(isFalse):
		v.faults.Add(errors.TermsNotAccepted.On(terms.Name))
	}
}

func (s *Service) consent(tx *store.Tx, customer *model.Customer, actor Actor) *model.Consent {
	consent := &model.Consent{CustomerID: customer.ID, Kind: termsConsent, Version: s.Rules.Terms, AcceptedAt: tx.Now}
	if actor.Address != "" {
		consent.ClientAddress = &actor.Address
	}
	return consent
}

// checkNewPassword checks the attributes of a password and its confirmation;
// whether the two agree is a rule of business and comes later.
func (s *Service) checkNewPassword(v *validation, in NewPassword, required bool) {
	form := []rule{atLeast(s.Policy.MinLength), atMost(s.Policy.MaxLength), isAssigned}
	blank := []rule{}
	if required {
		blank = append(blank, notBlank)
	}
	v.text(in.Password, required, slices.Concat(blank, form, []rule{s.hasClasses})...)
	for _, confirmation := range in.confirmations() {
		v.text(confirmation, required, slices.Concat(blank, form)...)
	}
}

// isAssigned leaves control characters to the check that every text gets, so
// that one fault tells of both.
func isAssigned(value *string) *errors.Error {
	if value != nil && password.HasUnassigned(*value) && !hasControls(*value) {
		return errors.CharactersInvalid
	}
	return nil
}

func (s *Service) hasClasses(value *string) *errors.Error {
	if value == nil || *value == "" || !s.Policy.Classes || !s.Policy.MissesClasses(*value) {
		return nil
	}
	return errors.PasswordClasses
}

// differ answers PasswordsDiffer when a confirmation is not what was typed
// first. Both absent agree.
func (p NewPassword) differ() error {
	for _, confirmation := range p.confirmations() {
		if text(p.Password) != text(confirmation) {
			fault := errors.PasswordsDiffer.With(p.Password.Name, confirmation.Name).On(confirmation.Name)
			if !confirmation.Given {
				fault = fault.At("/data/attributes")
			}
			return fault
		}
	}
	return nil
}

// checkPolicy answers with all rules of the shop that a password breaks
// beyond its form: repeated characters (421) and the first guesses (422). own
// are the e-mail address and the names of whose password it is to be.
func (s *Service) checkPolicy(field Text, own ...string) error {
	var faults errors.Faults
	if s.Policy.Classes && password.Repeats(text(field)) {
		faults.Add(errors.PasswordSequence.On(field.Name))
	}
	if s.Policy.IsCommon(text(field), own...) {
		faults.Add(errors.PasswordCommon.On(field.Name))
	}
	return faults.Err()
}

// checkPolicyFor is checkPolicy for somebody who is a customer already.
func (s *Service) checkPolicyFor(customer *model.Customer, field Text) error {
	return s.checkPolicy(field, ownWords(customer)...)
}

// ownWords are those of a customer that must not make up their password.
func ownWords(customer *model.Customer) []string {
	own := []string{customer.Email}
	for _, name := range []*string{customer.FirstName, customer.LastName} {
		if name != nil {
			own = append(own, *name)
		}
	}
	return own
}

func checkEmailLength(email Text) error {
	if utf8.RuneCountInString(text(email)) > longestEmail || len(text(email)) > longestPath {
		return errors.EmailTooLong.Limit(longestEmail).On(email.Name)
	}
	return nil
}

// setEmail gives the customer an address: as typed, and in the normal form
// that is unique.
func setEmail(customer *model.Customer, email string) error {
	key, err := emailKey(email)
	if err != nil {
		return errors.EmailInvalid.Because(err)
	}
	customer.Email, customer.EmailKey = email, &key
	return nil
}

// letterLanguage is the language a customer is written to in: their own, else
// that of the request.
func letterLanguage(customer *model.Customer, actor Actor) string {
	return spoken(customer, actor.Language.String())
}

// spoken is the customer's own language, else another.
func spoken(customer *model.Customer, otherwise string) string {
	if customer.Locale != nil && strings.TrimSpace(*customer.Locale) != "" {
		return *customer.Locale
	}
	return otherwise
}
