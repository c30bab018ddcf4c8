package account

import (
	"cmp"
	"context"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jobs"
	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// A letter is written down as a job in the transaction that asks for it, and
// composed by the job after the commit. So a rolled-back change sends nothing, a
// crash loses nothing, and the key in a letter exists in clear only while the
// letter is made. It is made from the id of the job (token.Mailed): a letter that
// has to be sent again carries the same, under the same Message-ID.

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

	Asked time.Time `json:"asked"`
}

// invitationLetter carries the key by which a customer without a password sets
// their first.
type invitationLetter struct {
	Customer int64     `json:"customer"`
	Language string    `json:"language"`
	Asked    time.Time `json:"asked"`
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

// accountErasedLetter is the last that a customer gets: what they asked for is done.
// It is all that still knows their address, and is emptied once it is sent, or after
// an hour.
type accountErasedLetter struct {
	Customer int64     `json:"customer"`
	To       string    `json:"to"`
	Language string    `json:"language"`
	Asked    time.Time `json:"asked"`
}

// lastLetterFor is how long the last letter is tried.
const lastLetterFor = time.Hour

// Kind names the job.
func (accountErasedLetter) Kind() string { return "letter_account_erased" }

// Kind names the job.
func (alreadyRegisteredLetter) Kind() string { return "letter_already_registered" }

// Kind names the job.
func (confirmLetter) Kind() string { return "letter_confirm" }

// Kind names the job.
func (invitationLetter) Kind() string { return "letter_invitation" }

// Kind names the job.
func (restoreLetter) Kind() string { return "letter_restore" }

// Kind names the job.
func (passwordChangedLetter) Kind() string { return "letter_password_changed" }

// Kind names the job.
func (emailChangedLetter) Kind() string { return "letter_email_changed" }

func (s *Service) handleLetters() {
	jobs.Handle(s.Queue, s.sendConfirm)
	jobs.Handle(s.Queue, s.sendRestore)
	jobs.Handle(s.Queue, s.sendInvitation)
	jobs.Handle(s.Queue, s.sendPasswordChanged)
	jobs.Handle(s.Queue, s.sendEmailChanged)
	jobs.Handle(s.Queue, s.sendAlreadyRegistered)
	jobs.Handle(s.Queue, s.sendAccountErased)
}

func (s *Service) sendConfirm(ctx context.Context, job confirmLetter) error {
	return s.write(ctx, job.Language, func(tx *store.Tx) (*message, error) {
		customer, err := tx.LockCustomer(job.Customer)
		if err != nil || customer.AnonymizedAt != nil {
			return nil, err
		}
		key := &model.OneTimeKey{CustomerID: customer.ID, Purpose: confirmKey}
		letter := mail.Content{Kind: mail.Confirm, To: customer.Email}
		switch {
		case customer.PendingEmail != nil:
			if owner, err := tx.CustomerByEmail(customer.Store, *customer.PendingEmailKey); !errors.Is(err, errors.CustomerNotFound) {
				if err != nil {
					return nil, err
				}
				return alreadyRegistered(owner), nil // and that key is never made
			}
			expires := tx.Now.Add(pendingFor)
			key.Purpose, key.EmailKey, key.ExpiresAt, letter.To = emailsKey, *customer.PendingEmailKey, &expires, *customer.PendingEmail
		case customer.EmailKey != nil && !customer.Active():
			key.EmailKey = *customer.EmailKey
		default:
			return nil, nil // proven meanwhile
		}
		return s.withKey(ctx, tx, customer, key, ConfirmToken, s.Mail.ConfirmLink, letter)
	})
}

func (s *Service) sendRestore(ctx context.Context, job restoreLetter) error {
	return s.write(ctx, job.Language, func(tx *store.Tx) (*message, error) {
		found, err := whoRestores(tx, job)
		if err != nil || found == nil {
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
		expires := job.Asked.Add(restoreFor)
		key := &model.OneTimeKey{CustomerID: customer.ID, Purpose: restoreKey, EmailKey: job.EmailKey, ExpiresAt: &expires}
		letter := mail.Content{Kind: mail.Restore, To: customer.Email, FirstName: name(customer), Language: spoken(customer, job.Language), ValidFor: restoreFor}
		return s.withKey(ctx, tx, customer, key, PasswordToken, s.Mail.RestoreLink, letter)
	})
}

// whoRestores finds whose password it is: the account's with the address, else, for who
// has no password yet, the latest guest's. It returns nil for one that is nobody's.
func whoRestores(tx *store.Tx, job restoreLetter) (*model.Customer, error) {
	found, err := tx.CustomerByEmail(job.Store, job.EmailKey)
	if !errors.Is(err, errors.CustomerNotFound) {
		return found, err
	}
	guest, err := tx.LatestGuest(job.Store, job.EmailKey)
	if err != nil || guest == nil || !guest.Live() {
		return nil, err
	}
	return guest, nil
}

func (s *Service) sendInvitation(ctx context.Context, job invitationLetter) error {
	return s.write(ctx, job.Language, func(tx *store.Tx) (*message, error) {
		customer, err := tx.LockCustomer(job.Customer)
		if err != nil || !customer.Live() || customer.HasAccount() || customer.EmailKey == nil {
			return nil, err
		}
		expires := job.Asked.Add(inviteFor)
		key := &model.OneTimeKey{CustomerID: customer.ID, Purpose: inviteKey, EmailKey: *customer.EmailKey, ExpiresAt: &expires}
		letter := mail.Content{Kind: mail.Invitation, To: customer.Email, FirstName: name(customer), ValidFor: inviteFor}
		return s.withKey(ctx, tx, customer, key, CustomerInvited, s.Mail.InviteLink, letter)
	})
}

// withKey gives a letter its key, and tells other services of it under the name of
// event. There is no letter when the key was used meanwhile, was replaced by a
// newer one, or would be over when it arrives: another attempt at the same letter
// makes no second key.
func (s *Service) withKey(ctx context.Context, tx *store.Tx, customer *model.Customer, key *model.OneTimeKey, event, link string, letter mail.Content) (*message, error) {
	id := letterID(ctx)
	secret, code, err := token.Mailed(s.Secret, key.Purpose, id)
	if err != nil {
		return nil, err
	}
	if key.ExpiresAt != nil && !key.ExpiresAt.After(tx.Now) {
		s.Logger.WarnContext(ctx, "a letter was dropped, for its key would be over", "kind", letter.Kind, "job", id)
		return nil, nil
	}
	made, err := tx.Event(id)
	if err != nil {
		return nil, err
	}
	key.Digest = token.Digest(secret)
	if made != nil {
		usable, err := tx.FindKey(key.Purpose, key.Digest)
		if err != nil || usable == nil {
			return nil, err
		}
	} else {
		key.CodeDigest = s.codeDigest(key, code)
		if err := tx.PutKey(key); err != nil {
			return nil, err
		}
		if err := s.emitAs(tx, id, customer, event, withProfile(customer, toldKey(key))); err != nil {
			return nil, err
		}
	}
	letter.Code = code
	letter.Link, err = mail.Link(link, secret)
	return &message{Content: letter, customer: customer.ID}, err
}

// letterID is that of the job, and with it of the letter, its key and the event
// that tells of it.
func letterID(ctx context.Context) string { return jobs.Current(ctx).ID }

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

// sendAccountErased never leaves a job that was given up, which would be kept with
// the address in it.
func (s *Service) sendAccountErased(ctx context.Context, job accountErasedLetter) error {
	err := s.write(ctx, job.Language, func(tx *store.Tx) (*message, error) {
		if !tx.Now.Before(job.Asked.Add(lastLetterFor)) {
			return nil, nil
		}
		return &message{Content: mail.Content{Kind: mail.AccountErased, To: job.To}, customer: job.Customer}, nil
	})
	if mail.Permanent(err) {
		s.Logger.WarnContext(ctx, "the letter to an erased customer was refused", "error", err)
		return nil
	}
	return err
}

func alreadyRegistered(customer *model.Customer) *message {
	return &message{Content: mail.Content{Kind: mail.AlreadyRegistered, To: customer.Email, FirstName: name(customer), Language: spoken(customer, "")}, customer: customer.ID}
}

// notify writes a letter that holds no key; an anonymised customer gets none.
func (s *Service) notify(ctx context.Context, id int64, language string, compose func(*model.Customer) mail.Content) error {
	return s.write(ctx, language, func(tx *store.Tx) (*message, error) {
		customer, err := tx.LockCustomer(id)
		if err != nil || customer.AnonymizedAt != nil {
			return nil, err
		}
		return &message{Content: compose(customer), customer: customer.ID}, nil
	})
}

// write makes a letter inside a transaction and sends it after the commit, or
// captures it in the same one. No content is no letter, and neither is a
// customer who is not there: an address that is nobody's, or a job that was
// emptied when its customer was anonymised. Every attempt carries one Message-ID,
// by which a mailbox knows a second copy. language is that of a letter which has none
// of its own yet.
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
		made.ID, made.Shop, made.Language = letterID(ctx), s.Mail.Shop, cmp.Or(made.Language, language)
		made.Color, made.Logo, made.Terms = s.Mail.Color, s.Mail.Logo, s.Mail.Terms
		composed, err := s.Mail.Templates.Compose(made.Content)
		if err != nil {
			return err
		}
		letter = &composed
		if s.Mail.Sender == nil {
			return tx.AddOutboxMessage(&model.OutboxMessage{ID: letter.ID, CustomerID: made.customer, Kind: string(letter.Kind), Recipient: letter.To, Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML})
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

// name is what a letter greets with: the first name of somebody who has proven
// the address, else nothing. Whoever registers a stranger's address must not
// choose words that we then send there.
func name(customer *model.Customer) string {
	if !customer.Active() || customer.FirstName == nil {
		return ""
	}
	return *customer.FirstName
}
