package resources

import (
	"encoding/base64"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jsonapi"
)

// window is the part of a collection that a page shows.
type window struct{ Offset, Limit int }

// pageWindow turns a page by number or by offset into a window; no page at all
// is the first one of the default size. A cursor is PaginationInvalid: whoever
// offers cursors reads them first.
func pageWindow(page jsonapi.Page) (window, error) {
	switch page.Strategy {
	case jsonapi.ByNumber:
		return window{Offset: (page.Number - 1) * page.Size, Limit: page.Size}, nil
	case jsonapi.ByOffset:
		return window{Offset: page.Offset, Limit: page.Limit}, nil
	case jsonapi.ByCursor:
		return window{}, errors.PaginationInvalid.AtParameter("page[" + page.CursorName() + "]")
	default:
		return window{Limit: jsonapi.DefaultPageSize}, nil
	}
}

// pageView is the total and the links of a paged collection: first, prev,
// next and last, as far as there are such pages.
func (a *API) pageView(c *call, total int64) jsonapi.View {
	links := map[string]any{}
	link := func(name string, page map[string]int) { links[name] = a.pageLink(c, page) }
	page, count := c.query.Page, int(total)
	var shown map[string]int
	switch page.Strategy {
	case jsonapi.ByOffset:
		shown = map[string]int{"offset": page.Offset, "limit": page.Limit}
		at := func(offset int) map[string]int { return map[string]int{"offset": offset, "limit": page.Limit} }
		link("first", at(0))
		link("last", at(max(0, (count-1)/page.Limit*page.Limit)))
		if page.Offset > 0 {
			link("prev", at(max(0, page.Offset-page.Limit)))
		}
		if page.Offset+page.Limit < count {
			link("next", at(page.Offset+page.Limit))
		}
	default:
		number, size := max(1, page.Number), page.Size
		if page.Strategy == jsonapi.NoPage {
			size = jsonapi.DefaultPageSize
		}
		shown = map[string]int{"number": number, "size": size}
		at := func(number int) map[string]int { return map[string]int{"number": number, "size": size} }
		last := max(1, (count+size-1)/size)
		link("first", at(1))
		link("last", at(last))
		if number > 1 {
			link("prev", at(min(number-1, last)))
		}
		if number < last {
			link("next", at(number+1))
		}
	}
	view := jsonapi.View{Links: links}
	a.tellTotal(c, &view, total)
	view.Meta["page"] = shown
	linkHeader(c, links)
	return view
}

// tellTotal says how many there are in all, in the document and in a header.
func (a *API) tellTotal(c *call, view *jsonapi.View, total int64) {
	view.Meta = map[string]any{"total": total}
	c.Response().Header().Set("X-Total-Count", strconv.FormatInt(total, 10))
}

// linkHeader names the pages beside this one in a header too (RFC 8288), for clients
// that do not read the document's links.
func linkHeader(c *call, links map[string]any) {
	var all []string
	for _, name := range []string{"first", "prev", "next", "last"} {
		if link, ok := links[name].(string); ok {
			all = append(all, "<"+link+`>; rel="`+name+`"`)
		}
	}
	if len(all) > 0 {
		c.Response().Header().Set("Link", strings.Join(all, ", "))
	}
}

// pageLink is the request's own URL with another page.
func (a *API) pageLink(c *call, page map[string]int) string {
	values := map[string]string{}
	for name, value := range page {
		values[name] = strconv.Itoa(value)
	}
	return a.linkWith(c, values)
}

func (a *API) linkWith(c *call, page map[string]string) string {
	query := c.QueryParams()
	kept := url.Values{}
	for name, values := range query {
		if !strings.HasPrefix(name, "page[") {
			kept[name] = values
		}
	}
	for name, value := range page {
		kept.Set("page["+name+"]", value)
	}
	return a.Base + c.Request().URL.EscapedPath() + "?" + kept.Encode()
}

// applyProfile pages by cursor where a list has no other pages, and where the
// client asks for the profile of cursor pagination and for no other way of paging.
// Another way is PaginationInvalid in a list that has none.
func (a *API) applyProfile(c *call) error {
	page := &c.query.Page
	unnumbered := page.Strategy == jsonapi.NoPage || page.Strategy == jsonapi.ByNumber && !c.QueryParams().Has("page[number]")
	asked := c.actor.HasKey() && a.Wire.Hypermedia && jsonapi.AsksFor(c.Request().Header, jsonapi.CursorProfile)
	if unnumbered && (asked || c.route.endless) {
		*page = jsonapi.Page{Strategy: jsonapi.ByCursor, Size: max(page.Size, 0)}
		if page.Size == 0 {
			page.Size = jsonapi.DefaultPageSize
		}
	}
	if c.route.endless && page.Strategy != jsonapi.ByCursor {
		name := "page[number]"
		if page.Strategy == jsonapi.ByOffset {
			name = "page[offset]"
		}
		return errors.PaginationInvalid.AtParameter(name)
	}
	if page.Strategy == jsonapi.ByCursor && c.actor.HasKey() && a.Wire.Hypermedia {
		c.profile = jsonapi.CursorProfile
	}
	return nil
}

// cut leaves out the row that was read beyond the page, on the side to which the
// page goes on, and reports whether there was one.
func cut[T any](listed []T, page jsonapi.Page) (shown []T, more bool) {
	switch {
	case len(listed) <= page.Size:
		return listed, false
	case page.Before != "":
		return listed[1:], true
	}
	return listed[:page.Size], true
}

// cursored is a resource that tells where it stands in a list.
type cursored interface{ standAt(cursor string) }

// pageByCursor shows what of a list was read by cursor, one row more than a page has, and
// links the pages beside it. A row stands at its number.
func pageByCursor[T any, R cursored](a *API, c *call, listed []T, number func(*T) int64, show func(*T) R) ([]R, jsonapi.View) {
	listed, more := cut(listed, c.query.Page)
	shown, numbers := make([]R, len(listed)), make([]int64, len(listed))
	for i := range listed {
		shown[i], numbers[i] = show(&listed[i]), number(&listed[i])
		shown[i].standAt(cursor(numbers[i]))
	}
	return shown, a.cursorView(c, numbers, more)
}

// cursorView links the pages beside one that was read by cursor and shows the
// rows of these numbers; null says that there is none. Where the page was come from
// is not looked at: that link may lead to an empty page (cursor pagination profile,
// "Links").
func (a *API) cursorView(c *call, numbers []int64, more bool) jsonapi.View {
	links := map[string]any{"prev": nil, "next": nil}
	page := c.query.Page
	link := func(name, at, cursor string) {
		links[name] = a.linkWith(c, map[string]string{at: cursor, "size": strconv.Itoa(page.Size)})
	}
	first, last := "", "" // of an empty page: what lies on its two sides
	if len(numbers) > 0 {
		first, last = cursor(numbers[0]), cursor(numbers[len(numbers)-1])
	} else if number, ok := readCursor(page.After); ok && page.After != "" {
		if first = cursor(min(number, math.MaxInt64-1) + 1); c.route.endless && !c.route.rising {
			first = cursor(max(0, number-1))
		}
	}
	if page.Before != "" || more {
		link("next", "after", last)
	}
	if page.After != "" || page.Before != "" && more {
		link("prev", "before", first)
	}
	linkHeader(c, links)
	return jsonapi.View{Links: links}
}

// readCursors returns the edges of a page that was asked for by cursor, or
// PaginationInvalid.
func readCursors(page jsonapi.Page) (after, before *int64, err error) {
	for _, edge := range []struct {
		given string
		place **int64
	}{{page.After, &after}, {page.Before, &before}} {
		if edge.given == "" {
			continue
		}
		number, ok := readCursor(edge.given)
		if !ok {
			return nil, nil, errors.PaginationInvalid.AtParameter("page[" + page.CursorName() + "]")
		}
		*edge.place = &number
	}
	return after, before, nil
}

// cursorMeta tells an item's own cursor (cursor pagination profile, "Item Cursors"),
// on the wire that has it.
func cursorMeta(cursor string, hypermedia bool) *jsonapi.Meta {
	if cursor == "" || !hypermedia {
		return nil
	}
	return &jsonapi.Meta{"page": map[string]string{"cursor": cursor}}
}

// A cursor is the number of the row at the edge of a page, in a form that clients
// have no reason to look into.
func cursor(number int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(number, 36)))
}

// readCursor reads what cursor writes and nothing else: no other spelling of a
// number, and none below zero.
func readCursor(text string) (int64, bool) {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return 0, false
	}
	number, err := strconv.ParseInt(string(decoded), 36, 64)
	return number, err == nil && number >= 0 && cursor(number) == text
}

// setBound sets a bound of times by a filter. One that is no time is FilterInvalid,
// and on the lenient wire no bound.
func (a *API) setBound(bounds interface {
	Set(operator string, value time.Time) bool
}, wanted jsonapi.Filter) error {
	moment, err := a.Wire.moment(wanted.Value)
	if err == nil {
		bounds.Set(wanted.Operator, moment.UTC())
		return nil
	}
	if a.Wire.Lenient {
		return nil
	}
	return errors.FilterInvalid.With(wanted.Name).AtParameter(wanted.Parameter)
}
