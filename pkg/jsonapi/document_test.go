package jsonapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/clientelehq/clientele/errors"
)

// customers expects a document of that type, as POST does.
var customers = Expect{Type: "customers"}

func TestDocumentTellsWhatWasSent(t *testing.T) {
	document, err := Parse([]byte(`{"data":{"type":"customers","id":"DE--1","attributes":{"email":"a@example.com","phone":null,"terms": [ 1 ] },
		"relationships":{"addresses":{"data":[{"type":"addresses","id":"1"}]},"shop":{"data":null},"@note":7}}}`), customers)
	if err != nil {
		t.Fatal(err)
	}
	if id, given := document.ID(); id != "DE--1" || !given {
		t.Errorf("id %q, given %v", id, given)
	}
	for name, want := range map[string]string{"email": `"a@example.com"`, "phone": "null", "terms": "[ 1 ]", "gender": ""} {
		if raw := string(document.Raw(name)); raw != want || document.Has(name) != (want != "") || document.Null(name) != (want == "null") {
			t.Errorf("%s is %s, there %v, null %v", name, raw, document.Has(name), document.Null(name))
		}
	}
	for name, want := range map[string]string{"addresses": `[{"type":"addresses","id":"1"}]`, "shop": "null", "orders": "", "@note": ""} {
		if raw, given := document.Relationship(name); string(raw) != want || given != (want != "") {
			t.Errorf("linkage of %s is %s, given %v", name, raw, given)
		}
	}
}

func TestDocumentWithoutAnIDSaysSo(t *testing.T) {
	document, err := Parse([]byte(`{"data":{"type":"customers","attributes":{}}}`), customers)
	if err != nil {
		t.Fatal(err)
	}
	if id, given := document.ID(); id != "" || given {
		t.Errorf("id %q, given %v", id, given)
	}
}

// Each of these is refused with errors.DocumentInvalid. The pointer "-" is
// none: the error has no source.
func TestDocumentThatBreaksARuleIsRefusedWithAPointerToIt(t *testing.T) {
	for name, c := range map[string]struct{ body, pointer string }{
		"no body":                         {"", "-"},
		"nothing but white space":         {" \r\n\t", "-"},
		"no JSON":                         {"{", ""},
		"trailing data":                   {`{"data":{"type":"customers","attributes":{}}} {}`, ""},
		"trailing comma":                  {`{"data":{"type":"customers","attributes":{}},}`, ""},
		"byte order mark":                 {"\ufeff" + `{"data":{"type":"customers","attributes":{}}}`, ""},
		"invalid UTF-8":                   {`{"data":{"type":"customers","attributes":{"a":"` + "\xff" + `"}}}`, ""},
		"an array":                        {`[{"data":{}}]`, ""},
		"a string":                        {`"data"`, ""},
		"null":                            {`null`, ""},
		"no data":                         {`{}`, ""},
		"no data but meta":                {`{"meta":{}}`, ""},
		"data null":                       {`{"data":null}`, "/data"},
		"data an array":                   {`{"data":[{"type":"customers","attributes":{}}]}`, "/data"},
		"data a string":                   {`{"data":"x"}`, "/data"},
		"data in capitals":                {`{"DATA":{"type":"customers","attributes":{}}}`, "/DATA"},
		"data twice, in two cases":        {`{"data":{"type":"customers","attributes":{}},"Data":{}}`, "/Data"},
		"data twice":                      {`{"data":{"type":"customers","attributes":{}},"data":{}}`, "/data"},
		"data twice, once with an escape": {`{"data":{"type":"customers","attributes":{}},"d\u0061ta":{}}`, "/data"},
		"included in capitals":            {`{"data":{"type":"customers","attributes":{}},"Included":[]}`, "/Included"},
		"data and errors":                 {`{"data":{"type":"customers","attributes":{}},"errors":[]}`, "/errors"},
		"no type":                         {`{"data":{"attributes":{}}}`, "/data"},
		"type null":                       {`{"data":{"type":null,"attributes":{}}}`, "/data/type"},
		"type a number":                   {`{"data":{"type":1,"attributes":{}}}`, "/data/type"},
		"type in capitals":                {`{"data":{"Type":"customers","attributes":{}}}`, "/data/Type"},
		"no attributes":                   {`{"data":{"type":"customers"}}`, "/data"},
		"no attributes but relationships": {`{"data":{"type":"customers","relationships":{}}}`, "/data"},
		"attributes null":                 {`{"data":{"type":"customers","attributes":null}}`, "/data/attributes"},
		"attributes an array":             {`{"data":{"type":"customers","attributes":[]}}`, "/data/attributes"},
		"attributes in capitals":          {`{"data":{"type":"customers","attributes":{},"ATTRIBUTES":{}}}`, "/data/ATTRIBUTES"},
		"attributes with a long s":        {`{"data":{"type":"customers","attribute\u017f":{}}}`, "/data/attributeſ"},
		"links with a Kelvin sign":        {`{"data":{"type":"customers","attributes":{}},"lin\u212as":{}}`, "/lin\u212as"},
		"an attribute twice":              {`{"data":{"type":"customers","attributes":{"a/b~":1,"c":2,"a/b~":3}}}`, "/data/attributes/a~1b~0"},
		"a name twice in metadata":        {`{"data":{"type":"customers","attributes":{"metadata":{"a":[0,{"b":1,"b":1}]}}}}`, "/data/attributes/metadata/a/1/b"},
		"a name twice in included":        {`{"data":{"type":"customers","attributes":{}},"included":[{"id":"1","id":"1"}]}`, "/included/0/id"},
		"an empty name twice":             {`{"data":{"type":"customers","attributes":{"":1,"":1}}}`, "/data/attributes/"},
		"half a surrogate pair":           {`{"data":{"type":"customers","attributes":{"a":"\ud800"}}}`, "/data/attributes/a"},
		"the other half":                  {`{"data":{"type":"customers","attributes":{"a":["x\udc00"]}}}`, "/data/attributes/a/0"},
		"two first halves":                {`{"data":{"type":"customers","attributes":{"a":"\ud800\ud800"}}}`, "/data/attributes/a"},
		"half a pair, then another":       {`{"data":{"type":"customers","attributes":{"a":"\ud800\u0041"}}}`, "/data/attributes/a"},
		"half a pair in a name":           {`{"data":{"type":"customers","attributes":{"\ud800":1}}}`, "/data/attributes"},
		"NUL in a name":                   {`{"data":{"type":"customers","attributes":{"a\u0000":1}}}`, "/data/attributes"},
		"a line break in a name":          {`{"data":{"type":"customers","attributes":{"metadata":{"a\nb":1}}}}`, "/data/attributes/metadata"},
		"relationships null":              {`{"data":{"type":"customers","attributes":{},"relationships":null}}`, "/data/relationships"},
		"relationships an array":          {`{"data":{"type":"customers","attributes":{},"relationships":[]}}`, "/data/relationships"},
		"a relationship that is null":     {`{"data":{"type":"customers","attributes":{},"relationships":{"a":null}}}`, "/data/relationships/a"},
		"a relationship without data":     {`{"data":{"type":"customers","attributes":{},"relationships":{"a/b":{"links":{}}}}}`, "/data/relationships/a~1b"},
		"a relationship with Data":        {`{"data":{"type":"customers","attributes":{},"relationships":{"a":{"Data":null}}}}`, "/data/relationships/a"},
		"linkage that is a string":        {`{"data":{"type":"customers","attributes":{},"relationships":{"a":{"data":"1"}}}}`, "/data/relationships/a/data"},
		"id null":                         {`{"data":{"type":"customers","id":null,"attributes":{}}}`, "/data/id"},
		"id empty":                        {`{"data":{"type":"customers","id":"","attributes":{}}}`, "/data/id"},
		"id a number":                     {`{"data":{"type":"customers","id":1,"attributes":{}}}`, "/data/id"},
		"two faults, the first":           {`{"data":{"type":"customers","attributes":{"a":1,"a":1,"b":"\ud800"}}}`, "/data/attributes/a"},
		"a fault, then no JSON":           {`{"data":{"type":"customers","type":"customers","attributes":{}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.body), customers)
			requireFault(t, err, errors.DocumentInvalid, c.pointer)
			if c.pointer != "-" && !resolves(c.body, c.pointer) {
				t.Errorf("the pointer %q leads nowhere", c.pointer)
			}
		})
	}
}

// requireFault wants one error of the line, with the pointer ("-": none).
func requireFault(t *testing.T, err error, line *errors.Error, pointer string) {
	t.Helper()
	fault, ok := errors.AsType[*errors.Error](err)
	if !ok || !fault.Is(line) {
		t.Fatalf("%v, want %s", err, line.Key)
	}
	got := "-"
	if fault.Source.Pointer != nil {
		got = *fault.Source.Pointer
	}
	if got != pointer {
		t.Errorf("pointer %q, want %q", got, pointer)
	}
}

func TestOnlyHalfSurrogatesAreRefused(t *testing.T) {
	for _, text := range []string{`\ud83d\ude00`, `\uD83D\uDE00`, `\u00e9`, `\uffff`, `\ue000`, `\u0000`, `\\ud800`} {
		if _, err := Parse([]byte(`{"data":{"type":"customers","attributes":{"a":"`+text+`"}}}`), customers); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestUnknownMembersAreIgnored(t *testing.T) {
	body := `{"data":{"type":"customers","lid":"x","attributes":{"unknown":1,"@x":{}},"extra":[],"@type":1,"meta":{},"links":{}},
		"jsonapi":{"ext":["https://example.com/x"]},"meta":{},"included":[],"links":{},"@data":1,"whatever":{"data":1}}`
	if _, err := Parse([]byte(body), customers); err != nil {
		t.Error(err)
	}
}

func TestIncludedResourcesAreNeverFollowed(t *testing.T) {
	for _, included := range []string{
		`[null]`,
		`[1]`,
		`{}`,
		`[{"type":"addresses","id":"1","relationships":{"owner":{"data":{"type":"customers","id":"1"}}}},
		  {"type":"customers","id":"1","relationships":{"home":{"data":{"type":"addresses","id":"1"}}}}]`,
	} {
		body := `{"data":{"type":"customers","id":"1","attributes":{},"relationships":{"home":{"data":{"type":"addresses","id":"1"}}}},"included":` + included + `}`
		document, err := Parse([]byte(body), customers)
		if err != nil {
			t.Fatal(err)
		}
		var into struct {
			ID   string `jsonapi:"primary,customers"`
			Home *place `jsonapi:"relation,home"`
		}
		if err := document.Bind(&into); err != nil || into.Home == nil || into.Home.ID != "1" {
			t.Errorf("%v, %+v", err, into)
		}
	}
}

func TestNestingEndsAtThirtyTwoLevels(t *testing.T) {
	document := func(levels int) []byte { // three are the document's own
		return []byte(`{"data":{"type":"customers","attributes":{"a":` + strings.Repeat("[", levels-3) + strings.Repeat("]", levels-3) + `}}}`)
	}
	if _, err := Parse(document(MaxDepth), customers); err != nil {
		t.Error(err)
	}
	_, err := Parse(document(MaxDepth+1), customers)
	requireFault(t, err, errors.DocumentInvalid, "")
}

func TestRepeatedNamesAreFoundInLargeObjects(t *testing.T) {
	var names []string
	for i := range 5000 {
		names = append(names, fmt.Sprintf(`"n%d":0`, i))
	}
	body := func(more string) []byte {
		return []byte(`{"data":{"type":"customers","attributes":{` + strings.Join(names, ",") + more + `}}}`)
	}
	if _, err := Parse(body(""), customers); err != nil {
		t.Error(err)
	}
	for _, i := range []int{0, fewNames - 1, fewNames, 4999} {
		_, err := Parse(body(fmt.Sprintf(`,"n%d":1`, i)), customers)
		requireFault(t, err, errors.DocumentInvalid, fmt.Sprintf("/data/attributes/n%d", i))
	}
}

func TestNamesOfOtherObjectsMayBeTheSame(t *testing.T) {
	body := `{"data":{"type":"customers","attributes":{"a":{"a":{"a":1},"b":1},"b":[{"a":1},{"a":1}]}},"meta":{"data":1,"a":1,"b":2}}`
	if _, err := Parse([]byte(body), customers); err != nil {
		t.Error(err)
	}
}

func TestTypeOfAnotherResourceIsAMismatch(t *testing.T) {
	for _, resource := range []string{"", "orders", "Customers", "customers "} {
		for _, status := range []int{http.StatusConflict, http.StatusBadRequest} {
			_, err := Parse([]byte(`{"data":{"type":"`+resource+`"}}`), Expect{Type: "customers", TypeStatus: status})
			requireFault(t, err, errors.TypeMismatch, "/data/type")
			if fault, _ := errors.AsType[*errors.Error](err); fault.Status != status {
				t.Errorf("status %d, want %d", fault.Status, status)
			}
		}
	}
	if errors.TypeMismatch.Status != http.StatusConflict {
		t.Error("the line of the catalogue was changed")
	}
}

func TestTypeMayBeWrittenWithEscapes(t *testing.T) {
	if _, err := Parse([]byte(`{"data":{"typ\u0065":"\u0063ustomers","attributes":{}}}`), customers); err != nil {
		t.Error(err)
	}
}

// The document as a whole comes first, then its type, then the attributes,
// then relationships and id.
func TestEarlierChecksAnswerFirst(t *testing.T) {
	for _, c := range []struct {
		body    string
		line    *errors.Error
		pointer string
	}{
		{`{"data":{"type":"orders","attributes":null,"id":1,"id":2}}`, errors.DocumentInvalid, "/data/id"},
		{`{"data":{"type":"orders","attributes":null},"errors":1}`, errors.DocumentInvalid, "/errors"},
		{`{"data":{"type":"orders","attributes":null,"id":1}}`, errors.TypeMismatch, "/data/type"},
		{`{"data":{"type":"customers","attributes":null,"id":1}}`, errors.DocumentInvalid, "/data/attributes"},
		{`{"data":{"type":"customers","id":1,"relationships":{"a":{}},"attributes":{}}}`, errors.DocumentInvalid, "/data/relationships/a"},
	} {
		_, err := Parse([]byte(c.body), customers)
		requireFault(t, err, c.line, c.pointer)
	}
}

func TestRelationshipsAloneAreEnoughWhereAttributesAreOptional(t *testing.T) {
	optional := Expect{Type: "customers", AttributesOptional: true}
	if _, err := Parse([]byte(`{"data":{"type":"customers","relationships":{"a":{"data":null}}}}`), optional); err != nil {
		t.Error(err)
	}
	_, err := Parse([]byte(`{"data":{"type":"customers"}}`), optional)
	requireFault(t, err, errors.DocumentInvalid, "/data")
	_, err = Parse([]byte(`{"data":{"type":"customers","attributes":null,"relationships":{}}}`), optional)
	requireFault(t, err, errors.DocumentInvalid, "/data/attributes")
}

func TestIDOfAnyKindPassesWhereItIsIgnored(t *testing.T) {
	for raw, want := range map[string]string{"null": "", "1": "", `""`: "", `"DE--1"`: "DE--1"} {
		document, err := Parse([]byte(`{"data":{"type":"customers","id":`+raw+`,"attributes":{}}}`), Expect{Type: "customers", AnyID: true})
		if err != nil {
			t.Fatal(err)
		}
		if id, given := document.ID(); id != want || given != (want != "") {
			t.Errorf("%s: %q, given %v", raw, id, given)
		}
	}
}

func TestBodyMayHaveAsManyBytesAsTheLimit(t *testing.T) {
	for _, size := range []int{0, 1, MaxBody} {
		for _, announced := range []bool{true, false} {
			r := request(strings.NewReader(strings.Repeat("x", size)), announced, size)
			body, err := ReadBody(r)
			if err != nil || len(body) != size {
				t.Errorf("size %d, announced %v: %d bytes, %v", size, announced, len(body), err)
			}
		}
	}
}

func TestLargerBodyIsRefusedWhetherAnnouncedOrNot(t *testing.T) {
	for _, announced := range []bool{true, false} {
		_, err := ReadBody(request(strings.NewReader(strings.Repeat("x", MaxBody+1)), announced, MaxBody+1))
		if !errors.Is(err, errors.PayloadTooLarge) {
			t.Errorf("announced %v: %v", announced, err)
		}
	}
	capped := request(strings.NewReader("xxxx"), false, 4)
	capped.Body = http.MaxBytesReader(httptest.NewRecorder(), capped.Body, 3)
	if _, err := ReadBody(capped); !errors.Is(err, errors.PayloadTooLarge) {
		t.Errorf("capped by the server: %v", err)
	}
}

func TestBodyAnnouncedAsTooLargeIsNotRead(t *testing.T) {
	body := strings.NewReader("x")
	if _, err := ReadBody(request(body, true, MaxBody+1)); !errors.Is(err, errors.PayloadTooLarge) || body.Len() != 1 {
		t.Errorf("%v, %d bytes left", err, body.Len())
	}
}

func TestBodyThatBreaksOffIsAnInvalidRequest(t *testing.T) {
	r := request(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(`{"data"`))), false, 0)
	if _, err := ReadBody(r); !errors.Is(err, errors.RequestInvalid) {
		t.Error(err)
	}
}

func TestRequestWithoutABodyReadsAsEmpty(t *testing.T) {
	if body, err := ReadBody(&http.Request{}); err != nil || len(body) != 0 {
		t.Errorf("%q, %v", body, err)
	}
}

func request(body io.Reader, announced bool, size int) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/customers", io.NopCloser(body))
	r.ContentLength = -1
	if announced {
		r.ContentLength = int64(size)
	}
	return r
}

func TestControlCharactersAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "Ada": false, "Zoë – 東京 😀": false, "À": false, "\u00a0": false, "\u00bf": false, "\u2028": false,
		"\x00": true, "a\nb": true, "\t": true, "x\x1f": true, "\x7f": true, "\u0080": true, "x\u009f": true,
	} {
		if ControlCharacters(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// resolves reports whether an RFC 6901 pointer names a value of the text. Of a
// name that an object has twice, either value will do.
func resolves(text, pointer string) bool {
	if pointer == "" {
		return true
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber() // some numbers are beyond a double
	found := false
	if err := walk(decoder, "", pointer, &found); err != nil {
		return false
	}
	return found
}

func walk(decoder *json.Decoder, at, pointer string, found *bool) error {
	*found = *found || at == pointer
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	delimiter, _ := token.(json.Delim)
	for i := 0; delimiter != 0 && decoder.More(); i++ {
		name := strconv.Itoa(i)
		if delimiter == '{' {
			token, err := decoder.Token()
			if err != nil {
				return err
			}
			name = strings.ReplaceAll(strings.ReplaceAll(token.(string), "~", "~0"), "/", "~1")
		}
		if err := walk(decoder, at+"/"+name, pointer, found); err != nil {
			return err
		}
	}
	if delimiter != 0 {
		_, err = decoder.Token()
	}
	return err
}
