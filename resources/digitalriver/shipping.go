package digitalriver

import (
	"maps"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// readShipping reads what is said of the address that goods go to, stored or, where that
// is nil, a new one. It returns whether anything is, and what is wrong with it.
func (a *API) readShipping(body *web.Object, stored *model.Address) (goal account.AddressInput, given bool, faults errors.Faults) {
	all := member{object: body}.inside("shipping", &faults)
	if !all.given {
		return goal, false, faults
	}
	where, more := all.inside("address", &faults), all.inside("additionalAddressInfo", &faults)
	first, last := account.NameParts(all.text("name"))
	goal = account.AddressInput{
		FirstName: first, LastName: last, Phone: all.text("phone"), Company: all.text("organization"),
		Address1: where.text("line1"), Address2: where.text("line2"), City: where.text("city"), ZipCode: where.text("postalCode"),
		Province: where.text("state"), ISO2Code: where.text("country"), Locality: more.text(neighborhood),
		DefaultShipping: account.Set("shipping", true), KeepBilling: true, Demands: demands,
	}
	goal.Metadata = a.readMetadata(all, more, stored, &faults)
	if err := a.Accounts.CheckAddress(goal); err != nil {
		faults = append(faults, errors.List(err)...)
	}
	return goal, true, faults
}

// readMetadata reads what an address has beside its lines: an e-mail address, and all of
// additionalAddressInfo but the neighborhood. Null for the whole of that deletes what
// there is of it.
func (a *API) readMetadata(all, more member, stored *model.Address, faults *errors.Faults) account.Field[map[string]any] {
	said := map[string]any{}
	if more.null && stored != nil {
		for key := range stored.Metadata {
			said[key] = nil
		}
		delete(said, mailKey)
	}
	if info := all.object.Map("additionalAddressInfo"); info.Value != nil {
		maps.Copy(said, *info.Value)
		delete(said, neighborhood)
	}
	switch mail := all.text(mailKey); {
	case mail.Misfit, mail.Value != nil && !account.IsEmail(*mail.Value):
		faults.Add(errors.EmailInvalid.On(mail.Name))
	case mail.Value != nil:
		said[mailKey] = *mail.Value
	case mail.Given:
		said[mailKey] = nil
	}
	return account.Set("shipping.additionalAddressInfo", said)
}

// member is an object within a body, and where: errors name what is in it by its path.
// The texts of one that is null are all null.
type member struct {
	object      *web.Object
	path        string
	given, null bool
}

// inside returns an object within this one. One of another type is a fault, and holds
// nothing.
func (m member) inside(name string, faults *errors.Faults) member {
	found, is := m.object.Object(name)
	within := member{object: found, path: m.path + name + ".", given: is && len(found.Names()) > 0, null: m.null || m.object.Has(name) && m.object.Value(name) == nil}
	if !is {
		within.object = &web.Object{}
		if m.object.Value(name) != nil {
			faults.Add(errors.TypeInvalid.With("object").On(m.path + name))
		}
	}
	return within
}

func (m member) text(name string) account.Text {
	read := m.object.Text(name)
	read.Name, read.Given = m.path+name, read.Given || m.null
	return read
}
