// Package jsontest is a table of JSON texts, and of texts that somebody takes
// for JSON, with what the service has to make of each. It covers, in cases of its
// own, the kinds of the public parsing suites: what a reader must accept, what it
// must refuse, and what RFC 8259 leaves open and is decided here.
package jsontest

// Grammar is what RFC 8259 says of a text.
type Grammar int

// What the grammar says.
const (
	Valid   Grammar = iota // a JSON text
	Invalid                // none
	Open                   // left to the reader
)

// Outcome is what becomes of a text as the value of a free-form attribute.
type Outcome int

// The outcomes.
const (
	Read       Outcome = iota
	NotKept            // read, and refused by what stores it
	Refused            // read as JSON, and refused for something at Case.At
	Unreadable         // refused, the whole document with it
)

// Case is one text.
type Case struct {
	Group, Name string
	Text        string
	Grammar     Grammar
	Outcome     Outcome
	At          string // JSON pointer from the value to what is refused
	Why         string // the decision, where it is one: where the grammar leaves room, or a rule is stricter than it

	frame func(document string) string // what stands around a document, for cases about that
}

// Body puts the case into a document, of which the texts before and after a value
// are given: the case is that value, or what is around the document.
func (c Case) Body(before, after string) string {
	if c.frame != nil {
		return c.frame(before + "null" + after)
	}
	return before + c.Text + after
}

// Frames reports whether the case is about what stands around a document.
func (c Case) Frames() bool { return c.frame != nil }

// Cases returns the table, by groups.
func Cases() []Case {
	var t table
	numbers(&t)
	literals(&t)
	texts(&t)
	encodings(&t)
	surrogates(&t)
	arrays(&t)
	objects(&t)
	nesting(&t)
	whitespace(&t)
	trailing(&t)
	frames(&t)
	return t
}

type table []Case

// entry is a short name and a text.
type entry struct{ name, text string }

// valid adds texts that are JSON and read.
func (t *table) valid(group string, entries ...entry) {
	t.add(Case{Group: group, Grammar: Valid, Outcome: Read}, entries)
}

// invalid adds texts that are not JSON.
func (t *table) invalid(group string, entries ...entry) {
	t.add(Case{Group: group, Grammar: Invalid, Outcome: Unreadable}, entries)
}

// decided adds texts that are JSON, and of which the service has a rule of its own.
func (t *table) decided(group, why string, outcome Outcome, at string, entries ...entry) {
	t.add(Case{Group: group, Grammar: Valid, Outcome: outcome, At: at, Why: why}, entries)
}

// open adds texts of which the grammar does not decide.
func (t *table) open(group, why string, outcome Outcome, at string, entries ...entry) {
	t.add(Case{Group: group, Grammar: Open, Outcome: outcome, At: at, Why: why}, entries)
}

func (t *table) add(like Case, entries []entry) {
	for _, e := range entries {
		like.Name, like.Text = e.name, e.text
		*t = append(*t, like)
	}
}

// framed adds a case about what stands around a document.
func (t *table) framed(like Case, name string, frame func(document string) string) {
	like.Group, like.Name, like.Text, like.frame = "around the document", name, frame("{}"), frame
	*t = append(*t, like)
}
