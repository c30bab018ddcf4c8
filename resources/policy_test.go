package resources

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
)

// Policy is what a line of the table says of who may use its route.
type Policy struct {
	Method, Path string
	Access       string // visitors, customers or keys
	Scope        account.Scope
	Refuses      *errors.Error // of everybody
	Type         string        // of the document that is read
}

// Policies shows the table of routes to the tests outside of the package.
func Policies(wire Wire) (all []Policy) {
	api := &API{Accounts: &account.Service{Mail: linksHere("")}, Wire: wire, Outbox: true}
	for _, r := range api.routes() {
		policy := Policy{Method: r.method, Path: r.path, Scope: r.scope, Refuses: r.refuse}
		policy.Access = map[access]string{visitors: "visitors", customers: "customers", keys: "keys"}[r.access]
		if r.body != nil {
			policy.Type = jsonapi.TypeOf(r.body)
		}
		all = append(all, policy)
	}
	return all
}

func TestARouteThatDeclaresNoPolicyStopsTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bad  route
		says string
	}{
		"nobody":   {route{}, "does not declare who may use it"},
		"refusal":  {route{refuse: errors.RouteNotFound}, "does not declare who may use it"},
		"no scope": {route{access: keys}, "does not declare the scope that an API key needs"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				said := fmt.Sprint(recover())
				if !strings.HasPrefix(said, "resources: GET /secrets "+c.says) || strings.Contains(said, "\n") {
					t.Errorf("it says %q", said)
				}
			}()
			c.bad.method, c.bad.path = http.MethodGet, "/secrets"
			(&API{}).admit(c.bad)
		})
	}
}
