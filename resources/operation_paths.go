package resources

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
)

// pathOf returns where an operation would be sent as a request of its own.
func (a *API) pathOf(operation jsonapi.Operation, known jsonapi.LocalIDs, actor account.Actor) (string, error) {
	if operation.Href != "" {
		return a.pathOfLink(operation.Href)
	}
	target, member := operation.Ref, "/ref"
	if target == nil {
		target, member = operation.Data, "/data"
	}
	if target == nil || operation.Op == "remove" && operation.Ref == nil {
		return "", errors.DocumentInvalid.At("") // what is removed is named, and not merely described
	}
	making := operation.Op == "add" && target.Relationship == ""
	if making && operation.Ref != nil {
		return "", errors.DocumentInvalid.At("/ref")
	}
	id, err := idOf(operation, target, member, making, known)
	if err != nil {
		return "", err
	}
	var path []string
	switch {
	case target.Type == "customers":
		path = []string{"", "customers"}
	case target.Type == "addresses" && target.Relationship != "":
		return "", errors.RelationshipForbidden.With(target.Relationship).At(member + "/relationship")
	case target.Type == "addresses":
		owner, err := a.ownerOf(operation, known, actor)
		if err != nil {
			return "", err
		}
		path = []string{"", "customers", owner, "addresses"}
	default:
		return "", errors.OperationUnsupported.With(target.Type).At(member + "/type")
	}
	switch {
	case target.Relationship != "":
		path = append(path, id, "relationships", target.Relationship)
	case operation.Op != "add":
		path = append(path, id)
	}
	if slices.ContainsFunc(path, func(segment string) bool { return strings.Contains(segment, "/") }) {
		return "", errors.OperationUnsupported.With(target.Type).At(member)
	}
	return strings.Join(path, "/"), nil
}

// idOf returns the id of what an operation names, "" of what it makes. A lid is one
// resource's for the whole request.
func idOf(operation jsonapi.Operation, target *jsonapi.Ref, member string, making bool, known jsonapi.LocalIDs) (string, error) {
	id := known[jsonapi.Identifier{Type: target.Type, LID: target.LID}]
	switch {
	case making && id != "":
		return "", errors.DocumentInvalid.At(member + "/lid")
	case making:
		return "", nil
	case target.LID != "" && id == "":
		return "", errors.DocumentInvalid.At(member + "/lid")
	case target.LID == "":
		id = target.ID
	}
	if id == "" {
		return "", errors.DocumentInvalid.At(member)
	}
	if data := operation.Data; data != nil && target.Relationship == "" && data.LID != "" && known[jsonapi.Identifier{Type: data.Type, LID: data.LID}] != id {
		return "", errors.ResourceIDMismatch.At("/data/lid")
	}
	return id, nil
}

// pathOfLink reads a link of ours, absolute or not.
func (a *API) pathOfLink(href string) (string, error) {
	if rest, absolute := strings.CutPrefix(href, a.Base+"/"); absolute {
		href = "/" + rest
	}
	link, err := url.Parse(href)
	if err != nil || link.IsAbs() || link.Host != "" || link.RawQuery != "" || strings.Contains(strings.ToUpper(link.RawPath), "%2F") {
		return "", errors.DocumentInvalid.At("/href")
	}
	return "/" + strings.Trim(link.Path, "/"), nil
}

// ownerOf returns the reference of the customer whom the data of an address
// names, or the word for the customer who asks. With an API key nobody does: then
// the address is named by href, or its data names the customer.
func (a *API) ownerOf(operation jsonapi.Operation, known jsonapi.LocalIDs, actor account.Actor) (string, error) {
	unnamed := func() (string, error) {
		if actor.HasKey() {
			return "", errors.OperationUnsupported.With("an address whose customer is not named")
		}
		return "me", nil
	}
	if operation.Body == nil {
		return unnamed()
	}
	document, err := jsonapi.Parse(operation.Body, jsonapi.Expect{Type: "addresses", TypeStatus: a.Wire.TypeStatus, AttributesOptional: true})
	if err != nil {
		return "", err
	}
	if err := document.Resolve(known); err != nil {
		return "", err
	}
	linkage, given := document.Relationship("customer")
	if !given {
		return unnamed()
	}
	var customer struct{ Type, ID string }
	if err := json.Unmarshal(linkage, &customer); err != nil || customer.Type != "customers" || customer.ID == "" {
		return "", errors.DocumentInvalid.At("/data/relationships/customer")
	}
	return customer.ID, nil
}
