package jsonapi

import (
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may be nested in a body; the
// document itself is the first level.
const MaxDepth = 32

// keptDepth is how deep members are kept by the scanner: the members of the
// document, of data, of attributes and relationships, of one relationship.
const keptDepth = 4

// fewNames is up to how many names of an object are compared one by one. With
// more a map is kept, or a body of nothing but names would take quadratic time.
const fewNames = 16

// scanner reads a JSON text once. Where RFC 8259 leaves a choice it takes the
// strict one: a name occurs once in an object, escapes do not leave half a
// surrogate pair, nothing follows the value. encoding/json lets all of these
// pass.
type scanner struct {
	text    string
	at      int
	depth   int
	path    []step
	names   []string // of all objects that are open, the innermost last
	members []member // the first is the whole text
	fault   *fault   // the first; what follows it still has to be JSON
}

// IsStrict reports whether a text is JSON that can be read in one way only: by the rules
// that documents are held to, and no deeper than MaxDepth.
func IsStrict(text []byte) bool {
	s := scanner{text: string(text)}
	return utf8.Valid(text) && s.scan() && s.fault == nil
}

// step is a name in an object, or an index in an array.
type step struct {
	name    string
	index   int
	inArray bool
}

// member is a named value of an object that is within keptDepth.
type member struct {
	parent int // index of the member whose object this one is in
	name   string
	raw    string // the value as it was written
	misfit bool   // set by Bind
}

// fault is why a text that is JSON is refused all the same.
type fault struct{ pointer, reason string }

// scan reads the whole text. It returns false when the text is not JSON or is
// nested too deep.
func (s *scanner) scan() bool {
	s.members = append(make([]member, 0, 24), member{parent: -1})
	s.space()
	start := s.at
	if !s.value(0) {
		return false
	}
	s.members[0].raw = s.text[start:s.at]
	s.space()
	return s.at == len(s.text)
}

// value reads one value; self is its place among the members, or -1.
func (s *scanner) value(self int) bool {
	switch s.peek() {
	case '{':
		return s.nested(self, (*scanner).object)
	case '[':
		return s.nested(self, (*scanner).array)
	case '"':
		_, whole, ok := s.quoted()
		if ok && !whole {
			s.refuse("half a surrogate pair")
		}
		return ok
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	return s.number()
}

func (s *scanner) nested(self int, read func(*scanner, int) bool) bool {
	s.at++
	s.depth++
	ok := s.depth <= MaxDepth && read(s, self)
	s.depth--
	return ok
}

func (s *scanner) object(self int) bool {
	first := len(s.names)
	var index map[string]bool
	for s.space(); !s.skip('}'); s.space() {
		if len(s.names) > first {
			if !s.skip(',') {
				return false
			}
			s.space()
		}
		name, ok := s.name()
		if !ok {
			return false
		}
		if index == nil && len(s.names)-first >= fewNames {
			index = indexed(s.names[first:])
		}
		repeated := isRepeated(name, s.names[first:], index)
		s.names = append(s.names, name)
		if index != nil {
			index[name] = true
		}
		if !s.member(self, name, repeated) {
			return false
		}
	}
	s.names = s.names[:first]
	return true
}

func indexed(names []string) map[string]bool {
	index := make(map[string]bool, 2*len(names))
	for _, name := range names {
		index[name] = true
	}
	return index
}

func isRepeated(name string, names []string, index map[string]bool) bool {
	if index != nil {
		return index[name]
	}
	for _, other := range names {
		if other == name {
			return true
		}
	}
	return false
}

// name reads a member's name and the colon after it.
func (s *scanner) name() (string, bool) {
	if s.peek() != '"' {
		return "", false
	}
	raw, whole, ok := s.quoted()
	if !ok {
		return "", false
	}
	name := unescape(raw)
	if !whole || ControlCharacters(name) {
		s.refuse("a name that cannot be told")
	}
	s.space()
	if !s.skip(':') {
		return "", false
	}
	s.space()
	return name, true
}

// member reads the value of one and keeps it when its object is kept.
func (s *scanner) member(parent int, name string, repeated bool) bool {
	s.path = append(s.path, step{name: name})
	if repeated {
		s.refuse("a name twice in an object")
	}
	self := -1
	if parent >= 0 && s.depth <= keptDepth {
		self = len(s.members)
		s.members = append(s.members, member{parent: parent, name: name})
	}
	start := s.at
	ok := s.value(self)
	if ok && self >= 0 {
		s.members[self].raw = s.text[start:s.at]
	}
	s.path = s.path[:len(s.path)-1]
	return ok
}

// array reads the elements of one. None of them is kept.
func (s *scanner) array(int) bool {
	s.space()
	if s.skip(']') {
		return true
	}
	for i := 0; ; i++ {
		s.space()
		s.path = append(s.path, step{index: i, inArray: true})
		if !s.value(-1) {
			return false
		}
		s.path = s.path[:len(s.path)-1]
		s.space()
		if s.skip(']') {
			return true
		}
		if !s.skip(',') {
			return false
		}
	}
}

// quoted reads a string and returns what stands between its quotes, and
// whether every surrogate in it is half of a pair.
func (s *scanner) quoted() (raw string, whole, ok bool) {
	s.at++
	start := s.at
	whole = true
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch {
		case c == '"':
			return s.text[start : s.at-1], whole, true
		case c < 0x20:
			return "", false, false
		case c == '\\':
			paired, ok := s.escape()
			if !ok {
				return "", false, false
			}
			whole = whole && paired
		}
	}
	return "", false, false
}

// escape reads what follows a backslash, two escapes where the first is half of
// a surrogate pair. That a half is left alone is told, but is syntax that
// RFC 8259 allows.
func (s *scanner) escape() (paired, ok bool) {
	c := s.peek()
	s.at++
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true, true
	case 'u':
	default:
		return false, false
	}
	first, ok := s.hex()
	if !ok || !utf16.IsSurrogate(first) {
		return ok, ok
	}
	if !strings.HasPrefix(s.text[s.at:], `\u`) {
		return false, true
	}
	s.at += 2
	second, ok := s.hex()
	return utf16.DecodeRune(first, second) != unicode.ReplacementChar, ok
}

func (s *scanner) hex() (rune, bool) {
	if len(s.text)-s.at < 4 {
		return 0, false
	}
	unit, err := strconv.ParseUint(s.text[s.at:s.at+4], 16, 16)
	s.at += 4
	return rune(unit), err == nil
}

func (s *scanner) number() bool {
	s.skip('-')
	if !s.skip('0') && !s.digits() {
		return false
	}
	if s.skip('.') && !s.digits() {
		return false
	}
	if s.skip('e') || s.skip('E') {
		if !s.skip('+') {
			s.skip('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.at
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at > start
}

func (s *scanner) literal(word string) bool {
	if !strings.HasPrefix(s.text[s.at:], word) {
		return false
	}
	s.at += len(word)
	return true
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// peek returns the next byte, or 0 at the end; no token begins with 0.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) skip(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) refuse(reason string) {
	if s.fault == nil {
		s.fault = &fault{pointer: pointerTo(s.path), reason: reason}
	}
}

// children returns the places of the members of an object, itself a member.
// They follow it, with only their own members in between.
func (s *scanner) children(parent int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := parent + 1; i < len(s.members) && s.members[i].parent >= parent; i++ {
			if s.members[i].parent == parent && !yield(i) {
				return
			}
		}
	}
}

// child returns the place of one of them, or -1.
func (s *scanner) child(parent int, name string) int {
	for i := range s.children(parent) {
		if s.members[i].name == name {
			return i
		}
	}
	return -1
}

// pointerTo returns the JSON pointer of a path (RFC 6901).
func pointerTo(path []step) string {
	var pointer strings.Builder
	for _, s := range path {
		pointer.WriteByte('/')
		if s.inArray {
			pointer.WriteString(strconv.Itoa(s.index))
		} else {
			pointer.WriteString(escapePointer(s.name))
		}
	}
	return pointer.String()
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// escapePointer makes a name a segment of a JSON pointer (RFC 6901, 3).
func escapePointer(name string) string { return pointerEscapes.Replace(name) }

// unescape returns what the inside of a scanned string says.
func unescape(raw string) string {
	if !strings.Contains(raw, `\`) {
		return raw
	}
	var text string
	if err := json.Unmarshal([]byte(`"`+raw+`"`), &text); err != nil {
		return raw // cannot be: the scanner has read it
	}
	return text
}
