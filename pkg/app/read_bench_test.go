package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// The shape of a measurement: so many keep-alive connections, each with so many
// requests a round, in rounds that alternate between the two services.
const (
	benchConnections = 16
	benchRequests    = 250
	benchRounds      = 9
)

// BenchmarkReadOwnCustomer measures GET /customers/{reference} on PostgreSQL
// against a bare net/http and pgx handler on the same database, which verifies
// the same token and reads the same row. Figures of one machine mean little;
// the ratio, taken round by round, is what counts:
//
//	×bare     of a handler that verifies the signature each time
//	×cached   of one that, as we do, remembers tokens it has verified
//	×itself   the bare handler against itself: how far noise goes
func BenchmarkReadOwnCustomer(b *testing.B) {
	url := storetest.Postgres(b)
	s := apitest.Start(b, apitest.Options{Database: url, Settings: apitest.Settings{"DATABASE_CONNECTIONS": "16", "LOG_LEVEL": "info"}, Quiet: true})
	customer := s.Register("bench@example.com")
	bare := newBareHandler(b, s, url)
	plain, cached := httptest.NewServer(bare.handler(false)), httptest.NewServer(bare.handler(true))
	defer plain.Close()
	defer cached.Close()

	path := "/customers/" + customer.Reference
	var toPlain, toCached, toItself []float64
	for b.Loop() {
		for range benchRounds {
			reference := measure(b, plain.URL+path, customer)
			ours := measure(b, s.URL+path, customer)
			remembering := measure(b, cached.URL+path, customer)
			again := measure(b, plain.URL+path, customer)
			toPlain = append(toPlain, ours/((reference+again)/2))
			toCached = append(toCached, ours/remembering)
			toItself = append(toItself, again/reference)
		}
	}
	b.ReportMetric(median(toPlain), "×bare")
	b.ReportMetric(median(toCached), "×cached")
	b.ReportMetric(median(toItself), "×itself")
}

// measure returns requests a second. One answer that is not the customer
// spoils the sample.
func measure(b *testing.B, url string, customer apitest.Customer) float64 {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: benchConnections, MaxConnsPerHost: benchConnections}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	started := time.Now()
	var group sync.WaitGroup
	for range benchConnections {
		group.Go(func() {
			for range benchRequests {
				if err := read(client, url, customer); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	return benchConnections * benchRequests / time.Since(started).Seconds()
}

func read(client *http.Client, url string, customer apitest.Customer) error {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+customer.Token)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || !strings.Contains(string(body), customer.Email) {
		return fmt.Errorf("%d: %s", response.StatusCode, body)
	}
	return nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// bareHandler is the least that answers the same question: no framework, no
// mapper, JSON from one struct.
type bareHandler struct {
	pool *pgxpool.Pool
	keys jwt.Keyfunc
	mu   sync.RWMutex
	seen map[string]string
}

func newBareHandler(b *testing.B, s *apitest.Service, url string) *bareHandler {
	b.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns, config.MinConns = benchConnections, benchConnections
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return &bareHandler{pool: pool, keys: s.PublicKey, seen: map[string]string{}}
}

// bareQuery reads what our own statement reads: the customer of a session that
// lives.
const bareQuery = `
	SELECT c.reference, c.salutation, c.first_name, c.last_name, c.gender, c.date_of_birth, c.email, c.created_at, c.updated_at,
	       c.number, c.phone, c.locale, c.identification, c.identification_type, c.customer_type, c.metadata, c.extra,
	       c.confirmed_at IS NOT NULL, c.default_shipping_address_id, c.default_billing_address_id
	FROM   sessions s
	JOIN   customers c ON c.id = s.customer_id
	WHERE  s.id = $1
	AND    s.expires_at > now()
	AND    c.anonymized_at IS NULL
	AND    c.disabled_at IS NULL`

type bareAttributes struct {
	Salutation         *string         `json:"salutation"`
	FirstName          *string         `json:"firstName"`
	LastName           *string         `json:"lastName"`
	Gender             *string         `json:"gender"`
	DateOfBirth        *string         `json:"dateOfBirth"`
	Email              string          `json:"email"`
	CreatedAt          time.Time       `json:"createdAt"`
	UpdatedAt          time.Time       `json:"updatedAt"`
	Number             int64           `json:"number"`
	Phone              *string         `json:"phone"`
	Locale             *string         `json:"locale"`
	Identification     *string         `json:"identification"`
	IdentificationType *string         `json:"identificationType"`
	CustomerType       *string         `json:"customerType"`
	Metadata           json.RawMessage `json:"metadata"`
	Extra              json.RawMessage `json:"extra"`
	Active             bool            `json:"active"`
}

func (h *bareHandler) handler(remember bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /customers/{reference}", func(w http.ResponseWriter, r *http.Request) {
		session, err := h.session(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), remember)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		var a bareAttributes
		var reference string
		var metadata, extra string
		var shipping, billing *string
		err = h.pool.QueryRow(r.Context(), bareQuery, session).Scan(&reference, &a.Salutation, &a.FirstName, &a.LastName, &a.Gender, &a.DateOfBirth, &a.Email, &a.CreatedAt, &a.UpdatedAt,
			&a.Number, &a.Phone, &a.Locale, &a.Identification, &a.IdentificationType, &a.CustomerType, &metadata, &extra, &a.Active, &shipping, &billing)
		if err != nil || reference != r.PathValue("reference") {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		a.Metadata, a.Extra = json.RawMessage(metadata), json.RawMessage(extra)
		body, err := json.Marshal(map[string]any{"data": map[string]any{"type": "customers", "id": reference, "attributes": a, "links": map[string]string{"self": apitest.Base + r.URL.Path}}})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/vnd.api+json")
		_, _ = w.Write(body)
	})
	return mux
}

func (h *bareHandler) session(token string, remember bool) (string, error) {
	if remember {
		h.mu.RLock()
		session, known := h.seen[token]
		h.mu.RUnlock()
		if known {
			return session, nil
		}
	}
	var claims struct {
		jwt.RegisteredClaims
		Session string `json:"sid"`
	}
	if _, err := jwt.ParseWithClaims(token, &claims, h.keys, jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithExpirationRequired()); err != nil {
		return "", err
	}
	h.mu.Lock()
	h.seen[token] = claims.Session
	h.mu.Unlock()
	return claims.Session, nil
}
