package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/app"
)

func apikeyCommand(environ []string) *cobra.Command {
	command := &cobra.Command{
		Use:   "apikey",
		Short: "API keys of integrations and back offices",
		Args:  cobra.NoArgs,
		// Something to run makes cobra check Args: a misspelt sub-command would
		// else print the help and succeed.
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(apikeyCreateCommand(environ))
	return command
}

func apikeyCreateCommand(environ []string) *cobra.Command {
	var all []string
	for _, scope := range account.Scopes() {
		all = append(all, string(scope))
	}
	command := &cobra.Command{
		Use:   "create",
		Short: "Make an API key and print it",
		Long: "Makes an API key for the store of the configuration and prints it to standard\n" +
			"output. This is the only time: the database keeps a digest. Requests carry it\n" +
			"as `Authorization: Bearer KEY`.",
		Args: cobra.NoArgs,
	}
	name := command.Flags().String("name", "command line", "who the key is for")
	scopes := command.Flags().StringSlice("scope", all, "what the key may do: "+strings.Join(all, ", "))
	load := configuration(command, environ)
	command.RunE = func(command *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		service, err := app.New(command.Context(), config)
		if err != nil {
			return err
		}
		secret, err := service.Accounts().CreateAPIKey(command.Context(), *name, *scopes)
		if err := errors.Join(err, service.Close()); err != nil {
			return err
		}
		fmt.Fprintln(command.OutOrStdout(), secret)
		return nil
	}
	return command
}
