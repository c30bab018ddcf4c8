package account

import (
	"context"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// importLine is a line on its way into the store.
type importLine struct {
	number   int // from 1
	text     []byte
	newcomer store.Newcomer
	verdict
}

// verdict is what becomes of a line; the zero value is that it is still open.
type verdict struct {
	fault   error // why it is left out
	present bool  // its customer is there already
	stored  bool
}

// storeLines stores lines in one transaction. When one of them cannot be stored, each
// half is done by itself, so that the others are. The error is not the lines'.
func (s *Service) storeLines(ctx context.Context, lines []*importLine) error {
	if len(lines) == 0 {
		return nil
	}
	var verdicts []verdict
	err := s.Store.Write(ctx, func(tx *store.Tx) (err error) {
		verdicts, err = s.storeTogether(tx, lines)
		return err
	})
	switch half := len(lines) / 2; {
	case err == nil:
		for i := range lines {
			lines[i].verdict = verdicts[i]
		}
		return nil
	case !isLinesFault(err):
		return err
	case half == 0:
		lines[0].fault = err
		return nil
	default:
		if err := s.storeLines(ctx, lines[:half]); err != nil {
			return err
		}
		return s.storeLines(ctx, lines[half:])
	}
}

// isLinesFault reports whether it is the line that is at fault, and not the
// database or its reader.
func isLinesFault(err error) bool {
	fault, known := errors.AsType[*errors.Error](err)
	return known && fault.Kind == errors.Invalid
}

// storeTogether stores those of the lines whose customers are not there already.
func (s *Service) storeTogether(tx *store.Tx, lines []*importLine) ([]verdict, error) {
	if err := tx.HoldNumbers(s.Rules.Store); err != nil {
		return nil, err
	}
	there, err := s.whoIsThere(tx, lines)
	if err != nil {
		return nil, err
	}
	verdicts := make([]verdict, len(lines))
	var newcomers []store.Newcomer
	for i, line := range lines {
		verdicts[i] = there.judge(&line.newcomer.Customer)
		if verdicts[i].stored {
			newcomers = append(newcomers, line.newcomer)
		}
	}
	if len(newcomers) == 0 {
		return verdicts, nil
	}
	return verdicts, tx.AddNewcomers(s.Rules.Store, newcomers)
}

// whoIsThere finds out who of the lines is there already.
func (s *Service) whoIsThere(tx *store.Tx, lines []*importLine) (there presence, err error) {
	var references, emailKeys []string
	for _, line := range lines {
		if reference := line.newcomer.Customer.Reference; reference != "" {
			references = append(references, reference)
		}
		if key := line.newcomer.Customer.EmailKey; key != nil {
			emailKeys = append(emailKeys, *key)
		}
	}
	if there.references, err = tx.KnownReferences(references); err != nil {
		return there, err
	}
	there.emails, err = tx.KnownEmails(s.Rules.Store, emailKeys)
	return there, err
}

// presence is who is there, as far as the lines of a batch need to know.
type presence struct {
	references map[string]bool
	emails     map[string]bool // whether it is an account's
}

// judge says what becomes of a line, and counts its customer in. It is there already by
// its reference, or, where it has none, by its address: an account's if it is one.
func (p presence) judge(customer *model.Customer) verdict {
	var key string
	if customer.EmailKey != nil {
		key = *customer.EmailKey
	}
	owned, seen := p.emails[key]
	switch {
	case p.references[customer.Reference], customer.Reference == "" && seen && (owned || !customer.HasAccount()):
		return verdict{present: true}
	case customer.HasAccount() && owned:
		return verdict{fault: errors.EmailTaken}
	}
	if customer.Reference != "" {
		p.references[customer.Reference] = true
	}
	if key != "" {
		p.emails[key] = owned || customer.HasAccount()
	}
	return verdict{stored: true}
}
