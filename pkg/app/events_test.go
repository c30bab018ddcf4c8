package app_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// Events go when they are old, read or not, and positions go on after them.
func TestOldEventsGoAndTheFeedGoesOn(t *testing.T) {
	apitest.Each(t, apitest.Settings{"EVENT_RETENTION": "48h"}, func(t *testing.T, s *apitest.Service) {
		feed := func(after string) *apitest.Answer {
			return s.Get("/events?page[size]=1&page[after]="+after, apitest.AdminKey).Has(http.StatusOK)
		}
		s.Register("ada@example.com")
		first := feed("").Text("data.0.meta.page.cursor")
		s.Clock.Forward(47 * time.Hour)
		tidy(t, s, 1)
		if left := s.Rows("SELECT id FROM events"); len(left) == 0 {
			t.Error("events went too early")
		}
		s.Clock.Forward(2 * time.Hour)
		tidy(t, s, 1)
		if left := s.Rows("SELECT id FROM events"); len(left) != 0 {
			t.Errorf("%v are left", left)
		}
		s.Register("bob@example.com")
		if next := feed(first); next.Text("data.0.attributes.customer") != "DE--2" {
			t.Errorf("%s", next.Body)
		}
	})
}
