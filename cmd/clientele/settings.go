package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clientelehq/clientele/pkg/app"
)

// flagged are the settings that are flags as well: those that people change
// from one start to the next.
var flagged = []string{"DATABASE_URL", "LISTEN", "OPS_LISTEN", "PUBLIC_URL", "ENV", "WIRE"}

func flagOf(setting app.Setting) (name string, isFlag bool) {
	short := strings.TrimPrefix(setting.Name, app.Prefix)
	return strings.ToLower(strings.ReplaceAll(short, "_", "-")), slices.Contains(flagged, short)
}

// configuration gives a command the flags of settings, and returns what reads
// the configuration once the command runs. A flag beats the environment.
func configuration(command *cobra.Command, environ []string) func() (app.Config, error) {
	flags := command.Flags()
	for _, setting := range app.Settings() {
		if name, isFlag := flagOf(setting); isFlag {
			flags.String(name, setting.Default, "sets "+setting.Name)
		}
	}
	return func() (app.Config, error) {
		all := slices.Clone(environ)
		for _, setting := range app.Settings() {
			if name, isFlag := flagOf(setting); isFlag && flags.Changed(name) {
				all = append(all, setting.Name+"="+flags.Lookup(name).Value.String())
			}
		}
		return app.Load(all)
	}
}

// describeSettings lists every setting with its default, for --help.
func describeSettings() string {
	var text strings.Builder
	text.WriteString("Settings are environment variables:\n")
	for _, setting := range app.Settings() {
		fmt.Fprintf(&text, "\n  %s", setting.Name)
		if setting.Default != "" {
			fmt.Fprintf(&text, "=%s", setting.Default)
		}
		fmt.Fprintf(&text, "\n      %s\n", setting.Explanation())
	}
	return text.String()
}
