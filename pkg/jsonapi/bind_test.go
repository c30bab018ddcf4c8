package jsonapi

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/errors"
)

type place struct {
	ID   string  `jsonapi:"primary,addresses"`
	City *string `jsonapi:"attr,city"`
}

// profile has a field of each kind that Bind fills.
type profile struct {
	ID        string         `jsonapi:"primary,customers"`
	FirstName *string        `jsonapi:"attr,firstName"`
	Password  *string        `jsonapi:"attr,password"`
	Terms     *bool          `jsonapi:"attr,acceptedTerms"`
	Metadata  map[string]any `jsonapi:"attr,metadata"`
	Home      *place         `jsonapi:"relation,home"`
	Places    []*place       `jsonapi:"relation,places"`
}

func parsed(t *testing.T, attributes string) *Document {
	t.Helper()
	document, err := Parse([]byte(`{"data":{"type":"customers","attributes":`+attributes+`}}`), customers)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestAttributesFillTheFieldsOfTheirNames(t *testing.T) {
	document, err := Parse([]byte(`{"data":{"type":"customers","id":"DE--1","attributes":{
		"first\u004eame":"Zo\u00eb <\ud83d\ude00> \"","acceptedTerms":true,"metadata":{"a":[1,{"b":null}]},"unknown":{"firstName":"x"}}}}`), customers)
	if err != nil {
		t.Fatal(err)
	}
	var got profile
	if err := document.Bind(&got); err != nil {
		t.Fatal(err)
	}
	name, terms := `Zoë <😀> "`, true
	want := profile{ID: "DE--1", FirstName: &name, Terms: &terms, Metadata: map[string]any{"a": []any{json.Number("1"), map[string]any{"b": nil}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAbsentNullAndUnfitAttributesLeaveTheirFieldsAlone(t *testing.T) {
	document := parsed(t, `{"firstName":null,"acceptedTerms":"true","metadata":[]}`)
	var got profile
	if err := document.Bind(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(profile{}, got); diff != "" {
		t.Error(diff)
	}
}

func TestEmptyObjectIsNotAbsent(t *testing.T) {
	var got profile
	if err := parsed(t, `{"metadata":{}}`).Bind(&got); err != nil || got.Metadata == nil {
		t.Errorf("%v, %v", got.Metadata, err)
	}
}

func TestListsHoldTextAlone(t *testing.T) {
	type model struct {
		ID    string   `jsonapi:"primary,lists"`
		Items []string `jsonapi:"attr,items"`
	}
	for value, want := range map[string]struct {
		items  []string
		misfit bool
	}{
		`["a","ü\u0041",""]`: {items: []string{"a", "üA", ""}}, `null`: {}, `"a"`: {misfit: true}, `{}`: {misfit: true}, `["a",1]`: {misfit: true}, `[null]`: {misfit: true}, `[["a"]]`: {misfit: true},
	} {
		document, err := Parse([]byte(`{"data":{"type":"lists","attributes":{"items":`+value+`}}}`), Expect{Type: "lists"})
		if err != nil {
			t.Fatal(err)
		}
		var bound model
		if err := document.Bind(&bound); err != nil {
			t.Fatal(err)
		}
		if _, misfit := document.Misfit("items"); misfit != want.misfit || !slices.Equal(bound.Items, want.items) {
			t.Errorf("%s: %q, misfit %t", value, bound.Items, misfit)
		}
	}
}

func TestMisfitsAreToldWithTheirKind(t *testing.T) {
	for _, c := range []struct {
		attributes, name, kind string
		blank                  bool
	}{
		{`{"firstName":"x"}`, "firstName", "", false},
		{`{"firstName":null}`, "firstName", "", false},
		{`{}`, "firstName", "", false},
		{`{"firstName":1}`, "firstName", "number", false},
		{`{"firstName":-0.5}`, "firstName", "number", false},
		{`{"firstName":true}`, "firstName", "bool", false},
		{`{"firstName":false}`, "firstName", "bool", true},
		{`{"firstName":[]}`, "firstName", "array", true},
		{`{"firstName":[ ` + "\n\t" + `]}`, "firstName", "array", true},
		{`{"firstName":[[]]}`, "firstName", "array", false},
		{`{"firstName":["]"]}`, "firstName", "array", false},
		{`{"firstName":{}}`, "firstName", "object", false},
		{`{"acceptedTerms":false}`, "acceptedTerms", "", false},
		{`{"acceptedTerms":1}`, "acceptedTerms", "number", false},
		{`{"acceptedTerms":"1"}`, "acceptedTerms", "string", false},
		{`{"metadata":{}}`, "metadata", "", false},
		{`{"metadata":[]}`, "metadata", "array", true},
		{`{"metadata":"{}"}`, "metadata", "string", false},
		{`{"unknown":1}`, "unknown", "", false},
	} {
		document := parsed(t, c.attributes)
		if err := document.Bind(&profile{}); err != nil {
			t.Fatal(err)
		}
		if kind, misfit := document.Misfit(c.name); kind != c.kind || misfit != (c.kind != "") || document.Blank(c.name) != c.blank {
			t.Errorf("%s: kind %q, misfit %v, blank %v", c.attributes, kind, misfit, document.Blank(c.name))
		}
	}
}

func TestMisfitsAreThoseOfTheLastBind(t *testing.T) {
	document := parsed(t, `{"city":1,"firstName":1}`)
	if err := document.Bind(&profile{}); err != nil {
		t.Fatal(err)
	}
	var other struct {
		ID   string  `jsonapi:"primary,customers"`
		City *string `jsonapi:"attr,city"`
	}
	if err := document.Bind(&other); err != nil {
		t.Fatal(err)
	}
	_, city := document.Misfit("city")
	_, name := document.Misfit("firstName")
	if !city || name {
		t.Errorf("city %v, firstName %v", city, name)
	}
}

func TestNumbersInObjectsKeepTheirDigits(t *testing.T) {
	text := `{"big":9007199254740993,"small":0.10,"far":1e400}`
	var got profile
	if err := parsed(t, `{"metadata":`+text+`}`).Bind(&got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"big": "9007199254740993", "small": "0.10", "far": "1e400"} {
		if got.Metadata[name] != json.Number(want) {
			t.Errorf("%s is %v", name, got.Metadata[name])
		}
	}
}

func TestAttributeInAnotherCaseIsRefused(t *testing.T) {
	for name, pointer := range map[string]string{
		`FirstName`:       "/data/attributes/FirstName",
		`firstname`:       "/data/attributes/firstname",
		`pa\u017f\u017fw`: "", // no attribute by any case
		`paſſword`:        "/data/attributes/paſſword",
		`METADATA`:        "/data/attributes/METADATA",
		`firstName2`:      "",
		`@firstName`:      "",
	} {
		err := parsed(t, `{"firstName":"x","`+name+`":"y"}`).Bind(&profile{})
		if pointer == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		requireFault(t, err, errors.DocumentInvalid, pointer)
	}
}

func TestLinkageOfTheStructIsBoundByIdentityAlone(t *testing.T) {
	document, err := Parse([]byte(`{"data":{"type":"customers","attributes":{},"relationships":{
		"home":{"data":{"type":"addresses","id":"1","attributes":{"city":"Berlin"}}},
		"places":{"data":[{"type":"addresses","id":"2"},{"type":"addresses","id":"3"}]},
		"orders":{"data":[{"type":"orders"}]}}}}`), customers)
	if err != nil {
		t.Fatal(err)
	}
	var got profile
	if err := document.Bind(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(profile{Home: &place{ID: "1"}, Places: []*place{{ID: "2"}, {ID: "3"}}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLinkageThatDoesNotFitTheStructIsRefused(t *testing.T) {
	for relationship, values := range map[string][]string{
		"home":   {`[]`, `{}`, `{"type":"addresses"}`, `{"type":"addresses","id":1}`, `{"type":"addresses","id":""}`, `{"type":"orders","id":"1"}`, `{"Type":"addresses","ID":"1"}`},
		"places": {`null`, `{}`, `{"type":"addresses","id":"1"}`, `[null]`, `[1]`, `[{"type":"orders","id":"1"}]`},
	} {
		for _, linkage := range values {
			document, err := Parse([]byte(`{"data":{"type":"customers","attributes":{},"relationships":{"`+relationship+`":{"data":`+linkage+`}}}}`), customers)
			if err != nil {
				t.Fatal(err)
			}
			err = document.Bind(&profile{})
			requireFault(t, err, errors.DocumentInvalid, "/data/relationships/"+relationship)
		}
	}
	document, err := Parse([]byte(`{"data":{"type":"customers","attributes":{},"relationships":{"home":{"data":null},"places":{"data":[]}}}}`), customers)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Bind(&profile{}); err != nil {
		t.Error(err)
	}
}

// A struct that is no request's body is a mistake of the program, not of the
// client: the error is not in the catalogue.
func TestStructThatCannotBeBoundIsNoFaultOfTheClient(t *testing.T) {
	var count struct {
		ID    string `jsonapi:"primary,customers"`
		Count *int   `jsonapi:"attr,count"`
	}
	var other struct {
		ID string `jsonapi:"primary,orders"`
	}
	var nothing *profile
	for _, body := range []any{&count, &other, nothing, profile{}, 1, nil, new(int)} {
		err := parsed(t, `{"count":1}`).Bind(body)
		if _, ours := errors.AsType[*errors.Error](err); err == nil || ours {
			t.Errorf("%T: %v", body, err)
		}
	}
}
