package main

import (
	"github.com/spf13/cobra"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/app"
)

func serveCommand(environ []string) *cobra.Command {
	command := &cobra.Command{
		Use:   "serve",
		Short: "Bring the database up to date, then serve",
		Long: "Brings the database up to date, then serves until it is told to stop (SIGTERM\n" +
			"or Ctrl-C; a second one stops without waiting for requests under way).\n\n" + describeSettings(),
		Args: cobra.NoArgs,
	}
	load := configuration(command, environ)
	command.RunE = func(command *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		setUpRuntime()
		service, err := app.New(command.Context(), config)
		if err != nil {
			return err
		}
		return errors.Join(service.Serve(command.Context()), service.Close())
	}
	return command
}
