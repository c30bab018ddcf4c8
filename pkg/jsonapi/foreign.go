package jsonapi

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/clientelehq/clientele/errors"
)

// Foreign is a resource of another service, of whatever type: this one passes it on. A
// relationship of a model may lead to one or to several; nil says that nothing is known
// of the relationship, and it is not shown.
type Foreign struct {
	ID         string `jsonapi:"primary,*"`
	Type       string
	Attributes map[string]any // nil where the identity alone is known: then include does not lead here
}

// ForeignType stands for the type of foreign resources, which can be any.
const ForeignType = "*"

var foreign = reflect.TypeFor[Foreign]()

// ForeignOf returns what the relationships of a model, a pointer to a struct, to
// foreign resources lead to, as JSON has it: by name an object with type, id and, where
// they are known, attributes, or a list of such objects. Relationships of which nothing
// is known are left out.
func ForeignOf(model any) map[string]any {
	related := map[string]any{}
	eachForeign(model, func(relation *relation, field reflect.Value) {
		if field.IsNil() {
			return
		}
		if !relation.many {
			related[relation.name] = field.Interface().(*Foreign).object()
			return
		}
		list := []any{}
		for _, one := range field.Interface().([]*Foreign) {
			list = append(list, one.object())
		}
		related[relation.name] = list
	})
	return related
}

// RelateForeign sets the relationships of a model to what ForeignOf has returned.
func RelateForeign(model any, related map[string]any) {
	eachForeign(model, func(relation *relation, field reflect.Value) {
		switch value := related[relation.name].(type) {
		case map[string]any:
			if !relation.many {
				field.Set(reflect.ValueOf(foreignFrom(value)))
			}
		case []any:
			if relation.many {
				list := make([]*Foreign, len(value))
				for i, one := range value {
					object, _ := one.(map[string]any)
					list[i] = foreignFrom(object)
				}
				field.Set(reflect.ValueOf(list))
			}
		}
	})
}

func eachForeign(model any, do func(*relation, reflect.Value)) {
	of := reflect.ValueOf(model).Elem()
	shape, err := shapeOf(of.Type())
	if err != nil {
		panic(err) // models are written down in the program
	}
	for i := range shape.relations {
		if shape.relations[i].model == foreign {
			do(&shape.relations[i], of.Field(shape.relations[i].index))
		}
	}
}

func (f *Foreign) object() map[string]any {
	made := map[string]any{"type": f.Type, "id": f.ID}
	if f.Attributes != nil {
		made["attributes"] = f.Attributes
	}
	return made
}

func foreignFrom(object map[string]any) *Foreign {
	made := &Foreign{}
	made.Type, _ = object["type"].(string)
	made.ID, _ = object["id"].(string)
	made.Attributes, _ = object["attributes"].(map[string]any)
	return made
}

// enclosed are the resources that a request's document has beside its data.
type enclosed map[identity]map[string]any

// included reads the member of this name. What a resource has beside type, id and
// attributes is left out.
func (s *scanner) included() (enclosed, error) {
	at := s.child(root, "included")
	if at < 0 {
		return nil, nil
	}
	var items []any
	if err := readRaw(s.members[at].raw, &items); err != nil || s.kind(at) != "array" {
		return nil, invalid("/included", "no list of resources")
	}
	found := make(enclosed, len(items))
	for i, item := range items {
		resource, _ := item.(map[string]any)
		one := foreignFrom(resource)
		_, given := resource["attributes"]
		if one.Type == "" || one.ID == "" || given && one.Attributes == nil {
			return nil, invalid("/included/"+strconv.Itoa(i), "no resource with a type, an id and attributes")
		}
		if one.Attributes == nil {
			one.Attributes = map[string]any{}
		}
		found[identity{one.Type, one.ID}] = one.Attributes
	}
	return found, nil
}

// readRaw reads a text that has been scanned. Numbers keep their digits.
func readRaw(text string, into any) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// fillForeign sets the relationships of a struct to foreign resources. Null is as good
// as nothing.
func (d *Document) fillForeign(shape *shape, target reflect.Value) error {
	for _, known := range shape.relations {
		linkage, given := d.Relationship(known.name)
		if known.model != foreign || !given || string(linkage) == "null" {
			continue
		}
		var items []any
		one := map[string]any(nil)
		misfit := false
		if known.many {
			misfit = readRaw(string(linkage), &items) != nil
		} else {
			misfit = readRaw(string(linkage), &one) != nil
			items = []any{one}
		}
		list := make([]*Foreign, len(items))
		for i, item := range items {
			identifier, _ := item.(map[string]any)
			list[i] = foreignFrom(identifier)
			list[i].Attributes = d.enclosed[identity{list[i].Type, list[i].ID}]
			misfit = misfit || list[i].Type == "" || list[i].ID == ""
		}
		switch {
		case misfit:
			return invalid("/data/relationships/"+escapePointer(known.name), "linkage that does not fit")
		case known.many:
			target.Field(known.index).Set(reflect.ValueOf(list))
		default:
			target.Field(known.index).Set(reflect.ValueOf(list[0]))
		}
	}
	return nil
}

// ParseMany is Parse for a document with a list of resources, each of which has an id.
// It takes at most so many, and one at least.
func ParseMany(body []byte, expect Expect, most int) ([]*Document, error) {
	s, err := scanned(body)
	if err != nil {
		return nil, err
	}
	data, err := s.data()
	if err != nil {
		return nil, err
	}
	var raw []json.RawMessage
	if s.kind(data) != "array" || json.Unmarshal([]byte(s.members[data].raw), &raw) != nil || len(raw) == 0 || len(raw) > most {
		return nil, invalid("/data", "data is a list of 1 to "+strconv.Itoa(most))
	}
	included, err := s.included()
	if err != nil {
		return nil, err
	}
	documents := make([]*Document, len(raw))
	expect.Included = false // there is nothing but data in what is read below
	for i := range raw {
		if documents[i], err = Parse([]byte(`{"data":`+string(raw[i])+`}`), expect); err == nil && !documents[i].idGiven {
			err = invalid("/data", "no id")
		}
		if err != nil {
			return nil, Among(err, i)
		}
		documents[i].enclosed = included
	}
	return documents, nil
}

// Among makes the pointers of an error, which lead into a document of its own, lead to
// the same place of a document with a list, of which it is about one.
func Among(err error, index int) error {
	if _, told := errors.AsType[*errors.Error](err); !told {
		return err
	}
	var moved errors.Faults
	for _, fault := range errors.List(err) {
		pointer, pointed := pointerOf(fault)
		if rest, inData := strings.CutPrefix(pointer, "/data"); pointed && inData {
			fault = fault.At("/data/" + strconv.Itoa(index) + rest)
		}
		moved.Add(fault)
	}
	return moved.Err()
}
