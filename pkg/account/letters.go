package account

import (
	"context"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jobs"
	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// A letter is written down as a job in the transaction that asks for it, and
// composed by the job after the commit. So a rolled-back change sends nothing,
// a crash loses nothing, and the key in a letter exists in clear only while the
// letter is made: a letter that has to be sent again gets a new key.

// confirmLetter carries the key that proves an e-mail address: the pending one
// if there is one, else the customer's.
type confirmLetter struct {
	Customer int64  `json:"customer"`
	Language string `json:"language"`
}

// restoreLetter was asked for by somebody who knows an address; whether it is a
// customer's, the job finds out.
type restoreLetter struct {
	Store    string `json:"store"`
	EmailKey string `json:"email"`
	Language string `json:"language"`
}

type passwordChangedLetter struct {
	Customer int64  `json:"customer"`
	Language string `json:"language"`
}

// emailChangedLetter tells the former address that it is no longer the
// account's.
type emailChangedLetter struct {
	Customer int64  `json:"customer"`
	Former   string `json:"former"`
	Language string `json:"language"`
}

// alreadyRegisteredLetter tells a customer that their address was registered
// with once more, where the answer did not say so (Rules.HideAccounts).
type alreadyRegisteredLetter struct {
	Customer int64  `json:"customer"`
	Language string `json:"language"`
}

// Kind names the job.
func (alreadyRegisteredLetter) Kind() string { return "letter_already_registered" }

// Kind names the job.
func (confirmLetter) Kind() string { return "letter_confirm" }

// Kind names the job.
func (restoreLetter) Kind() string { return "letter_restore" }

// Kind names the job.
func (passwordChangedLetter) Kind() string { return "letter_password_changed" }

// Kind names the job.
func (emailChangedLetter) Kind() string { return "letter_email_changed" }

func (s *Service) handleLetters() {
	jobs.Handle(s.Queue, s.sendConfirm)
	jobs.Handle(s.Queue, s.sendRestore)
	jobs.Handle(s.Queue, s.sendPasswordChanged)
	jobs.Handle(s.Queue, s.sendEmailChanged)
	jobs.Handle(s.Queue, s.sendAlreadyRegistered)
}

func (s *Service) sendConfirm(ctx context.Context, job confirmLetter) error {
	return s.write(ctx, job.Language, func(tx *store.Tx) (*message, error) {
		customer, err := tx.LockCustomer(job.Customer)
		if err != nil || customer.AnonymizedAt != nil {
			return nil, err
		}
		key := &model.OneTimeKey{CustomerID: customer.ID, Purpose: confirmKey}
		to := customer.Email
		switch {
		case customer.PendingEmail != nil:
			if owner, err := tx.CustomerByEmail(customer.Store, *customer.PendingEmailKey); !errors.Is(err, errors.CustomerNotFound) {
				if err != nil {
					return nil, err
				}
				return alreadyRegistered(owner), nil // and that key is never made
			}
			expires := tx.Now.Add(pendingFor)
			key.Purpose, key.EmailKey, key.ExpiresAt, to = emailsKey, *customer.PendingEmailKey, &expires, *customer.PendingEmail
		case customer.EmailKey != nil && !customer.Active():
			key.EmailKey = *customer.EmailKey
		default:
			return nil, nil // proven meanwhile
		}
		secret, err := putKey(tx, key)
		if err != nil {
			return nil, err
		}
		link, err := mail.Link(s.Mail.ConfirmLink, secret)
		return &message{Content: mail.Content{Kind: mail.Confirm, To: to, Link: link}, customer: customer.ID}, err
	})
}

func (s *Service) sendRestore(ctx context.Context, job restoreLetter) error {
	return s.write(ctx, job.Language, func(tx *store.Tx) (*message, error) {
		found, err := tx.CustomerByEmail(job.Store, job.EmailKey)
		if err != nil {
			return nil, err
		}
		// Looked at again under lock: whoever is anonymised at this moment gets no
		// letter and leaves no key.
		customer, err := tx.LockCustomer(found.ID)
		if err != nil {
			return nil, err
		}
		if customer.EmailKey == nil || *customer.EmailKey != job.EmailKey {
			return nil, nil
		}
		expires := tx.Now.Add(restoreFor)
		secret, err := putKey(tx, &model.OneTimeKey{CustomerID: customer.ID, Purpose: restoreKey, EmailKey: job.EmailKey, ExpiresAt: &expires})
		if err != nil {
			return nil, err
		}
		link, err := mail.Link(s.Mail.RestoreLink, secret)
		return &message{Content: mail.Content{Kind: mail.Restore, To: customer.Email, FirstName: name(customer), Link: link, ValidFor: restoreFor}, customer: customer.ID}, err
	})
}

func (s *Service) sendPasswordChanged(ctx context.Context, job passwordChangedLetter) error {
	return s.notify(ctx, job.Customer, job.Language, func(customer *model.Customer) mail.Content {
		return mail.Content{Kind: mail.PasswordChanged, To: customer.Email, FirstName: name(customer)}
	})
}

func (s *Service) sendEmailChanged(ctx context.Context, job emailChangedLetter) error {
	return s.notify(ctx, job.Customer, job.Language, func(customer *model.Customer) mail.Content {
		return mail.Content{Kind: mail.EmailChanged, To: job.Former, FirstName: name(customer)}
	})
}

func (s *Service) sendAlreadyRegistered(ctx context.Context, job alreadyRegisteredLetter) error {
	return s.notify(ctx, job.Customer, job.Language, func(customer *model.Customer) mail.Content {
		return alreadyRegistered(customer).Content
	})
}

func alreadyRegistered(customer *model.Customer) *message {
	return &message{Content: mail.Content{Kind: mail.AlreadyRegistered, To: customer.Email, FirstName: name(customer)}, customer: customer.ID}
}

// notify writes a letter that holds no key; an anonymised customer gets none.
// Every attempt to send it carries one Message-ID, by which a mailbox knows a
// second copy. Letters with keys have a new one each time: the later key is the
// one that works.
func (s *Service) notify(ctx context.Context, id int64, language string, compose func(*model.Customer) mail.Content) error {
	return s.write(ctx, language, func(tx *store.Tx) (*message, error) {
		customer, err := tx.LockCustomer(id)
		if err != nil || customer.AnonymizedAt != nil {
			return nil, err
		}
		made := &message{Content: compose(customer), customer: customer.ID}
		made.ID = jobs.Current(ctx).ID
		return made, nil
	})
}

// write makes a letter inside a transaction and sends it after the commit, or
// captures it in the same one. No content is no letter, and neither is a
// customer who is not there: an address that is nobody's, or a job that was
// emptied when its customer was anonymised.
func (s *Service) write(ctx context.Context, language string, content func(*store.Tx) (*message, error)) error {
	var letter *mail.Letter
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		letter = nil
		made, err := content(tx)
		if errors.Is(err, errors.CustomerNotFound) {
			return nil
		}
		if err != nil || made == nil {
			return err
		}
		made.Shop, made.Language = s.Mail.Shop, language
		composed, err := mail.Compose(made.Content)
		if err != nil {
			return err
		}
		letter = &composed
		if s.Mail.Sender == nil {
			return tx.AddOutboxMessage(&model.OutboxMessage{ID: uuid.NewString(), CustomerID: made.customer, Kind: string(letter.Kind), Recipient: letter.To, Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML})
		}
		return nil
	})
	if err == nil && letter != nil && s.Mail.Sender != nil {
		err = s.Mail.Sender.Send(ctx, *letter)
	}
	if mail.Permanent(err) {
		return jobs.Permanent(err)
	}
	return err
}

// message is a letter's content and whose it is.
type message struct {
	mail.Content
	customer int64
}

func putKey(tx *store.Tx, key *model.OneTimeKey) (secret string, err error) {
	secret, key.Digest = token.NewSecret("")
	return secret, tx.PutKey(key)
}

// name is what a letter greets with: the first name of somebody who has proven
// the address, else nothing. Whoever registers a stranger's address must not
// choose words that we then send there.
func name(customer *model.Customer) string {
	if !customer.Active() || customer.FirstName == nil {
		return ""
	}
	return *customer.FirstName
}
