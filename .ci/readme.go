// Command readme writes the generated parts of the README anew: the tables of
// settings, of the two wires and of errors. Tests hold the README to them.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/app"
	"github.com/clientelehq/clientele/resources"
)

func main() {
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	readme := string(text)
	for name, page := range map[string]string{"settings": app.SettingsPage(), "wires": resources.WiresPage(), "errors": errors.Page()} {
		if readme, err = replace(readme, name, page); err != nil {
			return err
		}
	}
	return os.WriteFile(path, []byte(readme), 0o644)
}

// replace puts page between the two comments that mark its place.
func replace(readme, name, page string) (string, error) {
	start, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	before, rest, opened := strings.Cut(readme, start)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		return "", errors.New("the README has no place for " + name)
	}
	return before + start + page + end + after, nil
}
