package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/clientelehq/clientele/errors"
)

// Prefix stands before the name of every setting in the environment.
const Prefix = "CLIENTELE_"

// Config is every decision an operator can take. Load fills it; `serve --help`
// and the README's table are made from the tags of its fields:
//
//	env      name of the variable, without the prefix
//	default  value when the variable is not set
//	choices  the only values (of each item, where the field is a list)
//	empty    what an empty value means, where the default is not empty itself
//	secret   the value is never shown
//	about    one line for people
//
// The defaults stand in a tag of ours, not in the library's own: that one would
// take the default for a variable that is set to nothing as well.
type Config struct {
	DatabaseURL         string `env:"DATABASE_URL" default:"sqlite:clientele.db" secret:"true" about:"Where everything is kept: sqlite:PATH, sqlite::memory: or postgres://…."`
	DatabaseConnections int    `env:"DATABASE_CONNECTIONS" default:"16" about:"How many connections to PostgreSQL are open at most."`
	Replicas            int    `env:"REPLICAS" default:"1" about:"How many processes serve this one database; more than one need PostgreSQL in production."`

	Listen         string         `env:"LISTEN" default:"127.0.0.1:8080" about:"Address of the API."`
	OpsListen      string         `env:"OPS_LISTEN" default:"127.0.0.1:9090" empty:"off" about:"Address of health checks and profiles."`
	PublicURL      string         `env:"PUBLIC_URL" default:"http://localhost:8080" about:"Base of every link; the Host header is never asked."`
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" about:"Networks whose X-Forwarded-For is believed, such as 10.0.0.0/8; commas between them."`
	CORSOrigins    []string       `env:"CORS_ORIGINS" about:"Origins whose pages may call the API from a browser, such as https://shop.example; commas between them."`
	CORSHeaders    []string       `env:"CORS_HEADERS" about:"Headers that such pages may send besides those that the API knows, such as X-Shop-Channel; commas between them."`

	Env    string `env:"ENV" default:"development" choices:"development,production" about:"Production refuses to start on unsafe settings, and names each."`
	Secret string `env:"SECRET" secret:"true" about:"Seals the signing keys in the database; the same on every replica, 32 characters or more in production (development has one of its own)."`

	// AdminAPIKey is for tests and first steps; real keys are made by `apikey
	// create` and are in no environment.
	AdminAPIKey string `env:"ADMIN_API_KEY" secret:"true" about:"An API key that may do everything; development alone."`

	Wire               string        `env:"WIRE" default:"jsonapi" choices:"jsonapi,glue" about:"Strict JSON:API 1.1, or exactly what Spryker's Glue does."`
	Store              string        `env:"STORE" default:"DE" about:"Name of the store that requests are about that name none: the part before the dashes of a reference, DE--25."`
	Registration       string        `env:"REGISTRATION" default:"open" choices:"open,confirm" about:"Log in at once, or only after the e-mail address is confirmed."`
	HideAccounts       bool          `env:"HIDE_ACCOUNTS" default:"off" choices:"off,on" about:"Answer a registration with an address that has an account like any other, and write to its owner; needs CLIENTELE_REGISTRATION=confirm."`
	ErasureGrace       time.Duration `env:"ERASURE_GRACE" default:"168h" about:"How long a request for erasure by staff waits, in which it can be cancelled, unless it says another time. A customer who deletes their account is erased at once."`
	ErasureNotice      bool          `env:"ERASURE_NOTICE" default:"off" choices:"off,on" about:"Write a last letter to a customer who was erased. Their address is then kept until it is sent, an hour or two at most."`
	EmailChange        string        `env:"EMAIL_CHANGE" default:"open" choices:"open,password" about:"What a customer gives to change their e-mail address: a token alone, or the password as well (currentPassword)."`
	RequiredAttributes []string      `env:"REQUIRED_ATTRIBUTES" choices:"gender,dateOfBirth,phone,locale,identification,identificationType,customerType" about:"Optional attributes that every registration has to give; commas between them."`
	Salutations        []string      `env:"SALUTATIONS" default:"Mr,Mrs,Ms,Dr" about:"The salutations there are."`
	Genders            []string      `env:"GENDERS" default:"Male,Female" about:"The genders there are."`

	TermsVersion string `env:"TERMS_VERSION" default:"1" about:"Version of the terms of service, kept with each consent to them."`

	PasswordMinLength int    `env:"PASSWORD_MIN_LENGTH" default:"7" about:"Fewest characters of a password."`
	PasswordMaxLength int    `env:"PASSWORD_MAX_LENGTH" default:"128" about:"Most characters of a password, up to 1024."`
	PasswordClasses   bool   `env:"PASSWORD_CLASSES" default:"off" choices:"off,on" about:"Demand upper and lower case, a digit and a special character, and nothing else."`
	PasswordDenylist  string `env:"PASSWORD_DENYLIST" default:"common" about:"Refused passwords: common (a list that comes along), off, or the path of a file with one on each line."`
	PasswordContext   bool   `env:"PASSWORD_CONTEXT" default:"off" choices:"off,on" about:"Refuse passwords of little but the names of shop and customer, or one common password repeated."`

	AccessTokenLifetime  time.Duration `env:"ACCESS_TOKEN_LIFETIME" default:"8h" about:"How long an access token lasts."`
	RefreshTokenLifetime time.Duration `env:"REFRESH_TOKEN_LIFETIME" default:"720h" about:"How long a refresh token lasts."`
	RefreshGrace         time.Duration `env:"REFRESH_GRACE" default:"5s" about:"How long a refresh token that was just exchanged is answered with the same next one, for clients that lost the answer; up to 10s. Later its session ends."`
	SessionLifetime      time.Duration `env:"SESSION_LIFETIME" default:"2160h" about:"How long a login lasts at most, however often its tokens are exchanged."`
	SigningKeyAge        time.Duration `env:"SIGNING_KEY_AGE" default:"2160h" about:"How old the key that signs access tokens gets before the next one is made; 0s is never."`

	RateLimits          bool `env:"RATE_LIMITS" default:"on" choices:"on,off" about:"Slow down who tries too often; off lifts all limits below and that of nine failed logins to one name from one network."`
	LoginLimitAccount   int  `env:"LOGIN_LIMIT_ACCOUNT" default:"100" about:"Failed logins to one name in 15 minutes, from networks that its customer has not used before; 0 is no limit."`
	LoginLimitNetwork   int  `env:"LOGIN_LIMIT_NETWORK" default:"100" about:"Failed logins from one network (an IPv4 address, an IPv6 /64) in 15 minutes; 0 is no limit."`
	LoginLimitTotal     int  `env:"LOGIN_LIMIT_TOTAL" default:"10000" about:"Failed logins of all in 15 minutes; then customers log in from networks they have used before, for a minute. 0 is no limit."`
	RestoreLimitAddress int  `env:"RESTORE_LIMIT_ADDRESS" default:"3" about:"Letters that restore a password, to one address in an hour; 0 is no limit."`
	RestoreLimitNetwork int  `env:"RESTORE_LIMIT_NETWORK" default:"10" about:"The same, asked for from one network; 0 is no limit."`
	RestoreLimitTotal   int  `env:"RESTORE_LIMIT_TOTAL" default:"1000" about:"The same, asked for by all; 0 is no limit."`
	RegistrationLimit   int  `env:"REGISTRATION_LIMIT" default:"1000" about:"Registrations from one network in an hour, failed ones too; 0 is no limit."`

	AuditRetention time.Duration `env:"AUDIT_RETENTION" default:"8760h" about:"How long audit events are kept, 720h at least."`

	MailURL       string `env:"MAIL_URL" secret:"true" about:"Mail server, smtp://user:password@host:port; empty keeps letters readable at GET /outbox-messages, off is for shops that send their own."`
	MailFrom      string `env:"MAIL_FROM" default:"no-reply@{public_host}" about:"Sender of letters."`
	MailTemplates string `env:"MAIL_TEMPLATES" about:"Folder of templates that replace the built-in ones of letters, or add a language."`

	ShopName   string `env:"SHOP_NAME" default:"Clientele" about:"What letters and pages call the shop."`
	ConfirmURL string `env:"CONFIRM_URL" default:"{public_url}/account/confirm?token={token}" about:"Link in the letter that confirms an address; {token} becomes the key."`
	RestoreURL string `env:"RESTORE_URL" default:"{public_url}/account/restore?token={token}" about:"Link in the letter that restores a password; {token} becomes the key."`

	InviteURL string `env:"INVITE_URL" default:"{public_url}/account/invite?token={token}" about:"Link in the letter that invites a customer to set a password; {token} becomes the key."`

	BrandColor string `env:"BRAND_COLOR" default:"#18181b" about:"Colour of buttons in letters and on pages, #rrggbb; what is written on it is black or white."`
	BrandLogo  string `env:"BRAND_LOGO" about:"Path of the shop's logo for letters and pages: PNG, JPEG, WebP or SVG (which few mail programs show), up to 256 KiB."`
	TermsURL   string `env:"TERMS_URL" about:"Where the terms of service are. Letters lead there, and who accepts an invitation has to agree; empty asks for no consent."`
	LoginURL   string `env:"LOGIN_URL" about:"Where customers log in: pages lead there when all is done."`

	StripeKey      string        `env:"STRIPE_KEY" secret:"true" about:"API key of Stripe, a restricted one that may read customers and payment methods; empty asks nothing of Stripe."`
	StripeURL      string        `env:"STRIPE_URL" default:"https://api.stripe.com" about:"Where Stripe is asked."`
	PaymentTimeout time.Duration `env:"PAYMENT_TIMEOUT" default:"3s" about:"How long payment providers are waited for, 100ms to 8s."`

	EventRetention time.Duration `env:"EVENT_RETENTION" default:"720h" about:"How long events can be read and replayed, 48h at least."`

	Dialects            []string `env:"DIALECTS" choices:"medusa,tiendanube,digital-river" about:"Other shop systems' customer APIs that are served beside this one, over the same accounts; commas between them."`
	TiendanubeBucket    int      `env:"TIENDANUBE_BUCKET" default:"400" about:"Requests that fit into the bucket of an API key in the Tiendanube dialect; 40 there. 0 is no limit."`
	TiendanubeLeak      int      `env:"TIENDANUBE_LEAK" default:"20" about:"Requests that leak out of that bucket in a second; 2 there."`
	TiendanubeLanguage  string   `env:"TIENDANUBE_LANGUAGE" default:"es" about:"Language of the store that the Tiendanube dialect tells (X-Main-Language)."`
	TiendanubeUserAgent bool     `env:"TIENDANUBE_USER_AGENT" default:"off" choices:"off,on" about:"Refuse requests of the Tiendanube dialect without User-Agent, as is done there."`
	DigitalRiverLimit   int      `env:"DIGITAL_RIVER_LIMIT" default:"250" about:"Requests of an API key in a second in the Digital River dialect; 0 is no limit."`

	LogLevel  slog.Level `env:"LOG_LEVEL" default:"info" choices:"debug,info,warn,error" about:"Least important thing that is logged."`
	LogFormat string     `env:"LOG_FORMAT" default:"auto" choices:"auto,text,json" about:"auto is text in development and json in production."`

	ShutdownDelay time.Duration `env:"SHUTDOWN_DELAY" default:"0s" about:"How long to serve on, already not ready, after being told to stop."`
	ShutdownGrace time.Duration `env:"SHUTDOWN_GRACE" default:"20s" about:"How long requests under way may then take to end."`
}

// Production reports whether real customers are served.
func (c Config) Production() bool { return c.Env == "production" }

// developmentSecret makes `serve` work with nothing set. It is public, so
// production refuses it.
const developmentSecret = "development: everybody knows this secret"

// Setting is what people are told of one field of Config.
type Setting struct {
	Name        string // of the environment variable, prefix and all
	Default     string
	Choices     []string // nil when any value of the right form will do
	Empty       string   // what an empty value means; "" where it means nothing special
	Description string   // one sentence
	List        bool     // several values, with commas between them
	Secret      bool     // the value may hold a password
}

// Settings lists every setting, in the order of Config's fields.
func Settings() []Setting {
	settings := make([]Setting, 0, configType.NumField())
	for i := range configType.NumField() {
		settings = append(settings, settingOf(configType.Field(i)))
	}
	return settings
}

var configType = reflect.TypeFor[Config]()

func settingOf(field reflect.StructField) Setting {
	return Setting{
		Name:        Prefix + field.Tag.Get("env"),
		Default:     field.Tag.Get("default"),
		Choices:     items(field.Tag.Get("choices")),
		Empty:       field.Tag.Get("empty"),
		Description: field.Tag.Get("about"),
		List:        field.Type.Kind() == reflect.Slice,
		Secret:      field.Tag.Get("secret") == "true",
	}
}

// SettingsPage writes the settings as a Markdown table, for the README.
func SettingsPage() string {
	var page strings.Builder
	page.WriteString("| setting | default | |\n|---|---|---|\n")
	for _, setting := range Settings() {
		fmt.Fprintf(&page, "| `%s` | %s | %s |\n", setting.Name, code(setting.Default), setting.Explanation())
	}
	return page.String()
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// Explanation is the description with what there is to choose from.
func (s Setting) Explanation() string {
	text := s.Description
	switch choices := strings.Join(s.Choices, ", ") + "."; {
	case s.List && s.Choices != nil:
		text += " Any of: " + choices
	case s.Choices != nil:
		text += " One of: " + choices
	}
	if s.Empty != "" {
		text += " Empty: " + s.Empty + "."
	}
	return text
}

// Load reads the configuration from environ, whose items have the form
// NAME=value; of two with one name the later counts. Variables without the
// prefix are none of ours, except for PGSSLMODE, which the database driver
// obeys.
//
// The error has one line for each setting at fault, which it names; values of
// secret settings are not in it.
func Load(environ []string) (Config, error) {
	given := env.ToMap(environ)
	faults := faults{}
	values := map[string]string{}
	for _, setting := range Settings() {
		value, isSet := given[setting.Name]
		if !isSet {
			value = setting.Default
		}
		values[setting.Name] = value
		faults.checkForm(setting, value, isSet)
	}
	var config Config
	err := env.ParseWithOptions(&config, env.Options{Environment: values, Prefix: Prefix, FuncMap: parsers})
	faults.addMisfits(err)
	config.derive()
	config.check(faults.add)
	if config.Production() {
		config.checkProduction(given, faults.add)
	}
	return config, faults.err(unknown(given))
}

var parsers = map[reflect.Type]env.ParserFunc{
	reflect.TypeFor[bool]():           func(value string) (any, error) { return value == "on", nil },
	reflect.TypeFor[[]string]():       func(value string) (any, error) { return items(value), nil },
	reflect.TypeFor[[]netip.Prefix](): func(value string) (any, error) { return networks(value) },
}

// items splits a list at its commas; blanks around an item do not count, and
// neither do items of nothing else.
func items(list string) (all []string) {
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}

// networks reads CIDR prefixes; an address alone is a network of one.
func networks(list string) (all []netip.Prefix, err error) {
	for _, item := range items(list) {
		if address, err := netip.ParseAddr(item); err == nil {
			item = fmt.Sprintf("%s/%d", address, address.BitLen())
		}
		network, err := netip.ParsePrefix(item)
		if err != nil {
			return nil, err
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

// derive fills what follows from other settings.
func (c *Config) derive() {
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	filled := strings.NewReplacer("{public_url}", c.PublicURL, "{public_host}", mailHost(c.PublicURL))
	c.ConfirmURL, c.RestoreURL, c.InviteURL = filled.Replace(c.ConfirmURL), filled.Replace(c.RestoreURL), filled.Replace(c.InviteURL)
	c.MailFrom = filled.Replace(c.MailFrom)
	if c.LogFormat == "auto" {
		c.LogFormat = "text"
		if c.Production() {
			c.LogFormat = "json"
		}
	}
	if c.Secret == "" && !c.Production() {
		c.Secret = developmentSecret
	}
}

// mailHost is the domain that letters come from when nobody said. A bare IP
// address is no domain.
func mailHost(publicURL string) string {
	public, err := url.Parse(publicURL)
	if err != nil || public.Hostname() == "" || net.ParseIP(public.Hostname()) != nil {
		return "localhost"
	}
	return public.Hostname()
}

// faults has one text for each setting at fault: the first that was found,
// since the others mostly follow from it.
type faults map[string]string

// add takes the name of a setting without the prefix.
func (f faults) add(setting, text string) {
	if f[Prefix+setting] == "" {
		f[Prefix+setting] = text
	}
}

// checkForm finds what can be said of a value before it is read: nothing where
// something has to be, and none of the choices.
func (f faults) checkForm(setting Setting, value string, isSet bool) {
	name := strings.TrimPrefix(setting.Name, Prefix)
	if isSet && value == "" && setting.Default != "" && setting.Empty == "" {
		f.add(name, fmt.Sprintf("is set to nothing; leave it out for %s", setting.Default))
	}
	if setting.Choices == nil {
		return
	}
	chosen := []string{value}
	if setting.List {
		chosen = items(value)
	}
	for _, choice := range chosen {
		if !slices.Contains(setting.Choices, choice) {
			f.add(name, fmt.Sprintf("has to be one of %s, not %q", strings.Join(setting.Choices, ", "), choice))
		}
	}
}

// addMisfits takes in the values that are not of their field's type. The
// library's own texts are left aside: they speak of Go, and repeat the value.
func (f faults) addMisfits(err error) {
	misfits, _ := errors.AsType[env.AggregateError](err)
	for _, err := range misfits.Errors {
		misfit, ok := errors.AsType[env.ParseError](err)
		if !ok {
			panic(err) // a tag of Config is wrong: no value could mend it
		}
		field, _ := configType.FieldByName(misfit.Name)
		f.add(field.Tag.Get("env"), forms[field.Type])
	}
}

var forms = map[reflect.Type]string{
	reflect.TypeFor[int]():            "has to be a whole number",
	reflect.TypeFor[time.Duration]():  "has to be a duration such as 8h, 90s or 1h30m",
	reflect.TypeFor[slog.Level]():     "has to be the name of a level",
	reflect.TypeFor[[]netip.Prefix](): "has to be a list of networks such as 10.0.0.0/8",
}

// err returns all faults, a line each in the order of the settings, and then
// the other lines; nil when there are none.
func (f faults) err(others []string) error {
	var lines []error
	for _, setting := range Settings() {
		if text := f[setting.Name]; text != "" {
			lines = append(lines, errors.New(setting.Name+" "+text))
		}
	}
	for _, line := range others {
		lines = append(lines, errors.New(line))
	}
	return errors.Join(lines...)
}

// unknown has a line for each variable that has our prefix and is no setting:
// a slip of the pen would otherwise leave a default standing in silence.
func unknown(given map[string]string) (lines []string) {
	for name, value := range given {
		known := slices.ContainsFunc(Settings(), func(setting Setting) bool { return setting.Name == name })
		if known || !strings.HasPrefix(name, Prefix) || isServiceLink(name, value) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s is no setting; did you mean %s?", name, nearest(name)))
	}
	slices.Sort(lines)
	return lines
}

var serviceLink = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// isServiceLink reports variables that Kubernetes puts into every container for
// each of its services: those of one called "clientele" have our prefix. The
// value tells its CLIENTELE_PORT=tcp://… from a CLIENTELE_PORT=80 of somebody
// who meant CLIENTELE_LISTEN.
func isServiceLink(name, value string) bool {
	return serviceLink.MatchString(name) || strings.HasSuffix(name, "_PORT") && strings.Contains(value, "://")
}

// nearest returns the setting that name is the beginning of, else the one whose
// name takes the fewest changes.
func nearest(name string) string {
	for _, setting := range Settings() {
		if strings.HasPrefix(setting.Name, name) {
			return setting.Name
		}
	}
	closest := slices.MinFunc(Settings(), func(a, b Setting) int { return distance(name, a.Name) - distance(name, b.Name) })
	return closest.Name
}

// distance counts the letters to insert, delete or replace to make b of a
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
