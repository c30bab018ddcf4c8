package jsonapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	google "github.com/google/jsonapi"

	"github.com/clientelehq/clientele/errors"
)

var (
	stringPointer = reflect.TypeFor[*string]()
	boolPointer   = reflect.TypeFor[*bool]()
	object        = reflect.TypeFor[map[string]any]()
	texts         = reflect.TypeFor[[]string]()
	intPointer    = reflect.TypeFor[*int64]()
	floatPointer  = reflect.TypeFor[*float64]()
)

// Bind fills body, a pointer to a struct with google's tags, from the
// attributes. Fields are *string, *bool, *float64, *int64 (of 15 digits at most, which
// no reader of JSON rounds), []string or map[string]any (a JSON object;
// its numbers are json.Number, digit for digit as they were sent), and
// relationships to structs of which only the identity is read, or to Foreign. What is absent,
// null or of another JSON type leaves its field alone: Has, Null and Misfit
// tell which it was. Unknown attributes are ignored.
//
// It answers errors.DocumentInvalid when an attribute is one of the struct's
// save for case, and when a relationship of the struct does not fit. A struct
// that cannot be bound is an error outside the catalogue.
func (d *Document) Bind(body any) error {
	target := reflect.ValueOf(body)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return fmt.Errorf("jsonapi: Bind takes a pointer to a struct, not %T", body)
	}
	shape, err := shapeOf(target.Type().Elem())
	if err != nil {
		return err
	}
	if err := d.refuseForeignCase(shape); err != nil {
		return err
	}
	rebuilt, err := d.rebuild(shape)
	if err != nil {
		return err
	}
	if err := google.UnmarshalPayload(bytes.NewReader(rebuilt), body); err != nil {
		return fmt.Errorf("jsonapi: %T does not take what was made for it: %w", body, err)
	}
	if err := d.fillObjects(shape, target.Elem()); err != nil {
		return err
	}
	return d.fillForeign(shape, target.Elem())
}

// refuseForeignCase refuses FirstName, and paſſword, where there is firstName
// or password: a reader that folds case would take it for the attribute.
func (d *Document) refuseForeignCase(shape *shape) error {
	for _, given := range d.attributes {
		if shape.has(given.name) {
			continue
		}
		for _, known := range shape.attributes {
			if strings.EqualFold(given.name, known.name) {
				return invalid("/data/attributes/"+escapePointer(given.name), "an attribute in another case")
			}
		}
	}
	return nil
}

func (s *shape) has(name string) bool {
	for _, known := range s.attributes {
		if known.name == name {
			return true
		}
	}
	return false
}

// rebuild writes the document that google reads: what the struct knows and
// what fits it, each name once and in its own case, nothing else.
func (d *Document) rebuild(shape *shape) ([]byte, error) {
	out := append(make([]byte, 0, 512), `{"data":{"type":`...)
	out = appendString(out, d.resource)
	if d.idGiven {
		out = appendString(append(out, `,"id":`...), d.id)
	}
	out, err := d.appendAttributes(append(out, `,"attributes":`...), shape)
	if err != nil {
		return nil, err
	}
	out, err = d.appendRelationships(append(out, `,"relationships":`...), shape)
	return append(out, `}}`...), err
}

func (d *Document) appendAttributes(out []byte, shape *shape) ([]byte, error) {
	for i := range d.attributes {
		d.attributes[i].misfit = false
	}
	list := openList('{')
	for _, known := range shape.attributes {
		given := d.attribute(known.name)
		if given == nil {
			continue
		}
		fits, err := given.fits(known)
		if err != nil {
			return nil, err
		}
		given.misfit = !fits && given.raw != "null"
		if fits && known.kind != object {
			out = append(append(list.next(out), known.key...), given.raw...)
		}
	}
	return list.close(out), nil
}

// fits reports whether a value is of the type of a field. Null is of none.
func (m *member) fits(field attribute) (bool, error) {
	kind := kindOf(m.raw)
	switch field.kind {
	case stringPointer:
		return kind == "string", nil
	case boolPointer:
		return kind == "bool", nil
	case object:
		return kind == "object", nil
	case texts:
		return kind == "array" && isTexts(m.raw), nil
	case intPointer:
		return isInteger(m.raw), nil
	case floatPointer:
		_, err := strconv.ParseFloat(m.raw, 64)
		return kind == "number" && err == nil, nil
	}
	return false, fmt.Errorf("jsonapi: Bind cannot fill %s, a %v", field.name, field.kind)
}

// isInteger reports whether a value is an integer as Bind takes it: digits alone.
func isInteger(raw string) bool {
	digits := strings.TrimPrefix(raw, "-")
	return len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}

// isTexts reports whether an array holds text alone.
func isTexts(raw string) bool {
	var items []json.RawMessage
	if json.Unmarshal([]byte(raw), &items) != nil {
		return false
	}
	return !slices.ContainsFunc(items, func(item json.RawMessage) bool { return kindOf(string(item)) != "string" })
}

func (d *Document) appendRelationships(out []byte, shape *shape) ([]byte, error) {
	list := openList('{')
	for _, known := range shape.relations {
		linkage, given := d.Relationship(known.name)
		if !given || known.model == foreign {
			continue
		}
		out = append(append(list.next(out), known.key...), `{"data":`...)
		read := appendOne
		if known.many {
			read = appendMany
		}
		var ok bool
		if out, ok = read(out, linkage, known.model); !ok {
			return nil, invalid("/data/relationships/"+escapePointer(known.name), "linkage that does not fit")
		}
		out = append(out, '}')
	}
	return list.close(out), nil
}

// appendOne rewrites null or one identifier of the model's type, and nothing
// but its type and id: google would fill attributes from it, and takes what it
// cannot read for nothing.
func appendOne(out []byte, linkage json.RawMessage, model reflect.Type) ([]byte, bool) {
	if string(linkage) == "null" {
		return append(out, linkage...), true
	}
	var identifier map[string]any // a struct would be read without regard to case
	if json.Unmarshal(linkage, &identifier) != nil {
		return nil, false
	}
	id, _ := identifier["id"].(string)
	if id == "" || identifier["type"] != resourceType(model) {
		return nil, false
	}
	return appendIdentifier(out, resourceType(model), id), true
}

func appendMany(out []byte, linkage json.RawMessage, model reflect.Type) ([]byte, bool) {
	var identifiers []json.RawMessage
	if json.Unmarshal(linkage, &identifiers) != nil || identifiers == nil {
		return nil, false
	}
	list := openList('[')
	for _, identifier := range identifiers {
		var ok bool
		if out, ok = appendOne(list.next(out), identifier, model); !ok || string(identifier) == "null" {
			return nil, false
		}
	}
	return list.close(out), true
}

// TypeOf returns the resource type of a model: a struct with google's tags, or a
// pointer to one.
func TypeOf(model any) string { return resourceType(structType(model)) }

// resourceType returns the type that a struct's tag of its id names.
func resourceType(model reflect.Type) string {
	for i := range model.NumField() {
		if name, ok := strings.CutPrefix(model.Field(i).Tag.Get("jsonapi"), "primary,"); ok {
			return name
		}
	}
	return ""
}

// fillObjects sets the fields that google cannot: it would round their numbers
// to float64 and panic on the map.
func (d *Document) fillObjects(shape *shape, target reflect.Value) error {
	for _, known := range shape.attributes {
		given := d.attribute(known.name)
		if known.kind != object || given == nil || kindOf(given.raw) != "object" {
			continue
		}
		decoder := json.NewDecoder(strings.NewReader(given.raw))
		decoder.UseNumber()
		read := map[string]any{}
		if err := decoder.Decode(&read); err != nil {
			return errors.DocumentInvalid.At("/data/attributes/" + escapePointer(known.name)).Because(err)
		}
		target.Field(known.index).Set(reflect.ValueOf(read))
	}
	return nil
}
