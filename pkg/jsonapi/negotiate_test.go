package jsonapi

import (
	"net/http"
	"testing"

	"github.com/clientelehq/clientele/errors"
)

func TestAcceptIsServedByTheRulesOfEachWire(t *testing.T) {
	const document = MediaType
	for _, c := range []struct {
		accept       []string // nil: no header
		strict, glue bool
	}{
		{nil, true, true},
		{[]string{""}, true, true},
		{[]string{" "}, true, true},
		{[]string{document}, true, true},
		{[]string{"Application/VND.API+JSON"}, true, true},
		{[]string{"*/*"}, true, true},
		{[]string{"application/*"}, true, true},
		{[]string{"application/json"}, true, true},
		{[]string{"application/json; charset=utf-8"}, true, true},
		{[]string{"text/html"}, false, false},
		{[]string{"text/*"}, false, true},
		{[]string{"text/html, application/xml;q=0.9"}, false, false},
		{[]string{"text/html, application/xml;q=0.9, */*;q=0.8"}, true, true},
		{[]string{"text/html", "application/json"}, true, true},
		{[]string{"text/json"}, false, true},
		{[]string{"application/hal+json"}, false, true},
		{[]string{"application/jsonp"}, false, false},
		{[]string{"json"}, false, false},

		// parameters of the media type
		{[]string{document + "; charset=utf-8"}, false, true},
		{[]string{document + "; charset=utf-8, */*"}, false, true},
		{[]string{document + "; charset=utf-8, application/json"}, false, true},
		{[]string{document + "; charset=utf-8, " + document}, true, true},
		{[]string{document + "; charset=utf-8", document}, true, true},
		{[]string{document + `; profile="https://example.com/a"`}, true, true},
		{[]string{document + `; profile="https://example.com/a https://example.com/b"`}, true, true},
		{[]string{document + `; profile="https://example.com/a,b;c"`}, true, true},
		{[]string{document + `; profile="a\", b"`}, true, true},
		{[]string{document + `; PROFILE="https://example.com/a"`}, true, true},
		{[]string{document + `; ext="https://example.com/a"`}, false, true},
		{[]string{document + `; ext="https://example.com/a", ` + document}, true, true},
		{[]string{document + `; ext="https://example.com/a", ` + document + `; charset=utf-8`}, false, true},
		{[]string{document + `; ext=""`}, true, true},
		{[]string{document + `; profile="a"; ext="b"`}, false, true},

		// weights
		{[]string{document + ";q=0.5"}, true, true},
		{[]string{document + "; Q=1"}, true, true},
		{[]string{document + ";q=0.5, " + document + ";charset=utf-8"}, true, true},
		{[]string{document + ";q=0"}, false, true},
		{[]string{document + ";q=0, */*"}, false, true},
		{[]string{document + ";q=0.000"}, false, true},
		{[]string{"*/*;q=0"}, false, true},
		{[]string{"application/*;q=0, */*"}, false, true},
		{[]string{"application/*;q=0, application/json"}, true, true},
		{[]string{"application/json;q=0, */*"}, true, true},
		{[]string{"application/json;q=0"}, false, true},
		{[]string{"*/*;q=0, " + document}, true, true},
		{[]string{"text/html, image/gif, *; q=.2, */*; q=.2"}, true, true},
		{[]string{document + ";q=0.5;level=1"}, true, true},
		{[]string{document + ";q=2"}, false, true},
		{[]string{document + ";q=NaN"}, false, true},
		{[]string{document + ";q=x, */*"}, true, true},

		// what cannot be read counts for nothing
		{[]string{",,"}, false, false},
		{[]string{",, " + document + ",,"}, true, true},
		{[]string{"/"}, false, false},
		{[]string{document + `; profile="unclosed`}, false, true},
		{[]string{document + `; profile="unclosed, */*`}, false, true},
	} {
		header := http.Header{}
		if c.accept != nil {
			header["Accept"] = c.accept
		}
		if err := CheckAccept(header, Media{}); (err == nil) != c.strict {
			t.Errorf("%q: %v", c.accept, err)
		}
		if err := CheckAccept(header, Media{Lenient: true}); (err == nil) != c.glue {
			t.Errorf("%q, lenient: %v", c.accept, err)
		}
	}
}

func TestContentTypeIsTakenByTheRulesOfEachWire(t *testing.T) {
	const document = MediaType
	for _, c := range []struct {
		contentType  []string // nil: no header
		strict, glue bool
	}{
		{nil, false, true},
		{[]string{""}, false, false},
		{[]string{" "}, false, false},
		{[]string{document}, true, true},
		{[]string{"Application/Vnd.Api+Json"}, true, true},
		{[]string{document + ";"}, true, true},
		{[]string{document + "; charset=utf-8"}, false, true},
		{[]string{document + "; foo=bar"}, false, true},
		{[]string{document + "; q=1"}, false, true},
		{[]string{document + `; ext="https://example.com/a"`}, false, true},
		{[]string{document + `; ext=""`}, true, true},
		{[]string{document + `; profile="https://example.com/a https://example.com/b"`}, true, true},
		{[]string{document + `; profile="a"; charset=utf-8`}, false, true},
		{[]string{document + `; profile="a"; profile="b"`}, false, true},
		{[]string{document + `; profile="unclosed`}, false, true},
		{[]string{document + ", " + document}, false, true},
		{[]string{document, document}, false, false},
		{[]string{"application/json"}, true, true},
		{[]string{"application/json; charset=utf-8"}, true, true},
		{[]string{"application/json; version=1; x"}, true, true},
		{[]string{"text/json"}, false, true},
		{[]string{"application/merge-patch+json"}, false, true},
		{[]string{"application/x-www-form-urlencoded"}, false, false},
		{[]string{"multipart/form-data; boundary=json"}, false, false},
		{[]string{"text/plain; note=application/json"}, false, false},
		{[]string{"application/xml"}, false, false},
		{[]string{"json"}, false, false},
	} {
		header := http.Header{}
		if c.contentType != nil {
			header["Content-Type"] = c.contentType
		}
		if err := CheckContentType(header, Media{}); (err == nil) != c.strict {
			t.Errorf("%q: %v", c.contentType, err)
		}
		if err := CheckContentType(header, Media{Lenient: true}); (err == nil) != c.glue {
			t.Errorf("%q, lenient: %v", c.contentType, err)
		}
	}
}

func TestRefusedHeadersAreNamed(t *testing.T) {
	header := http.Header{"Accept": {"text/html"}, "Content-Type": {"text/html"}}
	for _, lenient := range []bool{false, true} {
		for name, c := range map[string]struct {
			err  error
			line *errors.Error
		}{
			"Accept":       {CheckAccept(header, Media{Lenient: lenient}), errors.NotAcceptable},
			"Content-Type": {CheckContentType(header, Media{Lenient: lenient}), errors.UnsupportedMediaType},
		} {
			if fault, ok := errors.AsType[*errors.Error](c.err); !ok || !fault.Is(c.line) || fault.Source.Header != name {
				t.Errorf("%s: %v", name, c.err)
			}
		}
	}
}
