// Package account is what Clientele does: customers register, log in, keep
// their profile and addresses, change, forget and restore passwords, and are
// anonymised. All rules live here; every wire calls the same functions.
//
// A use case checks in this order: the attributes (all faults at once), then
// whether the actor may, then the rules of business (glue.md section 4).
package account

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jobs"
	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/password"
	"github.com/clientelehq/clientele/pkg/payments"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
	"github.com/clientelehq/clientele/pkg/webhook"
)

// Service holds the use cases and what they need. It is made by writing it
// down; Open then makes it ready.
type Service struct {
	Store  *store.Store
	Queue  *jobs.Queue
	Hasher *password.Hasher
	Policy password.Policy
	Tokens *token.Issuer
	Mail   Mail
	Rules  Rules
	Logger *slog.Logger

	Webhooks *webhook.Client // sends to endpoints
	Payments *payments.Group // are asked for saved payment methods

	// Secret seals the signing keys in the database. It has to be the same on
	// every replica and after every restart.
	Secret string
	// AdminKey is an API key with every scope, from the configuration; "" is none.
	AdminKey string

	keys       issuedKeys
	currencies sync.Map // name of a store → knownCurrency
}

// Rules are what shops decide about their accounts.
type Rules struct {
	Store              string   // of requests that name none; see Service.storeOf
	Confirm            bool     // a login needs the e-mail address confirmed first
	Required           []string // attributes of a registration that are optional elsewhere, by their names on the main surface
	Salutations        []string
	Genders            []string
	RefreshFor         time.Duration // life of a refresh token
	SessionFor         time.Duration // life of a session, however often its tokens are exchanged
	RefreshGrace       time.Duration // how long a refresh token that was exchanged is answered as before
	AuditFor           time.Duration // how long audit events are kept, 30 days at least
	EventsFor          time.Duration // how long events are kept, 48 hours at least
	Limits             Limits
	EmailNeedsPassword bool          // a customer who changes their e-mail address gives the password as well
	ErasureGrace       time.Duration // how long a request for erasure waits, unless it says otherwise
	TellErased         bool          // a customer who was erased gets a last letter
	HideAccounts       bool          // no answer tells whether an address has an account; needs Confirm
	KeyAge             time.Duration // how old the newest signing key gets before the next is made; 0 is never
	Terms              string        // version of the terms of service, kept with each consent
	Bearers            bool          // LoginBearer is served, so that keys are needed for longer
}

// Mail is where letters go and what they say of the shop.
type Mail struct {
	Sender      mail.Sender // nil captures letters in the database instead
	Templates   *mail.Templates
	Shop        string
	ConfirmLink string // with {token} in the key's place
	RestoreLink string
	InviteLink  string
	Color       string // of buttons, #rrggbb
	Logo        string // absolute URL of an image; "" is none
	Terms       string // absolute URL of the terms of service; "" is none
}

// Actor is who asks: a visitor, a customer with an access token, or an
// integration with an API key.
type Actor struct {
	Client
	customer *model.Customer
	session  string // that the access token was given out by
	store    string // that the request is about; see Service.storeOf
	scopes   map[Scope]bool
	keyID    string // of the API key
	operator bool   // somebody at the command line
	service  bool   // a job
}

// Client is what is known of the caller apart from credentials.
type Client struct {
	Address   string       // network address, by the proxy rules of the configuration
	Language  language.Tag // of letters and names
	UserAgent string       // as sent, up to 255 code points
	RequestID string
	Store     string // that the client names, "" when it names none
}

// Scope is a permission of an API key.
type Scope string

// The scopes. Write implies read.
const (
	ReadCustomers  Scope = "read_customers"
	WriteCustomers Scope = "write_customers"
	ReadOutbox     Scope = "read_outbox"
	ReadAudit      Scope = "read_audit"
	ReadEvents     Scope = "read_events"
	ReadJobs       Scope = "read_jobs"
	WriteJobs      Scope = "write_jobs"
	ReadWebhooks   Scope = "read_webhooks"
	WriteWebhooks  Scope = "write_webhooks"
	OrderFeed      Scope = "orders" // reads and writes orders of the store
	Admin          Scope = "admin"  // the stores of the installation
)

// Scopes lists all scopes that a key can have.
func Scopes() []Scope {
	return []Scope{ReadCustomers, WriteCustomers, ReadOutbox, ReadAudit, ReadEvents, ReadJobs, WriteJobs, ReadWebhooks, WriteWebhooks, OrderFeed, Admin}
}

// IsVisitor reports whether the actor showed no credential.
func (a Actor) IsVisitor() bool { return a.customer == nil && a.scopes == nil }

// IsCustomer reports whether the actor showed a customer's access token.
func (a Actor) IsCustomer() bool { return a.customer != nil }

// HasKey reports whether the actor showed an API key.
func (a Actor) HasKey() bool { return a.scopes != nil }

// Reference returns the reference of the customer who asks, or "".
func (a Actor) Reference() string {
	if a.customer == nil {
		return ""
	}
	return a.customer.Reference
}

// Key returns the id of the API key that was shown, or "".
func (a Actor) Key() string { return a.keyID }

// May reports whether an API key was shown that has the scope.
func (a Actor) May(scope Scope) bool { return a.scopes[scope] || a.scopes[ImpliedBy(scope)] }

// ImpliedBy returns the scope that has the given one in it, or "".
func ImpliedBy(scope Scope) Scope {
	what, isRead := strings.CutPrefix(string(scope), "read_")
	if write := Scope("write_" + what); isRead && slices.Contains(Scopes(), write) {
		return write
	}
	return ""
}

// Registered returns who asks once a visitor has registered: within the same
// request they go on as that customer. Others stay who they are.
func (a Actor) Registered(customer *model.Customer) Actor {
	if a.IsVisitor() {
		a.customer = customer
	}
	return a
}

// isOwn reports whether reference names the customer who asks: by the
// reference itself, or by the words `me` and `mine`.
func (a Actor) isOwn(reference string) bool {
	return a.customer != nil && (reference == a.customer.Reference || reference == "me" || reference == "mine")
}

// reach returns the customer behind reference when the actor may use it in
// this way. A customer reaches themself alone; anybody else's reference and an
// unknown one get the same refusal, so that nobody learns which exist. A key
// with the scope reaches every customer of the store.
func (s *Service) reach(tx *store.Tx, actor Actor, reference string, scope Scope, refusal *errors.Error) (*model.Customer, error) {
	if actor.isOwn(reference) {
		return actor.customer, nil
	}
	if !actor.HasKey() {
		return nil, refusal
	}
	if !actor.May(scope) {
		return nil, errors.Unauthorized
	}
	return customerOfStore(tx, s.storeOf(actor), reference)
}

// change runs fn on the locked, fresh row of the customer behind reference,
// in one transaction. It answers like reach, and with PreconditionFailed when
// match refuses the row's version.
func (s *Service) change(ctx context.Context, actor Actor, reference string, match Match, fn func(tx *store.Tx, customer *model.Customer) error) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		reached, err := s.reach(tx, actor, reference, WriteCustomers, errors.Unauthorized)
		if err != nil {
			return err
		}
		customer, err := tx.LockCustomer(reached.ID)
		if err != nil {
			return err
		}
		// A token that died while the request was waiting changes nothing.
		if actor.IsCustomer() && (!customer.Live() || customer.CredentialVersion != actor.customer.CredentialVersion) {
			return errors.AccessTokenInvalid.AtHeader("Authorization")
		}
		if match != nil && !match(CustomerVersion(customer)) {
			return errors.PreconditionFailed.AtHeader("If-Match")
		}
		return s.following(tx, customer, func() error { return fn(tx, customer) })
	})
}

// Together makes one change of all that the use cases do which fn calls with the
// context it is given: all of it counts, or, when fn returns an error, nothing. fn
// may be run more than once.
func (s *Service) Together(ctx context.Context, fn func(context.Context) error) error {
	return s.Store.Together(ctx, fn)
}

// customerOfStore finds a customer of a store, or answers CustomerNotFound.
func customerOfStore(tx *store.Tx, storeName, reference string) (*model.Customer, error) {
	customer, err := tx.Customer(reference)
	if err != nil {
		return nil, err
	}
	if customer.Store != storeName {
		return nil, errors.CustomerNotFound
	}
	return customer, nil
}

// Match says whether a caller's precondition (If-Match) accepts a version; nil
// accepts all.
type Match func(version string) bool
