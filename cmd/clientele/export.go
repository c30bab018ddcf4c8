package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/app"
)

func exportCommand(environ []string) *cobra.Command {
	var options account.ExportOptions
	command := &cobra.Command{
		Use:   "export [FILE]",
		Short: "Export customers as JSON lines",
		Long: `Writes the customers of the store of CLIENTELE_STORE, in order of number, one JSON
object a line: what import reads. Without a file, or with -, it is standard output. A
file gets its name when it is complete, and is its owner's alone.

Customers who were anonymised are left out, and so are orders. Each page of 500 is as
the database was at one moment; customers who come or change meanwhile may be in it.`,
		Args: cobra.MaximumNArgs(1),
	}
	command.Flags().StringVar(&options.After, "after", "", "go on after the customer of this reference")
	command.Flags().BoolVar(&options.PasswordHashes, "with-password-hashes", false, "write the password hashes too")
	command.Flags().BoolVar(&options.PaymentSources, "with-payment-sources", false, "write the payment sources too, with the tokens to pay with")
	load := configuration(command, environ)
	command.RunE = func(command *cobra.Command, args []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		var report account.ExportReport
		export := func(to io.Writer) (err error) {
			report, err = exportTo(command.Context(), config, to, options, command.ErrOrStderr())
			return err
		}
		if len(args) == 1 && args[0] != "-" {
			return writeFile(args[0], export)
		}
		err = export(command.OutOrStdout())
		if err != nil && report.Exported > 0 {
			fmt.Fprintf(command.ErrOrStderr(), "go on with --after %s\n", report.Last)
		}
		return err
	}
	return command
}

// writeFile has a file written that is there as a whole or not at all. Nobody but its
// owner may read it.
func writeFile(path string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func exportTo(ctx context.Context, config app.Config, to io.Writer, options account.ExportOptions, stderr io.Writer) (report account.ExportReport, err error) {
	service, err := app.New(ctx, config)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	pace := &pace{out: stderr, started: time.Now()}
	options.Progress = func(report account.ExportReport) {
		pace.show(report.Exported, "customers", percent(int64(report.Exported), int64(report.Total)))
	}
	report, err = service.Accounts().Export(ctx, to, options)
	fmt.Fprintf(stderr, "%d exported\n", report.Exported)
	return report, err
}
