package main

import (
	"context"
	"fmt"
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// requirements is how many rows the table of SECURITY.md has.
const requirements = 60

var (
	requirementRow = regexp.MustCompile(`^\| B-(\d\d) \| ([^|]+) \| ([^|]+) \|$`)
	testName       = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9]*)`")
	browserTest    = regexp.MustCompile("`(pkg/apitest/npm/[a-z]+/[a-z-]+\\.test\\.mjs)`")
)

// SECURITY.md says of every requirement what holds and which tests show it, or why
// it is otherwise. A test that has gone, or got another name, is missed.
func TestEveryRequirementOfSecurityIsShownOrExplained(t *testing.T) {
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	there, next := testsOfTheRepository(t), 1
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| B-") {
			continue
		}
		row := requirementRow.FindStringSubmatch(line)
		if row == nil {
			t.Errorf("not of the form | B-nn | what holds | shown by |: %s", line)
			continue
		}
		if want := fmt.Sprintf("%02d", next); row[1] != want {
			t.Errorf("B-%s stands where B-%s should", row[1], want)
		}
		next++
		shown := testName.FindAllStringSubmatch(row[3], -1)
		if len(shown) == 0 && !browserTest.MatchString(row[3]) && !strings.HasPrefix(row[3], "None: ") {
			t.Errorf("B-%s: names no test, and no reason why there is none", row[1])
		}
		for _, name := range shown {
			if !there[name[1]] {
				t.Errorf("B-%s: there is no %s", row[1], name[1])
			}
		}
		for _, file := range browserTest.FindAllStringSubmatch(row[3], -1) {
			if _, err := os.Stat(filepath.Join("../..", file[1])); err != nil {
				t.Errorf("B-%s: %v", row[1], err)
			}
		}
	}
	if next != requirements+1 {
		t.Errorf("there are %d rows, not %d", next-1, requirements)
	}
}

// testsOfTheRepository are the names of all test functions.
func testsOfTheRepository(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, file := range sources(t) {
		if !file.isTest() {
			continue
		}
		for _, declared := range file.syntax.Decls {
			if function, is := declared.(*ast.FuncDecl); is && function.Recv == nil {
				names[function.Name.Name] = true
			}
		}
	}
	return names
}

// runAsClientele makes the test's own program the command.
const runAsClientele = "RUN_AS_CLIENTELE"

func TestMain(m *testing.M) {
	if os.Getenv(runAsClientele) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// start runs the command as a process, with these settings.
func start(t *testing.T, settings map[string]string, args ...string) (code int, stderr string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, self, args...)
	command.Env = []string{runAsClientele + "=1"}
	for name, value := range settings {
		command.Env = append(command.Env, "CLIENTELE_"+name+"="+value)
	}
	var told strings.Builder
	command.Stderr = &told
	if err := command.Run(); err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), told.String()
}

// In production each setting that is not safe stops the start, with one line that
// names it and does not tell its value.
func TestAProcessDoesNotStartOnAnUnsafeSetting(t *testing.T) {
	const password = "a-password-that-is-32-characters"
	safe := func() map[string]string {
		return map[string]string{
			"ENV": "production", "SECRET": "a-secret-of-this-test-of-32-chars", "PUBLIC_URL": "https://shop.example", "MAIL_URL": "smtp://shop:word@mail.example:587",
			"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "clientele.db"), "LISTEN": "127.0.0.1:0", "OPS_LISTEN": "127.0.0.1:0",
		}
	}
	if code, told := start(t, safe(), "openapi"); code != 0 {
		t.Fatalf("safe settings are refused: %s", told)
	}
	for _, unsafe := range []struct {
		named    string
		settings map[string]string
	}{
		{"SECRET", map[string]string{"SECRET": ""}},
		{"SECRET", map[string]string{"SECRET": "a-secret-that-is-too-short"}},
		{"SECRET", map[string]string{"SECRET": password, "DATABASE_URL": "postgres://shop:" + password + "@db.example/shop?sslmode=verify-full"}},
		{"PUBLIC_URL", map[string]string{"PUBLIC_URL": "http://plain.example"}},
		{"MAIL_URL", map[string]string{"MAIL_URL": ""}},
		{"MAIL_URL", map[string]string{"MAIL_URL": "smtp://shop:word@other.example:25?starttls=off"}},
		{"DATABASE_URL", map[string]string{"REPLICAS": "2"}},
		{"DATABASE_URL", map[string]string{"DATABASE_URL": "postgres://shop:hunter2@db.example/shop?sslmode=disable"}},
		{"CORS_ORIGINS", map[string]string{"CORS_ORIGINS": "*"}},
		{"ADMIN_API_KEY", map[string]string{"ADMIN_API_KEY": "a-key-for-the-first-steps"}},
		{"RATE_LIMITS", map[string]string{"RATE_LIMITS": "off"}},
		{"RATE_LIMIT", map[string]string{"RATE_LIMIT": "on"}}, // no setting at all
	} {
		settings := safe()
		for name, value := range unsafe.settings {
			settings[name] = value
		}
		code, told := start(t, settings, "serve")
		if code == 0 || strings.Count(told, "\n") != 1 || !strings.HasPrefix(told, "CLIENTELE_"+unsafe.named+" is ") {
			t.Errorf("%v: exit code %d: %s", unsafe.settings, code, told)
		}
		for _, value := range unsafe.settings {
			if len(value) > 3 && strings.Contains(told, value) {
				t.Errorf("%v: it tells the value: %s", unsafe.settings, told)
			}
		}
	}
}
