package main

import (
	"fmt"
	"net/http"
	"regexp"
)

func failedCreationLeavesNothing(t *trial) {
	email := t.email()
	t.want("a registration with one bad attribute", t.post("/customers", resource("customers", registration(email, object{"salutation": "Unheard"}))), http.StatusUnprocessableEntity)
	t.want("the same registration without it", t.post("/customers", resource("customers", registration(email))), http.StatusCreated)
	nobody := t.person()
	t.want("an address with one bad attribute", t.post(nobody.path+"/addresses", resource("addresses", home("Berlin", object{"iso2Code": "XX"})), as(nobody.token)), http.StatusUnprocessableEntity)
	t.hold(t.cities(nobody) == "", "a bad address was kept: %s", t.cities(nobody))
}

func oneResourceWithType(t *trial) {
	attributes := registration(t.email())
	for what, document := range map[string]any{
		"no data":         object{},
		"data null":       object{"data": nil},
		"data an array":   object{"data": []any{object{"type": "customers", "attributes": attributes}}},
		"data a string":   object{"data": "customers"},
		"no type":         object{"data": object{"attributes": attributes}},
		"type null":       object{"data": object{"type": nil, "attributes": attributes}},
		"type a number":   object{"data": object{"type": 1, "attributes": attributes}},
		"meta, no data":   object{"meta": object{"a": 1}},
		"errors, no data": object{"errors": []any{object{"title": "x"}}},
	} {
		t.want(what, t.post("/customers", document), http.StatusBadRequest)
	}
}

func relationshipWithoutData(t *trial) {
	for _, relationship := range []any{object{}, object{"meta": object{}}, nil, []any{}} {
		document := resource("customers", registration(t.email()))
		document["data"].(object)["relationships"] = object{"defaultShippingAddress": relationship}
		t.want(fmt.Sprintf("the relationship %v", relationship), t.post("/customers", document), http.StatusBadRequest)
	}
}

func withID(document object, id any) object {
	document["data"].(object)["id"] = id
	return document
}

func clientIDForbidden(t *trial) {
	address := func(id any) *exchange {
		return t.post(t.scratch.path+"/addresses", withID(resource("addresses", home("Berlin")), id), as(t.scratch.token))
	}
	t.blames("an id for an address", address(foreignID), http.StatusForbidden, "pointer", "/data/id")
	t.blames("an id for a customer", t.post("/customers", withID(resource("customers", registration(t.email())), foreignID)), http.StatusForbidden, "pointer", "/data/id")
	t.want("an empty id", address(""), http.StatusBadRequest)
	t.want("the id null", address(nil), http.StatusBadRequest)
}

func clientIDChosen(t *trial) {
	t.needKey()
	choose := func(id string) *exchange {
		return t.post("/customers", withID(resource("customers", registration(t.email())), id), as(t.key))
	}
	t.blames("an id that is taken", choose(t.main.id), http.StatusConflict, "pointer", "/data/id")
	t.want("an id that is a UUID", choose(t.uuid()), http.StatusCreated, http.StatusForbidden)
	t.want("an id that is no UUID", choose("no-uuid-"+t.run), http.StatusForbidden, http.StatusBadRequest, http.StatusUnprocessableEntity)
	t.want("an id in the form of those that the service gives", choose(likeOurs(t.main.id, t.people)), http.StatusForbidden, http.StatusBadRequest, http.StatusUnprocessableEntity)
}

var trailingNumber = regexp.MustCompile(`[0-9]+$`)

// likeOurs is an id as the service gives it, with a number far away.
func likeOurs(id string, distance int) string {
	return trailingNumber.ReplaceAllString(id, fmt.Sprintf("90${0}%d", distance))
}

func createdIsShown(t *trial) {
	email := t.email()
	made := t.made("a registration", t.post("/customers", resource("customers", registration(email))), http.StatusCreated)
	t.hold(made.text("data.id") != "" && made.text("data.attributes.email") == email, "201 does not show the customer that was made: %s", made.body)
	address := t.made("an address", t.post(t.scratch.path+"/addresses", resource("addresses", home("Bonn")), as(t.scratch.token)), http.StatusCreated)
	t.hold(address.text("data.id") != "" && address.text("data.attributes.city") == "Bonn", "201 does not show the address that was made: %s", address.body)
	refreshed := t.made("a refresh of a token", t.post("/refresh-tokens", resource("refresh-tokens", object{"refreshToken": t.scratch.login.at("data.attributes.refreshToken")})), http.StatusCreated)
	t.hold(refreshed.text("data.attributes.accessToken") != "", "201 does not show the token")
	shown := t.get(t.scratch.path+"/addresses/"+address.text("data.id"), as(t.scratch.token))
	t.hold(shown.text("data.attributes.city") == "Bonn", "the address that was made cannot be read")
}

func (t *trial) forget(email string) *exchange {
	return t.post("/customer-forgotten-password", resource("customer-forgotten-password", object{"email": email}))
}

func doneLater(t *trial) {
	for what, email := range map[string]string{"a letter to a customer": t.scratch.email, "a letter to nobody": t.email()} {
		t.want(what, t.forget(email), http.StatusAccepted, http.StatusNoContent)
	}
}

func nothingToShow(t *trial) {
	e := t.forget(t.scratch.email)
	t.want("a request without a resource", e, http.StatusNoContent, http.StatusCreated, http.StatusAccepted)
	t.hold(e.status != http.StatusNoContent || len(e.body) == 0 && e.header.Get("Content-Type") == "", "204 has a body or a type")
}

func createdWithUnknownRelated(t *trial) {
	document := resource("customers", registration(t.email()))
	document["data"].(object)["relationships"] = object{"defaultShippingAddress": object{"data": identifier("addresses", foreignID)}}
	t.want("a customer with an address that is not there", t.post("/customers", document), http.StatusNotFound)
}

func createdWithOtherType(t *trial) {
	t.blames("orders among customers", t.post("/customers", resource("orders", registration(t.email()))), http.StatusConflict, "pointer", "/data/type")
	t.blames("customers among addresses", t.post(t.scratch.path+"/addresses", resource("customers", home("Berlin")), as(t.scratch.token)), http.StatusConflict, "pointer", "/data/type")
}

func conflictTellsSource(t *trial) {
	e := t.post("/customers", resource("orders", registration(t.email())))
	t.want("another type", e, http.StatusConflict)
	t.hold(e.at("errors.0.source") != nil && e.text("errors.0.detail") != "", "a 409 has no source, or no detail")
}
