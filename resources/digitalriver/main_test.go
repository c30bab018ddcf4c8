package digitalriver_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/resources/digitalriver"
)

func TestMain(m *testing.M) { apitest.Main(m, "digital-river") }

var served = apitest.Settings{"DIALECTS": "digital-river"}

const customers = "/digital-river/customers"

func ask(s *apitest.Service, method, path, key, body string) *apitest.Answer {
	return s.Do(apitest.Request{Method: method, Path: path, Token: key, Body: body})
}

func get(s *apitest.Service, path string) *apitest.Answer {
	return ask(s, http.MethodGet, path, apitest.AdminKey, "")
}

func post(s *apitest.Service, path, body string) *apitest.Answer {
	return ask(s, http.MethodPost, path, apitest.AdminKey, body)
}

func remove(s *apitest.Service, path string) *apitest.Answer {
	return ask(s, http.MethodDelete, path, apitest.AdminKey, "")
}

// newKey makes an API key.
func newKey(t *testing.T, s *apitest.Service, scopes ...string) string {
	t.Helper()
	key, err := s.App.Accounts().CreateAPIKey(t.Context(), "test", scopes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// load has customers be there as they were elsewhere.
func load(t *testing.T, s *apitest.Service, lines ...string) {
	t.Helper()
	report, err := s.App.Accounts().Import(t.Context(), strings.NewReader(strings.Join(lines, "\n")), account.ImportOptions{Bad: func(line int, err error) { t.Errorf("line %d: %v", line, err) }})
	if err != nil || report.Imported != len(lines) {
		t.Fatalf("%+v: %v", report, err)
	}
}

// expect demands some members of an answer.
func expect(t *testing.T, a *apitest.Answer, want map[string]any) {
	t.Helper()
	for path, value := range want {
		if got := a.At(path); got != value {
			t.Errorf("%s: %v, not %v", path, got, value)
		}
	}
}

// fails demands an error document with these lines, in any order: each a code and a
// parameter, with - for none.
func fails(t *testing.T, a *apitest.Answer, status int, kind string, lines ...string) {
	t.Helper()
	a.Has(status)
	found := map[string]bool{}
	list, _ := a.At("errors").([]any)
	for i := range list {
		parameter := "-"
		if name, given := a.At(fmt.Sprintf("errors.%d.parameter", i)).(string); given {
			parameter = name
		}
		found[a.Text(fmt.Sprintf("errors.%d.code", i))+" "+parameter] = true
	}
	missed := len(found) != len(lines)
	for _, line := range lines {
		missed = missed || !found[line]
	}
	if missed || a.Text("type") != kind {
		t.Errorf("not %s with %q: %s", kind, lines, a.Body)
	}
}

func TestTheDescriptionIsValid(t *testing.T) {
	t.Parallel()
	if err := apitest.ValidateOpenAPI(bytes.ReplaceAll(digitalriver.Description(), []byte("{base}"), []byte(apitest.Base))); err != nil {
		t.Error(err)
	}
}
