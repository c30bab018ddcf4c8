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
		code, detail := line.Code, line.Detail
		if code == "" {
			code = "–"
		}
		if line.Code == validationCode {
			detail = "{field} => " + detail
		}
		detail = "`" + strings.ReplaceAll(detail, "|", `\|`) + "`"
		if line.Reserved != "" {
			detail += " (reserved: " + line.Reserved + ")"
		}
		fmt.Fprintf(&page, "| %s | %d | `%s` | %s |\n", code, line.Status, line.Key, detail)
	}
	return page.String()
}
