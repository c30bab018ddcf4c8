package store

import (
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// Newcomer is a customer who is added with all that is theirs.
type Newcomer struct {
	// Customer has, of the default places, those of addresses: ids of Addresses. What
	// has no number gets the next, and what has no reference one with its number.
	Customer  model.Customer
	Addresses []model.Address // with ids, as Sources
	Consents  []model.Consent
	Groups    []string // names, each once
	Sources   []model.PaymentSource
	Default   string // id of one of Sources, or ""
}

// rowsAtOnce bounds a statement that has each value by itself.
const rowsAtOnce = 100

// HoldNumbers keeps everybody else from adding customers to a store until the
// transaction ends: what it finds missing then, nobody adds meanwhile.
func (tx *Tx) HoldNumbers(store string) error {
	_, err := tx.lastNumber(store)
	return err
}

// lastNumber returns the last number given in a store, and holds it.
func (tx *Tx) lastNumber(store string) (last int64, err error) {
	const hold = `
		INSERT INTO reference_counters (store, last)
		VALUES      (?, 0)
		ON CONFLICT (store) DO UPDATE
		SET         last = reference_counters.last
		RETURNING   last`
	return last, scan(tx.db.Raw(hold, store), &last)
}

// KnownReferences returns which of the references are somebody's, in whatever store.
func (tx *Tx) KnownReferences(references []string) (map[string]bool, error) {
	var known []string
	query, err := tx.among(tx.db.Model(&model.Customer{}), clause.Column{Name: "reference"}, references)
	if err == nil {
		err = query.Pluck("reference", &known).Error
	}
	set := make(map[string]bool, len(known))
	for _, reference := range known {
		set[reference] = true
	}
	return set, err
}

// KnownEmails returns which of the addresses, in normal form, a customer of the store
// has; the value is whether one has an account with it.
func (tx *Tx) KnownEmails(store string, emailKeys []string) (map[string]bool, error) {
	var found []struct {
		EmailKey string
		Account  bool
	}
	query, err := tx.among(tx.db.Model(&model.Customer{}).Where("store = ?", store), clause.Column{Name: "email_key"}, emailKeys)
	if err == nil {
		err = query.Select("email_key", "password_hash IS NOT NULL AND anonymized_at IS NULL AS account").Find(&found).Error
	}
	known := make(map[string]bool, len(found))
	for _, one := range found {
		known[one.EmailKey] = known[one.EmailKey] || one.Account
	}
	return known, err
}

// among narrows a query to rows that have one of many texts in a column. The texts are
// one value: of a list with a thousand placeholders PostgreSQL may compare all with
// every row.
func (tx *Tx) among(query *gorm.DB, column clause.Column, texts []string) (*gorm.DB, error) {
	if texts == nil {
		texts = []string{}
	}
	list, err := json.Marshal(texts)
	if tx.dialect == sqliteDialect {
		return query.Where("? IN (SELECT value FROM json_each(?))", column, string(list)), err
	}
	return query.Where("? IN (SELECT json_array_elements_text(?::json))", column, string(list)), err
}

// AddNewcomers adds customers to a store, in a few statements for all of them. The
// structs are left as they are: of each customer a copy is stored, with numbers that
// rise in the order of the list. Groups that the store does not have are made.
//
// It returns EmailTaken, ResourceIDTaken for a reference or a number that was chosen,
// CharactersInvalid; nobody was added then, and the transaction is over.
func (tx *Tx) AddNewcomers(store string, newcomers []Newcomer) error {
	customers, err := tx.addCustomers(store, newcomers)
	if err != nil {
		return err
	}
	return tx.addBelongings(store, newcomers, func(i int) int64 { return customers[i].ID })
}

// addCustomers adds the rows of the customers alone, and returns them in order.
func (tx *Tx) addCustomers(store string, newcomers []Newcomer) ([]model.Customer, error) {
	if err := tx.deferDefaults(); err != nil {
		return nil, err
	}
	customers := make([]model.Customer, len(newcomers))
	for i := range newcomers {
		customers[i] = newcomers[i].Customer
		customers[i].Store, customers[i].Version = store, 1
		setTime(&customers[i].CreatedAt, tx.Now)
		setTime(&customers[i].UpdatedAt, tx.Now)
		complete(&customers[i])
	}
	if err := tx.numberAll(store, customers); err != nil {
		return nil, err
	}
	return customers, tx.addCustomerRows(customers)
}

// addCustomerRows adds rows and sets their ids.
func (tx *Tx) addCustomerRows(customers []model.Customer) error {
	if tx.dialect == sqliteDialect {
		return addRows(tx, customers, nil)
	}
	const insert = `
		INSERT INTO customers (
		            store, number, reference, email, email_key, pending_email, pending_email_key, salutation, first_name,
		            last_name, full_name, gender, date_of_birth, phone, locale, identification, identification_type,
		            customer_type, metadata, extra, note, provider_ids, request_to_be_forgotten, terms_version,
		            password_hash, credential_version, confirmed_at, disabled_at, anonymized_at, merged_into, claimed_by,
		            default_shipping_address_id, default_billing_address_id, search, version, created_at, updated_at)
		SELECT      "Store", "Number", "Reference", "Email", "EmailKey", "PendingEmail", "PendingEmailKey", "Salutation", "FirstName",
		            "LastName", "FullName", "Gender", "DateOfBirth", "Phone", "Locale", "Identification", "IdentificationType",
		            "CustomerType", "Metadata", "Extra", "Note", "ProviderIDs", "RequestToBeForgotten", "TermsVersion",
		            "PasswordHash", "CredentialVersion", "ConfirmedAt", "DisabledAt", "AnonymizedAt", "MergedInto", "ClaimedBy",
		            "DefaultShippingAddressID", "DefaultBillingAddressID", "Search", "Version", "CreatedAt", "UpdatedAt"
		FROM        json_to_recordset($1) AS row (
		            "Store" text, "Number" bigint, "Reference" text, "Email" text, "EmailKey" text, "PendingEmail" text,
		            "PendingEmailKey" text, "Salutation" text, "FirstName" text, "LastName" text, "FullName" text, "Gender" text,
		            "DateOfBirth" text, "Phone" text, "Locale" text, "Identification" text, "IdentificationType" text,
		            "CustomerType" text, "Metadata" text, "Extra" text, "Note" text, "ProviderIDs" text,
		            "RequestToBeForgotten" boolean, "TermsVersion" text, "PasswordHash" text, "CredentialVersion" bigint,
		            "ConfirmedAt" timestamptz, "DisabledAt" timestamptz, "AnonymizedAt" timestamptz, "MergedInto" text,
		            "ClaimedBy" bigint, "DefaultShippingAddressID" text, "DefaultBillingAddressID" text, "Search" text,
		            "Version" bigint, "CreatedAt" timestamptz, "UpdatedAt" timestamptz)
		RETURNING   reference, id`
	ids := make(map[string]int64, len(customers)) // in whatever order they are returned
	err := addAtOnce(tx, insert, customers, func(rows *sql.Rows) error {
		var reference string
		var id int64
		err := rows.Scan(&reference, &id)
		ids[reference] = id
		return err
	})
	for i := range customers {
		customers[i].ID = ids[customers[i].Reference]
	}
	return err
}

func (tx *Tx) addAddressRows(addresses []model.Address) error {
	if tx.dialect == sqliteDialect {
		return addRows(tx, addresses, errors.CustomerNotFound)
	}
	const insert = `
		INSERT INTO addresses (
		            id, customer_id, salutation, first_name, last_name, address1, address2, address3, zip_code, city, iso2_code,
		            company, phone, house_number, floor, locality, province, metadata, version, created_at, updated_at)
		SELECT      "ID", "CustomerID", "Salutation", "FirstName", "LastName", "Address1", "Address2", "Address3", "ZipCode", "City", "ISO2Code",
		            "Company", "Phone", "HouseNumber", "Floor", "Locality", "Province", "Metadata", "Version", "CreatedAt", "UpdatedAt"
		FROM        json_to_recordset($1) AS row (
		            "ID" text, "CustomerID" bigint, "Salutation" text, "FirstName" text, "LastName" text, "Address1" text, "Address2" text,
		            "Address3" text, "ZipCode" text, "City" text, "ISO2Code" text, "Company" text, "Phone" text, "HouseNumber" text,
		            "Floor" text, "Locality" text, "Province" text, "Metadata" text, "Version" bigint, "CreatedAt" timestamptz,
		            "UpdatedAt" timestamptz)`
	return addAtOnce(tx, insert, addresses, nil)
}

// addAtOnce adds rows in their order by a statement for PostgreSQL that takes them as one
// value, a JSON array. With a placeholder for each value of a row, the server spends
// more time on the statement than on the rows.
func addAtOnce[T any](tx *Tx, insert string, rows []T, returned func(*sql.Rows) error) (err error) {
	if len(rows) == 0 {
		return nil
	}
	if err := allStorable(tx, rows); err != nil {
		return err
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // objects of free form are kept as model.JSON would write them
	if err := encoder.Encode(rows); err != nil {
		return err
	}
	found, err := tx.db.Statement.ConnPool.QueryContext(tx.Context(), insert, text.String())
	if err != nil {
		return refusal(err, nil)
	}
	defer found.Close()
	for found.Next() {
		if err := returned(found); err != nil {
			return err
		}
	}
	return refusal(found.Err(), nil)
}

func allStorable[T any](tx *Tx, rows []T) error {
	for i := range rows {
		if err := tx.storable(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// deferDefaults has the rule that a default is an address of the same customer wait for
// the end of the transaction. Else each row would be written twice: as long as
// nothing may refer to an address that is not there yet.
func (tx *Tx) deferDefaults() error {
	if tx.dialect == sqliteDialect {
		return tx.db.Exec("PRAGMA defer_foreign_keys = ON").Error
	}
	return tx.db.Exec("SET CONSTRAINTS customers_default_shipping_address, customers_default_billing_address DEFERRED").Error
}

// numberAll gives customers what they miss of number and reference: each the number
// after the highest that was given before it. Numbers that others of the list have
// chosen are passed over, and so are those whose reference somebody chose.
func (tx *Tx) numberAll(store string, customers []model.Customer) error {
	last, err := tx.lastNumber(store)
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for i := range customers {
		if number := customers[i].Number; number != 0 {
			taken[generatedReference(store, number)] = true
		}
	}
	for {
		numbered, generated, highest := withNumbers(store, customers, last, taken)
		known, err := tx.KnownReferences(generated)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			copy(customers, numbered)
			return tx.RaiseCounter(store, highest)
		}
		maps.Copy(taken, known)
	}
}

// withNumbers returns the customers with number and reference, the references that it made,
// none of which is taken, and the highest number.
func withNumbers(store string, customers []model.Customer, last int64, taken map[string]bool) (numbered []model.Customer, generated []string, highest int64) {
	numbered = slices.Clone(customers)
	for i := range numbered {
		customer := &numbered[i]
		if customer.Number == 0 {
			for last++; taken[generatedReference(store, last)]; last++ {
			}
			customer.Number = last
		}
		if customer.Reference == "" {
			customer.Reference = generatedReference(store, customer.Number)
			generated = append(generated, customer.Reference)
		}
		last = max(last, customer.Number)
	}
	return numbered, generated, last
}

func generatedReference(store string, number int64) string {
	return store + "--" + strconv.FormatInt(number, 10)
}

// addBelongings adds what is the customers', whose ids owner tells.
func (tx *Tx) addBelongings(store string, newcomers []Newcomer, owner func(i int) int64) error {
	var addresses []model.Address
	var consents []model.Consent
	for i := range newcomers {
		for _, address := range newcomers[i].Addresses {
			address.CustomerID, address.Version, address.CreatedAt, address.UpdatedAt = owner(i), 1, tx.Now, tx.Now
			if address.Metadata == nil {
				address.Metadata = model.JSON{}
			}
			addresses = append(addresses, address)
		}
		for _, consent := range newcomers[i].Consents {
			consent.CustomerID = owner(i)
			setTime(&consent.AcceptedAt, tx.Now)
			consents = append(consents, consent)
		}
	}
	if err := tx.addAddressRows(addresses); err != nil {
		return err
	}
	if err := addRows(tx, consents, errors.CustomerNotFound); err != nil {
		return err
	}
	if err := tx.addSources(store, newcomers, owner); err != nil {
		return err
	}
	return tx.addMembers(store, newcomers, owner)
}

func (tx *Tx) addSources(store string, newcomers []Newcomer, owner func(i int) int64) error {
	var sources []model.PaymentSource
	var defaults []string
	for i := range newcomers {
		for _, source := range newcomers[i].Sources {
			id := owner(i)
			source.Store, source.CustomerID, source.Version, source.CreatedAt, source.UpdatedAt = store, &id, 1, tx.Now, tx.Now
			if source.Metadata == nil {
				source.Metadata = model.JSON{}
			}
			sources = append(sources, source)
		}
		if newcomers[i].Default != "" {
			defaults = append(defaults, newcomers[i].Default)
		}
	}
	if err := addRows(tx, sources, errors.CustomerNotFound); err != nil || len(defaults) == 0 {
		return err
	}
	const place = `
		UPDATE customers
		SET    default_source_id = (SELECT id FROM payment_sources WHERE customer_id = customers.id AND id IN ?)
		WHERE  id IN (SELECT customer_id FROM payment_sources WHERE id IN ?)`
	return tx.db.Exec(place, defaults, defaults).Error
}

// addMembers puts customers into groups by name.
func (tx *Tx) addMembers(store string, newcomers []Newcomer, owner func(i int) int64) error {
	wanted := map[string]bool{}
	for i := range newcomers {
		for _, name := range newcomers[i].Groups {
			wanted[name] = true
		}
	}
	numbers, err := tx.groupsNamed(store, slices.Sorted(maps.Keys(wanted)))
	if err != nil {
		return err
	}
	var members []model.CustomerGroupMember
	for i := range newcomers {
		for _, name := range newcomers[i].Groups {
			members = append(members, model.CustomerGroupMember{CustomerID: owner(i), GroupNumber: numbers[name]})
		}
	}
	return addRows(tx, members, errors.GroupNotFound)
}

// groupsNamed returns the numbers of groups by their names. Those that the store does
// not have are made.
func (tx *Tx) groupsNamed(store string, names []string) (numbers map[string]int64, err error) {
	numbers = map[string]int64{}
	for some := range slices.Chunk(names, MaxPage) {
		found, err := many[model.CustomerGroup](tx.db.Where("store = ? AND name IN ?", store, some))
		if err != nil {
			return nil, err
		}
		for _, group := range found {
			numbers[group.Name] = group.Number
		}
	}
	for _, name := range names {
		if numbers[name] != 0 {
			continue
		}
		group := model.CustomerGroup{ID: uuid.NewString(), Store: store, Name: name}
		switch err := tx.AddCustomerGroup(&group); {
		case errors.Is(err, errors.GroupNameTaken): // since it was looked for
			return nil, ErrAgain
		case err != nil:
			return nil, err
		}
		numbers[name] = group.Number
	}
	return numbers, nil
}

// addRows adds rows in their order. What they refer to and is not there is answered
// with missing.
func addRows[T any](tx *Tx, rows []T, missing *errors.Error) error {
	if err := allStorable(tx, rows); err != nil {
		return err
	}
	for some := range slices.Chunk(rows, rowsAtOnce) {
		if err := refusal(tx.db.Create(&some).Error, missing); err != nil {
			return err
		}
	}
	return nil
}
