package jsontest

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

const (
	byteOrderMark = "RFC 8259, 8.1, forbids to send a byte order mark and leaves open whether it is ignored. Nobody needs it, and what is before the document is not the document: refused."
	otherEncoding = "RFC 8259, 8.1, demands UTF-8 between systems; older readers guess UTF-16 and UTF-32. A guess could be led astray: refused."
)

func whitespace(t *table) {
	const group = "white space"
	t.valid(group, entry{"blank in front", " 7"}, entry{"blanks behind", "7  "}, entry{"all kinds", " \t\r\n7\n\r\t "}, entry{"line feed behind a string", "\"a\"\n"}, entry{"all kinds within", "[ \t\r\n7 \t\r\n]"}, entry{"much", "[" + strings.Repeat(" ", 5000) + "7]"})
	t.invalid(group,
		entry{"nothing", ""}, entry{"blank alone", " "}, entry{"line ends alone", "\r\n\r\n"}, entry{"vertical tab", "\v7"}, entry{"form feed", "\f7"}, entry{"form feed in an array", "[\f]"}, entry{"no-break space", "\u00a07"}, entry{"next line", "\u00857"},
		entry{"ogham space", "\u16807"}, entry{"em space", "7\u2003"}, entry{"zero width space", "\u200b7"}, entry{"word joiner", "\u20607"}, entry{"word joiner in an array", "[\u2060]"}, entry{"line separator", "7\u2028"}, entry{"ideographic space", "\u30007"}, entry{"backspace", "7\b"}, entry{"backslash and letter", `\n7`},
	)
}

func trailing(t *table) {
	const group = "trailing data"
	t.invalid(group,
		entry{"two arrays", "[][]"}, entry{"two objects", "{}{}"}, entry{"two values in lines", "7\n8"}, entry{"array and a letter", "[7]x"}, entry{"array and a comma", `["a"],`}, entry{"number and a sign", "7@"}, entry{"number and an ampersand", "7&"}, entry{"object and a string", `{"a":7} "b"`},
		entry{"object and a hash", `{"a":7}#`}, entry{"object, hash, object", `{"a":7}#{}`}, entry{"object and a comment", `{"a":7}/**/`}, entry{"object and an open comment", `{"a":7}/*`}, entry{"object and a comment of its own kind", `{"a":7}/**//`}, entry{"object and a line comment", `{"a":7}//`}, entry{"object and a slash", `{"a":7}/`},
		entry{"comment in front", "/* a */7"}, entry{"line comment in front", "// a\n7"}, entry{"hash in front", "# a\n7"}, entry{"semicolon", "7;"}, entry{"record separator in front", "\x1e7"}, entry{"call", "back(7)"}, entry{"guard of a script", ")]}',\n7"}, entry{"NUL", "[]\x00"}, entry{"end of file of old", "7\x1a"},
	)
}

// frames are about what stands around a whole document.
func frames(t *table) {
	valid, invalid := Case{Grammar: Valid}, Case{Grammar: Invalid, Outcome: Unreadable}
	behind := func(tail string) func(string) string {
		return func(document string) string { return document + tail }
	}
	before := func(head string) func(string) string {
		return func(document string) string { return head + document }
	}
	t.framed(valid, "white space on both sides", func(document string) string { return "\r\n\t " + document + " \t\r\n" })
	t.framed(valid, "line feed behind", behind("\n"))
	for _, tail := range []entry{
		{"the closing brace once more", "}"}, {"a second document", "{}"}, {"a second document in a line of its own", "\n{}"}, {"a comma", ","}, {"a word", " end"}, {"a NUL", "\x00"}, {"a byte that no letter has", "\xff"}, {"a byte order mark", "\ufeff"}, {"a comment", " // end"}, {"a next line", "\u0085"},
	} {
		t.framed(invalid, "behind: "+tail.name, behind(tail.text))
	}
	for _, head := range []entry{
		{"a letter", "x"}, {"an opening brace", "{"}, {"a comma", ","}, {"part of a byte order mark", "\xef\xbb"}, {"a comment", "/**/"}, {"a NUL", "\x00"}, {"a zero width space", "\u200b"}, {"a name", "data="}, {"an array opened", "["},
	} {
		t.framed(invalid, "in front: "+head.name, before(head.text))
	}
	t.framed(invalid, "in an array, not closed", before("[null,"))
	t.framed(invalid, "one quotation mark too many", func(document string) string { return document[:1] + `"` + document[1:] })
	t.framed(invalid, "last byte missing", func(document string) string { return document[:len(document)-1] })
	t.framed(invalid, "byte order mark alone", func(string) string { return "\ufeff" })

	marked := Case{Grammar: Open, Outcome: Unreadable, Why: byteOrderMark}
	t.framed(marked, "byte order mark", before("\ufeff"))
	t.framed(marked, "two byte order marks", before("\ufeff\ufeff"))
	encoded := Case{Grammar: Open, Outcome: Unreadable, Why: otherEncoding}
	t.framed(encoded, "UTF-16, small end first", wide(binary.LittleEndian, ""))
	t.framed(encoded, "UTF-16, big end first", wide(binary.BigEndian, ""))
	t.framed(encoded, "UTF-16, small end first, marked", wide(binary.LittleEndian, "\ufeff"))
	t.framed(encoded, "UTF-16, big end first, marked", wide(binary.BigEndian, "\ufeff"))
	t.framed(encoded, "UTF-32, small end first", func(document string) string {
		var bytes []byte
		for _, r := range document {
			bytes = binary.LittleEndian.AppendUint32(bytes, uint32(r)) // #nosec G115 -- runes are not negative
		}
		return string(bytes)
	})
}

// wide encodes a document in UTF-16.
func wide(order binary.AppendByteOrder, mark string) func(string) string {
	return func(document string) string {
		var bytes []byte
		for _, unit := range utf16.Encode([]rune(mark + document)) {
			bytes = order.AppendUint16(bytes, unit)
		}
		return string(bytes)
	}
}
