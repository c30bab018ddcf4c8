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
	dialect := command.Flags().String("dialect", "", "print the description of this dialect instead: medusa, tiendanube or digital-river")
	load := configuration(command, environ)
	command.RunE = func(command *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		describe := app.OpenAPI
		if *dialect != "" {
			describe = func(config app.Config) ([]byte, error) { return app.DescribeDialect(config, *dialect) }
		}
		document, err := describe(config)
		if err != nil {
			return err
		}
		_, err = command.OutOrStdout().Write(document)
		return err
	}
	return command
}
