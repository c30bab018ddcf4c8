package main

import (
	"slices"
	"strconv"
)

// What the structural check looks at in errors.

func (i *inspection) errors(value any) {
	i.see("113")
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		i.fault("113", "errors is no array, or empty")
		return
	}
	for _, item := range list {
		i.error(item)
	}
}

func (i *inspection) error(value any) {
	i.see("115", "116")
	holder, ok := value.(object)
	if !ok || len(holder) == 0 {
		i.fault("115", "an error is no object, or empty")
		return
	}
	i.members("error", holder, "id", "links", "status", "code", "title", "detail", "source", "meta")
	i.links("error", holder, "about", "type")
	i.meta("error", holder)
	i.errorStatus(holder)
	for _, name := range []string{"id", "code", "title", "detail"} {
		if value, given := holder[name]; given {
			if i.see("117"); !isString(value) {
				i.fault("117", "the %s of an error is no string", name)
			}
		}
	}
	if source, given := holder["source"]; given {
		i.source(source)
	}
}

func (i *inspection) errorStatus(holder object) {
	status, ok := holder["status"].(string)
	number, err := strconv.Atoi(status)
	switch {
	case !ok:
		i.fault("116", "the status of an error is missing or no string")
	case err != nil || number < 400 || number > 599:
		i.fault("116", "the status of an error is %q", status)
	case len(i.list("errors")) == 1 && number != i.status:
		i.fault("116", "the status of the only error is %q", status)
	}
}

func (i *inspection) source(value any) {
	i.see("118")
	source, ok := value.(object)
	if !ok || len(source) == 0 {
		i.fault("118", "the source of an error is no object, or empty")
		return
	}
	i.members("source", source, "pointer", "parameter", "header")
	for name, value := range source {
		if !isString(value) {
			i.fault("118", "source.%s is no string", name)
		}
	}
	if parameter, given := source["parameter"].(string); given && !slices.Contains(i.parameters(), parameter) {
		i.fault("118", "source.parameter %q is none of the request", parameter)
	}
	if pointer, given := source["pointer"].(string); given {
		i.pointer(pointer)
	}
}

// pointer checks where the source of an error points. A body that cannot be
// read has no place but the whole.
func (i *inspection) pointer(pointer string) {
	i.see("119", "120")
	if !wellFormedPointer(pointer) {
		i.fault("120", "%q is no JSON pointer", pointer)
		return
	}
	document, err := decode(i.sentBody)
	if err != nil && pointer != "" || err == nil && !resolve(document, pointer) {
		i.fault("119", "the request has nothing at %q", pointer)
	}
}
