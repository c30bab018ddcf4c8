// Package app puts the parts together, once, for the binary and for every
// test: configuration in, a running service out.
package app

import (
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jobs"
	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/pages"
	"github.com/clientelehq/clientele/pkg/password"
	"github.com/clientelehq/clientele/pkg/payments"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
	"github.com/clientelehq/clientele/pkg/web"
	"github.com/clientelehq/clientele/pkg/webhook"
	"github.com/clientelehq/clientele/resources"
)

// requestDeadline bounds the work on one request. It lies above the longest
// wait for a hash and the database's own limit on a statement.
const requestDeadline = 10 * time.Second

// audience names who access tokens are made for.
const audience = "clientele"

// Parts are what tests set and the binary leaves as it is.
type Parts struct {
	Logger *slog.Logger     // nil: as the configuration says, to standard error
	Now    func() time.Time // nil: the machine's clock
	Hasher *password.Hasher // nil: argon2id at its full cost
	Poll   time.Duration    // how often the queue looks for work; 0: its own default
	Retry  time.Duration    // how soon it tries a job again; 0: its own default
	Sender mail.Sender      // nil: as the configuration says

	Webhooks *webhook.Client     // nil: one with the defaults; where it may send, the configuration says
	Payments []payments.Provider // nil: as the configuration says
}

// App is the service, ready to serve.
type App struct {
	config   Config
	logger   *slog.Logger
	store    *store.Store
	queue    *jobs.Queue
	accounts *account.Service
	logo     *pages.Logo
	guests   guests
	echo     *echo.Echo
	draining chan struct{} // closed when the service is told to stop
}

// New opens the database, brings it up to date, and puts the parts together.
// Nothing listens yet. Errors are one line, for the operator.
func New(ctx context.Context, config Config) (*App, error) { return Assemble(ctx, config, Parts{}) }

// Assemble is New with some parts replaced.
func Assemble(ctx context.Context, config Config, parts Parts) (*App, error) {
	a := &App{config: config, logger: parts.Logger, draining: make(chan struct{})}
	if a.logger == nil {
		a.logger = newLogger(config, os.Stderr)
	}
	if parts.Now == nil {
		parts.Now = now
	}
	if err := a.open(ctx, parts); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func (a *App) open(ctx context.Context, parts Parts) (err error) {
	if a.store, err = openStore(ctx, a.config, a.logger, parts.Now); err != nil {
		return err
	}
	if a.queue, err = jobs.New(a.store, jobs.Options{Logger: a.logger, Poll: parts.Poll, FirstRetry: parts.Retry, Queues: map[string]int{account.WebhookQueue: account.MostEndpoints}}); err != nil {
		return err
	}
	if err = migrate(ctx, a.store, a.queue); err != nil {
		return err
	}
	if a.accounts, err = a.newAccounts(parts); err != nil {
		return err
	}
	if a.logo, err = a.config.logo(); err != nil {
		return err
	}
	if err = a.accounts.Open(ctx); err != nil {
		return err
	}
	a.echo = a.newEcho(parts.Now)
	return nil
}

func openStore(ctx context.Context, config Config, logger *slog.Logger, now func() time.Time) (*store.Store, error) {
	return store.Open(ctx, store.Config{URL: config.DatabaseURL, Now: now, Logger: logger, MaxConnections: config.DatabaseConnections})
}

func migrate(ctx context.Context, s *store.Store, q *jobs.Queue) error {
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	return q.Migrate(ctx)
}

// Migrate brings the database up to date and does nothing else.
func Migrate(ctx context.Context, config Config) (err error) {
	logger := newLogger(config, os.Stderr)
	s, err := openStore(ctx, config, logger, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	q, err := jobs.New(s, jobs.Options{Logger: logger})
	if err != nil {
		return err
	}
	return migrate(ctx, s, q)
}

func (a *App) newAccounts(parts Parts) (*account.Service, error) {
	policy, err := newPolicy(a.config)
	if err != nil {
		return nil, err
	}
	sender := parts.Sender
	if sender == nil {
		if sender, err = newSender(a.config); err != nil {
			return nil, err
		}
	}
	templates, err := mail.LoadTemplates(a.config.MailTemplates)
	if err != nil {
		return nil, err
	}
	hasher := parts.Hasher
	if hasher == nil {
		hasher = password.Default()
	}
	webhooks := parts.Webhooks
	if webhooks == nil {
		webhooks = &webhook.Client{}
	}
	webhooks.Insecure = !a.config.Production()
	providers := parts.Payments
	if providers == nil && a.config.StripeKey != "" {
		providers = []payments.Provider{payments.NewStripe(a.config.StripeKey, a.config.StripeURL)}
	}
	return &account.Service{
		Store:  a.store,
		Queue:  a.queue,
		Hasher: hasher,
		Policy: policy,
		Tokens: &token.Issuer{Issuer: a.config.PublicURL, Audience: audience, Lifetime: a.config.AccessTokenLifetime, Now: parts.Now},
		Mail: account.Mail{
			Sender: sender, Templates: templates, Shop: a.config.ShopName, ConfirmLink: a.config.ConfirmURL, RestoreLink: a.config.RestoreURL, InviteLink: a.config.InviteURL,
			Color: a.config.BrandColor, Logo: logoURL(a.config), Terms: a.config.TermsURL,
		},
		Rules: account.Rules{
			Store:              a.config.Store,
			Confirm:            a.config.Registration == "confirm",
			EmailNeedsPassword: a.config.EmailChange == "password",
			ErasureGrace:       a.config.ErasureGrace,
			TellErased:         a.config.ErasureNotice,
			HideAccounts:       a.config.HideAccounts,
			Required:           a.config.RequiredAttributes,
			Salutations:        a.config.Salutations,
			Genders:            a.config.Genders,
			RefreshFor:         a.config.RefreshTokenLifetime,
			SessionFor:         a.config.SessionLifetime,
			RefreshGrace:       a.config.RefreshGrace,
			AuditFor:           a.config.AuditRetention,
			EventsFor:          a.config.EventRetention,
			Limits: account.Limits{
				Off:             !a.config.RateLimits,
				LoginsAccount:   a.config.LoginLimitAccount,
				LoginsNetwork:   a.config.LoginLimitNetwork,
				LoginsTotal:     a.config.LoginLimitTotal,
				RestoresAddress: a.config.RestoreLimitAddress,
				RestoresNetwork: a.config.RestoreLimitNetwork,
				RestoresTotal:   a.config.RestoreLimitTotal,
				Registrations:   a.config.RegistrationLimit,
			},
			KeyAge: a.config.SigningKeyAge,
			Terms:  a.config.TermsVersion,

			Bearers: slices.Contains(a.config.Dialects, "medusa"),
		},
		Webhooks: webhooks,
		Payments: &payments.Group{Providers: providers, Timeout: a.config.PaymentTimeout, Logger: a.logger},
		Logger:   a.logger,
		Secret:   a.config.Secret,
		AdminKey: a.config.AdminAPIKey,
	}, nil
}

// newSender returns nil where letters are kept in the database.
func newSender(config Config) (mail.Sender, error) {
	switch config.MailURL {
	case "":
		return nil, nil
	case "off":
		return mail.Discard{}, nil
	}
	return mail.NewSMTP(config.MailURL, config.MailFrom)
}

// logoURL is where letters find the shop's logo; "" where there is none.
func logoURL(config Config) string {
	if config.BrandLogo == "" {
		return ""
	}
	return config.PublicURL + resources.LogoPath
}

func newPolicy(config Config) (password.Policy, error) {
	policy := password.Policy{MinLength: config.PasswordMinLength, MaxLength: config.PasswordMaxLength, Classes: config.PasswordClasses}
	if config.PasswordContext {
		policy.Context = []string{config.ShopName, mailHost(config.PublicURL)}
	}
	switch config.PasswordDenylist {
	case "off":
	case "common":
		policy.Common = password.CommonPasswords()
	default:
		file, err := os.Open(config.PasswordDenylist)
		if err != nil {
			return policy, err
		}
		defer file.Close()
		if policy.Common, err = password.ReadDenyList(file); err != nil {
			return policy, err
		}
	}
	return policy, nil
}

// capturesLetters reports whether letters are kept for a developer to read.
func (a *App) capturesLetters() bool {
	return !a.config.Production() && a.accounts.Mail.Sender == nil
}

func (a *App) newAPI() *resources.API {
	api := &resources.API{
		Accounts: a.accounts,
		Base:     a.config.PublicURL,
		Wire:     resources.JSONAPI(),
		Genders:  a.config.Genders,
		Headers:  a.config.CORSHeaders,
		Shop:     pages.Shop{Name: a.config.ShopName, Color: a.config.BrandColor, Logo: a.logo, Terms: a.config.TermsURL, Login: a.config.LoginURL, Length: a.config.PasswordMinLength},
		Outbox:   a.capturesLetters(),
	}
	for _, one := range described(a.config) {
		if slices.Contains(a.config.Dialects, one.Name) {
			api.Dialects = append(api.Dialects, one)
		}
	}
	if a.config.Wire == "glue" {
		api.Wire = resources.Glue()
	}
	return api
}

// OpenAPI returns the description of the API as it would be served. No database is
// opened for it.
func OpenAPI(config Config) ([]byte, error) {
	a := &App{config: config, logger: slog.New(slog.DiscardHandler)}
	var err error
	if a.accounts, err = a.newAccounts(Parts{}); err != nil {
		return nil, err
	}
	if a.logo, err = config.logo(); err != nil {
		return nil, err
	}
	return a.OpenAPI()
}

// OpenAPI returns the description of the API as it is served.
func (a *App) OpenAPI() ([]byte, error) { return a.newAPI().OpenAPI() }

func (a *App) newEcho(now func() time.Time) *echo.Echo {
	api := a.newAPI()
	a.guests = a.newGuests(now)
	e := web.New(web.Options{
		Logger:         a.logger,
		Fail:           a.guests.failOr(api.Fail),
		Deadline:       requestDeadline,
		TrustedProxies: a.config.TrustedProxies,
		Origins:        a.config.CORSOrigins,
	})
	api.Mount(e)
	for _, one := range a.guests {
		one.Mount(e)
	}
	return e
}

// Accounts returns the use cases, for the commands beside serve.
func (a *App) Accounts() *account.Service { return a.accounts }

// Close lets the mail server, endpoints of webhooks, payment providers and the database go. It is called once, after
// Serve or instead of it.
func (a *App) Close() error {
	var err error
	if a.accounts != nil {
		a.accounts.Webhooks.Close()
		for _, provider := range a.accounts.Payments.Providers {
			if stripe, ok := provider.(*payments.Stripe); ok {
				stripe.Close()
			}
		}
		if sender, ok := a.accounts.Mail.Sender.(io.Closer); ok {
			err = sender.Close()
		}
	}
	if a.store != nil {
		err = errors.Join(err, a.store.Close())
	}
	return err
}

// newLogger writes for people in development and for machines in production.
func newLogger(config Config, out *os.File) *slog.Logger {
	options := &slog.HandlerOptions{Level: config.LogLevel}
	if strings.EqualFold(config.LogFormat, "json") {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
