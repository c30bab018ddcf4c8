package jsonapi

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/clientelehq/clientele/errors"
)

// MaxOperations is how many changes one request may ask for.
const MaxOperations = 50

// Operation is one change of a request in the extension Atomic Operations.
type Operation struct {
	Op   string // add, update or remove
	Href string // what is changed, by its URL; or
	Ref  *Ref   // by its name; or neither, where Data says it
	Data *Ref   // type and id of the member data, when that is a resource or an identifier

	// Body is the document that the same change alone would have as its request:
	// the operation's data and nothing else; nil without.
	Body []byte
}

// Ref names a resource, or one of its relationships.
type Ref struct {
	Type         string
	ID           string
	LID          string
	Relationship string
}

// operationsMember is where the operations of a request are.
const operationsMember = "atomic:operations"

// OperationPointer is the place of an operation in its request. Its document
// stands there: a pointer into that, put behind this, leads to the same value.
func OperationPointer(index int) string {
	return "/" + operationsMember + "/" + strconv.Itoa(index)
}

// Within makes the pointers of an error, which lead into an operation's
// document, lead to the same place of the whole request. The error of a header or
// a parameter, which operations have none of, is about the operation.
func Within(err error, index int) error {
	var moved errors.Faults
	for _, fault := range errors.List(err) {
		pointer, _ := pointerOf(fault)
		moved.Add(fault.At(OperationPointer(index) + pointer))
	}
	return moved.Err()
}

// ParseOperations reads the document of the extension. It answers
// errors.DocumentInvalid, with a pointer to the offender, and looks at the form
// of the operations alone: whether there is what they name is not asked here.
func ParseOperations(body []byte) ([]Operation, error) {
	s, err := scanned(body)
	if err != nil {
		return nil, err
	}
	for _, forbidden := range []string{"data", "included", "errors", "atomic:results"} {
		if s.child(root, forbidden) >= 0 {
			return nil, invalid("/"+forbidden, "a member that has no place beside operations")
		}
	}
	at := s.child(root, operationsMember)
	if at < 0 {
		return nil, invalid("", "no operations")
	}
	var raw []json.RawMessage
	if s.kind(at) != "array" || json.Unmarshal([]byte(s.members[at].raw), &raw) != nil || len(raw) == 0 || len(raw) > MaxOperations {
		return nil, invalid("/"+operationsMember, "operations are an array of 1 to "+strconv.Itoa(MaxOperations))
	}
	operations := make([]Operation, len(raw))
	for i := range raw {
		if operations[i], err = parseOperation(raw[i]); err != nil {
			return nil, Within(err, i)
		}
	}
	return operations, nil
}

func parseOperation(raw json.RawMessage) (Operation, error) {
	s, err := scanned(raw)
	if err != nil {
		return Operation{}, invalid("", "an operation is an object")
	}
	var made Operation
	if made.Op, err = s.stringOf(root, "op", ""); err != nil {
		return made, err
	}
	if !slices.Contains([]string{"add", "update", "remove"}, made.Op) {
		return made, invalid(s.placeOf("op"), "the op is none of add, update and remove")
	}
	if made.Href, err = s.stringOf(root, "href", ""); err != nil {
		return made, err
	}
	if made.Ref, err = s.ref("ref"); err != nil {
		return made, err
	}
	if made.Ref != nil && made.Href != "" {
		return made, invalid("/href", "both ref and href")
	}
	return made, s.operationData(&made)
}

func (s *scanner) operationData(into *Operation) (err error) {
	data := s.child(root, "data")
	switch {
	case data < 0 && into.Op != "remove":
		return invalid("", "an operation without data")
	case data < 0:
		return nil
	case s.kind(data) == "object":
		if into.Data, err = s.ref("data"); err != nil {
			return err
		}
	}
	into.Body = []byte(`{"data":` + s.members[data].raw + `}`)
	return nil
}

// ref reads an object that names a resource; nil when it is not there.
func (s *scanner) ref(name string) (made *Ref, err error) {
	at := s.child(root, name)
	if at < 0 {
		return nil, nil
	}
	pointer := "/" + name
	if s.kind(at) != "object" {
		return nil, invalid(pointer, "it is no object")
	}
	made = &Ref{}
	for _, member := range []struct {
		name  string
		place *string
	}{{"type", &made.Type}, {"id", &made.ID}, {"lid", &made.LID}, {"relationship", &made.Relationship}} {
		if *member.place, err = s.stringOf(at, member.name, pointer); err != nil {
			return nil, err
		}
	}
	if made.Type == "" {
		return nil, invalid(pointer, "it has no type")
	}
	if made.ID != "" && made.LID != "" {
		return nil, invalid(pointer+"/lid", "both id and lid")
	}
	return made, nil
}

// stringOf returns a member that has to be a string that is not empty, "" when it
// is not there.
func (s *scanner) stringOf(parent int, name, pointer string) (string, error) {
	at := s.child(parent, name)
	if at < 0 {
		return "", nil
	}
	if s.kind(at) != "string" || strings.TrimSpace(s.said(at)) == "" {
		return "", invalid(pointer+"/"+name, "it is no string, or empty")
	}
	return s.said(at), nil
}

// placeOf points at a member of the root, or at the root when it is not there.
func (s *scanner) placeOf(name string) string {
	if s.child(root, name) < 0 {
		return ""
	}
	return "/" + name
}

// Results returns the document of what operations came to: for each the data of
// the document that the same change alone would be answered with, or nothing.
func Results(answers [][]byte, version bool) ([]byte, error) {
	members, results := openList('{'), openList('[')
	var out []byte
	if version {
		out = appendVersion(members.next(out), "")
	}
	out = append(members.next(out), `"atomic:results":`...)
	for _, answer := range answers {
		out = append(results.next(out), '{')
		if len(answer) > 0 {
			var document struct{ Data json.RawMessage }
			if err := json.Unmarshal(answer, &document); err != nil {
				return nil, err
			}
			out = append(append(out, `"data":`...), document.Data...)
		}
		out = append(out, '}')
	}
	return members.close(results.close(out)), nil
}
