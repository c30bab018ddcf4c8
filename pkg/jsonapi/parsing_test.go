package jsonapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jsonapi/jsontest"
)

// places are where a case is put: the texts before and after it, and the pointer
// of the value that it is.
var places = []struct{ name, before, after, pointer string }{
	{"an attribute", `{"data":{"type":"customers","attributes":{"a":`, `}}}`, "/data/attributes/a"},
	{"within an attribute", `{"data":{"type":"customers","attributes":{"metadata":{"x":`, `}}}}`, "/data/attributes/metadata/x"},
	{"an element within an attribute", `{"data":{"type":"customers","attributes":{"metadata":{"x":[null,`, `]}}}}`, "/data/attributes/metadata/x/1"},
	{"a member that is ignored", `{"data":{"type":"customers","attributes":{}},"shop":`, `}`, "/shop"},
}

func TestEveryTextIsReadOrRefusedAsTheTableSays(t *testing.T) {
	for _, place := range places {
		for _, c := range jsontest.Cases() {
			body := []byte(c.Body(place.before, place.after))
			document, err := Parse(body, customers)
			if err == nil {
				err = document.Bind(&profile{})
			}
			switch c.Outcome {
			case jsontest.Read, jsontest.NotKept:
				if err != nil {
					t.Errorf("%s, %s, as %s: refused: %v", c.Group, c.Name, place.name, err)
				}
			case jsontest.Refused:
				requirePlace(t, c, err, body, place.pointer+c.At)
			case jsontest.Unreadable:
				requirePlace(t, c, err, body, "")
			}
		}
	}
}

// requirePlace demands that a body was refused as a document, at a place of it
// that is there.
func requirePlace(t *testing.T, c jsontest.Case, err error, body []byte, pointer string) {
	t.Helper()
	fault, ok := errors.AsType[*errors.Error](err)
	if !ok || !fault.Is(errors.DocumentInvalid) || fault.Status != http.StatusBadRequest {
		t.Errorf("%s, %s: %v", c.Group, c.Name, err)
		return
	}
	if fault.Source.Pointer == nil || *fault.Source.Pointer != pointer || !resolves(string(body), pointer) {
		t.Errorf("%s, %s: refused at another place than %q: %v", c.Group, c.Name, pointer, fault)
	}
}

// No text of the table is a document by itself, so each is refused, whether it is
// JSON or not.
func TestTextThatIsNoDocumentIsRefusedWhateverItIs(t *testing.T) {
	for _, c := range jsontest.Cases() {
		body := []byte(c.Text)
		_, err := Parse(body, customers)
		fault, ok := errors.AsType[*errors.Error](err)
		switch {
		case !ok || !fault.Is(errors.DocumentInvalid) || fault.Status != http.StatusBadRequest:
			t.Errorf("%s, %s: %v", c.Group, c.Name, err)
		case strings.Trim(c.Text, " \t\r\n") == "":
			if fault.Source.Pointer != nil {
				t.Errorf("%s, %s: there is nothing, and a pointer %q", c.Group, c.Name, *fault.Source.Pointer)
			}
		case c.Outcome == jsontest.Refused:
			requirePlace(t, c, err, body, c.At)
		default:
			requirePlace(t, c, err, body, "")
		}
	}
}

func TestNumbersAreReadDigitForDigit(t *testing.T) {
	for _, c := range jsontest.Cases() {
		if c.Group != "numbers" || c.Outcome != jsontest.Read {
			continue
		}
		document, err := Parse([]byte(c.Body(`{"data":{"type":"customers","attributes":{"metadata":{"x":`, `}}}}`)), customers)
		if err != nil {
			t.Fatal(err)
		}
		var into profile
		if err := document.Bind(&into); err != nil {
			t.Fatal(err)
		}
		if got := string(mustMarshal(t, into.Metadata["x"])); got != c.Text {
			t.Errorf("%s has become %s", c.Text, got)
		}
	}
}
