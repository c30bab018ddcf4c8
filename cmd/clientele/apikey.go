package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

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
	command.AddCommand(
		apikeyCreateCommand(environ),
		accountsCommand(environ, &cobra.Command{
			Use:   "list",
			Short: "List the API keys of all stores",
			Args:  cobra.NoArgs,
		}, listAPIKeys),
		accountsCommand(environ, &cobra.Command{
			Use:   "revoke ID",
			Short: "End an API key, at once and for good",
			Args:  cobra.ExactArgs(1),
		}, revokeAPIKey),
	)
	return command
}

func apikeyCreateCommand(environ []string) *cobra.Command {
	var all, usual []string
	for _, scope := range account.Scopes() {
		all = append(all, string(scope))
		if scope != account.Admin {
			usual = append(usual, string(scope))
		}
	}
	var name string
	var scopes []string
	command := accountsCommand(environ, &cobra.Command{
		Use:   "create",
		Short: "Make an API key and print it",
		Long: "Makes an API key for the store of CLIENTELE_STORE and prints it to standard\n" +
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
	command.Flags().StringSliceVar(&scopes, "scope", usual, "what the key may do: "+strings.Join(all, ", "))
	return command
}

func listAPIKeys(ctx context.Context, accounts *account.Service, _ []string, out io.Writer) error {
	keys, err := accounts.APIKeys(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSTORE\tCREATED\tREVOKED\tNAME\tSCOPES")
	for _, key := range keys {
		revoked := "-"
		if key.RevokedAt != nil {
			revoked = moment(*key.RevokedAt)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%q\t%s\n", key.ID, key.Store, moment(key.CreatedAt), revoked, key.Name, strings.ReplaceAll(key.Scopes, " ", ","))
	}
	return table.Flush()
}

func revokeAPIKey(ctx context.Context, accounts *account.Service, args []string, out io.Writer) error {
	if err := accounts.RevokeAPIKey(ctx, args[0]); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%s is revoked.\n", args[0])
	return err
}
