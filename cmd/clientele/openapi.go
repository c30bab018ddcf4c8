package main

import (
	"github.com/spf13/cobra"

	"github.com/clientelehq/clientele/pkg/app"
)

func openapiCommand(environ []string) *cobra.Command {
	command := &cobra.Command{
		Use:   "openapi",
		Short: "Print the OpenAPI description of the API",
		Long: "Prints the description that a service with these settings answers GET\n" +
			"/openapi.json with. No database is opened.",
		Args: cobra.NoArgs,
	}
	load := configuration(command, environ)
	command.RunE = func(command *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		document, err := app.OpenAPI(config)
		if err != nil {
			return err
		}
		_, err = command.OutOrStdout().Write(document)
		return err
	}
	return command
}
