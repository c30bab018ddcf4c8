package model

import "time"

// Address belongs to one customer. Whether it is a default stands in the
// customer's row, where one column a kind leaves no room for two.
type Address struct {
	Number     int64  `gorm:"primaryKey"` // ascending in order of creation
	ID         string // uuid, what the outside knows the address by
	CustomerID int64

	Salutation  *string
	FirstName   *string
	LastName    *string
	Address1    *string
	Address2    *string
	Address3    *string
	ZipCode     *string
	City        *string
	ISO2Code    *string `gorm:"column:iso2_code"` // ISO 3166-1, upper case
	Company     *string
	Phone       *string
	HouseNumber *string
	Floor       *string
	Locality    *string
	Province    *string
	Metadata    JSON
	BillingOnly bool // given as a billing address and never as one of the customer's list

	Version   int64 // 1 when new, one more with every write
	CreatedAt time.Time
	UpdatedAt time.Time
}

// SecondLine is address2, or, where there is none, the house number: for a wire that has
// no place of its own for that.
func (a *Address) SecondLine() *string { return firstOf(a.Address2, a.HouseNumber) }

// Door is the house number, or, where there is none, address2: clients of a wire
// without house numbers put them there.
func (a *Address) Door() *string { return firstOf(a.HouseNumber, a.Address2) }

// firstOf returns the first text unless it says nothing.
func firstOf(one, other *string) *string {
	if other == nil || one != nil && *one != "" {
		return one
	}
	return other
}
