package wire

import (
	"fmt"
	"slices"

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

// Field is a member that a body may have. They are declared in the order in which what
// is wrong with them is told.
type Field struct {
	name     string
	kind     kind
	required bool // else it may be null, too
}

func optional(kind kind, names ...string) (fields []Field) {
	for _, name := range names {
		fields = append(fields, Field{name, kind, false})
	}
	return fields
}

func required(kind kind, names ...string) []Field {
	fields := optional(kind, names...)
	for i := range fields {
		fields[i].required = true
	}
	return fields
}

// The bodies of sections 6.1 and 6.3 to 6.5.
var (
	RegistrationFields = slices.Concat(required(email, "email"), required(text, "password"), optional(text, "first_name", "last_name", "phone"))
	CustomerFields     = slices.Concat(optional(billing, "billing_address"), optional(text, "first_name", "last_name", "password", "phone"), optional(email, "email"), optional(free, "metadata"))
	billingFields      = slices.Concat(optional(text, "first_name", "last_name", "address_1", "address_2", "city", "country_code", "province", "postal_code", "phone", "company"), optional(free, "metadata"))
	NewAddressFields   = slices.Concat(required(text, addressNeeds...), optional(text, addressOffers...), optional(free, "metadata"))
	AddressFields      = slices.Concat(optional(text, addressNeeds...), optional(text, addressOffers...), optional(free, "metadata"))

	addressNeeds  = []string{"first_name", "last_name", "address_1", "city", "country_code", "postal_code"}
	addressOffers = []string{"phone", "company", "address_2", "province"}
)

// Those of 6.7 and 6.8.
var (
	LoginFields     = slices.Concat(required(email, "email"), required(secret, "password"))
	ForgottenFields = required(email, "email")
	ResetFields     = slices.Concat(required(email, "email"), required(text, "token", "password"))
)

// FaultsOf tells what is wrong with a body: first the members that it may not have.
func FaultsOf(body *web.Object, fields []Field) (messages []string) {
	for _, name := range body.Names() {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.name == name }) {
			messages = append(messages, Unknown(name))
		}
	}
	for _, f := range fields {
		value := body.Value(f.name)
		if value == nil && !f.required {
			if f.kind == email && body.Has(f.name) { // which nobody can be without
				messages = append(messages, NotEmail(f.name))
			}
			continue
		}
		if message := f.faultOf(value); message != "" {
			messages = append(messages, message)
		}
	}
	return messages
}

// Unknown says that a member, or a parameter, should not be there.
func Unknown(name string) string { return "property " + name + " should not exist" }

// NotEmail says that a member is no e-mail address.
func NotEmail(name string) string { return name + " must be an email" }

// NotObject says that a member is no object.
func NotObject(name string) string { return name + " must be an object" }

// faultOf tells what is wrong with a value, "" when that is nothing.
func (f Field) faultOf(value any) string {
	written, isText := value.(string)
	object, isObject := value.(*web.Object)
	switch {
	case f.kind == free && !isObject:
		return NotObject(f.name)
	case f.kind == billing && !isText:
		return faultOfBilling(value, object)
	case f.kind == email && !account.IsEmail(written):
		return NotEmail(f.name)
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
		shown, faults = "[object Object]", FaultsOf(object, billingFields)
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
