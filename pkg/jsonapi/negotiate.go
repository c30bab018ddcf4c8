package jsonapi

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/clientelehq/clientele/errors"
)

// AtomicExtension is the extension of JSON:API for several changes in one
// request.
const AtomicExtension = "https://jsonapi.org/ext/atomic"

// Media is what a route takes and gives.
type Media struct {
	Lenient   bool   // whatever names JSON will do (wire=glue)
	Extension string // URI of the extension that its documents need; "" is none
}

// Type returns the media type of a route's documents, with the extension that
// they need and the profile that was applied.
func (m Media) Type(profile string) string {
	made := MediaType
	if m.Lenient {
		return made
	}
	if m.Extension != "" {
		made += `; ext="` + m.Extension + `"`
	}
	if profile != "" {
		made += `; profile="` + profile + `"`
	}
	return made
}

// CheckAccept answers errors.NotAcceptable when a client takes none of what
// the service has, which is MediaType alone (JSON:API 1.1, "Server
// Responsibilities"; glue.md 2.2). A missing or empty header takes everything,
// and who takes application/json is given MediaType.
//
// Lenient (wire=glue) serves whoever names JSON or a wildcard anywhere.
func CheckAccept(header http.Header, media Media) error {
	accept := strings.Join(header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return nil
	}
	accepts := media.acceptsDocument
	if media.Lenient {
		accepts = namesServed
	}
	if !accepts(accept) {
		return errors.NotAcceptable.AtHeader("Accept")
	}
	return nil
}

// choice is what a header says of one range of media types.
type choice int

const (
	unnamed  choice = iota
	excluded        // with q=0
	accepted
)

// acceptsDocument finds the most specific range that holds MediaType. Where
// MediaType itself is named, wildcards say nothing of it: the specification
// wants 406 when every instance is modified, whatever else is accepted.
func (m Media) acceptsDocument(accept string) bool {
	var document, plain, application, anything choice
	for _, element := range split(accept, ',') {
		mediaRange, parameters, weight, ok := parseRange(element)
		if !ok {
			continue
		}
		said := accepted
		if weight == 0 {
			said = excluded
		}
		switch mediaRange {
		case MediaType:
			if !m.served(parameters) {
				said = excluded
			}
			document = max(document, said)
		case "application/json":
			plain = max(plain, said)
		case "application/*":
			application = max(application, said)
		case "*/*":
			anything = max(anything, said)
		}
	}
	switch {
	case document != unnamed:
		return document == accepted
	case plain == accepted:
		return true
	case application != unnamed:
		return application == accepted
	}
	return anything == accepted
}

// parseRange reads one element of Accept (RFC 9110, 12.5.1). What follows the
// weight is no parameter of the media type (RFC 7231's accept-ext).
func parseRange(element string) (mediaRange string, parameters map[string]string, weight float64, ok bool) {
	parts := split(element, ';')
	weight = 1
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		parsed, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || !(0 <= parsed && parsed <= 1) {
			return "", nil, 0, false
		}
		weight, parts = parsed, parts[:i]
		break
	}
	mediaRange, parameters, err := mime.ParseMediaType(strings.Join(parts, ";"))
	return mediaRange, parameters, weight, err == nil
}

// served reports whether MediaType can be served with these parameters: none
// but profile, which may be ignored, and ext when it asks for no extension but
// the route's.
func (m Media) served(parameters map[string]string) bool {
	for name, value := range parameters {
		switch {
		case name == "profile":
		case name == "ext" && !slices.ContainsFunc(strings.Fields(value), func(uri string) bool { return uri != m.Extension }):
		default:
			return false
		}
	}
	return true
}

// AsksFor reports whether a request wants a profile applied: one of its Accept
// header's instances of MediaType names it.
func AsksFor(header http.Header, profile string) bool {
	for _, element := range split(strings.Join(header.Values("Accept"), ","), ',') {
		mediaRange, parameters, weight, ok := parseRange(element)
		if ok && weight > 0 && mediaRange == MediaType && slices.Contains(strings.Fields(parameters["profile"]), profile) {
			return true
		}
	}
	return false
}

func namesServed(accept string) bool {
	for _, element := range split(accept, ',') {
		mediaRange, _, _ := strings.Cut(element, ";")
		if strings.Contains(mediaRange, "*") || namesJSON(mediaRange) {
			return true
		}
	}
	return false
}

// CheckContentType answers errors.UnsupportedMediaType for a body that is not
// a JSON:API document by its header; call it for requests that have a body or
// must have one. MediaType may have the parameters profile and ext, which names
// the route's extension and no other, application/json any, save where an
// extension is needed, which only MediaType can name. Lenient (wire=glue) takes
// whatever names JSON, and a request without the header.
func CheckContentType(header http.Header, media Media) error {
	values := header.Values("Content-Type")
	accepts := media.isDocument
	if media.Lenient {
		if len(values) == 0 {
			return nil
		}
		accepts = func(value string) bool {
			mediaType, _, _ := strings.Cut(value, ";")
			return namesJSON(mediaType)
		}
	}
	// More than one line is more than one claim, and no proxy need read the
	// same of them as we do.
	if len(values) != 1 || !accepts(values[0]) {
		return errors.UnsupportedMediaType.AtHeader("Content-Type")
	}
	return nil
}

func (m Media) isDocument(value string) bool {
	mediaType, parameters, err := mime.ParseMediaType(value)
	switch {
	case mediaType == MediaType:
		return err == nil && m.served(parameters) && (m.Extension == "" || strings.TrimSpace(parameters["ext"]) != "")
	case mediaType == "application/json" && m.Extension == "":
		return err == nil || errors.Is(err, mime.ErrInvalidMediaParameter)
	}
	return false
}

// namesJSON reports whether a media type's subtype has json among its words:
// json, vnd.api+json, x-json; but not jsonp.
func namesJSON(mediaType string) bool {
	_, subtype, ok := strings.Cut(strings.ToLower(strings.TrimSpace(mediaType)), "/")
	if !ok {
		return false
	}
	for _, word := range strings.FieldsFunc(subtype, func(r rune) bool { return strings.ContainsRune("+-.", r) }) {
		if word == "json" {
			return true
		}
	}
	return false
}

// split cuts a header's list at separators that are not within quotes
// (RFC 9110, 5.6.4).
func split(list string, separator byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == separator && !quoted:
			parts = append(parts, list[start:i])
			start = i + 1
		}
	}
	return append(parts, list[start:])
}
