package jsonapi

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// list writes what stands before each element of an object or array: its
// opening first, a comma afterwards.
type list struct {
	opening byte
	opened  bool
}

func openList(opening byte) list { return list{opening: opening} }

func (l *list) next(out []byte) []byte {
	if l.opened {
		return append(out, ',')
	}
	l.opened = true
	return append(out, l.opening)
}

// close ends it; what never had an element is printed as empty.
func (l *list) close(out []byte) []byte {
	if !l.opened {
		out = append(out, l.opening)
	}
	return append(out, l.opening+2) // } is { + 2, ] is [ + 2
}

func appendIdentifier(out []byte, resource, id string) []byte {
	out = appendString(append(out, `{"type":`...), resource)
	return append(appendString(append(out, `,"id":`...), id), '}')
}

// appendVersion prints the member jsonapi (JSON:API 1.1, "JSON:API Object").
func appendVersion(out []byte, profile string) []byte {
	out = append(out, `"jsonapi":{"version":"1.1"`...)
	if profile != "" {
		out = append(appendString(append(out, `,"profile":[`...), profile), ']')
	}
	return append(out, '}')
}

// appendString prints a string. Nothing is escaped for HTML: the media type is
// never rendered, and < in a mail's text should stay readable.
func appendString(out []byte, text string) []byte {
	if !isPlain(text) {
		encoded, _ := appendEncoded(out, text) // a string can always be encoded
		return encoded
	}
	out = append(append(out, '"'), text...)
	return append(out, '"')
}

func isPlain(text string) bool {
	ascii := true
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c < 0x20 || c == '"' || c == '\\' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || utf8.ValidString(text)
}

// appendValue prints the value of an attribute. The kinds that resources are
// made of are printed here, since an encoder for each would cost more than all
// the rest; everything else is left to encoding/json.
func appendValue(out []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(out, "null"...), nil
	case string:
		return appendString(out, v), nil
	case *string:
		if v == nil {
			return append(out, "null"...), nil
		}
		return appendString(out, *v), nil
	case bool:
		return strconv.AppendBool(out, v), nil
	case *bool:
		if v == nil {
			return append(out, "null"...), nil
		}
		return strconv.AppendBool(out, *v), nil
	case int:
		return strconv.AppendInt(out, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(out, v, 10), nil
	case map[string]any:
		if len(v) == 0 { // nil, too: an attribute of this type is always an object
			return append(out, "{}"...), nil
		}
	}
	return appendEncoded(out, value)
}

func appendEncoded(out []byte, value any) ([]byte, error) {
	w := appender(out)
	encoder := json.NewEncoder(&w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return out, err
	}
	return w[:len(w)-1], nil // without the line break that Encode adds
}

// appender is a writer that appends.
type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}
