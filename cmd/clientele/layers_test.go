package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/clientelehq/clientele"

// layers says which packages of ours each package may import. Calls go one
// way: from the wire to what the service does, from there to the store, from
// there to the tables. Tests are held to it as well, save that they may use
// the packages made for them.
var layers = map[string][]string{
	"errors":                 {},
	"migrations":             {},
	"pkg/docs":               {"errors"},
	"pkg/brand":              {},
	"pkg/mail":               {"pkg/brand"},
	"pkg/model":              {},
	"pkg/jsonapi":            {"errors"},
	"pkg/openapi":            {},
	"pkg/pages":              {"errors", "pkg/brand"},
	"pkg/payments":           {},
	"pkg/password":           {"errors"},
	"pkg/token":              {"errors"},
	"pkg/webhook":            {},
	"pkg/store":              {"errors", "migrations", "pkg/model"},
	"pkg/jobs":               {"errors", "pkg/store"},
	"pkg/account":            {"errors", "pkg/jobs", "pkg/mail", "pkg/model", "pkg/password", "pkg/payments", "pkg/store", "pkg/token", "pkg/webhook"},
	"pkg/web":                {"errors", "pkg/account", "pkg/jsonapi"},
	"resources":              {"errors", "pkg/account", "pkg/docs", "pkg/jsonapi", "pkg/model", "pkg/openapi", "pkg/pages", "pkg/web"},
	"resources/digitalriver": {"errors", "pkg/account", "pkg/model", "pkg/web"},
	"resources/medusa":       {"errors", "pkg/account", "pkg/model", "pkg/web", "resources/medusa/wire"},
	"resources/medusa/wire":  {"pkg/account", "pkg/model", "pkg/web"},
	"resources/tiendanube":   {"errors", "pkg/account", "pkg/model", "pkg/web"},
	"pkg/app":                {"errors", "pkg/account", "pkg/brand", "pkg/jobs", "pkg/mail", "pkg/model", "pkg/pages", "pkg/password", "pkg/payments", "pkg/store", "pkg/token", "pkg/web", "pkg/webhook", "resources", "resources/digitalriver", "resources/medusa", "resources/tiendanube"},
	"cmd/conformance":        {},                                   // it judges any server, and so knows nothing of this one
	"cmd/faultbench":         {},                                   // it breaks the service from outside, and so knows it by its API alone
	"cmd/clientele":          {"errors", "pkg/account", "pkg/app"}, // account for the words of its use cases: what an import is told and reports
}

// testLayers is the same for the packages that only tests import. They may
// import each other.
var testLayers = map[string][]string{
	"pkg/jsonapi/jsontest":      {},
	"pkg/mail/mailtest":         {},
	"pkg/payments/paymentstest": {"pkg/payments"},
	"pkg/store/storetest":       {"errors", "migrations", "pkg/store"},
	"pkg/apitest":               {"errors", "pkg/app", "pkg/mail", "pkg/password", "pkg/payments", "pkg/webhook"},
}

// keptTo says which packages of ours may import a library.
var keptTo = map[string][]string{
	"gorm.io":                                        {"pkg/store"},
	"github.com/getkin/kin-openapi":                  {"pkg/apitest"}, // which tests alone import
	"github.com/google/jsonapi":                      {"pkg/jsonapi"},
	"github.com/labstack/echo":                       {"pkg/web", "resources", "pkg/app"},
	"github.com/standard-webhooks/standard-webhooks": {"pkg/webhook", "resources"}, // there tests alone, which verify with it
	"github.com/stripe/stripe-go":                    {"pkg/payments"},
	"github.com/wneessen/go-mail":                    {"pkg/mail"},
}

// unsafeMiddleware are the parts of echo with a hole that the newest version
// still has (GHSA-cxf3-9h37-7rr8), by the beginnings of their names.
var unsafeMiddleware = []string{"BodyDump", "Decompress", "Proxy"}

// sourceFile is one Go file of the module, by its path in the repository.
type sourceFile struct {
	path   string
	syntax *ast.File
}

func (f sourceFile) folder() string { return path.Dir(f.path) }
func (f sourceFile) isTest() bool   { return strings.HasSuffix(f.path, "_test.go") }

// imports maps the import paths of the file to the names they go by in it.
func (f sourceFile) imports() map[string]string {
	names := map[string]string{}
	for _, spec := range f.syntax.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		names[imported] = path.Base(imported)
		if spec.Name != nil {
			names[imported] = spec.Name.Name
		}
	}
	return names
}

// violations lists what a file does that it may not.
func violations(f sourceFile) (all []string) {
	complain := func(format string, args ...any) { all = append(all, f.path+" "+fmt.Sprintf(format, args...)) }
	allowed, known := layers[f.folder()]
	inTests := f.isTest()
	if !known {
		allowed, known = testLayers[f.folder()]
		inTests = true
	}
	if !known {
		complain("is in a folder that no table of layers names")
	}
	for imported := range f.imports() {
		ours, isOurs := strings.CutPrefix(imported, module+"/")
		switch {
		case isOurs && ours != f.folder() && !slices.Contains(allowed, ours) && !(inTests && isForTests(ours)):
			complain("imports %s", ours)
		case imported == "errors" && slices.Contains(allowed, "errors"):
			complain("imports the standard errors; ours has all of it")
		case !mayImport(f.folder(), imported):
			complain("imports %s", imported)
		}
	}
	for _, call := range echoMisuse(f) {
		complain("uses %s", call)
	}
	slices.Sort(all)
	return all
}

func isForTests(folder string) bool {
	_, found := testLayers[folder]
	return found
}

func mayImport(folder, imported string) bool {
	for library, keepers := range keptTo {
		if (imported == library || strings.HasPrefix(imported, library+"/")) && !slices.ContainsFunc(keepers, func(keeper string) bool {
			return folder == keeper || strings.HasPrefix(folder, keeper+"/")
		}) {
			return false
		}
	}
	return true
}

// echoMisuse finds the middlewares that must not be used, and Bind: it fills
// a struct from the path and then from the body over it, so that a request can
// be allowed for one id and done to another.
func echoMisuse(f sourceFile) (all []string) {
	var middleware string
	usesEcho := false
	for imported, name := range f.imports() {
		if strings.HasPrefix(imported, "github.com/labstack/echo/") {
			usesEcho = true
			if strings.HasSuffix(imported, "/middleware") {
				middleware = name
			}
		}
	}
	if !usesEcho {
		return nil
	}
	ast.Inspect(f.syntax, func(node ast.Node) bool {
		selected, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name := selected.Sel.Name
		if of, isName := selected.X.(*ast.Ident); isName && of.Name == middleware && slices.ContainsFunc(unsafeMiddleware, func(start string) bool { return strings.HasPrefix(name, start) }) {
			all = append(all, "middleware."+name)
		}
		if name == "Bind" || strings.HasPrefix(name, "BindPath") || name == "BindBody" || name == "DefaultBinder" {
			all = append(all, name)
		}
		return true
	})
	return all
}

// sources parses every Go file of the module.
func sources(t *testing.T) (files []sourceFile) {
	t.Helper()
	const root = "../.."
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		files = append(files, parsed(t, filepath.ToSlash(relative), string(text)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("found %d files: this is not the module", len(files))
	}
	return files
}

func parsed(t *testing.T, path, text string) sourceFile {
	t.Helper()
	syntax, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return sourceFile{path: path, syntax: syntax}
}

func TestEachPackageImportsOnlyTheLayersBelowIt(t *testing.T) {
	for _, file := range sources(t) {
		for _, violation := range violations(file) {
			t.Error(violation)
		}
	}
}

func TestTableOfLayersHasNoCircle(t *testing.T) {
	var visit func(folder string, above []string)
	visit = func(folder string, above []string) {
		if slices.Contains(above, folder) {
			t.Fatalf("%s is above itself: %v", folder, above)
		}
		for _, below := range layers[folder] {
			visit(below, append(slices.Clone(above), folder))
		}
	}
	for folder := range layers {
		visit(folder, nil)
	}
}

func TestTheRulesOfLayersFindWhatBreaksThem(t *testing.T) {
	tests := []struct {
		path, text string
		want       []string
	}{
		{"pkg/account/a.go", `package account; import "` + module + `/pkg/web"`, []string{"imports pkg/web"}},
		{"pkg/model/a.go", `package model; import "` + module + `/errors"`, []string{"imports errors"}},
		{"resources/a.go", `package resources; import "` + module + `/pkg/store"`, []string{"imports pkg/store"}},
		{"pkg/web/a.go", `package web; import "` + module + `/pkg/mail"`, []string{"imports pkg/mail"}},
		{"pkg/web/a.go", `package web; import "` + module + `/pkg/apitest"`, []string{"imports pkg/apitest"}},
		{"pkg/web/a_test.go", `package web; import "` + module + `/pkg/apitest"`, nil},
		{"pkg/web/a_test.go", `package web_test; import "` + module + `/pkg/web"`, nil},
		{"pkg/web/a_test.go", `package web; import "` + module + `/pkg/store"`, []string{"imports pkg/store"}},
		{"pkg/account/a.go", `package account; import "errors"`, []string{"imports the standard errors; ours has all of it"}},
		{"pkg/mail/a.go", `package mail; import "errors"`, nil},
		{"errors/a.go", `package errors; import "errors"`, nil},
		{"pkg/account/a.go", `package account; import "gorm.io/gorm"`, []string{"imports gorm.io/gorm"}},
		{"pkg/store/a_test.go", `package store; import "gorm.io/gorm/clause"`, nil},
		{"resources/a.go", `package resources; import "github.com/google/jsonapi"`, []string{"imports github.com/google/jsonapi"}},
		{"pkg/account/a.go", `package account; import "github.com/labstack/echo/v4"`, []string{"imports github.com/labstack/echo/v4"}},
		{"pkg/new/a.go", `package new`, []string{"is in a folder that no table of layers names"}},
		{"pkg/apitest/a.go", `package apitest; import "` + module + `/pkg/store/storetest"`, nil},
		{"pkg/apitest/a.go", `package apitest; import "` + module + `/pkg/store"`, []string{"imports pkg/store"}},
		{"pkg/web/a.go", `package web; import "github.com/labstack/echo/v4/middleware"; var x = middleware.BodyDumpWithConfig`, []string{"uses middleware.BodyDumpWithConfig"}},
		{"pkg/web/a.go", `package web; import m "github.com/labstack/echo/v4/middleware"; var x, y = m.Decompress(), m.Proxy(nil)`, []string{"uses middleware.Decompress", "uses middleware.Proxy"}},
		{"resources/a.go", `package resources; import "github.com/labstack/echo/v4"; func f(c echo.Context) { c.Bind(nil) }`, []string{"uses Bind"}},
	}
	for _, test := range tests {
		var want []string
		for _, violation := range test.want {
			want = append(want, test.path+" "+violation)
		}
		if diff := cmp.Diff(want, violations(parsed(t, test.path, test.text))); diff != "" {
			t.Errorf("%s\n%s", test.text, diff)
		}
	}
}

// mostDialectLines is how long the package of a dialect may get, tests apart: it
// translates, and what it would need more for belongs below it.
const mostDialectLines = 1200

func TestDialectsStaySmall(t *testing.T) {
	lines := map[string]int{}
	for _, file := range sources(t) {
		if strings.HasPrefix(file.folder(), "resources/") && !file.isTest() {
			text, err := os.ReadFile(filepath.Join("../..", file.path))
			if err != nil {
				t.Fatal(err)
			}
			lines[file.folder()] += strings.Count(string(text), "\n")
		}
	}
	if len(lines) < 3 {
		t.Errorf("of three dialects there are %v", lines)
	}
	for folder, count := range lines {
		if count >= mostDialectLines {
			t.Errorf("%s has %d lines; %d are the most", folder, count, mostDialectLines-1)
		}
	}
}
