package main

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// cursorPage reads a page by cursor of the customers of this run.
func (t *trial) cursorPage(query string) *exchange {
	t.needKey()
	return t.made("a page by cursor", t.get(t.mine(query), as(t.key), with("Accept", profile(cursorProfile))), http.StatusOK)
}

// listed is the customers of this run as cursors go through them.
func (t *trial) listed() []any {
	list := t.cursorPage("page[after]=&page[size]=100").list("data")
	t.require(len(list) >= 5, "only %d customers to page through", len(list))
	return list
}

// all is listed, with the cursors that a page can begin at.
func (t *trial) all() []any {
	list := t.listed()
	if cursorOf(list[0]) == "" {
		t.skip("items have no cursor: P6")
	}
	return list
}

func cursorOf(item any) string {
	cursor, _ := at(item, "meta.page.cursor").(string)
	return cursor
}

// after and before are the parameters for a page beside an item.
func after(item any, size int) string {
	return "page[after]=" + url.QueryEscape(cursorOf(item)) + "&page[size]=" + strconv.Itoa(size)
}

func before(item any, size int) string {
	return "page[before]=" + url.QueryEscape(cursorOf(item)) + "&page[size]=" + strconv.Itoa(size)
}

func cursorProfileNamed(t *trial) {
	page := t.cursorPage("page[after]=&page[size]=2")
	t.hold(appliesCursorProfile(page), "Content-Type is %q", page.header.Get("Content-Type"))
	profiles, _ := page.at("jsonapi.profile").([]any)
	t.hold(slices.Contains(profiles, any(cursorProfile)), "jsonapi.profile is %v", page.at("jsonapi.profile"))
}

func cursorLinks(t *trial) {
	list := t.all()
	last := list[len(list)-1]
	for _, test := range []struct {
		what, query string
		prev, next  bool
	}{
		{"the first page", "page[after]=&page[size]=2", false, true},
		{"the first page, before a cursor", before(list[2], 2), false, true},
		{"a page in the middle", after(list[0], 2), true, true},
		{"the last page", after(list[len(list)-3], 2), true, false},
		{"the only page", "page[after]=&page[size]=100", false, false},
		{"the page before the last item", before(last, 1), true, true},
	} {
		page := t.cursorPage(test.query)
		for name, there := range map[string]bool{"prev": test.prev, "next": test.next} {
			link := page.at("links." + name)
			t.hold(has(page.document, "links", name), "%s has no links.%s, not even null", test.what, name)
			t.hold((link != nil) == there, "%s has links.%s %v", test.what, name, link)
		}
	}
}

// expect looks at which customers a page has.
func (t *trial) expect(what string, page *exchange, want []any) {
	t.hold(slices.Equal(ids(page.list("data")), ids(want)), "%s has %v, not %v", what, ids(page.list("data")), ids(want))
}

func cursorAfter(t *trial) {
	list := t.all()
	for i := range 3 {
		t.expect("page[after] an item", t.cursorPage(after(list[i], 2)), list[i+1:i+3])
	}
}

func cursorBefore(t *trial) {
	list := t.all()
	for i := 2; i < 5; i++ {
		t.expect("page[before] an item", t.cursorPage(before(list[i], 2)), list[i-2:i])
	}
	t.expect("page[before] the first item", t.cursorPage(before(list[0], 2)), nil)
}

func cursorSize(t *trial) {
	list := t.listed()
	for size := 1; size <= 4; size++ {
		t.expect("page[size]="+strconv.Itoa(size), t.cursorPage("page[after]=&page[size]="+strconv.Itoa(size)), list[:size])
	}
}

func cursorOfItem(t *trial) {
	list := t.listed()
	without := slices.IndexFunc(list, func(item any) bool { return cursorOf(item) == "" })
	if !t.hold(without < 0, "an item has no cursor") {
		return
	}
	t.expect("the page after an item's cursor and before the next but one", t.cursorPage(after(list[1], 1)), list[2:3])
	t.expect("the page before an item's cursor", t.cursorPage(before(list[1], 1)), list[:1])
}

// refused looks at a page that cannot be.
func (t *trial) refused(query, parameter string) *exchange {
	t.needKey()
	e := t.get(t.mine(query), as(t.key), with("Accept", profile(cursorProfile)))
	t.blames(query, e, http.StatusBadRequest, "parameter", parameter)
	return e
}

// ofKind looks at the type that the profile gives an error.
func (t *trial) ofKind(e *exchange, kind string) {
	t.hold(linkTarget(e.at("errors.0.links.type")) == cursorProfile+"/"+kind, "%s: links.type is %v, not that of %s", e.shape(), e.at("errors.0.links.type"), kind)
}

func cursorBadSize(t *trial) {
	for _, size := range []string{"0", "-1", "abc", "1.5", "%2B1", ""} {
		t.refused("page[after]=&page[size]="+size, "page[size]")
	}
}

func cursorSizeExceeded(t *trial) {
	e := t.refused("page[after]=&page[size]=100000", "page[size]")
	t.ofKind(e, "max-size-exceeded")
	most, ok := integer(e.at("errors.0.meta.page.maxSize"))
	t.hold(ok && most > 0, "meta.page.maxSize is %v", e.at("errors.0.meta.page.maxSize"))
	if ok {
		t.want("the maximum", t.get(t.mine("page[after]=&page[size]="+strconv.FormatInt(most, 10)), as(t.key)), http.StatusOK)
		t.ofKind(t.refused("page[after]=&page[size]="+strconv.FormatInt(most+1, 10), "page[size]"), "max-size-exceeded")
	}
}

func cursorInvalid(t *trial) {
	t.refused("page[after]=%21%21&page[size]=2", "page[after]")
	t.refused("page[before]=%21%21&page[size]=2", "page[before]")
}

func cursorRange(t *trial) {
	list := t.all()
	query := "page[after]=" + url.QueryEscape(cursorOf(list[0])) + "&" + before(list[3], 5)
	e := t.get(t.mine(query), as(t.key), with("Accept", profile(cursorProfile)))
	if t.want("a range", e, http.StatusBadRequest, http.StatusOK) && e.status == http.StatusOK {
		t.expect("a range", e, list[1:3])
		return
	}
	t.ofKind(e, "range-pagination-not-supported")
}

func cursorSort(t *trial) {
	t.needKey()
	e := t.get(t.mine("page[after]=&page[size]=2&sort=lastName"), as(t.key), with("Accept", profile(cursorProfile)))
	if t.want("a page sorted by name", e, http.StatusBadRequest, http.StatusOK) && e.status == http.StatusBadRequest {
		t.hold(isBlamed(e, "parameter", "sort"), "a page sorted by name: sort is not blamed")
		t.ofKind(e, "unsupported-sort")
	}
}

func cursorAbsent(t *trial) {
	list := t.listed()
	page := t.cursorPage("page[size]=2")
	t.hold(appliesCursorProfile(page), "page[size] alone is not a page by cursor though Accept names the profile")
	t.expect("the page without a cursor", page, list[:2])
	t.expect("the page after nothing", t.cursorPage("page[after]=&page[size]=2"), list[:2])
}

func cursorBehindLast(t *trial) {
	list := t.all()
	page := t.cursorPage(after(list[len(list)-1], 2))
	data, isList := page.at("data").([]any)
	t.hold(isList && len(data) == 0, "behind the last item there is %v", page.at("data"))
	t.hold(has(page.document, "links", "next") && page.at("links.next") == nil, "behind the last item links.next is %v", page.at("links.next"))
}

func cursorWalk(t *trial) {
	whole := numbers(t.listed())
	walked := t.walk(t.mine("page[after]=&page[size]=3"), func(page int) {
		if page == 1 {
			t.registerAs(t.email())
		}
	})
	slices.Sort(walked)
	t.hold(len(slices.Compact(slices.Clone(walked))) == len(walked), "following next shows a customer twice")
	lost := slices.DeleteFunc(whole, func(number int64) bool { return slices.Contains(walked, number) })
	t.hold(len(lost) == 0, "following next misses %d customers", len(lost))
}

func cursorLinksKeep(t *trial) {
	page := t.cursorPage("page[after]=&page[size]=2&fields[customers]=number")
	link, err := url.Parse(linkTarget(page.at("links.next")))
	t.require(err == nil && page.at("links.next") != nil, "there is no links.next")
	for name, want := range map[string]string{"filter[createdAt][gte]": t.main.created, "fields[customers]": "number", "page[size]": "2"} {
		t.hold(link.Query().Get(name) == want, "links.next has %s %q, not %q", name, link.Query().Get(name), want)
	}
}

func cursorMixed(t *trial) {
	t.refused("page[after]=&page[number]=1", "page[number]")
	for _, query := range []string{"page[after]=&page[limit]=1", "page[number]=1&page[offset]=0", "page[size]=1&page[limit]=1", "page[before]=x&page[number]=1"} {
		t.want(query, t.get(t.mine(query), as(t.readerToken())), http.StatusBadRequest)
	}
}
