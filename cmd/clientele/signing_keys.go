package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/app"
)

func signingKeysCommand(environ []string) *cobra.Command {
	command := &cobra.Command{
		Use:   "signing-keys",
		Short: "The keys that sign access tokens",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() }, // as for apikey
	}
	command.AddCommand(
		accountsCommand(environ, &cobra.Command{
			Use:   "list",
			Short: "List the keys, in the order in which they sign",
			Args:  cobra.NoArgs,
		}, listSigningKeys),
		accountsCommand(environ, &cobra.Command{
			Use:   "rotate",
			Short: "Make the next key",
			Long: "Makes the next key, unless one waits for its time already. It is published at\n" +
				"once and signs some minutes later, when whoever verifies tokens knows it. The\n" +
				"key of before goes on verifying until the last token that it has signed is over.",
			Args: cobra.NoArgs,
		}, rotateSigningKey),
		accountsCommand(environ, &cobra.Command{
			Use:   "remove KID",
			Short: "Remove a key that has got into the wrong hands",
			Long: "Removes a key. Every replica refuses its tokens at once, and customers who have\n" +
				"one need their refresh token, or log in again. If it is the key that signs,\n" +
				"another one takes over at once. Other services that verify tokens go on\n" +
				"accepting the old key until they fetch the key set again.",
			Args: cobra.ExactArgs(1),
		}, removeSigningKey),
	)
	return command
}

// accountsCommand makes a command of what it does with the use cases. Its
// results go to out.
func accountsCommand(environ []string, command *cobra.Command, do func(ctx context.Context, accounts *account.Service, args []string, out io.Writer) error) *cobra.Command {
	load := configuration(command, environ)
	command.RunE = func(command *cobra.Command, args []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		service, err := app.New(command.Context(), config)
		if err != nil {
			return err
		}
		return errors.Join(do(command.Context(), service.Accounts(), args, command.OutOrStdout()), service.Close())
	}
	return command
}

func listSigningKeys(ctx context.Context, accounts *account.Service, _ []string, out io.Writer) error {
	keys, err := accounts.SigningKeys(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KID\tSTATE\tCREATED\tSIGNS FROM\tENDS")
	for _, key := range keys {
		ends := "-"
		if !key.EndsAt.IsZero() {
			ends = moment(key.EndsAt)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", key.ID, key.State, moment(key.CreatedAt), moment(key.SignsFrom), ends)
	}
	return table.Flush()
}

func rotateSigningKey(ctx context.Context, accounts *account.Service, _ []string, out io.Writer) error {
	id, signsFrom, err := accounts.RotateSigningKey(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s signs from %s on.\n", id, moment(signsFrom))
	return err
}

func removeSigningKey(ctx context.Context, accounts *account.Service, args []string, out io.Writer) error {
	successor, err := accounts.RemoveSigningKey(ctx, args[0])
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is removed.\n", args[0])
	if successor != "" {
		fmt.Fprintf(out, "%s signs in its place.\n", successor)
	}
	return nil
}

func moment(at time.Time) string { return at.UTC().Format(time.RFC3339) }
