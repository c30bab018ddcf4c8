// Package model holds what Clientele remembers: one struct a table, and the
// rules that need nothing but the struct.
//
// All times are UTC and whole microseconds. A nil pointer is the database's
// null, which is what wires show as JSON's null.
package model

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
)

// JSON is an object of free form. It is kept as text with its keys in order,
// so equal objects are equal text on every database, and its numbers keep
// their digits: what was read back holds json.Number.
type JSON map[string]any

// Value returns the object as text; nil is the empty object.
func (j JSON) Value() (driver.Value, error) {
	if len(j) == 0 {
		return "{}", nil
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(map[string]any(j)); err != nil {
		return nil, err
	}
	return strings.TrimSuffix(text.String(), "\n"), nil
}

// Scan reads what Value wrote. It never leaves the object nil.
func (j *JSON) Scan(value any) error {
	var text string
	switch value := value.(type) {
	case string:
		text = value
	case []byte:
		text = string(value)
	default:
		return fmt.Errorf("no JSON object in a %T", value)
	}
	*j = JSON{}
	if text == "{}" {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(j); err != nil {
		return fmt.Errorf("no JSON object: %v", err) // not wrapped: an unexpected end of text is none of the connection
	}
	return nil
}

// OrZero returns what is kept in a field, or the zero value when it is null.
func OrZero[T any](field *T) (value T) {
	if field != nil {
		value = *field
	}
	return value
}
