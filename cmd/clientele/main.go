// Command clientele serves customer accounts, and looks after their database.
//
// Nothing is decided here: settings are read by pkg/app, which also puts the
// service together. This package is about the command line alone.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// From the first signal on, the next one has its usual effect: who does not
	// want to wait for the end of requests sends two.
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run does what the arguments say. Results go to stdout; progress, logs and
// what a person should know go to stderr. An error means exit code 1; its
// text, which can have several lines, is for the person who typed the command.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) error {
	root := &cobra.Command{
		Use:           "clientele",
		Short:         "Customer accounts for headless commerce",
		Long:          "Clientele keeps the customer accounts of a shop: an HTTP service in the\nmanner of Spryker's Glue API, on SQLite or PostgreSQL.",
		SilenceErrors: true, // main prints them
		SilenceUsage:  true, // a page of usage would hide the error above it
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(
		serveCommand(environ),
		migrateCommand(environ),
		importCommand(environ),
		exportCommand(environ),
		apikeyCommand(environ),
		signingKeysCommand(environ),
		openapiCommand(environ),
		healthcheckCommand(environ),
		versionCommand(),
	)
	return root.ExecuteContext(ctx)
}
