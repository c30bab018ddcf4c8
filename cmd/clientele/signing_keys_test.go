package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// listed returns the rows of `signing-keys list`, field by field.
func listed(t *testing.T, environ []string) (rows [][]string) {
	t.Helper()
	got := execute(t, "", environ, "signing-keys", "list")
	lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
	if got.err != nil || strings.Join(strings.Fields(lines[0]), " ") != "KID STATE CREATED SIGNS FROM ENDS" {
		t.Fatalf("got %q, %v", got.stdout, got.err)
	}
	for _, line := range lines[1:] {
		rows = append(rows, strings.Fields(line))
	}
	return rows
}

func TestSigningKeysAreListedRotatedAndRemoved(t *testing.T) {
	environ := freshDatabase(t)
	alone := listed(t, environ)
	if len(alone) != 1 || alone[0][1] != "signs" || alone[0][2] != alone[0][3] || alone[0][4] != "-" {
		t.Fatalf("got %v", alone)
	}
	first := alone[0][0]

	rotated := execute(t, "", environ, "signing-keys", "rotate")
	told := regexp.MustCompile(`^(\S{43}) signs from (\S+Z) on\.\n$`).FindStringSubmatch(rotated.stdout)
	if rotated.err != nil || told == nil {
		t.Fatalf("got %q, %v", rotated.stdout, rotated.err)
	}
	if again := execute(t, "", environ, "signing-keys", "rotate"); again.err != nil || again.stdout != rotated.stdout {
		t.Errorf("got %q, %v", again.stdout, again.err)
	}
	two := listed(t, environ)
	if len(two) != 2 || two[0][0] != first || two[0][1] != "signs" || two[0][4] == "-" ||
		two[1][0] != told[1] || two[1][1] != "waits" || two[1][3] != told[2] || two[1][4] != "-" {
		t.Errorf("got %v", two)
	}

	removed := execute(t, "", environ, "signing-keys", "remove", first)
	inPlace := regexp.MustCompile(`^` + regexp.QuoteMeta(first) + ` is removed\.\n(\S{43}) signs in its place\.\n$`).FindStringSubmatch(removed.stdout)
	if removed.err != nil || inPlace == nil {
		t.Fatalf("got %q, %v", removed.stdout, removed.err)
	}
	waiting := execute(t, "", environ, "signing-keys", "remove", told[1])
	if waiting.err != nil || waiting.stdout != told[1]+" is removed.\n" {
		t.Errorf("got %q, %v", waiting.stdout, waiting.err)
	}
	if left := listed(t, environ); len(left) != 1 || left[0][0] != inPlace[1] || left[0][1] != "signs" {
		t.Errorf("got %v", left)
	}
	if gone := execute(t, "", environ, "signing-keys", "remove", first); gone.err == nil || gone.err.Error() != "there is no signing key "+first {
		t.Errorf("got %q, %v", gone.stdout, gone.err)
	}
}

// Commands work on the database of a service that runs.
func TestServiceTakesUpAKeyThatACommandHasMade(t *testing.T) {
	environ := freshDatabase(t)
	api, _ := served(t, environ)
	made := execute(t, "", environ, "signing-keys", "rotate")
	kid, _, _ := strings.Cut(made.stdout, " ")
	if made.err != nil {
		t.Fatal(made.err)
	}
	published := func() string {
		t.Helper()
		response, err := http.Get("http://" + api + "/.well-known/jwks.json")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(published(), kid); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s is not published", kid)
		}
	}
}
