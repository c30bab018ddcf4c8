package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/app"
)

// outcome is what a command leaves behind.
type outcome struct {
	stdout, stderr string
	err            error
}

// execute runs a command line in an environment of its own: a fresh database,
// and no listener that another test could have.
func execute(t *testing.T, stdin string, environ []string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), args, environ, strings.NewReader(stdin), &stdout, &stderr)
	return outcome{stdout.String(), stderr.String(), err}
}

// freshDatabase is an environment with a database of its own.
func freshDatabase(t *testing.T) []string {
	t.Helper()
	return []string{"CLIENTELE_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "clientele.db"), "CLIENTELE_LOG_LEVEL=error"}
}

func TestHelpOfServeEndsAtOnceAndListsEverySettingWithItsDefault(t *testing.T) {
	got := execute(t, "", nil, "serve", "--help")
	if got.err != nil {
		t.Fatal(got.err)
	}
	for _, setting := range app.Settings() {
		line := "  " + setting.Name
		if setting.Default != "" {
			line += "=" + setting.Default
		}
		if !strings.Contains(got.stdout, line+"\n") || !strings.Contains(got.stdout, setting.Explanation()) {
			t.Errorf("%s is not in the help, with its default and what it is", setting.Name)
		}
	}
	for _, flag := range []string{"--database-url", "--listen", "--ops-listen", "--public-url", "--env", "--wire"} {
		if !strings.Contains(got.stdout, flag+" ") {
			t.Errorf("%s is not in the help", flag)
		}
	}
}

func TestCommandLinesThatMeanNothingAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{"sevre"},
		{"serve", "now"},
		{"serve", "--port", "80"},
		{"import"},
		{"apikey", "destroy"},
		{"apikey", "create", "extra"},
		{"signing-keys", "destroy"},
		{"signing-keys", "remove"},
		{"signing-keys", "rotate", "now"},
		{"version", "1"},
	} {
		if got := execute(t, "", freshDatabase(t), args...); got.err == nil {
			t.Errorf("%v: got no error and %q", args, got.stdout)
		}
	}
}

func TestVersionIsPrinted(t *testing.T) {
	defer func(former string) { version = former }(version)
	version = "v1.2.3"
	got := execute(t, "", nil, "version")
	if got.err != nil || !regexp.MustCompile(`^clientele v1\.2\.3 \(go1\.\S+ \w+/\w+\)\n$`).MatchString(got.stdout) {
		t.Errorf("got %q, %v", got.stdout, got.err)
	}
}

func TestServeRefusesUnsafeProductionSettingsByName(t *testing.T) {
	got := execute(t, "", append(freshDatabase(t), "CLIENTELE_ENV=production"), "serve")
	if got.err == nil {
		t.Fatal("it serves")
	}
	for _, name := range []string{"CLIENTELE_SECRET ", "CLIENTELE_PUBLIC_URL ", "CLIENTELE_MAIL_URL "} {
		if !strings.Contains(got.err.Error(), name) {
			t.Errorf("%q does not name %s", got.err, name)
		}
	}
}

func TestFlagBeatsTheEnvironment(t *testing.T) {
	got := execute(t, "", append(freshDatabase(t), "CLIENTELE_WIRE=glue"), "migrate", "--wire", "neither")
	if got.err == nil || !strings.Contains(got.err.Error(), `CLIENTELE_WIRE has to be one of jsonapi, glue, not "neither"`) {
		t.Errorf("got %v", got.err)
	}
	got = execute(t, "", append(freshDatabase(t), "CLIENTELE_WIRE=neither"), "migrate", "--wire", "glue")
	if got.err != nil {
		t.Error(got.err)
	}
}

func TestMigrateMakesTheDatabaseAndCanBeRepeated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	for range 2 {
		got := execute(t, "", []string{"CLIENTELE_LOG_LEVEL=error"}, "migrate", "--database-url", "sqlite:"+path)
		if got.err != nil {
			t.Fatal(got.err)
		}
		if got.stdout != "The database is up to date.\n" {
			t.Errorf("got %q", got.stdout)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

const customerLines = `{"email":"ada@shop.example","firstName":"Ada","lastName":"Lovelace","confirmed":true}

{"email":"not an address"}
{"email":"grace@shop.example","reference":"DE--40"}
`

func TestImportTellsBadLinesByNumberAndIsSafeToRepeat(t *testing.T) {
	environ := freshDatabase(t)
	file := filepath.Join(t.TempDir(), "customers.jsonl")
	if err := os.WriteFile(file, []byte(customerLines), 0o600); err != nil {
		t.Fatal(err)
	}
	first := execute(t, "", environ, "import", file)
	if first.err == nil || first.err.Error() != "1 of 3 lines are bad and were left out" {
		t.Errorf("got error %v", first.err)
	}
	for _, want := range []string{"line 3: ", "100 %", "2 imported, 0 there already, 1 bad\n"} {
		if !strings.Contains(first.stderr, want) {
			t.Errorf("%q is not in %q", want, first.stderr)
		}
	}
	again := execute(t, customerLines, environ, "import", "-")
	if !strings.Contains(again.stderr, "0 imported, 2 there already, 1 bad\n") {
		t.Errorf("got %q", again.stderr)
	}
	if first.stdout+again.stdout != "" {
		t.Errorf("standard output got %q", first.stdout+again.stdout)
	}
}

func TestImportOfGoodLinesSucceeds(t *testing.T) {
	good := execute(t, `{"email":"ada@shop.example"}`, freshDatabase(t), "import", "-")
	if good.err != nil {
		t.Error(good.err)
	}
	absent := execute(t, "", freshDatabase(t), "import", filepath.Join(t.TempDir(), "absent"))
	if absent.err == nil {
		t.Error("a file that is not there was imported")
	}
}

func TestAPIKeyIsPrintedAloneAndOpensTheBackOffice(t *testing.T) {
	environ := freshDatabase(t)
	got := execute(t, "", environ, "apikey", "create", "--name", "Warehouse")
	if got.err != nil {
		t.Fatal(got.err)
	}
	key, isLine := strings.CutSuffix(got.stdout, "\n")
	if !isLine || len(key) < 32 || strings.ContainsAny(key, " \n") {
		t.Fatalf("got %q", got.stdout)
	}
	api, _ := served(t, environ)
	for credential, want := range map[string]int{key: http.StatusOK, key[:len(key)-1]: http.StatusUnauthorized} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+api+"/customers", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+credential)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("got %d, want %d: %s", response.StatusCode, want, body)
		}
	}
}

func TestAPIKeysAreListedAndRevoked(t *testing.T) {
	environ := freshDatabase(t)
	made := execute(t, "", environ, "apikey", "create", "--name", "Ware\nhouse", "--scope", "read_customers,read_events")
	other := execute(t, "", append(environ, "CLIENTELE_STORE=AT"), "apikey", "create", "--scope", "admin")
	if made.err != nil || other.err != nil {
		t.Fatal(made.err, other.err)
	}
	list := func() []string {
		t.Helper()
		got := execute(t, "", environ, "apikey", "list")
		if got.err != nil || strings.Contains(got.stdout, strings.TrimSpace(made.stdout)) {
			t.Fatalf("got %q, %v", got.stdout, got.err)
		}
		return strings.Split(strings.TrimSpace(got.stdout), "\n")
	}
	listed := list()
	first := regexp.MustCompile(`^(\S{36})  DE     \S+Z  -        "Ware\\nhouse"   read_customers,read_events$`).FindStringSubmatch(listed[1])
	if len(listed) != 3 || first == nil || !strings.Contains(listed[2], "  AT  ") {
		t.Fatalf("got %q", listed)
	}
	if got := execute(t, "", environ, "apikey", "revoke", first[1]); got.err != nil || got.stdout != first[1]+" is revoked.\n" {
		t.Errorf("got %q, %v", got.stdout, got.err)
	}
	if again := list(); !regexp.MustCompile(`^\S+  DE     \S+Z  \S+Z`).MatchString(again[1]) || !regexp.MustCompile(`^\S+  AT     \S+Z  - `).MatchString(again[2]) {
		t.Errorf("got %q", again)
	}
	api, _ := served(t, environ)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+api+"/customers", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(made.stdout))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a revoked key was answered with %d", response.StatusCode)
	}
	if got := execute(t, "", environ, "apikey", "revoke", "nobody's"); got.err == nil || got.err.Error() != "there is no API key nobody's" {
		t.Errorf("got %q, %v", got.stdout, got.err)
	}
}

func TestUnknownScopeIsRefused(t *testing.T) {
	if got := execute(t, "", freshDatabase(t), "apikey", "create", "--scope", "everything"); got.err == nil {
		t.Errorf("got %q", got.stdout)
	}
}

// served runs `serve` until the test ends, and returns the addresses of the
// API and of the ops listener.
func served(t *testing.T, environ []string) (api, ops string) {
	t.Helper()
	api, ops = freeAddress(t), freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--listen", api, "--ops-listen", ops}, environ, strings.NewReader(""), io.Discard, io.Discard)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
	deadline := time.Now().Add(20 * time.Second)
	for askReadiness(ctx, ops) != nil {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("serve ended early: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("serve is not ready")
		}
	}
	return api, ops
}

// freeAddress finds a port that nobody has at this moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestHealthcheckSaysWhetherTheServiceIsReady(t *testing.T) {
	_, ops := served(t, freshDatabase(t))
	if got := execute(t, "", nil, "healthcheck", "--ops-listen", ops); got.err != nil {
		t.Error(got.err)
	}
	if got := execute(t, "", nil, "healthcheck", "--ops-listen", freeAddress(t)); got.err == nil {
		t.Error("nobody is there, and it is healthy")
	}
	if got := execute(t, "", nil, "healthcheck", "--ops-listen", ""); got.err == nil {
		t.Error("the ops listener is off, and it is healthy")
	}
}

func TestHealthcheckFailsWhenTheServiceIsNotReady(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, "draining\n")
	}))
	defer server.Close()
	got := execute(t, "", nil, "healthcheck", "--ops-listen", server.Listener.Addr().String())
	if got.err == nil || got.err.Error() != "503 Service Unavailable: draining" {
		t.Errorf("got %v", got.err)
	}
}

func TestListenerOnEveryAddressIsAskedOnLoopback(t *testing.T) {
	for address, want := range map[string]string{
		":9090":           "localhost:9090",
		"0.0.0.0:9090":    "127.0.0.1:9090",
		"[::]:9090":       "[::1]:9090",
		"10.1.2.3:9090":   "10.1.2.3:9090",
		"ops.example:443": "ops.example:443",
	} {
		if got := reachable(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}
