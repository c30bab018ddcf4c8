package tiendanube

import (
	"cmp"
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// mostBytes bounds a body.
const mostBytes = 64 << 10

// demands are what a customer of this dialect has to have.
var demands = account.Demands{Foreign: true, Required: []string{"name", "email"}}

// readBody reads what a client sent of a customer, in one of the media types that are
// named. It returns UnsupportedMediaType, PayloadTooLarge and notJSON.
func readBody(c *call, accepted ...string) (*web.Object, error) {
	sent, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || !slices.Contains(accepted, sent) {
		return nil, errors.UnsupportedMediaType
	}
	body, err := web.ReadBody(c, mostBytes)
	if err != nil {
		return nil, err
	}
	if sent == echo.MIMEApplicationForm {
		if body, err = formAsJSON(body); err != nil {
			return nil, notJSON.Because(err)
		}
	}
	read, err := web.ParseObject(body)
	if err != nil {
		return nil, notJSON.Because(err)
	}
	return read, nil
}

// formAsJSON turns the form of a storefront's registration into the body that says the
// same. What was left empty was not filled in.
func formAsJSON(body []byte) ([]byte, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	said, extra := map[string]any{}, map[string]string{}
	for name := range form {
		value := form.Get(name)
		key, isExtra := strings.CutPrefix(name, "extra[")
		switch {
		case !utf8.ValidString(name + value):
			return nil, web.ErrSyntax
		case value == "":
		case isExtra && strings.HasSuffix(key, "]"):
			extra[strings.TrimSuffix(key, "]")] = value
		case slices.Contains([]string{"name", "email", "phone", "identification", "password"}, name):
			said[name] = value
		}
	}
	said["extra"] = extra
	return json.Marshal(said)
}

// create makes a customer with their addresses, all of it or nothing.
func (a *API) create(c *call) error {
	body, err := readBody(c, echo.MIMEApplicationJSON, echo.MIMEApplicationForm)
	if err != nil {
		return err
	}
	invite := body.Flag("send_email_invite")
	wanted := account.Registration{
		Profile: profile(body, &model.Customer{}), Demands: demands, Unique: true, Invite: invite.Value != nil && *invite.Value,
		NewPassword: account.NewPassword{Password: body.Text("password"), Confirmation: body.Text("password")},
	}
	places, faults := a.readPlaces(body, &model.Customer{}, nil)
	if invite.Misfit {
		faults.Add(errors.TypeInvalid.With("bool").On(invite.Name))
	}
	var made *model.Customer
	err = a.Accounts.Together(c.Request().Context(), func(ctx context.Context) error {
		registered, err := a.Accounts.Register(ctx, c.actor, wanted)
		if err := faults.And(err); err != nil {
			return err
		}
		made, err = a.writePlaces(ctx, c.actor, registered, places)
		return err
	})
	if err != nil {
		return err
	}
	return a.answerCustomer(c, http.StatusCreated, made, nil)
}

// update changes a customer and their addresses, all of it or nothing.
func (a *API) update(c *call) error {
	body, err := readBody(c, echo.MIMEApplicationJSON)
	if err != nil {
		return err
	}
	var changed *model.Customer
	err = a.Accounts.Together(c.Request().Context(), func(ctx context.Context) error {
		found, err := a.find(ctx, c)
		if err != nil {
			return err
		}
		updated, failed := a.Accounts.UpdateCustomer(ctx, c.actor, found.Reference, account.Update{Profile: profile(body, found), Demands: demands})
		if _, ofFields := errors.AsType[errors.Faults](failed); failed != nil && !ofFields {
			return failed
		}
		owner, addresses, err := a.Accounts.Addresses(ctx, c.actor, found.Reference) // once the customer is held
		if err != nil {
			return err
		}
		places, faults := a.readPlaces(body, owner, addresses)
		if err := faults.And(failed); err != nil {
			return err
		}
		changed, err = a.writePlaces(ctx, c.actor, updated, places)
		return err
	})
	if err != nil {
		return err
	}
	return a.answerCustomer(c, http.StatusOK, changed, nil)
}

// profile reads what is said of the customer. A change is what differs from what the
// customer is shown as.
func profile(body *web.Object, stored *model.Customer) account.Profile {
	name := change(body.Text("name"), nameOf(stored))
	first, last := account.NameParts(name)
	return account.Profile{
		FullName: name, FirstName: first, LastName: last,
		Email: change(body.Text("email"), &stored.Email),
		Phone: body.Text("phone"), Identification: body.Text("identification"), Note: body.Text("note"), Extra: body.Map("extra"),
	}
}

// change leaves out what is there already: a client that changes one thing sends all
// others back as it has read them.
func change(said account.Text, shown *string) account.Text {
	same := said.Value == nil && shown == nil || said.Value != nil && shown != nil && *said.Value == *shown
	if same && !said.Misfit {
		return account.Text{Name: said.Name}
	}
	return said
}

// placeChange is what is said of an address: of a known one, or, where id is "", of one
// that is to be made.
type placeChange struct {
	id    string
	input account.AddressInput
}

// readPlaces reads what is said of the addresses of a customer: in addresses, and, of the
// one that invoices go to, in billing_*. It returns what is wrong with them as well.
func (a *API) readPlaces(body *web.Object, owner *model.Customer, known []model.Address) (changes []placeChange, faults errors.Faults) {
	changes, faults = readAddresses(body, known)
	billing := billingOf(owner, known)
	one := placeChange{input: placeInput(body, "billing_", "", billing)}
	if billing != nil {
		one.id = billing.ID
	}
	if says(one.input) {
		one.input.BillingOnly = true
		changes = append(changes, one)
	}
	for _, one := range changes {
		if err := a.Accounts.CheckAddress(one.input); err != nil {
			faults = append(faults, errors.List(err)...)
		}
	}
	return changes, faults
}

// severalAddresses is the member that a customer's addresses are in. Errors name it
// alone.
const severalAddresses = "addresses"

func readAddresses(body *web.Object, known []model.Address) (changes []placeChange, faults errors.Faults) {
	list, isList := body.List(severalAddresses)
	if !isList && body.Value(severalAddresses) != nil {
		faults.Add(errors.TypeInvalid.With("array").On(severalAddresses))
	}
	for _, value := range list {
		entry, isObject := value.(*web.Object)
		if !isObject {
			faults.Add(errors.TypeInvalid.With("object").On(severalAddresses))
			continue
		}
		var stored *model.Address
		if number := entry.Value("id"); number != nil {
			i := slices.IndexFunc(known, func(one model.Address) bool { return number == json.Number(strconv.FormatInt(one.Number, 10)) })
			if i < 0 {
				faults.Add(errors.AddressNotFound.On(severalAddresses))
				continue
			}
			stored = &known[i]
		}
		one := placeChange{input: placeInput(entry, "", severalAddresses, stored)}
		one.input.KeepBilling = true
		if stored != nil {
			one.id = stored.ID
		} else {
			one.input.DefaultShipping = account.Set(severalAddresses, false)
		}
		if stored == nil || says(one.input) {
			changes = append(changes, one)
		}
	}
	return changes, faults
}

// placeInput reads the keys of an address, which begin with prefix; errors name them as
// name, or, where that is "", by themselves. A change of an address that is stored is
// what differs from what it is shown as.
func placeInput(from *web.Object, prefix, name string, stored *model.Address) account.AddressInput {
	shown := placeOf(stored)
	read := func(key string, shown *string) account.Text {
		said := change(from.Text(prefix+key), shown)
		said.Name = cmp.Or(name, said.Name)
		return said
	}
	return account.AddressInput{
		Address1: read("address", shown.Address), HouseNumber: read("number", shown.Number), Floor: read("floor", shown.Floor),
		Locality: read("locality", shown.Locality), ZipCode: read("zipcode", shown.Zipcode), City: read("city", shown.City),
		Province: read("province", shown.Province), ISO2Code: read("country", shown.Country), Phone: read("phone", shown.Phone),
		Demands: account.Demands{Foreign: true},
	}
}

// says reports whether anything is said of an address.
func says(in account.AddressInput) bool {
	for _, said := range []account.Text{in.Address1, in.HouseNumber, in.Floor, in.Locality, in.ZipCode, in.City, in.Province, in.ISO2Code, in.Phone} {
		if said.Given {
			return true
		}
	}
	return false
}

// writePlaces makes and changes addresses, and returns the customer as they are then.
func (a *API) writePlaces(ctx context.Context, actor account.Actor, owner *model.Customer, changes []placeChange) (*model.Customer, error) {
	var err error
	for _, one := range changes {
		if one.id == "" {
			owner, _, err = a.Accounts.AddAddress(ctx, actor, owner.Reference, one.input)
		} else {
			owner, _, err = a.Accounts.UpdateAddress(ctx, actor, owner.Reference, one.id, one.input)
		}
		if err != nil {
			return nil, err
		}
	}
	return owner, nil
}
