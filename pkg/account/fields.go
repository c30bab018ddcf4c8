package account

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// Field is one attribute as a caller gave it. Absent, null, of another type
// and a value are four different things: a PATCH keeps, unsets, is refused,
// and sets.
type Field[T any] struct {
	Name   string // as the caller's wire spells it; errors name it so
	Given  bool   // the attribute was there, whatever its value
	Value  *T     // nil when absent, null or of another JSON type
	Misfit bool   // the value was of another JSON type
	Blank  bool   // that value was one that counts as blank: false or []
}

// Text is an attribute that holds text.
type Text = Field[string]

// Set returns a field that holds value.
func Set[T any](name string, value T) Field[T] {
	return Field[T]{Name: name, Given: true, Value: &value}
}

// is reports whether the field was given with exactly this value.
func (f Field[T]) is(value func(T) bool) bool { return f.Value != nil && value(*f.Value) }

// text returns the value, or "" when there is none.
func text(f Text) string {
	if f.Value == nil {
		return ""
	}
	return *f.Value
}

// assign puts what was given into place: a value in Unicode normal form C, or
// nil for null. An absent field leaves place alone.
func assign(place **string, f Text) {
	switch {
	case !f.Given:
	case f.Value == nil:
		*place = nil
	default:
		value := norm.NFC.String(*f.Value)
		*place = &value
	}
}

// merge lays the keys of a given object over those that are stored; null
// deletes a key, a null object all of them.
func merge(stored map[string]any, f Field[map[string]any]) map[string]any {
	if !f.Given {
		return stored
	}
	merged := map[string]any{}
	if f.Value == nil {
		return merged
	}
	for key, value := range stored {
		merged[key] = value
	}
	for key, value := range *f.Value {
		if value == nil {
			delete(merged, key)
		} else {
			merged[key] = value
		}
	}
	return merged
}

// longestObject bounds free-form data of one resource, as JSON, in bytes. A
// single request cannot exceed it; many that merge could.
const longestObject = 64 << 10

func oversized(objects ...model.JSON) bool {
	size := 0
	for _, object := range objects {
		text, err := object.Value()
		encoded, _ := text.(string)
		if size += len(encoded); err != nil || size > longestObject {
			return true
		}
	}
	return false
}

// validation collects the faults of a document, in the order in which its
// fields are checked (glue.md 6.1).
type validation struct {
	faults errors.Faults
}

// rule says what is wrong with a value; nil is JSON's null.
type rule func(value *string) *errors.Error

// text checks a text attribute: one fault when it is required and absent,
// otherwise one for each rule it breaks.
func (v *validation) text(f Text, required bool, rules ...rule) {
	if !f.Given {
		if required {
			v.faults.Add(errors.FieldMissing.On(f.Name))
		}
		return
	}
	if f.Misfit {
		if f.Blank {
			v.apply(f.Name, nil, rules)
		}
		v.faults.Add(errors.TypeInvalid.With("string").On(f.Name))
		return
	}
	v.apply(f.Name, f.Value, rules)
	if f.is(hasControls) {
		v.faults.Add(errors.CharactersInvalid.On(f.Name))
	}
}

func (v *validation) apply(name string, value *string, rules []rule) {
	for _, broken := range rules {
		if fault := broken(value); fault != nil {
			v.faults.Add(fault.On(name))
		}
	}
}

// flag checks a boolean. Null passes and counts as not set (glue.md 6.3).
func (v *validation) flag(f Field[bool], required bool) {
	switch {
	case !f.Given && required:
		v.faults.Add(errors.FieldMissing.On(f.Name))
	case f.Misfit:
		v.faults.Add(errors.TypeInvalid.With("bool").On(f.Name))
	}
}

// object checks free-form data.
func (v *validation) object(f Field[map[string]any]) {
	switch {
	case f.Misfit:
		v.faults.Add(errors.TypeInvalid.With("object").On(f.Name))
	case f.is(func(object map[string]any) bool { return holdsText(object, hasNUL) }):
		v.faults.Add(errors.CharactersInvalid.On(f.Name))
	}
}

// strings checks free-form data whose values are all text, or null to delete
// one.
func (v *validation) strings(f Field[map[string]any]) {
	v.object(f)
	if f.Value == nil {
		return
	}
	for _, value := range *f.Value {
		if _, isText := value.(string); value != nil && !isText {
			v.faults.Add(errors.TypeInvalid.With("string").On(f.Name))
			return
		}
	}
}

func notBlank(value *string) *errors.Error {
	if value == nil || isBlank(*value) {
		return errors.ValueBlank
	}
	return nil
}

// atMost and atLeast count code points. The empty string is too short, null is
// left to notBlank.
func atMost(limit int) rule {
	return func(value *string) *errors.Error {
		if value != nil && utf8.RuneCountInString(*value) > limit {
			return errors.TooLong.Limit(limit)
		}
		return nil
	}
}

func atLeast(limit int) rule {
	return func(value *string) *errors.Error {
		if value != nil && utf8.RuneCountInString(*value) < limit {
			return errors.TooShort.Limit(limit)
		}
		return nil
	}
}

func isEmail(value *string) *errors.Error {
	if value == nil || *value == "" {
		return nil
	}
	if _, err := emailKey(*value); err != nil {
		return errors.EmailInvalid
	}
	return nil
}

// oneOf demands an exact match; anything else, the empty string included, is
// answered with refusal.
func oneOf(choices []string, refusal *errors.Error) rule {
	return func(value *string) *errors.Error {
		if value == nil {
			return nil
		}
		for _, choice := range choices {
			if *value == choice {
				return nil
			}
		}
		return refusal
	}
}

// isPastDay accepts an existing calendar day, YYYY-MM-DD, not after today
// anywhere on Earth (UTC+14 is the first to reach a day).
func isPastDay(now time.Time) rule {
	return func(value *string) *errors.Error {
		if value == nil || *value == "" {
			return nil
		}
		day, err := time.Parse(time.DateOnly, *value)
		if err != nil || day.After(now.Add(14*time.Hour)) {
			return errors.DateInvalid
		}
		return nil
	}
}

func isCountry(value *string) *errors.Error {
	if value == nil || *value == "" || len([]rune(*value)) > 2 {
		return nil
	}
	if !knownCountry(*value) {
		return errors.CountryInvalid
	}
	return nil
}

// knownCountry reports whether code is an ISO 3166-1 alpha-2 code that is
// assigned today, in any case. CLDR, whose list this is, knows more: codes that
// became another's, and the few in notAssigned.
func knownCountry(code string) bool {
	region, err := language.ParseRegion(code)
	return err == nil && len(code) == 2 && region.IsCountry() && region.M49() != 0 &&
		region.String() == strings.ToUpper(code) && region.Canonicalize() == region && !notAssigned[region.String()]
}

// notAssigned were withdrawn (AN, CS, NT, SU, YU) or never given out (XK).
var notAssigned = map[string]bool{"AN": true, "CS": true, "NT": true, "SU": true, "XK": true, "YU": true}

// CountryName returns the name of an ISO 3166-1 alpha-2 code in a language, as
// CLDR has it; English where it has none.
func CountryName(code string, tag language.Tag) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return ""
	}
	if namer := display.Regions(tag); namer != nil {
		if name := namer.Name(region); name != "" {
			return name
		}
	}
	return display.English.Regions().Name(region)
}

func isLocale(value *string) *errors.Error {
	if value == nil {
		return nil
	}
	if _, err := language.Parse(*value); err != nil {
		return errors.LocaleInvalid
	}
	return nil
}

// isBlank reports whether nothing in value can be seen.
func isBlank(value string) bool {
	for _, r := range value {
		if !unicode.IsSpace(r) && !unicode.In(r, unicode.Cf, unicode.Zs, unicode.Zl, unicode.Zp) && !unseen[r] {
			return false
		}
	}
	return true
}

// unseen are characters that print nothing although Unicode calls them letters
// or symbols.
var unseen = map[rune]bool{'\u115f': true, '\u1160': true, '\u2800': true, '\u3164': true, '\uffa0': true, '\u034f': true}

// hasControls reports control characters (C0, DEL, C1). None belongs in a name,
// an address or a password, and a NUL cannot be stored in PostgreSQL (trap T5).
func hasControls(value string) bool {
	return strings.IndexFunc(value, unicode.IsControl) >= 0
}

func hasNUL(value string) bool { return strings.IndexByte(value, 0) >= 0 }

// holdsText reports whether any key, string or number inside value is bad, as it is
// written.
func holdsText(value any, bad func(string) bool) bool {
	switch value := value.(type) {
	case string:
		return bad(value)
	case json.Number:
		return bad(value.String())
	case []any:
		for _, item := range value {
			if holdsText(item, bad) {
				return true
			}
		}
	case map[string]any:
		for key, item := range value {
			if bad(key) || holdsText(item, bad) {
				return true
			}
		}
	}
	return false
}
