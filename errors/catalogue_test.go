package errors

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestNoTwoLinesSayTheSame(t *testing.T) {
	seen := map[string]bool{}
	for _, line := range Catalogue() {
		same := line.Code + "|" + line.Key + "|" + line.Detail
		if seen[same] {
			t.Errorf("there twice: %s", same)
		}
		seen[same] = true
	}
}

func TestOneTitleAKeyAndAnAttributeErrorIs901(t *testing.T) {
	titles := map[string]string{}
	for _, line := range Catalogue() {
		if title, known := titles[line.Key]; known && title != line.Title {
			t.Errorf("%s has the titles %q and %q", line.Key, title, line.Title)
		}
		titles[line.Key] = line.Title
		if line.Code == validationCode && line.Status != 422 {
			t.Errorf("%s is an attribute error with status %d", line.Key, line.Status)
		}
	}
}

func TestLinesHaveTheFormOfTheContract(t *testing.T) {
	key := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	code := regexp.MustCompile(`^([0-9]{3,4})?$`)
	for _, line := range Catalogue() {
		if !key.MatchString(line.Key) || !code.MatchString(line.Code) || line.Status < 400 || line.Status > 599 || line.Title == "" || line.Detail == "" || line.Kind < Invalid || line.Kind > Internal {
			t.Errorf("bad form: %+v", line)
		}
	}
}

// The page of an error is where somebody looks who has just met it: it says more
// than the answer did, of this line and no other, in words and names that exist.
func TestEveryLineSaysWhenItComesAndWhatToDo(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, line := range Catalogue() {
		name := fmt.Sprintf("%s %s (%s)", line.Code, line.Key, line.Detail)
		for _, complaint := range complaints(line, string(readme)) {
			t.Errorf("%s %s", name, complaint)
		}
		if other, twice := said[line.Help]; twice {
			t.Errorf("%s has the help of %s", name, other)
		}
		said[line.Help] = name
	}
}

var setting = regexp.MustCompile(`CLIENTELE_[A-Z_]+`)

func complaints(line *Error, readme string) (all []string) {
	if len(strings.Split(line.Help, ". ")) < 2 || !strings.HasSuffix(line.Help, ".") {
		all = append(all, "has no help of two sentences")
	}
	if strings.Contains(line.Help, strings.TrimSuffix(line.Detail, ".")) || line.Reserved != "" && strings.Contains(line.Help, line.Reserved) {
		all = append(all, "has a help that repeats what is said already")
	}
	if strings.Count(line.Help, "`")%2 != 0 {
		all = append(all, "has a backquote without its other half")
	}
	for _, name := range setting.FindAllString(line.Help, -1) {
		if !strings.Contains(readme, "| `"+name+"` |") {
			all = append(all, "names "+name+", which is no setting")
		}
	}
	return all
}

func TestComplaintsAreFoundInALineThatDeservesThem(t *testing.T) {
	bad := &Error{Detail: "Not so.", Reserved: "never sent", Help: "It is Not so, and never sent: see `CLIENTELE_NOTHING"}
	if got := complaints(bad, ""); len(got) != 4 {
		t.Errorf("found %q", got)
	}
}

// Every code of the contract has a line: 400 to 425, 001 to 005, 901, 4401.
func TestEveryCodeOfTheContractIsThere(t *testing.T) {
	there := map[string]bool{}
	for _, line := range Catalogue() {
		there[line.Code] = true
	}
	codes := []string{"001", "002", "003", "004", "005", "901", "4401"}
	for code := 400; code <= 425; code++ {
		codes = append(codes, strconv.Itoa(code))
	}
	for _, code := range codes {
		if !there[code] {
			t.Errorf("no line has code %s", code)
		}
	}
}

// A line that no code returns, and that is not marked as reserved, is a promise
// that is not kept; a reserved line that is returned is a wrong mark.
func TestEveryLineIsUsedOrReserved(t *testing.T) {
	names := declared(t)
	used := usedOutside(t, "..")
	for name, line := range names {
		switch {
		case line.Reserved == "" && !used[name]:
			t.Errorf("errors.%s is in the catalogue and nothing returns it", name)
		case line.Reserved != "" && used[name]:
			t.Errorf("errors.%s is returned although it is reserved: %s", name, line.Reserved)
		}
	}
}

func TestEveryLineIsInTheReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), Page()) {
		t.Error("the table of errors in README.md is not what the catalogue says: run `make readme`")
	}
}

// declared maps the names of the catalogue's variables to its lines, which
// stand in the same order.
func declared(t *testing.T) map[string]*Error {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "catalogue.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR || !group.Lparen.IsValid() {
			continue
		}
		for _, spec := range group.Specs {
			names = append(names, spec.(*ast.ValueSpec).Names[0].Name)
		}
	}
	if len(names) != len(Catalogue()) {
		t.Fatalf("%d variables, %d lines", len(names), len(Catalogue()))
	}
	lines := map[string]*Error{}
	for i, name := range names {
		lines[name] = Catalogue()[i]
	}
	return lines
}

// usedOutside collects the X of every errors.X in code that is no test.
func usedOutside(t *testing.T, root string) map[string]bool {
	t.Helper()
	used := map[string]bool{"InternalError": true} // what List makes of an error that is not of the catalogue
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok {
				if name, ok := selector.X.(*ast.Ident); ok && name.Name == "errors" {
					used[selector.Sel.Name] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}
