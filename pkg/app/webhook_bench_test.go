package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// How many endpoints there are beside the one that hangs, and how often something
// happens.
const (
	benchEndpoints = 9
	benchEvents    = 100
	benchEvery     = 100 * time.Millisecond
)

// arrivals collects how long after a request an endpoint knew of what it did.
type arrivals struct {
	mu     sync.Mutex
	asked  map[string]time.Time // by the customer
	delays []float64            // milliseconds
	all    chan struct{}        // closed when everybody knows of everything
}

func (a *arrivals) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	at := time.Now()
	var event struct {
		Data struct{ Customer struct{ Email string } }
	}
	if json.NewDecoder(r.Body).Decode(&event) != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	asked, ours := a.asked[event.Data.Customer.Email]
	if !ours {
		return
	}
	a.delays = append(a.delays, float64(at.Sub(asked).Microseconds())/1000)
	if len(a.delays) == benchEvents*benchEndpoints {
		close(a.all)
	}
}

// BenchmarkWebhookBesideOneThatHangs measures from the request that changes something
// until each of nine endpoints has been told, in milliseconds, on both databases: with
// a tenth endpoint that never answers, and without.
func BenchmarkWebhookBesideOneThatHangs(b *testing.B) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			var alone, beside []float64
			for b.Loop() {
				alone = append(alone, deliver(b, database(b), false)...)
				beside = append(beside, deliver(b, database(b), true)...)
			}
			slices.Sort(alone)
			slices.Sort(beside)
			b.ReportMetric(alone[len(alone)/2], "ms-alone-median")
			b.ReportMetric(alone[len(alone)*99/100], "ms-alone-p99")
			b.ReportMetric(beside[len(beside)/2], "ms-beside-median")
			b.ReportMetric(beside[len(beside)*99/100], "ms-beside-p99")
		})
	}
}

func deliver(b *testing.B, url string, hangs bool) []float64 {
	b.Helper()
	s := apitest.Start(b, apitest.Options{Database: url, Quiet: true, Settings: apitest.Settings{"DATABASE_CONNECTIONS": "16"}})
	told := &arrivals{asked: map[string]time.Time{}, all: make(chan struct{})}
	endpoint := func(url string) string {
		return apitest.Document("webhook-endpoints", map[string]any{"url": url, "eventTypes": []string{"customer.created"}})
	}
	if hangs {
		release := make(chan struct{})
		silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		b.Cleanup(func() { close(release); silent.Close() })
		s.Post("/webhook-endpoints", apitest.AdminKey, endpoint(silent.URL)).Has(http.StatusCreated)
	}
	for range benchEndpoints {
		receiver := httptest.NewServer(told)
		b.Cleanup(receiver.Close)
		s.Post("/webhook-endpoints", apitest.AdminKey, endpoint(receiver.URL)).Has(http.StatusCreated)
	}
	for i := range benchEvents {
		email := fmt.Sprintf("bench%d@example.com", i)
		guest := apitest.Document("customers", map[string]any{"salutation": "Mr", "firstName": "A", "lastName": "B", "email": email})
		next := time.After(benchEvery)
		told.mu.Lock()
		told.asked[email] = time.Now()
		told.mu.Unlock()
		s.Post("/customers", apitest.AdminKey, guest).Has(http.StatusCreated)
		<-next
	}
	select {
	case <-told.all:
	case <-time.After(time.Minute):
		b.Fatalf("only %d of %d came", len(told.delays), benchEvents*benchEndpoints)
	}
	return told.delays
}
