package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func severalFaults(t *trial) {
	e := t.post(t.scratch.path+"/addresses", resource("addresses", home("Berlin", object{"city": "", "iso2Code": "XX", "firstName": nil})), as(t.scratch.token))
	t.want("three bad attributes", e, http.StatusUnprocessableEntity)
	for _, name := range []string{"firstName", "city", "iso2Code"} {
		t.hold(isBlamed(e, "pointer", "/data/attributes/"+name), "of three bad attributes %s is not told", name)
	}
}

// sourcesGiven makes an error of each kind of source.
func sourcesGiven(t *trial) {
	t.blames("a bad attribute", t.patch(t.scratch.path, change("customers", t.scratch.id, object{"firstName": ""}), as(t.scratch.token)), http.StatusUnprocessableEntity, "pointer", "/data/attributes/firstName")
	t.blames("a bad parameter", t.get("/customers?page[size]=0", as(t.scratch.token)), http.StatusBadRequest, "parameter", "page[size]")
	t.blames("a bad header", t.add(with("Content-Type", "text/plain")), http.StatusUnsupportedMediaType, "header", "Content-Type")
	t.blames("a bad header", t.accepting(extension(someURI)), http.StatusNotAcceptable, "header", "Accept")
}

func pointersLead(t *trial) {
	e := t.post(t.scratch.path+"/addresses", resource("addresses", home("Berlin", object{"city": missing{}})), as(t.scratch.token))
	t.blames("an attribute that is missing", e, http.StatusUnprocessableEntity, "pointer", "/data/attributes")
	t.want("no attributes", t.post("/customers", object{"data": object{"type": "customers"}}), http.StatusBadRequest)
}

func pointersEscaped(t *trial) {
	document := resource("customers", registration(t.email()))
	document["data"].(object)["relationships"] = object{"a/b~c": object{}}
	e := t.post("/customers", document)
	for _, fault := range e.list("errors") {
		pointer, given := at(fault, "source.pointer").(string)
		t.hold(!given || !strings.Contains(pointer, "a/b"), "a name with a slash is not escaped in %q", pointer)
	}
	t.want("a relationship named a/b~c, without data", e, http.StatusBadRequest, http.StatusCreated, http.StatusForbidden)
}

// errorPages reads what the links of all errors of the run lead to.
func errorPages(t *trial) {
	t.hold(len(t.ledger.pages) > 0, "no error has links")
	for _, page := range slices.Clone(t.ledger.pages) {
		target, ours := t.target(page)
		if !ours {
			continue // the URIs of profiles are their authors'
		}
		e := t.get(target, notDocument)
		t.want("the link of an error", e, http.StatusOK)
		media, _ := parseMedia(e.header.Get("Content-Type"))
		t.hold(media.name == "text/html" && len(e.body) > 200, "the link of an error leads to %s of %d bytes", media.name, len(e.body))
	}
}

// hostileRequests sends what breaks those that are not careful. The structural
// check reads what all errors say.
func hostileRequests(t *trial) {
	token := as(t.scratch.token)
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	answers := []*exchange{
		t.get("/customers/%00", token), t.get("/customers/%ff", token), t.get("/customers/'%20OR%201=1--", token),
		t.get("/customers/"+strings.Repeat("x", 4000), token), t.get(t.scratch.path+"/addresses/%00", token), t.get("/customers?filter[email]=%00", as(t.readerToken())),
		t.get("/customers?page[after]=%27&page[size]=1", as(t.readerToken())), t.get("/customers?filter[createdAt][gte]=x", as(t.readerToken())),
		t.get("/customers", as("x.y.z")), t.get("/customers", with("Authorization", "Basic eDp5")), t.get("/%2e%2e/%2e%2e/etc/passwd"),
		t.post("/customers", `{"data":{"type":"customers","attributes":{"metadata":`+deep+`}}}`),
		t.post("/customers", "{\"data\":{\"type\":\"customers\",\"attributes\":{\"email\":\"\xff\"}}}"),
		t.post("/customers", `{"data":{"type":"customers","type":"customers","attributes":{}}}`),
		t.post("/customers", resource("customers", registration(t.email(), object{"firstName": "a\u0000b"}))),
		t.post("/customers", resource("customers", registration(t.email(), object{"firstName": strings.Repeat("x", 30000)}))),
		t.post("/customers", resource("customers", registration(t.email(), object{"email": object{"$ne": nil}}))),
		t.post("/access-tokens", `{"data":{"type":"access-tokens","attributes":{"username":1e400,"password":null}}}`),
		t.post("/operations", `{"atomic:operations":[null]}`, with("Content-Type", extension(atomicExtension))),
		t.patch(t.scratch.path, change("customers", t.scratch.id, object{"metadata": object{"a\u0000": "\u0000"}}), token),
	}
	for _, e := range answers {
		t.hold(e.status < 500, "a hostile request: %s answered %d", e.shape(), e.status)
	}
}

func headersOfErrors(t *trial) {
	t.want("a wrong token", t.get(t.main.path, as("wrong")), http.StatusUnauthorized)
	t.want("a wrong method", t.ask(http.MethodPut, t.main.path, nil, as(t.main.token)), http.StatusMethodNotAllowed)
	t.want("a body that is too large", t.post("/customers", strings.Repeat(" ", 4<<20)), http.StatusRequestEntityTooLarge)
	guess := resource("access-tokens", object{"username": t.email(), "password": "wrong-" + t.run})
	status := 0
	for range 15 {
		if status = t.post("/access-tokens", guess).status; status == http.StatusTooManyRequests {
			break
		}
	}
	t.hold(status == http.StatusUnauthorized || status == http.StatusTooManyRequests, "a guessed password: %d", status)
	long := t.get("/customers?" + strings.Repeat("a", 20000))
	t.hold(long.status >= 400 && long.status < 500, "a very long address: %s", fmt.Sprint(long.status))
}
