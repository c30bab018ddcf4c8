package resources_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/resources"
)

func TestMain(m *testing.M) { apitest.Main(m, "") }

// configurations are those in which the description differs.
func configurations(t *testing.T) map[string]apitest.Settings {
	return map[string]apitest.Settings{
		"defaults":      nil,
		"glue.env":      apitest.Preset(t, "glue"),
		"glue":          {"WIRE": "glue"},
		"confirmation":  {"REGISTRATION": "confirm", "REQUIRED_ATTRIBUTES": "gender,phone"},
		"no letters":    {"MAIL_URL": "smtp://mail.example:25"},
		"strict shop":   {"PASSWORD_CLASSES": "on", "PASSWORD_DENYLIST": "off", "RATE_LIMITS": "off", "SALUTATIONS": "Mx", "GENDERS": "None,Other"},
		"another store": {"STORE": "AT", "PASSWORD_MIN_LENGTH": "12", "PASSWORD_MAX_LENGTH": "64"},
	}
}

func TestTheDescriptionIsAValidOneInEveryConfiguration(t *testing.T) {
	t.Parallel()
	for name, settings := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			s := apitest.New(t, settings)
			text := s.Get("/openapi.json", "").Has(http.StatusOK).Body
			if err := apitest.ValidateOpenAPI([]byte(text)); err != nil {
				t.Error(err)
			}
			if strings.Contains(text, "{genders}") || strings.Contains(text, "{password_min}") {
				t.Error("a tag was not filled in")
			}
		})
	}
}

func TestAnInvalidDescriptionIsSeen(t *testing.T) {
	t.Parallel()
	text := apitest.New(t, nil).Get("/openapi.json", "").Body
	for _, c := range []struct{ name, from, to string }{
		{"a reference to nothing", `"#/components/schemas/Customer"`, `"#/components/schemas/Consumer"`},
		{"a type that there is not", `"type": "boolean"`, `"type": "flag"`},
		{"two operations of one name", `"operationId": "logIn"`, `"operationId": "showCustomer"`},
		{"an example that does not fit", `"status": "422"`, `"status": "teapot"`},
		{"a path's name that no parameter has", `"name": "reference"`, `"name": "ref"`},
	} {
		if !strings.Contains(text, c.from) || apitest.ValidateOpenAPI([]byte(strings.ReplaceAll(text, c.from, c.to))) == nil {
			t.Errorf("%s was not seen", c.name)
		}
	}
}

func TestTheDescriptionIsThatOfTheWireInForce(t *testing.T) {
	t.Parallel()
	for wire, status := range map[string]string{"jsonapi": "string", "glue": "integer"} {
		s := apitest.New(t, apitest.Settings{"WIRE": wire})
		first, again := s.Get("/openapi.json", "").Has(http.StatusOK), s.Get("/openapi.json", "")
		if first.Body != again.Body || first.Header.Get("ETag") != again.Header.Get("ETag") {
			t.Error("it changes from one request to the next")
		}
		if kind := first.At("components.schemas.Error.properties.status.type"); kind != status {
			t.Errorf("%s: errors[].status is a %v", wire, kind)
		}
		if text := first.Text("info.description"); !strings.Contains(text, "that of `"+wire+"`") || !strings.Contains(text, resources.WiresPage()) {
			t.Errorf("%s is not described: %s", wire, text)
		}
		if first.Text("servers.0.url") != apitest.Base {
			t.Errorf("the server is %v", first.At("servers"))
		}
	}
}

func TestTheReadmeHasTheTableOfWires(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "<!-- wires -->\n"+resources.WiresPage()+"<!-- /wires -->") {
		t.Error("the table of wires in README.md is not what the code says: run `make readme`")
	}
}

// What people are told is said: each operation has a name, a short line, and a group.
func TestEveryOperationIsToldOf(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, op := range operations(t, apitest.New(t, nil)) {
		if seen[op.ID] || op.ID == "" || len(op.Tags) != 1 || op.Summary == "" || len(op.Summary) > 80 || strings.HasSuffix(op.Summary, ".") {
			t.Errorf("%s: %q %q %v", op.name(), op.ID, op.Summary, op.Tags)
		}
		seen[op.ID] = true
		for _, parameter := range op.Parameters {
			if parameter.Name != "" && len(parameter.Description) < 5 {
				t.Errorf("%s: nothing is said of %s", op.name(), parameter.Name)
			}
		}
	}
}

// All attributes that can be written are answered.
func TestWhatIsWrittenIsAnswered(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("whole@example.com")
	profile := map[string]any{
		"salutation": "Dr", "firstName": "Jane", "lastName": "Roe", "gender": "Female", "dateOfBirth": "1990-01-31", "phone": "4711", "locale": "de-DE", "identification": "L01X00T47",
		"identificationType": "passport", "customerType": "business", "metadata": map[string]any{"a": 1.0}, "extra": map[string]any{"b": "c"}, "note": "regular", "enabled": true, "requestToBeForgotten": true,
	}
	address := map[string]any{
		"salutation": "Ms", "firstName": "Jane", "lastName": "Roe", "address1": "a", "address2": "b", "address3": "c", "zipCode": "10115", "city": "Berlin", "iso2Code": "DE", "company": "d", "phone": "4711",
		"isDefaultShipping": true, "isDefaultBilling": true, "houseNumber": "1", "floor": "2", "locality": "Mitte", "province": "BE", "metadata": map[string]any{"a": 1.0},
	}
	for _, written := range []struct {
		answer     *apitest.Answer
		attributes map[string]any
	}{
		{s.Patch("/customers/"+customer.Reference, apitest.AdminKey, apitest.Document("customers", profile)).Has(http.StatusOK), profile},
		{s.Post("/customers/me/addresses", customer.Token, apitest.Document("addresses", address)).Has(http.StatusCreated), address},
	} {
		for name, value := range written.attributes {
			if answered := written.answer.At("data.attributes." + name); !cmp.Equal(answered, value) {
				t.Errorf("%s was written as %v and answered as %v", name, value, answered)
			}
		}
	}
}

func TestTheFilesOfThePagesHaveTheirMediaTypes(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	for file, contentType := range map[string]string{"icon.svg": "image/svg+xml", "start.js": "text/javascript; charset=utf-8", "style.css": "text/css; charset=utf-8", "swagger-ui-LICENSE": "text/plain; charset=utf-8"} {
		if answered := s.Get("/docs/"+file, "").Has(http.StatusOK).Header.Get("Content-Type"); answered != contentType {
			t.Errorf("%s is %s", file, answered)
		}
	}
}

// While a password is hashed, which takes its time, another request may have changed
// it: then it stays as that request has left it.
func TestAPasswordThatWasChangedMeanwhileStays(t *testing.T) {
	t.Parallel()
	hasher := apitest.Cheap()
	hasher.Memory, hasher.Time, hasher.Slots = 19456, 8, 1
	s := apitest.Start(t, apitest.Options{Hasher: hasher})
	for i, path := range []string{"/customer-password", "/customer-password/me"} {
		customer := s.Register(fmt.Sprintf("meanwhile%d@example.com", i))
		before, answered := hasher.Computed(), make(chan *apitest.Answer)
		go func() { answered <- s.Patch(path, customer.Token, passwordChange(customer.Password, anotherPassword)) }()
		for hasher.Computed() == before {
			time.Sleep(time.Millisecond) // until the present password is being compared
		}
		if _, err := s.App.Accounts().Store.SQL().Exec("UPDATE customers SET credential_version = credential_version + 1"); err != nil {
			t.Fatal(err)
		}
		(<-answered).Fails(http.StatusBadRequest, "407 password_change_failed -")
		s.Login(customer.Email, customer.Password)
	}
}
