package resources_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/pages"
)

const (
	pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	pageType   = "text/html; charset=utf-8"
)

// received is what somebody has from a letter.
type received struct {
	email, key, code string
	path             string // of the link
}

var codeInLetter = regexp.MustCompile(`\b[0-9A-Z]{4}-[0-9A-Z]{4}\b`)

// ask has a letter of a kind sent.
func ask(s *apitest.Service, kind, email string) {
	switch kind {
	case "confirm":
		s.Post("/customers", "", apitest.Registration(email)).Has(http.StatusCreated)
	case "restore":
		s.Register(email)
		s.Forget(email)
	case "invitation":
		s.Post("/customer-invitations", apitest.AdminKey, invitation(guest(s, email))).Is(http.StatusNoContent, "")
	}
}

// receive has a letter of a kind sent, and reads it.
func receive(t *testing.T, s *apitest.Service, kind, email string) received {
	t.Helper()
	ask(s, kind, email)
	letter := s.Letters(email, kind).Text("data.0.attributes.text")
	link := regexp.MustCompile(regexp.QuoteMeta(apitest.Base) + `(/\S+)`).FindStringSubmatch(letter)
	if link == nil {
		t.Fatalf("no link in %s", letter)
	}
	return received{email, s.MailedKey(email, kind), codeInLetter.FindString(letter), link[1]}
}

// byKey and byCode are what a form sends; the passwords where one is set.
func (r received) byKey() url.Values { return withPasswords(url.Values{"token": {r.key}}) }

func (r received) byCode() url.Values {
	return withPasswords(url.Values{"email": {r.email}, "code": {r.code}})
}

func withPasswords(form url.Values) url.Values {
	form.Set("password", anotherPassword)
	form.Set("confirmation", anotherPassword)
	return form
}

// byForm is what the page of a new letter sends.
func (r reader) byForm(kind string) string {
	*r.made++
	email := fmt.Sprintf("form%d@example.com", *r.made)
	ask(r.Service, kind, email)
	return received{key: r.MailedKey(email, kind)}.byKey().Encode()
}

// story is one kind of letter: its page, and what is so once that has done its work.
type story struct {
	letter, path, done, over string
	isDone                   func(s *apitest.Service, email string) bool
}

var stories = []story{
	{"confirm", "/account/confirm", "Your e-mail address is confirmed", "If you have confirmed your e-mail address with it already, all is well", func(s *apitest.Service, email string) bool {
		return s.Get("/customers?filter[email]="+email, apitest.AdminKey).At("data.0.attributes.active") == true
	}},
	{"restore", "/account/restore", "Your new password is set", "If you have set a new password with it already, all is well", logsIn},
	{"invitation", "/account/invite", "Your account is ready", "If you have set your password with it already, all is well", logsIn},
}

func logsIn(s *apitest.Service, email string) bool {
	return s.LogIn(email, anotherPassword).Status == http.StatusCreated
}

// says demands a page with these texts on it.
func says(t *testing.T, answer *apitest.Answer, status int, texts ...string) *apitest.Answer {
	t.Helper()
	if answer.Status != status || answer.Header.Get("Content-Type") != pageType {
		t.Fatalf("%d %s: %s", answer.Status, answer.Header.Get("Content-Type"), answer.Body)
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(answer.Body), text) {
			t.Errorf("no %q in %s", text, answer.Body)
		}
	}
	return answer
}

func TestALinkThatIsOnlyLookedAtUsesNothingUp(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		for _, story := range stories {
			letter := receive(t, s, story.letter, story.letter+"@example.com")
			if !strings.HasPrefix(letter.path, story.path+"?token=") {
				t.Fatalf("the link leads to %s", letter.path)
			}
			before := s.Rows("SELECT * FROM one_time_keys ORDER BY digest")
			first := says(t, s.Get(letter.path, ""), http.StatusOK, `<input type="hidden" name="token" value="`+letter.key+`">`)
			head := s.Do(apitest.Request{Method: http.MethodHead, Path: letter.path})
			again := s.Get(letter.path, "")
			if head.Status != http.StatusOK || again.Body != first.Body || fmt.Sprint(s.Rows("SELECT * FROM one_time_keys ORDER BY digest")) != fmt.Sprint(before) || story.isDone(s, letter.email) {
				t.Errorf("%s: looking at the link has changed something", story.letter)
			}
			unknown := s.Get(story.path+"?token=unknown", "")
			if strings.ReplaceAll(unknown.Body, `value="unknown"`, `value="`+letter.key+`"`) != first.Body {
				t.Errorf("%s: the page tells a key that works from one that does not", story.letter)
			}

			says(t, s.Form(story.path, letter.byKey().Encode()), http.StatusOK, story.done)
			if !story.isDone(s, letter.email) {
				t.Errorf("%s: it was not done", story.letter)
			}
			says(t, s.Form(story.path, letter.byKey().Encode()), http.StatusUnprocessableEntity, "This link does not work any more", story.over)
		}
	})
}

func TestACodeThatIsTypedDoesWhatTheLinkDoes(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		for _, story := range stories {
			letter := receive(t, s, story.letter, story.letter+"@example.com")
			page := says(t, s.Get(story.path, ""), http.StatusOK, `name="email"`, `name="code"`)
			if strings.Contains(page.Body, `name="token"`) {
				t.Errorf("%s: a key that nobody has given", story.letter)
			}
			wrong := letter.byCode()
			wrong.Set("code", "0000-0000")
			refused := says(t, s.Form(story.path, wrong.Encode()), http.StatusUnprocessableEntity,
				`<div class="fault" id="code-fault"><p>This code is not valid, or was used already.`, `value="0000-0000"`, `value="`+letter.email+`"`)
			if strings.Contains(refused.Body, anotherPassword) {
				t.Errorf("%s: a password is shown again", story.letter)
			}
			typed := letter.byCode()
			typed.Set("code", " "+strings.ToLower(strings.ReplaceAll(letter.code, "-", " ")))
			says(t, s.Form(story.path, typed.Encode()), http.StatusOK, story.done)
			if !story.isDone(s, letter.email) {
				t.Errorf("%s: it was not done", story.letter)
			}
			says(t, s.Form(story.path, letter.byCode().Encode()), http.StatusUnprocessableEntity, `id="code-fault"`)
		}
	})
}

func TestAfterFiveWrongCodesTheRightOneIsRefused(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	for _, story := range stories {
		letter := receive(t, s, story.letter, story.letter+"@example.com")
		wrong := letter.byCode()
		wrong.Set("code", "0000-0000")
		for range 5 {
			says(t, s.Form(story.path, wrong.Encode()), http.StatusUnprocessableEntity, `id="code-fault"`)
		}
		says(t, s.Form(story.path, letter.byCode().Encode()), http.StatusUnprocessableEntity, `id="code-fault"`)
		says(t, s.Form(story.path, letter.byKey().Encode()), http.StatusOK, story.done)
	}
}

func TestEachFaultStandsBesideItsField(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"TERMS_URL": "https://shop.example/terms"})
	letter := receive(t, s, "invitation", "faults@example.com")
	fault := func(field, text string) string {
		return `<div class="fault" id="` + field + `-fault"><p>` + text + `</p></div>`
	}
	for _, c := range []struct {
		name   string
		form   url.Values
		faults []string
	}{
		{"nothing at all", url.Values{}, []string{
			fault("email", "Please fill in this field."), fault("code", "Please fill in this field."), fault("password", "Please fill in this field."), fault("terms", "Please accept the terms and conditions.")}},
		{"a short password", url.Values{"token": {letter.key}, "password": {"abc"}, "confirmation": {"abc"}, "terms": {"yes"}}, []string{fault("password", "Please enter at least 7 characters.")}},
		{"two passwords", url.Values{"token": {letter.key}, "password": {anotherPassword}, "confirmation": {"Something-else-1"}, "terms": {"yes"}}, []string{fault("confirmation", "The two passwords are not the same.")}},
		{"a common one", url.Values{"token": {letter.key}, "password": {"password"}, "confirmation": {"password"}, "terms": {"yes"}}, []string{fault("password", "This password is too easy to guess. Please choose another one.")}},
		{"no consent", letter.byKey(), []string{fault("terms", "Please accept the terms and conditions.")}},
		{"no address", url.Values{"email": {"nobody"}, "code": {letter.code}, "password": {anotherPassword}, "confirmation": {anotherPassword}, "terms": {"yes"}}, []string{fault("email", "This is not a valid e-mail address.")}},
	} {
		page := says(t, s.Form("/account/invite", c.form.Encode()), http.StatusUnprocessableEntity, append(c.faults, `<div class="alert" role="alert">`, "<title>Error: ")...)
		if found := strings.Count(page.Body, `class="fault"`); found != len(c.faults) {
			t.Errorf("%s: %d faults, not %d: %s", c.name, found, len(c.faults), page.Body)
		}
		if key := c.form.Get("token"); (key != "") != strings.Contains(page.Body, `<input type="hidden" name="token" value="`+letter.key+`">`) {
			t.Errorf("%s: the key is lost, or found", c.name)
		}
	}
	accepted := letter.byKey()
	accepted.Set("terms", "yes")
	says(t, s.Form("/account/invite", accepted.Encode()), http.StatusOK, "Your account is ready")
	if consents := s.Rows("SELECT version FROM consents"); len(consents) != 1 {
		t.Errorf("the consent was not kept: %v", consents)
	}
}

// The same use cases have routes of JSON:API, which declare their errors.
func TestEveryFaultOfTheseUseCasesIsToldInEveryLanguage(t *testing.T) {
	t.Parallel()
	lines := map[string]*errors.Error{}
	for _, line := range errors.Catalogue() {
		lines[line.Key] = line
	}
	for name, settings := range map[string]apitest.Settings{"defaults": nil, "classes": {"PASSWORD_CLASSES": "on"}} {
		for _, op := range operations(t, apitest.New(t, settings)) {
			if !slices.Contains([]string{"confirmCustomer", "restorePassword", "acceptInvitation"}, op.ID) {
				continue
			}
			for _, failure := range op.fails() {
				status, example, _ := strings.Cut(failure, " ")
				key, _, _ := strings.Cut(example, ".")
				if !strings.HasPrefix(key, "password_") && !slices.Contains([]string{"422", "429", "500", "503"}, status) || key == "type_invalid" || key == "idempotency_key_reused" {
					continue // no form is answered with it
				}
				for _, language := range pages.Languages()[1:] {
					page, err := pages.Shop{Name: "Shop"}.Form(pages.Form{Language: language, Faults: []*errors.Error{lines[key]}})
					if err != nil || strings.Contains(string(page), `<p lang="en">`) {
						t.Errorf("%s, %s: nothing is said of %s in %s", name, op.ID, key, language)
					}
				}
			}
		}
	}
}

func TestPagesOfLettersAreKeptByNobodyAndTellNobodyWhereTheirReaderComesFrom(t *testing.T) {
	t.Parallel()
	onBothWires(t, func(t *testing.T, s *apitest.Service) {
		for _, answer := range []*apitest.Answer{
			s.Get("/account/confirm?token=x", ""), s.Get("/account/restore", ""), s.Form("/account/confirm", "token=x"), s.Form("/account/restore", ""), s.Form("/account/invite", "token=x"), s.Get("/dev/mail", ""),
		} {
			for name, want := range map[string]string{
				"Content-Type": pageType, "Content-Security-Policy": pagePolicy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "ETag": "",
			} {
				if got := answer.Header.Get(name); got != want {
					t.Errorf("%s is %q, not %q", name, got, want)
				}
			}
		}
	})
}

func TestTheFormSendsNothingInItsAddress(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	at, err := url.Parse(s.URL + "/account/restore/?token=the-key&lang=de")
	if err != nil {
		t.Fatal(err)
	}
	forms := regexp.MustCompile(`<form method="(post|get)" action="([^"]*)"`).FindAllStringSubmatch(fetch(t, at.String()).body, -1)
	if len(forms) != 2 {
		t.Fatalf("%v", forms)
	}
	for _, form := range forms {
		if target, err := at.Parse(form[2]); err != nil || target.String() != s.URL+"/account/restore" {
			t.Errorf("%s leads to %v", form[2], target)
		}
	}
	for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(fetch(t, at.String()).body, -1) {
		target, err := at.Parse(link[1])
		if err != nil || fetch(t, target.String()).status != http.StatusOK {
			t.Errorf("%s leads to nothing", link[1])
		}
	}
}

// Programs that look into letters add parameters to their links.
func TestALinkWithMoreInItIsStillThatLink(t *testing.T) {
	t.Parallel()
	onBothWires(t, func(t *testing.T, s *apitest.Service) {
		page := fetch(t, s.URL+"/account/confirm?utm_source=mail&token=the-key&mc_eid=1")
		if page.status != http.StatusOK || !strings.Contains(page.body, `value="the-key"`) {
			t.Errorf("%d %s", page.status, page.body)
		}
	})
}

func TestAPageSpeaksTheLanguageThatIsPreferredOrAskedFor(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	for language, title := range map[string]string{"en": "Set a new password", "de": "Neues Passwort festlegen", "es": "Establezca una contraseña nueva", "pt": "Defina uma nova senha"} {
		for _, page := range []fetched{fetch(t, s.URL+"/account/restore", "Accept-Language: tlh, "+language+"-CH;q=0.9, fr;q=0.5"), fetch(t, s.URL+"/account/restore?lang="+language, "Accept-Language: fr")} {
			if !strings.Contains(page.body, `<html lang="`+language+`">`) || !strings.Contains(page.body, "<h1>"+title+"</h1>") || !strings.Contains(strings.Join(page.header.Values("Vary"), ","), "Accept-Language") {
				t.Errorf("%s: %s", language, page.body)
			}
		}
		says(t, s.Form("/account/restore", "token=x&lang="+language), http.StatusUnprocessableEntity, `<html lang="`+language+`">`)
	}
}

func TestAShopWithPagesOfItsOwnHasNoneHere(t *testing.T) {
	t.Parallel()
	own := "https://www.shop.example/?key={token}"
	s := apitest.New(t, apitest.Settings{"CONFIRM_URL": own})
	s.Get("/account/confirm", "").Fails(http.StatusNotFound, "- route_not_found -")
	s.Form("/account/confirm", "token=x").Fails(http.StatusNotFound, "- route_not_found -")
	says(t, s.Get("/account/restore", ""), http.StatusOK)
	s = apitest.New(t, apitest.Settings{"CONFIRM_URL": own, "RESTORE_URL": own, "INVITE_URL": own, "MAIL_URL": "off"})
	for _, path := range []string{"/account/restore", "/account/invite", "/account/style.css", "/account/logo"} {
		s.Get(path, "").Fails(http.StatusNotFound, "- route_not_found -")
	}
}

func TestTooManyCodesFromOneNetworkAreToldOnThePageWithTheTimeToWait(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"LOGIN_LIMIT_NETWORK": "1"})
	s.Form("/account/confirm", "email=a@example.com&code=0000-0000").Has(http.StatusUnprocessableEntity)
	for _, story := range stories {
		page := says(t, s.Form(story.path, received{email: "a@example.com", code: "0000-0000"}.byCode().Encode()), http.StatusTooManyRequests, `<div class="alert" role="alert"><p>There were too many attempts.`, `value="a@example.com"`)
		if page.Header.Get("Retry-After") == "" || page.Header.Get("RateLimit-Limit") != "1" {
			t.Errorf("%s: %v", story.path, page.Header)
		}
	}
}

func TestAServersFaultIsToldOnThePageAndItsCauseInTheLog(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	if _, err := s.App.Accounts().Store.SQL().Exec("DROP TABLE one_time_keys"); err != nil {
		t.Fatal(err)
	}
	for _, story := range stories {
		page := says(t, s.Form(story.path, received{key: "x"}.byKey().Encode()), http.StatusInternalServerError, "Something went wrong on our side.")
		if strings.Contains(page.Body, "one_time_keys") || !strings.Contains(s.Log.String(), "one_time_keys") {
			t.Error("the cause is on the page, or not in the log")
		}
	}
}

func TestADatabaseThatTakesNothingIsToldOnThePage(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	s.Get("/account/confirm", "").Has(http.StatusOK) // it is up
	database := s.App.Accounts().Store.SQL()
	if _, err := database.Exec("PRAGMA query_only = on"); err != nil {
		t.Fatal(err)
	}
	for _, story := range stories {
		page := says(t, s.Form(story.path, received{email: "a@example.com", code: "0000-0000"}.byCode().Encode()), http.StatusServiceUnavailable, "This is not possible at the moment.")
		if page.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no time to come back", story.path)
		}
	}
	if _, err := database.Exec("PRAGMA query_only = off"); err != nil {
		t.Fatal(err)
	}
}

func TestNoKeyCodeOrPasswordOfAPageIsLogged(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	var secrets []string
	for _, story := range stories {
		letter := receive(t, s, story.letter, story.letter+"@example.com")
		secrets = append(secrets, letter.key, letter.code, anotherPassword, letter.email)
		s.Get(letter.path, "").Has(http.StatusOK)
		s.Get("/dev/mail", "").Has(http.StatusOK)
		wrong := letter.byCode()
		wrong.Set("code", "0000-0000")
		s.Form(story.path, wrong.Encode()).Has(http.StatusUnprocessableEntity)
		s.Form(story.path, letter.byKey().Encode()).Has(http.StatusOK)
		s.Form(story.path, letter.byKey().Encode()).Has(http.StatusUnprocessableEntity)
	}
	for line := range strings.Lines(s.Log.String()) {
		for _, secret := range secrets {
			if strings.Contains(line, secret) {
				t.Errorf("%s is in %s", secret, line)
			}
		}
	}
	if !strings.Contains(s.Log.String(), `"route":"/account/confirm"`) {
		t.Error("the requests are not in the log at all")
	}
}

func TestWhatAStrangerPutsIntoALinkOrAFormIsNoMarkup(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"SHOP_NAME": `<i>Jane's</i> & "Co"`})
	hostile := `"><script>alert(1)</script><a href='`
	pagesOf := []*apitest.Answer{s.Get("/dev/mail", "")}
	for _, story := range stories {
		pagesOf = append(pagesOf, says(t, s.Get(story.path+"?token="+url.QueryEscape(hostile), ""), http.StatusOK, hostile, `<i>Jane's</i> & "Co"`),
			s.Get(story.path+"?lang="+url.QueryEscape(hostile), ""), s.Form(story.path, url.Values{"token": {hostile}, "lang": {hostile}}.Encode()),
			says(t, s.Form(story.path, url.Values{"email": {hostile}, "code": {hostile}, "password": {hostile}}.Encode()), http.StatusUnprocessableEntity, hostile))
	}
	for _, page := range pagesOf {
		if strings.Contains(page.Body, "<script") || strings.Contains(page.Body, "<i>") || strings.Contains(page.Body, "<a href='") {
			t.Errorf("%s", page.Body)
		}
	}
}

func TestAFormThatIsNoneIsAskedForAgain(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	for _, request := range []apitest.Request{
		{Method: http.MethodPost, Path: "/account/confirm"},
		{Method: http.MethodPost, Path: "/account/confirm", Body: `{"token":"x"}`},
		{Method: http.MethodPost, Path: "/account/confirm", Body: "token=a&token=b", Header: map[string]string{"Content-Type": form}},
	} {
		says(t, s.Do(request), http.StatusUnprocessableEntity, `name="code"`)
	}
	s.Form("/account/confirm", strings.Repeat("x", 64<<10+1)).Fails(http.StatusRequestEntityTooLarge, "- payload_too_large -")
}

func TestPagesWearTheShopsColourAndLogo(t *testing.T) {
	t.Parallel()
	image := "\x89PNG\r\n\x1a\n and the rest"
	path := filepath.Join(t.TempDir(), "logo")
	if err := os.WriteFile(path, []byte(image), 0o600); err != nil {
		t.Fatal(err)
	}
	s := apitest.New(t, apitest.Settings{"BRAND_COLOR": "#FFD400", "BRAND_LOGO": path, "SHOP_NAME": "Jane's", "LOGIN_URL": "https://shop.example/login", "TERMS_URL": "https://shop.example/terms"})
	logo := s.Get("/account/logo", "").Has(http.StatusOK)
	if logo.Body != image || logo.Header.Get("Content-Type") != "image/png" || logo.Header.Get("Content-Security-Policy") != "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox" || logo.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v %q", logo.Header, logo.Body)
	}
	s.Do(apitest.Request{Method: http.MethodGet, Path: "/account/logo", Header: map[string]string{"If-None-Match": logo.Header.Get("ETag")}}).Is(http.StatusNotModified, "")
	if style := s.Get("/account/style.css", "").Has(http.StatusOK); !strings.Contains(style.Body, "--brand: #FFD400; --on-brand: #000000;") || style.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%v %.100s", style.Header, style.Body)
	}
	letter := receive(t, s, "confirm", "brand@example.com")
	says(t, s.Get(letter.path, ""), http.StatusOK, `<img src="../account/logo" alt="Jane's">`)
	says(t, s.Form("/account/confirm", letter.byKey().Encode()), http.StatusOK, `<a class="button" href="https://shop.example/login">Log in</a>`)
	if mailed := s.Letters(letter.email, "confirm").Text("data.0.attributes.html"); !strings.Contains(mailed, apitest.Base+"/account/logo") || !strings.Contains(mailed, "#FFD400") || !strings.Contains(mailed, "https://shop.example/terms") {
		t.Errorf("the letter does not wear them: %s", mailed)
	}
	r := reader{Service: s, customer: s.Register("reader@example.com")}
	for _, op := range operations(t, s) {
		if op.ID != "showLogo" {
			continue
		}
		for _, failure := range op.fails() {
			status, example, _ := strings.Cut(failure, " ")
			if provoke := failings[example]; provoke != nil {
				request := apitest.Request{Method: op.method, Path: op.path, Header: map[string]string{}}
				provoke(r, op, &request)
				if answer := s.Do(request); fmt.Sprint(answer.Status) != status {
					t.Errorf("%s: %d", failure, answer.Status)
				}
			}
		}
	}
}
