package resources

import (
	"fmt"
	"reflect"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
)

// bind fills a struct, which is of the type that the route declares, from the
// attributes of the document.
func (c *call) bind(body any) error {
	if declared := reflect.TypeOf(c.route.body); reflect.TypeOf(body).Elem() != declared {
		return fmt.Errorf("%s %s reads %v, not %T", c.route.method, c.route.path, declared, body)
	}
	return c.document.Bind(body)
}

// fieldsOf offers the sparse fieldsets of one type.
func fieldsOf(kind string, model any) jsonapi.Offer {
	return jsonapi.Offer{Fields: map[string][]string{kind: jsonapi.Names(model)}}
}

// field makes what package account takes of one attribute of a document.
func field[T any](document *jsonapi.Document, name string, value *T) account.Field[T] {
	_, misfit := document.Misfit(name)
	return account.Field[T]{Name: name, Given: document.Has(name), Value: value, Misfit: misfit, Blank: document.Blank(name)}
}
