// Package apitest runs the whole service for one test: a fresh database, made
// ready by the same code as in production, a clock the test sets, and a real
// listener on loopback. Only the hash is cheaper.
package apitest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/clientelehq/clientele/pkg/app"
	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/password"
	"github.com/clientelehq/clientele/pkg/payments"
	"github.com/clientelehq/clientele/pkg/store/storetest"
	"github.com/clientelehq/clientele/pkg/webhook"
)

// Base is the public URL of every service under test: links are made from the
// configuration, never from the address that was dialled.
const Base = "https://shop.example"

// AdminKey is an API key with every scope.
const AdminKey = "admin-key-of-the-tests"

// The tables of background jobs are a part of every fresh database, so that
// they are made once and copied, like the others.
func init() {
	storetest.Prepare(storetest.Preparation{Name: "jobs", Run: func(ctx context.Context, url string) error {
		config, err := app.Load([]string{app.Prefix + "DATABASE_URL=" + url})
		if err != nil {
			return err
		}
		return app.Migrate(ctx, config)
	}})
}

// Settings are variables of the environment, without the prefix.
type Settings map[string]string

// Service is a running service.
type Service struct {
	URL      string // where it really listens
	Ops      string
	Database string // its URL
	Clock    *Clock
	Log      *Buffer
	App      *app.App

	t         testing.TB
	glue      bool
	contracts map[string]*contract      // what the service says of itself, by dialect; none for benchmarks
	published map[any]ed25519.PublicKey // by kid
}

// Options are what one test needs otherwise.
type Options struct {
	Settings Settings
	Database string           // an existing database; "" is a fresh one
	Clock    *Clock           // of another replica; nil is one of its own
	Sender   mail.Sender      // nil captures letters
	Retry    time.Duration    // how soon a job is tried again that has failed; 0 is not while a test looks
	Hasher   *password.Hasher // nil is a cheap one
	Quiet    bool             // logs nothing: for benchmarks
	Held     bool             // its exchanges are held to the description on PostgreSQL as well, which costs more than they do

	WebhookTimeout time.Duration       // 0 is the usual one
	Payments       []payments.Provider // nil is what the settings say: none
}

// Each runs a test on SQLite and on PostgreSQL, each time on a fresh database.
func Each(t *testing.T, settings Settings, test func(t *testing.T, s *Service)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, url string) {
		test(t, Start(t, Options{Settings: settings, Database: url}))
	})
}

// New runs a service on a fresh SQLite database until the test ends.
func New(t testing.TB, settings Settings) *Service {
	t.Helper()
	return Start(t, Options{Settings: settings})
}

// Start runs a service until the test ends.
func Start(t testing.TB, options Options) *Service {
	t.Helper()
	if options.Database == "" {
		options.Database = storetest.SQLite(t)
	}
	if options.Hasher == nil {
		options.Hasher = Cheap()
	}
	if options.Clock == nil {
		options.Clock = NewClock()
	}
	s := &Service{Database: options.Database, Clock: options.Clock, Log: &Buffer{}, t: t}
	config, err := app.Load(environment(options))
	if err != nil {
		t.Fatal(err)
	}
	s.glue = config.Wire == "glue"
	logger := slog.New(slog.NewJSONHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if options.Quiet {
		logger = slog.New(slog.DiscardHandler)
	}
	s.App, err = app.Assemble(t.Context(), config, app.Parts{
		Logger: logger,
		Now:    s.Clock.Now,
		Hasher: options.Hasher,
		Poll:   250 * time.Millisecond,
		Retry:  cmp.Or(options.Retry, time.Hour),
		Sender: options.Sender,

		Webhooks: &webhook.Client{Resolver: nobody, Timeout: options.WebhookTimeout},
		Payments: options.Payments,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !options.Quiet && (!s.isPostgres() || options.Held) {
		s.contracts = s.contractsOf(options, config)
	}
	s.serve()
	return s
}

// In returns the same service for a subtest, which its failures then belong to.
func (s *Service) In(t testing.TB) *Service {
	same := *s
	same.t = t
	return &same
}

// nobody knows no name of a host, so that no test asks a server for one.
var nobody = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
	return nil, &net.DNSError{Err: "there is no network in tests", IsNotFound: true}
}}

func (s *Service) serve() {
	s.t.Helper()
	api, ops := listen(s.t), listen(s.t)
	s.URL, s.Ops = "http://"+api.Addr().String(), "http://"+ops.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.App.ServeOn(ctx, api, ops) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			s.t.Errorf("the service ended with %v", err)
		}
		if err := s.App.Close(); err != nil {
			s.t.Errorf("the database was not closed: %v", err)
		}
	})
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func environment(options Options) []string {
	values := Settings{"DATABASE_URL": options.Database, "PUBLIC_URL": Base, "ADMIN_API_KEY": AdminKey, "DATABASE_CONNECTIONS": "8"}
	for name, value := range options.Settings {
		values[name] = value
	}
	var environ []string
	for name, value := range values {
		environ = append(environ, app.Prefix+name+"="+value)
	}
	return environ
}

// Cheap returns a hasher whose work costs next to nothing.
func Cheap() *password.Hasher {
	hasher := password.Default()
	hasher.Memory, hasher.Time = 64, 1
	return hasher
}

// Costly returns a hasher whose work stands out of all the rest of a request, as
// the real one's does.
func Costly() *password.Hasher {
	hasher := password.Default()
	hasher.Memory, hasher.Time = 4<<10, 1
	return hasher
}

// Clock is the service's time: the machine's, until a test sets it forward.
type Clock struct {
	mu      sync.Mutex
	offset  time.Duration
	stopped time.Time // zero while it goes
}

// NewClock returns a clock at the machine's time.
func NewClock() *Clock { return &Clock{} }

// Now returns the time, UTC, in microseconds.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !c.stopped.IsZero() {
		now = c.stopped
	}
	return now.Add(c.offset).UTC().Truncate(time.Microsecond)
}

// Stop has it stand still, but for Forward: what is to happen later does not happen
// because a test is slow.
func (c *Clock) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = time.Now()
}

// Forward sets the clock ahead.
func (c *Clock) Forward(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += by
}

// Later sets the clock forward, and has what is due then at endpoints of webhooks be
// sent.
func (s *Service) Later(by time.Duration) {
	s.t.Helper()
	s.Clock.Forward(by)
	if err := s.App.Accounts().TellWhatIsDue(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// Buffer collects what is logged.
type Buffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write appends a line.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

// String returns everything that was logged.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// Request is one request. The zero values are those of a JSON:API client, or, below a
// dialect's paths, of one of plain JSON.
type Request struct {
	Method string
	Path   string // with its query
	Body   string
	Token  string            // bearer credential
	Header map[string]string // replaces what the others set; an empty value removes
}

// Do sends a request, reads the whole answer, and holds both to what all of them
// have in common and to what the service says of itself.
func (s *Service) Do(r Request) *Answer {
	s.t.Helper()
	e := s.exchange(r)
	e.answer.checkForm(r)
	if contract := s.contracts[e.answer.dialect]; contract != nil {
		contract.check(e)
	}
	return e.answer
}

func (s *Service) exchange(r Request) exchange {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), r.Method, s.URL+r.Path, strings.NewReader(r.Body))
	if err != nil {
		s.t.Fatal(err)
	}
	dialect, mediaType := s.App.Dialect(request.URL.Path), "application/vnd.api+json"
	if dialect != "" {
		mediaType = "application/json"
	}
	request.Header.Set("Accept", mediaType)
	if r.Body != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	if r.Token != "" {
		request.Header.Set("Authorization", "Bearer "+r.Token)
	}
	for name, value := range r.Header {
		request.Header.Del(name)
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := client.Do(request)
	if err != nil {
		s.t.Fatalf("%s %s: %v", r.Method, r.Path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	answer := &Answer{Status: response.StatusCode, Header: response.Header, Body: string(body), t: s.t, request: r.Method + " " + r.Path, glue: s.glue, dialect: dialect}
	return exchange{sent: request, body: r.Body, answer: answer}
}

// client follows no redirect: there are none to follow.
var client = &http.Client{
	Timeout:       30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Get, Post, Patch and Delete send the usual requests; token may be "".
func (s *Service) Get(path, token string) *Answer {
	s.t.Helper()
	return s.Do(Request{Method: http.MethodGet, Path: path, Token: token})
}

// Post sends a document.
func (s *Service) Post(path, token, body string) *Answer {
	s.t.Helper()
	return s.Do(Request{Method: http.MethodPost, Path: path, Token: token, Body: body})
}

// Patch sends a document.
func (s *Service) Patch(path, token, body string) *Answer {
	s.t.Helper()
	return s.Do(Request{Method: http.MethodPatch, Path: path, Token: token, Body: body})
}

// Delete sends no body.
func (s *Service) Delete(path, token string) *Answer {
	s.t.Helper()
	return s.Do(Request{Method: http.MethodDelete, Path: path, Token: token})
}

// Document writes a request document.
func Document(kind string, attributes map[string]any) string {
	body, err := json.Marshal(map[string]any{"data": map[string]any{"type": kind, "attributes": attributes}})
	if err != nil {
		panic(err) // a test's own literal
	}
	return string(body)
}

// WithID gives a document's resource an id.
func WithID(id, document string) string {
	quoted, err := json.Marshal(id)
	if err != nil {
		panic(err) // of text there is none
	}
	return strings.Replace(document, `{"data":{`, `{"data":{"id":`+string(quoted)+`,`, 1)
}

// Customer is somebody who has registered.
type Customer struct {
	Reference, Email, Password string
	Token, Refresh             string // of their login
}

// Password is what customers of tests register with; it passes the defaults
// and presets/glue.env.
const Password = "Change-123-please"

// Registration is a document that registers a customer on either wire.
func Registration(email string) string {
	return Document("customers", map[string]any{
		"salutation": "Mr", "firstName": "John", "lastName": "Doe", "gender": "Male", "email": email,
		"password": Password, "confirmPassword": Password, "acceptedTerms": true,
	})
}

// Address is a document that adds an address on either wire.
func Address(city string) string {
	return Document("addresses", map[string]any{
		"salutation": "Mr", "firstName": "John", "lastName": "Doe", "address1": "Julie-Wolfthorn-Straße", "address2": "1",
		"zipCode": "10115", "city": city, "iso2Code": "DE", "isDefaultShipping": false, "isDefaultBilling": false,
	})
}

// Register makes a customer, confirms them and logs them in.
func (s *Service) Register(email string) Customer {
	s.t.Helper()
	customer := Customer{Email: email, Password: Password}
	customer.Reference = s.Post("/customers", "", Registration(email)).Has(http.StatusCreated).Text("data.id")
	s.Post("/customer-confirmation", "", Document("customer-confirmation", map[string]any{"registrationKey": s.MailedKey(email, "confirm")})).Is(http.StatusNoContent, "")
	answer := s.LogIn(email, Password).Has(http.StatusCreated)
	customer.Token, customer.Refresh = answer.Text("data.attributes.accessToken"), answer.Text("data.attributes.refreshToken")
	return customer
}

// LogIn asks for tokens.
func (s *Service) LogIn(email, password string) *Answer {
	s.t.Helper()
	return s.Post("/access-tokens", "", Document("access-tokens", map[string]any{"username": email, "password": password}))
}

// Login returns an access token.
func (s *Service) Login(email, password string) string {
	s.t.Helper()
	return s.LogIn(email, password).Has(http.StatusCreated).Text("data.attributes.accessToken")
}

// AddAddress adds an address and returns its id.
func (s *Service) AddAddress(customer Customer, city string) string {
	s.t.Helper()
	return s.Post("/customers/"+customer.Reference+"/addresses", customer.Token, Address(city)).Has(http.StatusCreated).Text("data.id")
}

// Letters returns the captured letters to an address, newest first; kind ""
// is any.
func (s *Service) Letters(to, kind string) *Answer {
	s.t.Helper()
	query := url.Values{"filter[to]": {to}}
	if kind != "" {
		query.Set("filter[kind]", kind)
	}
	return s.Get("/outbox-messages?"+query.Encode(), AdminKey).Has(http.StatusOK)
}

var keyInLink = regexp.MustCompile(`[?&]token=([A-Za-z0-9_-]+)`)

// MailedKey returns the key in the newest letter of a kind.
func (s *Service) MailedKey(to, kind string) string {
	s.t.Helper()
	found := keyInLink.FindStringSubmatch(s.Letters(to, kind).Text("data.0.attributes.text"))
	if found == nil {
		s.t.Fatalf("no %s letter to %s holds a key", kind, to)
	}
	return found[1]
}

// Forget asks for a letter with a restore key.
func (s *Service) Forget(email string) {
	s.t.Helper()
	s.Post("/customer-forgotten-password", "", Document("customer-forgotten-password", map[string]any{"email": email})).Is(http.StatusNoContent, "")
}

// Confirm uses a key.
func (s *Service) Confirm(key string) *Answer {
	s.t.Helper()
	return s.Post("/customer-confirmation", "", Document("customer-confirmation", map[string]any{"registrationKey": key}))
}

// Refresh exchanges a refresh token.
func (s *Service) Refresh(token string) *Answer {
	s.t.Helper()
	return s.Post("/refresh-tokens", "", Document("refresh-tokens", map[string]any{"refreshToken": token}))
}

// Form posts a form.
func (s *Service) Form(path, body string) *Answer {
	s.t.Helper()
	return s.Do(Request{Method: http.MethodPost, Path: path, Body: body, Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}})
}

// Preset reads the settings of a file in presets/.
func Preset(t testing.TB, name string) Settings {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	file, err := os.ReadFile(filepath.Join(filepath.Dir(here), "../../presets", name+".env"))
	if err != nil {
		t.Fatal(err)
	}
	settings := Settings{}
	for line := range strings.Lines(string(file)) {
		if name, value, isSetting := strings.Cut(strings.TrimSpace(line), "="); isSetting && !strings.HasPrefix(name, "#") {
			settings[strings.TrimPrefix(name, app.Prefix)] = strings.Trim(value, `"`)
		}
	}
	return settings
}

// PublicKey finds the key that a token was signed with, as another service
// would: in the published set.
func (s *Service) PublicKey(token *jwt.Token) (any, error) {
	if s.published == nil {
		var set struct {
			Keys []struct{ Kid, X string }
		}
		if err := json.Unmarshal([]byte(s.Get("/.well-known/jwks.json", "").Has(http.StatusOK).Body), &set); err != nil {
			return nil, err
		}
		s.published = map[any]ed25519.PublicKey{}
		for _, key := range set.Keys {
			x, err := base64.RawURLEncoding.DecodeString(key.X)
			if err != nil {
				return nil, err
			}
			s.published[key.Kid] = x
		}
	}
	return s.published[token.Header["kid"]], nil
}
