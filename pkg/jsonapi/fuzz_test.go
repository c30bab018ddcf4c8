package jsonapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/clientelehq/clientele/errors"
)

// FuzzParse: whatever comes is read or refused as a fault of the client, at a
// place that is in the request; what is read is JSON, and can be bound.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		``, ` `, `{}`, `[]`, `null`, `{"data":null}`, `{"data":[]}`, `{"DATA":{}}`, `{"data":{},"errors":[]}`,
		`{"data":{"type":"customers","attributes":{}}}`,
		`{"data":{"type":"orders","attributes":{}}}`,
		`{"data":{"type":"customers","id":"DE--1","attributes":{"firstName":"Zo\u00eb","acceptedTerms":true,"metadata":{"a":[1,{"b":null}]}}}}`,
		`{"data":{"type":"customers","attributes":{"FirstName":"x","paſſword":1,"a/b~c":1,"a/b~c":2}}}`,
		`{"data":{"type":"customers","attributes":{"firstName":1,"password":[],"acceptedTerms":"1","metadata":false}}}`,
		`{"data":{"type":"customers","attributes":{"firstName":"\ud800","metadata":{"\u0000":1}}}}`,
		`{"data":{"type":"customers","attributes":{},"relationships":{"home":{"data":{"type":"addresses","id":"1"}},"places":{"data":[null]},"x":{}}},"included":[null]}`,
		`{"data":{"type":"customers","attributes":{"a":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}}`,
		`{"":{"":1,"":2},"a":{"b":1},"a":3}`,
		"\ufeff{}", "\xff", `{"data":{"type":"customers","attributes":{"n":-0.5e+10}}} x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, expect := range []Expect{customers, {Type: "customers", TypeStatus: 400, AttributesOptional: true, AnyID: true}} {
			document, err := Parse(body, expect)
			if err != nil {
				requireClientFault(t, body, err)
				continue
			}
			if !json.Valid(body) {
				t.Fatalf("read, but no JSON: %q", body)
			}
			requireBound(t, body, document)
		}
	})
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
// it has; the lenient wire reads whatever the strict one does, to the same end.
func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{
		"", "include=addresses,orders", "include=", "include=nope", "fields[customers]=email&fields[addresses]=", "fields%5Bcustomers%5D=a,,b",
		"sort=-createdAt,email", "sort=", "filter[email]=a%2Bb", "filter[customers.createdAt][gt]=1&filter[createdAt][gt]=2", "filter=1", "filter[a][b][c]=1",
		"page[number]=2&page[size]=5", "page[offset]=0&page[limit]=100", "page[after]=x", "page[number]=1&page[offset]=1", "page[size]=-1", "page[_]=1",
		"%zz=1", "a=%00", "a;b=1", "a=\xff", "a=%c2%85", "dryRun=1&dryRun=2", "=&&=", "[", "a[b", "a]b[", "page[", "filter[customers.]=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		strict, strictErr := ParseQuery(query, "customers", shop)
		requireQueryFault(t, query, strictErr)
		lenientShop := shop
		lenientShop.Lenient = true
		lenient, lenientErr := ParseQuery(query, "customers", lenientShop)
		requireQueryFault(t, query, lenientErr)
		if strictErr == nil && lenientErr == nil && string(mustMarshal(t, strict)) != string(mustMarshal(t, lenient)) {
			t.Fatalf("%q is %+v, and lenient %+v", query, strict, lenient)
		}
		for _, lenient := range []bool{false, true} {
			requireQueryFault(t, query, CheckPage(query, lenient))
		}
		if strictErr == nil && CheckPage(query, false) != nil {
			t.Fatalf("%q: CheckPage refuses what ParseQuery reads", query)
		}
		if strictErr == nil {
			requireSensiblePage(t, query, strict.Page)
		}
		ParseForm([]byte(query))
	})
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

func requireSensiblePage(t *testing.T, query string, page Page) {
	t.Helper()
	ok := false
	switch page.Strategy {
	case NoPage:
		ok = page == Page{}
	case ByNumber:
		ok = page.Number >= 1 && 1 <= page.Size && page.Size <= MaxPageSize && page == Page{Strategy: ByNumber, Number: page.Number, Size: page.Size}
	case ByOffset:
		ok = page.Offset >= 0 && 1 <= page.Limit && page.Limit <= MaxPageSize && page == Page{Strategy: ByOffset, Offset: page.Offset, Limit: page.Limit}
	case ByCursor:
		ok = (page.After == "") != (page.Before == "") && 1 <= page.Size && page.Size <= MaxPageSize
	}
	if !ok {
		t.Fatalf("%q: %+v", query, page)
	}
}

// FuzzNegotiation: the two headers are taken or refused with their status, and
// the lenient wire takes whatever the strict one does.
func FuzzNegotiation(f *testing.F) {
	for _, seed := range []string{
		"", MediaType, MediaType + "; charset=utf-8", MediaType + `; profile="https://example.com/a,b;c"`, MediaType + `;ext="x"`, MediaType + ";q=0, */*",
		"*/*", "application/*;q=0.5", "application/json; charset", "text/html, image/gif, *; q=.2, */*; q=.2", `a/b; c="\"`, `"`, ",", ";", "/", ";q=", "q=0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		header := http.Header{"Accept": {value}, "Content-Type": {value}}
		for _, check := range []struct {
			of     func(http.Header, Media) error
			status int
		}{{CheckAccept, http.StatusNotAcceptable}, {CheckContentType, http.StatusUnsupportedMediaType}} {
			strict, lenient := check.of(header, Media{}), check.of(header, Media{Lenient: true})
			for _, err := range []error{strict, lenient} {
				if status, _ := Errors(err, ErrorView{}); err != nil && status != check.status {
					t.Fatalf("%q: %v", value, err)
				}
			}
			if strict == nil && lenient != nil {
				t.Fatalf("%q is taken by the strict wire alone", value)
			}
		}
	})
}
