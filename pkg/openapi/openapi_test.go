package openapi

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shown is a struct as the wire has them.
type shown struct {
	ID       string            `jsonapi:"primary,things"`
	Size     *string           `jsonapi:"attr,size" about:"How big." choices:"{sizes}" example:"{size}"`
	Name     string            `jsonapi:"attr,name" min:"1" max:"{longest}" pattern:"^{letter}+$"`
	At       string            `jsonapi:"attr,at" format:"{moment}"`
	Count    int64             `jsonapi:"attr,count" example:"3"`
	Fine     bool              `jsonapi:"attr,fine"`
	Data     map[string]string `jsonapi:"attr,data"`
	Note     any               `jsonapi:"attr,note,omitempty" kind:"string" shown:"staff"`
	Consent  *bool             `jsonapi:"attr,consent" enum:"[true,1]"`
	Relation *shown            `jsonapi:"relation,parent,omitempty"`
	hidden   string
}

func TestTagsAndTypesBecomeASchemaInTheOrderOfTheFields(t *testing.T) {
	words := Words{"sizes": "S,M", "size": "M", "longest": "9", "letter": "[a-z]", "moment": "date-time"}
	made := Closed(nil)
	for _, field := range Attributes(shown{hidden: "is none"}) {
		made.Properties.Add(field.Name, field.Schema(words))
	}
	same(t, made, `{"type":"object","properties":{
		"size":{"description":"How big.","type":"string","enum":["S","M"],"examples":["M"]},
		"name":{"type":"string","pattern":"^[a-z]+$","minLength":1,"maxLength":9},
		"at":{"type":"string","format":"date-time"},
		"count":{"type":"integer","examples":[3]},
		"fine":{"type":"boolean"},
		"data":{"type":"object"},
		"note":{"type":"string","x-shown-to":"staff"},
		"consent":{"enum":[true,1]}},"additionalProperties":false}`)
	if relationships := Relationships(&shown{}); len(relationships) != 1 || relationships[0].Name != "parent" || !relationships[0].Optional {
		t.Errorf("the relationships are %v", relationships)
	}
}

type key struct {
	Kind string `json:"kty" choices:"OKP"`
	Note string
}

type keySet struct {
	Keys []key `json:"keys" about:"All."`
}

func TestStructsOfPlainJSONHaveAllTheirFieldsAndNoOthers(t *testing.T) {
	same(t, Struct(keySet{}, nil), `{"type":"object","properties":{"keys":{"description":"All.","type":"array",
		"items":{"type":"object","properties":{"kty":{"type":"string","enum":["OKP"]}},"required":["kty"],"additionalProperties":false}}},"required":["keys"],"additionalProperties":false}`)
}

func TestNullIsAddedToWhateverASchemaIs(t *testing.T) {
	same(t, (&Schema{Type: Types{"string"}, Enum: []any{"S"}}).Nullable(), `{"type":["string","null"],"enum":["S",null]}`)
	same(t, Ref("Thing").Nullable(), `{"anyOf":[{"$ref":"#/components/schemas/Thing"},{"type":"null"}]}`)
	schema := Text("")
	if schema.Nullable(); len(schema.Type) != 1 {
		t.Error("the schema itself was changed")
	}
}

func TestMembersKeepTheirOrderAndTheirFirstValue(t *testing.T) {
	var members Members[string]
	for _, name := range []string{"b", "a", "b", "<c>"} {
		members.Add(name, name+string(rune('0'+len(members))))
	}
	same(t, members, `{"b":"b0","a":"a1","<c>":"<c>2"}`)
	if _, there := members.Find("d"); there {
		t.Error("it has what was never added")
	}
}

func TestATagThatCannotBeReadStopsTheProgram(t *testing.T) {
	type broken struct {
		Name string `json:"name" max:"many"`
	}
	defer func() {
		if recover() == nil {
			t.Error("a limit that is no number was read")
		}
	}()
	Struct(broken{}, nil)
}

// same compares the bytes, but for spaces: order counts.
func same(t *testing.T, made any, want string) {
	t.Helper()
	document, err := encode(made)
	if err != nil {
		t.Fatal(err)
	}
	var compact json.RawMessage
	if err := json.Unmarshal([]byte(want), &compact); err != nil {
		t.Fatal(err)
	}
	expected, err := encode(compact)
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(string(expected), string(document)); difference != "" {
		t.Errorf("(- expected, + made):\n%s", difference)
	}
}
