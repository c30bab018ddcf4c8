package web

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/errors"
)

func TestAnObjectIsReadInOneWayOnly(t *testing.T) {
	for text, want := range map[string]error{
		`{}`:                           nil,
		` {"a":{"b":[1,{"c":null}]}} `: nil,
		`{"a":"\ud83d\ude00"}`:         nil,
		`{"a":1,"a":2}`:                ErrSyntax,
		`{"a":{"b":1,"b":2}}`:          ErrSyntax,
		`{"a":"\ud800"}`:               ErrSyntax,
		`{"a":1} {}`:                   ErrSyntax,
		`{"a":1`:                       ErrSyntax,
		"{\"a\":\"\xff\"}":             ErrSyntax,
		``:                             ErrSyntax,
		`{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`: ErrSyntax,
		`[]`:   ErrNotObject,
		`null`: ErrNotObject,
		`"a"`:  ErrNotObject,
	} {
		if _, err := ParseObject([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%s: %v, not %v", text, err, want)
		}
	}
}

func TestMembersOfAnObjectAreAttributes(t *testing.T) {
	object, err := ParseObject([]byte(`{"z":"text","flag":false,"none":null,"free":{"a":[1.10,{"b":true}]},"list":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(object.Names(), " "); got != "z flag none free list" {
		t.Errorf("the members are %s", got)
	}
	if text := object.Text("z"); text.Name != "z" || !text.Given || *text.Value != "text" {
		t.Errorf("%+v", text)
	}
	if text := object.Text("flag"); text.Value != nil || !text.Misfit {
		t.Errorf("%+v", text)
	}
	if text := object.Text("none"); !text.Given || text.Value != nil || text.Misfit {
		t.Errorf("%+v", text)
	}
	if text := object.Text("absent"); text.Given || text.Name != "absent" {
		t.Errorf("%+v", text)
	}
	if flag := object.Flag("flag"); *flag.Value {
		t.Errorf("%+v", flag)
	}
	free, err := EncodeJSON(*object.Map("free").Value)
	if difference := cmp.Diff(`{"a":[1.10,{"b":true}]}`, string(free)); difference != "" || err != nil {
		t.Errorf("%v %s", err, difference)
	}
}
