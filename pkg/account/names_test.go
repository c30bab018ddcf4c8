package account

import "testing"

func TestTheLastWordOfANameIsTheLastName(t *testing.T) {
	for full, want := range map[string][2]string{
		"John Doe":            {"John", "Doe"},
		"Ana Maria de Souza":  {"Ana Maria de", "Souza"},
		"Madonna":             {"Madonna", "-"},
		"  John \t Doe\u00a0": {"John", "Doe"},
		"José\u3000Díaz":      {"José", "Díaz"},
		"":                    {"", "-"},
		"   ":                 {"", "-"},
	} {
		first, last := NameParts(Set("name", full))
		got := [2]string{text(first), "-"}
		if last.Value != nil {
			got[1] = *last.Value
		}
		if got != want || !first.Given || !last.Given || first.Name != "name" || last.Name != "name" {
			t.Errorf("%q: %q", full, got)
		}
	}
	for _, other := range []Text{{}, {Name: "name", Given: true}, {Name: "name", Given: true, Misfit: true}} {
		if first, last := NameParts(other); first != other || last != other {
			t.Errorf("%+v: %+v, %+v", other, first, last)
		}
	}
}
