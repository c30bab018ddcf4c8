package resources

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

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
	switch page.Strategy {
	case jsonapi.ByOffset:
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
	return jsonapi.View{Links: links, Meta: map[string]any{"total": total}}
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

// A cursor is the number of the customer at the edge of a page, in a form that
// clients have no reason to look into.
func cursor(number int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(number, 36)))
}

func readCursor(cursor string) (int64, bool) {
	decoded, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return 0, false
	}
	number, err := strconv.ParseInt(string(decoded), 36, 64)
	return number, err == nil && number >= 0
}
