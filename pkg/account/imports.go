package account

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/password"
	"github.com/clientelehq/clientele/pkg/store"
)

// ImportOptions says who is told what while an import runs. Both are optional.
type ImportOptions struct {
	Progress func(ImportReport)        // after each batch
	Bad      func(line int, err error) // each line that was left out, from 1
}

// ImportReport counts lines. Every line that is not blank is one of the three.
type ImportReport struct {
	Imported int // new customers
	Present  int // customers that were there already, left as they are
	Bad      int // lines that were left out
}

// The bounds of an import.
const (
	importBatch = 200     // lines a transaction
	longestLine = 1 << 20 // bytes
)

// Import reads customers as JSON lines, one object a line:
//
//	reference     kept as it is; without one, the next of the store
//	email         required
//	salutation, firstName, lastName, gender, dateOfBirth (YYYY-MM-DD),
//	phone, locale, identification, identificationType, customerType
//	password      in clear; not held to the policy, whose age it may precede
//	passwordHash  argon2id, argon2i, bcrypt or scrypt, instead
//	confirmed     whether the address is proven
//	createdAt     RFC 3339
//	addresses     objects with the attributes of the resource `addresses`
//
// A line whose reference is there already is left alone, and so is one without
// a reference whose address is: an import can be run again after it was
// stopped. A new reference with an address that an account has is a bad line.
// A bad line is reported and left out, the others are imported. No letter is
// sent. Generated references go on after the highest imported one.
//
// The error is one of reading or of the database, and then the report counts
// what is stored.
func (s *Service) Import(ctx context.Context, from io.Reader, options ImportOptions) (report ImportReport, err error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 64<<10), longestLine)
	var batch []importLine
	flush := func() error {
		err := s.importAll(ctx, batch, options, &report)
		batch = batch[:0]
		if err == nil && options.Progress != nil {
			options.Progress(report)
		}
		return err
	}
	for number := 1; lines.Scan(); number++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		line, err := s.readLine(ctx, number, lines.Bytes())
		if ctx.Err() != nil || errors.Is(err, errors.ServiceUnavailable) {
			return report, errors.Join(err, ctx.Err())
		}
		if err != nil {
			options.bad(number, err, &report)
			continue
		}
		if batch = append(batch, line); len(batch) == importBatch {
			if err := flush(); err != nil {
				return report, err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return report, errors.Join(err, flush())
	}
	return report, flush()
}

func (o ImportOptions) bad(line int, err error, report *ImportReport) {
	report.Bad++
	if o.Bad != nil {
		o.Bad(line, err)
	}
}

// importedCustomer is a line.
type importedCustomer struct {
	Reference          string            `json:"reference"`
	Email              *string           `json:"email"`
	Salutation         *string           `json:"salutation"`
	FirstName          *string           `json:"firstName"`
	LastName           *string           `json:"lastName"`
	Gender             *string           `json:"gender"`
	DateOfBirth        *string           `json:"dateOfBirth"`
	Phone              *string           `json:"phone"`
	Locale             *string           `json:"locale"`
	Identification     *string           `json:"identification"`
	IdentificationType *string           `json:"identificationType"`
	CustomerType       *string           `json:"customerType"`
	Password           *string           `json:"password"`
	PasswordHash       *string           `json:"passwordHash"`
	Confirmed          bool              `json:"confirmed"`
	CreatedAt          *time.Time        `json:"createdAt"`
	Addresses          []importedAddress `json:"addresses"`
}

type importedAddress struct {
	Salutation        *string `json:"salutation"`
	FirstName         *string `json:"firstName"`
	LastName          *string `json:"lastName"`
	Address1          *string `json:"address1"`
	Address2          *string `json:"address2"`
	Address3          *string `json:"address3"`
	ZipCode           *string `json:"zipCode"`
	City              *string `json:"city"`
	Country           *string `json:"country"` // derived from iso2Code, so not read
	ISO2Code          *string `json:"iso2Code"`
	Company           *string `json:"company"`
	Phone             *string `json:"phone"`
	HouseNumber       *string `json:"houseNumber"`
	Floor             *string `json:"floor"`
	Locality          *string `json:"locality"`
	Province          *string `json:"province"`
	IsDefaultShipping *bool   `json:"isDefaultShipping"`
	IsDefaultBilling  *bool   `json:"isDefaultBilling"`
}

// importLine is a line that may be stored.
type importLine struct {
	number    int
	customer  model.Customer
	addresses []AddressInput
}

// readLine turns a line into a customer, or says what is wrong with it.
func (s *Service) readLine(ctx context.Context, number int, text []byte) (importLine, error) {
	line := importLine{number: number}
	var in importedCustomer
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return line, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return line, errors.New("there is more than one object on the line")
	}
	if in.Reference != "" && !isReference(in.Reference) {
		return line, errors.ResourceIDInvalid
	}
	var v validation
	profile := in.profile()
	s.checkProfile(&v, profile, Demands{}, func(name string) bool { return name == "email" }, func(*validation) {})
	if err := errors.Join(v.faults.Err(), checkEmailLength(profile.Email)); err != nil {
		return line, err
	}
	for i, address := range in.Addresses {
		input := address.input()
		if err := s.checkAddress(input, true); err != nil {
			return line, fmt.Errorf("address %d: %w", i+1, err)
		}
		line.addresses = append(line.addresses, input)
	}
	line.customer = model.Customer{Store: s.Rules.Store, Reference: in.Reference}
	s.applyProfile(&line.customer, profile)
	if in.CreatedAt != nil {
		line.customer.CreatedAt = in.CreatedAt.UTC().Truncate(time.Microsecond)
	}
	if in.Confirmed {
		confirmed := s.Store.Now()
		line.customer.ConfirmedAt = &confirmed
	}
	if err := setEmail(&line.customer, *in.Email); err != nil {
		return line, err
	}
	return line, s.importPassword(ctx, &line.customer, in)
}

func (s *Service) importPassword(ctx context.Context, customer *model.Customer, in importedCustomer) error {
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

// importAll stores a batch in one transaction. When a line of it cannot be
// stored, the batch is done again line by line, so that the others are.
func (s *Service) importAll(ctx context.Context, batch []importLine, options ImportOptions, report *ImportReport) error {
	if len(batch) == 0 {
		return nil
	}
	var done ImportReport
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		done = ImportReport{}
		for i := range batch {
			present, err := s.importOne(tx, batch[i])
			if err != nil {
				return err
			}
			if present {
				done.Present++
			} else {
				done.Imported++
			}
		}
		return nil
	})
	switch {
	case err == nil:
		report.Imported += done.Imported
		report.Present += done.Present
		return nil
	case !isLinesFault(err):
		return err
	case len(batch) == 1:
		options.bad(batch[0].number, err, report)
		return nil
	}
	for i := range batch {
		if err := s.importAll(ctx, batch[i:i+1], options, report); err != nil {
			return err
		}
	}
	return nil
}

// isLinesFault reports whether it is the line that is at fault, and not the
// database or its reader.
func isLinesFault(err error) bool {
	fault, known := errors.AsType[*errors.Error](err)
	return known && fault.Kind == errors.Invalid
}

// importOne stores a line, unless its customer is there already.
func (s *Service) importOne(tx *store.Tx, line importLine) (present bool, err error) {
	customer := line.customer
	if present, err = s.isPresent(tx, customer); present || err != nil {
		return present, err
	}
	if err := insert(tx, &customer); err != nil {
		return false, err
	}
	placed := false
	for _, input := range line.addresses {
		address := &model.Address{ID: uuid.NewString(), CustomerID: customer.ID}
		applyAddress(address, input)
		if err := tx.CreateAddress(address); err != nil {
			return false, err
		}
		placed = applyDefaults(&customer, address, input, false) || placed
	}
	if placed {
		return false, tx.SaveCustomer(&customer)
	}
	return false, nil
}

// isPresent reports whether a line was imported before: by its reference, or,
// where it has none, by its address.
func (s *Service) isPresent(tx *store.Tx, customer model.Customer) (bool, error) {
	if customer.Reference == "" && customer.HasAccount() {
		_, err := tx.CustomerByEmail(customer.Store, *customer.EmailKey)
		return found(err)
	}
	if customer.Reference == "" {
		guests, _, err := tx.CustomerPage(CustomerFilter{Store: customer.Store, EmailKey: *customer.EmailKey, Limit: 1})
		return len(guests) > 0, err
	}
	_, err := tx.Customer(customer.Reference)
	return found(err)
}

func found(err error) (bool, error) {
	if errors.Is(err, errors.CustomerNotFound) {
		return false, nil
	}
	return err == nil, err
}

// given is a field of an import: null and absent are the same there.
func given[T any](name string, value *T) Field[T] {
	return Field[T]{Name: name, Given: value != nil, Value: value}
}

func (in importedCustomer) profile() Profile {
	return Profile{
		Email:              given("email", in.Email),
		Gender:             given("gender", in.Gender),
		Salutation:         given("salutation", in.Salutation),
		FirstName:          given("firstName", in.FirstName),
		LastName:           given("lastName", in.LastName),
		DateOfBirth:        given("dateOfBirth", in.DateOfBirth),
		Phone:              given("phone", in.Phone),
		Locale:             given("locale", in.Locale),
		Identification:     given("identification", in.Identification),
		IdentificationType: given("identificationType", in.IdentificationType),
		CustomerType:       given("customerType", in.CustomerType),
	}
}

func (in importedAddress) input() AddressInput {
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
		DefaultShipping: given("isDefaultShipping", in.IsDefaultShipping),
		DefaultBilling:  given("isDefaultBilling", in.IsDefaultBilling),
	}
}
