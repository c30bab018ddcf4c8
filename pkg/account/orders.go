package account

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/currency"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// Orders are another service's. It tells of them here, as often as it likes and in
// whatever order, and customers read them.

// OrderInput is an order as the order service tells of it: the whole. What is absent is
// null, or its default.
type OrderInput struct {
	ID      string
	Version Field[int64] // counted by the order service

	Email, CurrencyCode, Status, FulfillmentStatus, PaymentStatus                      Text
	CartID, DraftOrderID, ExternalID, IdempotencyKey, RegionID, SalesChannelID         Text
	CreatedAt, UpdatedAt, CanceledAt                                                   Text // as Parse reads it
	DisplayID                                                                          Field[int64]
	NoNotification                                                                     Field[bool]
	TaxRate                                                                            Field[float64]
	DiscountTotal, GiftCardTaxTotal, GiftCardTotal, ItemTaxTotal, PaidTotal            Field[int64]
	RawDiscountTotal, RefundableAmount, RefundedTotal, ShippingTaxTotal, ShippingTotal Field[int64]
	Subtotal, TaxTotal, Total                                                          Field[int64]
	Metadata                                                                           Field[map[string]any]

	Customer string         // reference; "" leaves it to the e-mail address
	Related  map[string]any // as model.Order has it

	Parse func(string) (time.Time, error) // a time, as the caller's wire writes it
}

// MostOrders is how many orders are told of at once, and how many of the newest come
// along with a customer.
const (
	MostOrders   = 200
	NewestOrders = 100
)

// OrderStatuses lists what an order can be.
func OrderStatuses() []string {
	return []string{"archived", "canceled", "completed", "pending", "requires_action"}
}

// FulfillmentStatuses lists how far the goods of an order can be.
func FulfillmentStatuses() []string {
	return []string{"canceled", "fulfilled", "not_fulfilled", "partially_fulfilled", "partially_returned", "partially_shipped", "requires_action", "returned", "shipped"}
}

// PaymentStatuses lists how far its payment can be.
func PaymentStatuses() []string {
	return []string{"awaiting", "canceled", "captured", "not_paid", "partially_refunded", "refunded", "requires_action"}
}

// orderText is a text of an order, and where it goes.
type orderText struct {
	Text
	place **string
}

func (in OrderInput) texts(to *model.Order) []orderText {
	return []orderText{
		{in.CartID, &to.CartID}, {in.DraftOrderID, &to.DraftOrderID}, {in.ExternalID, &to.ExternalID},
		{in.IdempotencyKey, &to.IdempotencyKey}, {in.RegionID, &to.RegionID}, {in.SalesChannelID, &to.SalesChannelID},
	}
}

// orderChoice is one of a few words.
type orderChoice struct {
	Text
	choices   []string
	otherwise string
	place     *string
}

func (in OrderInput) choices(to *model.Order) []orderChoice {
	return []orderChoice{
		{in.FulfillmentStatus, FulfillmentStatuses(), "not_fulfilled", &to.FulfillmentStatus},
		{in.PaymentStatus, PaymentStatuses(), "not_paid", &to.PaymentStatus},
		{in.Status, OrderStatuses(), "pending", &to.Status},
	}
}

// orderAmount is a number of an order.
type orderAmount struct {
	Field[int64]
	place **int64
}

func (in OrderInput) amounts(to *model.Order) []orderAmount {
	return []orderAmount{
		{in.DiscountTotal, &to.DiscountTotal}, {in.DisplayID, &to.DisplayID}, {in.GiftCardTaxTotal, &to.GiftCardTaxTotal}, {in.GiftCardTotal, &to.GiftCardTotal},
		{in.ItemTaxTotal, &to.ItemTaxTotal}, {in.PaidTotal, &to.PaidTotal}, {in.RawDiscountTotal, &to.RawDiscountTotal},
		{in.RefundableAmount, &to.RefundableAmount}, {in.RefundedTotal, &to.RefundedTotal}, {in.ShippingTaxTotal, &to.ShippingTaxTotal},
		{in.ShippingTotal, &to.ShippingTotal}, {in.Subtotal, &to.Subtotal}, {in.TaxTotal, &to.TaxTotal}, {in.Total, &to.Total},
	}
}

func (in OrderInput) check() error {
	if !isOrderID(in.ID) {
		return errors.ResourceIDInvalid.At("/data/id")
	}
	var v validation
	var none model.Order
	v.integer(in.Version, true)
	if in.Version.is(func(version int64) bool { return version < 0 }) {
		v.faults.Add(errors.TypeInvalid.With("integer, 0 or more").On(in.Version.Name))
	}
	v.text(in.Email, false, isEmail, atMost(longestPath))
	v.text(in.CurrencyCode, false, func(value *string) *errors.Error { return isCurrency(upper(value)) })
	for _, one := range in.choices(&none) {
		v.text(one.Text, false, oneOf(one.choices, errors.ChoiceInvalid))
	}
	for _, one := range in.texts(&none) {
		v.text(one.Text, false, atMost(longestText))
	}
	for _, one := range []Text{in.CanceledAt, in.CreatedAt, in.UpdatedAt} {
		v.text(one, false, isMoment(in.Parse))
	}
	for _, one := range in.amounts(&none) {
		v.integer(one.Field, false)
	}
	v.flag(in.NoNotification, false)
	if in.TaxRate.Misfit {
		v.faults.Add(errors.TypeInvalid.With("number").On(in.TaxRate.Name))
	}
	v.object(in.Metadata)
	if holdsText(in.Related, hasNUL) {
		v.faults.Add(errors.CharactersInvalid.At("/data/relationships"))
	}
	return v.faults.Err()
}

// integer checks a whole number.
func (v *validation) integer(f Field[int64], required bool) {
	switch {
	case !f.Given && required:
		v.faults.Add(errors.FieldMissing.On(f.Name))
	case f.Misfit:
		v.faults.Add(errors.TypeInvalid.With("integer of up to 15 digits").On(f.Name))
	case f.Given && f.Value == nil && required:
		v.faults.Add(errors.ValueBlank.On(f.Name))
	}
}

// isMoment accepts what parse reads.
func isMoment(parse func(string) (time.Time, error)) rule {
	return func(value *string) *errors.Error {
		if value != nil {
			if _, err := parse(*value); err != nil {
				return errors.TimeInvalid
			}
		}
		return nil
	}
}

// isOrderID accepts what can be printed and stand in a path: 1 to 64 characters.
func isOrderID(id string) bool {
	strange := func(r rune) bool { return r == '/' || !unicode.IsPrint(r) }
	length := utf8.RuneCountInString(id)
	return length >= 1 && length <= 64 && utf8.ValidString(id) && !strings.ContainsFunc(id, strange) && strings.TrimSpace(id) == id && id != "." && id != ".."
}

func upper(value *string) *string {
	if value == nil {
		return nil
	}
	made := strings.ToUpper(*value)
	return &made
}

// apply makes the order what was told of it. The times of what is told of for the first
// time are those of now, unless they are given.
func (in OrderInput) apply(to *model.Order, now time.Time) error {
	to.Version = *in.Version.Value
	to.Email, to.EmailKey = nil, nil
	if in.Email.Value != nil && *in.Email.Value != "" {
		key, err := emailKey(*in.Email.Value)
		if err != nil {
			return errors.EmailInvalid.On(in.Email.Name).Because(err)
		}
		to.Email, to.EmailKey = in.Email.Value, &key
	}
	to.CurrencyCode = upper(in.CurrencyCode.Value)
	for _, one := range in.choices(to) {
		if *one.place = one.otherwise; one.Value != nil {
			*one.place = *one.Value
		}
	}
	for _, one := range in.texts(to) {
		one.Given = true
		assign(one.place, one.Text)
	}
	for _, one := range in.amounts(to) {
		*one.place = one.Value
	}
	to.NoNotification, to.TaxRate = in.NoNotification.Value, in.TaxRate.Value
	to.Metadata, to.Related = nil, in.Related
	if in.Metadata.Value != nil {
		to.Metadata = *in.Metadata.Value
	}
	to.CanceledAt = in.moment(in.CanceledAt)
	if to.UpdatedAt = now; in.UpdatedAt.Value != nil {
		to.UpdatedAt = *in.moment(in.UpdatedAt)
	}
	switch {
	case in.CreatedAt.Value != nil:
		to.CreatedAt = *in.moment(in.CreatedAt)
	case to.CreatedAt.IsZero():
		to.CreatedAt = now
	}
	if oversized(to.Metadata, to.Related) {
		return errors.PayloadTooLarge.At("/data")
	}
	return nil
}

// moment reads a time that check has accepted.
func (in OrderInput) moment(f Text) *time.Time {
	if f.Value == nil {
		return nil
	}
	at, _ := in.Parse(*f.Value)
	at = at.UTC().Truncate(time.Microsecond)
	return &at
}

// OrderChange is what became of an order that was told of.
type OrderChange int

// What can have become of it.
const (
	OrderCreated OrderChange = iota
	OrderUpdated
	OrderUnchanged // it was told of before
	OrderStale     // a later version was
)

// PutOrder is an order that was told of, as it is kept.
type PutOrder struct {
	Order    *model.Order
	Customer *model.Customer // nil while it waits
	Change   OrderChange
}

// PutOrders keeps what is told of orders, all of it or nothing, and returns them in the
// same order. An order whose version is not higher than the one that is kept stays as
// it is. No id may be there twice.
//
// An order that names no customer is given to the account that owns, and has proven,
// its e-mail address. Without one it waits; one that has a customer already keeps them
// for as long as it has that address.
//
// It needs an API key with OrderFeed. It returns Faults of attribute validation (901),
// ResourceIDInvalid, Unauthorized (411), CustomerNotFound (402), PayloadTooLarge for more
// than 64 KiB of metadata and related resources, and OrderErased for an order of somebody
// who was erased. place points at the order that an error is about.
func (s *Service) PutOrders(ctx context.Context, actor Actor, orders []OrderInput, place func(err error, index int) error) (put []PutOrder, err error) {
	var faults errors.Faults
	for i, in := range orders {
		if err := in.check(); err != nil {
			faults = append(faults, errors.List(place(err, i))...)
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if !actor.May(OrderFeed) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		f := &feed{tx: tx, store: s.storeOf(actor), orders: orders, place: place}
		if err := f.read(); err != nil {
			return err
		}
		put, err = s.putAll(tx, f)
		return err
	})
	return put, err
}

// feed is what orders are held against that are told of.
type feed struct {
	tx     *store.Tx
	store  string
	orders []OrderInput
	place  func(error, int) error

	stored    map[string]*model.Order
	customers map[int64]*model.Customer // locked
	named     map[string]*model.Customer
	owners    map[string]*model.Customer
}

// read finds the customers of the orders and locks all of it, customers first.
func (f *feed) read() error {
	ids, references, addresses := []string{}, []string{}, []string{}
	for _, in := range f.orders {
		ids = append(ids, in.ID)
		if in.Customer != "" {
			references = append(references, in.Customer)
		} else if key, err := emailKey(text(in.Email)); err == nil {
			addresses = append(addresses, key)
		}
	}
	before, err := f.tx.Orders(f.store, ids)
	if err != nil {
		return err
	}
	if f.named, err = f.tx.CustomersNamed(f.store, references); err != nil {
		return err
	}
	if err := f.readOwners(addresses); err != nil {
		return err
	}
	if err := f.lockCustomers(before); err != nil {
		return err
	}
	if f.stored, err = f.tx.LockOrders(f.store, ids); err != nil {
		return err
	}
	for _, id := range ids {
		if was, is := before[id], f.stored[id]; (was == nil) != (is == nil) || was != nil && !same(was.CustomerID, is.CustomerID) {
			return store.ErrAgain // it was changed before it was locked
		}
	}
	return nil
}

// readOwners finds who owns addresses. Where nobody does there is nobody to lock, and so
// the addresses are.
func (f *feed) readOwners(addresses []string) (err error) {
	if f.owners, err = f.tx.AccountsOf(f.store, addresses); err != nil {
		return err
	}
	nobodys := slices.DeleteFunc(addresses, func(key string) bool { return f.owners[key] != nil })
	if len(nobodys) == 0 {
		return nil
	}
	if err := f.tx.HoldAddresses(f.store, nobodys...); err != nil {
		return err
	}
	late, err := f.tx.AccountsOf(f.store, nobodys)
	if err == nil && len(late) > 0 {
		return store.ErrAgain
	}
	return err
}

func (f *feed) lockCustomers(before map[string]*model.Order) (err error) {
	involved := map[int64]bool{}
	for _, order := range before {
		if order.CustomerID != nil {
			involved[*order.CustomerID] = true
		}
	}
	for _, found := range []map[string]*model.Customer{f.named, f.owners} {
		for _, customer := range found {
			involved[customer.ID] = true
		}
	}
	f.customers, err = f.tx.LockCustomers(keysOf(involved))
	return err
}

func keysOf(set map[int64]bool) (keys []int64) {
	for key := range set {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func same[T comparable](one, other *T) bool {
	return (one == nil) == (other == nil) && (one == nil || *one == *other)
}

// customerOf tells whose an order is to be, nil for nobody's yet. former is the order as
// it was before, nil when there was none.
func (f *feed) customerOf(in OrderInput, order, former *model.Order) (*int64, error) {
	if in.Customer != "" {
		named := f.named[in.Customer]
		if named != nil {
			named = f.customers[named.ID]
		}
		if named == nil || named.AnonymizedAt != nil {
			return nil, errors.CustomerNotFound.At("/data/relationships/customer")
		}
		return f.asGuest(named, order)
	}
	if former != nil && former.CustomerID != nil && same(former.EmailKey, order.EmailKey) {
		return former.CustomerID, nil
	}
	if order.EmailKey == nil || f.owners[*order.EmailKey] == nil {
		return nil, nil
	}
	owner := f.customers[f.owners[*order.EmailKey].ID]
	if owner == nil || !owner.Active() || !owner.HasAccount() || owner.AnonymizedAt != nil || !same(owner.EmailKey, order.EmailKey) {
		return nil, nil
	}
	return &owner.ID, nil
}

// asGuest gives an order to whom it names, or, when it is older than their account and
// they have not proven their address, to what was put aside of the guest they were.
func (f *feed) asGuest(named *model.Customer, order *model.Order) (*int64, error) {
	if named.Active() || !named.HasAccount() {
		return &named.ID, nil
	}
	waiting, err := f.tx.Claimed(named.ID)
	if err != nil {
		return nil, err
	}
	for i := range waiting {
		if order.CreatedAt.Before(waiting[i].CreatedAt) {
			f.customers[waiting[i].ID] = &waiting[i]
			return &waiting[i].ID, nil
		}
	}
	return &named.ID, nil
}

func (s *Service) putAll(tx *store.Tx, f *feed) ([]PutOrder, error) {
	put := make([]PutOrder, len(f.orders))
	counted := map[int64]bool{}
	for i, in := range f.orders {
		made, former, err := f.put(in)
		if err != nil {
			return nil, f.place(err, i)
		}
		put[i] = made
		if made.Change > OrderUpdated {
			continue
		}
		for _, id := range []*int64{made.Order.CustomerID, former} {
			if id != nil {
				counted[*id] = true
			}
		}
		if made.Customer != nil && !same(made.Order.CustomerID, former) {
			if err := s.emit(tx, made.Customer, OrderLinked, model.JSON{"order": in.ID}); err != nil {
				return nil, err
			}
		}
	}
	if err := f.refuseErased(); err != nil {
		return nil, err
	}
	return put, tx.SumOrders(keysOf(counted)...)
}

// put keeps one order, and returns whose it was before.
func (f *feed) put(in OrderInput) (made PutOrder, former *int64, err error) {
	order := f.stored[in.ID]
	if order != nil && order.Version >= *in.Version.Value {
		made = PutOrder{Order: order, Change: OrderUnchanged, Customer: f.customer(order)}
		if order.Version > *in.Version.Value {
			made.Change = OrderStale
		}
		return made, nil, nil
	}
	var before *model.Order
	made.Change = OrderCreated
	if order == nil {
		order = &model.Order{Store: f.store, ID: in.ID}
	} else {
		copied := *order
		before, former, made.Change = &copied, order.CustomerID, OrderUpdated
	}
	if err := in.apply(order, f.tx.Now); err != nil {
		return made, nil, err
	}
	if order.CustomerID, err = f.customerOf(in, order, before); err != nil {
		return made, nil, err
	}
	made.Order, made.Customer = order, f.customer(order)
	if before == nil {
		return made, nil, f.tx.AddOrder(order)
	}
	return made, former, f.tx.SaveOrder(order)
}

func (f *feed) customer(of *model.Order) *model.Customer {
	if of.CustomerID == nil {
		return nil
	}
	return f.customers[*of.CustomerID]
}

// refuseErased answers orders of erased customers. It is asked last: an order that was
// erased meanwhile is seen then.
func (f *feed) refuseErased() error {
	ids := make([]string, len(f.orders))
	for i, in := range f.orders {
		ids[i] = in.ID
	}
	erased, err := f.tx.ErasedOrders(f.store, ids)
	if err != nil || len(erased) == 0 {
		return err
	}
	var faults errors.Faults
	for i, id := range ids {
		if slices.Contains(erased, id) {
			faults = append(faults, errors.List(f.place(errors.OrderErased.At("/data/id"), i))...)
		}
	}
	return faults.Err()
}

// takeOrders gives a customer, who has just proven their e-mail address, the orders
// that wait for whoever does.
func (s *Service) takeOrders(tx *store.Tx, customer *model.Customer) error {
	ids, err := tx.LinkOrders(customer)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.emit(tx, customer, OrderLinked, model.JSON{"order": id}); err != nil {
			return err
		}
	}
	return nil
}

// Order returns an order and whose it is, nil while that is nobody: to an API key with
// OrderFeed any of the store, to a customer their own. Everything else is RouteNotFound;
// a key without the scope is Unauthorized (411).
func (s *Service) Order(ctx context.Context, actor Actor, id string) (order *model.Order, customer *model.Customer, err error) {
	if !actor.IsCustomer() && !actor.May(OrderFeed) {
		return nil, nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if order, err = tx.Order(s.storeOf(actor), id); err != nil {
			return err
		}
		if actor.IsCustomer() {
			if customer = actor.customer; order.CustomerID == nil || *order.CustomerID != customer.ID {
				return errors.RouteNotFound
			}
			return nil
		}
		if order.CustomerID != nil {
			customer, err = tx.CustomerByID(*order.CustomerID)
		}
		return err
	})
	return order, customer, err
}

// OrderFilter narrows, orders and pages the orders of a customer.
type OrderFilter = store.OrderFilter

// Orders returns the orders of the customer behind reference that the filter finds, and
// their total when it wants it. Whose they may be, and the errors, are those of Customer.
func (s *Service) Orders(ctx context.Context, actor Actor, reference string, filter OrderFilter) (customer *model.Customer, found []model.Order, total int64, err error) {
	customer, err = s.Customer(ctx, actor, reference)
	if err != nil {
		return nil, nil, 0, err
	}
	filter.Customer, filter.CurrencyCode = customer.ID, strings.ToUpper(filter.CurrencyCode)
	if filter.Email != "" {
		key, err := emailKey(filter.Email)
		if err != nil {
			return customer, nil, 0, nil // no address, no order's
		}
		filter.EmailKey = key
	}
	if filter.Q != "" && store.MatchesText(filter.Q, customer.Name(), text(Text{Value: customer.FirstName}), text(Text{Value: customer.LastName}), text(Text{Value: customer.Phone})) {
		filter.Q = "" // it finds the customer, and so all of their orders
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		found, total, err = tx.OrderPage(filter)
		return err
	})
	return customer, found, total, err
}

// NewestOrdersOf returns the newest orders of customers that the caller was shown, by
// the customer's id: NewestOrders of each, and one more where there are more.
func (s *Service) NewestOrdersOf(ctx context.Context, customers []model.Customer) (orders map[int64][]model.Order, err error) {
	ids := make([]int64, len(customers))
	for i := range customers {
		ids[i] = customers[i].ID
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		orders, err = tx.LatestOrders(ids, NewestOrders+1)
		return err
	})
	return orders, err
}

// LastOrdersOf returns the last order of each of the customers, of one store, that the
// caller was shown, by its id.
func (s *Service) LastOrdersOf(ctx context.Context, customers []model.Customer) (orders map[string]*model.Order, err error) {
	var ids []string
	for i := range customers {
		if id := customers[i].LastOrderID; id != nil {
			ids = append(ids, *id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		orders, err = tx.Orders(customers[0].Store, ids)
		return err
	})
	return orders, err
}

// OrderVersion names the state of an order.
func OrderVersion(order *model.Order) string { return strconv.FormatInt(order.Version, 10) }

// Amount writes an amount of the smallest unit as a decimal number of the currency,
// with as many places as ISO 4217 gives it; without a currency with two.
func Amount(smallest int64, code *string) string {
	places := 2
	if code != nil {
		if unit, err := currency.ParseISO(*code); err == nil {
			places, _ = currency.Standard.Rounding(unit)
		}
	}
	if places == 0 {
		return strconv.FormatInt(smallest, 10)
	}
	sign := ""
	if smallest < 0 {
		sign, smallest = "-", -smallest
	}
	digits := fmt.Sprintf("%0*d", places+1, smallest)
	return sign + digits[:len(digits)-places] + "." + digits[len(digits)-places:]
}
