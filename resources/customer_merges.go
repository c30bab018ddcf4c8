package resources

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
)

// customerMerge is what became, or would become, of two customers who are one.
type customerMerge struct {
	ID                 string         `jsonapi:"primary,customer-merges"`
	KeepReference      string         `jsonapi:"attr,keepReference" about:"Reference of the customer who is kept."`
	DuplicateReference string         `jsonapi:"attr,duplicateReference" about:"Reference of the one who goes up in them, and is anonymised."`
	Preview            bool           `jsonapi:"attr,preview" about:"Whether nothing was changed."`
	Moved              map[string]any `jsonapi:"attr,moved" about:"How many addresses, consents, orders and payment sources change hands."`
	Filled             []string       `jsonapi:"attr,filled" about:"Attributes that the customer who is kept has from the duplicate."`
	Differing          []string       `jsonapi:"attr,differing" about:"Attributes that both have, otherwise: those of who is kept stay."`
	MergedAt           string         `jsonapi:"attr,mergedAt" about:"When, UTC." format:"{moment}" pattern:"{moment_pattern}"`
}

// customerMergeBody names two customers who are one.
type customerMergeBody struct {
	ID                 string  `jsonapi:"primary,customer-merges"`
	KeepReference      *string `jsonapi:"attr,keepReference" about:"Reference of the customer who is kept." needs:"yes" min:"1" example:"DE--25"`
	DuplicateReference *string `jsonapi:"attr,duplicateReference" about:"Reference of the one who goes up in them." needs:"yes" min:"1" example:"DE--26"`
	Preview            *bool   `jsonapi:"attr,preview" about:"True changes nothing, and tells what a merge would." example:"true"`
}

func (a *API) customerMergeRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/customer-merges", access: keys, scope: account.WriteCustomers, body: customerMergeBody{}, shows: customerMerge{}, offer: fieldsOf("customer-merges", customerMerge{}), handle: a.mergeCustomers,
			name: "mergeCustomers", summary: "Make one customer of two", about: "Or, with `preview`, see what it would do. What belongs to the duplicate becomes that of who is kept; the duplicate's logins end, and they are anonymised. It cannot be undone.",
			fails: []*errors.Error{errors.FieldMissing, errors.ValueBlank, errors.TypeInvalid, errors.CharactersInvalid, errors.CustomerNotFound, errors.MergeImpossible}},
	}
}

func (a *API) mergeCustomers(c *call) error {
	var body customerMergeBody
	if err := c.bind(&body); err != nil {
		return err
	}
	d := c.document
	merged, err := a.Accounts.MergeCustomers(c.Request().Context(), c.actor, account.MergeInput{
		Keep:      field(d, "keepReference", body.KeepReference),
		Duplicate: field(d, "duplicateReference", body.DuplicateReference),
		Preview:   field(d, "preview", body.Preview),
	})
	if err != nil {
		return err
	}
	made := a.customerMerge(merged)
	return a.showOne(c, http.StatusCreated, made, made.ID, a.Base+"/customers/"+merged.Keep)
}

func (a *API) customerMerge(m *account.Merge) *customerMerge {
	return &customerMerge{
		ID:                 uuid.NewString(),
		KeepReference:      m.Keep,
		DuplicateReference: m.Duplicate,
		Preview:            m.Preview,
		Moved:              m.Moved,
		Filled:             append([]string{}, m.Filled...),
		Differing:          append([]string{}, m.Differing...),
		MergedAt:           a.Wire.timestamp(m.At),
	}
}
