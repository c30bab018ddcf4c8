package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/app"
)

func importCommand(environ []string) *cobra.Command {
	command := &cobra.Command{
		Use:   "import FILE",
		Short: "Import customers from JSON lines",
		Long: `Imports customers from a file with one JSON object a line; - reads standard
input. The members of an object:

  reference      kept as it is; without one, the next of the store
  email          optional for a guest with a reference
  salutation, firstName, lastName, fullName, gender, dateOfBirth, phone, locale,
  identification, identificationType, customerType
  note, metadata, extra, providerIds
  password       in clear; not held to the rules for new passwords
  passwordHash   argon2id, argon2i, bcrypt or scrypt, in place of password; a
                 customer with neither is a guest
  confirmed      true when the e-mail address is proven
  enabled        false when the customer is blocked
  requestToBeForgotten
                 true when they wish so; it opens no request for erasure
  createdAt      RFC 3339
  termsVersion, termsAcceptedAt
                 the terms that they agreed to, and when: without a time, now
  groups         a list of names; groups that are not there are made
  addresses      a list of objects: address1, zipCode, city, iso2Code, metadata…
                 with isDefaultShipping and isDefaultBilling
  paymentSources a list of objects: provider, sourceType, token, brand, lastFour,
                 expiryMonth, expiryYear, holder, state, metadata, isDefault

Of a list the last that says true is the default, else the first that does not say
false. Orders are not imported: the order service puts them.

A customer who is there already is left alone, so the same file can be imported
again. A bad line is told with its number and left out; the exit code is then 1.
No letters are sent and no events told.`,
		Args: cobra.ExactArgs(1),
	}
	load := configuration(command, environ)
	command.RunE = func(command *cobra.Command, args []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		file, size, err := openInput(command, args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		return importFrom(command.Context(), config, file, size, command.ErrOrStderr())
	}
	return command
}

// openInput opens the file to import. Its size is 0 where nobody knows it.
func openInput(command *cobra.Command, path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(command.InOrStdin()), 0, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	about, err := file.Stat()
	if err != nil || !about.Mode().IsRegular() {
		return file, 0, err
	}
	return file, about.Size(), nil
}

func importFrom(ctx context.Context, config app.Config, from io.Reader, size int64, stderr io.Writer) (err error) {
	service, err := app.New(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	progress := &progress{pace: pace{out: stderr, started: time.Now()}, input: &countingReader{from: from}, size: size}
	report, err := service.Accounts().Import(ctx, progress.input, account.ImportOptions{Progress: progress.show, Bad: progress.bad})
	progress.end(report)
	if err == nil && report.Bad > 0 {
		err = errors.New(fmt.Sprintf("%d of %d lines are bad and were left out", report.Bad, linesOf(report)))
	}
	return err
}

func linesOf(report account.ImportReport) int {
	return report.Imported + report.Present + report.Bad
}

// progress tells a person how an import gets on.
type progress struct {
	pace
	input *countingReader
	size  int64 // of the input in bytes; 0 when nobody knows
}

func (p *progress) show(report account.ImportReport) {
	p.pace.show(linesOf(report), "lines", percent(p.input.read, p.size))
}

func (p *progress) bad(line int, err error) {
	fmt.Fprintf(p.out, "line %d: %v\n", line, err)
}

func (p *progress) end(report account.ImportReport) {
	p.print(linesOf(report), "lines", percent(p.input.read, p.size))
	fmt.Fprintf(p.out, "%d imported, %d there already, %d bad\n", report.Imported, report.Present, report.Bad)
}

// pace tells a person how something gets on, once a second at most.
type pace struct {
	out     io.Writer
	started time.Time
	shown   time.Time
}

func (p *pace) show(count int, what, share string) {
	if now := time.Now(); now.Sub(p.shown) >= time.Second {
		p.shown = now
		p.print(count, what, share)
	}
}

func (p *pace) print(count int, what, share string) {
	fmt.Fprintf(p.out, "%d %s, %.0f a second%s\n", count, what, float64(count)/max(time.Since(p.started).Seconds(), 0.001), share)
}

// percent says how much of a whole is done; nothing when nobody knows the whole.
func percent(part, whole int64) string {
	if whole == 0 {
		return ""
	}
	return fmt.Sprintf(", %d %%", 100*part/whole)
}

// countingReader knows how much was read through it.
type countingReader struct {
	from io.Reader
	read int64 // bytes
}

func (r *countingReader) Read(buffer []byte) (int, error) {
	n, err := r.from.Read(buffer)
	r.read += int64(n)
	return n, err
}
