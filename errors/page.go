package errors

import (
	"fmt"
	"strings"
)

// Page writes the catalogue as a Markdown table, for people.
func Page() string {
	var page strings.Builder
	page.WriteString("| code | HTTP | `meta.key` | detail |\n|---|---|---|---|\n")
	for _, line := range catalogue {
		code := line.Code
		if code == "" {
			code = "–"
		}
		detail := "`" + strings.ReplaceAll(line.Pattern(), "|", `\|`) + "`"
		if line.Reserved != "" {
			detail += " (reserved: " + line.Reserved + ")"
		}
		fmt.Fprintf(&page, "| %s | %d | `%s` | %s |\n", code, line.Status, line.Key, detail)
	}
	return page.String()
}

// Pattern returns the detail of a line as readers of the catalogue are shown
// it: {field} stands where the name of the attribute will, and the verbs stay.
func (e *Error) Pattern() string {
	if e.Code == validationCode {
		return "{field} => " + e.Detail
	}
	return e.Detail
}
