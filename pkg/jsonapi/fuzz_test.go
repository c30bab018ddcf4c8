package jsonapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jsonapi/jsontest"
)

// longestSeed keeps texts of the table that are merely long out of the seeds: a
// fuzzer that changes one byte of many finds nothing in them.
const longestSeed = 1 << 10

// FuzzParse: whatever comes is read or refused as a fault of the client, at a
// place that is in the request. What is read is what encoding/json reads, less
// what is refused on purpose, and can be bound.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		``, ` `, `{}`, `[]`, `null`, `{"data":null}`, `{"data":[]}`, `{"DATA":{}}`, `{"data":{},"errors":[]}`,
		`{"data":{"type":"customers","attributes":{}}}`,
		`{"data":{"type":"orders","attributes":{}}}`,
		`{"data":{"type":"customers","id":"DE--1","attributes":{"firstName":"Zo\u00eb","acceptedTerms":true,"metadata":{"a":[1,{"b":null}]}}}}`,
		`{"data":{"type":"customers","lid":"a","attributes":{"FirstName":"x","paſſword":1,"a/b~c":1,"a/b~c":2}}}`,
		`{"data":{"type":"customers","attributes":{"firstName":1,"password":[],"acceptedTerms":"1","metadata":false}}}`,
		`{"data":{"type":"customers","attributes":{},"relationships":{"home":{"data":{"type":"addresses","id":"1"}},"places":{"data":[null]},"x":{}}},"included":[null]}`,
		`{"":{"":1,"":2},"a":{"b":1},"a":3}`,
	} {
		f.Add([]byte(seed))
	}
	for _, c := range jsontest.Cases() {
		if len(c.Text) <= longestSeed {
			f.Add([]byte(c.Body(`{"data":{"type":"customers","attributes":{"metadata":{"x":`, `}}}}`)))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := scanned(body)
		if read, sound := err == nil, isSound(body) && bytes.TrimLeft(body, " \t\r\n")[0] == '{'; read != sound {
			t.Fatalf("%q: read %v, though encoding/json and the rules say %v", body, read, sound)
		}
		for _, expect := range []Expect{customers, {Type: "customers", TypeStatus: 400, AttributesOptional: true, AnyID: true}} {
			document, err := Parse(body, expect)
			if err != nil {
				requireClientFault(t, body, err)
				continue
			}
			requireBound(t, body, document)
		}
	})
}

// isSound says by way of encoding/json what the scanner has to find: JSON in
// UTF-8, not too deep, no half of a surrogate pair, no name twice in an object or
// with control characters.
func isSound(text []byte) bool {
	if !utf8.Valid(text) || !json.Valid(text) {
		return false
	}
	for _, found := range escapes.FindAllSubmatch(text, -1) {
		if len(found[1]) > 0 {
			return false
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return isSoundValue(decoder, 0)
}

// escapes finds escaped backslashes, pairs of surrogates, and, as its group,
// halves of one. In JSON there are backslashes in strings alone.
var escapes = regexp.MustCompile(`(?i)\\\\|\\ud[89ab]..\\ud[c-f]..|(\\ud[89a-f]..)`)

func isSoundValue(decoder *json.Decoder, depth int) bool {
	token, err := decoder.Token()
	delimiter, nested := token.(json.Delim)
	if err != nil || !nested {
		return err == nil
	}
	sound := depth < MaxDepth
	names := map[string]bool{}
	for sound && decoder.More() {
		if delimiter == '{' {
			token, err := decoder.Token()
			name, _ := token.(string)
			sound = err == nil && !names[name] && !ControlCharacters(name)
			names[name] = true
		}
		sound = sound && isSoundValue(decoder, depth+1)
	}
	_, err = decoder.Token()
	return sound && err == nil
}

func requireClientFault(t *testing.T, body []byte, err error) {
	t.Helper()
	fault, ok := errors.AsType[*errors.Error](err)
	if !ok || !fault.Is(errors.DocumentInvalid) && !fault.Is(errors.TypeMismatch) {
		t.Fatalf("%q: %v", body, err)
	}
	if pointer := fault.Source.Pointer; pointer != nil && !resolves(string(body), *pointer) {
		t.Fatalf("%q: the pointer %q leads nowhere", body, *pointer)
	}
	if status, shown := Errors(err, ErrorView{RequestID: "r"}); status < 400 || status > 499 || !json.Valid(shown) {
		t.Fatalf("%d %s", status, shown)
	}
}

// requireBound binds a document and compares the fields with what
// encoding/json makes of the same text.
func requireBound(t *testing.T, body []byte, document *Document) {
	t.Helper()
	var got profile
	if err := document.Bind(&got); err != nil {
		requireClientFault(t, body, err)
		return
	}
	for name, field := range map[string]any{"firstName": got.FirstName, "password": got.Password, "acceptedTerms": got.Terms, "metadata": got.Metadata} {
		raw := document.Raw(name)
		kind, misfit := document.Misfit(name)
		filled := string(mustMarshal(t, field)) != "null"
		if filled != (document.Has(name) && !document.Null(name) && !misfit) {
			t.Fatalf("%s is %s (misfit %q) and its field %v", name, raw, kind, field)
		}
		if filled && string(mustMarshal(t, field)) != string(normal(t, raw)) {
			t.Fatalf("%s is %s and its field %s", name, raw, mustMarshal(t, field))
		}
	}
}

func mustMarshal(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func normal(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return mustMarshal(t, value)
}

// FuzzParseQuery: a query is read or refused with a 400 that names a parameter
// it has, and what is read was offered; brackets and blanks may be written either
// way; the lenient wire reads whatever the strict one does, to the same end.
func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{
		"", "include=addresses,orders", "include=", "include=nope", "include=addresses.country", "fields[customers]=email&fields[addresses]=", "fields%5Bcustomers%5D=a,,b", "fields[customers]=email,email",
		"sort=-createdAt,email", "sort=", "sort=email,-email", "filter[email]=a%2Bb", "filter[customers.createdAt][gt]=1&filter[createdAt][gt]=2", "filter=1", "filter[a][b][c]=1", "filter[address.city]=New+York",
		"page[number]=2&page[size]=5", "page[offset]=0&page[limit]=100", "page[after]=x", "page[after]=&page[size]=7", "page[before]=", "page[after]=a&page[before]=b", "page[number]=1&page[offset]=1", "page[size]=-1",
		"page[size]=9999999999", "page[number]=2147483648", "page[_]=1", "page[size]=%2B5", "page[offset]=-0", "page[limit]=1&page[limit]=2",
		"%zz=1", "a=%00", "a;b=1", "a=\xff", "a=%ff", "a=%c2%85", "dryRun=1&dryRun=2", "=&&=", "[", "a[b", "a]b[", "page[", "filter[customers.]=1", "%69nclude=orders", "Include=orders",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		lenientShop := shop
		lenientShop.Lenient = true
		strict, strictErr := ParseQuery(query, "customers", shop)
		lenient, lenientErr := ParseQuery(query, "customers", lenientShop)
		requireQueryFault(t, query, strictErr)
		requireQueryFault(t, query, lenientErr)
		for _, lenient := range []bool{false, true} {
			requireQueryFault(t, query, CheckPage(query, lenient))
		}
		for _, spelling := range []string{percentEncoded.Replace(query), strings.ReplaceAll(query, "+", "%20")} {
			again, err := ParseQuery(spelling, "customers", shop)
			if !reflect.DeepEqual(again, strict) || !isSameFault(err, strictErr) || !isSameFault(CheckPage(spelling, false), CheckPage(query, false)) {
				t.Fatalf("%q is %+v, %v; %q is %+v, %v", query, strict, strictErr, spelling, again, err)
			}
		}
		ParseForm([]byte(query))
		if strictErr != nil {
			return
		}
		if CheckPage(query, false) != nil {
			t.Fatalf("%q: CheckPage refuses what ParseQuery reads", query)
		}
		if lenientErr == nil && string(mustMarshal(t, strict)) != string(mustMarshal(t, lenient)) {
			t.Fatalf("%q is %+v, and lenient %+v", query, strict, lenient)
		}
		requireOffered(t, query, strict)
		requireSensiblePage(t, query, strict.Page)
	})
}

var percentEncoded = strings.NewReplacer("[", "%5B", "]", "%5d")

// isSameFault compares what a client sees of an error in the query.
func isSameFault(a, b error) bool {
	one, isOne := errors.AsType[*errors.Error](a)
	other, isOther := errors.AsType[*errors.Error](b)
	return isOne == isOther && (!isOne || one.Is(other) && reflect.DeepEqual(one.Source, other.Source))
}

func requireQueryFault(t *testing.T, query string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	fault, ok := errors.AsType[*errors.Error](err)
	if !ok || fault.Status != http.StatusBadRequest {
		t.Fatalf("%q: %v", query, err)
	}
	if name := fault.Source.Parameter; name != "" {
		values, _ := url.ParseQuery(query) // the pairs that can be read, and those before
		if _, there := values[name]; !there && !fault.Is(errors.RequestInvalid) && !fault.Is(errors.PaginationInvalid) {
			t.Fatalf("%q has no parameter %q", query, name)
		}
	}
	if _, shown := Errors(err, ErrorView{RequestID: "r"}); !json.Valid(shown) {
		t.Fatalf("%s", shown)
	}
}

// requireOffered demands that a query asks for nothing that the offer has not,
// and for nothing twice.
func requireOffered(t *testing.T, query string, read *Query) {
	t.Helper()
	requireSubset(t, query, read.Include, shop.Include)
	for resource, names := range read.Fields {
		requireSubset(t, query, names, shop.Fields[resource])
	}
	var sorted []string
	for _, order := range read.Sort {
		sorted = append(sorted, order.Field)
	}
	requireSubset(t, query, sorted, shop.Sort)
	for _, filter := range read.Filter {
		if !slices.Contains(shop.Filter[filter.Name], filter.Operator) {
			t.Fatalf("%q filters by %+v", query, filter)
		}
	}
	for name := range read.Own {
		requireSubset(t, query, []string{name}, shop.Own)
	}
}

func requireSubset(t *testing.T, query string, names, offered []string) {
	t.Helper()
	for i, name := range names {
		if !slices.Contains(offered, name) || slices.Contains(names[:i], name) {
			t.Fatalf("%q asks for %q of %q", query, names, offered)
		}
	}
}

func requireSensiblePage(t *testing.T, query string, page Page) {
	t.Helper()
	values, _ := url.ParseQuery(query)
	for _, name := range []string{"page[number]", "page[size]", "page[offset]", "page[limit]"} {
		if value := values.Get(name); strings.Trim(value, "0123456789") != "" {
			t.Fatalf("%q: %s is %q, and read as %+v", query, name, value, page)
		}
	}
	ok := false
	switch page.Strategy {
	case NoPage:
		ok = page == Page{}
	case ByNumber:
		ok = page.Number >= 1 && 1 <= page.Size && page.Size <= MaxPageSize && page == Page{Strategy: ByNumber, Number: page.Number, Size: page.Size}
	case ByOffset:
		ok = page.Offset >= 0 && 1 <= page.Limit && page.Limit <= MaxPageSize && page == Page{Strategy: ByOffset, Offset: page.Offset, Limit: page.Limit}
	case ByCursor:
		ok = (page.After == "" || page.Before == "") && 1 <= page.Size && page.Size <= MaxPageSize &&
			page == Page{Strategy: ByCursor, After: page.After, Before: page.Before, Size: page.Size}
	}
	if !ok {
		t.Fatalf("%q: %+v", query, page)
	}
}

// FuzzNegotiation: the two headers are taken or refused with their status. The
// lenient wire takes whatever the strict one does, two lines of Accept are one
// list, and no body is both of an extension and of none.
func FuzzNegotiation(f *testing.F) {
	for _, seed := range []string{
		"", MediaType, MediaType + "; charset=utf-8", MediaType + `; profile="https://example.com/a,b;c"`, MediaType + `;ext="x"`, MediaType + ";q=0, */*", MediaType + `;ext="` + AtomicExtension + `"`,
		MediaType + `;ext=" ` + AtomicExtension + ` x"`, MediaType + `;ext=""`, MediaType + `;profile="` + CursorProfile + `";q=0.5`, "Application/VND.API+JSON ; EXT = x", MediaType + "; ext*=utf-8''x", MediaType + ";q=1;a=b",
		"*/*", "application/*;q=0.5", "application/json; charset", "application/json;q=0,application/*", "text/html, image/gif, *; q=.2, */*; q=.2", `a/b; c="\"`, `"`, ",", ";", "/", ";q=", "q=0", "a/json;q=NaN", "a/b;q=1e-9",
	} {
		f.Add(seed, "")
		f.Add(seed, "application/*")
	}
	f.Fuzz(func(t *testing.T, value, second string) {
		one, extended := Media{}, Media{Extension: AtomicExtension}
		for _, check := range []struct {
			of     func(http.Header, Media) error
			name   string
			values []string
			status int
		}{
			{CheckAccept, "Accept", []string{value}, http.StatusNotAcceptable},
			{CheckAccept, "Accept", []string{value, second}, http.StatusNotAcceptable},
			{CheckContentType, "Content-Type", []string{value}, http.StatusUnsupportedMediaType},
			{CheckContentType, "Content-Type", []string{value, second}, http.StatusUnsupportedMediaType},
		} {
			header := http.Header{check.name: check.values}
			strict, lenient := check.of(header, one), check.of(header, Media{Lenient: true})
			for _, err := range []error{strict, lenient, check.of(header, extended)} {
				if status, shown := Errors(err, ErrorView{}); err != nil && (status != check.status || !json.Valid(shown)) {
					t.Fatalf("%q: %v", check.values, err)
				}
			}
			if strict == nil && lenient != nil {
				t.Fatalf("%q is taken by the strict wire alone", check.values)
			}
		}
		requireList(t, value, second)
		header := http.Header{"Content-Type": {value}}
		if CheckContentType(header, one) == nil && CheckContentType(header, extended) == nil {
			t.Fatalf("%q is of the extension and of none", value)
		}
		header["Content-Type"] = []string{value, second}
		if CheckContentType(header, one) == nil || CheckContentType(header, Media{Lenient: true}) == nil {
			t.Fatalf("%q and %q are two types of one body", value, second)
		}
	})
}

// requireList demands of Accept what lists have in common: it is the same in one
// line and in two, in either order, and who takes documents as they are gets them
// whatever else is in the list. A quotation mark may swallow the rest of a list.
func requireList(t *testing.T, value, second string) {
	t.Helper()
	accepts := func(values ...string) bool { return CheckAccept(http.Header{"Accept": values}, Media{}) == nil }
	if accepts(value, second) != accepts(value+","+second) {
		t.Fatalf("%q, %q: two lines and one differ", value, second)
	}
	if strings.ContainsRune(value+second, '"') {
		return
	}
	if accepts(value, second) != accepts(second, value) {
		t.Fatalf("%q, %q: the order counts", value, second)
	}
	if !accepts(value, MediaType) || !accepts(MediaType, value) {
		t.Fatalf("%q keeps documents from who takes them", value)
	}
	if AsksFor(http.Header{"Accept": {value}}, CursorProfile) {
		t.Fatalf("%q: a URI is a parameter's value only within quotes", value)
	}
}
