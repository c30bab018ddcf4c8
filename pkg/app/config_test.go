package app

import (
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var comparePrefixes = cmpopts.EquateComparable(netip.Prefix{})

// safe is an environment that production accepts.
func safe() map[string]string {
	return map[string]string{
		"CLIENTELE_ENV":          "production",
		"CLIENTELE_DATABASE_URL": "postgres://app:pa55@db.example/shop?sslmode=verify-full",
		"CLIENTELE_PUBLIC_URL":   "https://shop.example",
		"CLIENTELE_SECRET":       "an-actual-secret-of-32-characters",
		"CLIENTELE_MAIL_URL":     "smtp://mail.example:587",
	}
}

func environ(variables map[string]string) (list []string) {
	for name, value := range variables {
		list = append(list, name+"="+value)
	}
	return list
}

// faultsOf loads the variables and returns the lines of the error.
func faultsOf(variables map[string]string) []string {
	_, err := Load(environ(variables))
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

func TestNothingSetIsTheDevelopmentConfiguration(t *testing.T) {
	got, err := Load([]string{"HOME=/root", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		DatabaseURL:          "sqlite:clientele.db",
		DatabaseConnections:  16,
		Replicas:             1,
		Listen:               "127.0.0.1:8080",
		OpsListen:            "127.0.0.1:9090",
		PublicURL:            "http://localhost:8080",
		Env:                  "development",
		Secret:               developmentSecret,
		Wire:                 "jsonapi",
		Store:                "DE",
		Registration:         "open",
		EmailChange:          "open",
		Salutations:          []string{"Mr", "Mrs", "Ms", "Dr"},
		Genders:              []string{"Male", "Female"},
		TermsVersion:         "1",
		PasswordMinLength:    7,
		PasswordMaxLength:    128,
		PasswordDenylist:     "common",
		AccessTokenLifetime:  8 * time.Hour,
		RefreshTokenLifetime: 30 * 24 * time.Hour,
		SigningKeyAge:        90 * 24 * time.Hour,
		RefreshGrace:         5 * time.Second,
		SessionLifetime:      90 * 24 * time.Hour,
		RateLimits:           true,
		LoginLimitAccount:    100,
		LoginLimitNetwork:    100,
		LoginLimitTotal:      10000,
		RestoreLimitAddress:  3,
		RestoreLimitNetwork:  10,
		RestoreLimitTotal:    1000,
		RegistrationLimit:    1000,
		AuditRetention:       365 * 24 * time.Hour,
		MailFrom:             "no-reply@localhost",
		ShopName:             "Clientele",
		ConfirmURL:           "http://localhost:8080/account/confirm?token={token}",
		RestoreURL:           "http://localhost:8080/account/restore?token={token}",
		InviteURL:            "http://localhost:8080/account/invite?token={token}",
		BrandColor:           "#18181b",
		StripeURL:            "https://api.stripe.com",
		PaymentTimeout:       3 * time.Second,
		TiendanubeBucket:     400,
		TiendanubeLeak:       20,
		TiendanubeLanguage:   "es",
		DigitalRiverLimit:    250,
		EventRetention:       30 * 24 * time.Hour,
		ErasureGrace:         168 * time.Hour,
		LogLevel:             slog.LevelInfo,
		LogFormat:            "text",
		ShutdownGrace:        20 * time.Second,
	}
	if diff := cmp.Diff(want, got, comparePrefixes); diff != "" {
		t.Error(diff)
	}
}

func TestEverySettingCanBeSet(t *testing.T) {
	denylist := filepath.Join(t.TempDir(), "refused.txt")
	if err := os.WriteFile(denylist, []byte("letmein\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	logo := filepath.Join(t.TempDir(), "logo.svg")
	if err := os.WriteFile(logo, []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Load([]string{
		"CLIENTELE_DATABASE_URL=postgres://app@/shop?host=/run/postgresql",
		"CLIENTELE_DATABASE_CONNECTIONS=4",
		"CLIENTELE_REPLICAS=3",
		"CLIENTELE_LISTEN=:80",
		"CLIENTELE_OPS_LISTEN=[::1]:81",
		"CLIENTELE_PUBLIC_URL=https://shop.example/accounts/",
		"CLIENTELE_TRUSTED_PROXIES=10.0.0.7/8, 192.0.2.1,2001:db8::/32",
		"CLIENTELE_CORS_ORIGINS=https://shop.example, http://localhost:3000",
		"CLIENTELE_CORS_HEADERS=X-Shop-Channel,x-trace",
		"CLIENTELE_ENV=production",
		"CLIENTELE_SECRET=an-actual-secret-of-32-characters",
		"CLIENTELE_ADMIN_API_KEY=",
		"CLIENTELE_WIRE=glue",
		"CLIENTELE_STORE=AT_2",
		"CLIENTELE_REGISTRATION=confirm",
		"CLIENTELE_HIDE_ACCOUNTS=on",
		"CLIENTELE_EMAIL_CHANGE=password",
		"CLIENTELE_REQUIRED_ATTRIBUTES=gender, dateOfBirth",
		"CLIENTELE_SALUTATIONS=Mr,Ms,n/a",
		"CLIENTELE_GENDERS=Female,Male,Diverse",
		"CLIENTELE_TERMS_VERSION=2026-11",
		"CLIENTELE_PASSWORD_MIN_LENGTH=12",
		"CLIENTELE_PASSWORD_MAX_LENGTH=64",
		"CLIENTELE_PASSWORD_CLASSES=on",
		"CLIENTELE_PASSWORD_DENYLIST=" + denylist,
		"CLIENTELE_PASSWORD_CONTEXT=on",
		"CLIENTELE_ACCESS_TOKEN_LIFETIME=15m",
		"CLIENTELE_REFRESH_TOKEN_LIFETIME=24h",
		"CLIENTELE_SIGNING_KEY_AGE=0s",
		"CLIENTELE_REFRESH_GRACE=0s",
		"CLIENTELE_SESSION_LIFETIME=48h",
		"CLIENTELE_RATE_LIMITS=on",
		"CLIENTELE_LOGIN_LIMIT_ACCOUNT=1",
		"CLIENTELE_LOGIN_LIMIT_NETWORK=2",
		"CLIENTELE_LOGIN_LIMIT_TOTAL=3",
		"CLIENTELE_RESTORE_LIMIT_ADDRESS=4",
		"CLIENTELE_RESTORE_LIMIT_NETWORK=5",
		"CLIENTELE_RESTORE_LIMIT_TOTAL=6",
		"CLIENTELE_REGISTRATION_LIMIT=0",
		"CLIENTELE_AUDIT_RETENTION=720h",
		"CLIENTELE_MAIL_URL=smtp://user:word@mail.example:587",
		"CLIENTELE_MAIL_FROM=Shop <shop@{public_host}>",
		"CLIENTELE_SHOP_NAME=The Shop",
		"CLIENTELE_CONFIRM_URL=https://www.shop.example/welcome/{token}",
		"CLIENTELE_RESTORE_URL={public_url}/restore#{token}",
		"CLIENTELE_ERASURE_NOTICE=on",
		"CLIENTELE_ERASURE_GRACE=48h",
		"CLIENTELE_INVITE_URL={public_url}/invite#{token}",
		"CLIENTELE_BRAND_COLOR=#0B6b5e",
		"CLIENTELE_BRAND_LOGO=" + logo,
		"CLIENTELE_TERMS_URL=https://www.shop.example/terms",
		"CLIENTELE_LOGIN_URL=https://www.shop.example/login",
		"CLIENTELE_STRIPE_KEY=rk_live_1",
		"CLIENTELE_STRIPE_URL=https://proxy.shop.example/stripe",
		"CLIENTELE_PAYMENT_TIMEOUT=500ms",
		"CLIENTELE_EVENT_RETENTION=48h",
		"CLIENTELE_DIALECTS=digital-river,medusa",
		"CLIENTELE_TIENDANUBE_BUCKET=40",
		"CLIENTELE_TIENDANUBE_LEAK=2",
		"CLIENTELE_TIENDANUBE_LANGUAGE=pt-BR",
		"CLIENTELE_TIENDANUBE_USER_AGENT=on",
		"CLIENTELE_DIGITAL_RIVER_LIMIT=25",
		"CLIENTELE_LOG_LEVEL=warn",
		"CLIENTELE_LOG_FORMAT=auto",
		"CLIENTELE_SHUTDOWN_DELAY=5s",
		"CLIENTELE_SHUTDOWN_GRACE=1m",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		DatabaseURL:          "postgres://app@/shop?host=/run/postgresql",
		DatabaseConnections:  4,
		Replicas:             3,
		Listen:               ":80",
		OpsListen:            "[::1]:81",
		PublicURL:            "https://shop.example/accounts",
		TrustedProxies:       []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::/32")},
		CORSOrigins:          []string{"https://shop.example", "http://localhost:3000"},
		CORSHeaders:          []string{"X-Shop-Channel", "x-trace"},
		Env:                  "production",
		Secret:               "an-actual-secret-of-32-characters",
		Wire:                 "glue",
		Store:                "AT_2",
		Registration:         "confirm",
		HideAccounts:         true,
		EmailChange:          "password",
		RequiredAttributes:   []string{"gender", "dateOfBirth"},
		Salutations:          []string{"Mr", "Ms", "n/a"},
		Genders:              []string{"Female", "Male", "Diverse"},
		TermsVersion:         "2026-11",
		PasswordMinLength:    12,
		PasswordMaxLength:    64,
		PasswordClasses:      true,
		PasswordContext:      true,
		PasswordDenylist:     denylist,
		AccessTokenLifetime:  15 * time.Minute,
		RefreshTokenLifetime: 24 * time.Hour,
		SessionLifetime:      48 * time.Hour,
		RateLimits:           true,
		LoginLimitAccount:    1,
		LoginLimitNetwork:    2,
		LoginLimitTotal:      3,
		RestoreLimitAddress:  4,
		RestoreLimitNetwork:  5,
		RestoreLimitTotal:    6,
		AuditRetention:       30 * 24 * time.Hour,
		MailURL:              "smtp://user:word@mail.example:587",
		MailFrom:             "Shop <shop@shop.example>",
		ShopName:             "The Shop",
		ConfirmURL:           "https://www.shop.example/welcome/{token}",
		RestoreURL:           "https://shop.example/accounts/restore#{token}",
		ErasureNotice:        true,
		ErasureGrace:         48 * time.Hour,
		InviteURL:            "https://shop.example/accounts/invite#{token}",
		BrandColor:           "#0B6b5e",
		BrandLogo:            logo,
		TermsURL:             "https://www.shop.example/terms",
		LoginURL:             "https://www.shop.example/login",
		StripeKey:            "rk_live_1",
		StripeURL:            "https://proxy.shop.example/stripe",
		PaymentTimeout:       500 * time.Millisecond,
		EventRetention:       48 * time.Hour,
		Dialects:             []string{"digital-river", "medusa"},
		TiendanubeBucket:     40,
		TiendanubeLeak:       2,
		TiendanubeLanguage:   "pt-BR",
		TiendanubeUserAgent:  true,
		DigitalRiverLimit:    25,
		LogLevel:             slog.LevelWarn,
		LogFormat:            "json",
		ShutdownDelay:        5 * time.Second,
		ShutdownGrace:        time.Minute,
	}
	if diff := cmp.Diff(want, got, comparePrefixes); diff != "" {
		t.Error(diff)
	}
}

func TestAllFaultsAreReportedAtOnceInTheOrderOfTheSettings(t *testing.T) {
	got := faultsOf(map[string]string{
		"CLIENTELE_DATABASE_URL":        "mysql://app:hunter2@db/shop",
		"CLIENTELE_DATABASE_CONNECTION": "4",
		"CLIENTELE_LISTEN":              "8080",
		"CLIENTELE_WIRE":                "glu",
		"CLIENTELE_REQUIRED_ATTRIBUTES": "gender,nickname",
		"CLIENTELE_PASSWORD_MIN_LENGTH": "seven",
		"CLIENTELE_RATE_LIMITS":         "true",
	})
	want := []string{
		"CLIENTELE_DATABASE_URL has to be sqlite:PATH, sqlite::memory: or postgres://user:password@host/name",
		"CLIENTELE_LISTEN has to be host:port",
		`CLIENTELE_WIRE has to be one of jsonapi, glue, not "glu"`,
		`CLIENTELE_REQUIRED_ATTRIBUTES has to be one of gender, dateOfBirth, phone, locale, identification, identificationType, customerType, not "nickname"`,
		"CLIENTELE_PASSWORD_MIN_LENGTH has to be a whole number",
		`CLIENTELE_RATE_LIMITS has to be one of on, off, not "true"`,
		"CLIENTELE_DATABASE_CONNECTION is no setting; did you mean CLIENTELE_DATABASE_CONNECTIONS?",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEachFaultNamesItsSettingAlone(t *testing.T) {
	tests := []struct{ setting, value string }{
		{"DATABASE_URL", "sqlite:"},
		{"DATABASE_URL", "clientele.db"},
		{"DATABASE_URL", "postgres://app:%zz@db/shop"},
		{"DATABASE_CONNECTIONS", "1"},
		{"DATABASE_CONNECTIONS", "99999999999"},
		{"REPLICAS", "0"},
		{"LISTEN", "localhost"},
		{"LISTEN", "localhost:http"},
		{"LISTEN", "localhost:65536"},
		{"LISTEN", ""},
		{"OPS_LISTEN", "9090"},
		{"OPS_LISTEN", "127.0.0.1:8080"},
		{"PUBLIC_URL", "shop.example"},
		{"PUBLIC_URL", "ftp://shop.example"},
		{"PUBLIC_URL", "/accounts"},
		{"PUBLIC_URL", "https://"},
		{"PUBLIC_URL", "https://shop.example?a=b"},
		{"PUBLIC_URL", "https://shop.example/?"},
		{"PUBLIC_URL", "https://shop.example/#top"},
		{"PUBLIC_URL", "https://user:word@shop.example"},
		{"TRUSTED_PROXIES", "10.0.0.0/33"},
		{"TRUSTED_PROXIES", "loadbalancer"},
		{"CORS_HEADERS", "X-Shop Channel"},
		{"CORS_HEADERS", "X-Shop\r\nSet-Cookie: a"},
		{"CORS_ORIGINS", "shop.example"},
		{"CORS_ORIGINS", "https://shop.example/"},
		{"CORS_ORIGINS", "https://*.shop.example/a"},
		{"ENV", "prod"},
		{"ENV", ""},
		{"WIRE", "Glue"},
		{"STORE", "de"},
		{"STORE", "A-B"},
		{"STORE", "A23456789012345678901"},
		{"REGISTRATION", "closed"},
		{"HIDE_ACCOUNTS", "on"},
		{"EMAIL_CHANGE", "never"},
		{"REQUIRED_ATTRIBUTES", "email"},
		{"DIALECTS", "shopify"},
		{"TIENDANUBE_BUCKET", "-1"},
		{"TIENDANUBE_LEAK", "0"},
		{"TIENDANUBE_LANGUAGE", "Español"},
		{"TIENDANUBE_USER_AGENT", "yes"},
		{"DIGITAL_RIVER_LIMIT", "many"},
		{"SALUTATIONS", ""},
		{"SALUTATIONS", " , "},
		{"GENDERS", ","},
		{"PASSWORD_MIN_LENGTH", "0"},
		{"PASSWORD_MIN_LENGTH", "129"},
		{"PASSWORD_MAX_LENGTH", "1025"},
		{"PASSWORD_MAX_LENGTH", "many"},
		{"PASSWORD_CLASSES", "yes"},
		{"PASSWORD_DENYLIST", "/no/such/file"},
		{"PASSWORD_DENYLIST", "/"},
		{"PASSWORD_DENYLIST", ""},
		{"ACCESS_TOKEN_LIFETIME", "8"},
		{"ACCESS_TOKEN_LIFETIME", "0s"},
		{"REFRESH_TOKEN_LIFETIME", "30d"},
		{"REFRESH_TOKEN_LIFETIME", "-1h"},
		{"REFRESH_GRACE", "11s"},
		{"REFRESH_GRACE", "-1s"},
		{"SESSION_LIFETIME", "0s"},
		{"SIGNING_KEY_AGE", "90d"},
		{"SIGNING_KEY_AGE", "59m"},
		{"SIGNING_KEY_AGE", "-1h"},
		{"RATE_LIMITS", "no"},
		{"LOGIN_LIMIT_ACCOUNT", "-1"},
		{"LOGIN_LIMIT_NETWORK", "many"},
		{"LOGIN_LIMIT_TOTAL", "1000001"},
		{"RESTORE_LIMIT_ADDRESS", "-1"},
		{"RESTORE_LIMIT_NETWORK", "-1"},
		{"RESTORE_LIMIT_TOTAL", "-1"},
		{"REGISTRATION_LIMIT", "-1"},
		{"AUDIT_RETENTION", "719h"},
		{"EVENT_RETENTION", "47h"},
		{"STRIPE_URL", "api.stripe.com"},
		{"STRIPE_URL", ""},
		{"STRIPE_URL", "https://rk_live_1@api.stripe.com"},
		{"PAYMENT_TIMEOUT", "99ms"},
		{"PAYMENT_TIMEOUT", "8001ms"},
		{"INVITE_URL", "{public_url}/invite"},
		{"MAIL_URL", "mail.example:25"},
		{"MAIL_URL", "smtp://"},
		{"MAIL_URL", "https://mail.example"},
		{"MAIL_URL", "OFF"},
		{"MAIL_TEMPLATES", "/no/such/folder"},
		{"MAIL_TEMPLATES", "."}, // which has other files
		{"MAIL_FROM", "nobody"},
		{"MAIL_FROM", "a@b.example\r\nBcc: c@d.example"},
		{"SHOP_NAME", "two\nlines"},
		{"BRAND_COLOR", "green"},
		{"BRAND_COLOR", "#0b6"},
		{"BRAND_COLOR", "#0b6b5e;}"},
		{"BRAND_LOGO", "/no/such/file"},
		{"BRAND_LOGO", "config_test.go"}, // which is no image
		{"TERMS_URL", "/terms"},
		{"LOGIN_URL", "javascript:alert(1)"},
		{"CONFIRM_URL", "https://shop.example/confirm"},
		{"CONFIRM_URL", "/confirm?token={token}"},
		{"RESTORE_URL", "{public_url}/restore"},
		{"RESTORE_URL", "javascript:alert('{token}')"},
		{"LOG_LEVEL", "loud"},
		{"LOG_LEVEL", "INFO+2"},
		{"LOG_FORMAT", "xml"},
		{"SHUTDOWN_DELAY", "-1s"},
		{"SHUTDOWN_GRACE", "long"},
	}
	for _, test := range tests {
		t.Run(test.setting+"="+test.value, func(t *testing.T) {
			got := faultsOf(map[string]string{Prefix + test.setting: test.value})
			if len(got) != 1 || !strings.HasPrefix(got[0], Prefix+test.setting+" ") {
				t.Errorf("got %q, want one line about %s", got, test.setting)
			}
		})
	}
}

func TestNoFaultTellsASecret(t *testing.T) {
	const secret = "hunter2"
	variables := map[string]string{"CLIENTELE_ENV": "production", "CLIENTELE_SECRETS": secret}
	for _, setting := range Settings() {
		if setting.Secret {
			variables[setting.Name] = "wrong://" + secret + "@%zz"
		}
	}
	got := strings.Join(faultsOf(variables), "\n")
	for _, name := range []string{"CLIENTELE_DATABASE_URL", "CLIENTELE_SECRET", "CLIENTELE_ADMIN_API_KEY", "CLIENTELE_MAIL_URL", "CLIENTELE_SECRETS"} {
		if !strings.Contains(got, name+" ") {
			t.Errorf("%s is not among the faults", name)
		}
	}
	if strings.Contains(got, secret) {
		t.Errorf("a value is among the faults:\n%s", got)
	}
}

func TestProductionAcceptsSafeSettings(t *testing.T) {
	if got := faultsOf(safe()); got != nil {
		t.Error(got)
	}
}

func TestProductionSendsLettersInClearOnItsOwnMachineAlone(t *testing.T) {
	for _, server := range []string{"smtp://localhost?starttls=off", "smtp://127.0.0.1:25?starttls=opportunistic", "smtp://[::1]?starttls=off", "smtps://mail.example", "off"} {
		variables := safe()
		variables["CLIENTELE_MAIL_URL"] = server
		if got := faultsOf(variables); got != nil {
			t.Errorf("%s: %q", server, got)
		}
	}
}

func TestProductionRefusesEachUnsafeSettingByName(t *testing.T) {
	tests := []struct{ setting, value, want string }{
		{"SECRET", "", "it is not set"},
		{"SECRET", "thirty-one characters are few..", "it has fewer than 32 characters"},
		{"SECRET", developmentSecret, "it is the one that development uses"},
		{"PUBLIC_URL", "http://shop.example", "it is not https"},
		{"CONFIRM_URL", "http://shop.example/{token}", "it is not https"},
		{"RESTORE_URL", "http://shop.example/{token}", "it is not https"},
		{"TERMS_URL", "http://shop.example/terms", "it is not https"},
		{"LOGIN_URL", "http://shop.example/login", "it is not https"},
		{"STRIPE_URL", "http://api.stripe.com", "it is not https, and the key goes there"},
		{"MAIL_URL", "", "without it letters are kept for anybody with an API key to read"},
		{"MAIL_URL", "smtp://mail.example?starttls=off", "starttls is not required, to another host; letters hold keys"},
		{"MAIL_URL", "smtp://10.0.0.7:25?starttls=off", "starttls is not required, to another host; letters hold keys"},
		{"MAIL_URL", "smtp://mail.example?starttls=opportunistic", "starttls is not required, to another host; letters hold keys"},
		{"RATE_LIMITS", "off", "passwords could be guessed at leisure"},
		{"ADMIN_API_KEY", "k", "make keys with `clientele apikey create`"},
		{"CORS_ORIGINS", "https://shop.example,*", "any website could call the API; name the origins"},
		{"DATABASE_URL", "postgres://db.example/shop?sslmode=disable", "sslmode=disable to another host; use verify-full"},
		{"DATABASE_URL", "postgresql://db.example/shop?sslmode=allow", "sslmode=disable to another host; use verify-full"},
		{"DATABASE_URL", "postgres://localhost:5432,10.0.0.7:5432/shop?sslmode=disable", "sslmode=disable to another host; use verify-full"},
		{"DATABASE_URL", "postgres:///shop?host=db.example&sslmode=disable", "sslmode=disable to another host; use verify-full"},
	}
	for _, test := range tests {
		t.Run(test.setting+"="+test.value, func(t *testing.T) {
			variables := safe()
			variables[Prefix+test.setting] = test.value
			want := []string{Prefix + test.setting + " is not safe in production: " + test.want}
			if diff := cmp.Diff(want, faultsOf(variables)); diff != "" {
				t.Error(diff)
			}
			maps.DeleteFunc(variables, func(name, _ string) bool { return name == "CLIENTELE_ENV" })
			if got := faultsOf(variables); got != nil {
				t.Errorf("development refuses it: %q", got)
			}
		})
	}
}

func TestProductionRefusesAllUnsafeDefaultsAtOnce(t *testing.T) {
	want := []string{
		"CLIENTELE_PUBLIC_URL is not safe in production: it is not https",
		"CLIENTELE_SECRET is not safe in production: it is not set",
		"CLIENTELE_MAIL_URL is not safe in production: without it letters are kept for anybody with an API key to read",
	}
	if diff := cmp.Diff(want, faultsOf(map[string]string{"CLIENTELE_ENV": "production"})); diff != "" {
		t.Error(diff)
	}
}

func TestProductionReachesADatabaseOnItsOwnMachineWithoutEncryption(t *testing.T) {
	for _, database := range []string{
		"postgres://localhost/shop?sslmode=disable",
		"postgres://127.0.0.1:5432/shop?sslmode=disable",
		"postgres://[::1]:5432/shop?sslmode=disable",
		"postgres:///shop?host=/run/postgresql&sslmode=disable",
		"sqlite:shop.db",
	} {
		variables := safe()
		variables["CLIENTELE_DATABASE_URL"] = database
		if got := faultsOf(variables); got != nil {
			t.Errorf("%s: %q", database, got)
		}
	}
}

func TestProductionHeedsPGSSLMODEWhereTheURLIsSilent(t *testing.T) {
	variables := safe()
	variables["PGSSLMODE"] = "disable"
	if got := faultsOf(variables); got != nil {
		t.Errorf("the URL says verify-full: %q", got)
	}
	variables["CLIENTELE_DATABASE_URL"] = "postgres://db.example/shop"
	if got := faultsOf(variables); len(got) != 1 {
		t.Errorf("got %q, want one line", got)
	}
}

func TestUnknownVariableIsAFaultThatNamesTheNearestSetting(t *testing.T) {
	tests := map[string]string{
		"CLIENTELE_DATABSE_URL":         "CLIENTELE_DATABASE_URL",
		"CLIENTELE_PASSWORD_MINLENGTH":  "CLIENTELE_PASSWORD_MIN_LENGTH",
		"CLIENTELE_RATE_LIMIT":          "CLIENTELE_RATE_LIMITS",
		"CLIENTELE_CORS":                "CLIENTELE_CORS_ORIGINS",
		"CLIENTELE_ACCESS_TOKEN_LIVES":  "CLIENTELE_ACCESS_TOKEN_LIFETIME",
		"CLIENTELE_SHOP_NAMES":          "CLIENTELE_SHOP_NAME",
		"CLIENTELE_LOGLEVEL":            "CLIENTELE_LOG_LEVEL",
		"CLIENTELE_PUBLIC_URI":          "CLIENTELE_PUBLIC_URL",
		"CLIENTELE_REQUIRED_ATTRIBUTE_": "CLIENTELE_REQUIRED_ATTRIBUTES",
	}
	for name, nearest := range tests {
		want := []string{name + " is no setting; did you mean " + nearest + "?"}
		if diff := cmp.Diff(want, faultsOf(map[string]string{name: "x"})); diff != "" {
			t.Error(diff)
		}
	}
}

func TestVariablesThatKubernetesMakesOfAServiceAreNoFault(t *testing.T) {
	got := faultsOf(map[string]string{
		"CLIENTELE_SERVICE_HOST":               "10.0.0.11",
		"CLIENTELE_SERVICE_PORT":               "80",
		"CLIENTELE_SERVICE_PORT_HTTP":          "80",
		"CLIENTELE_PORT":                       "tcp://10.0.0.11:80",
		"CLIENTELE_PORT_80_TCP":                "tcp://10.0.0.11:80",
		"CLIENTELE_PORT_80_TCP_PROTO":          "tcp",
		"CLIENTELE_PORT_80_TCP_PORT":           "80",
		"CLIENTELE_PORT_80_TCP_ADDR":           "10.0.0.11",
		"CLIENTELE_POSTGRES_SERVICE_HOST":      "10.0.0.12",
		"CLIENTELE_POSTGRES_PORT":              "tcp://10.0.0.12:5432",
		"CLIENTELE_POSTGRES_PORT_5432_TCP":     "tcp://10.0.0.12:5432",
		"CLIENTELE_POSTGRES_SERVICE_PORT_PSQL": "5432",
	})
	if got != nil {
		t.Error(got)
	}
	for _, name := range []string{"CLIENTELE_PORT", "CLIENTELE_MAIL_PORT"} {
		if got := faultsOf(map[string]string{name: "8080"}); len(got) != 1 {
			t.Errorf("%s=8080: got %q, want one line", name, got)
		}
	}
}

func TestEmptyOpsListenIsOffAndUnsetIsNot(t *testing.T) {
	for _, test := range []struct {
		environ []string
		want    string
	}{
		{nil, "127.0.0.1:9090"},
		{[]string{"CLIENTELE_OPS_LISTEN="}, ""},
	} {
		config, err := Load(test.environ)
		if err != nil {
			t.Fatal(err)
		}
		if config.OpsListen != test.want {
			t.Errorf("%q: got %q, want %q", test.environ, config.OpsListen, test.want)
		}
	}
}

func TestSettingWithADefaultIsNotSetToNothingByMistake(t *testing.T) {
	want := []string{"CLIENTELE_ENV is set to nothing; leave it out for development"}
	if diff := cmp.Diff(want, faultsOf(map[string]string{"CLIENTELE_ENV": ""})); diff != "" {
		t.Error(diff)
	}
}

func TestLaterOfTwoVariablesWithOneNameCounts(t *testing.T) {
	config, err := Load([]string{"CLIENTELE_STORE=DE", "CLIENTELE_STORE=AT"})
	if err != nil {
		t.Fatal(err)
	}
	if config.Store != "AT" {
		t.Errorf("got %q, want AT", config.Store)
	}
}

func TestEverySettingTellsPeopleWhatItIs(t *testing.T) {
	names := map[string]bool{}
	for _, setting := range Settings() {
		if names[setting.Name] {
			t.Errorf("%s stands there twice", setting.Name)
		}
		names[setting.Name] = true
		if setting.Description == "" || strings.Contains(setting.Description, "\n") {
			t.Errorf("%s: got %q, want one line", setting.Name, setting.Description)
		}
		if setting.Choices != nil && setting.Default != "" && !slices.Contains(setting.Choices, setting.Default) {
			t.Errorf("%s: the default %s is none of the choices", setting.Name, setting.Default)
		}
	}
	for _, name := range []string{"CLIENTELE_DATABASE_URL", "CLIENTELE_MAIL_URL", "CLIENTELE_SECRET", "CLIENTELE_ADMIN_API_KEY", "CLIENTELE_STRIPE_KEY"} {
		if i := slices.IndexFunc(Settings(), func(s Setting) bool { return s.Name == name }); i < 0 || !Settings()[i].Secret {
			t.Errorf("%s is not marked as secret", name)
		}
	}
}

func TestReadmeShowsEverySetting(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), SettingsPage()) {
		t.Error("the table of settings in README.md is not what the configuration says: run `make readme`")
	}
}

func TestGluePresetIsAConfiguration(t *testing.T) {
	got, err := Load(append(variablesIn(t, "../../presets/glue.env", `(?m)^([A-Z_]+)=(.*)$`), "CLIENTELE_STORE=DE"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	want.Wire, want.Registration, want.RequiredAttributes, want.RefreshGrace = "glue", "confirm", []string{"gender"}, 0
	want.PasswordMinLength, want.PasswordMaxLength, want.PasswordClasses = 12, 128, true
	if diff := cmp.Diff(want, got, comparePrefixes); diff != "" {
		t.Error(diff)
	}
}

func TestComposeFileShowsEverySettingWithItsDefault(t *testing.T) {
	const path = "../../docker-compose.yml"
	shown := variablesIn(t, path, `(?m)^      (CLIENTELE_[A-Z_]+):(.*)$`)
	for _, setting := range Settings() {
		if !slices.ContainsFunc(shown, func(variable string) bool { return strings.HasPrefix(variable, setting.Name+"=") }) {
			t.Errorf("%s is not in docker-compose.yml", setting.Name)
		}
	}
	got, err := Load(variablesIn(t, path, `(?m)^      (CLIENTELE_[A-Z_]+): "\$\{CLIENTELE_[A-Z_]+:?-(.*)\}"$`))
	if err != nil {
		t.Fatal(err)
	}
	want, err := Load([]string{
		"CLIENTELE_DATABASE_URL=postgres://clientele:clientele@postgres:5432/clientele?sslmode=disable",
		"CLIENTELE_LISTEN=:8080",
		"CLIENTELE_OPS_LISTEN=:9090",
		"CLIENTELE_MAIL_URL=smtp://mail:1025?starttls=off",
		"CLIENTELE_MAIL_FROM=no-reply@shop.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, comparePrefixes); diff != "" {
		t.Error(diff)
	}
}

// variablesIn returns what pattern finds in a file, as NAME=value; its groups
// are the name and the value.
func variablesIn(t *testing.T, path, pattern string) (variables []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
		variables = append(variables, found[1]+"="+found[2])
	}
	if variables == nil {
		t.Fatalf("%s sets nothing", path)
	}
	return variables
}
