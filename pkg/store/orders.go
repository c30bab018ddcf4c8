package store

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// Order returns the order with this id in a store, or RouteNotFound.
func (tx *Tx) Order(store, id string) (*model.Order, error) {
	if !isStorable(id) {
		return nil, errors.RouteNotFound
	}
	return one[model.Order](tx.db.Where("store = ? AND id = ?", store, id), errors.RouteNotFound)
}

// Orders returns the orders of a store with these ids, by id.
func (tx *Tx) Orders(store string, ids []string) (map[string]*model.Order, error) {
	return ordersNamed(tx.db, store, ids)
}

// LockOrders is Orders, and keeps others from changing them until the transaction ends.
// The customers whose they are have to be locked before.
func (tx *Tx) LockOrders(store string, ids []string) (map[string]*model.Order, error) {
	return ordersNamed(tx.locking().Order("number"), store, ids)
}

func ordersNamed(query *gorm.DB, store string, ids []string) (map[string]*model.Order, error) {
	found := map[string]*model.Order{}
	if len(ids) == 0 {
		return found, nil
	}
	orders, err := many[model.Order](query.Where("store = ? AND id IN ?", store, ids))
	for i := range orders {
		found[orders[i].ID] = &orders[i]
	}
	return found, err
}

// AddOrder adds an order. Where another transaction was first, the unit of work is done
// again. It returns CharactersInvalid.
func (tx *Tx) AddOrder(order *model.Order) error {
	keep(tx, order)
	completeOrder(order)
	if err := tx.storable(order); err != nil {
		return err
	}
	result := tx.db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "store"}, {Name: "id"}}, DoNothing: true}).Create(order)
	if result.Error == nil && result.RowsAffected == 0 {
		return ErrAgain
	}
	return refusal(result.Error, nil)
}

// SaveOrder writes all of an order that this transaction holds. It returns
// CharactersInvalid.
func (tx *Tx) SaveOrder(order *model.Order) error {
	completeOrder(order)
	if err := tx.storable(order); err != nil {
		return err
	}
	return refusal(tx.db.Select("*").Omit("number", "store", "id").UpdateColumns(order).Error, nil)
}

// completeOrder fills what follows from the rest.
func completeOrder(order *model.Order) {
	lines := []string{text(order.Email), order.RelatedText("shippingAddress", "firstName", "first_name"), order.RelatedText("shippingAddress", "phone")}
	if order.DisplayID != nil {
		lines = append(lines, strconv.FormatInt(*order.DisplayID, 10))
	}
	order.Search = fold(strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n"))
	for _, object := range []*model.JSON{&order.Metadata, &order.Related} {
		if *object == nil {
			*object = model.JSON{}
		}
	}
}

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

// ErasedOrders returns those of the ids that orders of erased customers had.
func (tx *Tx) ErasedOrders(store string, ids []string) (erased []string, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return erased, tx.db.Table("erased_orders").Where("store = ? AND id IN ?", store, ids).Pluck("id", &erased).Error
}

// CustomersNamed returns the customers of a store with these references, by reference.
func (tx *Tx) CustomersNamed(store string, references []string) (map[string]*model.Customer, error) {
	references = slices.DeleteFunc(slices.Clone(references), func(r string) bool { return r == "" || !isStorable(r) })
	return customersBy(tx.db.Where("store = ? AND reference IN ?", store, references), len(references), func(c *model.Customer) string { return c.Reference })
}

// AccountsOf returns the accounts that own these e-mail addresses in a store, by
// address: as CustomerByEmail.
func (tx *Tx) AccountsOf(store string, emailKeys []string) (map[string]*model.Customer, error) {
	owners := tx.db.Where("store = ? AND email_key IN ? AND password_hash IS NOT NULL AND anonymized_at IS NULL", store, emailKeys)
	return customersBy(owners, len(emailKeys), func(c *model.Customer) string { return *c.EmailKey })
}

// LockCustomers is LockCustomer for several at once, by id. Those that are not there
// are left out.
func (tx *Tx) LockCustomers(ids []int64) (map[int64]*model.Customer, error) {
	for _, id := range ids {
		tx.touch(id)
	}
	return customersBy(tx.locking().Where("id IN ?", ids).Order("id"), len(ids), func(c *model.Customer) int64 { return c.ID })
}

func customersBy[K comparable](query *gorm.DB, asked int, key func(*model.Customer) K) (map[K]*model.Customer, error) {
	found := map[K]*model.Customer{}
	if asked == 0 {
		return found, nil
	}
	customers, err := many[model.Customer](query)
	for i := range customers {
		found[key(&customers[i])] = &customers[i]
	}
	return found, err
}

// HoldAddresses keeps others from linking orders of these e-mail addresses until the
// transaction ends: an order that is added for one is then seen by whoever proves it,
// or sees that it was proven. On SQLite there is nobody else.
func (tx *Tx) HoldAddresses(store string, emailKeys ...string) error {
	if tx.dialect == sqliteDialect {
		return nil
	}
	for _, key := range slices.Sorted(slices.Values(emailKeys)) { // in one order, so that no two wait for each other
		if err := tx.db.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", store+" "+key).Error; err != nil {
			return err
		}
	}
	return nil
}

// LinkOrders gives a customer, whom the transaction holds, the orders of their e-mail
// address that wait, and returns the ids of these.
func (tx *Tx) LinkOrders(customer *model.Customer) (ids []string, err error) {
	if customer.EmailKey == nil {
		return nil, nil
	}
	if err := tx.HoldAddresses(customer.Store, *customer.EmailKey); err != nil {
		return nil, err
	}
	const link = `
		UPDATE orders
		SET    customer_id = ?
		WHERE  store = ? AND email_key = ? AND customer_id IS NULL
		RETURNING id`
	if err := tx.db.Raw(link, customer.ID, customer.Store, *customer.EmailKey).Scan(&ids).Error; err != nil || len(ids) == 0 {
		return nil, err
	}
	slices.Sort(ids)
	return ids, tx.SumOrders(customer.ID)
}

// MoveOrders gives one customer's orders to another. Both are locked by the caller.
func (tx *Tx) MoveOrders(from, to int64) error {
	if err := tx.db.Exec("UPDATE orders SET customer_id = ? WHERE customer_id = ?", to, from).Error; err != nil {
		return err
	}
	return tx.SumOrders(from, to)
}

// SumOrders writes anew what follows from the orders of customers: the last one, and
// what they have spent in its currency on orders that are paid and not cancelled, less
// what was given back. It is no change of the customers: their versions stay.
func (tx *Tx) SumOrders(customerIDs ...int64) error {
	const (
		last = `FROM orders AS o WHERE o.customer_id = customers.id ORDER BY o.created_at DESC, o.number DESC LIMIT 1`
		sum  = `
		UPDATE customers
		SET    last_order_id = (SELECT o.id ` + last + `),
		       total_spent_currency = (SELECT o.currency_code ` + last + `),
		       total_spent = coalesce((
		           SELECT CAST(sum(coalesce(p.total, 0) - coalesce(p.refunded_total, 0)) AS bigint)
		           FROM   orders AS p
		           WHERE  p.customer_id = customers.id AND p.canceled_at IS NULL AND p.status <> 'canceled'
		           AND    p.payment_status IN ('captured', 'partially_refunded')
		           AND    p.currency_code = (SELECT o.currency_code ` + last + `)), 0)
		WHERE  id IN ?`
	)
	if len(customerIDs) == 0 {
		return nil
	}
	return tx.db.Exec(sum, customerIDs).Error
}

// eraseOrders removes the orders of a customer. Their ids stay, so that the order
// service cannot bring one back.
func (tx *Tx) eraseOrders(customerID int64) error {
	const leave = `
		INSERT INTO erased_orders (store, id, version)
		SELECT store, id, version FROM orders WHERE customer_id = ?`
	if err := tx.db.Exec(leave, customerID).Error; err != nil {
		return err
	}
	if err := tx.db.Exec("DELETE FROM orders WHERE customer_id = ?", customerID).Error; err != nil {
		return err
	}
	return tx.SumOrders(customerID)
}

// OrderFilter narrows, orders and pages the orders of one customer. What is left at its
// zero value does not narrow.
type OrderFilter struct {
	Customer int64 // required

	ID           []string
	CartID       string
	CurrencyCode string // upper case
	DisplayID    *int64
	Email        string // as it was asked for; the store looks at EmailKey alone
	EmailKey     string // normal form
	RegionID     string
	TaxRate      *float64
	Q            string // part of what an order is searched in; case and accents do not count

	Status, FulfillmentStatus, PaymentStatus []string // one of these

	CanceledAt, CreatedAt, UpdatedAt Bounds[time.Time]

	Sort []Order // the newest first where it leaves orders equal

	Offset int
	Limit  int // 1 to MaxPage; what is beyond counts as MaxPage, 0 finds nobody

	// A cursor instead of sort and offset: orders that were first told of before the one
	// with this number, or the last ones after it. The list has the latest first, its
	// first page too, which has neither number.
	ByCursor     bool
	AfterNumber  *int64
	BeforeNumber *int64

	Total bool // count all that the filter finds, cursor and page apart
}

// orderSortColumns is the list of what may stand in ORDER BY.
var orderSortColumns = map[string]string{"createdAt": "created_at", "updatedAt": "updated_at", "displayId": "display_id", "total": "total"}

// OrderPage returns a page of a customer's orders, and how many there are in all when
// the filter wants it, else 0. It returns SortUnknown for a field that is not in the
// list.
func (tx *Tx) OrderPage(filter OrderFilter) (page []model.Order, total int64, err error) {
	if filter.hopeless() {
		return []model.Order{}, 0, nil
	}
	if filter.Total {
		if err := filter.narrow(tx.db.Model(&model.Order{})).Count(&total).Error; err != nil {
			return nil, 0, err
		}
	}
	if filter.ByCursor {
		page, err = readStretch[model.Order](filter.narrow(tx.db), stretch{clause.Column{Name: "number"}, filter.AfterNumber, filter.BeforeNumber, true, filter.Limit})
		return page, total, err
	}
	query, err := filter.order(filter.narrow(tx.db))
	if err != nil {
		return nil, 0, err
	}
	page, err = many[model.Order](query.Limit(min(max(filter.Limit, 0), MaxPage)))
	return page, total, err
}

// hopeless reports whether the filter asks for what cannot be stored.
func (f OrderFilter) hopeless() bool {
	texts := slices.Concat([]string{f.CartID, f.CurrencyCode, f.EmailKey, f.RegionID, f.Q}, f.ID, f.Status, f.FulfillmentStatus, f.PaymentStatus)
	return slices.ContainsFunc(texts, func(text string) bool { return !isStorable(text) })
}

func (f OrderFilter) narrow(query *gorm.DB) *gorm.DB {
	query = query.Where("customer_id = ?", f.Customer)
	for _, wanted := range []struct{ column, value string }{{"cart_id", f.CartID}, {"currency_code", f.CurrencyCode}, {"email_key", f.EmailKey}, {"region_id", f.RegionID}} {
		if wanted.value != "" {
			query = query.Where(clause.Eq{Column: wanted.column, Value: wanted.value})
		}
	}
	for _, wanted := range []struct {
		column string
		values []string
	}{{"id", f.ID}, {"status", f.Status}, {"fulfillment_status", f.FulfillmentStatus}, {"payment_status", f.PaymentStatus}} {
		if wanted.values != nil {
			query = query.Where(clause.IN{Column: wanted.column, Values: anys(wanted.values)})
		}
	}
	if f.DisplayID != nil {
		query = query.Where("display_id = ?", *f.DisplayID)
	}
	if f.TaxRate != nil {
		query = query.Where("tax_rate = ?", *f.TaxRate)
	}
	if f.Q != "" {
		query = query.Where(`search LIKE ? ESCAPE '\'`, "%"+literal.Replace(fold(f.Q))+"%")
	}
	query = f.CanceledAt.apply(query, "canceled_at")
	query = f.CreatedAt.apply(query, "created_at")
	return f.UpdatedAt.apply(query, "updated_at")
}

func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}

func (f OrderFilter) order(query *gorm.DB) (*gorm.DB, error) {
	var by []clause.Expression
	for _, order := range f.Sort {
		column, known := orderSortColumns[order.Field]
		if !known {
			return nil, errors.SortUnknown.With(order.Field)
		}
		term := clause.Expr{SQL: "?", Vars: []any{clause.Column{Name: column}}}
		if order.Descending {
			term.SQL += " DESC"
		}
		term.SQL += " NULLS LAST" // in both directions: left alone, the two databases disagree
		by = append(by, term)
	}
	by = append(by, clause.Expr{SQL: "created_at DESC"}, clause.Expr{SQL: "number DESC"})
	return query.Order(clause.OrderBy{Expression: clause.CommaExpression{Exprs: by}}).Offset(max(f.Offset, 0)), nil
}

// LatestOrders returns the newest orders of several customers, at most so many of each,
// by the customer's id, the newest first. Who has none is not in the map.
func (tx *Tx) LatestOrders(customerIDs []int64, most int) (map[int64][]model.Order, error) {
	found := map[int64][]model.Order{}
	if len(customerIDs) == 0 {
		return found, nil
	}
	const latest = `number IN (
		SELECT number
		FROM   (SELECT number, row_number() OVER (PARTITION BY customer_id ORDER BY created_at DESC, number DESC) AS place
		        FROM   orders
		        WHERE  customer_id IN ?) AS placed
		WHERE  place <= ?)`
	orders, err := many[model.Order](tx.db.Where(latest, customerIDs, most).Order("created_at DESC, number DESC"))
	for _, order := range orders {
		found[*order.CustomerID] = append(found[*order.CustomerID], order)
	}
	return found, err
}

// MatchesText reports whether a search for q finds one of the texts; case and accents
// do not count.
func MatchesText(q string, texts ...string) bool {
	q = fold(q)
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(fold(text), q) })
}
