package web

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
)

// ReadBody returns the body of a request, empty when there is none. It answers
// PayloadTooLarge when there are more than most bytes, announced or not, and
// RequestInvalid when the client stopped sending.
func ReadBody(c echo.Context, most int64) ([]byte, error) {
	return jsonapi.ReadBodyUpTo(c.Request(), most)
}

// What ParseObject answers to a text that is no JSON, or could be read in two ways,
// and to JSON that is no object.
var (
	ErrSyntax    = errors.New("the body is not JSON that can be read in one way only")
	ErrNotObject = errors.New("the body is JSON, and no object")
)

// Object is a JSON object that a client of a dialect sent, with its members in the
// order of the text.
type Object struct {
	names  []string
	values map[string]any
}

// ParseObject reads one JSON object, as strictly as documents of the main surface are
// read: a name occurs once in an object, escapes do not leave half a surrogate pair,
// nothing follows the value. It returns ErrSyntax and ErrNotObject.
func ParseObject(text []byte) (*Object, error) {
	if !jsonapi.IsStrict(text) {
		return nil, ErrSyntax
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := readValue(decoder)
	if err != nil {
		return nil, ErrSyntax
	}
	object, is := value.(*Object)
	if !is {
		return nil, ErrNotObject
	}
	return object, nil
}

func readValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	opened, nested := token.(json.Delim)
	switch {
	case !nested:
		return token, nil
	case opened == '[':
		list := []any{}
		for decoder.More() {
			value, err := readValue(decoder)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = decoder.Token()
		return list, err
	}
	object := &Object{values: map[string]any{}}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		value, err := readValue(decoder)
		if err != nil {
			return nil, err
		}
		object.names = append(object.names, name.(string))
		object.values[name.(string)] = value
	}
	_, err = decoder.Token()
	return object, err
}

// Names lists the members in the order of the text.
func (o *Object) Names() []string { return slices.Clone(o.names) }

// Has reports whether there is a member of this name, whatever its value.
func (o *Object) Has(name string) bool {
	_, there := o.values[name]
	return there
}

// Value returns a member: a string, bool, json.Number, []any, *Object, or nil, for
// null and for one that is not there.
func (o *Object) Value(name string) any { return o.values[name] }

// Text returns a member as an attribute that holds text.
func (o *Object) Text(name string) account.Text { return fieldOf[string](o, name) }

// Flag returns a member as an attribute that is true or false.
func (o *Object) Flag(name string) account.Field[bool] { return fieldOf[bool](o, name) }

// Map returns a member as an attribute that holds free-form data.
func (o *Object) Map(name string) account.Field[map[string]any] {
	read := fieldOf[*Object](o, name)
	field := account.Field[map[string]any]{Name: read.Name, Given: read.Given, Misfit: read.Misfit}
	if read.Value != nil {
		free := (*read.Value).free()
		field.Value = &free
	}
	return field
}

// Object returns a member that is an object, and whether it is one.
func (o *Object) Object(name string) (*Object, bool) {
	object, is := o.values[name].(*Object)
	return object, is
}

// List returns a member that is an array, and whether it is one.
func (o *Object) List(name string) ([]any, bool) {
	list, is := o.values[name].([]any)
	return list, is
}

func fieldOf[T any](o *Object, name string) account.Field[T] {
	value, given := o.values[name]
	field := account.Field[T]{Name: name, Given: given}
	if typed, fits := value.(T); fits {
		field.Value = &typed
	} else {
		field.Misfit = value != nil
	}
	return field
}

// free is the object without the order of its members.
func (o *Object) free() map[string]any {
	free := make(map[string]any, len(o.values))
	for name, value := range o.values {
		free[name] = freed(value)
	}
	return free
}

func freed(value any) any {
	switch value := value.(type) {
	case *Object:
		return value.free()
	case []any:
		list := make([]any, len(value))
		for i, one := range value {
			list[i] = freed(one)
		}
		return list
	}
	return value
}
