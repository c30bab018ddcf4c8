package jsonapi

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/errors"
)

// shop is what a route may offer.
var shop = Offer{
	Include: []string{"addresses", "addresses.country", "orders"},
	Fields:  map[string][]string{"customers": {"email", "firstName", "addresses"}, "addresses": {"city"}},
	Sort:    []string{"createdAt", "email"},
	Filter:  map[string][]string{"email": {""}, "createdAt": {"", "gt", "lte"}, "address.city": {""}},
	Page:    true,
	Own:     []string{"dryRun"},
}

func TestQueryHoldsWhatIsAskedFor(t *testing.T) {
	for query, want := range map[string]Query{
		"":                                      {},
		"&&":                                    {},
		"include=addresses,addresses.country":   {Include: []string{"addresses", "addresses.country"}},
		"include=addresses%2Corders,addresses":  {Include: []string{"addresses", "orders"}},
		"include=":                              {Include: []string{}},
		"include":                               {Include: []string{}},
		"fields[customers]=email,firstName":     {Fields: map[string][]string{"customers": {"email", "firstName"}}},
		"fields%5Bcustomers%5D=addresses,email": {Fields: map[string][]string{"customers": {"addresses", "email"}}},
		"fields[customers]=&fields[addresses]=city": {Fields: map[string][]string{"customers": {}, "addresses": {"city"}}},
		"sort=-createdAt,email":                     {Sort: []Order{{"createdAt", true}, {"email", false}}},
		"sort=email,-email":                         {Sort: []Order{{"email", false}}},
		"filter[email]=a%2Bb@example.com":           {Filter: []Filter{{"email", "", "a+b@example.com", "filter[email]"}}},
		"filter[customers.email]=a+b":               {Filter: []Filter{{"email", "", "a b", "filter[customers.email]"}}},
		"filter[email]=":                            {Filter: []Filter{{"email", "", "", "filter[email]"}}},
		"filter[address.city]=Bonn":                 {Filter: []Filter{{"address.city", "", "Bonn", "filter[address.city]"}}},
		"filter[createdAt][gt]=1&filter[customers.createdAt][lte]=2&filter[createdAt]=3": {Filter: []Filter{
			{"createdAt", "gt", "1", "filter[createdAt][gt]"}, {"createdAt", "lte", "2", "filter[customers.createdAt][lte]"}, {"createdAt", "", "3", "filter[createdAt]"},
		}},
		"page[number]=2&page[size]=5": {Page: Page{Strategy: ByNumber, Number: 2, Size: 5}},
		"dryRun=yes":                  {Own: map[string]string{"dryRun": "yes"}},
	} {
		for _, lenient := range []bool{false, true} {
			offer := shop
			offer.Lenient = lenient
			got, err := ParseQuery(query, "customers", offer)
			if err != nil {
				t.Errorf("%s: %v", query, err)
				continue
			}
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("%s, lenient %v: %s", query, lenient, diff)
			}
		}
	}
}

func TestWhatIsNotOfferedIsRefusedOrIgnored(t *testing.T) {
	for query, c := range map[string]struct {
		line      *errors.Error
		parameter string
		ignored   Query // what the lenient wire makes of it
	}{
		"include=nope":                  {errors.IncludeUnknown.With("nope"), "include", Query{Include: []string{}}},
		"include=nope,nada":             {errors.IncludeUnknown.With("nope"), "include", Query{Include: []string{}}},
		"include=addresses,,orders":     {errors.IncludeUnknown.With(""), "include", Query{Include: []string{"addresses", "orders"}}},
		"include=addresses.nope,orders": {errors.IncludeUnknown.With("addresses.nope"), "include", Query{Include: []string{"orders"}}},
		"include=Addresses":             {errors.IncludeUnknown.With("Addresses"), "include", Query{Include: []string{}}},
		"include=+addresses":            {errors.IncludeUnknown.With(" addresses"), "include", Query{Include: []string{}}},
		"include[]=addresses":           {errors.ParameterUnknown.With("include[]"), "include[]", Query{}},
		"Include=addresses":             {errors.ParameterUnknown.With("Include"), "Include", Query{}},
		"fields[customers]=nope,email":  {errors.FieldUnknown.With("nope"), "fields[customers]", Query{Fields: map[string][]string{"customers": {"email"}}}},
		"fields[nope]=email":            {errors.FieldUnknown.With("nope"), "fields[nope]", Query{}},
		"fields=email":                  {errors.ParameterUnknown.With("fields"), "fields", Query{}},
		"fields[]=email":                {errors.FieldUnknown.With(""), "fields[]", Query{}},
		"fields[customers][a]=email":    {errors.ParameterUnknown.With("fields[customers][a]"), "fields[customers][a]", Query{}},
		"sort=nope":                     {errors.SortUnknown.With("nope"), "sort", Query{}},
		"sort=email,-nope":              {errors.SortUnknown.With("nope"), "sort", Query{Sort: []Order{{"email", false}}}},
		"sort=":                         {errors.SortUnknown.With(""), "sort", Query{}},
		"sort=--email":                  {errors.SortUnknown.With("-email"), "sort", Query{}},
		"filter[nope]=1":                {errors.FilterUnknown.With("nope"), "filter[nope]", Query{}},
		"filter[orders.email]=1":        {errors.FilterUnknown.With("orders.email"), "filter[orders.email]", Query{}},
		"filter[email][gt]=1":           {errors.FilterUnknown.With("email gt"), "filter[email][gt]", Query{}},
		"filter[email][]=1":             {errors.FilterUnknown.With("email "), "filter[email][]", Query{}},
		"filter[createdAt][gt][x]=1":    {errors.ParameterUnknown.With("filter[createdAt][gt][x]"), "filter[createdAt][gt][x]", Query{}},
		"filter=1":                      {errors.ParameterUnknown.With("filter"), "filter", Query{}},
		"filter[email=1":                {errors.ParameterUnknown.With("filter[email"), "filter[email", Query{}},
		"page[_]=1":                     {errors.ParameterUnknown.With("page[_]"), "page[_]", Query{}},
		"page=1":                        {errors.ParameterUnknown.With("page"), "page", Query{}},
		"foo=1":                         {errors.ParameterUnknown.With("foo"), "foo", Query{}},
		"fooBar":                        {errors.ParameterUnknown.With("fooBar"), "fooBar", Query{}},
		"=1":                            {errors.ParameterUnknown.With(""), "", Query{}},
	} {
		_, err := ParseQuery(query, "customers", shop)
		requireParameter(t, query, err, c.line, c.parameter)

		offer := shop
		offer.Lenient = true
		got, err := ParseQuery(query, "customers", offer)
		if err != nil {
			t.Errorf("%s, lenient: %v", query, err)
			continue
		}
		if diff := cmp.Diff(&c.ignored, got); diff != "" {
			t.Errorf("%s, lenient: %s", query, diff)
		}
	}
}

func requireParameter(t *testing.T, query string, err error, line *errors.Error, parameter string) {
	t.Helper()
	fault, ok := errors.AsType[*errors.Error](err)
	if !ok || !fault.Is(line) || fault.Detail != line.Detail || fault.Source.Parameter != parameter || fault.Status != 400 {
		t.Errorf("%s: %#v, want %s at %q", query, err, line.Detail, parameter)
	}
}

// An endpoint that includes nothing has to refuse the parameter (JSON:API 1.1,
// "Inclusion of Related Resources"), empty or not.
func TestRouteThatOffersNothingTakesNothing(t *testing.T) {
	for query, line := range map[string]*errors.Error{
		"include=":          errors.ParameterUnknown.With("include"),
		"include=addresses": errors.IncludeUnknown.With("addresses"),
		"sort=email":        errors.SortUnknown.With("email"),
		"page[number]=1":    errors.ParameterUnknown.With("page[number]"),
	} {
		_, err := ParseQuery(query, "", Offer{})
		name, _, _ := strings.Cut(query, "=")
		requireParameter(t, query, err, line, name)
		got, err := ParseQuery(query, "", Offer{Lenient: true})
		if diff := cmp.Diff(&Query{}, got); err != nil || diff != "" {
			t.Errorf("%s, lenient: %v %s", query, err, diff)
		}
	}
}

func TestRepeatedParameterIsRefusedOrTheLastCounts(t *testing.T) {
	for query, c := range map[string]struct {
		line      *errors.Error
		parameter string
		last      Query
	}{
		"include=addresses&include=orders":               {errors.ParameterUnknown.With("include, given twice,"), "include", Query{Include: []string{"orders"}}},
		"filter[email]=1&filter[customers.email]=2":      {errors.ParameterUnknown.With("filter[customers.email], given twice,"), "filter[customers.email]", Query{Filter: []Filter{{"email", "", "2", "filter[customers.email]"}}}},
		"fields[addresses]=city&fields%5Baddresses%5D=":  {errors.ParameterUnknown.With("fields[addresses], given twice,"), "fields[addresses]", Query{Fields: map[string][]string{"addresses": {}}}},
		"page[size]=1&page[size]=2":                      {errors.PaginationInvalid, "page[size]", Query{Page: Page{Strategy: ByNumber, Number: 1, Size: 2}}},
		"filter[createdAt][gt]=1&filter[createdAt][gt]=": {errors.ParameterUnknown.With("filter[createdAt][gt], given twice,"), "filter[createdAt][gt]", Query{Filter: []Filter{{"createdAt", "gt", "", "filter[createdAt][gt]"}}}},
	} {
		_, err := ParseQuery(query, "customers", shop)
		requireParameter(t, query, err, c.line, c.parameter)

		offer := shop
		offer.Lenient = true
		got, err := ParseQuery(query, "customers", offer)
		if diff := cmp.Diff(&c.last, got); err != nil || diff != "" {
			t.Errorf("%s, lenient: %v %s", query, err, diff)
		}
	}
}

func TestQueryThatCannotBeReadIsRefusedInBothWires(t *testing.T) {
	for query, parameter := range map[string]string{
		"include=%zz":             "include",
		"include=addresses;sort":  "include",
		"sort=email&include=%":    "include",
		"filter[email]=%00":       "filter[email]",
		"filter[email]=a%0Ab":     "filter[email]",
		"filter[email]=%c2%85":    "filter[email]",
		"filter[email]=%ff":       "filter[email]",
		"filter[email]=\xff":      "filter[email]",
		"%zz=1":                   "",
		"a%00=1":                  "",
		"%ff=1":                   "",
		"unknown=%7f":             "unknown",
		"a;b=1":                   "",
		"include=addresses&%=%zz": "",
	} {
		for _, lenient := range []bool{false, true} {
			offer := shop
			offer.Lenient = lenient
			_, err := ParseQuery(query, "customers", offer)
			requireParameter(t, query, err, errors.RequestInvalid, parameter)
		}
	}
}

func TestPagesAreRead(t *testing.T) {
	for query, want := range map[string]Page{
		"":                                      {},
		"include=addresses":                     {},
		"page[number]=1":                        {Strategy: ByNumber, Number: 1, Size: DefaultPageSize},
		"page[size]=1":                          {Strategy: ByNumber, Number: 1, Size: 1},
		"page[number]=2147483647&page[size]=10": {Strategy: ByNumber, Number: 2147483647, Size: 10},
		"page[size]=100":                        {Strategy: ByNumber, Number: 1, Size: MaxPageSize},
		"page[offset]=0&page[limit]=1":          {Strategy: ByOffset, Offset: 0, Limit: 1},
		"page%5Boffset%5D=20&page%5Blimit%5D=7": {Strategy: ByOffset, Offset: 20, Limit: 7},
		"page[after]=":                          {Strategy: ByCursor, Size: DefaultPageSize},
		"page[after]=abc":                       {Strategy: ByCursor, After: "abc", Size: DefaultPageSize},
		"page[before]=abc&page[size]=3":         {Strategy: ByCursor, Before: "abc", Size: 3},
		"page[size]=007":                        {Strategy: ByNumber, Number: 1, Size: 7},
	} {
		for _, lenient := range []bool{false, true} {
			offer := shop
			offer.Lenient = lenient
			got, err := ParseQuery(query, "customers", offer)
			if err != nil {
				t.Errorf("%s: %v", query, err)
				continue
			}
			if got.Page != want {
				t.Errorf("%s: %+v", query, got.Page)
			}
			if err := CheckPage(query, lenient); err != nil {
				t.Errorf("%s: %v", query, err)
			}
		}
	}
}

func TestHalfOfAWindowIsEnoughForTheStrictWireAlone(t *testing.T) {
	for query, want := range map[string]Page{
		"page[offset]=40": {Strategy: ByOffset, Offset: 40, Limit: DefaultPageSize},
		"page[limit]=5":   {Strategy: ByOffset, Limit: 5},
	} {
		got, err := ParseQuery(query, "customers", shop)
		if err != nil || got.Page != want {
			t.Errorf("%s: %+v, %v", query, got, err)
		}
		name, _, _ := strings.Cut(query, "=")
		requireParameter(t, query, CheckPage(query, true), errors.PaginationInvalid, name)
	}
}

func TestPagesThatAreNoneAreRefusedInBothWires(t *testing.T) {
	for query, parameter := range map[string]string{
		"page[number]=0":                              "page[number]",
		"page[number]=-1":                             "page[number]",
		"page[number]=+1":                             "page[number]",
		"page[number]=%2B1":                           "page[number]",
		"page[number]=1.0":                            "page[number]",
		"page[number]=1e1":                            "page[number]",
		"page[number]=0x1":                            "page[number]",
		"page[number]=":                               "page[number]",
		"page[number]":                                "page[number]",
		"page[number]=%EF%BC%91":                      "page[number]",
		"page[number]=2147483648":                     "page[number]",
		"page[number]=99999999999999999999":           "page[number]",
		"page[size]=0":                                "page[size]",
		"page[size]=101":                              "page[size]",
		"page[size]=%zz":                              "page[size]",
		"page[size]=%00":                              "page[size]",
		"page[offset]=-1&page[limit]=1":               "page[offset]",
		"page[offset]=0&page[limit]=0":                "page[limit]",
		"page[offset]=0&page[limit]=101":              "page[limit]",
		"page[offset]=2147483648&page[limit]=1":       "page[offset]",
		"page[offset]=a&page[limit]=b":                "page[offset]",
		"page[before]=":                               "page[before]",
		"page[before]=&page[size]=1":                  "page[before]",
		"page[after]=a&page[size]=0":                  "page[size]",
		"page[number]=1&page[offset]=0&page[limit]=1": "page[number]",
		"page[size]=1&page[offset]=0&page[limit]=1":   "page[size]",
		"page[after]=a&page[offset]=0&page[limit]=1":  "page[after]",
		"page[after]=a&page[number]=1":                "page[number]",
		"page[after]=a&page[before]=b":                "page[before]",
	} {
		for _, lenient := range []bool{false, true} {
			requireParameter(t, query, CheckPage(query, lenient), errors.PaginationInvalid, parameter)
			offer := shop
			offer.Lenient = lenient
			if _, err := ParseQuery(query, "customers", offer); err == nil {
				t.Errorf("%s is read", query)
			}
		}
	}
}

func TestCheckPageLeavesTheRestOfAQueryAlone(t *testing.T) {
	for _, query := range []string{"%zz=1", "a;b", "include=%00", "page=1", "page[]=x", "page[foo]=x", "Page[number]=x"} {
		if err := CheckPage(query, false); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestPageKnowsItsCursor(t *testing.T) {
	for want, page := range map[string]Page{"after": {Strategy: ByCursor}, "before": {Strategy: ByCursor, Before: "x"}, "": {Strategy: ByNumber, Number: 1}} {
		if got := page.CursorName(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFormIsReadWhole(t *testing.T) {
	got := ParseForm([]byte("grant_type=password&username=a%2Bb%40example.com&password=a+b&password=&x"))
	want := map[string][]string{"grant_type": {"password"}, "username": {"a+b@example.com"}, "password": {"a b", ""}, "x": {""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, body := range []string{"a=%zz", "a=1;b=2", "a=%00", "a=%ff", "\xff"} {
		if form := ParseForm([]byte(body)); form != nil {
			t.Errorf("%s: %v", body, form)
		}
	}
}
