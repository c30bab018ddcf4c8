package jsonapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/errors"
)

const (
	otherExtension = "https://example.com/other"
	someProfile    = "https://example.com/profile"
)

func TestAnExtensionIsTakenWhereTheRouteHasIt(t *testing.T) {
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	with := func(uris string) string { return MediaType + `; ext="` + uris + `"` }
	atomic := Media{Extension: AtomicExtension}
	for _, c := range []struct {
		value                      string
		accepted, acceptedPlain    bool // as Accept, by a route with the extension and one without
		taken, takenPlain, lenient bool // as Content-Type
	}{
		{with(AtomicExtension), true, false, true, false, true},
		{with(AtomicExtension + " " + AtomicExtension), true, false, true, false, true},
		{with(otherExtension), false, false, false, false, true},
		{with(AtomicExtension + " " + otherExtension), false, false, false, false, true},
		{with(AtomicExtension) + `; profile="` + someProfile + `"`, true, false, true, false, true},
		{MediaType, true, true, false, true, true},
		{with(" "), true, true, false, true, true},
		{"application/json", true, true, false, true, true},
		{with(AtomicExtension) + "; charset=utf-8", false, false, false, false, true},
	} {
		for name, check := range map[string]struct{ got, want bool }{
			"Accept":                {CheckAccept(header("Accept", c.value), atomic) == nil, c.accepted},
			"Accept without":        {CheckAccept(header("Accept", c.value), Media{}) == nil, c.acceptedPlain},
			"Content-Type":          {CheckContentType(header("Content-Type", c.value), atomic) == nil, c.taken},
			"Content-Type without":  {CheckContentType(header("Content-Type", c.value), Media{}) == nil, c.takenPlain},
			"Content-Type, lenient": {CheckContentType(header("Content-Type", c.value), Media{Lenient: true, Extension: AtomicExtension}) == nil, c.lenient},
		} {
			if check.got != check.want {
				t.Errorf("%s: %s: %t", name, c.value, check.got)
			}
		}
	}
}

func TestTheTypeOfADocumentNamesWhatWasApplied(t *testing.T) {
	for want, got := range map[string]string{
		MediaType: Media{}.Type(""),
		MediaType + `; ext="` + AtomicExtension + `"`:                                Media{Extension: AtomicExtension}.Type(""),
		MediaType + `; profile="` + someProfile + `"`:                                Media{}.Type(someProfile),
		MediaType + `; ext="` + AtomicExtension + `"; profile="` + someProfile + `"`: Media{Extension: AtomicExtension}.Type(someProfile),
	} {
		if got != want {
			t.Errorf("%s instead of %s", got, want)
		}
	}
	if got := (Media{Lenient: true, Extension: AtomicExtension}).Type(someProfile); got != MediaType {
		t.Errorf("lenient: %s", got)
	}
}

func TestAProfileIsAskedForInAccept(t *testing.T) {
	named := MediaType + `;profile="` + someProfile + `"`
	for accept, asked := range map[string]bool{
		"": false, MediaType: false, named: true, "text/html, " + named + ";q=0.5": true, named + ";q=0": false,
		MediaType + `;profile="https://example.com/a ` + someProfile + `"`: true, MediaType + `;profile="` + someProfile + `/more"`: false,
		"application/json" + `;profile="` + someProfile + `"`: false,
	} {
		if got := AsksFor(http.Header{"Accept": {accept}}, someProfile); got != asked {
			t.Errorf("%s: %t", accept, got)
		}
	}
}

func TestADocumentTellsItsVersionAndProfile(t *testing.T) {
	got, err := One(nil, View{Version: true})
	requireJSON(t, got, err, `{"jsonapi":{"version":"1.1"},"data":null}`)
	got, err = Many([]*token{}, View{Version: true, Profile: someProfile, Links: map[string]any{"self": LinkObject{"/tokens", MediaType}, "next": nil, "prev": "/tokens?page"}})
	requireJSON(t, got, err, `{"jsonapi":{"version":"1.1","profile":["https://example.com/profile"]},"data":[],
		"links":{"next":null,"prev":"/tokens?page","self":{"href":"/tokens","type":"application/vnd.api+json"}}}`)
	status, body := Errors(errors.CustomerNotFound, ErrorView{RequestID: "r", Version: true, Pages: "/errors/"})
	requireJSON(t, body, nil, `{"jsonapi":{"version":"1.1"},"errors":[{"id":"r","links":{"type":"/errors/customer_not_found"},"status":"404","code":"402",
		"title":"Customer not found","detail":"Customer not found.","meta":{"key":"customer_not_found"}}]}`)
	_, body = Errors(UnsortedCursors(), ErrorView{RequestID: "r", Pages: "/errors/"})
	if status != 404 || !strings.Contains(string(body), `"links":{"type":"`+CursorProfile+`/unsupported-sort","about":"/errors/pagination_invalid"}`) {
		t.Errorf("%d %s", status, body)
	}
}

func TestLinkageIsShownWithoutTheResource(t *testing.T) {
	got, err := One(&flat{ID: "1", City: "Berlin"}, View{Linkage: true, Links: map[string]any{"related": "/r"}})
	requireJSON(t, got, err, `{"data":{"type":"flats","id":"1"},"links":{"related":"/r"}}`)
	got, err = Many([]*flat{{ID: "1"}, {ID: "2"}}, View{Linkage: true})
	requireJSON(t, got, err, `{"data":[{"type":"flats","id":"1"},{"type":"flats","id":"2"}]}`)
	got, err = One((*flat)(nil), View{Linkage: true})
	requireJSON(t, got, err, `{"data":null}`)
}

// tenant leads back to a client, of whom it holds the identity.
type tenant struct {
	ID     string  `jsonapi:"primary,tenants"`
	Client *leaser `jsonapi:"relation,client"`
}

type leaser struct {
	ID string `jsonapi:"primary,clients"`
}

func TestAnIncludeLeadsToTheModelThatIsGivenForAnIdentity(t *testing.T) {
	tenants := []*tenant{{ID: "1", Client: &leaser{"7"}}, {ID: "2", Client: &leaser{"7"}}}
	whole := &client{ID: "7", Name: "Ada", Home: &flat{ID: "9", City: "Berlin"}}
	include := func(paths ...string) *Query {
		return &Query{Include: append([]string{}, paths...), Fields: map[string][]string{"clients": {"name", "home"}, "flats": {"city"}}}
	}
	linked := func(id string) string {
		return `{"type":"tenants","id":"` + id + `","attributes":{},"relationships":{"client":{"data":{"type":"clients","id":"7"}}}}`
	}
	ada := `{"type":"clients","id":"7","attributes":{"name":"Ada"},"relationships":{"home":{"data":{"type":"flats","id":"9"},"links":{"related":"/clients/7/home"}}},"links":{"self":"/clients/7"}}`
	got, err := Many(tenants, View{Query: include("client"), Related: []any{whole}})
	requireJSON(t, got, err, `{"data":[`+linked("1")+`,`+linked("2")+`],"included":[`+ada+`]}`)
	got, err = Many(tenants, View{Query: include("client.home"), Related: []any{whole}})
	requireJSON(t, got, err, `{"data":[`+linked("1")+`,`+linked("2")+`],"included":[`+ada+`,{"type":"flats","id":"9","attributes":{"city":"Berlin"}}]}`)
	got, err = Many(tenants, View{Query: include(), Related: []any{whole}})
	requireJSON(t, got, err, `{"data":[`+linked("1")+`,`+linked("2")+`],"included":[]}`)
	if _, err := Many(tenants, View{Query: include("client"), Related: []any{7}}); err == nil {
		t.Error("a model that is none was taken")
	}
}

func TestLinkageIsReadStrictly(t *testing.T) {
	for body, want := range map[string]Linkage{
		`{"data":null}`:                          {},
		`{"data":{"type":"addresses","id":"1"}}`: {ID: "1"},
		`{"meta":{},"data":{"id":"\u0031","type":"addresses","meta":{"a":1}}}`: {ID: "1"},
	} {
		if got, err := ParseLinkage([]byte(body), Expect{Type: "addresses"}); err != nil || got.ID != want.ID || got.IDs != nil {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
	for body, pointer := range map[string]string{
		``: "-", `{`: "", `[]`: "", `{}`: "", `{"errors":[],"data":null}`: "/errors", `{"Data":null}`: "/Data", `{"data":[]}`: "/data", `{"data":"1"}`: "/data",
		`{"data":{}}`: "/data", `{"data":{"type":"addresses"}}`: "/data", `{"data":{"type":"addresses","id":""}}`: "/data/id", `{"data":{"type":"addresses","id":1}}`: "/data/id",
		`{"data":{"type":"orders","id":"1"}}`: "/data/type", `{"data":{"type":7,"id":"1"}}`: "/data/type", `{"data":{"TYPE":"addresses","id":"1"}}`: "/data/TYPE",
		`{"data":{"type":"addresses","id":"1","id":"2"}}`: "/data/id",
	} {
		_, err := ParseLinkage([]byte(body), Expect{Type: "addresses"})
		requirePointer(t, body, err, pointer)
	}
}

// requirePointer demands a client's fault at a place; "-" is none.
func requirePointer(t *testing.T, body string, err error, want string) {
	t.Helper()
	faults := errors.List(err)
	if len(faults) != 1 || faults[0].Status >= 500 {
		t.Errorf("%s: %v", body, err)
		return
	}
	got := "-"
	if pointer, pointed := pointerOf(faults[0]); pointed {
		got = pointer
	}
	if got != want {
		t.Errorf("%s: %q, not %q", body, got, want)
	}
}

func TestALocalNameIsResolvedWhereItStands(t *testing.T) {
	document, err := Parse([]byte(`{"data":{"type":"customers","lid":"me","attributes":{},"relationships":{
		"home":{"data":{"type":"addresses","lid":"a"}},"places":{"data":[{"type":"addresses","lid":"a"},{"type":"addresses","id":"2"},{"type":"addresses","id":"3","lid":"a"}]},"none":{"data":null}}}}`), customers)
	if err != nil || document.LID() != "me" {
		t.Fatalf("%v %q", err, document.LID())
	}
	if err := document.Resolve(LocalIDs{{"addresses", "a"}: "1", {"orders", "a"}: "9"}); err != nil {
		t.Fatal(err)
	}
	var bound profile
	if err := document.Bind(&bound); err != nil || bound.Home.ID != "1" || bound.Places[0].ID != "1" || bound.Places[1].ID != "2" || bound.Places[2].ID != "3" {
		t.Errorf("%v %+v", err, bound)
	}
	for _, relationship := range []string{`"home":{"data":{"type":"addresses","lid":"b"}}`, `"home":{"data":[{"type":"orders","lid":"a"}]}`} {
		document, err := Parse([]byte(`{"data":{"type":"customers","attributes":{},"relationships":{`+relationship+`}}}`), customers)
		if err != nil {
			t.Fatal(err)
		}
		requirePointer(t, relationship, document.Resolve(LocalIDs{{"addresses", "a"}: "1"}), "/data/relationships/home")
	}
	for _, lid := range []string{`""`, `7`, `null`, `{}`} {
		_, err := Parse([]byte(`{"data":{"type":"customers","lid":`+lid+`,"attributes":{}}}`), customers)
		requirePointer(t, lid, err, "/data/lid")
	}
}

func TestOperationsAreTakenApart(t *testing.T) {
	got, err := ParseOperations([]byte(`{"jsonapi":{},"meta":{},"atomic:operations":[
		{"op":"add","data":{"type":"customers","lid":"a","attributes":{"firstName":"Ada"}}},
		{"op":"update","ref":{"type":"customers","id":"1","relationship":"home"},"data":null},
		{"op":"update","href":"/customers/1","data":{"type":"customers","id":"1","attributes":{}},"meta":{}},
		{"op":"remove","ref":{"type":"customers","lid":"a"}}]}`))
	want := []Operation{
		{Op: "add", Data: &Ref{Type: "customers", LID: "a"}, Body: []byte(`{"data":{"type":"customers","lid":"a","attributes":{"firstName":"Ada"}}}`)},
		{Op: "update", Ref: &Ref{Type: "customers", ID: "1", Relationship: "home"}, Body: []byte(`{"data":null}`)},
		{Op: "update", Href: "/customers/1", Data: &Ref{Type: "customers", ID: "1"}, Body: []byte(`{"data":{"type":"customers","id":"1","attributes":{}}}`)},
		{Op: "remove", Ref: &Ref{Type: "customers", LID: "a"}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestAnErrorOfAnOperationPointsIntoTheRequest(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.ValueBlank.On("firstName"), "/atomic:operations/2/data/attributes/firstName"},
		{errors.FieldMissing.On("firstName"), "/atomic:operations/2/data/attributes"},
		{errors.DocumentInvalid.At("/data/id"), "/atomic:operations/2/data/id"},
		{errors.CustomerNotFound, "/atomic:operations/2"},
		{errors.AccessTokenMissing.AtHeader("Authorization"), "/atomic:operations/2"},
	} {
		requirePointer(t, c.want, Within(c.err, 2), c.want)
	}
	faults := errors.List(Within(errors.Faults{errors.ValueBlank.On("a"), errors.TooShort.On("b")}, 0))
	if len(faults) != 2 || *faults[1].Source.Pointer != "/atomic:operations/0/data/attributes/b" {
		t.Errorf("%v", faults)
	}
}

func TestResultsAreTheDataOfTheAnswers(t *testing.T) {
	got, err := Results([][]byte{[]byte(`{"jsonapi":{"version":"1.1"},"data":{"type":"a","id":"1"}}`), nil, []byte(`{"data":null}`)}, true)
	requireJSON(t, got, err, `{"jsonapi":{"version":"1.1"},"atomic:results":[{"data":{"type":"a","id":"1"}},{},{"data":null}]}`)
	got, err = Results([][]byte{nil}, false)
	requireJSON(t, got, err, `{"atomic:results":[{}]}`)
	if _, err := Results([][]byte{[]byte("{")}, false); err == nil {
		t.Error("an answer that is none")
	}
}

// FuzzOperations: whatever comes is read or refused as a fault of the client, at a
// place that is in the request, and what is read stands on its own.
func FuzzOperations(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"atomic:operations":[]}`, `{"atomic:operations":[{"op":"add","data":{"type":"customers","lid":"a","attributes":{}}},{"op":"remove","ref":{"type":"customers","lid":"a"}}]}`,
		`{"atomic:operations":[{"op":"update","href":"/customers/1","data":[null]}]}`, `{"atomic:operations":[[]]}`, `{"atomic:operations":[{"op":"add","op":"remove"}]}`,
		`{"atomic:operations":[{"op":"update","ref":{"type":"c","id":"1","relationship":"r"},"data":null}],"data":1}`, `{"data":{"type":"addresses","id":"1"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := ParseLinkage(body, Expect{Type: "addresses"}); err != nil {
			requireClientFault(t, body, err)
		}
		operations, err := ParseOperations(body)
		if err != nil {
			requireClientFault(t, body, err)
			return
		}
		for _, operation := range operations {
			if operation.Body == nil {
				continue
			}
			if document, err := Parse(operation.Body, customers); err == nil {
				if err := document.Resolve(LocalIDs{{"addresses", "a"}: "1"}); err != nil {
					requireClientFault(t, operation.Body, err)
				}
			}
		}
	})
}
