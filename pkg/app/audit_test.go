package app_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// The hourly job deletes what is older than the shop wants to keep. Of what age the
// database lets it delete, that judges by its own clock: so there are old events.
func TestAuditEventsAreKeptForAsLongAsTheShopWants(t *testing.T) {
	const kept = 60 * 24 * time.Hour
	apitest.Each(t, apitest.Settings{"AUDIT_RETENTION": "1440h"}, func(t *testing.T, s *apitest.Service) {
		accounts, now := s.App.Accounts(), s.Clock.Now()
		for name, age := range map[string]time.Duration{"old": kept + time.Minute, "due": kept - time.Minute, "young": time.Hour} {
			err := accounts.Store.Write(t.Context(), func(tx *store.Tx) error {
				return tx.AddAuditEvent(&model.AuditEvent{ID: uuid.NewString(), Store: "DE", Event: name, Outcome: "success", ActorType: "visitor", CreatedAt: now.Add(-age)})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		has := func(names ...string) {
			t.Helper()
			for _, name := range []string{"old", "due", "young"} {
				if there := s.Get("/audit-events?filter[event]="+name, apitest.AdminKey).At("data.0") != nil; there != slices.Contains(names, name) {
					t.Errorf("%s: %v", name, there)
				}
			}
		}
		tidy(t, s, 1)
		has("due", "young")
		s.Clock.Forward(2 * time.Minute)
		tidy(t, s, 1)
		has("young")
	})
}
