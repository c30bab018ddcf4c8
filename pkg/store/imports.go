package store

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

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
	const query = `
		SELECT wanted.text
		FROM   ? AS wanted
		WHERE  (SELECT count(*) FROM customers WHERE reference = wanted.text) > 0`
	set := map[string]bool{}
	if len(references) == 0 {
		return set, nil
	}
	wanted, err := tx.table(references)
	if err != nil {
		return nil, err
	}
	var known []string
	err = tx.db.Raw(query, wanted).Scan(&known).Error
	for _, reference := range known {
		set[reference] = true
	}
	return set, err
}

// KnownEmails returns which of the addresses, in normal form, a customer of the store
// has; the value is whether one has an account with it.
func (tx *Tx) KnownEmails(store string, emailKeys []string) (map[string]bool, error) {
	const query = `
		SELECT wanted.text AS email_key,
		       (SELECT max(CASE WHEN password_hash IS NOT NULL AND anonymized_at IS NULL THEN 1 ELSE 0 END)
		        FROM   customers
		        WHERE  store = ? AND email_key = wanted.text) AS accounts
		FROM   ? AS wanted`
	known := map[string]bool{}
	if len(emailKeys) == 0 {
		return known, nil
	}
	wanted, err := tx.table(emailKeys)
	if err != nil {
		return nil, err
	}
	var found []struct {
		EmailKey string
		Accounts *int64 // nil where nobody has the address
	}
	err = tx.db.Raw(query, store, wanted).Scan(&found).Error
	for _, one := range found {
		if one.Accounts != nil {
			known[one.EmailKey] = *one.Accounts > 0
		}
	}
	return known, err
}

// table is texts as a table of one column, text, for a query that looks each of them up
// by itself, in a subquery. A join would not do: PostgreSQL keeps the plan that it made
// while there were few customers, and reads all of them for each batch. Nor would a
// thousand placeholders, all of which it may compare with every row.
func (tx *Tx) table(texts []string) (clause.Expr, error) {
	if tx.dialect == postgresDialect {
		return clause.Expr{SQL: "(SELECT unnest(?::text[]) AS text)", Vars: []any{&texts}}, nil
	}
	list, err := json.Marshal(texts)
	return clause.Expr{SQL: "(SELECT value AS text FROM json_each(?))", Vars: []any{string(list)}}, err
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
	if err := tx.drawIDs(customers); err != nil {
		return nil, err
	}
	return customers, addRows(tx, customers, nil)
}

// drawIDs gives customers the ids that they will have. Statements for many rows need not
// return them in order.
func (tx *Tx) drawIDs(customers []model.Customer) error {
	if tx.dialect == sqliteDialect {
		return nil // they come one by one
	}
	const draw = "SELECT nextval(pg_get_serial_sequence('customers', 'id')) FROM generate_series(1, ?::bigint)"
	var ids []int64
	if err := tx.db.Raw(draw, len(customers)).Scan(&ids).Error; err != nil {
		return err
	}
	for i := range customers {
		customers[i].ID = ids[i]
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
	if err := addRows(tx, addresses, errors.CustomerNotFound); err != nil {
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
	if len(rows) == 0 {
		return nil
	}
	if tx.dialect == postgresDialect { // which refuses by itself what is not storable
		return refusal(addColumns(tx, rows), missing)
	}
	for i := range rows {
		if err := tx.storable(&rows[i]); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(rows, rowsAtOnce) {
		if err := refusal(tx.db.Create(&some).Error, missing); err != nil {
			return err
		}
	}
	return nil
}

// addColumns adds rows by one statement for PostgreSQL that takes each column as one
// value, an array. With a placeholder for each value of a row, the server spends more
// time on the statement than on the rows. A column that no row has a value for is left
// out: the database gives an id, and for the others NULL.
func addColumns[T any](tx *Tx, rows []T) error {
	statement := &gorm.Statement{DB: tx.db}
	if err := statement.Parse(&rows[0]); err != nil {
		return err
	}
	values := reflect.ValueOf(rows)
	var names []any
	var columns []clause.Expression
	for _, field := range statement.Schema.Fields {
		array, empty := make([]any, len(rows)), true
		for i := range array {
			var isZero bool
			array[i], isZero = field.ValueOf(tx.Context(), values.Index(i))
			empty = empty && isZero
		}
		if empty && (field.AutoIncrement || field.FieldType.Kind() == reflect.Pointer) {
			continue
		}
		names = append(names, clause.Column{Name: field.DBName})
		columns = append(columns, unnested(field.DataType, &array))
	}
	return tx.db.Exec("INSERT INTO ? ? SELECT ?", clause.Table{Name: statement.Schema.Table}, names, clause.CommaExpression{Exprs: columns}).Error
}

// unnested is a column of values. The array is behind a pointer because GORM makes a
// list of placeholders of a slice.
func unnested(of schema.DataType, array *[]any) clause.Expr {
	switch of {
	case schema.Int:
		return clause.Expr{SQL: "unnest(?::bigint[])", Vars: []any{array}}
	case schema.Bool:
		return clause.Expr{SQL: "unnest(?::boolean[])", Vars: []any{array}}
	case schema.Time:
		return clause.Expr{SQL: "unnest(?::timestamptz[])", Vars: []any{array}}
	default:
		return clause.Expr{SQL: "unnest(?::text[])", Vars: []any{array}}
	}
}
