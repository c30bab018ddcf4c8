package resources_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// eventually waits for what happens in the background.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("it never came to pass that %s", what)
		}
	}
}

// A letter that could not be sent is seen, without whose it is, is tried again when
// an operator says so, or is given up; one that was sent is left alone.
func TestOperatorsTryAJobAgainOrGiveItUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, url string) {
		p := &apitest.Postman{}
		s := apitest.Start(t, apitest.Options{Database: url, Sender: p})
		key := func(scope string) string {
			key, err := s.App.Accounts().CreateAPIKey(t.Context(), scope, []string{scope})
			if err != nil {
				t.Fatal(err)
			}
			return key
		}
		reads, writes := key("read_jobs"), key("write_jobs")
		change := func(id, state string) *apitest.Answer {
			return s.Patch("/jobs/"+id, writes, strings.Replace(apitest.Document("jobs", map[string]any{"state": state}), `"attributes"`, `"id":"`+id+`","attributes"`, 1))
		}
		jobs := func(filter string) []any {
			return s.Get("/jobs?filter[kind]=letter_confirm&filter[state]="+filter, reads).Has(http.StatusOK).At("data").([]any)
		}
		s.Post("/customers", "", apitest.Registration("planted-ada@example.com")).Has(http.StatusCreated)
		s.Post("/customers", "", apitest.Registration("planted-bob@example.com")).Has(http.StatusCreated)
		eventually(t, "both letters have failed", func() bool { return len(jobs("retryable")) == 2 })
		failed := s.Get("/jobs?filter[state]=retryable", reads)
		if text := failed.Body; strings.Contains(text, "planted") || failed.Text("data.0.attributes.lastError") != "the mail server is down" {
			t.Errorf("%s", text)
		}
		first, second := failed.Text("data.0.id"), failed.Text("data.1.id")

		s.Patch("/jobs/"+first, reads, apitest.Document("jobs", map[string]any{"state": "available"})).Has(http.StatusForbidden)
		change(first, "cancelled").Has(http.StatusOK)
		if dead := jobs("dead"); len(dead) != 1 {
			t.Errorf("%d are dead", len(dead))
		}
		p.Works()
		change(second, "available").Has(http.StatusOK)
		eventually(t, "the second letter was sent", func() bool { return s.Get("/jobs/"+second, reads).Text("data.attributes.state") == "completed" })
		change(second, "available").Fails(http.StatusConflict, `4420 job_unchangeable -`)
		change(first, "available").Has(http.StatusOK)
		eventually(t, "the first letter was sent", func() bool { return p.Delivered() == 2 })

		for _, unknown := range []string{"0", "none", "9223372036854775807"} {
			s.Get("/jobs/"+unknown, reads).Has(http.StatusNotFound)
			change(unknown, "available").Has(http.StatusNotFound)
		}
		change(first, "completed").Has(http.StatusUnprocessableEntity)
		s.Get("/jobs?filter[state]=none", reads).Has(http.StatusBadRequest)
	})
}

// Jobs are listed the newest first, in pages that fit together both ways.
func TestJobsArePaged(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		for i := range 5 {
			s.Register(fmt.Sprintf("ada%d@example.com", i))
		}
		ids := func(query string) (all []string) {
			for _, item := range s.Get("/jobs?filter[kind]=letter_confirm&page[size]=2&"+query, apitest.AdminKey).Has(http.StatusOK).At("data").([]any) {
				all = append(all, item.(map[string]any)["id"].(string))
			}
			return all
		}
		cursorAfter := func(query string) string {
			return s.Get("/jobs?filter[kind]=letter_confirm&page[size]=2&"+query, apitest.AdminKey).Text("data.1.meta.page.cursor")
		}
		first := ids("")
		after := cursorAfter("")
		second := ids("page[after]=" + after)
		back := ids("page[before]=" + s.Get("/jobs?filter[kind]=letter_confirm&page[size]=2&page[after]="+after, apitest.AdminKey).Text("data.0.meta.page.cursor"))
		if len(first) != 2 || len(second) != 2 || first[1] <= second[0] || fmt.Sprint(back) != fmt.Sprint(first) {
			t.Errorf("%v, then %v, and back %v", first, second, back)
		}
	})
}
