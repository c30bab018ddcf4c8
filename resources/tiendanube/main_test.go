package tiendanube_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/resources/tiendanube"
)

func TestMain(m *testing.M) { apitest.Main(m, "tiendanube") }

var served = apitest.Settings{"DIALECTS": "tiendanube"}

const customers = "/v1/DE/customers"

// ask sends a request as clients of the original do.
func ask(s *apitest.Service, method, path, key, body string) *apitest.Answer {
	header := map[string]string{}
	if key != "" {
		header["Authentication"] = "bearer " + key
	}
	if body != "" {
		header["Content-Type"] = "application/json; charset=utf-8"
	}
	return s.Do(apitest.Request{Method: method, Path: path, Body: body, Header: header})
}

func get(s *apitest.Service, path string) *apitest.Answer {
	return ask(s, http.MethodGet, path, apitest.AdminKey, "")
}

func create(s *apitest.Service, body string) *apitest.Answer {
	return ask(s, http.MethodPost, customers, apitest.AdminKey, body)
}

func change(s *apitest.Service, id, body string) *apitest.Answer {
	return ask(s, http.MethodPut, customers+"/"+id, apitest.AdminKey, body)
}

// number returns a number of an answer as it stands in paths.
func number(a *apitest.Answer, path string) string {
	value, _ := a.At(path).(float64)
	return strconv.FormatFloat(value, 'f', -1, 64)
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

// load has customers be there as they were in another shop.
func load(t *testing.T, s *apitest.Service, lines ...string) {
	t.Helper()
	report, err := s.App.Accounts().Import(t.Context(), strings.NewReader(strings.Join(lines, "\n")), account.ImportOptions{Bad: func(line int, err error) { t.Errorf("line %d: %v", line, err) }})
	if err != nil || report.Imported != len(lines) {
		t.Fatalf("%+v: %v", report, err)
	}
}

func TestTheDescriptionIsValid(t *testing.T) {
	t.Parallel()
	if err := apitest.ValidateOpenAPI(bytes.ReplaceAll(tiendanube.Description(), []byte("{base}"), []byte(apitest.Base))); err != nil {
		t.Error(err)
	}
}
