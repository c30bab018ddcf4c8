package jsontest

const (
	notUTF8      = "RFC 8259, 8.1, demands UTF-8 and leaves open what becomes of other bytes. Replacing them would let two different texts become one stored value, so the document is refused."
	halfPair     = "RFC 8259, 8.2, leaves half a surrogate pair open. No UTF-8 says it, so it would be stored as another character: refused, where it stands."
	nonCharacter = "The grammar allows noncharacters, and Unicode lets them be interchanged: kept as they are."
)

func encodings(t *table) {
	const group = "UTF-8"
	t.valid(group, entry{"last of one byte", "\"\x7e\""}, entry{"first of two bytes", "\"\u0080\""}, entry{"last of two bytes", "\"\u07ff\""}, entry{"first of three bytes", "\"\u0800\""}, entry{"last before the surrogates", "\"\ud7ff\""},
		entry{"first of four bytes", "\"\U00010000\""})
	t.decided(group, nonCharacter, Read, "",
		entry{"last of three bytes, a noncharacter", "\"\uffff\""}, entry{"last of four bytes, a noncharacter", "\"\U0010ffff\""}, entry{"noncharacter by number", `"\uFFFF"`}, entry{"noncharacter before it by number", `"\ufffe"`}, entry{"noncharacter of the block by number", `"\ufdd5"`},
		entry{"noncharacter of another plane by number", `"\ud83F\udfFE"`}, entry{"noncharacter of the last plane by number", `"\udBff\udFFe"`},
	)
	t.open(group, notUTF8, Unreadable, "",
		entry{"byte that no letter has", "\"\xff\""}, entry{"another byte that no letter has", "\"a\xfe\""}, entry{"continuation alone", "\"\x9a\""}, entry{"continuations alone", "\"\x80\xbf\""}, entry{"two bytes, the second missing", "\"\xc3\""},
		entry{"three bytes, the last missing", "\"\xe5\xa5\""}, entry{"three bytes, the second wrong", "\"\xe1\xff\""}, entry{"four bytes, the last missing", "\"\xf0\x9f\x9c\""}, entry{"Latin-1", "\"\xfc\""}, entry{"Latin-1 between letters", "\"M\xfcller\""}, entry{"euro of Windows-1252", "\"5 \x80\""},
		entry{"dot, overlong in two bytes", "\"\xc0\xae\""}, entry{"slash, overlong in three bytes", "\"\xe0\x80\xaf\""}, entry{"NUL, overlong in two bytes", "\"\xc0\x80\""}, entry{"NUL, overlong in six bytes", "\"\xfc\x80\x80\x80\x80\x80\""}, entry{"six bytes", "\"\xfd\xbe\xbd\xbc\xbb\xba\""}, entry{"five bytes", "\"\xf8\x88\x80\x80\x80\""},
		entry{"first surrogate in three bytes", "\"\xed\xa0\x80\""}, entry{"pair of surrogates in six bytes", "\"\xed\xa0\xbd\xed\xbc\x81\""}, entry{"beyond the last plane", "\"\xf4\x90\x80\x80\""}, entry{"far beyond the last plane", "\"\xf7\xbf\xbf\xbf\""},
		entry{"in a name", "{\"\xff\":1}"},
	)
	t.invalid(group,
		entry{"stray byte for a value", "\xe9"}, entry{"stray byte in an array", "[\xff]"}, entry{"stray byte behind a word", "[a\xe9]"}, entry{"stray byte behind an escaped backslash, no end", "\"\\\\\xe9"}, entry{"continuation in a name, comma at the end", "{\"\xb7\":1,}"},
	)
}

func surrogates(t *table) {
	const group = "surrogates"
	t.open(group, halfPair, Refused, "",
		entry{"first half alone", `"\uD83D"`}, entry{"second half alone", `"\uDF01"`}, entry{"first half and letters", `"\ud83dabc"`}, entry{"letters and second half", `"abc\udf01"`}, entry{"first half and a character by number", `"\uD83D\u0041"`},
		entry{"first half and a short escape", `"\uD83D\n"`}, entry{"first half and an escaped backslash", `"\uD83D\\u0041"`}, entry{"two first halves", `"\ud83d\ud83d"`}, entry{"two first halves and a short escape", `"\ud83d\ud83d\t"`}, entry{"halves in the wrong order", `"\udf01\ud83d"`},
		entry{"first half, then the second apart", `"\ud83d \udf01"`}, entry{"pair and a first half", `"\ud83d\udf01\ud83d"`}, entry{"second half behind digits", `"\uDf01ea"`},
	)
	t.open(group, halfPair, Refused, "/0", entry{"in an array", `["\udead"]`})
	t.open(group, halfPair, Refused, "/a", entry{"in an object", `{"a":"\udead"}`})
	t.open(group, halfPair, Refused, "", entry{"in a name", `{"\udf01":0}`}, entry{"first half in a name", `{"\ud83d":0}`})
	t.invalid(group,
		entry{"first half and a bare backslash", `"\uD83D\"`}, entry{"first half and a number of no digits", `"\uD83D\u"`}, entry{"first half and a number of one digit", `"\uD83D\u1"`}, entry{"first half and a number cut by a letter", `"\uD83D\u1x"`}, entry{"first half and half a second", `"\uD83D\uDf"`},
		entry{"two first halves and an escape x", `"\uD83D\uD83D\x"`}, entry{"first half in three digits", `"\uD83"`}, entry{"pair without its second backslash's letter", `"\uD83D\DF01"`},
	)
}
