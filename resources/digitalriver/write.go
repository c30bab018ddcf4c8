package digitalriver

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

const (
	mostBytes = 64 << 10 // of a body
	longestID = 40       // that a client may choose, in characters
)

// demands are what this dialect asks of a customer: nothing.
var demands = account.Demands{Foreign: true}

// readBody reads the object that a client sent. Where the dialect has no word for what is
// wrong with a body, it is a bad request (digital-river.md 7).
func readBody(c *call) (*web.Object, error) {
	if sent := c.Request().Header.Get(echo.HeaderContentType); sent != "" {
		if mediaType, _, err := mime.ParseMediaType(sent); err != nil || mediaType != echo.MIMEApplicationJSON {
			return nil, saying(errors.DocumentInvalid, "The body has to be application/json.")
		}
	}
	body, err := web.ReadBody(c, mostBytes)
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return nil, saying(errors.FieldMissing, "The body is missing.")
	}
	read, err := web.ParseObject(body)
	if err != nil {
		return nil, saying(errors.DocumentInvalid, "The body is not a JSON object.").Because(err)
	}
	return read, nil
}

// create makes a customer, with the address that goods go to, all of it or nothing.
func (a *API) create(c *call) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	wanted, faults := registration(body)
	goal, given, wrong := a.readShipping(body, nil)
	faults = append(faults, wrong...)
	var made *model.Customer
	err = a.Accounts.Together(c.Request().Context(), func(ctx context.Context) error {
		registered, err := a.register(ctx, c.actor, wanted)
		if err := faults.And(err); err != nil {
			return err
		}
		made, err = a.chooseSource(ctx, c.actor, registered, body)
		if err != nil || !given {
			return err
		}
		made, _, err = a.Accounts.AddAddress(ctx, c.actor, registered.Reference, goal)
		return err
	})
	if err != nil {
		return err
	}
	return a.answerCustomer(c, http.StatusCreated, made)
}

// registration reads a new customer, whose id the client may choose.
func registration(body *web.Object) (account.Registration, errors.Faults) {
	said, faults := profile(body)
	id := body.Text("id")
	switch {
	case id.Misfit:
		faults.Add(errors.TypeInvalid.With("string").On(id.Name))
	case id.Value == nil:
	case *id.Value == "":
		faults.Add(errors.ValueBlank.On(id.Name))
	case utf8.RuneCountInString(*id.Value) > longestID:
		faults.Add(errors.TooLong.Limit(longestID).On(id.Name))
	default:
		return account.Registration{Profile: said, ID: *id.Value, Demands: demands}, faults
	}
	return account.Registration{Profile: said, Demands: demands}, faults
}

// register makes a customer. An id that cannot be one is told of together with what else
// is wrong.
func (a *API) register(ctx context.Context, actor account.Actor, wanted account.Registration) (*model.Customer, error) {
	made, err := a.Accounts.Register(ctx, actor, wanted)
	switch {
	case errors.Is(err, errors.ResourceIDInvalid):
		wanted.ID = ""
		_, err = a.Accounts.Register(ctx, actor, wanted)
		return nil, errors.Faults{errors.ResourceIDInvalid.On("id")}.And(err)
	case errors.Is(err, errors.ResourceIDTaken):
		return nil, errors.ResourceIDTaken.On("id")
	}
	return made, err
}

// chooseSource gives a new customer their default source, which they cannot have yet.
func (a *API) chooseSource(ctx context.Context, actor account.Actor, made *model.Customer, body *web.Object) (*model.Customer, error) {
	wanted := body.Text("defaultSourceId")
	if !wanted.Given {
		return made, nil
	}
	return a.Accounts.UpdateCustomer(ctx, actor, made.Reference, account.Update{Profile: account.Profile{DefaultSource: wanted}, Demands: demands})
}

// update changes a customer, and the address that goods go to, all of it or nothing.
func (a *API) update(c *call) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	reference := web.Segment(c, "id")
	var changed *model.Customer
	err = a.Accounts.Together(c.Request().Context(), func(ctx context.Context) error {
		said, faults := profile(body)
		said.DefaultSource, said.RequestToBeForgotten = body.Text("defaultSourceId"), body.Flag("requestToBeForgotten")
		change := account.Update{Profile: said, Demands: demands}
		change.DefaultShipping.Given = body.Has("shipping") && body.Value("shipping") == nil // to nowhere
		updated, failed := a.Accounts.UpdateCustomer(ctx, c.actor, reference, change)
		if _, ofFields := errors.AsType[errors.Faults](failed); failed != nil && !ofFields {
			return failed
		}
		owner, addresses, err := a.Accounts.Addresses(ctx, c.actor, reference) // once the customer is held
		if err != nil {
			return err
		}
		stored := shippingPlace(owner, addresses)
		goal, given, wrong := a.readShipping(body, stored)
		changed = updated
		if err := append(faults, wrong...).And(failed); err != nil || !given {
			return err
		}
		if stored == nil {
			changed, _, err = a.Accounts.AddAddress(ctx, c.actor, reference, goal)
		} else {
			changed, _, err = a.Accounts.UpdateAddress(ctx, c.actor, reference, stored.ID, goal)
		}
		return err
	})
	if err != nil {
		return err
	}
	return a.answerCustomer(c, http.StatusOK, changed)
}

// profile reads what can be said of a customer at any time.
func profile(body *web.Object) (said account.Profile, faults errors.Faults) {
	said = account.Profile{
		Email: body.Text("email"), Locale: body.Text("locale"), CustomerType: body.Text("type"), Enabled: body.Flag("enabled"), Metadata: body.Map("metadata"),
	}
	if metadata, isObject := body.Object("metadata"); isObject {
		for _, key := range metadata.Names() {
			if !isPlain(metadata.Value(key)) {
				faults.Add(errors.TypeInvalid.With("string, bool or int").On("metadata." + key))
			}
		}
	}
	return said, faults
}

// isPlain reports whether a value is one that metadata of this dialect can have, or null.
func isPlain(value any) bool {
	switch value := value.(type) {
	case nil, string, bool:
		return true
	case json.Number:
		_, err := strconv.ParseInt(value.String(), 10, 64)
		return err == nil
	}
	return false
}

// purge erases a customer for good.
func (a *API) purge(c *call) error {
	if err := a.Accounts.Purge(c.Request().Context(), c.actor, web.Segment(c, "id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
