package account

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

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
