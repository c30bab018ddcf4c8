package resources_test

import (
	"encoding/base64"
	"math"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// almost returns what looks like a secret and is not it.
func almost(secret string) map[string]string {
	letter := strings.LastIndexFunc(secret, func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' })
	middle := len(secret) / 2
	for secret[middle]|0x20 < 'a' || secret[middle]|0x20 > 'z' {
		middle++
	}
	flipped := func(at int) string { return secret[:at] + string(rune(secret[at]^0x20)) + secret[at+1:] }
	return map[string]string{
		"without its end":                   secret[:len(secret)-1],
		"without its beginning":             secret[1:],
		"half":                              secret[:len(secret)/2],
		"with one more":                     secret + "A",
		"with padding":                      secret + "=",
		"with a letter in the middle other": flipped(middle),
		"with its last letter other":        flipped(letter),
		"with bits to spare":                secret[:len(secret)-1] + string(rune(secret[len(secret)-1]+1)),
		"in capitals":                       strings.ToUpper(secret),
		"twice":                             secret + secret,
	}
}

// around adds what is no part of a secret. A header takes blanks away.
func around(secret string) map[string]string {
	return map[string]string{"after a blank": " " + secret, "before a blank": secret + " ", "in quotes": `"` + secret + `"`}
}

// Whatever opens something does it in its own spelling alone: a secret that was
// cut off, added to or changed is as good as any other text, and leaves the right
// one as it was.
func TestSecretsWorkAsIssuedAlone(t *testing.T) {
	t.Parallel()
	const (
		accessRefused  = "001 access_token_invalid Authorization"
		confirmRefused = `423 confirmation_key_invalid "/data/attributes/registrationKey"`
	)
	apitest.Each(t, apitest.Settings{"RATE_LIMITS": "off"}, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("exact@example.com")
		apiKey, err := s.App.Accounts().CreateAPIKey(t.Context(), "exact", []string{"read_customers"})
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			secret, path string
		}{
			"key of the configuration": {apitest.AdminKey, "/customers"},
			"API key":                  {apiKey, "/customers"},
			"access token":             {customer.Token, "/customers/" + customer.Reference},
		} {
			for how, other := range almost(c.secret) {
				if answer := s.Get(c.path, other); answer.Status != 401 {
					t.Errorf("%s %s: %d", name, how, answer.Status)
				} else {
					answer.Fails(401, accessRefused)
				}
			}
			s.Get(c.path, c.secret).Has(200)
		}

		restore := func(key string) *apitest.Answer {
			return s.Patch("/customer-restore-password", "", restoration(key, "Change-456-please"))
		}
		s.Post("/customers", "", apitest.Registration("unconfirmed@example.com")).Has(201)
		forgetful := s.Register("forgetful@example.com")
		s.Forget(forgetful.Email)
		for _, c := range []struct { // in this order: whoever sets a password ends all logins
			name    string
			secret  string
			use     func(string) *apitest.Answer
			status  int
			refused string
			used    int
		}{
			{"refresh token", customer.Refresh, s.Refresh, 401, refreshRefused, 201},
			{"confirmation key", s.MailedKey("unconfirmed@example.com", "confirm"), s.Confirm, 422, confirmRefused, 204},
			{"restore key", s.MailedKey(forgetful.Email, "restore"), restore, 422, invalidRestoreKey, 204},
		} {
			for _, others := range []map[string]string{almost(c.secret), around(c.secret)} {
				for how, other := range others {
					if answer := c.use(other); answer.Status != c.status {
						t.Errorf("%s %s: %d %s", c.name, how, answer.Status, answer.Body)
					} else {
						answer.Fails(c.status, c.refused)
					}
				}
			}
			c.use(c.secret).Has(c.used)
		}
	})
}

// A refresh token in a form, and in the path that ends it, is the same.
func TestRefreshTokensWorkAsIssuedAloneElsewhere(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("form@example.com")
	for how, other := range almost(customer.Refresh) {
		if answer := s.Form("/token", "grant_type=refresh_token&refresh_token="+url.QueryEscape(other)); answer.Status != 400 {
			t.Errorf("%s: %d %s", how, answer.Status, answer.Body)
		}
		s.Delete("/refresh-tokens/"+url.PathEscape(other), customer.Token).Is(204, "")
	}
	next := s.Form("/token", "grant_type=refresh_token&refresh_token="+customer.Refresh).Has(200).Text("refresh_token")
	s.Delete("/refresh-tokens/"+next, customer.Token).Is(204, "")
	s.Refresh(next).Fails(401, refreshRefused)
}

// A cursor is read before anything is asked of the database: what is none is
// the caller's fault, whatever it holds.
func TestForgedCursorsAreRefused(t *testing.T) {
	t.Parallel()
	encoded := base64.RawURLEncoding.EncodeToString
	forged := map[string]string{
		"bare":                 "5",
		"SQL":                  "1' OR '1'='1",
		"padded":               base64.URLEncoding.EncodeToString([]byte("5")),
		"with a line break":    encoded([]byte("5")) + "\n",
		"with a NUL":           encoded([]byte("5")) + "\x00",
		"with bits to spare":   "NR",
		"other alphabet":       "+/8",
		"no UTF-8":             "\xff\xfe",
		"long":                 strings.Repeat("NQ", 2000),
		"SQL within":           encoded([]byte("5) OR 1=1 --")),
		"statement within":     encoded([]byte("5;DROP TABLE customers")),
		"negative":             encoded([]byte("-1")),
		"least":                encoded([]byte(strconv.FormatInt(math.MinInt64, 36))),
		"signed":               encoded([]byte("+5")),
		"with a zero before":   encoded([]byte("05")),
		"blank before":         encoded([]byte(" 5")),
		"upper case":           encoded([]byte("Z")),
		"a fraction":           encoded([]byte("5.0")),
		"underscored":          encoded([]byte("1_0")),
		"a digit of elsewhere": encoded([]byte("٣")),
		"nothing within":       encoded([]byte("\x00")),
		"beyond it":            encoded([]byte("1y2p0ij32e8e8")),
		"far beyond it":        encoded([]byte(strings.Repeat("z", 500))),
		"a list":               encoded([]byte("5,6")),
		"JSON":                 encoded([]byte(`{"number":5}`)),
	}
	s := apitest.New(t, nil)
	s.Register("first@example.com")
	for _, list := range []string{"/customers", "/audit-events"} {
		for name, cursor := range forged {
			for _, edge := range []string{"after", "before"} {
				if answer := s.Get(list+"?page["+edge+"]="+url.QueryEscape(cursor), apitest.AdminKey); answer.Status != 400 {
					t.Errorf("%s %s %s: %d %s", list, edge, name, answer.Status, answer.Body)
				} else {
					answer.Fails(400, "- pagination_invalid page["+edge+"]")
				}
			}
		}
	}
	if log := s.Log.String(); strings.Contains(log, "SELECT") || strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("the database was asked, and complained: %s", log)
	}
}

// The last cursor that can be read leads to an empty page, whose links lead back.
func TestCursorsBeyondTheEndLeadBack(t *testing.T) {
	t.Parallel()
	last := base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(math.MaxInt64, 36)))
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("last@example.com")
		empty := s.Get("/customers?page[after]="+last, apitest.AdminKey).Has(200)
		if empty.At("data.0") != nil {
			t.Errorf("%s", empty.Body)
		}
		s.Get("/customers?page[before]="+last, apitest.AdminKey).Has(200)
		if back := s.Get(strings.TrimPrefix(empty.Text("links.prev"), apitest.Base), apitest.AdminKey); back.Status == 200 && back.Text("data.0.id") != customer.Reference {
			t.Errorf("back: %s", back.Body)
		} else {
			back.Has(200)
		}
	})
}
