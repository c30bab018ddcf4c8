package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clientelehq/clientele/pkg/account"
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
	var name string
	var scopes []string
	command := accountsCommand(environ, &cobra.Command{
		Use:   "create",
		Short: "Make an API key and print it",
		Long: "Makes an API key for the store of the configuration and prints it to standard\n" +
			"output. This is the only time: the database keeps a digest. Requests carry it\n" +
			"as `Authorization: Bearer KEY`.",
		Args: cobra.NoArgs,
	}, func(ctx context.Context, accounts *account.Service, _ []string, out io.Writer) error {
		secret, err := accounts.CreateAPIKey(ctx, name, scopes)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, secret)
		return nil
	})
	command.Flags().StringVar(&name, "name", "command line", "who the key is for")
	command.Flags().StringSliceVar(&scopes, "scope", all, "what the key may do: "+strings.Join(all, ", "))
	return command
}
