package jsontest

import "strings"

const (
	digitForDigit = "Numbers are kept digit for digit (RFC 8259, 6, lets a reader bound them), so that none is too large, too small or too exact."
	nul           = "A database may refuse U+0000, and C code may end a text there: the grammar has it, what is stored has not."
)

func numbers(t *table) {
	const group = "numbers"
	t.valid(group,
		entry{"zero", "0"}, entry{"minus zero", "-0"}, entry{"minus zero with a fraction", "-0.0"}, entry{"one digit", "7"}, entry{"minus one digit", "-7"},
		entry{"several digits", "90210"}, entry{"several digits below zero", "-90210"}, entry{"fraction", "3.25"}, entry{"long fraction", "-271.828182845"},
		entry{"zero in the fraction", "10.050"}, entry{"near zero", "-0." + strings.Repeat("0", 60) + "4"},
		entry{"exponent", "6e4"}, entry{"capital exponent", "6E4"}, entry{"exponent with plus", "6e+4"}, entry{"exponent with minus", "6e-4"},
		entry{"capital exponent with plus", "6E+4"}, entry{"capital exponent with minus", "6E-4"}, entry{"zero with exponent", "0e3"}, entry{"zero with signed exponent", "0E+3"},
		entry{"fraction and exponent", "98.765e43"}, entry{"fraction and signed exponent", "-9.5E-07"}, entry{"exponent with leading zeros", "2e002"},
		entry{"large within a double", "88e66"},
	)
	t.invalid(group,
		entry{"plus", "+3"}, entry{"two pluses", "++31"}, entry{"plus and infinity", "+Inf"}, entry{"two minuses", "--3"}, entry{"minus alone", "-"},
		entry{"minus apart", "- 3"}, entry{"minus and letters", "-three"}, entry{"minus and dot", "-.25"}, entry{"leading zero", "07"}, entry{"leading zero below zero", "-07"},
		entry{"leading zeros", "007"}, entry{"leading zero before a fraction", "03.5"}, entry{"dot first", ".25"}, entry{"dot last", "3."}, entry{"dot last below zero", "-3."},
		entry{"dot alone", "."}, entry{"dot before minus", ".-3"}, entry{"dot first with exponent", ".3e-2"}, entry{"no digit between dot and exponent", "3.e4"},
		entry{"no digit between dot and signed exponent", "3.e+4"}, entry{"no digit between dot and minus exponent", "3.e-4"}, entry{"zero, dot, exponent", "0.e2"},
		entry{"two dots", "3.2.5"}, entry{"two dots together", "3..5"}, entry{"dot after a fraction", "-3.0."}, entry{"exponent without digits", "3e"}, entry{"capital exponent without digits", "3E"},
		entry{"plus exponent without digits", "3e+"}, entry{"minus exponent without digits", "3e-"}, entry{"capital plus exponent without digits", "0E+"}, entry{"zero exponent without digits", "0e"},
		entry{"fraction, exponent without digits", "0.5e"}, entry{"fraction, plus exponent without digits", "0.5e+"}, entry{"fraction, minus exponent without digits", "7.0e-"},
		entry{"two exponents", "3eE4"}, entry{"two exponents in turn", "3e4e5"}, entry{"two signs in the exponent", "0e+-3"}, entry{"fraction in the exponent", "3e4.5"},
		entry{"letter in the exponent", "3ea"}, entry{"exponent alone", "e4"}, entry{"letter within", "3.5a-2"}, entry{"letter behind", "3.5078e11H-30"}, entry{"letters behind a fraction", "-3.5px"},
		entry{"letter behind digits", "-3x"}, entry{"hexadecimal", "0xCAFE"}, entry{"short hexadecimal", "0x7"}, entry{"binary", "0b101"}, entry{"octal", "0o17"},
		entry{"infinity, long", "Infinity"}, entry{"minus infinity, long", "-Infinity"}, entry{"infinity, short", "Inf"}, entry{"not a number", "NaN"}, entry{"minus not a number", "-NaN"},
		entry{"sum", "3+4"}, entry{"blank as thousands separator", "3 000"}, entry{"underscore as separator", "3_000"}, entry{"comma as decimal sign", `{"a":3,5}`},
		entry{"digit of full width", "\uff17"}, entry{"Arabic-Indic digit", "\u0667"}, entry{"minus sign of typography", "\u22127"}, entry{"superscript exponent", "3e\u2074"},
		entry{"stray byte behind", "31\xe9"}, entry{"stray byte behind zero", "0\xe9"}, entry{"stray byte behind the exponent's digit", "3e4\xe9"}, entry{"stray byte for the exponent", "3e\xe9"},
		entry{"NUL behind", "31\x00"}, entry{"suffix of a language", "3n"}, entry{"unit", "3%"},
	)
	t.open(group, digitForDigit, Read, "",
		entry{"beyond a double", "7e400"}, entry{"beyond a double below zero", "-7e400"}, entry{"capital, beyond a double", "-3.5E+9999"}, entry{"fraction beyond a double", "7.25e+8888"},
		entry{"exponent of many digits", "0.4e" + strings.Repeat("12", 40)}, entry{"underflow", "456e-98765432"}, entry{"underflow of a fraction", "456.789e-987"}, entry{"exact beyond a double", "0.1" + strings.Repeat("0", 30) + "1"},
		entry{"integer beyond 64 bits", "98765432109876543210"}, entry{"integer beyond 64 bits below zero", "-98765432109876543210"}, entry{"integer of a thousand digits", strings.Repeat("8", 1000)},
		entry{"integer beyond a double's precision", "9007199254740993"},
	)
}

func literals(t *table) {
	const group = "literals"
	t.valid(group, entry{"true", "true"}, entry{"false", "false"}, entry{"null", "null"})
	t.invalid(group,
		entry{"true, cut", "tru"}, entry{"false, cut", "fal"}, entry{"null, cut", "nul"}, entry{"true, cut, in an array", "[tru]"}, entry{"false, cut, in an array", "[fals]"}, entry{"null, cut, in an array", "[nu]"},
		entry{"true, capital", "True"}, entry{"false, capitals", "FALSE"}, entry{"null, capitals", "NULL"}, entry{"true, misspelled", "truth"}, entry{"null, longer", "nulls"}, entry{"two together", "truefalse"},
		entry{"undefined", "undefined"}, entry{"none", "None"}, entry{"a word", "word"}, entry{"a word with an accent", "caf\u00e9"}, entry{"one letter beyond ASCII", "\u00e5"},
		entry{"null in angle brackets", "<null>"}, entry{"a dot in angle brackets", "<.>"}, entry{"star", "*"}, entry{"negated", "!true"},
	)
}

func texts(t *table) {
	const group = "strings"
	t.valid(group,
		entry{"empty", `""`}, entry{"blank", `" "`}, entry{"letters", `"plain words"`}, entry{"all short escapes", `"\"\\\/\b\f\n\r\t"`}, entry{"escaped quotation mark", `"\""`},
		entry{"quotation mark by number", `"\u0022"`}, entry{"escaped backslash", `"\\"`}, entry{"backslash by number", `"\u005C"`}, entry{"backslash and a letter", `"\\b"`}, entry{"backslash and line end", `"\\r"`},
		entry{"backslash and a number", `"\\u0000"`}, entry{"comma by number", `"\u002C"`}, entry{"hexadecimal digits in both cases", `"\u00Fc\uABcd"`},
		entry{"line feed by number", `"two\u000Alines"`}, entry{"control character by number", `"\u001B"`}, entry{"C1 control character by number", `"\u009f"`}, entry{"delete", "\"\x7f\""}, entry{"delete between letters", "\"a\x7fb\""},
		entry{"comment within", `"no /* comment */ here"`}, entry{"line comment within", `"http://shop.example"`}, entry{"no-break space by number", `"a\u00a0b"`}, entry{"apostrophes", `"it's"`},
		entry{"two bytes", `"ß"`}, entry{"three bytes", `"契"`}, entry{"four bytes", `"🜁"`}, entry{"one to four bytes", `"aßŁ契🜁"`}, entry{"one to three bytes by number", `"\u007a\u0142\u5951"`},
		entry{"four bytes by number", `"\ud83D\udF01"`}, entry{"two pairs", `"\uD83D\uDF01\ud83c\udfe0"`}, entry{"first and last pair", `"\ud800\udc00\udbff\udfff"`},
		entry{"line separator", "\"\u2028\""}, entry{"paragraph separator", "\"\u2029\""}, entry{"no-break space", "\"\u00a0\""}, entry{"byte order mark within", "\"\ufeff\""}, entry{"byte order mark by number", `"\uFEFF"`},
		entry{"zero width space by number", `"\u200b"`}, entry{"invisible operator by number", `"\u2062"`}, entry{"right to left", `"אב"`}, entry{"combining accent", "\"e\u0301\""}, entry{"unassigned letter", "\"\U0001FBFA\""},
		entry{"private use", "\"\ue000\U000F0000\""}, entry{"replacement character", "\"\ufffd\""}, entry{"long", `"` + strings.Repeat("long ", 400) + `"`}, entry{"in an array", `["in"]`}, entry{"in an array after a blank", `[ "in"]`},
	)
	t.decided(group, nul, NotKept, "", entry{"NUL by number", `"\u0000"`}, entry{"NUL by number, in an array", `["a\u0000b"]`})
	t.invalid(group,
		entry{"one quotation mark", `"`}, entry{"end missing", `"open`}, entry{"apostrophes for quotation marks", `'single'`}, entry{"one apostrophe", `'`}, entry{"typographic quotation marks", `“quoted”`}, entry{"backticks", "`ticks`"},
		entry{"quotation mark missing in front", `open"`}, entry{"bare word in an array", `[word]`}, entry{"bare accent in an array", `[é]`}, entry{"escape outside", `[\n]`}, entry{"number escape outside", `[\u0020"a"]`}, entry{"line feed by number outside", `[\u000A""]`},
		entry{"quotation mark escaped at the end", `"\"`}, entry{"backslash escaped, then the end escaped", `"\\\"`}, entry{"breaks off in an escape", `"\`}, entry{"escape of a line end", "\"\\\n\""}, entry{"escape of NUL", "\"\\\x00\""}, entry{"escape of a tab", "\"\\\t\""},
		entry{"escape x", `"\x41"`}, entry{"escape a", `"\a"`}, entry{"escape zero", `"\0"`}, entry{"escape apostrophe", `"\'"`}, entry{"escape blank", `"\ "`}, entry{"capital number escape", `"\U0041"`}, entry{"escape of a letter beyond ASCII", `"\é"`}, entry{"escape of a picture", `"\🜁"`},
		entry{"number of no digits", `"\u"`}, entry{"number of one digit", `"\u1"`}, entry{"number of three digits", `"\u00E"`}, entry{"number breaks off", `"\u00`}, entry{"number in braces", `"\u{41}"`}, entry{"number of no hexadecimal", `"\uwxyz"`},
		entry{"number with a sign", `"\u+041"`}, entry{"number with a blank", `"\u 041"`}, entry{"number with an underscore", `"\u0_41"`}, entry{"number with a full width digit", `"\u004\uff11`},
		entry{"NUL within", "\"a\x00b\""}, entry{"tab within", "\"\t\""}, entry{"line feed within", "\"two\nlines\""}, entry{"carriage return within", "\"two\rlines\""}, entry{"last control character within", "\"\x1f\""},
		entry{"two strings", `"a" "b"`}, entry{"letter behind", `"a"b`}, entry{"stray byte in a number", "\"\\u00e\xe9\""}, entry{"stray byte in an escape", "\"\\\xe9\""}, entry{"stray byte instead of a number", "\"\\u\xe9\""},
		entry{"concatenation", `"a"+"b"`}, entry{"three quotation marks", `"""text"""`},
	)
}
