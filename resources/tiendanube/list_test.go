package tiendanube_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// ids returns the ids of a list's customers.
func ids(a *apitest.Answer) string {
	list, _ := a.Has(http.StatusOK).JSON().([]any)
	all := make([]string, len(list))
	for i := range list {
		all[i] = number(a, fmt.Sprintf("%d.id", i))
	}
	return strings.Join(all, " ")
}

func TestAListIsNarrowedByEachParameter(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		load(t, s,
			`{"reference":"DE--1","firstName":"Ana","lastName":"Díaz","email":"ana@example.com","identification":"123.456.789-09","createdAt":"2013-01-01T10:00:00.999999Z"}`,
			`{"reference":"DE--2","firstName":"Zé","lastName":"Ninguém","email":"ze@example.com","createdAt":"2013-01-02T10:00:00Z"}`,
			`{"reference":"DE--5","firstName":"Eva","lastName":"Lange","email":"eva.lange@shop.example.com","createdAt":"2013-01-03T10:00:00Z"}`)
		for query, want := range map[string]string{
			"":                                    "1 2 5",
			"since_id=0":                          "1 2 5",
			"since_id=1":                          "2 5",
			"since_id=4":                          "5",
			"since_id=5":                          "",
			"created_at_min=2013-01-02T10:00:00Z": "2 5",
			"created_at_min=2013-01-02T10:00:01Z": "5",
			"created_at_max=2013-01-01T10:00:00Z": "1", // that second is not over before the next begins
			"created_at_max=2013-01-02T07:00:00-03:00":                              "1 2",
			"created_at_max=2013-01-02T12:00:00+02:00":                              "1 2", // the plus sign arrives as a space
			"created_at_max=2013-01-02T12:00:00%2B02:00":                            "1 2",
			"created_at_min=2013-01-02":                                             "2 5",
			"created_at_min=2013-01-02T10:00:00&created_at_max=2013-01-02T10:00:00": "2",
			"updated_at_min=2000-01-01":                                             "1 2 5",
			"updated_at_min=2999-01-01":                                             "",
			"updated_at_max=2000-01-01":                                             "",
			"updated_at_max=2999-01-01":                                             "1 2 5",
			"q=ninguem":                                                             "2",
			"q=" + url.QueryEscape("DÍAZ"):                                          "1",
			"q=shop.ex":                                                             "5",
			"q=789-09":                                                              "1",
			"q=nobody":                                                              "",
			"q=%00":                                                                 "",
			"per_page=2":                                                            "1 2",
			"per_page=2&page=2":                                                     "5",
			"per_page=2&page=3":                                                     "",
			"per_page=100000":                                                       "1 2 5",
			"page=9223372036854775807&per_page=200":                                 "",
			"page=&per_page=&since_id=&q=&created_at_min=":                          "1 2 5",
			"unknown=1":                                                             "1 2 5",
			"fields=id":                                                             "1 2 5",
		} {
			if got := ids(get(s, customers+"?"+query)); got != want {
				t.Errorf("%s: %q, not %q", query, got, want)
			}
		}
	})
}

func TestFieldsNarrowAListAndACustomer(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	sampled(t, s)
	get(s, customers+"?fields=id,%20name,password_hash").Is(http.StatusOK, `[{"id":101,"name":"John Doe"},{"id":112,"name":"Zé Ninguém"}]`)
	get(s, customers+"/101?fields=email,billing_city").Is(http.StatusOK, `{"email":"john.doe@example.com","billing_city":"Springfield"}`)
	get(s, customers+"/101?fields=nothing").Is(http.StatusOK, `{}`)
	get(s, customers+"/101?fields=").Is(http.StatusOK, shownJohn)
}

func TestAListSaysHowManyThereAreAndWhereTheOthersAre(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	var lines []string
	for i := range 7 {
		lines = append(lines, fmt.Sprintf(`{"reference":"DE--%d","email":"a%d@example.com"}`, i+1, i))
	}
	load(t, s, lines...)
	link := func(path, query, rel string) string {
		return fmt.Sprintf(`<%s%s?%s>; rel="%s"`, apitest.Base, path, query, rel)
	}
	for path, want := range map[string][]string{
		"/v1/123456/customers?per_page=2&page=2": {
			link("/v1/123456/customers", "page=3&per_page=2", "next"), link("/v1/123456/customers", "page=4&per_page=2", "last"),
			link("/v1/123456/customers", "page=1&per_page=2", "first"), link("/v1/123456/customers", "page=1&per_page=2", "prev")},
		"/v1/DE/customers?per_page=3&q=example&fields=id": {
			link("/v1/DE/customers", "fields=id&page=2&per_page=3&q=example", "next"), link("/v1/DE/customers", "fields=id&page=3&per_page=3&q=example", "last")},
		"/2025-03/DE/customers?per_page=4&page=2": {
			link("/2025-03/DE/customers", "page=1&per_page=4", "first"), link("/2025-03/DE/customers", "page=1&per_page=4", "prev")},
		"/v1/a%2Fb%3E/customers/?per_page=6": {
			link("/v1/a%2Fb%3E/customers", "page=2&per_page=6", "next"), link("/v1/a%2Fb%3E/customers", "page=2&per_page=6", "last")},
		"/v1/DE/customers?per_page=4&page=9": { // far behind the last
			link("/v1/DE/customers", "page=1&per_page=4", "first"), link("/v1/DE/customers", "page=2&per_page=4", "prev")},
		"/v1/DE/customers": nil,
	} {
		answer := get(s, path).Has(http.StatusOK)
		if got := answer.Header.Get("Link"); got != strings.Join(want, ", ") {
			t.Errorf("%s: %s", path, got)
		}
		if total := answer.Header.Get("X-Total-Count"); total != "7" {
			t.Errorf("%s: %s in all", path, total)
		}
	}
	empty := get(s, customers+"?q=nobody").Is(http.StatusOK, `[]`)
	if total, links := empty.Header.Get("X-Total-Count"), empty.Header.Get("Link"); total != "0" || links != "" {
		t.Errorf("of nobody: %s, %s", total, links)
	}
	head := ask(s, http.MethodHead, customers+"?per_page=2", apitest.AdminKey, "").Is(http.StatusOK, "")
	if head.Header.Get("X-Total-Count") != "7" || head.Header.Get("Link") == "" {
		t.Errorf("%v", head.Header)
	}
}

func TestPagesHaveThirtyCustomersOrTwoHundredAtMost(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	var lines []string
	for i := range 201 {
		lines = append(lines, fmt.Sprintf(`{"email":"a%d@example.com"}`, i))
	}
	load(t, s, lines...)
	for query, want := range map[string]int{"": 30, "?per_page=200": 200, "?per_page=500": 200, "?per_page=200&page=2": 1} {
		if list := get(s, customers+query).Has(http.StatusOK).JSON().([]any); len(list) != want {
			t.Errorf("%s: %d customers", query, len(list))
		}
	}
}

func TestAParameterThatCannotBeReadIsToldOf(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	for query, want := range map[string]string{
		"page=0":             `{"page":["is invalid"]}`,
		"page=one":           `{"page":["is invalid"]}`,
		"per_page=-1":        `{"per_page":["is invalid"]}`,
		"per_page=2.5":       `{"per_page":["is invalid"]}`,
		"since_id=-1":        `{"since_id":["is invalid"]}`,
		"created_at_min=x":   `{"created_at_min":["is invalid"]}`,
		"created_at_max=1":   `{"created_at_max":["is invalid"]}`,
		"updated_at_min=%20": `{"updated_at_min":["is invalid"]}`,
		"updated_at_max=2013-02-30&page=a&page=1": `{"updated_at_max":["is invalid"],"page":["is invalid"]}`,
	} {
		get(s, customers+"?"+query).Is(http.StatusUnprocessableEntity, want)
	}
}
