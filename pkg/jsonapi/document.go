package jsonapi

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/clientelehq/clientele/errors"
)

// MaxBody is how many bytes a request's body may have.
const MaxBody = 64 << 10

// ReadBody returns the body of a request, empty when there is none. It answers
// errors.PayloadTooLarge when there are more than MaxBody bytes, announced or
// not, and errors.RequestInvalid when the client stopped sending.
func ReadBody(r *http.Request) ([]byte, error) { return ReadBodyUpTo(r, MaxBody) }

// ReadBodyUpTo is ReadBody with another bound.
func ReadBodyUpTo(r *http.Request, most int64) ([]byte, error) {
	if r.ContentLength > most {
		return nil, errors.PayloadTooLarge
	}
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if _, capped := errors.AsType[*http.MaxBytesError](err); capped || int64(len(body)) > most {
		return nil, errors.PayloadTooLarge
	}
	if err != nil {
		return nil, errors.RequestInvalid.Because(err)
	}
	return body, nil
}

// Expect says what document a route takes.
type Expect struct {
	Type               string // the resource type of the URL
	TypeStatus         int    // status of a wrong or empty data.type (W-03); 0 is the catalogue's
	AttributesOptional bool   // data.relationships may stand without data.attributes (W-14)
	AnyID              bool   // data.id may be of any kind: it is ignored (W-07, W-08 in wire=glue)
	Included           bool   // what is included comes with the relationships to foreign resources
}

// Document is one resource as a client sent it: with what was given, null and
// absent told apart.
type Document struct {
	resource      string // data.type
	id            string
	idGiven       bool
	lid           string
	attributes    []member // in the order they were sent
	relationships []member // their raw values are the linkage alone
	meta          []member // of the document, beside data
	enclosed      enclosed
}

// MetaFlag reports whether the document's meta has a member of this name that is true.
func (d *Document) MetaFlag(name string) bool {
	return slices.ContainsFunc(d.meta, func(m member) bool { return m.name == name && m.raw == "true" })
}

// ID returns data.id and whether there is one. One that is there is not empty.
func (d *Document) ID() (id string, given bool) { return d.id, d.idGiven }

// LID returns the name that the document gives its resource for as long as the
// request lasts (JSON:API 1.1, "Resource Identifier Objects"), or "".
func (d *Document) LID() string { return d.lid }

// Has reports whether an attribute is there, whatever its value.
func (d *Document) Has(name string) bool { return d.attribute(name) != nil }

// Null reports whether an attribute is there and null.
func (d *Document) Null(name string) bool {
	found := d.attribute(name)
	return found != nil && found.raw == "null"
}

// Raw returns the value of an attribute as it was written, nil when it is
// absent.
func (d *Document) Raw(name string) json.RawMessage {
	if found := d.attribute(name); found != nil {
		return json.RawMessage(found.raw)
	}
	return nil
}

// Misfit reports whether the last Bind found an attribute of another JSON type
// than its field takes, and which: string, number, bool, array or object. Null
// fits every field.
func (d *Document) Misfit(name string) (kind string, misfit bool) {
	if found := d.attribute(name); found != nil && found.misfit {
		return kindOf(found.raw), true
	}
	return "", false
}

// Blank reports whether a misfit is false or an empty array, which count as
// blank (glue.md 6.3).
func (d *Document) Blank(name string) bool {
	found := d.attribute(name)
	if found == nil || !found.misfit {
		return false
	}
	return found.raw == "false" || found.raw[0] == '[' && strings.TrimLeft(found.raw[1:], " \t\r\n") == "]"
}

// Relationship returns the linkage (the member data) of a relationship, and
// whether there is one of this name.
func (d *Document) Relationship(name string) (json.RawMessage, bool) {
	for _, r := range d.relationships {
		if r.name == name {
			return json.RawMessage(r.raw), true
		}
	}
	return nil, false
}

func (d *Document) attribute(name string) *member {
	for i := range d.attributes {
		if d.attributes[i].name == name {
			return &d.attributes[i]
		}
	}
	return nil
}

// kindOf returns the JSON type of a value that the scanner has read.
func kindOf(raw string) string {
	switch raw[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "bool"
	case 'n':
		return "null"
	}
	return "number"
}

// Parse reads the document of a request: step 4 of the order of checks
// (glue.md section 4), and the form of data.id. It answers
// errors.DocumentInvalid, with a pointer to the offender, or to the whole
// document when it cannot be read, or to nothing when there is none; and
// errors.TypeMismatch.
//
// Unknown members are ignored (JSON:API 1.1, "Document Structure"), known ones
// in another case refused: a reader that folds case would take them.
func Parse(body []byte, expect Expect) (*Document, error) {
	s, err := scanned(body)
	if err != nil {
		return nil, err
	}
	return s.document(expect)
}

// scanned reads a text that has to be one JSON object.
func scanned(body []byte) (*scanner, error) {
	text := string(body)
	if strings.Trim(text, " \t\r\n") == "" {
		return nil, errors.DocumentInvalid
	}
	s := &scanner{text: text}
	if !utf8.ValidString(text) || !s.scan() {
		return nil, invalid("", "not JSON, or too deep")
	}
	if s.fault != nil {
		return nil, invalid(s.fault.pointer, s.fault.reason)
	}
	if s.kind(root) != "object" {
		return nil, invalid("", "not an object")
	}
	return s, nil
}

// root is the place of the whole text among the members of a scanner.
const root = 0

func invalid(pointer, reason string) error {
	return errors.DocumentInvalid.At(pointer).Because(errors.New(reason))
}

var (
	topMembers      = []string{"data", "errors", "meta", "jsonapi", "links", "included"}
	resourceMembers = []string{"type", "id", "lid", "attributes", "relationships", "links", "meta"}
)

// document checks a scanned text in the order in which a fault is answered.
func (s *scanner) document(expect Expect) (*Document, error) {
	data, err := s.data()
	if err != nil {
		return nil, err
	}
	if s.kind(data) != "object" {
		return nil, invalid("/data", "data is no object")
	}
	if name, ok := s.foreignCase(data, resourceMembers); ok {
		return nil, invalid("/data/"+escapePointer(name), "a member in another case")
	}
	document := &Document{}
	if at := s.child(root, "meta"); at >= 0 && s.kind(at) == "object" {
		for i := range s.children(at) {
			document.meta = append(document.meta, s.members[i])
		}
	}
	if expect.Included {
		if document.enclosed, err = s.included(); err != nil {
			return nil, err
		}
	}
	for _, read := range []func(*scanner, int, Expect, *Document) error{
		(*scanner).readType, (*scanner).readAttributes, (*scanner).readRelationships, (*scanner).readID,
	} {
		if err := read(s, data, expect, document); err != nil {
			return nil, err
		}
	}
	return document, nil
}

// data returns the place of a document's data.
func (s *scanner) data() (int, error) {
	if name, ok := s.foreignCase(root, topMembers); ok {
		return 0, invalid("/"+escapePointer(name), "a member in another case")
	}
	if s.child(root, "errors") >= 0 {
		return 0, invalid("/errors", "a request has no errors")
	}
	data := s.child(root, "data")
	if data < 0 {
		return 0, invalid("", "no data")
	}
	return data, nil
}

func (s *scanner) readType(data int, expect Expect, into *Document) error {
	at := s.child(data, "type")
	if at < 0 {
		return invalid("/data", "no type")
	}
	if s.kind(at) != "string" {
		return invalid("/data/type", "the type is no string")
	}
	into.resource = s.said(at)
	if into.resource == expect.Type {
		return nil
	}
	mismatch := errors.TypeMismatch.At("/data/type")
	if expect.TypeStatus != 0 {
		mismatch = mismatch.Answer(expect.TypeStatus)
	}
	return mismatch
}

func (s *scanner) readAttributes(data int, expect Expect, into *Document) error {
	at := s.child(data, "attributes")
	if at < 0 {
		if expect.AttributesOptional && s.child(data, "relationships") >= 0 {
			return nil
		}
		return invalid("/data", "no attributes")
	}
	if s.kind(at) != "object" {
		return invalid("/data/attributes", "the attributes are no object")
	}
	for i := range s.children(at) {
		into.attributes = append(into.attributes, s.members[i])
	}
	return nil
}

// readRelationships keeps the linkage of each (JSON:API 1.1, "Creating
// Resources": a relationship that is given has data).
func (s *scanner) readRelationships(data int, _ Expect, into *Document) error {
	at := s.child(data, "relationships")
	if at < 0 {
		return nil
	}
	if s.kind(at) != "object" {
		return invalid("/data/relationships", "the relationships are no object")
	}
	for i := range s.children(at) {
		name := s.members[i].name
		if strings.HasPrefix(name, "@") {
			continue
		}
		pointer := "/data/relationships/" + escapePointer(name)
		linkage := s.child(i, "data")
		if linkage < 0 {
			return invalid(pointer, "a relationship without data")
		}
		switch s.kind(linkage) {
		case "null", "object", "array":
			into.relationships = append(into.relationships, member{name: name, raw: s.members[linkage].raw})
		default:
			return invalid(pointer+"/data", "linkage that is none")
		}
	}
	return nil
}

func (s *scanner) readID(data int, expect Expect, into *Document) error {
	if at := s.child(data, "lid"); at >= 0 {
		if s.kind(at) != "string" || s.said(at) == "" {
			return invalid("/data/lid", "a lid is a string that is not empty")
		}
		into.lid = s.said(at)
	}
	at := s.child(data, "id")
	if at < 0 {
		return nil
	}
	if s.kind(at) == "string" {
		into.id = s.said(at)
	}
	into.idGiven = into.id != ""
	if !into.idGiven && !expect.AnyID {
		return invalid("/data/id", "an id is a string that is not empty")
	}
	return nil
}

func (s *scanner) kind(at int) string { return kindOf(s.members[at].raw) }

// said returns what a member that is a string says.
func (s *scanner) said(at int) string {
	raw := s.members[at].raw
	return unescape(raw[1 : len(raw)-1])
}

// foreignCase returns the first member of an object that is one of the names
// save for case, Unicode's folding included (the long s is an s to it).
func (s *scanner) foreignCase(parent int, names []string) (string, bool) {
	for i := range s.children(parent) {
		given := s.members[i].name
		for _, name := range names {
			if given != name && strings.EqualFold(given, name) {
				return given, true
			}
		}
	}
	return "", false
}
