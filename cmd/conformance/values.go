package main

import (
	"encoding/json"
	"strconv"
	"strings"
)

type object = map[string]any

// at walks into a decoded document: members by name, items by number.
func at(value any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch inner := value.(type) {
		case object:
			value = inner[step]
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index < 0 || index >= len(inner) {
				return nil
			}
			value = inner[index]
		default:
			return nil
		}
	}
	return value
}

// has reports whether an object of the document has a member, null or not.
func has(value any, path, member string) bool {
	if path != "" {
		value = at(value, path)
	}
	holder, ok := value.(object)
	if !ok {
		return false
	}
	_, found := holder[member]
	return found
}

// integer reads a number of a decoded document.
func integer(value any) (int64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	read, err := number.Int64()
	return read, err == nil
}

// resource is a document for a request: a resource of a type with attributes.
func resource(kind string, attributes object) object {
	return object{"data": object{"type": kind, "attributes": attributes}}
}

// change is a document that changes a resource.
func change(kind, id string, attributes object) object {
	return object{"data": object{"type": kind, "id": id, "attributes": attributes}}
}

func identifier(kind, id string) object { return object{"type": kind, "id": id} }

// ids lists the ids of a collection's items.
func ids(items []any) []string {
	listed := make([]string, len(items))
	for i, item := range items {
		listed[i], _ = at(item, "id").(string)
	}
	return listed
}

// resolve follows a JSON pointer (RFC 6901) and reports whether it leads
// anywhere.
func resolve(value any, pointer string) bool {
	if pointer == "" {
		return true
	}
	if !wellFormedPointer(pointer) {
		return false
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch inner := value.(type) {
		case object:
			next, found := inner[token]
			if !found {
				return false
			}
			value = next
		case []any:
			index, err := strconv.Atoi(token)
			if err != nil || index < 0 || index >= len(inner) || strconv.Itoa(index) != token {
				return false
			}
			value = inner[index]
		default:
			return false
		}
	}
	return true
}

// wellFormedPointer reports whether a text is a JSON pointer: empty, or behind
// a slash, with ~ only as ~0 and ~1.
func wellFormedPointer(pointer string) bool {
	if pointer == "" {
		return true
	}
	rest := strings.ReplaceAll(strings.ReplaceAll(pointer, "~0", ""), "~1", "")
	return pointer[0] == '/' && !strings.Contains(rest, "~")
}
