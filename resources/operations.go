package resources

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
)

// operationsBody stands for the document of POST /operations, which has no
// resource of its own: jsonapi.ParseOperations reads it.
type operationsBody struct {
	ID string `jsonapi:"primary,operations"`
}

// POST /operations is the extension Atomic Operations: several changes of
// customers and addresses in one request, all of them or none. An operation is
// the request that it stands for: it goes to the same route, is checked alike, and
// its result is that route's answer.
func (a *API) operationRoutes() []route {
	return []route{{method: http.MethodPost, path: "/operations", access: visitors, body: operationsBody{}, extension: jsonapi.AtomicExtension, handle: a.operate,
		name: "operate", summary: "Make several changes at once", about: "The extension [Atomic Operations](https://jsonapi.org/ext/atomic/): customers and addresses are added, updated and removed, all of it or nothing. An operation is checked and answered like the request that it stands for; pointers of errors lead to it. What the request adds may be named by `lid` from then on, and a visitor who adds a customer goes on as that customer, whom they may give addresses and defaults. Without an API key that may write customers, a customer is added by the first operation alone.",
		fails: []*errors.Error{errors.OperationUnsupported, errors.DocumentInvalid}}}
}

func (a *API) operate(c *call) error {
	if c.Request().Header.Get("If-Match") != "" { // of which resource? Better no answer than a protection that is none
		return errors.RequestInvalid.AtHeader("If-Match")
	}
	operations, err := jsonapi.ParseOperations(c.body)
	if err != nil {
		return err
	}
	a.keepPace(c)
	if err := a.limitOperations(c, operations); err != nil {
		return err
	}
	var answers [][]byte
	err = a.Accounts.Together(c.Request().Context(), func(ctx context.Context) (err error) {
		answers, err = a.perform(ctx, c, operations)
		return err
	})
	if err != nil {
		return err
	}
	body, err := jsonapi.Results(answers, a.Wire.Hypermedia)
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, collection, body)
}

func (a *API) perform(ctx context.Context, c *call, operations []jsonapi.Operation) ([][]byte, error) {
	answers := make([][]byte, len(operations))
	known := jsonapi.LocalIDs{}
	actor := c.actor
	for i, operation := range operations {
		asked, err := a.request(c, operation, known, actor)
		if err == nil {
			err = asked.allowed(c.actor, i, a.Accounts.Rules.EmailNeedsPassword)
		}
		if err != nil {
			return nil, within(err, i)
		}
		answer, did, err := asked.record(ctx)
		if err != nil {
			return nil, within(err, i)
		}
		if did.registered != nil {
			actor = actor.Registered(did.registered)
		}
		answers[i] = answer.Body
		if err := remember(known, operation, answer.Body); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// limitOperations counts the operations whose routes have a limit, before any of
// them is done: a request that fails is counted, too.
func (a *API) limitOperations(c *call, operations []jsonapi.Operation) error {
	for i, operation := range operations {
		if operation.Data == nil || operation.Data.Type != "customers" {
			continue
		}
		var document struct {
			Data struct{ Attributes struct{ Email any } }
		}
		_ = json.Unmarshal(operation.Body, &document) // what is wrong with it is found when it is done
		email, _ := document.Data.Attributes.Email.(string)
		var err error
		switch operation.Op {
		case "add":
			err = a.Accounts.CountRegistration(c.Request().Context(), c.actor)
		case "update":
			err = a.Accounts.CountEmailChange(c.Request().Context(), c.actor, email)
		}
		if err != nil {
			return within(err, i)
		}
	}
	return nil
}

// allowed answers what would be harmful as one operation among others.
//
// Whoever may not write customers registers first and once: a registration costs
// a hash, and after the first change a hash holds up everybody else who writes. Who
// is not logged in cannot change or erase whom they have just registered: each
// change of address writes letters, and nobody has proven theirs.
// needsPassword says that another e-mail address takes the password.
func (c *call) allowed(sender account.Actor, index int, needsPassword bool) error {
	registers := c.route.method == http.MethodPost && c.route.path == "/customers"
	switch {
	case registers && index > 0 && !sender.May(account.WriteCustomers):
		return errors.OperationUnsupported.With("a customer behind other operations")
	case c.route.path == "/customers/:reference" && sender.IsVisitor():
		return errors.OperationUnsupported.With("a customer who is not logged in")
	case index > 0 && needsPassword && sender.IsCustomer() && c.document != nil && c.document.Has("email"): // a hash as well
		return errors.OperationUnsupported.With("an e-mail address behind other operations")
	}
	return nil
}

// within points into the whole request. What is no error of the catalogue is ours
// and stays as it is.
func within(err error, index int) error {
	if _, told := errors.AsType[*errors.Error](err); !told {
		return err
	}
	return jsonapi.Within(err, index)
}

// remember notes the id that a resource was given which the request has a name
// for.
func remember(known jsonapi.LocalIDs, operation jsonapi.Operation, answer []byte) error {
	if operation.Op != "add" || operation.Data == nil || operation.Data.LID == "" {
		return nil
	}
	var document struct{ Data struct{ ID string } }
	if err := json.Unmarshal(answer, &document); err != nil {
		return err
	}
	known[jsonapi.Identifier{Type: operation.Data.Type, LID: operation.Data.LID}] = document.Data.ID
	return nil
}

var operationMethods = map[string]string{"add": http.MethodPost, "update": http.MethodPatch, "remove": http.MethodDelete}

// request makes the request that an operation stands for, checked up to its
// handler, as admit does it for one that was sent.
func (a *API) request(c *call, operation jsonapi.Operation, known jsonapi.LocalIDs, actor account.Actor) (*call, error) {
	path, err := a.pathOf(operation, known, actor)
	if err != nil {
		return nil, err
	}
	method := operationMethods[operation.Op]
	r, names, values := a.find(method, path)
	if r == nil {
		return nil, errors.OperationUnsupported.With(path)
	}
	body, err := bodyOf(operation, r, known)
	if err != nil {
		return nil, err
	}
	sent := &http.Request{Method: method, URL: &url.URL{Path: path}, Header: http.Header{}, RemoteAddr: c.Request().RemoteAddr}
	asked := &call{Context: c.Echo().NewContext(sent, nil), route: r, actor: actor, body: body}
	asked.SetPath(r.path)
	asked.SetParamNames(names...)
	asked.SetParamValues(values...)
	if asked.query, err = jsonapi.ParseQuery("", r.primary(), a.offer(*r)); err != nil {
		return nil, err
	}
	if err := a.parse(asked); err != nil {
		return nil, err
	}
	if asked.document != nil {
		if err := asked.document.Resolve(known); err != nil {
			return nil, err
		}
	}
	if err := r.named(asked); err != nil {
		return nil, err
	}
	return asked, r.access.check(actor)
}

// bodyOf returns the document of an operation, with the id in it of a resource that
// linkage names by its lid.
func bodyOf(operation jsonapi.Operation, r *route, known jsonapi.LocalIDs) ([]byte, error) {
	named := operation.Data
	if !r.linkage || named == nil || named.LID == "" {
		return operation.Body, nil
	}
	id, found := known[jsonapi.Identifier{Type: named.Type, LID: named.LID}]
	if !found {
		return nil, errors.DocumentInvalid.At("/data/lid")
	}
	return json.Marshal(map[string]any{"data": map[string]string{"type": named.Type, "id": id}})
}

// find returns the route of a path below /customers, and the segments that it
// names. Logins, passwords and letters are no operations: their answers are
// secrets, or leave the service before anything is committed.
func (a *API) find(method, path string) (found *route, names, values []string) {
	segments := strings.Split(path, "/")
	for _, r := range a.table {
		if r.method != method || !strings.HasPrefix(r.path, "/customers") {
			continue
		}
		if names, values, ok := match(strings.Split(r.path, "/"), segments); ok {
			return &r, names, values
		}
	}
	return nil, nil, nil
}

func match(template, segments []string) (names, values []string, ok bool) {
	if len(template) != len(segments) {
		return nil, nil, false
	}
	for i, expected := range template {
		if name, isName := strings.CutPrefix(expected, ":"); isName {
			names, values = append(names, name), append(values, segments[i])
		} else if expected != segments[i] {
			return nil, nil, false
		}
	}
	return names, values, true
}
