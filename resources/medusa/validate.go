package medusa

import (
	"bytes"
	"fmt"
	"mime"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/web"
)

// kind is what a member of a body has to be.
type kind int

const (
	text    kind = iota
	email        // an address
	secret       // not empty
	free         // an object of whatever form
	billing      // the id of an address, or one
)

// field is a member that a body may have. They are declared in the order in which what
// is wrong with them is told.
type field struct {
	name     string
	kind     kind
	required bool // else it may be null, too
}

func optional(kind kind, names ...string) (fields []field) {
	for _, name := range names {
		fields = append(fields, field{name, kind, false})
	}
	return fields
}

func required(kind kind, names ...string) []field {
	fields := optional(kind, names...)
	for i := range fields {
		fields[i].required = true
	}
	return fields
}

// The bodies of sections 6.1 and 6.3 to 6.5, …
var (
	registrationFields = slices.Concat(required(email, "email"), required(text, "password"), optional(text, "first_name", "last_name", "phone"))
	customerFields     = slices.Concat(optional(billing, "billing_address"), optional(text, "first_name", "last_name", "password", "phone"), optional(email, "email"), optional(free, "metadata"))
	billingFields      = slices.Concat(optional(text, "first_name", "last_name", "address_1", "address_2", "city", "country_code", "province", "postal_code", "phone", "company"), optional(free, "metadata"))
	newAddressFields   = slices.Concat(required(text, addressNeeds...), optional(text, addressOffers...), optional(free, "metadata"))
	addressFields      = slices.Concat(optional(text, addressNeeds...), optional(text, addressOffers...), optional(free, "metadata"))

	addressNeeds  = []string{"first_name", "last_name", "address_1", "city", "country_code", "postal_code"}
	addressOffers = []string{"phone", "company", "address_2", "province"}
)

// … 6.7 and 6.8.
var (
	loginFields     = slices.Concat(required(email, "email"), required(secret, "password"))
	forgottenFields = required(email, "email")
	resetFields     = slices.Concat(required(email, "email"), required(text, "token", "password"))
)

// faultsOf tells what is wrong with a body: first the members that it may not have.
func faultsOf(body *web.Object, fields []field) (messages []string) {
	for _, name := range body.Names() {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == name }) {
			messages = append(messages, unknown(name))
		}
	}
	for _, f := range fields {
		value := body.Value(f.name)
		if value == nil && !f.required {
			if f.kind == email && body.Has(f.name) { // which nobody can be without
				messages = append(messages, notEmail(f.name))
			}
			continue
		}
		if message := f.faultOf(value); message != "" {
			messages = append(messages, message)
		}
	}
	return messages
}

func unknown(name string) string   { return "property " + name + " should not exist" }
func notEmail(name string) string  { return name + " must be an email" }
func notObject(name string) string { return name + " must be an object" }

// faultOf tells what is wrong with a value, "" when that is nothing.
func (f field) faultOf(value any) string {
	written, isText := value.(string)
	object, isObject := value.(*web.Object)
	switch {
	case f.kind == free && !isObject:
		return notObject(f.name)
	case f.kind == billing && !isText:
		return faultOfBilling(value, object)
	case f.kind == email && !account.IsEmail(written):
		return notEmail(f.name)
	case f.kind == secret && (value == nil || value == ""):
		return f.name + " should not be empty"
	case (f.kind == text || f.kind == secret) && !isText:
		return f.name + " must be a string"
	}
	return ""
}

// faultOfBilling tells what is wrong with a billing address that is no id: as text of
// JSON, for such is the message (6.4).
func faultOfBilling(value any, object *web.Object) string {
	shown, faults := fmt.Sprint(value), []string{"an unknown value was passed to the validate function"}
	if object != nil {
		shown, faults = "[object Object]", faultsOf(object, billingFields)
	}
	if len(faults) == 0 {
		return ""
	}
	type details struct{ String, AddressPayload []string }
	told, _ := web.EncodeJSON(struct { // of texts alone: there is no error
		Message string  `json:"message"`
		Details details `json:"details"`
	}{"billing_address must be one of: AddressPayload,String", details{[]string{"String validation failed: " + shown + " is not a string"}, faults}})
	return string(told)
}

// longestBody is in bytes.
const longestBody = 100 << 10

// readBody reads the body of a request. One of another media type counts as empty.
func readBody(c echo.Context) ([]byte, *web.Object, error) {
	mediaType, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if mediaType != echo.MIMEApplicationJSON {
		return nil, &web.Object{}, nil
	}
	read, err := web.ReadBody(c, longestBody)
	if err != nil || len(bytes.TrimSpace(read)) == 0 {
		return read, &web.Object{}, err
	}
	body, err := web.ParseObject(read)
	switch {
	case errors.Is(err, web.ErrNotObject):
		err = invalid("an unknown value was passed to the validate function")
	case err != nil:
		err = invalid("the body is not valid JSON")
	}
	return read, body, err
}

// lower is a member that holds an e-mail address, in lower case.
func lower(f account.Text) account.Text {
	if f.Value != nil {
		lowered := account.LowerEmail(*f.Value)
		f.Value = &lowered
	}
	return f
}

// deleting makes the values of free-form data that are "", which delete their keys here,
// null, which does so in the core.
func deleting(f account.Field[map[string]any]) account.Field[map[string]any] {
	if f.Value != nil {
		for key, value := range *f.Value {
			if value == "" {
				(*f.Value)[key] = nil
			}
		}
	}
	return f
}

// twice is a new password: here it is not typed again.
func twice(f account.Text) account.NewPassword {
	return account.NewPassword{Password: f, Confirmation: f}
}

// foreign says that the rules of the main surface for what a document has to hold are
// not this one's.
var foreign = account.Demands{Foreign: true}
