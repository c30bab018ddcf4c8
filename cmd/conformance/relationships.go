package main

import "net/http"

func relationshipSet(t *trial) {
	p := t.person()
	t.address(p, "Berlin")
	other := t.address(p, "Bonn")
	for _, name := range relationships[1:] {
		target := p.path + "/relationships/" + name
		set := t.patch(target, object{"data": identifier("addresses", other)}, as(p.token))
		t.want("another address", set, http.StatusOK, http.StatusNoContent)
		t.hold(t.show(p).text("data.relationships."+name+".data.id") == other, "%s was not set", name)
		t.want("no address", t.patch(target, object{"data": nil}, as(p.token)), http.StatusOK, http.StatusNoContent)
		t.hold(t.show(p).at("data.relationships."+name+".data") == nil, "%s was not cleared", name)
		t.want("an address that is not there", t.patch(target, object{"data": identifier("addresses", foreignID)}, as(p.token)), http.StatusNotFound)
		for _, wrong := range []any{object{}, object{"data": []any{}}, object{"data": "x"}, object{"data": object{"type": "addresses"}}} {
			t.want("what is no linkage", t.patch(target, wrong, as(p.token)), http.StatusBadRequest)
		}
		t.want("another type", t.patch(target, object{"data": identifier("customers", p.id)}, as(p.token)), http.StatusConflict, http.StatusBadRequest, http.StatusNotFound)
	}
	t.hold(t.cities(p) == "Berlin Bonn", "a change of the default took addresses away: %s", t.cities(p))
}

// many sends an update of a customer's relationship to many addresses.
func (t *trial) many(p *person, method string, data any) *exchange {
	return t.ask(method, p.path+"/relationships/addresses", object{"data": data}, as(p.token))
}

func linkageIsArray(t *trial) {
	e := t.many(t.scratch, http.MethodPatch, identifier("addresses", foreignID))
	t.want("an object as linkage of many", e, http.StatusBadRequest, http.StatusForbidden)
	if e.status == http.StatusForbidden {
		t.skip("a relationship to many cannot be changed here: 105")
	}
}

func allReplacedOrNone(t *trial) {
	p := t.person()
	t.address(p, "Berlin")
	e := t.many(p, http.MethodPatch, []any{})
	t.want("a replacement of all addresses", e, http.StatusOK, http.StatusNoContent, http.StatusForbidden)
	want := "Berlin"
	if e.status < 300 {
		want = ""
	}
	t.hold(t.cities(p) == want, "after %d the addresses are %q", e.status, t.cities(p))
}

func addedOnce(t *trial) {
	p := t.person()
	id := t.address(p, "Berlin")
	for range 2 {
		e := t.many(p, http.MethodPost, []any{identifier("addresses", id)})
		t.want("an address that is there", e, http.StatusOK, http.StatusNoContent, http.StatusForbidden)
		t.hold(t.cities(p) == "Berlin", "after %d the addresses are %q", e.status, t.cities(p))
		if e.status == http.StatusForbidden {
			t.skip("a relationship to many cannot be changed here: 105")
		}
	}
}

func removedOrForbidden(t *trial) {
	p := t.person()
	id := t.address(p, "Berlin")
	t.address(p, "Bonn")
	e := t.many(p, http.MethodDelete, []any{identifier("addresses", id)})
	t.want("an address is taken away", e, http.StatusOK, http.StatusNoContent, http.StatusForbidden)
	if want := map[bool]string{true: "Bonn", false: "Berlin Bonn"}[e.status < 300]; !t.hold(t.cities(p) == want, "after %d the addresses are %q", e.status, t.cities(p)) {
		return
	}
	if e.status < 300 {
		t.want("an address that is gone", t.many(p, http.MethodDelete, []any{identifier("addresses", id)}), http.StatusOK, http.StatusNoContent)
	}
}

func relationshipStatus(t *trial) {
	p := t.person()
	id := t.address(p, "Berlin")
	target := p.path + "/relationships/defaultBillingAddress"
	for _, data := range []any{nil, identifier("addresses", id), identifier("addresses", id)} {
		e := t.patch(target, object{"data": data}, as(p.token))
		t.want("an update", e, http.StatusOK, http.StatusAccepted, http.StatusNoContent)
		shown, _ := identify(e.at("data"))
		wanted, _ := identify(data)
		t.hold(e.status != http.StatusOK || has(e.document, "", "data") && shown == wanted, "200 does not show the linkage as it is")
	}
}

func relationshipForbidden(t *trial) {
	p := t.person()
	id := t.address(p, "Berlin")
	for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodDelete} {
		e := t.many(p, method, []any{identifier("addresses", id)})
		t.want("an update of many", e, http.StatusForbidden, http.StatusOK, http.StatusNoContent)
	}
}
