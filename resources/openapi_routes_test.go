package resources

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/pages"
)

// What the router serves and what the description has are one set, in both wires
// and with and without letters to be read.
func TestTheDescriptionHasTheRouterPathsAndNoOthers(t *testing.T) {
	t.Parallel()
	for name, api := range map[string]*API{
		"jsonapi": {Accounts: &account.Service{}, Wire: JSONAPI()},
		"glue":    {Accounts: &account.Service{}, Wire: Glue()},
		"letters": {Accounts: &account.Service{}, Wire: JSONAPI(), Outbox: true},
		"pages":   {Accounts: &account.Service{Mail: linksHere("")}, Wire: JSONAPI(), Shop: pages.Shop{Logo: &pages.Logo{Type: "image/png"}}},
	} {
		text, err := api.OpenAPI()
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			Paths map[string]map[string]json.RawMessage
		}
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		var described []string
		for path, methods := range document.Paths {
			for method := range methods {
				described = append(described, strings.ToUpper(method)+" "+path)
			}
		}
		slices.Sort(described)
		if difference := cmp.Diff(served(api), described); difference != "" {
			t.Errorf("%s (- served, + described):\n%s", name, difference)
		}
	}
}

// linksHere are the links of a shop that has no pages of its own.
func linksHere(base string) account.Mail {
	link := func(kind pages.Kind) string { return base + accountPagesPath + string(kind) + "?token={token}" }
	return account.Mail{ConfirmLink: link(pages.Confirm), RestoreLink: link(pages.Restore), InviteLink: link(pages.Invite)}
}

// served asks the router: a path of its own is one that has OPTIONS, and the methods
// that it has stand in the answer.
func served(api *API) (all []string) {
	e := echo.New()
	api.Mount(e)
	for _, mounted := range e.Routes() {
		if mounted.Method != http.MethodOptions {
			continue
		}
		answer := httptest.NewRecorder()
		e.ServeHTTP(answer, httptest.NewRequest(http.MethodOptions, mounted.Path, nil))
		allow := answer.Header().Get(echo.HeaderAllow)
		for method := range strings.SplitSeq(allow, ", ") {
			if method != http.MethodOptions && method != http.MethodHead {
				all = append(all, method+" "+templated(mounted.Path))
			}
		}
	}
	slices.Sort(all)
	return all
}
