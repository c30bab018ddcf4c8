package main

import (
	"net/http"
	"reflect"
	"slices"
)

func patchNeedsIdentity(t *trial) {
	token, attributes := as(t.scratch.token), object{"firstName": "Ada"}
	t.want("without data", t.patch(t.scratch.path, object{}, token), http.StatusBadRequest)
	t.want("data an array", t.patch(t.scratch.path, object{"data": []any{}}, token), http.StatusBadRequest)
	t.want("without type", t.patch(t.scratch.path, object{"data": object{"id": t.scratch.id, "attributes": attributes}}, token), http.StatusBadRequest)
	t.want("without id", t.patch(t.scratch.path, resource("customers", attributes), token), http.StatusBadRequest, http.StatusConflict)
	t.want("with both", t.patch(t.scratch.path, change("customers", t.scratch.id, attributes), token), http.StatusOK)
}

// settable are attributes that null clears, with a value.
var settable = []struct{ name, value string }{{"phone", "+49 30 1"}, {"gender", "Female"}, {"identification", "7"}, {"dateOfBirth", "1990-12-10"}}

// attributesMerged tries every subset of a few attributes: what is not sent has
// to stay as it was.
func attributesMerged(t *trial) {
	p := t.person()
	known, _ := t.show(p).at("data.attributes").(object)
	for subset := range 1 << len(settable) {
		sent := object{}
		for i, attribute := range settable {
			if subset>>i&1 == 1 {
				sent[attribute.name] = attribute.value
				if (subset+i)%2 == 0 && attribute.name != "gender" { // which a setting may require
					sent[attribute.name] = nil
				}
				known[attribute.name] = sent[attribute.name]
			}
		}
		e := t.made("a change of some attributes", t.patch(p.path, change("customers", p.id, sent), as(p.token)), http.StatusOK)
		shown, _ := e.at("data.attributes").(object)
		for name, value := range known {
			t.hold(name == "updatedAt" || reflect.DeepEqual(shown[name], value), "PATCH with %d attributes: %s became %v, not %v", len(sent), name, shown[name], value)
		}
	}
	t.blames("null for what is required", t.patch(p.path, change("customers", p.id, object{"lastName": nil}), as(p.token)), http.StatusUnprocessableEntity, "pointer", "/data/attributes/lastName")
}

// relate is a document that changes a relationship of a customer.
func relate(p *person, attributes object, name string, relationship any) object {
	document := change("customers", p.id, attributes)
	document["data"].(object)["relationships"] = object{name: relationship}
	return document
}

const (
	shippingLinkage = "data.relationships.defaultShippingAddress.data"
	billingLinkage  = "data.relationships.defaultBillingAddress.data"
)

func relationshipsStay(t *trial) {
	p := t.person()
	id := t.address(p, "Berlin")
	other := t.address(p, "Bonn")
	e := t.made("a change of an attribute", t.patch(p.path, change("customers", p.id, object{"firstName": "Grace"}), as(p.token)), http.StatusOK)
	t.hold(e.text(shippingLinkage+".id") == id, "a change of an attribute changed a relationship")
	e = t.made("a change of one relationship", t.patch(p.path, relate(p, object{}, "defaultShippingAddress", object{"data": identifier("addresses", other)}), as(p.token)), http.StatusOK)
	t.hold(e.text(billingLinkage+".id") == id, "a change of one relationship changed the other")
}

func relationshipReplaced(t *trial) {
	p := t.person()
	t.address(p, "Berlin")
	other := t.address(p, "Bonn")
	for _, wrong := range []any{object{}, nil, []any{}, object{"data": []any{}}, object{"data": "x"}} {
		t.want("a relationship without linkage", t.patch(p.path, relate(p, object{}, "defaultShippingAddress", wrong), as(p.token)), http.StatusBadRequest)
	}
	e := t.made("another default address", t.patch(p.path, relate(p, object{}, "defaultShippingAddress", object{"data": identifier("addresses", other)}), as(p.token)), http.StatusOK)
	t.hold(e.text(shippingLinkage+".id") == other, "the relationship is %v", e.at(shippingLinkage))
	e = t.made("no default address", t.patch(p.path, relate(p, object{}, "defaultShippingAddress", object{"data": nil}), as(p.token)), http.StatusOK)
	t.hold(has(e.document, "data.relationships.defaultShippingAddress", "data") && e.at(shippingLinkage) == nil, "the relationship is %v, not null", e.at(shippingLinkage))
}

func fullReplacementRefused(t *trial) {
	p := t.person()
	t.address(p, "Berlin")
	for _, linkage := range [][]any{{}, {identifier("addresses", foreignID)}} {
		e := t.patch(p.path, relate(p, object{"firstName": "Changed"}, "addresses", object{"data": linkage}), as(p.token))
		if t.want("a replacement of all addresses", e, http.StatusForbidden, http.StatusOK) && e.status == http.StatusForbidden {
			t.hold(t.show(p).text("data.attributes.firstName") == "Ada", "a refused PATCH changed an attribute")
			t.hold(t.cities(p) == "Berlin", "a refused PATCH changed the addresses: %s", t.cities(p))
		}
	}
}

func updateIsShown(t *trial) {
	p := t.person()
	before := t.show(p)
	e := t.made("an update", t.patch(p.path, change("customers", p.id, object{"firstName": "Grace"}), as(p.token)), http.StatusOK)
	t.hold(e.text("data.attributes.firstName") == "Grace" && e.text("data.id") == p.id, "an update does not answer with the resource")
	t.hold(e.text("data.attributes.updatedAt") != before.text("data.attributes.updatedAt"), "updatedAt stays")
	t.hold(reflect.DeepEqual(e.at("data"), t.show(p).at("data")), "an update answers with another resource than GET after it")
}

func updateWithoutDocument(t *trial) {
	p := t.person()
	document := resource("customer-password", object{"password": password, "newPassword": password + "2", "confirmPassword": password + "2"})
	e := t.patch("/customer-password/"+p.id, document, as(p.token))
	t.want("another password", e, http.StatusOK, http.StatusNoContent)
	t.hold(e.status != http.StatusNoContent || len(e.body) == 0 && e.header.Get("Content-Type") == "", "204 has a body or a type")
}

func readOnlyRefused(t *trial) {
	for _, name := range []string{"createdAt", "number", "fullName"} {
		before := t.show(t.scratch).at("data.attributes." + name)
		t.want("the read-only attribute "+name, t.patch(t.scratch.path, change("customers", t.scratch.id, object{name: "2000-01-01T00:00:00Z"}), as(t.scratch.token)), http.StatusForbidden)
		t.hold(reflect.DeepEqual(before, t.show(t.scratch).at("data.attributes."+name)), "%s was changed", name)
	}
	relation := relate(t.scratch, object{}, "addresses", object{"data": []any{}})
	t.want("a read-only relationship", t.patch(t.scratch.path, relation, as(t.scratch.token)), http.StatusForbidden)
}

func updateOfNothing(t *trial) {
	token, attributes := as(t.scratch.token), object{"city": "Bonn"}
	t.want("an unknown address", t.patch(t.scratch.path+"/addresses/"+foreignID, change("addresses", foreignID, attributes), token), http.StatusNotFound)
	t.want("an unknown customer", t.patch("/customers/"+foreignReference, change("customers", foreignReference, object{"firstName": "Ada"}), token), http.StatusNotFound)
	t.want("an unknown related address", t.patch(t.scratch.path, relate(t.scratch, object{}, "defaultShippingAddress", object{"data": identifier("addresses", foreignID)}), token), http.StatusNotFound)
	if t.key != "" {
		t.want("an unknown customer, for an API key", t.patch("/customers/"+foreignReference, change("customers", foreignReference, object{"firstName": "Ada"}), as(t.key)), http.StatusNotFound)
	}
}

func updateOfAnother(t *trial) {
	token, attributes := as(t.scratch.token), object{"firstName": "Ada"}
	t.blames("another type", t.patch(t.scratch.path, change("addresses", t.scratch.id, attributes), token), http.StatusConflict, "pointer", "/data/type")
	t.blames("another id", t.patch(t.scratch.path, change("customers", t.main.id, attributes), token), http.StatusConflict, "pointer", "/data/id")
	id := t.address(t.scratch, "Berlin")
	t.blames("another address", t.patch(t.scratch.path+"/addresses/"+id, change("addresses", foreignID, object{"city": "Bonn"}), token), http.StatusConflict, "pointer", "/data/id")
}

// conflictDetails looks at a value that has to be unique, whose conflict may be
// 409 and may be something else. The other conflicts are 87's and 97's.
func conflictDetails(t *trial) {
	for what, e := range map[string]*exchange{
		"an e-mail in use":     t.patch(t.scratch.path, change("customers", t.scratch.id, object{"email": t.main.email}), as(t.scratch.token)),
		"a registration twice": t.post("/customers", resource("customers", registration(t.main.email))),
	} {
		conflict := []int{http.StatusConflict, http.StatusUnprocessableEntity}
		t.hold(slices.Contains(conflict, e.status) && e.text("errors.0.detail") != "" && e.text("errors.0.source.pointer") != "",
			"%s: %s answered %d without detail and source", what, e.shape(), e.status)
	}
}
