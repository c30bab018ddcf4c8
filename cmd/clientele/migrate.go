package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/clientelehq/clientele/pkg/app"
)

func migrateCommand(environ []string) *cobra.Command {
	command := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database up to date and end",
		Long:  "Brings the database up to date and ends. `serve` does the same when it starts;\nseveral at once wait for each other.",
		Args:  cobra.NoArgs,
	}
	load := configuration(command, environ)
	command.RunE = func(command *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		if err := app.Migrate(command.Context(), config); err != nil {
			return err
		}
		_, err = fmt.Fprintln(command.OutOrStdout(), "The database is up to date.")
		return err
	}
	return command
}
