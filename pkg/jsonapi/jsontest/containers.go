package jsontest

import "strings"

const (
	twice   = "RFC 8259, 4, wants names to be unique and leaves open which value counts. Readers in front of the service may take another one, so a name is there once."
	control = "A control character in a name could be neither shown nor logged as what it is: a name has none."
	tooDeep = "RFC 8259, 9, lets a reader bound the depth: 32 levels are deeper than any document of the service, and bound what a small body can cost."
)

func arrays(t *table) {
	const group = "arrays"
	t.valid(group,
		entry{"empty", "[]"}, entry{"blank", "[ ]"}, entry{"one null", "[null]"}, entry{"one false", "[false]"}, entry{"one true", "[true]"}, entry{"one empty string", `[""]`}, entry{"all kinds", `[null,7,"7",{},[],true]`},
		entry{"several nulls", "[7,null,null,8]"}, entry{"within an array", "[[]]"}, entry{"within an array, apart", "[[ ]  ]"}, entry{"line feeds", "[\n7\n,\n8\n]"}, entry{"blank before a number", "[ 7]"}, entry{"blanks behind", "[7 ]"}, entry{"many", "[" + strings.Repeat("0,", 999) + "0]"},
	)
	t.invalid(group,
		entry{"opened alone", "["}, entry{"closed alone", "]"}, entry{"closed after a number", "7]"}, entry{"not closed", `["a"`}, entry{"not closed after a number", "[7"}, entry{"not closed after a comma", "[7,"}, entry{"not closed after a comma alone", "[,"},
		entry{"not closed, blank", "[ "}, entry{"not closed with line feeds", "[7,\n8\n,9"}, entry{"not closed, comma and line feed", "[7,\n8,\n"}, entry{"not closed with an object", "[{}"}, entry{"not closed with an open object", "[{"}, entry{"not closed with an open string", `["a`}, entry{"not closed with an open apostrophe", "['"},
		entry{"not closed with a cut literal", "[ true, fal"}, entry{"string open at the bracket", `["abc]`}, entry{"closed twice", "[7]]"}, entry{"closed as an object", "[7}"}, entry{"opened as an object", "{7]"},
		entry{"comma at the end", "[7,]"}, entry{"commas at the end", "[7,,]"}, entry{"many commas at the end", "[7,,,,,,]"}, entry{"comma in front", "[,7]"}, entry{"comma and a string", `[ , ""]`}, entry{"comma alone", "[,]"}, entry{"commas between", "[7,,8]"},
		entry{"comma missing", "[7 8]"}, entry{"comma missing after a literal", "[7 true]"}, entry{"comma missing before an array", "[7[8]]"}, entry{"comma missing between strings", `["a""b"]`}, entry{"semicolon", "[7;8]"}, entry{"colon", `["a":7]`}, entry{"equals sign", `["a"=7]`},
		entry{"word after a comma", `["a", truth]`}, entry{"letter not closed", "[x"}, entry{"star", "[*]"}, entry{"minus", "[-]"}, entry{"dots", "[...]"}, entry{"NUL", "[\x00]"}, entry{"vertical tab", "[\v7]"}, entry{"form feed", "[\"a\"\f]"}, entry{"parentheses", "(7,8)"}, entry{"comment", "[7 /* seven */]"},
	)
}

func objects(t *table) {
	const group = "objects"
	t.valid(group,
		entry{"empty", "{}"}, entry{"blank", "{ }"}, entry{"one member", `{"a":7}`}, entry{"two members", `{"first":"Jo","last":"Doe"}`}, entry{"empty name", `{"":7}`}, entry{"line feeds", "{\n\"a\"\n:\n7\n}"}, entry{"tabs", "{\t\"a\"\t:\t7\t,\t\"b\"\t:\t8\t}"},
		entry{"numbers at both ends", `{"low":-7.0e+30,"high":7.0E30}`}, entry{"long values", `{"a":[{"ref":"` + strings.Repeat("y", 50) + `"}],"ref":"` + strings.Repeat("y", 50) + `"}`}, entry{"array within", `{"a":[]}`}, entry{"value by numbers", `{"city":"\u041a\u0438\u0457\u0432"}`},
		entry{"names in several cases", `{"a":7,"A":8}`}, entry{"name with a blank", `{"a b":7}`}, entry{"name with a slash and a tilde", `{"a/b~c":7}`}, entry{"name with a quotation mark", `{"\"":7}`}, entry{"name of a picture", `{"🜁":7}`}, entry{"name of a prototype", `{"__proto__":7}`},
		entry{"composed and combined names", "{\"\u00e9\":7,\"e\u0301\":8}"},
	)
	t.decided(group, twice, Refused, "/a", entry{"name twice", `{"a":7,"a":8}`}, entry{"name and value twice", `{"a":7,"a":7}`}, entry{"name twice, once by number", `{"a":7,"\u0061":8}`}, entry{"name twice, others between", `{"a":7,"b":8,"a":9}`})
	t.decided(group, twice, Refused, "/0/a", entry{"name twice, in an array", `[{"a":7,"a":8}]`})
	t.decided(group, control, Refused, "", entry{"NUL in a name", `{"a\u0000b":7}`}, entry{"line feed in a name", `{"a\nb":7}`}, entry{"C1 control character in a name", `{"\u0085":7}`}, entry{"delete in a name", "{\"\x7f\":7}"})
	t.invalid(group,
		entry{"opened alone", "{"}, entry{"closed alone", "}"}, entry{"not closed", `{"a":7`}, entry{"not closed after the name", `{"a"`}, entry{"not closed after the colon", `{"a":`}, entry{"not closed after an empty name", `{"":`}, entry{"not closed after a comma", `{"a":7,`}, entry{"not closed after a comma alone", "{,"},
		entry{"not closed, name open", `{"a`}, entry{"not closed, value open", `{"a":"b`}, entry{"not closed with an array", "{["}, entry{"closed as an array", "{]"}, entry{"closed twice", `{"a":7}}`}, entry{"comma instead of the end", `{"a":true,`},
		entry{"name alone", `{"a"}`}, entry{"name and comma", `{"a",7}`}, entry{"value missing", `{"a":}`}, entry{"name missing", "{:7}"}, entry{"name missing with a string", `{:"b"}`}, entry{"colon missing", `{"a" 7}`}, entry{"colon missing before a word", `{"a" b}`}, entry{"colon missing before a string", `{"a" "b"}`},
		entry{"two colons", `{"a"::7}`}, entry{"equals sign", `{"a"=7}`}, entry{"arrow", `{"a"=>7}`}, entry{"bare name", `{a:7}`}, entry{"bare name, string", `{a:"b"}`}, entry{"apostrophes around the name", `{'a':7}`}, entry{"apostrophes around name and value", `{'a':'b'}`}, entry{"apostrophe alone", "{'a'"},
		entry{"number as a name", "{7:7}"}, entry{"huge number as a name", "{7E777:7}"}, entry{"null as a name", "{null:null}"}, entry{"null as names", "{null:null,null:null}"}, entry{"array as a name", `{[]:7}`}, entry{"bracket as a name", `{[: "b"}`}, entry{"object as a name", "{{}:7}"}, entry{"picture as a name", "{🜁}"},
		entry{"comma at the end", `{"a":7,}`}, entry{"commas at the end", `{"a":7,,,,}`}, entry{"comma in front", `{,"a":7}`}, entry{"comma alone", "{,}"}, entry{"commas between", `{"a":7,,"b":8}`}, entry{"comma missing", `{"a":7 "b":8}`}, entry{"semicolon", `{"a":7;"b":8}`},
		entry{"value behind a value", `{"a":"b" 7}`}, entry{"comment before the value", `{"a":/* seven */7}`}, entry{"comment before the colon", "{\"a\"// name\n:7}"}, entry{"spread", `{...a}`}, entry{"bare value", `{"a":b}`},
	)
}

func nesting(t *table) {
	const group = "nesting"
	arrays := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	objects := func(n int) string { return strings.Repeat(`{"a":`, n) + "7" + strings.Repeat("}", n) }
	t.valid(group, entry{"arrays within the bound", arrays(20)}, entry{"objects within the bound", objects(20)}, entry{"wide, not deep", "[" + strings.Repeat("[],", 500) + "[]]"})
	t.open(group, tooDeep, Unreadable, "", entry{"arrays beyond the bound", arrays(40)}, entry{"objects beyond the bound", objects(40)}, entry{"five hundred arrays", arrays(500)}, entry{"nine thousand arrays", arrays(9000)})
	t.invalid(group,
		entry{"hundred thousand arrays opened", strings.Repeat("[", 100000)}, entry{"twenty thousand arrays opened", strings.Repeat("[", 20000)}, entry{"ten thousand objects opened", strings.Repeat(`{"":`, 10000)},
		entry{"fifty thousand arrays of objects opened", strings.Repeat(`[{"":`, 50000)}, entry{"strings opened in arrays and objects", strings.Repeat(`["\{`, 4)}, entry{"twenty thousand arrays closed", strings.Repeat("]", 20000)}, entry{"one closing too few", arrays(20)[:39]}, entry{"closed in the wrong order", "[{]}"},
	)
}
