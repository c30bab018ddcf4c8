package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// The session in the README is pasted into a shell, against a fresh service.
func TestTheReadmesSessionWorksWhenPasted(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(readme), "paste this:\n\n```sh\n")
	session, _, closed := strings.Cut(after, "```")
	if !found || !closed {
		t.Fatal("the README holds no session")
	}
	s := apitest.New(t, apitest.Settings{"ADMIN_API_KEY": "development"})
	printed := paste(t, s, session)
	lines := strings.Fields(printed)
	if len(lines) == 0 || lines[len(lines)-1] != "204" || strings.Contains(printed, `"errors"`) {
		t.Errorf("the session printed %s", printed)
	}
	for _, expected := range []string{`"lastName":"Johnson"`, `"isDefaultShipping":true`, `"included":[{"type":"addresses"`, `"attributes":{"city":"Berlin","country":"Germany"}`} {
		if !strings.Contains(printed, expected) {
			t.Errorf("the session did not print %s: %s", expected, printed)
		}
	}
}

// The example of several changes at once works as it stands.
func TestTheReadmesOperationsWorkWhenPasted(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(readme), "```sh\ncurl -s http://localhost:8080/operations")
	example, _, closed := strings.Cut(after, "```")
	if !found || !closed {
		t.Fatal("the README holds no example of operations")
	}
	s := apitest.New(t, nil)
	printed := paste(t, s, `curl -s "$API/operations"`+example)
	if !strings.Contains(printed, `"atomic:results":[{"data":{"type":"customers"`) || !strings.Contains(printed, `"city":"Berlin"`) {
		t.Errorf("it printed %s", printed)
	}
}

// paste runs a script in a shell that knows where the service is.
func paste(t *testing.T, s *apitest.Service, script string) string {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "bash", "-eu", "-c", script)
	shell.Env = append(os.Environ(), "API="+s.URL)
	printed, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	return string(printed)
}
