package openapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Schema is one of JSON Schema 2020-12, of which this is what is needed here.
type Schema struct {
	Ref                  string           `json:"$ref,omitempty"`
	Description          string           `json:"description,omitempty"`
	Type                 Types            `json:"type,omitempty"`
	Format               string           `json:"format,omitempty"`
	Const                any              `json:"const,omitempty"`
	Enum                 []any            `json:"enum,omitempty"`
	Pattern              string           `json:"pattern,omitempty"`
	MinLength            *int             `json:"minLength,omitempty"`
	MaxLength            *int             `json:"maxLength,omitempty"`
	Minimum              *int             `json:"minimum,omitempty"`
	Maximum              *int             `json:"maximum,omitempty"`
	Items                *Schema          `json:"items,omitempty"`
	MinItems             *int             `json:"minItems,omitempty"`
	MaxItems             *int             `json:"maxItems,omitempty"`
	Properties           Members[*Schema] `json:"properties,omitempty"`
	Required             []string         `json:"required,omitempty"`
	AdditionalProperties any              `json:"additionalProperties,omitempty"` // false, or a schema
	AnyOf                []*Schema        `json:"anyOf,omitempty"`
	Examples             []any            `json:"examples,omitempty"`
	ShownTo              string           `json:"x-shown-to,omitempty"` // who alone is shown this; "" is everybody
}

// Types are the types of a schema: one is written alone.
type Types []string

// MarshalJSON writes a string or an array.
func (t Types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// Ref refers to a schema of the components.
func Ref(name string) *Schema { return &Schema{Ref: "#/components/schemas/" + name} }

// Null is JSON's null.
func Null() *Schema { return &Schema{Type: Types{"null"}} }

// Const is one string.
func Const(value string) *Schema { return &Schema{Type: Types{"string"}, Const: value} }

// Text is a string with an explanation.
func Text(about string) *Schema { return &Schema{Type: Types{"string"}, Description: about} }

// URI is an absolute one.
func URI(about string) *Schema {
	return &Schema{Type: Types{"string"}, Format: "uri", Description: about}
}

// Closed is an object that has these members and none besides: what the service
// writes itself.
func Closed(required []string, properties ...Member[*Schema]) *Schema {
	return &Schema{Type: Types{"object"}, Properties: properties, Required: required, AdditionalProperties: false}
}

// Open is an object in which further members are ignored: what the service reads.
func Open(required []string, properties ...Member[*Schema]) *Schema {
	return &Schema{Type: Types{"object"}, Properties: properties, Required: required}
}

// Property is a member of an object.
func Property(name string, schema *Schema) Member[*Schema] { return Member[*Schema]{name, schema} }

// Array is a list.
func Array(items *Schema) *Schema { return &Schema{Type: Types{"array"}, Items: items} }

// AnyOf is one of several schemas.
func AnyOf(schemas ...*Schema) *Schema {
	if len(schemas) == 1 {
		return schemas[0]
	}
	return &Schema{AnyOf: schemas}
}

// Nullable takes null as well.
func (s *Schema) Nullable() *Schema {
	if s.Ref != "" || s.AnyOf != nil {
		return AnyOf(s, Null())
	}
	made := *s
	made.Type = append(append(Types{}, s.Type...), "null")
	if s.Enum != nil {
		made.Enum = append(append([]any{}, s.Enum...), nil)
	}
	return &made
}

// Field is a field of a struct, as JSON shows it.
type Field struct {
	Name     string
	Type     reflect.Type
	Optional bool // it is left out when it is empty
	Tag      reflect.StructTag
}

// Fields returns the fields that encoding/json shows.
func Fields(model any) []Field { return fields(model, "json", "") }

// Attributes returns the attributes of a resource of JSON:API.
func Attributes(model any) []Field { return fields(model, "jsonapi", "attr,") }

// Relationships returns its relationships.
func Relationships(model any) []Field { return fields(model, "jsonapi", "relation,") }

func fields(model any, tag, prefix string) (all []Field) {
	of := reflect.TypeOf(model)
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	for _, field := range reflect.VisibleFields(of) {
		said, is := strings.CutPrefix(field.Tag.Get(tag), prefix)
		if !is || said == "" {
			continue
		}
		name, options, _ := strings.Cut(said, ",")
		all = append(all, Field{name, field.Type, options == "omitempty", field.Tag})
	}
	return all
}

// Words are what names in braces stand for in tags: what a configuration decides.
type Words map[string]string

func (w Words) fill(text string) string {
	for name, value := range w {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// Schema is that of a field, by its type and these tags:
//
//	about    what it is, for people
//	kind     the type, where Go's does not tell
//	format   of JSON Schema
//	pattern  likewise
//	choices  the only values, commas between them
//	enum     the only values, as a JSON array
//	min, max fewest and most characters
//	example  a value; JSON where the field is no text
//	shown    who alone is shown it
//
// Whether null is a value of it, the caller knows.
func (f Field) Schema(words Words) *Schema {
	tag := func(name string) string { return words.fill(f.Tag.Get(name)) }
	made := &Schema{Description: tag("about"), Type: typeOf(f.Type), Format: tag("format"), Pattern: tag("pattern"), ShownTo: tag("shown")}
	switch {
	case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.String:
		made.Items = Text("")
	case f.Type.Kind() == reflect.Slice:
		made.Items = Struct(reflect.Zero(f.Type.Elem()).Interface(), words)
	}
	if kind := tag("kind"); kind != "" {
		made.Type = Types{kind}
	}
	if choices := tag("choices"); choices != "" {
		for choice := range strings.SplitSeq(choices, ",") {
			made.Enum = append(made.Enum, choice)
		}
	}
	if raw := tag("enum"); raw != "" {
		made.Type, made.Enum = nil, must[[]any](raw)
	}
	made.MinLength, made.MaxLength = number(tag("min")), number(tag("max"))
	if example, given := f.Example(words); given {
		made.Examples = []any{example}
	}
	return made
}

// Example returns the value of the tag of this name, and whether there is one.
func (f Field) Example(words Words) (value any, given bool) {
	text, given := f.Tag.Lookup("example")
	text = words.fill(text)
	switch of := f.Type; {
	case !given:
		return nil, false
	case of.Kind() == reflect.String, of.Kind() == reflect.Pointer && of.Elem().Kind() == reflect.String:
		return text, true
	}
	return must[any](text), true
}

// Struct is the schema of a struct that encoding/json shows: all of its fields,
// and none besides.
func Struct(model any, words Words) *Schema {
	made := Closed(nil)
	for _, field := range Fields(model) {
		made.Properties.Add(field.Name, field.Schema(words))
		made.Required = append(made.Required, field.Name)
	}
	return made
}

// typeOf returns the type of JSON that a type of Go is shown as; nothing where Go's
// may be any.
func typeOf(of reflect.Type) Types {
	switch of.Kind() {
	case reflect.Pointer:
		return typeOf(of.Elem())
	case reflect.String:
		return Types{"string"}
	case reflect.Bool:
		return Types{"boolean"}
	case reflect.Int, reflect.Int64:
		return Types{"integer"}
	case reflect.Float64:
		return Types{"number"}
	case reflect.Map:
		return Types{"object"}
	case reflect.Slice:
		return Types{"array"}
	case reflect.Interface:
		return nil
	}
	panic(fmt.Sprintf("openapi: %v is nothing that a document shows", of)) // structs are written down in the program
}

func number(text string) *int {
	if text == "" {
		return nil
	}
	value := must[int](text)
	return &value
}

// must reads a tag, which is written down in the program as well.
func must[T any](text string) (value T) {
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		panic("openapi: the tag " + strconv.Quote(text) + ": " + err.Error())
	}
	return value
}
