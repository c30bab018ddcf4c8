package main

import (
	"fmt"
	"net/http"
	"reflect"
)

func documentsAreObjects(t *trial) {
	for _, body := range []string{`[]`, `"x"`, `null`, `1`, `{`, ``} {
		t.want(fmt.Sprintf("the body %q", body), t.post("/customers", body), http.StatusBadRequest)
	}
}

func dataAndErrorsSent(t *trial) {
	document := resource("addresses", home("Berlin"))
	document["errors"] = []any{object{"title": "none"}}
	t.want("data and errors in one request", t.post(t.scratch.path+"/addresses", document, as(t.scratch.token)), http.StatusBadRequest)
}

func furtherMembersSent(t *trial) {
	document := resource("addresses", home("Berlin", object{"unheardOf": 1}))
	document["further"] = object{"a": 1}
	document["data"].(object)["further"] = []any{1}
	t.want("further members in a request", t.post(t.scratch.path+"/addresses", document, as(t.scratch.token)), http.StatusCreated)
}

func atMembersSent(t *trial) {
	document := resource("addresses", home("Berlin", object{"@context": object{"a": 1}}))
	document["@top"] = 1
	document["data"].(object)["@resource"] = "x"
	made := t.made("members with @ in a request", t.post(t.scratch.path+"/addresses", document, as(t.scratch.token)), http.StatusCreated)
	t.hold(!has(made.document, "data.attributes", "@context"), "an attribute with @ was kept")
}

func emptyCollection(t *trial) {
	nobody := t.person()
	list := t.made("addresses of a customer without", t.get(nobody.path+"/addresses", as(nobody.token)), http.StatusOK)
	data, isList := list.at("data").([]any)
	t.hold(isList && len(data) == 0, "an empty collection has data %v", list.at("data"))
}

func selfReplays(t *trial) {
	for _, query := range []string{"?include=customer&fields[addresses]=city", "?fields%5Baddresses%5D=city"} {
		list := t.made("a collection with a query", t.get(t.main.path+"/addresses"+query, as(t.main.token)), http.StatusOK)
		again := t.follow("links.self of a collection with a query", list.at("links.self"), as(t.main.token))
		t.want("links.self of a collection with a query", again, http.StatusOK)
		t.hold(reflect.DeepEqual(list.document, again.document), "links.self of %s leads to another document", list.shape())
	}
}

func idsAreStrings(t *trial) {
	document := object{"data": object{"type": "customers", "id": 1, "attributes": object{"firstName": "Ada"}}}
	t.blames("a number as id", t.patch(t.scratch.path, document, as(t.scratch.token)), http.StatusBadRequest, "pointer", "/data/id")
	document["data"] = object{"type": 1, "attributes": object{}}
	t.want("a number as type", t.post("/customers", document), http.StatusBadRequest)
	document["data"] = object{"type": "addresses", "lid": 1, "attributes": home("Berlin")}
	t.want("a number as lid", t.post(t.scratch.path+"/addresses", document, as(t.scratch.token)), http.StatusBadRequest)
}

func attributesAreObjects(t *trial) {
	for _, wrong := range []any{[]any{}, "x", 1} {
		document := object{"data": object{"type": "customers", "attributes": wrong}}
		t.want(fmt.Sprintf("attributes: %v", wrong), t.post("/customers", document), http.StatusBadRequest)
	}
	document := resource("addresses", home("Berlin"))
	document["data"].(object)["relationships"] = []any{}
	t.want("relationships: []", t.post(t.scratch.path+"/addresses", document, as(t.scratch.token)), http.StatusBadRequest)
}

func pagedLinkage(t *trial) {
	relationships, _ := t.show(t.main, "?include=addresses").at("data.relationships").(object)
	for name, relationship := range relationships {
		for _, paging := range []string{"first", "last", "prev", "next"} {
			link := at(relationship, "links."+paging)
			if link == nil {
				continue
			}
			page := t.follow("link "+paging+" of relationship "+name, link, as(t.main.token))
			t.hold(!has(page.document, "data.0", "attributes"), "link %s of relationship %s pages resources", paging, name)
		}
	}
	if t.checks == 0 {
		t.skip("no relationship is paged")
	}
}

func relatedLinkStays(t *trial) {
	newcomer := t.person()
	const related = "data.relationships.addresses.links.related"
	before := t.show(newcomer).at(related)
	empty := t.follow("the related link of no addresses", before, as(newcomer.token))
	t.want("the related link of no addresses", empty, http.StatusOK)
	t.hold(reflect.DeepEqual(empty.at("data"), []any{}), "the related link of no addresses answers with data %v", empty.at("data"))
	t.address(newcomer, "Berlin")
	t.hold(reflect.DeepEqual(before, t.show(newcomer).at(related)), "the related link changed when an address was added")
}

func formsOfLinkage(t *trial) {
	newcomer := t.person()
	linkage := func(name string) any {
		return t.show(newcomer, "?include=addresses").at("data.relationships." + name + ".data")
	}
	t.hold(has(t.show(newcomer).document, "data.relationships.defaultShippingAddress", "data") && linkage("defaultShippingAddress") == nil,
		"linkage of a missing one is %v", linkage("defaultShippingAddress"))
	t.hold(reflect.DeepEqual(linkage("addresses"), []any{}), "linkage of none of many is %v", linkage("addresses"))
	id := t.address(newcomer, "Berlin")
	t.hold(reflect.DeepEqual(linkage("defaultShippingAddress"), identifier("addresses", id)), "linkage of one is %v", linkage("defaultShippingAddress"))
	t.hold(reflect.DeepEqual(linkage("addresses"), []any{identifier("addresses", id)}), "linkage of many is %v", linkage("addresses"))
}

func createdWithLocalID(t *trial) {
	document := resource("addresses", home("Berlin"))
	document["data"].(object)["lid"] = "of-the-client"
	made := t.made("a lid in a creation", t.post(t.scratch.path+"/addresses", document, as(t.scratch.token)), http.StatusCreated)
	t.hold(made.text("data.id") != "of-the-client", "the lid became the id")
}

func caseOfNames(t *trial) {
	document := resource("addresses", home("Berlin"))
	shouted := object{"DATA": document["data"]}
	t.want("DATA instead of data", t.post(t.scratch.path+"/addresses", shouted, as(t.scratch.token)), http.StatusBadRequest)
	for written, name := range map[string]string{"City": "city", "CITY": "city", "addre\u017fs1": "address1"} {
		attributes := home("Berlin", object{name: missing{}, written: "Berlin"})
		t.want(written+" instead of "+name, t.post(t.scratch.path+"/addresses", resource("addresses", attributes), as(t.scratch.token)), http.StatusUnprocessableEntity, http.StatusBadRequest)
	}
}
