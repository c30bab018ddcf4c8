package jsonapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The models of these tests: a client has a home and flats, which are in a
// country each.
type client struct {
	ID        string         `jsonapi:"primary,clients"`
	Zeal      *string        `jsonapi:"attr,zeal"`
	Name      string         `jsonapi:"attr,name"`
	Age       int            `jsonapi:"attr,age"`
	Number    int64          `jsonapi:"attr,number"`
	Active    bool           `jsonapi:"attr,active"`
	Consent   *bool          `jsonapi:"attr,consent"`
	Metadata  map[string]any `jsonapi:"attr,metadata"`
	CreatedAt time.Time      `jsonapi:"attr,createdAt,rfc3339"`
	Note      *string        `jsonapi:"attr,note,omitempty"`

	Flats  []*flat `jsonapi:"relation,flats"`
	Home   *flat   `jsonapi:"relation,home"`
	Orders []*flat `jsonapi:"relation,orders"`
}

func (c *client) JSONAPILinks() *Links { return Self("/clients/" + c.ID) }

func (c *client) JSONAPIRelationshipLinks(relation string) *Links {
	if relation == "orders" {
		return nil
	}
	return Related("/clients/" + c.ID + "/" + relation)
}

type flat struct {
	ID      string   `jsonapi:"primary,flats"`
	City    string   `jsonapi:"attr,city"`
	Country *country `jsonapi:"relation,country"`
}

type country struct {
	ID   string `jsonapi:"primary,countries"`
	Name string `jsonapi:"attr,name"`
}

// token has nothing but what it must.
type token struct {
	ID    string `jsonapi:"primary,tokens"`
	Value string `jsonapi:"attr,value"`
}

func pointer[T any](value T) *T { return &value }

func requireJSON(t *testing.T, got []byte, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var flat strings.Builder // the wanted text is broken into lines
	for line := range strings.Lines(want) {
		flat.WriteString(strings.Trim(line, "\t\n"))
	}
	if diff := cmp.Diff(flat.String(), string(got)); diff != "" {
		t.Error(diff)
	}
	if !json.Valid(got) {
		t.Errorf("not JSON: %s", got)
	}
}

func TestResourceIsPrintedInTheOrderOfItsFields(t *testing.T) {
	got, err := One(&client{
		ID: "1", Zeal: pointer("a"), Name: "<Ada> & \"co\"\n", Age: 36, Number: 1 << 60, Active: true, Consent: pointer(false),
		Metadata:  map[string]any{"b": json.Number("1.50"), "a": "<"},
		CreatedAt: time.Date(2018, 11, 6, 8, 15, 2, 0, time.UTC),
		Note:      pointer("x"),
		Home:      &flat{ID: "7"},
	}, View{})
	requireJSON(t, got, err, `{"data":{"type":"clients","id":"1","attributes":{"zeal":"a","name":"<Ada> & \"co\"\n","age":36,"number":1152921504606846976,
		"active":true,"consent":false,"metadata":{"a":"<","b":1.50},"createdAt":"2018-11-06T08:15:02Z","note":"x"},
		"relationships":{"flats":{"links":{"related":"/clients/1/flats"}},
		"home":{"data":{"type":"flats","id":"7"},"links":{"related":"/clients/1/home"}}},
		"links":{"self":"/clients/1"}}}`)
}

func TestUnsetAttributesArePrintedAsNullAndObjectsAsEmpty(t *testing.T) {
	got, err := One(&client{ID: "1"}, View{})
	requireJSON(t, got, err, `{"data":{"type":"clients","id":"1","attributes":{"zeal":null,"name":"","age":0,"number":0,
		"active":false,"consent":null,"metadata":{}},
		"relationships":{"flats":{"links":{"related":"/clients/1/flats"}},"home":{"data":null,"links":{"related":"/clients/1/home"}}},
		"links":{"self":"/clients/1"}}}`)
}

func TestAbsentResourceIsNull(t *testing.T) {
	for _, model := range []any{nil, (*client)(nil)} {
		got, err := One(model, View{Links: map[string]any{"self": "/x"}})
		requireJSON(t, got, err, `{"data":null,"links":{"self":"/x"}}`)
	}
}

func TestCollectionIsAlwaysAnArray(t *testing.T) {
	for _, models := range []any{[]*token(nil), []*token{}, []any{}} {
		got, err := Many(models, View{})
		requireJSON(t, got, err, `{"data":[]}`)
	}
	got, err := Many([]*token{{ID: "1", Value: "a"}, {ID: "2", Value: "b"}}, View{})
	requireJSON(t, got, err, `{"data":[{"type":"tokens","id":"1","attributes":{"value":"a"}},{"type":"tokens","id":"2","attributes":{"value":"b"}}]}`)
	got, err = Many([]any{&token{ID: "1"}, &country{ID: "de"}}, View{})
	requireJSON(t, got, err, `{"data":[{"type":"tokens","id":"1","attributes":{"value":""}},{"type":"countries","id":"de","attributes":{"name":""}}]}`)
}

func TestTopLevelLinksAndMetaFollowTheData(t *testing.T) {
	got, err := Many([]*token{}, View{
		Query: &Query{Include: []string{}},
		Links: map[string]any{"self": "/x?a=1&b=2", "prev": nil, "next": Link{Href: "/y"}},
		Meta:  map[string]any{"total": int64(0)},
	})
	requireJSON(t, got, err, `{"data":[],"links":{"next":{"href":"/y"},"prev":null,"self":"/x?a=1&b=2"},"meta":{"total":0},"included":[]}`)
}

func TestIDIsNullWhereTheWireWantsIt(t *testing.T) {
	got, err := One(&token{ID: "1", Value: "x"}, View{NullID: true})
	requireJSON(t, got, err, `{"data":{"type":"tokens","id":null,"attributes":{"value":"x"}}}`)
}

func TestFieldsetsNarrowPrimaryAndIncludedResources(t *testing.T) {
	model := &client{ID: "1", Name: "Ada", Flats: []*flat{{ID: "7", City: "Bonn", Country: &country{ID: "de"}}}}
	for _, c := range []struct {
		fields map[string][]string
		want   string
	}{
		{map[string][]string{"clients": {"name"}, "flats": {"city"}},
			`{"data":{"type":"clients","id":"1","attributes":{"name":"Ada"},"links":{"self":"/clients/1"}},
			"included":[{"type":"flats","id":"7","attributes":{"city":"Bonn"}}]}`},
		{map[string][]string{"clients": {"flats", "age", "name"}, "flats": {"country"}},
			`{"data":{"type":"clients","id":"1","attributes":{"name":"Ada","age":0},"relationships":{"flats":{"data":[{"type":"flats","id":"7"}],"links":{"related":"/clients/1/flats"}}},
			"links":{"self":"/clients/1"}},"included":[{"type":"flats","id":"7","attributes":{},"relationships":{"country":{"data":{"type":"countries","id":"de"}}}}]}`},
		{map[string][]string{"clients": {}, "flats": {}, "others": {"name"}},
			`{"data":{"type":"clients","id":"1","attributes":{},"links":{"self":"/clients/1"}},"included":[{"type":"flats","id":"7","attributes":{}}]}`},
	} {
		got, err := One(model, View{Query: &Query{Include: []string{"flats"}, Fields: c.fields}})
		requireJSON(t, got, err, c.want)
	}
}

// brief shows linkage alone.
func brief(t *testing.T, models any, include ...string) string {
	t.Helper()
	body, err := Many(models, View{Query: &Query{Include: include}})
	if err != nil {
		t.Fatal(err)
	}
	type identifier struct{ Type, ID string }
	type resource struct {
		identifier
		Relationships map[string]struct{ Data json.RawMessage }
	}
	var document struct{ Data, Included []resource }
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, list := range [][]resource{document.Data, document.Included} {
		for _, r := range list {
			fmt.Fprintf(&text, "%s/%s", r.Type, r.ID)
			for _, name := range []string{"flats", "home", "orders", "country"} {
				if linkage := r.Relationships[name].Data; linkage != nil {
					short := strings.NewReplacer(`{"type":"`, "", `","id":"`, "/", `"}`, "").Replace(string(linkage))
					fmt.Fprintf(&text, " %s=%s", name, short)
				}
			}
			text.WriteByte('\n')
		}
		text.WriteString("--\n")
	}
	return strings.TrimSuffix(text.String(), "--\n")
}

func TestOnlyWhatIsAskedForIsIncludedOnceAndInTheOrderOfLinkage(t *testing.T) {
	de, at := &country{ID: "de"}, &country{ID: "at"}
	bonn, wien, graz := &flat{ID: "bonn", Country: de}, &flat{ID: "wien", Country: at}, &flat{ID: "graz", Country: at}
	clients := []*client{
		{ID: "1", Flats: []*flat{wien, bonn}, Home: bonn},
		{ID: "2", Flats: []*flat{graz, bonn}, Orders: []*flat{wien}},
	}
	for _, c := range []struct {
		include []string
		want    string
	}{
		{nil, `
clients/1 home=flats/bonn
clients/2 home=null
--
`},
		{[]string{"flats"}, `
clients/1 flats=[flats/wien,flats/bonn] home=flats/bonn
clients/2 flats=[flats/graz,flats/bonn] home=null
--
flats/wien country=countries/at
flats/bonn country=countries/de
flats/graz country=countries/at
`},
		{[]string{"home"}, `
clients/1 home=flats/bonn
clients/2 home=null
--
flats/bonn country=countries/de
`},
		{[]string{"home.country", "orders"}, `
clients/1 home=flats/bonn orders=[]
clients/2 home=null orders=[flats/wien]
--
flats/bonn country=countries/de
countries/de
flats/wien country=countries/at
`},
		{[]string{"orders", "flats.country", "flats"}, `
clients/1 flats=[flats/wien,flats/bonn] home=flats/bonn orders=[]
clients/2 flats=[flats/graz,flats/bonn] home=null orders=[flats/wien]
--
flats/wien country=countries/at
countries/at
flats/bonn country=countries/de
countries/de
flats/graz country=countries/at
`},
		{[]string{"nothing.of.the.kind"}, `
clients/1 home=flats/bonn
clients/2 home=null
--
`},
	} {
		for range 20 { // google keeps what is included in a map
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), brief(t, clients, c.include...)); diff != "" {
				t.Fatalf("%v: %s", c.include, diff)
			}
		}
	}
}

// owner leads back to a client by a struct that has only its identity.
type owner struct {
	ID string `jsonapi:"primary,clients"`
}

type deed struct {
	ID    string `jsonapi:"primary,deeds"`
	Owner *owner `jsonapi:"relation,owner"`
}

type holder struct {
	ID    string  `jsonapi:"primary,clients"`
	Name  string  `jsonapi:"attr,name"`
	Deeds []*deed `jsonapi:"relation,deeds"`
}

func TestPrimaryResourceIsNeverIncludedAgain(t *testing.T) {
	models := []*holder{
		{ID: "1", Name: "a", Deeds: []*deed{{ID: "x", Owner: &owner{"2"}}, {ID: "y", Owner: &owner{"3"}}}},
		{ID: "2", Name: "b", Deeds: []*deed{{ID: "z", Owner: &owner{"1"}}}},
	}
	got, err := Many(models, View{Query: &Query{Include: []string{"deeds.owner"}}})
	requireJSON(t, got, err, `{"data":[
		{"type":"clients","id":"1","attributes":{"name":"a"},"relationships":{"deeds":{"data":[{"type":"deeds","id":"x"},{"type":"deeds","id":"y"}]}}},
		{"type":"clients","id":"2","attributes":{"name":"b"},"relationships":{"deeds":{"data":[{"type":"deeds","id":"z"}]}}}],"included":[
		{"type":"deeds","id":"x","attributes":{},"relationships":{"owner":{"data":{"type":"clients","id":"2"}}}},
		{"type":"deeds","id":"y","attributes":{},"relationships":{"owner":{"data":{"type":"clients","id":"3"}}}},
		{"type":"clients","id":"3","attributes":{}},
		{"type":"deeds","id":"z","attributes":{},"relationships":{"owner":{"data":{"type":"clients","id":"1"}}}}]}`)
}

// described tells all that a model can.
type described struct {
	ID    string `jsonapi:"primary,described"`
	Other *token `jsonapi:"relation,other"`
	None  *token `jsonapi:"relation,none,omitempty"`
}

func (d *described) JSONAPILinks() *Links { return &Links{"self": "/d", "about": Link{Href: "/a"}} }
func (d *described) JSONAPIMeta() *Meta   { return &Meta{"seen": true} }
func (d *described) JSONAPIRelationshipMeta(string) *Meta {
	return &Meta{"count": 1}
}

func TestMetaAndSeveralLinksArePrinted(t *testing.T) {
	got, err := One(&described{ID: "1", Other: &token{ID: "2"}}, View{})
	requireJSON(t, got, err, `{"data":{"type":"described","id":"1","attributes":{},
		"relationships":{"other":{"data":{"type":"tokens","id":"2"},"meta":{"count":1}}},
		"links":{"about":{"href":"/a"},"self":"/d"},"meta":{"seen":true}}}`)
}

type node struct {
	ID   string  `jsonapi:"primary,nodes"`
	Next []*node `jsonapi:"relation,next"`
}

type hop struct {
	ID   string `jsonapi:"primary,hops"`
	Back *there `jsonapi:"relation,back"`
}

type there struct {
	ID  string `jsonapi:"primary,there"`
	Hop *hop   `jsonapi:"relation,hop"`
}

// Each of these would make google's marshaller panic, run for ever, or print
// what is no resource.
func TestWhatIsNoModelIsAnError(t *testing.T) {
	loop := &hop{ID: "1", Back: &there{ID: "2"}}
	loop.Back.Hop = loop
	unlinked := struct {
		ID    string `jsonapi:"primary,x"`
		Other token  `jsonapi:"relation,other"`
	}{ID: "1"}
	for _, model := range []any{token{ID: "1"}, "text", 1, []*token{}, pointer("x"), loop, &node{ID: "1"}, &unlinked, map[string]any{}} {
		if body, err := One(model, View{}); err == nil {
			t.Errorf("%T is printed: %s", model, body)
		}
	}
	for _, models := range []any{nil, &token{}, []token{{ID: "1"}}, []*token{nil}, []any{nil}, []any{1}, []string{"x"}, []*hop{loop}} {
		if body, err := Many(models, View{}); err == nil {
			t.Errorf("%T is printed: %s", models, body)
		}
	}
}

func TestValueThatCannotBePrintedIsAnError(t *testing.T) {
	model := &client{ID: "1", Metadata: map[string]any{"f": func() {}}}
	if body, err := One(model, View{}); err == nil {
		t.Errorf("%s", body)
	}
	for _, view := range []View{{Meta: map[string]any{"f": func() {}}}, {Links: map[string]any{"f": func() {}}}, {Links: map[string]any{"f": func() {}, "g": 1}}} {
		if body, err := One(&token{}, view); err == nil {
			t.Errorf("%s", body)
		}
	}
}

func TestNamesAreThoseOfTheTagsInOrder(t *testing.T) {
	want := []string{"zeal", "name", "age", "number", "active", "consent", "metadata", "createdAt", "note", "flats", "home", "orders"}
	for _, model := range []any{client{}, &client{}} {
		if diff := cmp.Diff(want, Names(model)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestNamesOfWhatIsNoModelPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it did not")
		}
	}()
	Names(1)
}

// What is printed by hand reads the same as what encoding/json prints.
func TestStringsArePrintedAsJSON(t *testing.T) {
	for _, text := range []string{"", "a", "é", "😀", `"`, `\`, "/", "\n\t\r\b\f", "\x00\x1f\x7f", "<&>", "\u2028", "\xff", "a\xc3(", "\ufffd"} {
		got := appendString([]byte("x"), text)
		var read string
		if got[0] != 'x' || !utf8.Valid(got) || json.Unmarshal(got[1:], &read) != nil || read != strings.ToValidUTF8(text, "\ufffd") {
			t.Errorf("%q: %s", text, got)
		}
		if bytes.Contains(got, []byte(`\u003c`)) {
			t.Errorf("escaped for HTML: %s", got)
		}
	}
}
