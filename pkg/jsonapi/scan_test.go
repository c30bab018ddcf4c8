package jsonapi

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/errors"
)

// The cases follow the kinds of the public JSON parsing suites: a value that a
// parser has to accept is accepted as an attribute, one that it has to refuse
// is refused, the document with it.

func TestValuesThatAreJSONAreAccepted(t *testing.T) {
	for _, value := range []string{
		// numbers
		"0", "-0", "1", "-1", "42", "0.5", "-0.0", "1.25", "1e1", "1E1", "1e+1", "1e-1", "0e1", "0E+1", "1.5e10", "-1.5E-10",
		"123456789012345678901234567890", "1e400", "-1e-400", "0.00000000000000000000000000000000001",
		// strings
		`""`, `" "`, `"a"`, `"\"\\\/\b\f\n\r\t"`, `"\u0061"`, `"\u00E9"`, `"\u00e9"`, `"é"`, `"\ud834\udd1e"`, `"𝄞"`, `"` + "\u2028\u2029" + `"`,
		`"` + "\x7f" + `"`, `"\u0000"`, `"\\u0000"`, `"// no comment"`, `"/* nor this */"`, `"\uFFFE"`, `"` + "\ufeff" + `"`,
		// literals
		"true", "false", "null",
		// arrays
		"[]", "[ ]", "[null]", "[[]]", "[1,2]", "[1 , 2]", "[\n1\n]", `["",[],{},null,true,1]`, "\t[1]\r\n",
		// objects
		"{}", "{ }", `{"a":1}`, `{"":0}`, `{"a" : 1 , "b" : 2}`, "{\n\"a\"\n:\n1\n}", `{"a":{"b":{"c":[]}}}`, `{"\u0061":1}`, `{"long name with spaces":1}`,
	} {
		if _, err := Parse(attribute0(value), customers); err != nil {
			t.Errorf("%s is refused: %v", value, err)
		}
	}
}

func TestValuesThatAreNoJSONAreRefused(t *testing.T) {
	for _, value := range []string{
		// numbers
		"", "+1", "01", "-01", "-", "--1", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1E-", "e1", "0x1", "1_000", "1a", "1 2", "Infinity", "-Infinity", "NaN",
		"0e", "0.e1", "1e1.5", "1..2", "１", "1,", "1.2.3", "- 1", "1 .5",
		// strings
		`"`, `"a`, `'a'`, `a`, `"\x"`, `"\u12"`, `"\u12G4"`, `"\U0061"`, `"\`, `"\"`, "\"\t\"", "\"\n\"", "\"\x00\"", "\"\x1f\"", `"a" "b"`, `"\ `, `"\u"`, `"\u00`,
		`"\ud800\u"`, `"\ud800\uZZZZ"`, `"\ud800\u12"`, `"\é"`, `“a”`, `"\u 061"`, `"\u+061"`, `"\u-061"`,
		// literals
		"nul", "tru", "fals", "True", "NULL", "nullx", "undefined", "truefalse", "nil",
		// arrays
		"[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1;2]", "[1,,2]", "[[]", "[]]", "[}", `["a"`, "[1:2]", "[\x00]", "[*]",
		// objects
		"{", "}", "{]", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,"a":1}`, `{,}`, `{"a" 1}`, `{"a"::1}`, `{"a":1 "b":2}`, `{"a":1;"b":2}`, `{a:1}`, `{'a':1}`,
		`{1:1}`, `{null:1}`, `{"a"}`, `{"a",1}`, `{"a":}`, `{:1}`, `{"a":1,,"b":2}`, `{{}:1}`, `{"a":1}}`, `{"a":a}`,
		// between tokens
		"1 // comment", "/* comment */ 1", "# 1", "\u00a01", "\u20281", "\f1", "\v1", "\x001", "1\x00", "\ufeff1", "<null>", "&",
	} {
		_, err := Parse(attribute0(value), customers)
		if fault, ok := errors.AsType[*errors.Error](err); !ok || !fault.Is(errors.DocumentInvalid) || fault.Source.Pointer == nil || *fault.Source.Pointer != "" {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestTextThatBreaksOffAnywhereIsRefused(t *testing.T) {
	whole := `{"data":{"type":"customers","id":"1","attributes":{"a":[1,-2.5e+3,"\u00e9\ud83d\ude00",{"b":null,"c":[true,false]}]},"relationships":{"x":{"data":null}}}}`
	if _, err := Parse([]byte(whole), customers); err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		if _, err := Parse([]byte(whole[:i]), customers); !errors.Is(err, errors.DocumentInvalid) {
			t.Errorf("%s: %v", whole[:i], err)
		}
	}
}

// Nothing that a client may send within the limit takes long: no case here is
// quadratic in its length.
func TestHostileBodiesAreAnsweredInTime(t *testing.T) {
	fill := func(piece string) string { return strings.Repeat(piece, (MaxBody-200)/len(piece)) }
	numbered := func(piece string) string {
		var all strings.Builder
		for i := 10000; all.Len() < MaxBody-200; i++ {
			all.WriteString(strings.ReplaceAll(piece, "N", strconv.Itoa(i)))
		}
		return all.String()
	}
	for name, body := range map[string][]byte{
		"open arrays":   attribute0(fill("[")),
		"open objects":  attribute0(fill(`{"a":`)),
		"escapes":       attribute0(`"` + fill(`\u0061`) + `"`),
		"surrogates":    attribute0(`"` + fill(`\ud800`) + `"`),
		"digits":        attribute0(fill("9")),
		"white space":   attribute0(fill(" ") + "1"),
		"elements":      attribute0("[" + fill("0,") + "0]"),
		"empty objects": attribute0("[" + fill("{},") + "{}]"),
		"names":         attribute0("{" + numbered(`"N":0,`) + `"":0}`),
		"attributes":    []byte(`{"data":{"type":"customers","attributes":{` + numbered(`"N":0,`) + `"":0}}}`),
		"relationships": []byte(`{"data":{"type":"customers","attributes":{},"relationships":{` + numbered(`"N":{"data":[]},`) + `"":{"data":null}}}}`),
	} {
		fastest := time.Hour
		for range 3 {
			start := time.Now()
			if document, err := Parse(body, customers); err == nil {
				_ = document.Bind(&profile{})
			}
			fastest = min(fastest, time.Since(start))
		}
		if fastest > 150*time.Millisecond {
			t.Errorf("%s take %v", name, fastest)
		}
	}
}

// attribute0 is a document with a value as its one attribute.
func attribute0(value string) []byte {
	return []byte(`{"data":{"type":"customers","attributes":{"a":` + value + `}}}`)
}
