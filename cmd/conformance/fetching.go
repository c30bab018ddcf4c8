package main

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// visit is a link that was followed.
type visit struct {
	link   string
	where  string
	ours   bool
	answer *exchange
	owner  identity // the resource whose self link it is
}

// farthest is how many links are followed.
const farthest = 300

// crawl follows every link from the customer whom no rule changes, and from the
// lists, and from each answer on. It is made once.
func (t *trial) crawl() []visit {
	if t.visited != nil {
		return t.visited
	}
	token := as(t.main.token)
	roots := []*exchange{
		t.main.login, t.show(t.main, "?include=addresses"), t.get("/customers", token), t.get(t.main.path+"/addresses", token),
	}
	met := map[string]bool{}
	follow := func(from []*exchange, option option) {
		for len(from) > 0 && len(t.visited) < farthest {
			for _, next := range linksOf(from[0]) {
				if met[next.link] {
					continue
				}
				met[next.link] = true
				if target, ours := t.target(next.link); ours {
					next.ours, next.answer = true, t.get(target, option)
					from = append(from, next.answer)
				}
				t.visited = append(t.visited, next)
			}
			from = from[1:]
		}
	}
	follow(roots, token)
	if t.key != "" {
		follow([]*exchange{t.get("/customers?page[size]=2&page[after]=", as(t.key)), t.get("/customers?page[size]=2&page[number]=2", as(t.key)), t.get("/customers?page[limit]=2", as(t.key))}, as(t.key))
	}
	return t.visited
}

// linksOf lists the links of a document and of its resources and their
// relationships, but not those of errors.
func linksOf(e *exchange) (all []visit) {
	add := func(where string, owner identity, links any) {
		named, _ := links.(object)
		for _, name := range []string{"self", "related", "first", "prev", "next", "last"} {
			if link := linkTarget(named[name]); link != "" {
				all = append(all, visit{link: link, where: name + " of " + where, owner: owner})
			}
		}
	}
	add("the document of "+e.shape(), identity{}, e.at("links"))
	primary, isList := e.at("data").([]any)
	if !isList {
		primary = []any{e.at("data")}
	}
	for _, item := range slices.Concat(primary, e.list("included")) {
		owner, _ := identify(item)
		add("type "+owner.kind, owner, at(item, "links"))
		relationships, _ := at(item, "relationships").(object)
		for name, relationship := range relationships {
			add("relationship "+name+" of type "+owner.kind, identity{}, at(relationship, "links"))
		}
	}
	return all
}

func linksFetched(t *trial) {
	for _, link := range t.crawl() {
		if !t.hold(link.ours, "%s leads elsewhere: %s", link.where, link.link) {
			continue
		}
		t.want(link.where, link.answer, http.StatusOK)
		media, _ := parseMedia(link.answer.header.Get("Content-Type"))
		t.hold(media.name == mediaType, "%s answers with Content-Type %q", link.where, link.answer.header.Get("Content-Type"))
	}
}

func selfAnswers(t *trial) {
	for _, link := range t.crawl() {
		if link.owner == (identity{}) || link.answer == nil || !strings.HasPrefix(link.where, "self ") {
			continue
		}
		found, _ := identify(link.answer.at("data"))
		t.hold(found == link.owner, "%s does not answer with that resource", link.where)
	}
}

// collections and singles are what somebody can read about a customer.
func collections(p *person) []string { return []string{"/customers", p.path + "/addresses"} }
func singles(p *person) []string {
	return []string{p.path, p.path + "/defaultShippingAddress", p.path + "/defaultBillingAddress"}
}

var relationships = []string{"addresses", "defaultShippingAddress", "defaultBillingAddress"}

func successIs200(t *trial) {
	for _, target := range slices.Concat(collections(t.main), singles(t.main)) {
		t.want("success", t.get(target, as(t.main.token)), http.StatusOK)
	}
	if t.key != "" { // letters can be read in development alone
		t.want("letters", t.get("/outbox-messages", as(t.key)), http.StatusOK, http.StatusNotFound)
	}
}

func collectionsAreArrays(t *trial) {
	nobody := t.person()
	for _, target := range slices.Concat(collections(t.main), collections(nobody)[1:]) {
		token := t.main.token
		if strings.HasPrefix(target, nobody.path+"/") {
			token = nobody.token
		}
		list := t.made("a collection", t.get(target, as(token)), http.StatusOK)
		t.hold(reflect.TypeOf(list.at("data")) == reflect.TypeFor[[]any](), "%s answers with data that is no array", list.shape())
	}
}

func nullOnlyWhenEmpty(t *trial) {
	nobody := t.person()
	for _, target := range singles(nobody)[1:] {
		empty := t.get(target, as(nobody.token))
		t.want("a place that is vacant", empty, http.StatusOK)
		t.hold(has(empty.document, "", "data") && empty.at("data") == nil, "%s answers with data %v, not null", empty.shape(), empty.at("data"))
	}
	for _, target := range singles(t.main) {
		_, isObject := t.get(target, as(t.main.token)).at("data").(object)
		t.hold(isObject, "GET %s does not answer with an object", target)
	}
	unknown := t.get("/customers/"+foreignReference, as(t.main.token))
	t.want("a customer who is not there", unknown, http.StatusNotFound)
}

func unknownIs404(t *trial) {
	for what, target := range map[string]string{
		"an unknown address":                  t.main.path + "/addresses/" + foreignID,
		"an unknown customer":                 "/customers/" + foreignReference,
		"another customer":                    t.other.path,
		"the addresses of an unknown one":     "/customers/" + foreignReference + "/addresses",
		"the default address of an unknown":   "/customers/" + foreignReference + "/defaultShippingAddress",
		"an address that is another's":        t.main.path + "/addresses/" + t.show(t.other, "?include=addresses").text("included.0.id"),
		"an address of the unknown":           "/customers/" + foreignReference + "/addresses/" + foreignID,
		"a path that leads below an address":  t.main.path + "/addresses/" + foreignID + "/more",
		"a relationship that there is not":    t.main.path + "/relationships/nope",
		"a related resource that there isn't": t.main.path + "/nope",
	} {
		t.want(what, t.get(target, as(t.main.token)), http.StatusNotFound)
	}
	if t.key != "" {
		t.want("an unknown customer, for an API key", t.get("/customers/"+foreignReference, as(t.key)), http.StatusNotFound)
	}
}

func relationshipsFetched(t *trial) {
	for _, name := range relationships {
		e := t.get(t.main.path+"/relationships/"+name, as(t.main.token))
		if !t.want("a relationship", e, http.StatusOK) {
			continue
		}
		first := e.at("data")
		if list, isList := first.([]any); isList && t.hold(len(list) == 2, "%s has %d identifiers, not 2", e.shape(), len(list)) {
			first = list[0]
		}
		_, known := identify(first)
		t.hold(known && !has(first, "", "attributes"), "%s does not answer with identifiers", e.shape())
		for _, link := range []string{"self", "related"} {
			t.hold(linkTarget(e.at("links."+link)) != "", "%s has no links.%s", e.shape(), link)
		}
	}
}

func relationshipOfNobody(t *trial) {
	nobody := t.person()
	for _, name := range relationships {
		t.want("a relationship of nobody", t.get("/customers/"+foreignReference+"/relationships/"+name, as(t.main.token)), http.StatusNotFound)
		empty := t.get(nobody.path+"/relationships/"+name, as(nobody.token))
		t.want("an empty relationship", empty, http.StatusOK)
		want := any(nil)
		if name == "addresses" {
			want = []any{}
		}
		t.hold(has(empty.document, "", "data") && reflect.DeepEqual(empty.at("data"), want), "%s, empty, has data %v", empty.shape(), empty.at("data"))
	}
}

func otherMethods(t *trial) {
	for _, target := range slices.Concat(collections(t.main), singles(t.main), []string{t.main.path + "/relationships/addresses"}) {
		t.head(target)
	}
	for _, target := range []string{"/customers", t.main.path, "/access-tokens", "/operations"} {
		asked := t.ask(http.MethodOptions, target, nil, notDocument)
		t.want("OPTIONS", asked, http.StatusOK, http.StatusNoContent)
		t.hold(asked.header.Get("Allow") != "", "OPTIONS %s has no Allow", target)
	}
	for method, target := range map[string]string{"PUT": t.main.path, "POST": t.main.path, "GET": "/operations"} {
		t.want("a method that is not there", t.ask(method, target, nil, as(t.main.token)), http.StatusMethodNotAllowed)
	}
	for _, method := range []string{http.MethodPatch, http.MethodDelete} {
		t.want("a change of a collection", t.ask(method, "/customers", change("customers", t.scratch.id, object{}), as(t.scratch.token)), http.StatusMethodNotAllowed)
	}
}

// head compares HEAD with GET.
func (t *trial) head(target string) {
	got, headed := t.get(target, as(t.main.token)), t.ask(http.MethodHead, target, nil, as(t.main.token))
	t.want("HEAD", headed, got.status)
	t.hold(len(headed.body) == 0, "%s has a body", headed.shape())
	for _, name := range []string{"Content-Type", "ETag", "Vary", "Content-Language", "Cache-Control"} {
		t.hold(headed.header.Get(name) == got.header.Get(name), "%s: %s is %q, with GET %q", headed.shape(), name, headed.header.Get(name), got.header.Get(name))
	}
}
