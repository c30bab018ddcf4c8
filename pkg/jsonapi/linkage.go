package jsonapi

import (
	"encoding/json"
	"slices"

	"github.com/clientelehq/clientele/errors"
)

// Linkage is what a document says of a relationship.
type Linkage struct {
	ID  string   // of a relationship to one; "" is null: no resource
	IDs []string // of a relationship to many, each once
}

// mostLinkage is how many identifiers one document may have.
const mostLinkage = 1000

// ParseLinkages reads the document of a relationship to many resources of the type that
// is expected (JSON:API 1.1, "Updating To-Many Relationships"). It answers
// errors.DocumentInvalid, with a pointer, when data is no array of identifiers, and
// errors.TypeMismatch.
func ParseLinkages(body []byte, expect Expect) (*Linkage, error) {
	s, err := scanned(body)
	if err != nil {
		return nil, err
	}
	data, err := s.data()
	if err != nil {
		return nil, err
	}
	var items []json.RawMessage
	if s.kind(data) != "array" || json.Unmarshal([]byte(s.members[data].raw), &items) != nil || len(items) > mostLinkage {
		return nil, invalid("/data", "linkage of a relationship to many is an array of up to a thousand identifiers")
	}
	made := &Linkage{IDs: []string{}}
	for i, item := range items {
		one, err := ParseLinkage(slices.Concat([]byte(`{"data":`), item, []byte("}")), expect)
		if err == nil && one.ID == "" {
			err = invalid("/data", "null is no identifier")
		}
		if err != nil {
			return nil, Among(err, i)
		}
		if !slices.Contains(made.IDs, one.ID) {
			made.IDs = append(made.IDs, one.ID)
		}
	}
	return made, nil
}

// ParseLinkage reads the document of a relationship to one resource of the type
// that is expected (JSON:API 1.1, "Updating To-One Relationships"). It answers
// errors.DocumentInvalid, with a pointer, when data is neither null nor an
// identifier, and errors.TypeMismatch.
func ParseLinkage(body []byte, expect Expect) (*Linkage, error) {
	s, err := scanned(body)
	if err != nil {
		return nil, err
	}
	data, err := s.data()
	if err != nil {
		return nil, err
	}
	switch s.kind(data) {
	case "null":
		return &Linkage{}, nil
	case "object":
		return s.identifier(data, expect)
	}
	return nil, invalid("/data", "linkage of a relationship to one is null or an identifier")
}

func (s *scanner) identifier(data int, expect Expect) (*Linkage, error) {
	if name, ok := s.foreignCase(data, resourceMembers); ok {
		return nil, invalid("/data/"+escapePointer(name), "a member in another case")
	}
	if err := s.readType(data, expect, &Document{}); err != nil {
		return nil, err
	}
	id := s.child(data, "id")
	if id < 0 {
		return nil, invalid("/data", "an identifier without an id")
	}
	if s.kind(id) != "string" || s.said(id) == "" {
		return nil, invalid("/data/id", "an id is a string that is not empty")
	}
	return &Linkage{ID: s.said(id)}, nil
}

// LocalIDs are the ids that were given to what a request named by itself.
type LocalIDs map[Identifier]string

// Identifier names a resource within one request.
type Identifier struct{ Type, LID string }

// Resolve puts ids in the place of local ones in the linkage of a document. It
// answers errors.DocumentInvalid, with a pointer, to one that nothing has.
func (d *Document) Resolve(known LocalIDs) error {
	for i := range d.relationships {
		relationship := &d.relationships[i]
		var linkage any
		if err := json.Unmarshal([]byte(relationship.raw), &linkage); err != nil {
			return errors.DocumentInvalid.Because(err)
		}
		resolved, ok := resolve(linkage, known)
		if !ok {
			return invalid("/data/relationships/"+escapePointer(relationship.name), "a lid that names nothing")
		}
		raw, err := json.Marshal(resolved)
		if err != nil {
			return err
		}
		relationship.raw = string(raw)
	}
	return nil
}

func resolve(linkage any, known LocalIDs) (any, bool) {
	switch given := linkage.(type) {
	case []any:
		for i := range given {
			var ok bool
			if given[i], ok = resolve(given[i], known); !ok {
				return nil, false
			}
		}
	case map[string]any:
		lid, local := given["lid"].(string)
		if _, global := given["id"]; global || !local {
			break
		}
		resource, _ := given["type"].(string)
		id, found := known[Identifier{resource, lid}]
		if !found {
			return nil, false
		}
		given["id"] = id
	}
	return linkage, true
}
