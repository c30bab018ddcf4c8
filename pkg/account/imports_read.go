package account

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/password"
)

// portableCustomer is a line, of an import and of an export. Null and absent are the
// same.
type portableCustomer struct {
	Reference          string         `json:"reference,omitempty"` // kept as it is; without one, the next of the store
	Email              *string        `json:"email,omitempty"`     // of guests with a reference optional
	Salutation         *string        `json:"salutation,omitempty"`
	FirstName          *string        `json:"firstName,omitempty"`
	LastName           *string        `json:"lastName,omitempty"`
	FullName           *string        `json:"fullName,omitempty"`
	Gender             *string        `json:"gender,omitempty"`
	DateOfBirth        *string        `json:"dateOfBirth,omitempty"` // YYYY-MM-DD
	Phone              *string        `json:"phone,omitempty"`
	Locale             *string        `json:"locale,omitempty"`
	Identification     *string        `json:"identification,omitempty"`
	IdentificationType *string        `json:"identificationType,omitempty"`
	CustomerType       *string        `json:"customerType,omitempty"`
	Note               *string        `json:"note,omitempty"`
	Metadata           map[string]any `json:"metadata,omitempty"`
	Extra              map[string]any `json:"extra,omitempty"`
	ProviderIDs        map[string]any `json:"providerIds,omitempty"`

	Password     *string    `json:"password,omitempty"`     // in clear; not held to the policy, whose age it may precede
	PasswordHash *string    `json:"passwordHash,omitempty"` // instead; see password.Readable
	Confirmed    bool       `json:"confirmed,omitempty"`    // the address is proven
	Enabled      *bool      `json:"enabled,omitempty"`      // absent is true
	Forget       bool       `json:"requestToBeForgotten,omitempty"`
	CreatedAt    *time.Time `json:"createdAt,omitempty"`
	Terms        *string    `json:"termsVersion,omitempty"`    // that they agreed to
	TermsAt      *time.Time `json:"termsAcceptedAt,omitempty"` // absent is now

	Groups         []string                `json:"groups,omitempty"` // names
	Addresses      []portableAddress       `json:"addresses,omitempty"`
	PaymentSources []portablePaymentSource `json:"paymentSources,omitempty"`
}

// portableAddress is an address of a line. The last that says so is the default of its
// kind, else the first that does not say the contrary.
type portableAddress struct {
	Salutation        *string        `json:"salutation,omitempty"`
	FirstName         *string        `json:"firstName,omitempty"`
	LastName          *string        `json:"lastName,omitempty"`
	Company           *string        `json:"company,omitempty"`
	Address1          *string        `json:"address1,omitempty"`
	Address2          *string        `json:"address2,omitempty"`
	Address3          *string        `json:"address3,omitempty"`
	HouseNumber       *string        `json:"houseNumber,omitempty"`
	Floor             *string        `json:"floor,omitempty"`
	Locality          *string        `json:"locality,omitempty"`
	ZipCode           *string        `json:"zipCode,omitempty"`
	City              *string        `json:"city,omitempty"`
	Province          *string        `json:"province,omitempty"`
	Country           *string        `json:"country,omitempty"` // derived from iso2Code, so neither read nor written
	ISO2Code          *string        `json:"iso2Code,omitempty"`
	Phone             *string        `json:"phone,omitempty"`
	Metadata          map[string]any `json:"metadata,omitempty"`
	IsDefaultShipping *bool          `json:"isDefaultShipping,omitempty"`
	IsDefaultBilling  *bool          `json:"isDefaultBilling,omitempty"`
	BillingOnly       bool           `json:"billingOnly,omitempty"`
}

// portablePaymentSource is a payment source of a line. The default is found like that
// of addresses.
type portablePaymentSource struct {
	Provider    *string        `json:"provider,omitempty"`
	SourceType  *string        `json:"sourceType,omitempty"`
	Token       *string        `json:"token,omitempty"`
	Brand       *string        `json:"brand,omitempty"`
	LastFour    *string        `json:"lastFour,omitempty"`
	ExpiryMonth *int64         `json:"expiryMonth,omitempty"`
	ExpiryYear  *int64         `json:"expiryYear,omitempty"`
	Holder      *string        `json:"holder,omitempty"`
	State       *string        `json:"state,omitempty"` // absent is chargeable
	Metadata    map[string]any `json:"metadata,omitempty"`
	IsDefault   *bool          `json:"isDefault,omitempty"`
}

// readLine turns the text of a line into a customer, or finds its fault.
func (s *Service) readLine(ctx context.Context, line *importLine) {
	if line.fault = ctx.Err(); line.fault != nil {
		return
	}
	in, err := decodeLine(line.text)
	line.text = nil
	if err == nil {
		err = s.readCustomer(ctx, line, in)
	}
	line.fault = err
}

// decodeLine reads the object of a line. Its errors hold no value: it may be a secret.
func decodeLine(text []byte) (in portableCustomer, err error) {
	if !utf8.Valid(text) {
		return in, errors.New("the line is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	err = decoder.Decode(&in)
	if misfit, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		return in, errors.New(fmt.Sprintf("%s is of another JSON type", misfit.Field))
	}
	if err != nil {
		return in, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return in, errors.New("there is more than one object on the line")
	}
	return in, nil
}

// readCustomer checks what a line says and puts it together.
func (s *Service) readCustomer(ctx context.Context, line *importLine, in portableCustomer) error {
	if in.Reference != "" && !isReference(in.Reference) {
		return errors.ResourceIDInvalid
	}
	if err := s.checkLine(in); err != nil {
		return err
	}
	customer := &line.newcomer.Customer
	customer.Store, customer.Reference = s.Rules.Store, in.Reference
	customer.Number, _ = numberIn(customer)
	s.applyProfile(customer, in.profile())
	assign(&customer.FullName, given("fullName", in.FullName))
	if oversized(customer.Metadata, customer.Extra, customer.ProviderIDs) {
		return errors.TooLong.Limit(longestObject).On("metadata")
	}
	if in.CreatedAt != nil {
		customer.CreatedAt = *in.CreatedAt
	}
	if in.Confirmed {
		confirmed := s.Store.Now()
		customer.ConfirmedAt = &confirmed
	}
	if in.Email != nil {
		if err := setEmail(customer, *in.Email); err != nil {
			return err
		}
	}
	if in.Terms != nil {
		customer.TermsVersion = in.Terms
		consent := model.Consent{Kind: termsConsent, Version: *in.Terms}
		if in.TermsAt != nil {
			consent.AcceptedAt = *in.TermsAt
		}
		line.newcomer.Consents = []model.Consent{consent}
	}
	for _, name := range in.Groups {
		line.newcomer.Groups = appendNew(line.newcomer.Groups, norm.NFC.String(name))
	}
	if err := s.readAddresses(line, in.Addresses); err != nil {
		return err
	}
	if err := readSources(line, in.PaymentSources); err != nil {
		return err
	}
	return s.importPassword(ctx, customer, in)
}

// checkLine checks a customer's own members.
func (s *Service) checkLine(in portableCustomer) error {
	var v validation
	// Without an address nobody can log in, and without a reference neither could the
	// customer be known again.
	needsEmail := in.Password != nil || in.PasswordHash != nil || in.Confirmed || in.Reference == ""
	s.checkProfile(&v, in.profile(), Demands{}, func(name string) bool { return name == "email" && needsEmail }, func(*validation) {})
	v.text(given("fullName", in.FullName), false, atMost(longestText))
	v.text(given("termsVersion", in.Terms), in.TermsAt != nil, notBlank, atMost(longestText))
	for i := range in.Groups {
		v.text(Set("groups", in.Groups[i]), false, notBlank, atMost(longestText))
	}
	return errors.Join(v.faults.Err(), checkEmailLength(given("email", in.Email)))
}

func appendNew(texts []string, text string) []string {
	for _, present := range texts {
		if present == text {
			return texts
		}
	}
	return append(texts, text)
}

func (s *Service) readAddresses(line *importLine, all []portableAddress) error {
	var shipping, billing []*bool
	for i, one := range all {
		input := one.input()
		if err := s.checkAddress(input, true); err != nil {
			return fmt.Errorf("address %d: %w", i+1, err)
		}
		address := model.Address{ID: risingID(), BillingOnly: one.BillingOnly}
		applyAddress(&address, input)
		if oversized(address.Metadata) {
			return fmt.Errorf("address %d: %w", i+1, errors.TooLong.Limit(longestObject).On("metadata"))
		}
		line.newcomer.Addresses = append(line.newcomer.Addresses, address)
		if one.BillingOnly && one.IsDefaultShipping == nil { // goods go nowhere unasked
			one.IsDefaultShipping = new(bool)
		}
		shipping, billing = append(shipping, one.IsDefaultShipping), append(billing, one.IsDefaultBilling)
	}
	if i := defaultAmong(shipping); i >= 0 {
		line.newcomer.Customer.DefaultShippingAddressID = &line.newcomer.Addresses[i].ID
	}
	if i := defaultAmong(billing); i >= 0 {
		line.newcomer.Customer.DefaultBillingAddressID = &line.newcomer.Addresses[i].ID
	}
	return nil
}

func readSources(line *importLine, all []portablePaymentSource) error {
	var defaults []*bool
	for i, one := range all {
		input := one.input()
		if err := input.check(true); err != nil {
			return fmt.Errorf("payment source %d: %w", i+1, err)
		}
		source := model.PaymentSource{ID: risingID(), State: model.ChargeableSource}
		input.apply(&source)
		if oversized(source.Metadata) {
			return fmt.Errorf("payment source %d: %w", i+1, errors.TooLong.Limit(longestObject).On("metadata"))
		}
		line.newcomer.Sources, defaults = append(line.newcomer.Sources, source), append(defaults, one.IsDefault)
	}
	if i := defaultAmong(defaults); i >= 0 {
		line.newcomer.Default = line.newcomer.Sources[i].ID
	}
	return nil
}

// risingID returns a new id, greater than those before it (RFC 9562, section 5.7): many
// rows at once go to the end of an index, and not to as many places all over it.
func risingID() string { return uuid.Must(uuid.NewV7()).String() }

// defaultAmong returns which of several takes a default place: the last that says so,
// else the first that does not say the contrary; -1 is none.
func defaultAmong(said []*bool) int {
	place := -1
	for i, flag := range said {
		if flag == nil && place < 0 || flag != nil && *flag {
			place = i
		}
	}
	return place
}

func (s *Service) importPassword(ctx context.Context, customer *model.Customer, in portableCustomer) error {
	switch {
	case in.Password != nil && in.PasswordHash != nil:
		return errors.New("password and passwordHash exclude each other")
	case in.PasswordHash != nil:
		customer.PasswordHash = in.PasswordHash
		return password.Readable(*in.PasswordHash)
	case in.Password != nil:
		hash, err := s.Hasher.Hash(ctx, *in.Password)
		customer.PasswordHash = &hash
		return err
	}
	return nil // a customer without a credential
}

// given is a field of a line: null and absent are the same there.
func given[T any](name string, value *T) Field[T] {
	return Field[T]{Name: name, Given: value != nil, Value: value}
}

func givenObject(name string, value map[string]any) Field[map[string]any] {
	if value == nil {
		return Field[map[string]any]{Name: name}
	}
	return Set(name, value)
}

func (in portableCustomer) profile() Profile {
	return Profile{
		Email:                given("email", in.Email),
		Gender:               given("gender", in.Gender),
		Salutation:           given("salutation", in.Salutation),
		FirstName:            given("firstName", in.FirstName),
		LastName:             given("lastName", in.LastName),
		DateOfBirth:          given("dateOfBirth", in.DateOfBirth),
		Phone:                given("phone", in.Phone),
		Locale:               given("locale", in.Locale),
		Identification:       given("identification", in.Identification),
		IdentificationType:   given("identificationType", in.IdentificationType),
		CustomerType:         given("customerType", in.CustomerType),
		Metadata:             givenObject("metadata", in.Metadata),
		Extra:                givenObject("extra", in.Extra),
		Note:                 given("note", in.Note),
		ProviderIDs:          givenObject("providerIds", in.ProviderIDs),
		Enabled:              given("enabled", in.Enabled),
		RequestToBeForgotten: Set("requestToBeForgotten", in.Forget),
	}
}

func (in portableAddress) input() AddressInput {
	return AddressInput{
		Salutation:      given("salutation", in.Salutation),
		FirstName:       given("firstName", in.FirstName),
		LastName:        given("lastName", in.LastName),
		Address1:        given("address1", in.Address1),
		Address2:        given("address2", in.Address2),
		Address3:        given("address3", in.Address3),
		ZipCode:         given("zipCode", in.ZipCode),
		City:            given("city", in.City),
		Phone:           given("phone", in.Phone),
		ISO2Code:        given("iso2Code", in.ISO2Code),
		Company:         given("company", in.Company),
		HouseNumber:     given("houseNumber", in.HouseNumber),
		Floor:           given("floor", in.Floor),
		Locality:        given("locality", in.Locality),
		Province:        given("province", in.Province),
		Metadata:        givenObject("metadata", in.Metadata),
		DefaultShipping: given("isDefaultShipping", in.IsDefaultShipping),
		DefaultBilling:  given("isDefaultBilling", in.IsDefaultBilling),
		BillingOnly:     in.BillingOnly,
	}
}

func (in portablePaymentSource) input() PaymentSourceInput {
	return PaymentSourceInput{
		Provider:    given("provider", in.Provider),
		SourceType:  given("sourceType", in.SourceType),
		Token:       given("token", in.Token),
		Brand:       given("brand", in.Brand),
		LastFour:    given("lastFour", in.LastFour),
		ExpiryMonth: given("expiryMonth", in.ExpiryMonth),
		ExpiryYear:  given("expiryYear", in.ExpiryYear),
		Holder:      given("holder", in.Holder),
		State:       given("state", in.State),
		Metadata:    givenObject("metadata", in.Metadata),
	}
}
