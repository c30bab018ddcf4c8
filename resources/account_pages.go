package resources

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/docs"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/pages"
	"github.com/clientelehq/clientele/pkg/web"
)

// The pages behind the links of letters (package pages) are the same on both wires. A
// GET shows a form and does nothing else, whatever the key: programs that look into
// letters follow links, too. Only what the form sends uses a key up.
//
// A form that another site sends does no more than its sender could do: it is the key
// that counts, and nothing goes by cookies.

// accountPage is the page of one kind of letter.
type accountPage struct {
	kind  pages.Kind
	link  string // in the letters, as the shop has set it
	about string // what it does, in the imperative
	form  any
	do    func(*call) error // does what the form asks for
}

func (a *API) accountPages() []accountPage {
	letters := a.Accounts.Mail
	return []accountPage{
		{pages.Confirm, letters.ConfirmLink, "Confirm an e-mail address", proofForm{}, a.confirmByForm},
		{pages.Restore, letters.RestoreLink, "Set a forgotten password anew", passwordForm{}, a.restoreByForm},
		{pages.Invite, letters.InviteLink, "Set the first password", inviteForm{}, a.acceptByForm},
	}
}

// proofForm is what the form of a page may say. Its fields are read by name.
type proofForm struct {
	Key      string `json:"token" about:"The key of the letter: what follows token= in its link." example:"the key of the letter"`
	Email    string `json:"email" about:"Instead of the key: the address that the letter went to, with its code." example:"jane@shop.example"`
	Code     string `json:"code" about:"The code of the letter. Five tries." example:"K7QM-2XVD"`
	Language string `json:"lang" about:"Language of the page that is answered." example:"en"`
}

type passwordForm struct {
	proofForm
	Password     string `json:"password" about:"The new password." needs:"yes" min:"{password_min}" max:"{password_max}" example:"Another-456-please"`
	Confirmation string `json:"confirmation" about:"The same once more." needs:"yes" min:"{password_min}" max:"{password_max}" example:"Another-456-please"`
}

type inviteForm struct {
	passwordForm
	Terms string `json:"terms" about:"Consent to the terms of service (CLIENTELE_TERMS_URL)." choices:"yes" example:"yes"`
}

// accountPagesPath is what the pages, and what they load, live below.
const accountPagesPath = "/account/"

// LogoPath is where the shop's logo is, below the public URL.
const LogoPath = accountPagesPath + "logo"

// accountPageRoutes has a page for each letter whose link leads to it: a shop that has
// set links of its own has pages of its own.
func (a *API) accountPageRoutes() (all []route) {
	for _, p := range a.accountPages() {
		path := accountPagesPath + string(p.kind)
		if !leadsTo(p.link, a.Base+path) {
			continue
		}
		name := title(string(p.kind))
		all = append(all,
			route{method: http.MethodGet, path: path, access: visitors, plain: true, fleeting: true, loose: true, handle: a.showForm(p),
				name: "show" + name + "Page", summary: p.about + ": the page of the letter's link", about: "It shows a form, and uses no key up.",
				offer: jsonapi.Offer{Own: []string{pages.KeyField, pages.LanguageField}}, answers: []plainAnswer{{status: http.StatusOK, mediaType: pageType}}},
			route{method: http.MethodPost, path: path, access: visitors, plain: true, fleeting: true, loose: true, early: readPageForm, handle: a.submit(p),
				name: "send" + name + "Page", summary: p.about + ": what the page's form sends", about: "By a key, or by an address and a code.",
				form: p.form, answers: a.formAnswers()})
	}
	if len(all) > 0 || a.Outbox {
		all = append(all, route{method: http.MethodGet, path: accountPagesPath + "style.css", access: visitors, plain: true, handle: a.pageStyle,
			name: "showPageStyle", summary: "The style sheet of the pages", answers: []plainAnswer{{status: http.StatusOK, mediaType: styleType}}})
	}
	if logo := a.Shop.Logo; logo != nil {
		all = append(all, route{method: http.MethodGet, path: LogoPath, access: visitors, plain: true, handle: a.showLogo,
			name: "showLogo", summary: "The shop's logo", answers: []plainAnswer{{status: http.StatusOK, mediaType: logo.Type}}})
	}
	return all
}

// leadsTo reports whether a link of letters is one to the page at an address, which
// reads the key.
func leadsTo(link, address string) bool {
	before, query, _ := strings.Cut(link, "?")
	parameters, err := url.ParseQuery(query)
	return err == nil && before == address && parameters.Get(pages.KeyField) == "{token}"
}

func (a *API) formAnswers() []plainAnswer {
	answers := []plainAnswer{{status: http.StatusOK, mediaType: pageType}, {status: http.StatusUnprocessableEntity, mediaType: pageType}}
	if !a.Accounts.Rules.Limits.Off {
		answers = append(answers, plainAnswer{status: http.StatusTooManyRequests, mediaType: pageType, counted: true})
	}
	return append(answers, plainAnswer{status: http.StatusInternalServerError, mediaType: pageType}, plainAnswer{status: http.StatusServiceUnavailable, mediaType: pageType})
}

const styleType = "text/css; charset=utf-8"

// language is that of a page: the one that was asked for, or else by preference.
func language(c *call, asked string) string {
	return pages.Choose(asked, web.Preferences(c.Request().Header))
}

func (a *API) showForm(p accountPage) func(*call) error {
	return func(c *call) error {
		page, err := a.Shop.Form(pages.Form{
			Kind:     p.kind,
			Language: language(c, c.query.Own[pages.LanguageField]),
			Root:     toRoot(c),
			Key:      c.query.Own[pages.KeyField],
		})
		if err != nil {
			return err
		}
		return answerForPeople(c, http.StatusOK, pages.Policy, page)
	}
}

func readPageForm(c *call) (err error) {
	c.form, err = readForm(c)
	return err
}

// onPage is where a handler leaves what tells people of an error (Fail).
const onPage = "page"

// submit does what a form asks for, and tells of it on a page, whatever comes of it.
func (a *API) submit(p accountPage) func(*call) error {
	return func(c *call) error {
		form := pages.Form{
			Kind:     p.kind,
			Language: language(c, one(c.form, pages.LanguageField)),
			Root:     toRoot(c),
			Key:      one(c.form, pages.KeyField),
			Email:    one(c.form, pages.EmailField),
			Code:     one(c.form, pages.CodeField),
			Terms:    one(c.form, pages.TermsField) != "",
		}
		c.Set(onPage, func(err error) error { return a.tellOnForm(c, form, err) })
		if err := p.do(c); err != nil {
			return err
		}
		page, err := a.Shop.Done(form.Root, form.Language, p.kind)
		if err != nil {
			return err
		}
		return answerForPeople(c, http.StatusOK, pages.Policy, page)
	}
}

// tellOnForm shows the form again with what is wrong. Of a key that is not right there
// is nothing to be put right.
func (a *API) tellOnForm(c *call, form pages.Form, failed error) error {
	form.Faults = errors.List(failed)
	status := http.StatusUnprocessableEntity
	show := a.Shop.Form
	for _, fault := range form.Faults {
		if fault.Field == pages.KeyField {
			show = func(f pages.Form) ([]byte, error) { return a.Shop.Over(f.Root, f.Language, f.Kind) }
		}
		if fault.Kind == errors.Busy || fault.Kind == errors.Internal {
			status = fault.Status
		}
	}
	page, err := show(form)
	if err != nil {
		return err
	}
	return answerForPeople(c, status, pages.Policy, page)
}

// answerForPeople writes a page that nobody keeps and that tells no other where its
// reader came from: its address may hold a key.
func answerForPeople(c *call, status int, policy string, page []byte) error {
	header := c.Response().Header()
	header.Set(echo.HeaderReferrerPolicy, "no-referrer")
	header.Set(echo.HeaderXFrameOptions, "DENY")
	header.Set(echo.HeaderContentSecurityPolicy, policy)
	return c.Blob(status, pageType, page)
}

// typed is a field of a form, there or not.
func typed(c *call, name string) account.Text { return account.Set(name, one(c.form, name)) }

// typedProof is the key, or else the address and the code.
func typedProof(c *call) account.Proof {
	if one(c.form, pages.KeyField) != "" {
		return account.Proof{Key: typed(c, pages.KeyField)}
	}
	return account.Proof{Email: typed(c, pages.EmailField), Code: typed(c, pages.CodeField)}
}

func typedRestoration(c *call) account.Restoration {
	return account.Restoration{
		Proof:       typedProof(c),
		NewPassword: account.NewPassword{Password: typed(c, pages.PasswordField), Confirmation: typed(c, pages.ConfirmationField)},
	}
}

func (a *API) confirmByForm(c *call) error {
	return a.Accounts.Confirm(c.Request().Context(), c.actor, typedProof(c))
}

func (a *API) restoreByForm(c *call) error {
	_, err := a.Accounts.RestorePassword(c.Request().Context(), c.actor, typedRestoration(c))
	return err
}

func (a *API) acceptByForm(c *call) error {
	in := account.Acceptance{Restoration: typedRestoration(c)}
	if a.Shop.Terms != "" {
		in.Terms = account.Set(pages.TermsField, one(c.form, pages.TermsField) != "")
	}
	return a.Accounts.AcceptInvitation(c.Request().Context(), c.actor, in)
}

func (a *API) pageStyle(c *call) error {
	return answerFile(c, styleType, pages.Policy, a.Shop.Style())
}

func (a *API) showLogo(c *call) error {
	return answerFile(c, a.Shop.Logo.Type, pages.LogoPolicy, a.Shop.Logo.Body)
}

// answerFile writes what pages load.
func answerFile(c *call, mediaType, policy string, body []byte) error {
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, policy)
	if known(c, `"`+docs.Digest(body)+`"`, "public, max-age=3600") {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, mediaType, body)
}
