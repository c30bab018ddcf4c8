package app_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// BenchmarkDialects reads one customer with their addresses on PostgreSQL, in each
// dialect and on the JSON:API surface with the same credential, in turns. It reports
// what a read in the dialect costs, as a multiple of the same read there.
func BenchmarkDialects(b *testing.B) {
	s := apitest.Start(b, apitest.Options{
		Database: storetest.Postgres(b), Quiet: true,
		Settings: apitest.Settings{"DIALECTS": "medusa,tiendanube,digital-river", "RATE_LIMITS": "off", "DATABASE_CONNECTIONS": "16"},
	})
	owner := s.Register("bench@example.com")
	s.AddAddress(owner, "Springfield")
	number := s.Get("/customers/me", owner.Token).Has(http.StatusOK).At("data.attributes.number")
	staff := apitest.Customer{Reference: owner.Reference, Email: owner.Email, Token: apitest.AdminKey}
	for _, read := range []struct {
		dialect, path, main string
		as                  apitest.Customer
	}{
		{"medusa", "/store/customers/me", "?include=addresses", owner},
		{"tiendanube", fmt.Sprintf("/v1/DE/customers/%v", number), "?include=addresses", staff},
		{"digital-river", "/digital-river/customers/" + owner.Reference, "?include=sources,defaultShippingAddress", staff},
	} {
		b.Run(read.dialect, func(b *testing.B) {
			var costs []float64
			for b.Loop() {
				for range benchRounds {
					main := s.URL + "/customers/" + owner.Reference + read.main
					before := measure(b, main, read.as)
					dialect := measure(b, s.URL+read.path, read.as)
					after := measure(b, main, read.as)
					costs = append(costs, (before+after)/2/dialect)
				}
			}
			b.ReportMetric(median(costs), "×jsonapi")
		})
	}
}
