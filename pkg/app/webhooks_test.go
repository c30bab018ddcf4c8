package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// A process that dies while it sends leaves a lease. Nobody sends while it lasts, and
// then another one takes over, though the job is gone.
func TestWhatADeadProcessWasSendingIsSent(t *testing.T) {
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		var told atomic.Int32
		receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told.Add(1) }))
		t.Cleanup(receiver.Close)
		id := s.Post("/webhook-endpoints", apitest.AdminKey, apitest.Document("webhook-endpoints", map[string]any{"url": receiver.URL, "eventTypes": []string{"customer.created"}})).Has(http.StatusCreated).Text("data.id")
		err := s.App.Accounts().Store.Write(t.Context(), func(tx *store.Tx) error {
			leased, err := tx.LeaseWebhookEndpoint(id, tx.Now.Add(50*time.Second))
			if !leased {
				t.Error("somebody else has the lease")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Post("/customers", "", apitest.Registration("ada@example.com")).Has(http.StatusCreated)
		s.Later(30 * time.Second)
		waitForDeliveries(t, s)
		if told := told.Load(); told != 0 {
			t.Errorf("%d attempts while somebody else has the lease", told)
		}
		s.Later(30 * time.Second)
		for until := time.Now().Add(20 * time.Second); told.Load() == 0 && time.Now().Before(until); {
			time.Sleep(5 * time.Millisecond)
		}
		waitForDeliveries(t, s)
		if told := told.Load(); told != 1 {
			t.Errorf("it was told %d times", told)
		}
	})
}

// What is committed after the last look of whoever sends, and before they have given the
// lease back, is seen by them: the job that was asked for it has come and gone.
func TestWhoSendsLooksOnceMoreWithoutTheLease(t *testing.T) {
	s := apitest.Start(t, apitest.Options{Database: storetest.Postgres(t)})
	told, goOn := make(chan bool, 9), make(chan bool, 9)
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told <- true; <-goOn }))
	t.Cleanup(receiver.Close)
	id := s.Post("/webhook-endpoints", apitest.AdminKey, apitest.Document("webhook-endpoints", map[string]any{"url": receiver.URL, "eventTypes": []string{"customer.created"}})).Has(http.StatusCreated).Text("data.id")
	s.Post("/customers", "", apitest.Registration("ada@example.com")).Has(http.StatusCreated)
	<-told
	askedFor := func() string {
		return fmt.Sprint(s.Rows("SELECT count(*) FROM river_job WHERE kind = 'webhook_deliver'"))
	}
	before := askedFor()
	err := s.App.Accounts().Store.Write(t.Context(), func(tx *store.Tx) error {
		endpoint, err := tx.LockWebhookEndpoint("DE", id)
		if err != nil {
			return err
		}
		goOn <- true
		for len(s.Rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%leased_until = NULL%'")) == 0 {
			time.Sleep(time.Millisecond)
		}
		made, err := tx.RepeatWebhookDeliveries(endpoint, nil, 0, 100, tx.Now.Add(-time.Hour), tx.Now)
		if made == 0 {
			t.Error("nothing is to be sent again")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-told:
	case <-time.After(20 * time.Second):
		t.Error("it was never sent")
	}
	goOn <- true
	if after := askedFor(); after != before {
		t.Errorf("it was sent by another job: %s, not %s", after, before)
	}
}

// waitForDeliveries returns when all deliveries that were asked for have been tried,
// or were found to be somebody else's.
func waitForDeliveries(t *testing.T, s *apitest.Service) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		waiting := s.Rows("SELECT id FROM river_job WHERE kind = 'webhook_deliver' AND state IN ('available', 'running')")
		if len(waiting) == 0 {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("%d jobs wait", len(waiting))
		}
	}
}
