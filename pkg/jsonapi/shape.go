package jsonapi

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/clientelehq/clientele/errors"
)

// shape is what the tags of a struct say, in the order of its fields: google's
// nodes keep attributes in maps, which have none.
type shape struct {
	attributes []attribute
	relations  []relation
}

type attribute struct {
	name  string
	key   string // the name as it is printed: "name":
	index int
	kind  reflect.Type
}

type relation struct {
	name  string
	key   string
	index int
	many  bool
	model reflect.Type // the struct at the other end
}

var shapes sync.Map // reflect.Type → *shape

// shapeOf returns the shape of a struct. It refuses what would make google
// panic or run for ever: relationships that lead back to their own struct, or
// to anything but pointers to structs.
func shapeOf(model reflect.Type) (*shape, error) { return shapeBelow(model, nil) }

func shapeBelow(model reflect.Type, above []reflect.Type) (*shape, error) {
	if known, ok := shapes.Load(model); ok {
		return known.(*shape), nil
	}
	if model == nil || model.Kind() != reflect.Struct {
		return nil, fmt.Errorf("jsonapi: a model is a pointer to a struct, not %v", model)
	}
	for _, outer := range above {
		if outer == model {
			return nil, fmt.Errorf("jsonapi: the relationships of %v lead back to it", model)
		}
	}
	made := &shape{}
	for i := range model.NumField() {
		if err := made.add(model.Field(i), append(above, model)); err != nil {
			return nil, err
		}
	}
	shapes.Store(model, made)
	return made, nil
}

func (s *shape) add(field reflect.StructField, above []reflect.Type) error {
	annotation, rest, _ := strings.Cut(field.Tag.Get("jsonapi"), ",")
	name, _, _ := strings.Cut(rest, ",")
	key := `"` + name + `":`
	switch annotation {
	case "attr":
		s.attributes = append(s.attributes, attribute{name: name, key: key, index: field.Index[0], kind: field.Type})
	case "relation":
		model, many := field.Type, field.Type.Kind() == reflect.Slice
		if many {
			model = model.Elem()
		}
		if model.Kind() != reflect.Pointer {
			return errors.New("jsonapi: the relationship " + name + " is neither a pointer nor a slice of pointers")
		}
		if _, err := shapeBelow(model.Elem(), above); err != nil {
			return err
		}
		s.relations = append(s.relations, relation{name: name, key: key, index: field.Index[0], many: many, model: model.Elem()})
	}
	return nil
}

// structType returns the type of a struct or of what a pointer points to; nil
// for nil.
func structType(model any) reflect.Type {
	kind := reflect.TypeOf(model)
	if kind != nil && kind.Kind() == reflect.Pointer {
		return kind.Elem()
	}
	return kind
}
