// Package openapi is what an OpenAPI 3.1 document is made of, as far as one is
// needed here, and makes the schemas of structs from their tags. What a document
// says is not its business.
//
// Everything keeps its order: of the routes, of the fields of a struct. So a
// document has the same bytes whenever it is made, and reads as the code does.
package openapi

import (
	"bytes"
	"encoding/json"
)

// Version is that of the specification.
const Version = "3.1.1"

// Members is a JSON object whose members keep their order.
type Members[T any] []Member[T]

// Member is one of them.
type Member[T any] struct {
	Name  string
	Value T
}

// Add appends a member, unless there is one of this name.
func (m *Members[T]) Add(name string, value T) {
	if _, there := m.Find(name); !there {
		*m = append(*m, Member[T]{name, value})
	}
}

// Find returns a member's value and whether it is there.
func (m Members[T]) Find(name string) (value T, there bool) {
	for _, member := range m {
		if member.Name == name {
			return member.Value, true
		}
	}
	return value, false
}

// MarshalJSON writes the members in their order.
func (m Members[T]) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, member := range m {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := encode(member.Name)
		if err != nil {
			return nil, err
		}
		value, err := encode(member.Value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// encode is json.Marshal without its care for HTML, which would make a text full
// of < and > unreadable.
func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// Document is the whole.
type Document struct {
	OpenAPI    string                       `json:"openapi"`
	Info       Info                         `json:"info"`
	Servers    []Server                     `json:"servers"`
	Tags       []Tag                        `json:"tags"`
	Paths      Members[Members[*Operation]] `json:"paths"` // operations by method, in small letters
	Components Components                   `json:"components"`
}

// Encode writes the document, indented: people read it as well.
func (d *Document) Encode() ([]byte, error) {
	encoded, err := encode(d)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, encoded, "", " "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// Info says which API it is.
type Info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
}

// Server is where the API is.
type Server struct {
	URL string `json:"url"`
}

// Tag is a group of operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Operation is one method of one path. Each member of Security is one way to be
// let in; an empty one lets everybody in.
type Operation struct {
	ID          string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Description string                `json:"description,omitempty"`
	Tags        []string              `json:"tags"`
	Security    []map[string][]string `json:"security"`
	Parameters  []*Parameter          `json:"parameters,omitempty"`
	Body        *Body                 `json:"requestBody,omitempty"`
	Responses   Members[*Response]    `json:"responses"` // by status
}

// Parameter is one of a path, a query or the headers of a request; or, with Ref
// alone, one of the components.
type Parameter struct {
	Ref         string  `json:"$ref,omitempty"`
	Name        string  `json:"name,omitempty"`
	In          string  `json:"in,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Style       string  `json:"style,omitempty"`
	Explode     *bool   `json:"explode,omitempty"`
	Schema      *Schema `json:"schema,omitempty"`
	Example     any     `json:"example,omitempty"`
	Alias       string  `json:"x-alias,omitempty"` // another name for it
}

// Body is that of a request.
type Body struct {
	Description string         `json:"description,omitempty"`
	Required    bool           `json:"required,omitempty"`
	Content     Members[Media] `json:"content"` // by media type
}

// Media is a body in one media type.
type Media struct {
	Schema   *Schema           `json:"schema,omitempty"`
	Example  any               `json:"example,omitempty"`
	Examples Members[*Example] `json:"examples,omitempty"`
}

// Example is one of a body; or, with Ref alone, one of the components.
type Example struct {
	Ref         string          `json:"$ref,omitempty"`
	Summary     string          `json:"summary,omitempty"`
	Description string          `json:"description,omitempty"`
	Value       json.RawMessage `json:"value,omitempty"`
}

// Response is an answer; or, with Ref alone, one of the components.
type Response struct {
	Ref         string           `json:"$ref,omitempty"`
	Description string           `json:"description,omitempty"`
	Headers     Members[*Header] `json:"headers,omitempty"`
	Content     Members[Media]   `json:"content,omitempty"` // by media type
}

// Header is one of an answer; or, with Ref alone, one of the components.
type Header struct {
	Ref         string  `json:"$ref,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema,omitempty"`
}

// Components are what the rest refers to.
type Components struct {
	Schemas         Members[*Schema]         `json:"schemas,omitempty"`
	Responses       Members[*Response]       `json:"responses,omitempty"`
	Parameters      Members[*Parameter]      `json:"parameters,omitempty"`
	Examples        Members[*Example]        `json:"examples,omitempty"`
	Headers         Members[*Header]         `json:"headers,omitempty"`
	SecuritySchemes Members[*SecurityScheme] `json:"securitySchemes,omitempty"`
}

// SecurityScheme is a kind of credential.
type SecurityScheme struct {
	Type         string `json:"type"`
	Scheme       string `json:"scheme"`
	BearerFormat string `json:"bearerFormat,omitempty"`
	Description  string `json:"description"`
}
