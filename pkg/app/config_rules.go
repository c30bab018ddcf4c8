package app

import (
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/brand"
	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/pages"
)

const (
	shortestSecret = 32 // characters, in production
	longestGrace   = 10 * time.Second

	shortestPaymentTimeout = 100 * time.Millisecond
	longestPaymentTimeout  = 8 * time.Second // below requestDeadline

	longestErasureGrace = 90 * 24 * time.Hour // a month by law, and three for good reasons
	shortestEvents      = 48 * time.Hour      // webhooks are tried for a day
	shortestAudit       = 720 * time.Hour     // the database keeps audit events for 29 days whoever asks
)

// check holds each setting to its own rules, wherever the service runs.
func (c Config) check(fault func(setting, text string)) {
	unless := func(right bool, setting, text string) {
		if !right {
			fault(setting, text)
		}
	}
	unless(isDatabase(c.DatabaseURL), "DATABASE_URL", "has to be sqlite:PATH, sqlite::memory: or postgres://user:password@host/name")
	unless(between(c.DatabaseConnections, 2, 1000), "DATABASE_CONNECTIONS", "has to be a number from 2 to 1000")
	unless(between(c.Replicas, 1, 1000), "REPLICAS", "has to be a number from 1 to 1000")
	unless(isAddress(c.Listen), "LISTEN", "has to be host:port")
	unless(c.OpsListen == "" || isAddress(c.OpsListen), "OPS_LISTEN", "has to be host:port, or empty for off")
	unless(c.OpsListen != c.Listen || strings.HasSuffix(c.Listen, ":0"), "OPS_LISTEN", "has to differ from CLIENTELE_LISTEN")
	unless(isLink(c.PublicURL) && !strings.ContainsAny(c.PublicURL, "?#{}"), "PUBLIC_URL", "has to be an absolute http or https URL without a query")
	for _, header := range c.CORSHeaders {
		unless(headerName.MatchString(header), "CORS_HEADERS", "has to be a list of names of headers such as X-Shop-Channel")
	}
	for _, origin := range c.CORSOrigins {
		unless(origin == "*" || isOrigin(origin), "CORS_ORIGINS", "has to be a list of origins such as https://shop.example, without a path")
	}
	unless(account.IsStoreName(c.Store), "STORE", "has to be 1 to 20 of A-Z, 0-9 and _")
	unless(!c.HideAccounts || c.Registration == "confirm", "HIDE_ACCOUNTS", "needs CLIENTELE_REGISTRATION=confirm: whoever can log in at once sees what they have registered")
	unless(isLink(c.StripeURL), "STRIPE_URL", "has to be an absolute http or https URL")
	unless(c.PaymentTimeout >= shortestPaymentTimeout && c.PaymentTimeout <= longestPaymentTimeout, "PAYMENT_TIMEOUT", "has to be 100ms to 8s")
	unless(c.ErasureGrace >= 0 && c.ErasureGrace <= longestErasureGrace, "ERASURE_GRACE", "has to be 0s to 2160h")
	unless(between(c.TiendanubeBucket, 0, 1_000_000), "TIENDANUBE_BUCKET", "has to be a number from 0 to 1000000")
	unless(between(c.TiendanubeLeak, 1, 1_000_000), "TIENDANUBE_LEAK", "has to be a number from 1 to 1000000")
	unless(languageTag.MatchString(c.TiendanubeLanguage), "TIENDANUBE_LANGUAGE", "has to be a language such as es or pt")
	unless(between(c.DigitalRiverLimit, 0, 1_000_000), "DIGITAL_RIVER_LIMIT", "has to be a number from 0 to 1000000")
	unless(len(c.Salutations) > 0, "SALUTATIONS", "has to name one at least")
	unless(len(c.Genders) > 0, "GENDERS", "has to name one at least")
	unless(between(c.PasswordMaxLength, 1, 1024), "PASSWORD_MAX_LENGTH", "has to be a number from 1 to 1024")
	longest := c.PasswordMaxLength
	if !between(longest, 1, 1024) {
		longest = 1024
	}
	unless(between(c.PasswordMinLength, 1, longest), "PASSWORD_MIN_LENGTH", "has to be a number from 1 to CLIENTELE_PASSWORD_MAX_LENGTH")
	unless(c.PasswordDenylist == "common" || c.PasswordDenylist == "off" || isReadable(c.PasswordDenylist), "PASSWORD_DENYLIST", "has to be common, off or the path of a file that can be read")
	unless(c.AccessTokenLifetime >= time.Second, "ACCESS_TOKEN_LIFETIME", "has to be 1s or more")
	unless(c.RefreshTokenLifetime >= time.Second, "REFRESH_TOKEN_LIFETIME", "has to be 1s or more")
	unless(c.RefreshGrace >= 0 && c.RefreshGrace <= longestGrace, "REFRESH_GRACE", "has to be from 0s to 10s")
	unless(c.SessionLifetime >= time.Second, "SESSION_LIFETIME", "has to be 1s or more")
	unless(c.SigningKeyAge == 0 || c.SigningKeyAge >= time.Hour, "SIGNING_KEY_AGE", "has to be 1h or more, or 0s for never")
	for setting, limit := range map[string]int{
		"LOGIN_LIMIT_ACCOUNT": c.LoginLimitAccount, "LOGIN_LIMIT_NETWORK": c.LoginLimitNetwork, "LOGIN_LIMIT_TOTAL": c.LoginLimitTotal,
		"RESTORE_LIMIT_ADDRESS": c.RestoreLimitAddress, "RESTORE_LIMIT_NETWORK": c.RestoreLimitNetwork, "RESTORE_LIMIT_TOTAL": c.RestoreLimitTotal,
		"REGISTRATION_LIMIT": c.RegistrationLimit,
	} {
		unless(between(limit, 0, 1_000_000), setting, "has to be a number from 0 to 1000000")
	}
	unless(c.EventRetention >= shortestEvents, "EVENT_RETENTION", "has to be 48h or more")
	unless(c.AuditRetention >= shortestAudit, "AUDIT_RETENTION", "has to be 720h or more")
	unless(c.MailURL == "" || c.MailURL == "off" || isMailServer(c.MailURL), "MAIL_URL", "has to be smtp://user:password@host:port or smtps://…, off or empty")
	if _, err := mail.LoadTemplates(c.MailTemplates); err != nil {
		fault("MAIL_TEMPLATES", "has to be a folder of templates for letters: "+err.Error())
	}
	unless(isSender(c.MailFrom), "MAIL_FROM", "has to be one e-mail address, with or without a name before it")
	unless(c.ShopName != "" && strings.IndexFunc(c.ShopName, unicode.IsControl) < 0, "SHOP_NAME", "has to be one line of text")
	unless(brand.IsColor(c.BrandColor), "BRAND_COLOR", "has to be a colour such as #0b6b5e")
	if _, err := c.logo(); err != nil {
		fault("BRAND_LOGO", "has to be the path of an image: "+err.Error())
	}
	unless(c.TermsURL == "" || isLink(c.TermsURL), "TERMS_URL", "has to be an absolute http or https URL")
	unless(c.LoginURL == "" || isLink(c.LoginURL), "LOGIN_URL", "has to be an absolute http or https URL")
	for setting, link := range c.letterLinks() {
		unless(isLink(link) && strings.Contains(link, "{token}"), setting, "has to be an absolute http or https URL with {token} in it")
	}
	unless(c.ShutdownDelay >= 0, "SHUTDOWN_DELAY", "has to be 0s or more")
	unless(c.ShutdownGrace >= 0, "SHUTDOWN_GRACE", "has to be 0s or more")
}

// checkProduction refuses what is fine on a desk and dangerous before
// customers. given is the whole environment.
func (c Config) checkProduction(given map[string]string, fault func(setting, text string)) {
	refuse := func(unsafe bool, setting, text string) {
		if unsafe {
			fault(setting, "is not safe in production: "+text)
		}
	}
	refuse(c.Secret == "", "SECRET", "it is not set")
	refuse(utf8.RuneCountInString(c.Secret) < shortestSecret, "SECRET", "it has fewer than "+strconv.Itoa(shortestSecret)+" characters")
	refuse(c.Secret == developmentSecret, "SECRET", "it is the one that development uses")
	refuse(isPasswordIn(c.Secret, c.DatabaseURL) || isPasswordIn(c.Secret, c.MailURL) || c.Secret != "" && c.Secret == c.StripeKey, "SECRET", "it is a password of something else, too")
	refuse(c.AdminAPIKey != "", "ADMIN_API_KEY", "make keys with `clientele apikey create`")
	refuse(!isEncrypted(c.PublicURL), "PUBLIC_URL", "it is not https")
	for setting, link := range c.letterLinks() {
		refuse(!isEncrypted(link), setting, "it is not https")
	}
	refuse(c.TermsURL != "" && !isEncrypted(c.TermsURL), "TERMS_URL", "it is not https")
	refuse(!isEncrypted(c.StripeURL), "STRIPE_URL", "it is not https, and the key goes there")
	refuse(c.LoginURL != "" && !isEncrypted(c.LoginURL), "LOGIN_URL", "it is not https")
	refuse(c.MailURL == "", "MAIL_URL", "without it letters are kept for anybody with an API key to read")
	refuse(isPlainMail(c.MailURL), "MAIL_URL", "starttls is not required, to another host; letters hold keys")
	refuse(!c.RateLimits, "RATE_LIMITS", "passwords could be guessed at leisure")
	refuse(slices.Contains(c.CORSOrigins, "*"), "CORS_ORIGINS", "any website could call the API; name the origins")
	refuse(c.Replicas > 1 && strings.HasPrefix(c.DatabaseURL, "sqlite:"), "DATABASE_URL", "SQLite serves one process, and CLIENTELE_REPLICAS are more; use PostgreSQL")
	refuse(isPlainAcrossNetwork(c.DatabaseURL, given["PGSSLMODE"]), "DATABASE_URL", "sslmode=disable to another host; use verify-full")
}

// letterLinks are the links that letters carry, by their settings. Those below
// the public URL are left out: what is wrong with them is wrong with it.
func (c Config) letterLinks() map[string]string {
	links := map[string]string{"CONFIRM_URL": c.ConfirmURL, "RESTORE_URL": c.RestoreURL, "INVITE_URL": c.InviteURL}
	maps.DeleteFunc(links, func(_, link string) bool {
		return strings.HasPrefix(link, c.PublicURL+"/") && strings.Contains(link, "{token}")
	})
	return links
}

// logo reads the shop's logo; nil where there is none.
func (c Config) logo() (*pages.Logo, error) {
	if c.BrandLogo == "" {
		return nil, nil
	}
	return pages.ReadLogo(c.BrandLogo)
}

func between(number, least, most int) bool { return least <= number && number <= most }

// languageTag is a language with or without a region, as far as shops have any.
var languageTag = regexp.MustCompile("^[a-z]{2,3}(-[A-Z]{2})?$")

// headerName is a token of RFC 9110, 5.6.2.
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func isDatabase(database string) bool {
	if path, isFile := strings.CutPrefix(database, "sqlite:"); isFile {
		return path != ""
	}
	parsed, err := url.Parse(database)
	return err == nil && isPostgres(parsed) && parsed.Opaque == ""
}

func isPostgres(database *url.URL) bool {
	return database.Scheme == "postgres" || database.Scheme == "postgresql"
}

// isPlainAcrossNetwork reports whether the database's URL, or PGSSLMODE where
// that says nothing, lets customers' data leave this machine unencrypted.
// `allow` tries without encryption first.
func isPlainAcrossNetwork(database, mode string) bool {
	parsed, err := url.Parse(database)
	if err != nil || !isPostgres(parsed) {
		return false
	}
	query := parsed.Query()
	if query.Has("sslmode") {
		mode = query.Get("sslmode")
	}
	hosts := parsed.Host
	if query.Has("host") {
		hosts = query.Get("host")
	}
	return (mode == "disable" || mode == "allow") && slices.ContainsFunc(strings.Split(hosts, ","), isRemote)
}

// isPlainMail reports whether letters may leave this machine unencrypted.
func isPlainMail(server string) bool {
	parsed, err := url.Parse(server)
	return err == nil && slices.Contains([]string{"off", "opportunistic"}, parsed.Query().Get("starttls")) && isRemote(parsed.Hostname())
}

// isPasswordIn reports whether a secret is the password of a URL as well: who
// keeps what the URL leads to would know it.
func isPasswordIn(secret, text string) bool {
	parsed, err := url.Parse(text)
	if err != nil {
		return false
	}
	password, _ := parsed.User.Password()
	return secret != "" && secret == password
}

// isRemote reports whether a host, with or without a port, is another machine.
// The path of a socket and nothing at all are this one.
func isRemote(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "" || host == "localhost" || strings.HasPrefix(host, "/") {
		return false
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err != nil || !address.IsLoopback()
}

func isAddress(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	number, err := strconv.Atoi(port)
	return err == nil && between(number, 0, 65535)
}

// isLink reports whether text is an absolute URL that browsers follow.
func isLink(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Hostname() != "" && parsed.User == nil
}

func isEncrypted(link string) bool {
	return strings.HasPrefix(strings.ToLower(link), "https://")
}

// isOrigin reports whether text is what a browser would send as Origin.
func isOrigin(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && isLink(text) && text == parsed.Scheme+"://"+strings.ToLower(parsed.Host)
}

// isMailServer and isSender ask the sender of letters itself; each gives it
// the other's part in a form that is right.
func isMailServer(server string) bool {
	_, err := mail.NewSMTP(server, "somebody@localhost")
	return err == nil
}

func isSender(sender string) bool {
	_, err := mail.NewSMTP("smtp://localhost", sender)
	return err == nil
}

func isReadable(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	about, err := file.Stat()
	return err == nil && about.Mode().IsRegular()
}
