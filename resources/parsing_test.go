package resources_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/jsonapi/jsontest"
)

// longestParse tells a parser that hangs from one that is slow on a machine with
// much else to do: all of these bodies take milliseconds.
const longestParse = 20 * time.Second

// parsing is a service that is sent the table of JSON texts.
type parsing struct {
	*apitest.Service
	t    *testing.T
	sent int
}

func newParsing(t *testing.T) *parsing {
	return &parsing{Service: apitest.New(t, apitest.Settings{"RATE_LIMITS": "off"}), t: t}
}

// register sends a body, and demands an answer in time that admits no fault of the
// service's own.
func (p *parsing) register(name, body string) *apitest.Answer {
	p.t.Helper()
	start := time.Now()
	header := map[string]string{"Content-Type": jsonapi.MediaType} // with an empty body, too
	answer := p.Do(apitest.Request{Method: http.MethodPost, Path: "/customers", Body: body, Header: header})
	p.requireSound(name, answer.Status, answer.Body, time.Since(start))
	return answer
}

func (p *parsing) requireSound(name string, status int, body string, took time.Duration) {
	p.t.Helper()
	if took > longestParse {
		p.t.Errorf("%s takes %v", name, took)
	}
	if status >= http.StatusInternalServerError {
		p.t.Errorf("%s: %d: %s", name, status, body)
	}
}

// exchange is one request whose answer is looked at as text: apitest reads all
// numbers of an answer as doubles, and some here are beyond them.
func (p *parsing) exchange(name, method, path, token, body string) (status int, answer string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.URL+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", jsonapi.MediaType)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	start := time.Now()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	p.requireSound(name, response.StatusCode, string(read), time.Since(start))
	return response.StatusCode, string(read)
}

// around is a registration of somebody new, up to the value of an attribute, which
// comes last: what is not closed is not closed by something that follows.
func (p *parsing) around(attribute string) string {
	p.sent++
	return fmt.Sprintf(`{"data":{"type":"customers","attributes":{"salutation":"Mr","lastName":"Doe","email":"case%d@example.com",`+
		`"password":%[2]q,"confirmPassword":%[2]q,"acceptedTerms":true,%s:`, p.sent, apitest.Password, attribute)
}

// customers are all there are, as an API key sees them.
func (p *parsing) customers() string {
	p.t.Helper()
	return p.Get("/customers", apitest.AdminKey).Has(http.StatusOK).Body
}

func TestBodiesThatCannotBeReadAreRefusedAndLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	p := newParsing(t)
	p.Register("first@example.com")
	before := p.customers()
	for _, c := range jsontest.Cases() {
		bodies := map[string]string{"alone": c.Text}
		if c.Outcome == jsontest.Refused || c.Outcome == jsontest.Unreadable {
			bodies["within metadata"] = c.Body(p.around(`"firstName":"John","metadata":{"x"`), "}}}}")
			bodies["as a name"] = c.Body(p.around(`"firstName"`), "}}}")
		}
		for place, body := range bodies {
			name := c.Group + ", " + c.Name + ", " + place
			requireUnread(t, name, body, p.register(name, body))
		}
	}
	if after := p.customers(); after != before {
		t.Fatalf("there are other customers than before:\n%s", after)
	}
}

// requireUnread demands the one answer there is to a document that is refused, and
// the other one to a body that is too large to be looked at.
func requireUnread(t *testing.T, name, body string, answer *apitest.Answer) {
	t.Helper()
	status, key := http.StatusBadRequest, "invalid_document"
	if len(body) > jsonapi.MaxBody {
		status, key = http.StatusRequestEntityTooLarge, "payload_too_large"
	}
	if answer.Status != status || answer.Text("errors.0.meta.key") != key {
		t.Errorf("%s: %d, not %d %s: %s", name, answer.Status, status, key, answer.Body)
	}
}

func TestBodiesThatAreJSONAreAnsweredWithWhatTheySay(t *testing.T) {
	t.Parallel()
	p := newParsing(t)
	for _, c := range jsontest.Cases() {
		name := c.Group + ", " + c.Name
		before := p.around(`"firstName":"John","metadata":{"x"`)
		switch c.Outcome {
		case jsontest.Read:
			body := c.Body(before, "}}}}")
			status, answer := p.exchange(name, http.MethodPost, "/customers", "", body)
			if status != http.StatusCreated {
				t.Errorf("%s: %d: %s", name, status, answer)
				continue
			}
			id := requireMetadata(t, name, body, answer)
			_, answer = p.exchange(name, http.MethodGet, "/customers/"+id, apitest.AdminKey, "")
			requireMetadata(t, name, body, answer)
		case jsontest.NotKept:
			p.register(name, c.Body(before, "}}}}")).Fails(http.StatusUnprocessableEntity, `901 characters_invalid "/data/attributes/metadata"`)
		}
	}
}

// requireMetadata demands that an answer has the metadata that was sent, and
// returns its id.
func requireMetadata(t *testing.T, name, sent, answer string) string {
	t.Helper()
	_, want := resource(t, sent)
	if want["x"] == nil {
		delete(want, "x") // null deletes a key
	}
	id, got := resource(t, answer)
	if !reflect.DeepEqual(want, got) { // cmp alone would take seconds for the long arrays
		t.Errorf("%s is something else now (- sent, + answered):\n%s", name, cmp.Diff(want, got))
	}
	return id
}

// resource is what a document says of its id and metadata, numbers digit for digit:
// some are beyond what a double holds.
func resource(t *testing.T, document string) (id string, metadata map[string]any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	var read struct {
		Data struct {
			ID         string
			Attributes struct{ Metadata map[string]any }
		}
	}
	if err := decoder.Decode(&read); err != nil {
		t.Fatal(err)
	}
	return read.Data.ID, read.Data.Attributes.Metadata
}

func TestValuesOfAnyKindInAnAttributeForTextAreAnsweredWithItsFaults(t *testing.T) {
	t.Parallel()
	p := newParsing(t)
	for _, c := range jsontest.Cases() {
		if c.Outcome != jsontest.Read && c.Outcome != jsontest.NotKept || c.Frames() {
			continue
		}
		name := c.Group + ", " + c.Name
		answer := p.register(name, c.Body(p.around(`"firstName"`), "}}}"))
		isText := strings.HasPrefix(strings.TrimLeft(c.Text, " \t\r\n"), `"`)
		switch {
		case answer.Status == http.StatusCreated && !isText:
			t.Errorf("%s: has become a name: %s", name, answer.Body)
		case answer.Status == http.StatusUnprocessableEntity:
			if pointer := answer.Text("errors.0.source.pointer"); pointer != "/data/attributes/firstName" {
				t.Errorf("%s: at %q: %s", name, pointer, answer.Body)
			}
		case answer.Status != http.StatusCreated:
			t.Errorf("%s: %d: %s", name, answer.Status, answer.Body)
		}
	}
}
