package digitalriver_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// page sums a page up: the ids of its customers, and + when there are more.
func page(t *testing.T, a *apitest.Answer) string {
	t.Helper()
	list, _ := a.Has(http.StatusOK).At("data").([]any)
	all := make([]string, len(list))
	for i := range list {
		all[i] = a.Text(fmt.Sprintf("data.%d.id", i))
	}
	if a.At("hasMore") == true {
		all = append(all, "+")
	}
	return strings.Join(all, " ")
}

func TestAListIsNarrowedAndPagedByEachParameter(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		load(t, s,
			`{"reference":"a","email":"a@example.com","createdAt":"2021-03-01T10:00:00.613694Z"}`,
			`{"reference":"b","email":"both@example.com","createdAt":"2021-03-02T10:00:00Z"}`,
			`{"reference":"c","email":"both@example.com","createdAt":"2021-03-03T10:00:00Z","requestToBeForgotten":true}`,
			`{"reference":"d","createdAt":"2021-03-04T10:00:00Z"}`,
			`{"reference":"e","createdAt":"2021-03-05T10:00:00Z"}`)
		for query, want := range map[string]string{
			"":                                       "e d c b a",
			"limit=2":                                "e d +",
			"limit=5":                                "e d c b a",
			"startingAfter=e":                        "d c b a",
			"startingAfter=e&limit=2":                "d c +",
			"startingAfter=c&limit=2":                "b a",
			"startingAfter=a":                        "",
			"endingBefore=a&limit=2":                 "c b +",
			"endingBefore=c&limit=2":                 "e d",
			"endingBefore=d&limit=2":                 "e",
			"endingBefore=e":                         "",
			"email=BOTH@example.com":                 "c b",
			"email=nobody@example.com":               "",
			"email=no+address":                       "",
			"email=":                                 "e d c b a",
			"email=both@example.com&startingAfter=c": "b",
			"ids=a&ids=c":                            "c a",
			"ids[]=a&ids[]=e":                        "e a",
			"ids=a,d,,":                              "d a",
			"ids=a&ids[]=b&ids=c,x":                  "c b a",
			"ids=x":                                  "",
			"ids=":                                   "e d c b a",
			"requestToBeForgotten=true":              "c",
			"requestToBeForgotten=false":             "e d b a",
			"createdTime=2021-03-01T10:00:00.613Z":   "a", // as it is shown
			"createdTime=2021-03-01T10:00:00.612Z":   "",
			"createdTime[eq]=2021-03-02T11:00:00%2B01:00":                                       "b",
			"createdTime[gt]=2021-03-01T10:00:00.613Z":                                          "e d c b",
			"createdTime[gte]=2021-03-01T10:00:00.613Z":                                         "e d c b a",
			"createdTime[lt]=2021-03-01T10:00:00.613Z":                                          "",
			"createdTime[lte]=2021-03-01T10:00:00.613Z":                                         "a",
			"createdTime[gt]=2021-03-01&createdTime[gte]=2021-03-03&createdTime[lt]=2021-03-05": "d c",
			"createdTime[lte]=2021-03-04&createdTime[lt]=2021-03-03":                            "b a",
			"createdTime%5Bgt%5D=2021-03-04":                                                    "e d",
			"updatedTime[gt]=2999-01-01":                                                        "",
			"updatedTime[lt]=2999-01-01":                                                        "e d c b a",
			"updatedTime=2021-03-02T10:00:00Z":                                                  "",
			"unknown=1&createdTime[near]=x":                                                     "e d c b a",
		} {
			if got := page(t, get(s, customers+"?"+query)); got != want {
				t.Errorf("%s: %q, not %q", query, got, want)
			}
		}
	})
}

func TestPagesHaveTenCustomersOrAHundredAtMost(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	var lines []string
	for i := range 101 {
		lines = append(lines, fmt.Sprintf(`{"reference":"r%d"}`, i))
	}
	load(t, s, lines...)
	for query, want := range map[string]int{"": 10, "?limit=100": 100, "?limit=1": 1} {
		answer := get(s, customers+query).Has(http.StatusOK)
		if list := answer.At("data").([]any); len(list) != want || answer.At("hasMore") != true {
			t.Errorf("%s: %d customers", query, len(list))
		}
	}
	// Every customer is on one of the pages, in the one direction and in the other.
	var down []string
	for after := ""; ; {
		answer := get(s, customers+"?limit=7"+after)
		down = append(down, strings.Fields(strings.TrimSuffix(page(t, answer), "+"))...)
		if answer.At("hasMore") != true {
			break
		}
		after = "&startingAfter=" + down[len(down)-1]
	}
	var up []string
	for before := "r0"; ; {
		answer := get(s, customers+"?limit=7&endingBefore="+before)
		up = append(strings.Fields(strings.TrimSuffix(page(t, answer), "+")), up...)
		if answer.At("hasMore") != true {
			break
		}
		before = up[0]
	}
	if len(down) != 101 || strings.Join(down[:100], " ") != strings.Join(up, " ") {
		t.Errorf("%d down and %d up", len(down), len(up))
	}
}

func TestAParameterThatIsNotValidIsToldOf(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	load(t, s, `{"reference":"a"}`, `{"reference":"b"}`)
	get(s, customers+"?limit=500").Is(http.StatusBadRequest, `{"type":"bad_request","errors":[{"code":"invalid_parameter","parameter":"limit","message":"'500' is not a valid limit."}]}`)
	for query, parameters := range map[string][]string{
		"limit=0": {"limit"}, "limit=-1": {"limit"}, "limit=101": {"limit"}, "limit=ten": {"limit"}, "limit=": {"limit"}, "limit=5.0": {"limit"},
		"startingAfter=x": {"startingAfter"}, "endingBefore=x": {"endingBefore"}, "startingAfter=": {"startingAfter"}, "startingAfter=a&endingBefore=b": {"endingBefore"},
		"requestToBeForgotten=yes": {"requestToBeForgotten"}, "requestToBeForgotten=": {"requestToBeForgotten"},
		"createdTime=x": {"createdTime"}, "createdTime[gt]=x&updatedTime[lte]=": {"createdTime[gt]", "updatedTime[lte]"},
		"limit=x&requestToBeForgotten=1&createdTime=2021-02-30&startingAfter=nobody": {"limit", "requestToBeForgotten", "createdTime", "startingAfter"},
	} {
		var lines []string
		for _, name := range parameters {
			lines = append(lines, "invalid_parameter "+name)
		}
		fails(t, get(s, customers+"?"+query), http.StatusBadRequest, "bad_request", lines...)
	}
	fails(t, get(s, customers+"?limit=%zz"), http.StatusBadRequest, "bad_request", "invalid_parameter -")
}

func TestAListHasTheStoresOwnCustomers(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	s.Post("/stores", apitest.AdminKey, apitest.WithID("AT", apitest.Document("stores", map[string]any{}))).Has(http.StatusCreated)
	key := newKey(t, s, "write_customers")
	abroad := func(method, path, key, body string) *apitest.Answer {
		return s.Do(apitest.Request{Method: method, Path: path, Body: body, Header: map[string]string{"Authorization": "Bearer " + key, "Store": "AT"}})
	}
	abroad(http.MethodPost, customers, apitest.AdminKey, `{"id":"wien"}`).Has(http.StatusCreated)
	if got := page(t, abroad(http.MethodGet, customers, apitest.AdminKey, "")); got != "wien" {
		t.Error(got)
	}
	if got := page(t, ask(s, http.MethodGet, customers, key, "")); got != "" {
		t.Error(got)
	}
	fails(t, ask(s, http.MethodGet, customers+"?startingAfter=wien", key, ""), http.StatusBadRequest, "bad_request", "invalid_parameter startingAfter")
	ask(s, http.MethodGet, customers+"/wien", key, "").Has(http.StatusNotFound)
	fails(t, abroad(http.MethodGet, customers, key, ""), http.StatusBadRequest, "bad_request", "invalid_parameter -")
}
