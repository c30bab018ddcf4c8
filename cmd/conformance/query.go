package main

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

func includeUnsupported(t *trial) {
	login := resource("access-tokens", object{"username": t.main.email, "password": password})
	for _, query := range []string{"?include=x", "?include=addresses", "?include="} {
		t.blames("include of a token"+query, t.post("/access-tokens"+query, login), http.StatusBadRequest, "parameter", "include")
	}
}

func includedAlwaysThere(t *trial) {
	nobody := t.person()
	for _, query := range []string{"?include=addresses", "?include=", "?include=defaultShippingAddress"} {
		e := t.made("include of nothing", t.show(nobody, query), http.StatusOK)
		t.hold(reflect.DeepEqual(e.at("included"), []any{}), "include of nothing%s: included is %v", query, e.at("included"))
	}
	e := t.show(t.main, "?include=addresses")
	t.hold(len(e.list("included")) == 2, "include=addresses of a customer with 2 includes %d", len(e.list("included")))
}

func nothingUnasked(t *trial) {
	for query, want := range map[string]int{"?include=": 0, "": 0, "?include=defaultShippingAddress": 1} {
		e := t.made("include", t.show(t.main, query), http.StatusOK)
		t.hold(len(e.list("included")) == want, "a customer with 2 addresses%s: %d included, not %d", query, len(e.list("included")), want)
	}
	e := t.show(t.main)
	t.hold(!has(e.document, "", "included"), "included is there without include")
}

func dotPaths(t *trial) {
	e := t.made("include=addresses.customer", t.show(t.main, "?include=addresses.customer"), http.StatusOK)
	t.hold(len(e.list("included")) == 2, "include=addresses.customer brings %d addresses, not the 2 that lie between", len(e.list("included")))
	t.hold(e.text("included.0.relationships.customer.data.id") == t.main.id, "addresses that are included have no linkage to their customer")
	list := t.made("include=customer", t.get(t.main.path+"/addresses?include=customer", as(t.main.token)), http.StatusOK)
	t.hold(len(list.list("included")) == 1 && list.text("included.0.id") == t.main.id, "include=customer of 2 addresses brings %d, not their customer", len(list.list("included")))
}

func unknownInclude(t *trial) {
	for _, value := range []string{"nope", "addresses.nope", "addresses,,defaultShippingAddress", "addresses,", "Addresses"} {
		t.blames("include="+value, t.show(t.main, "?include="+value), http.StatusBadRequest, "parameter", "include")
	}
}

// includeEverywhere sends include to each kind of route: each supports it, and
// then there is included, or refuses it.
func includeEverywhere(t *trial) {
	token := as(t.scratch.token)
	address := t.address(t.scratch, "Berlin")
	for _, e := range []*exchange{
		t.get("/customers?include=addresses", token),
		t.get(t.scratch.path+"?include=addresses", token),
		t.get(t.scratch.path+"/addresses?include=customer", token),
		t.get(t.scratch.path+"/addresses/"+address+"?include=customer", token),
		t.get(t.scratch.path+"/defaultShippingAddress?include=customer", token),
		t.get(t.scratch.path+"/relationships/addresses?include=addresses", token),
		t.get(t.scratch.path+"/relationships/defaultShippingAddress?include=defaultShippingAddress", token),
		t.post(t.scratch.path+"/addresses?include=customer", resource("addresses", home("Bonn")), token),
		t.patch(t.scratch.path+"?include=addresses", change("customers", t.scratch.id, object{"firstName": "Ada"}), token),
		t.post("/customers?include=addresses", resource("customers", registration(t.email()))),
	} {
		served := e.status < 300 && has(e.document, "", "included")
		t.hold(served || e.status == http.StatusBadRequest, "include is neither served nor refused: %s answered %d without included", e.shape(), e.status)
	}
}

func noFields(t *trial) {
	for _, query := range []string{"?fields[customers]=", "?fields%5Bcustomers%5D="} {
		data := t.made("fields[customers]=", t.show(t.main, query), http.StatusOK).at("data")
		for _, member := range []string{"attributes", "relationships"} {
			fields, _ := at(data, member).(object)
			t.hold(len(fields) == 0, "fields[customers]= shows %d %s", len(fields), member)
		}
		t.hold(at(data, "id") == t.main.id && at(data, "type") == "customers" && at(data, "links.self") != nil, "fields[customers]= hides type, id or links")
	}
}

func onlyFieldsAsked(t *trial) {
	names := func(value any) []string {
		attributes, _ := at(value, "attributes").(object)
		relationships, _ := at(value, "relationships").(object)
		return slices.Sorted(maps.Keys(union(attributes, relationships)))
	}
	e := t.made("fields", t.show(t.main, "?include=addresses&fields[customers]=firstName,addresses&fields[addresses]=city"), http.StatusOK)
	t.hold(slices.Equal(names(e.at("data")), []string{"addresses", "firstName"}), "fields[customers]=firstName,addresses shows %v", names(e.at("data")))
	t.hold(len(e.list("included")) == 2, "fields hide what is included")
	for _, item := range e.list("included") {
		t.hold(slices.Equal(names(item), []string{"city"}), "fields[addresses]=city shows %v of what is included", names(item))
	}
	e = t.made("fields", t.show(t.main, "?include=addresses&fields[customers]=firstName"), http.StatusOK)
	t.hold(slices.Equal(names(e.at("data")), []string{"firstName"}) && has(e.document, "", "included"), "fields[customers]=firstName with include shows %v", names(e.at("data")))
}

func union(one, other object) object {
	all := maps.Clone(one)
	if all == nil {
		all = object{}
	}
	maps.Copy(all, other)
	return all
}

func unknownFields(t *trial) {
	for name, value := range map[string]string{"fields[customers]": "nope", "fields[nope]": "a"} {
		t.blames(name+"="+value, t.show(t.main, "?"+name+"="+value), http.StatusBadRequest, "parameter", name)
	}
}

func unknownSort(t *trial) {
	t.blames("sort=nope", t.get("/customers?sort=nope", as(t.readerToken())), http.StatusBadRequest, "parameter", "sort")
	t.blames("sort=-", t.get("/customers?sort=-", as(t.readerToken())), http.StatusBadRequest, "parameter", "sort")
	t.blames("sort of one resource", t.show(t.main, "?sort=email"), http.StatusBadRequest, "parameter", "sort")
	t.blames("sort where none is offered", t.get(t.main.path+"/addresses?sort=city", as(t.main.token)), http.StatusBadRequest, "parameter", "sort")
}

// readerToken is the best credential there is.
func (t *trial) readerToken() string { return cmp.Or(t.key, t.main.token) }

// mine narrows a list of customers to those made in this run, which nobody but
// the run adds to.
func (t *trial) mine(query string) string {
	return "/customers?filter[createdAt][gte]=" + url.QueryEscape(t.main.created) + "&" + query
}

// numbers reads the attribute number, which every customer has another of.
func numbers(items []any) []int64 {
	listed := make([]int64, len(items))
	for i, item := range items {
		listed[i], _ = integer(at(item, "attributes.number"))
	}
	return listed
}

func sortedBothWays(t *trial) {
	t.needKey()
	up := numbers(t.made("sort=number", t.get(t.mine("sort=number&page[size]=100"), as(t.key)), http.StatusOK).list("data"))
	down := numbers(t.made("sort=-number", t.get(t.mine("sort=-number&page[size]=100"), as(t.key)), http.StatusOK).list("data"))
	t.hold(len(up) >= 5 && slices.IsSorted(up), "sort=number gives %v", up)
	slices.Reverse(down)
	t.hold(slices.Equal(up, down), "sort=-number is not sort=number in reverse")
}

func sortedTwice(t *trial) {
	t.needKey()
	t.patch(t.other.path, change("customers", t.other.id, object{"lastName": "Aardvark"}), as(t.other.token))
	list := t.made("two sort fields", t.get(t.mine("sort=lastName,-number&page[size]=100"), as(t.key)), http.StatusOK).list("data")
	last := func(item any) string { name, _ := at(item, "attributes.lastName").(string); return name }
	ordered := slices.IsSortedFunc(list, func(a, b any) int {
		one, other := numbers([]any{a, b})[0], numbers([]any{a, b})[1]
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(other, one))
	})
	t.hold(len(list) >= 5 && ordered && last(list[0]) == "Aardvark", "sort=lastName,-number gives another order")
}

func paginationLinksPlaced(t *trial) {
	t.needKey()
	page := t.made("a page", t.get(t.mine("page[number]=2&page[size]=2"), as(t.key)), http.StatusOK)
	for _, name := range []string{"first", "prev", "next", "last"} {
		t.hold(linkTarget(page.at("links."+name)) != "", "a page in the middle has no top-level links.%s", name)
	}
}

func paginationLinksAtEnds(t *trial) {
	t.needKey()
	for _, query := range []string{"page[number]=1&page[size]=2", "page[offset]=0&page[limit]=2"} {
		first := t.made("the first page", t.get(t.mine(query), as(t.key)), http.StatusOK)
		t.hold(first.at("links.prev") == nil && linkTarget(first.at("links.next")) != "", "the first page by %s has prev %v and next %v", query, first.at("links.prev"), first.at("links.next"))
		last := t.follow("links.last", first.at("links.last"), as(t.key))
		t.want("links.last", last, http.StatusOK)
		t.hold(last.at("links.next") == nil && linkTarget(last.at("links.prev")) != "" && len(last.list("data")) > 0, "the last page by %s has next %v and %d items", query, last.at("links.next"), len(last.list("data")))
	}
}

// pagesInOrder follows next while somebody registers, who sorts behind all
// others.
func pagesInOrder(t *trial) {
	t.needKey()
	for _, query := range []string{"sort=number&page[number]=1&page[size]=3", "sort=number&page[offset]=0&page[limit]=3"} {
		whole := numbers(t.get(t.mine("sort=number&page[size]=100"), as(t.key)).list("data"))
		walked := t.walk(t.mine(query), func(page int) {
			if page == 1 {
				t.registerAs(t.email())
			}
		})
		t.hold(len(whole) > 3 && len(walked) == len(whole)+1 && slices.Equal(walked[:len(whole)], whole), "following next from %s gives %v, not %v and one more", query, walked, whole)
	}
}

// walk follows next to the end and returns the numbers met.
func (t *trial) walk(target string, between func(page int)) (met []int64) {
	page := t.made("a page", t.get(target, as(t.key)), http.StatusOK)
	for number := 1; number < 100; number++ {
		met = append(met, numbers(page.list("data"))...)
		next := page.at("links.next")
		if next == nil {
			return met
		}
		between(number)
		page = t.made("links.next", t.follow("links.next", next, as(t.key)), http.StatusOK)
	}
	t.hold(false, "following next from %s does not end", target)
	return met
}

func badPages(t *trial) {
	for _, parameter := range []string{"page[limit]", "page[size]", "page[number]"} {
		for _, value := range []string{"0", "-1", "abc", "1000000000000", "1.5", ""} {
			t.blames(parameter+"="+value, t.get("/customers?"+parameter+"="+value, as(t.readerToken())), http.StatusBadRequest, "parameter", parameter)
		}
	}
	t.blames("page[offset]=-1", t.get("/customers?page[offset]=-1", as(t.readerToken())), http.StatusBadRequest, "parameter", "page[offset]")
	t.blames("page=1", t.get("/customers?page=1", as(t.readerToken())), http.StatusBadRequest, "parameter", "page")
}

func filters(t *trial) {
	t.blames("an unknown filter", t.get("/customers?filter[nope]=1", as(t.readerToken())), http.StatusBadRequest, "parameter", "filter[nope]")
	t.blames("filter=1", t.get("/customers?filter=1", as(t.readerToken())), http.StatusBadRequest, "parameter", "filter")
	if t.key == "" {
		return
	}
	for _, name := range []string{"filter[email]", "filter[customers.email]"} {
		found := t.made(name, t.get("/customers?"+name+"="+url.QueryEscape(t.main.email), as(t.key)), http.StatusOK)
		t.hold(slices.Equal(ids(found.list("data")), []string{t.main.id}), "%s finds %v", name, ids(found.list("data")))
	}
}

// families are the parameters that JSON:API has; page and filter have members.
var families = []string{"include", "sort", "fields", "page", "filter"}

// ownParameters reads the service's own description: which parameters it has
// cannot be found out by asking.
func ownParameters(t *trial) {
	description := t.get("/openapi.json", notDocument)
	if description.status != http.StatusOK {
		t.skip("the service does not describe its parameters at /openapi.json")
	}
	for _, name := range queryParameters(description.document) {
		family, _, _ := strings.Cut(name, "[")
		own := !slices.Contains(families, family)
		t.hold(!own || matches(memberName, family) && strings.Trim(family, "abcdefghijklmnopqrstuvwxyz") != "", "the parameter %s is of the letters a to z alone", name)
	}
}

// queryParameters collects the names of all that are anywhere in a description, but
// for what answers with a page for people.
func queryParameters(value any) (listed []string) {
	switch value := value.(type) {
	case object:
		if responses, isOperation := value["responses"].(object); isOperation && isPage(responses) {
			return nil
		}
		if name, ok := value["name"].(string); ok && value["in"] == "query" {
			listed = append(listed, name)
		}
		for _, inner := range value {
			listed = append(listed, queryParameters(inner)...)
		}
	case []any:
		for _, inner := range value {
			listed = append(listed, queryParameters(inner)...)
		}
	}
	return listed
}

// isPage reports whether an operation answers in HTML when all is well.
func isPage(responses object) bool {
	answer, _ := responses["200"].(object)
	content, _ := answer["content"].(object)
	for mediaType := range content {
		if strings.HasPrefix(mediaType, "text/html") {
			return true
		}
	}
	return false
}

func unknownParameters(t *trial) {
	for _, name := range []string{"foo", "fooBar", "page[_]", "page[nope]", "Include", "includes", "FIELDS[customers]", "sort[x]"} {
		t.blames("the unknown parameter "+name, t.get("/customers?"+name+"=1", as(t.readerToken())), http.StatusBadRequest, "parameter", name)
	}
	t.blames("an unknown parameter of a POST", t.post(t.scratch.path+"/addresses?fooBar=1", resource("addresses", home("Berlin")), as(t.scratch.token)), http.StatusBadRequest, "parameter", "fooBar")
}

func queryIsForm(t *trial) {
	t.blames("+ is a space", t.get("/customers?foo+bar=1", as(t.main.token)), http.StatusBadRequest, "parameter", "foo bar")
	for _, query := range []string{"include=%zz", "include=addresses;sort=email", "%ff%fe=1"} {
		t.want("the query "+strconv.Quote(query), t.get(t.main.path+"?"+query, as(t.main.token)), http.StatusBadRequest)
	}
	escaped := t.made("an escaped comma", t.show(t.main, "?include=addresses%2CdefaultShippingAddress"), http.StatusOK)
	t.hold(len(escaped.list("included")) == 2, "an escaped comma does not separate")
}

func bareBrackets(t *trial) {
	bare, escaped := t.show(t.main, "?fields[customers]=firstName"), t.show(t.main, "?fields%5Bcustomers%5D=firstName")
	t.want("bare brackets", bare, http.StatusOK)
	t.want("escaped brackets", escaped, http.StatusOK)
	t.hold(reflect.DeepEqual(bare.at("data"), escaped.at("data")), "bare and escaped brackets give different documents")
	attributes, _ := bare.at("data.attributes").(object)
	t.hold(len(attributes) == 1, "fields[customers]=firstName shows %d attributes", len(attributes))
}

func parameterTwice(t *trial) {
	t.want("include twice", t.show(t.main, "?include=addresses&include=addresses"), http.StatusBadRequest)
	t.want("a page twice", t.get("/customers?page[size]=1&page[size]=2", as(t.readerToken())), http.StatusBadRequest)
}
