package paymentstest

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Key is one that Stripe takes: it wants the form of a key, and no more.
const Key = "sk_test_clientele"

// Stripe starts Stripe's API in small (https://github.com/stripe/stripe-mock)
// and returns its URL. It holds requests to the description of the API and
// answers with examples from there. It listens on 127.0.0.1 alone, and ends with
// the test, or with the process of it.
func Stripe(t testing.TB) string {
	t.Helper()
	// Not told where to listen for HTTPS, it does so on a fixed port of all
	// addresses. The shell ends it when its own input ends, which a test that
	// crashed cannot keep open.
	const script = `"$@" </dev/null & mock=$!; exec >&-; read -r _; kill $mock; wait $mock`
	command := exec.Command("sh", "-c", script, "sh", stripeMock(t), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0") // #nosec G204 -- built here
	var complaints bytes.Buffer
	command.Stderr = &complaints
	held, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	listening := map[string]string{} // protocols to addresses
	for lines := bufio.NewScanner(output); len(listening) < 2 && lines.Scan(); {
		if protocol, address, found := strings.Cut(lines.Text(), " at address: "); found {
			listening[strings.TrimPrefix(protocol, "Listening for ")] = address
		}
	}
	t.Cleanup(func() {
		_ = held.Close()
		_, _ = io.Copy(io.Discard, output)
		_ = command.Wait() // its status is that of a process that was killed
		if t.Failed() && complaints.Len() > 0 {
			t.Logf("stripe-mock: %s", complaints.String())
		}
	})
	for _, protocol := range []string{"HTTP", "HTTPS"} {
		if !strings.HasPrefix(listening[protocol], "127.0.0.1:") {
			t.Fatalf("stripe-mock listens for %s at %q", protocol, listening[protocol])
		}
	}
	return "http://" + listening["HTTP"]
}

// stripeMock returns the path of the program, in the version that .ci/tools.mod
// names. The go command keeps what it built, and builds it once.
func stripeMock(t testing.TB) string {
	t.Helper()
	module := run(t, "go", "env", "GOMOD")
	tools := filepath.Join(filepath.Dir(module), ".ci", "tools.mod")
	return run(t, "go", "tool", "-n", "-modfile="+tools, "stripe-mock")
}

// run builds as the tools are built: without cgo, whatever the tests are.
func run(t testing.TB, name string, arguments ...string) string {
	t.Helper()
	command := exec.Command(name, arguments...) // #nosec G204 -- named above
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, complaints.String())
	}
	return strings.TrimSpace(string(output))
}
