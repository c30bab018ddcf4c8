package main

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

func operations(all ...object) object {
	if all == nil {
		all = []object{}
	}
	return object{"atomic:operations": all}
}

// operate sends operations.
func (t *trial) operate(token string, body any, options ...option) *exchange {
	ours := []option{as(token), with("Content-Type", extension(atomicExtension)), with("Accept", extension(atomicExtension))}
	return t.post("/operations", body, append(ours, options...)...)
}

// addCustomer is an operation; the request calls the customer lid.
func (t *trial) addCustomer(lid string, changes ...object) object {
	return object{"op": "add", "data": object{"type": "customers", "lid": lid, "attributes": registration(t.email(), changes...)}}
}

// addAddress is an operation; owner is an identifier, by id or by lid.
func addAddress(lid, city string, owner object, changes ...object) object {
	data := object{"type": "addresses", "attributes": home(city, changes...), "relationships": object{"customer": object{"data": owner}}}
	if lid != "" {
		data["lid"] = lid
	}
	return object{"op": "add", "data": data}
}

func local(kind, lid string) object { return object{"type": kind, "lid": lid} }

// rename is an operation on a customer.
func rename(p *person, name string) object {
	return object{"op": "update", "data": object{"type": "customers", "id": p.id, "attributes": object{"firstName": name}}}
}

func operationsNeedExtension(t *trial) {
	body := operations(rename(t.scratch, "Ada"))
	t.want("operations without the extension", t.operate(t.scratch.token, body, with("Content-Type", mediaType)), http.StatusUnsupportedMediaType)
	t.want("operations as plain JSON", t.operate(t.scratch.token, body, with("Content-Type", "application/json")), http.StatusUnsupportedMediaType)
	t.want("operations with the extension", t.operate(t.scratch.token, body), http.StatusOK)
	t.want("the extension elsewhere", t.add(with("Content-Type", extension(atomicExtension))), http.StatusUnsupportedMediaType)
}

func operationsNameExtension(t *trial) {
	e := t.made("an operation", t.operate(t.scratch.token, operations(rename(t.scratch, "Ada"))), http.StatusOK)
	media, err := parseMedia(e.header.Get("Content-Type"))
	t.hold(err == nil && media.name == mediaType && slices.Contains(strings.Fields(media.parameters["ext"]), atomicExtension), "Content-Type is %q", e.header.Get("Content-Type"))
}

func operationsResults(t *trial) {
	p := t.person()
	owner := identifier("customers", p.id)
	gone := t.address(p, "Bremen")
	e := t.operate(p.token, operations(addAddress("", "Berlin", owner), rename(p, "Grace"), object{"op": "remove", "ref": identifier("addresses", gone)}, addAddress("", "Bonn", owner)))
	t.made("four operations", e, http.StatusOK)
	t.hold(len(e.list("atomic:results")) == 4, "four operations have %d results", len(e.list("atomic:results")))
	for path, want := range map[string]any{"0.data.attributes.city": "Berlin", "1.data.attributes.firstName": "Grace", "2": object{}, "3.data.attributes.city": "Bonn"} {
		t.hold(reflect.DeepEqual(e.at("atomic:results."+path), want), "atomic:results.%s is %v, not %v", path, e.at("atomic:results."+path), want)
	}
}

func operationsInOrder(t *trial) {
	p := t.person()
	t.made("two changes of one attribute", t.operate(p.token, operations(rename(p, "First"), rename(p, "Second"))), http.StatusOK)
	t.hold(t.show(p).text("data.attributes.firstName") == "Second", "the name is %q", t.show(p).text("data.attributes.firstName"))
	owner := identifier("customers", p.id)
	t.made("two additions", t.operate(p.token, operations(addAddress("", "Berlin", owner), addAddress("", "Bonn", owner))), http.StatusOK)
	t.hold(t.cities(p) == "Berlin Bonn", "the addresses are %q", t.cities(p))
}

func operationsAllOrNone(t *trial) {
	p := t.person()
	id := t.address(p, "Bremen")
	owner := identifier("customers", p.id)
	newcomer := t.addCustomer("new")
	bad := addAddress("", "", owner)
	for _, all := range [][]object{{rename(p, "Changed"), bad}, {addAddress("", "Berlin", owner), bad}, {object{"op": "remove", "ref": identifier("addresses", id)}, bad}, {newcomer, bad}} {
		e := t.operate(p.token, operations(all...))
		t.want("operations of which the last is bad", e, http.StatusUnprocessableEntity)
		t.hold(!has(e.document, "", "atomic:results"), "operations that failed have results")
	}
	t.hold(t.show(p).text("data.attributes.firstName") == "Ada" && t.cities(p) == "Bremen", "operations that failed left something behind")
	t.want("the customer of operations that failed", t.operate("", operations(newcomer)), http.StatusOK)
}

func operationsPointers(t *trial) {
	owner := identifier("customers", t.scratch.id)
	e := t.operate(t.scratch.token, operations(rename(t.scratch, "Ada"), addAddress("", "", owner)))
	t.blames("a bad attribute", e, http.StatusUnprocessableEntity, "pointer", "/atomic:operations/1/data/attributes/city")
	e = t.operate(t.scratch.token, operations(rename(t.scratch, "Ada"), addAddress("", "Berlin", owner, object{"city": missing{}})))
	t.blames("a missing attribute", e, http.StatusUnprocessableEntity, "pointer", "/atomic:operations/1/data/attributes")
	e = t.operate(t.scratch.token, operations(object{"op": "remove", "ref": identifier("addresses", foreignID)}))
	t.want("an address that is not there", e, http.StatusNotFound)
	for _, fault := range e.list("errors") {
		pointer, _ := at(fault, "source.pointer").(string)
		t.hold(strings.HasPrefix(pointer, "/atomic:operations/0"), "the error points at %q", pointer)
	}
}

func operationsLocalIDs(t *trial) {
	newcomer := t.addCustomer("ada")
	e := t.operate("", operations(newcomer, addAddress("first", "Berlin", local("customers", "ada")), addAddress("second", "Bonn", local("customers", "ada")),
		object{"op": "update", "ref": local("addresses", "second"), "data": object{"type": "addresses", "lid": "second", "attributes": object{"company": "Analytical Engines"}}}))
	t.made("a customer with two addresses", e, http.StatusOK)
	results := e.list("atomic:results")
	t.require(len(results) == 4, "four operations have %d results", len(results))
	t.hold(at(results[3], "data.id") == at(results[2], "data.id") && at(results[3], "data.attributes.company") == "Analytical Engines", "a lid in ref names another address")
	unknown := t.operate(t.scratch.token, operations(addAddress("", "Berlin", local("customers", "nobody"))))
	t.hold(unknown.status >= 400 && unknown.status < 500, "a lid that names nothing: %d", unknown.status)
	linked := t.operate(t.scratch.token, operations(addAddress("home", "Berlin", identifier("customers", t.scratch.id)),
		object{"op": "update", "ref": object{"type": "customers", "id": t.scratch.id, "relationship": "defaultBillingAddress"}, "data": local("addresses", "home")}))
	if t.want("a lid as linkage", linked, http.StatusOK) {
		t.hold(t.show(t.scratch).at(billingLinkage+".id") == at(linked.document, "atomic:results.0.data.id"), "a lid as linkage names another address")
	}
}

func operationsTargets(t *trial) {
	p := t.person()
	first, second := t.address(p, "Berlin"), t.address(p, "Bonn")
	attributes := func(city string) object { return object{"city": city} }
	self := t.get(p.path+"/addresses/"+first, as(p.token)).at("data.links.self")
	for what, operation := range map[string]object{
		"by href, as handed out": {"op": "update", "href": self, "data": object{"type": "addresses", "id": first, "attributes": attributes("Bremen")}},
		"by href, as a path":     {"op": "update", "href": p.path + "/addresses/" + first, "data": object{"type": "addresses", "id": first, "attributes": attributes("Bremen")}},
		"by ref":                 {"op": "update", "ref": identifier("addresses", second), "data": object{"type": "addresses", "id": second, "attributes": attributes("Bochum")}},
		"by href, added":         {"op": "add", "href": p.path + "/addresses", "data": object{"type": "addresses", "attributes": home("Ulm")}},
	} {
		t.want(what, t.operate(p.token, operations(operation)), http.StatusOK)
	}
	t.hold(t.cities(p) == "Bremen Bochum Ulm", "the addresses are %q", t.cities(p))
	t.want("removed by href", t.operate(p.token, operations(object{"op": "remove", "href": p.path + "/addresses/" + second})), http.StatusOK, http.StatusNoContent)
	t.hold(t.cities(p) == "Bremen Ulm", "the addresses are %q", t.cities(p))
}

func operationsBothTargets(t *trial) {
	operation := rename(t.scratch, "Ada")
	operation["ref"], operation["href"] = identifier("customers", t.scratch.id), t.scratch.path
	t.want("ref and href", t.operate(t.scratch.token, operations(operation)), http.StatusBadRequest)
}

func operationsUnknownOp(t *trial) {
	for _, op := range []any{"replace", "ADD", "", nil, 1} {
		operation := rename(t.scratch, "Ada")
		operation["op"] = op
		t.want(fmt.Sprintf("op %v", op), t.operate(t.scratch.token, operations(operation)), http.StatusBadRequest)
	}
	without := rename(t.scratch, "Ada")
	delete(without, "op")
	t.want("no op", t.operate(t.scratch.token, operations(without)), http.StatusBadRequest)
	for _, wrong := range []any{nil, object{}, "x", []any{1}} {
		t.want(fmt.Sprintf("operations %v", wrong), t.operate(t.scratch.token, object{"atomic:operations": wrong}), http.StatusBadRequest)
	}
}

func operationsWithData(t *trial) {
	for _, member := range []string{"data", "included", "errors"} {
		body := operations(rename(t.scratch, "Ada"))
		body[member] = []any{}
		t.want("operations with "+member, t.operate(t.scratch.token, body), http.StatusBadRequest)
	}
	e := t.made("an operation", t.operate(t.scratch.token, operations(rename(t.scratch, "Ada"))), http.StatusOK)
	for _, member := range []string{"data", "included", "errors"} {
		t.hold(!has(e.document, "", member), "results come with %s", member)
	}
}

func operationsRelationship(t *trial) {
	p := t.person()
	t.address(p, "Berlin")
	other := t.address(p, "Bonn")
	ref := object{"type": "customers", "id": p.id, "relationship": "defaultShippingAddress"}
	t.made("another default", t.operate(p.token, operations(object{"op": "update", "ref": ref, "data": identifier("addresses", other)})), http.StatusOK, http.StatusNoContent)
	t.hold(t.show(p).text(shippingLinkage+".id") == other, "the default was not changed")
	t.made("no default", t.operate(p.token, operations(object{"op": "update", "ref": ref, "data": nil})), http.StatusOK, http.StatusNoContent)
	t.hold(t.show(p).at(shippingLinkage) == nil, "the default was not cleared")
}

func operationsRights(t *trial) {
	stranger := identifier("customers", t.other.id)
	for what, operation := range map[string]object{"another's name": rename(t.other, "Stolen"), "an address for another": addAddress("", "Berlin", stranger)} {
		e := t.operate(t.scratch.token, operations(operation))
		t.want(what, e, http.StatusForbidden, http.StatusNotFound)
		e = t.operate("", operations(operation))
		t.want(what+", of a visitor", e, http.StatusForbidden, http.StatusUnauthorized)
	}
	t.hold(t.show(t.other).text("data.attributes.firstName") == "Ada" && t.cities(t.other) == "Bremen", "somebody changed what is another's")
}
