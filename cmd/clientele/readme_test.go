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
	shell := exec.CommandContext(t.Context(), "bash", "-eu", "-c", session)
	shell.Env = append(os.Environ(), "API="+s.URL)
	printed, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	lines := strings.Fields(string(printed))
	if len(lines) == 0 || lines[len(lines)-1] != "204" || strings.Contains(string(printed), `"errors"`) {
		t.Errorf("the session printed %s", printed)
	}
	for _, expected := range []string{`"lastName":"Johnson"`, `"isDefaultShipping":true`, `"included":[{"type":"addresses"`, `"attributes":{"city":"Berlin","country":"Germany"}`} {
		if !strings.Contains(string(printed), expected) {
			t.Errorf("the session did not print %s: %s", expected, printed)
		}
	}
}
