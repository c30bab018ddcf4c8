package resources

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/openapi"
	"github.com/clientelehq/clientele/pkg/pages"
)

// The API describes itself by what serves it: the table of routes, the structs
// that are read and written, the offers of query parameters, the catalogue of
// errors and the configuration. What a route says of itself beside that stands in
// its line of the table. openapi_schemas.go has the documents, openapi_errors.go
// who answers which errors.

func (a *API) openapiRoutes() []route {
	made := sync.OnceValues(a.OpenAPI)
	return []route{{method: http.MethodGet, path: "/openapi.json", access: visitors, plain: true,
		name: "describe", summary: "This description", answers: []plainAnswer{{status: http.StatusOK, mediaType: echo.MIMEApplicationJSON}},
		handle: func(c *call) error {
			document, err := made()
			if err != nil {
				return err
			}
			return answerDescription(c, document)
		}}}
}

// OpenAPI returns the description of the API as it is configured. It asks no
// database.
func (a *API) OpenAPI() ([]byte, error) {
	d := &description{API: a, words: a.words()}
	document := &openapi.Document{
		OpenAPI: openapi.Version,
		Info:    openapi.Info{Title: "Clientele", Version: "1", Description: a.introduction()},
		Servers: []openapi.Server{{URL: a.Base}},
	}
	d.components = &document.Components
	d.addShared()
	if err := d.addExamples(); err != nil {
		return nil, err
	}
	if err := d.addResources(); err != nil {
		return nil, err
	}
	for _, r := range a.routes() {
		d.addRoute(document, r)
	}
	document.Tags = d.tags
	return document.Encode()
}

// description is a document in the making.
type description struct {
	*API
	words      openapi.Words
	components *openapi.Components
	tags       []openapi.Tag
	examples   map[*errors.Error]string // names of the components
	resources  map[string]resource      // by type
}

func (d *description) addRoute(document *openapi.Document, r route) {
	path := templated(r.path)
	operations, _ := document.Paths.Find(path)
	operations.Add(strings.ToLower(r.method), d.operation(r))
	for i := range document.Paths {
		if document.Paths[i].Name == path {
			document.Paths[i].Value = operations
			return
		}
	}
	document.Paths.Add(path, operations)
}

// templated writes a path as the specification does: {reference} for :reference.
func templated(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if name, named := strings.CutPrefix(segment, ":"); named {
			segments[i] = "{" + name + "}"
		}
	}
	return strings.Join(segments, "/")
}

func (d *description) operation(r route) *openapi.Operation {
	made := &openapi.Operation{
		ID:          r.operationID(),
		Summary:     r.summary,
		Description: r.about,
		Tags:        []string{d.tag(r)},
		Security:    r.security(),
		Parameters:  d.parameters(r),
		Body:        d.requestBody(r),
	}
	if r.refuse != nil {
		made.Summary = "Refused: " + strings.TrimSuffix(r.refuse.Title, ".")
		made.Description = r.refuse.Help
		made.Security = route{access: visitors}.security()
	}
	made.Responses = d.responses(r)
	return made
}

// serves reports whether a route does more than to refuse.
func (r route) serves() bool { return r.refuse == nil && r.name != "" }

// operationID is the name of the operation, or, of one that only refuses, what
// was asked for: patchCustomersReferenceAddresses.
func (r route) operationID() string {
	if r.name != "" {
		return r.name
	}
	made := strings.ToLower(r.method)
	for _, word := range strings.FieldsFunc(r.path, func(c rune) bool { return !unicode.IsLetter(c) }) {
		made += title(word)
	}
	return made
}

// title puts a capital in front.
func title(word string) string {
	first, size := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(first)) + word[size:]
}

// groups are the tags, by the first segment of a path.
var groups = []struct {
	tag, about string
	segments   []string
}{
	{"customers", "Accounts: register, read, change, erase.", []string{"customers"}},
	{"addresses", "Addresses of a customer.", nil},
	{"orders", "Orders, as the order service tells of them.", []string{"orders"}},
	{"payment-sources", "What customers pay with, as payment providers know it.", []string{"payment-sources"}},
	{"payment-methods", "What payment providers have saved for customers.", nil},
	{"relationships", "Which addresses, orders and payment sources a customer has, which are the defaults, and which order is the last.", nil},
	{"access-tokens", "Logging in.", []string{"access-tokens"}},
	{"refresh-tokens", "Staying logged in.", []string{"refresh-tokens"}},
	{"sessions", "A customer's logins: seen, and ended.", []string{"sessions"}},
	{"passwords", "Passwords changed, forgotten and restored.", []string{"customer-password", "customer-forgotten-password", "customer-restore-password"}},
	{"confirmation", "E-mail addresses that are proven.", []string{"customer-confirmation"}},
	{"operations", "Several changes at once.", []string{"operations"}},
	{"oauth", "Tokens for clients of OAuth 2.0, and the keys that services verify tokens with.", []string{"token", ".well-known"}},
	{"invitations", "Accounts that the shop makes: customers set their first password.", []string{"customer-invitations", "customer-invitation-acceptance"}},
	{"webhooks", "Other services that are told of events.", []string{"webhook-endpoints"}},
	{"events", "What happens to customers, for other services.", []string{"events"}},
	{"jobs", "Work in the background, for operators.", []string{"jobs"}},
	{"data-exports", "A customer's own copy of all that is held about them.", []string{"data-exports"}},
	{"customer-merges", "Two customers who are one.", []string{"customer-merges"}},
	{"customer-groups", "Groups that staff put customers into.", []string{"customer-groups"}},
	{"erasure-requests", "Customers who want to be forgotten.", []string{"erasure-requests"}},
	{"stores", "The shops of the installation.", []string{"stores"}},
	{"audit-events", "What was done to accounts, by whom.", []string{"audit-events"}},
	{"outbox-messages", "Letters, in development.", []string{"outbox-messages", "dev"}},
	{"pages", "What the links of letters lead to, for people.", []string{"account"}},
	{"documentation", "The API described.", []string{"openapi.json", "docs", "errors", "dialects"}},
	{refusals, "Paths that answer where to go instead.", nil},
}

const refusals = "refused"

// tag returns the group of a route, and notes that it is there.
func (d *description) tag(r route) string {
	segments := strings.Split(strings.TrimPrefix(r.path, "/"), "/")
	name := segments[0]
	switch {
	case !r.serves():
		name = refusals
	case slices.Contains(segments, "relationships"):
		name = "relationships"
	case slices.Contains([]string{"orders", "payment-sources", "payment-methods"}, jsonapi.TypeOf(orNothing(r.shows))):
		name = jsonapi.TypeOf(r.shows)
	case jsonapi.TypeOf(orNothing(r.shows)) == "addresses" || name == "customers" && len(segments) > 2:
		name = "addresses"
	}
	for _, group := range groups {
		if group.tag != name && !slices.Contains(group.segments, name) {
			continue
		}
		if !slices.ContainsFunc(d.tags, func(t openapi.Tag) bool { return t.Name == group.tag }) {
			d.tags = append(d.tags, openapi.Tag{Name: group.tag, Description: group.about})
			slices.SortStableFunc(d.tags, func(one, other openapi.Tag) int { return groupIndex(one.Name) - groupIndex(other.Name) })
		}
		return group.tag
	}
	panic("resources: " + r.path + " belongs to no group of routes") // the table is written down in the program
}

func groupIndex(tag string) int {
	for i, group := range groups {
		if group.tag == tag {
			return i
		}
	}
	return len(groups)
}

// orNothing is a model, or one of no type.
func orNothing(model any) any {
	if model == nil {
		return struct{}{}
	}
	return model
}

// The credentials, by the names of their schemes.
const (
	tokenScheme = "accessToken"
	keyScheme   = "apiKey"
)

// security is who may use a route, and with which scope; a credential that visitors
// show has to be right.
func (r route) security() []map[string][]string {
	token, key := map[string][]string{tokenScheme: {}}, map[string][]string{keyScheme: {}}
	if r.scope != "" {
		key[keyScheme] = []string{string(r.scope)}
	}
	switch {
	case r.access == visitors:
		return []map[string][]string{{}, token, key}
	case r.access == keys:
		return []map[string][]string{key}
	case r.scope == "":
		return []map[string][]string{token}
	}
	return []map[string][]string{token, key}
}

func (d *description) addShared() {
	d.components.SecuritySchemes.Add(tokenScheme, &openapi.SecurityScheme{Type: "http", Scheme: "bearer", BearerFormat: "JWT",
		Description: "The `accessToken` of a login (`POST /access-tokens`)."})
	d.components.SecuritySchemes.Add(keyScheme, &openapi.SecurityScheme{Type: "http", Scheme: "bearer",
		Description: "An API key, made by `clientele apikey create`; in development also `CLIENTELE_ADMIN_API_KEY`."})
	for _, header := range requestHeaderParameters {
		d.components.Parameters.Add(header.Name, &openapi.Parameter{Name: header.Name, In: "header", Description: header.Description, Schema: header.Schema})
	}
	for _, header := range answerHeaders {
		d.components.Headers.Add(header.name, &openapi.Header{Description: header.about, Required: header.always, Schema: header.schema})
	}
	d.components.Schemas.Add("Error", d.errorObject())
	d.components.Schemas.Add("ErrorDocument", openapi.Closed([]string{"errors"}, d.withVersion("", openapi.Property("errors", openapi.Array(openapi.Ref("Error"))))...))
}

// requestHeaderParameters are the headers of requests that routes tell of. Accept,
// Content-Type and Authorization are told of otherwise, as the specification wants.
var requestHeaderParameters = []openapi.Parameter{
	{Name: "Accept-Language", Description: "Language of countries' names and of letters; errors are English.", Schema: openapi.Text("")},
	{Name: "X-Request-Id", Description: "Name of the request in the log and in the answer: 1 to 64 letters, digits, `.`, `_` and `-`. Anything else is replaced.", Schema: openapi.Text("")},
	{Name: anonymousHeader, Description: "Names the cart of somebody who is not logged in; it must not come together with Authorization.", Schema: openapi.Text("")},
	{Name: "Store", Description: "Name of the store that the request is about, where no access token and no API key says it; without, that of the configuration.", Schema: openapi.Text("")},
	{Name: "If-None-Match", Description: "An `ETag`: 304 when it is still the current one.", Schema: openapi.Text("")},
	{Name: "If-Match", Description: "The `ETag` of the state that is to be changed: 412 when it is no longer the current one.", Schema: openapi.Text("")},
	{Name: "Idempotency-Key", Description: "A name for what is to happen once: whoever repeats the same request with it within a day gets the first answer again.", Schema: openapi.Text("")},
}

// answerHeaders are the headers of answers that are told of.
var answerHeaders = []struct {
	name, about string
	always      bool
	schema      *openapi.Schema
}{
	{"X-Request-Id", "Name of the request in the log, and the `id` of its errors.", true, &openapi.Schema{Type: openapi.Types{"string"}, Pattern: "^[A-Za-z0-9._-]{1,64}$"}},
	{"Vary", "Headers of the request that the answer depends on.", true, openapi.Text("")},
	{"Content-Language", "Language of what people read in the answer.", true, &openapi.Schema{Type: openapi.Types{"string"}, Pattern: "^[a-z]{2,3}(_[A-Za-z0-9]+)*$"}},
	{"ETag", "Names the state of the resource, for If-Match, and these very bytes of it, for If-None-Match.", true, &openapi.Schema{Type: openapi.Types{"string"}, Pattern: `^"[^"]+"$`}},
	{"Link", "The pages beside this one, as in the document's `links` (RFC 8288).", false, openapi.Text("")},
	{"X-Total-Count", "How many there are in all, as in `meta.total`.", false, &openapi.Schema{Type: openapi.Types{"integer"}, Minimum: new(0)}},
	{"Content-Disposition", "What to call a file that is downloaded.", true, openapi.Text("")},
	{"Location", "Link of what was made.", true, openapi.URI("")},
	{"Allow", "The methods that the path has.", true, openapi.Text("")},
	{"WWW-Authenticate", "The kind of credential that is wanted.", true, openapi.Text("")},
	{"RateLimit-Limit", "How many tries there are within a window, of the limit that the request was counted under.", false, &openapi.Schema{Type: openapi.Types{"integer"}, Minimum: new(1)}},
	{"RateLimit-Remaining", "How many of them are left.", false, &openapi.Schema{Type: openapi.Types{"integer"}, Minimum: new(0)}},
	{"RateLimit-Reset", "When all of them are there again, in seconds.", false, &openapi.Schema{Type: openapi.Types{"integer"}, Minimum: new(0)}},
	{"Retry-After", "When to try again, in seconds, where it is known.", false, &openapi.Schema{Type: openapi.Types{"integer"}, Minimum: new(1)}},
	{"Idempotent-Replayed", "It is the answer to an earlier request with the same Idempotency-Key.", false, &openapi.Schema{Type: openapi.Types{"string"}, Const: "true"}},
}

func headers(names ...string) (made openapi.Members[*openapi.Header]) {
	for _, name := range names {
		made.Add(name, &openapi.Header{Ref: "#/components/headers/" + name})
	}
	return made
}

// parameters are what a route takes beside a body.
func (d *description) parameters(r route) (all []*openapi.Parameter) {
	for _, segment := range strings.Split(r.path, "/") {
		if name, named := strings.CutPrefix(segment, ":"); named {
			all = append(all, pathParameter(name))
		}
	}
	if r.refuse == nil {
		all = append(all, d.queryParameters(r)...)
	}
	for _, name := range r.headers() {
		all = append(all, &openapi.Parameter{Ref: "#/components/parameters/" + name})
	}
	return all
}

// pathParameters says what a segment of a path names, and gives one to try.
var pathParameters = map[string]struct{ about, example string }{
	"reference": {"Reference of the customer; `me` is who is logged in.", "me"},
	"id":        {"Id of the resource.", "3a6ee102-007f-5245-aaec-af5b6e05685b"},
	"token":     {"A refresh token; `mine` is all of the customer.", "mine"},
	"any":       {"Anything: whose password it is, the key in the document says.", "1"},
	"file":      {"Name of the file.", "style.css"},
	"key":       {"The error's `meta.key`.", "email_taken"},
	"dialect":   {"Name of a dialect that is served.", "medusa"},
}

func pathParameter(name string) *openapi.Parameter {
	said := pathParameters[name]
	return &openapi.Parameter{Name: name, In: "path", Required: true, Description: said.about, Schema: openapi.Text(""), Example: said.example}
}

// headers names the headers that a request of this route may have.
func (r route) headers() (names []string) {
	if r.refuse != nil {
		return []string{"X-Request-Id"}
	}
	names = []string{"Accept-Language", "X-Request-Id", anonymousHeader, "Store"}
	if r.method == http.MethodGet && r.tagged() {
		names = append(names, "If-None-Match")
	}
	if slices.Contains(r.fails, errors.PreconditionFailed) {
		names = append(names, "If-Match")
	}
	if r.repeatable() {
		names = append(names, "Idempotency-Key")
	}
	return names
}

// tagged reports whether what is read has an entity tag: all but the keys, and what
// nobody may keep.
func (r route) tagged() bool { return r.path != keysPath && !r.fleeting }

// no is false: a list in one parameter, with commas.
var no = new(bool)

func (d *description) queryParameters(r route) (all []*openapi.Parameter) {
	list := func(name, about string, values []string) {
		all = append(all, &openapi.Parameter{Name: name, In: "query", Description: about, Style: "form", Explode: no,
			Schema: openapi.Array(&openapi.Schema{Type: openapi.Types{"string"}, Enum: enum(values)})})
	}
	if r.offer.Include != nil {
		list("include", "Relationships whose resources come along, with dots between those that lead on.", r.offer.Include)
	}
	for _, kind := range sorted(r.offer.Fields, jsonapi.TypeOf(orNothing(r.shows))) {
		list("fields["+kind+"]", "Attributes and relationships of "+kind+" that are shown; left out, all are.", r.offer.Fields[kind])
	}
	if r.offer.Sort != nil {
		var orders []string
		for _, field := range r.offer.Sort {
			orders = append(orders, field, "-"+field)
		}
		list("sort", "What the list is ordered by; a minus sign turns the order round.", orders)
	}
	all = append(all, d.filterParameters(r)...)
	if r.offer.Page {
		all = append(all, pageParameters(r)...)
	}
	for _, name := range r.offer.Own {
		all = append(all, ownParameters[name])
	}
	return all
}

func enum(values []string) (all []any) {
	for _, value := range values {
		all = append(all, value)
	}
	return all
}

// sorted returns the keys in order, one of them first.
func sorted[T any](of map[string]T, first string) (names []string) {
	for name := range of {
		names = append(names, name)
	}
	slices.SortFunc(names, func(one, other string) int {
		if (one == first) != (other == first) {
			return strings.Compare(strconv.FormatBool(other == first), strconv.FormatBool(one == first))
		}
		return strings.Compare(one, other)
	})
	return names
}

// ownParameters are those that a single route has.
var ownParameters = map[string]*openapi.Parameter{
	expiresField:   {Name: expiresField, In: "query", Description: "As the link has it.", Schema: openapi.Text("")},
	signatureField: {Name: signatureField, In: "query", Description: "As the link has it.", Schema: openapi.Text("")},
	totalCount:     {Name: totalCount, In: "query", Description: "Whether a page by cursor tells how many there are in all; other pages do in any case.", Schema: &openapi.Schema{Type: openapi.Types{"boolean"}}},
	longPoll: {Name: longPoll, In: "query", Description: "How many seconds to wait for the first event, where there is none yet.",
		Schema: &openapi.Schema{Type: openapi.Types{"integer"}, Minimum: new(0), Maximum: new(int(account.LongestWait / time.Second))}},
	pages.KeyField:      {Name: pages.KeyField, In: "query", Description: "The key of the letter; without it the page asks for the address and the code.", Schema: openapi.Text("")},
	pages.LanguageField: {Name: pages.LanguageField, In: "query", Description: "Language of the page, where Accept-Language is not to choose it: " + strings.Join(pages.Languages(), ", ") + ".", Schema: openapi.Text("")},
}

var operatorWords = map[string]string{"": "", "gt": ", greater than this", "gte": ", this or greater", "lt": ", less than this", "lte": ", this or less"}

func (d *description) filterParameters(r route) (all []*openapi.Parameter) {
	for _, name := range sorted(r.offer.Filter, "") {
		said := d.filters()[r.primary()+" "+name]
		for _, operator := range r.offer.Filter[name] {
			suffix := "]"
			if operator != "" {
				suffix = "][" + operator + "]"
			}
			all = append(all, &openapi.Parameter{Name: "filter[" + name + suffix, In: "query", Description: said.Description + operatorWords[operator] + ".",
				Schema: &openapi.Schema{Type: said.Type, Format: said.Format}, Alias: "filter[" + r.primary() + "." + name + suffix})
		}
	}
	return all
}

// filters says what a list can be narrowed by.
func (d *description) filters() map[string]*openapi.Schema {
	text, flag := openapi.Types{"string"}, openapi.Types{"boolean"}
	return map[string]*openapi.Schema{
		"customers id":                   {Description: "Reference; several with commas between them", Type: text},
		"customers email":                {Description: "E-mail address, as accounts are unique by it", Type: text},
		"customers groups.id":            {Description: "Id of a group that the customer is in", Type: text},
		"customer-groups name":           {Description: "Name of the group, exactly", Type: text},
		"customers hasAccount":           {Description: "Whether there is a password to log in with", Type: flag},
		"customers customerType":         {Description: "`individual` or `business`", Type: text},
		"customers metadata.*":           {Description: "Value of a key of `metadata` in place of the asterisk: text, or a number or a flag as JSON writes it", Type: text},
		"erasure-requests state":         {Description: "`pending`, `cancelled` or `done`", Type: text},
		"erasure-requests customer":      {Description: "Reference of the customer", Type: text},
		"customers q":                    {Description: "Part of a name, an e-mail address or an identification; of one or two characters, how a word of it begins. Case and accents do not count", Type: text},
		"customers number":               {Description: "Number", Type: openapi.Types{"integer"}},
		"customers createdAt":            {Description: "When the customer registered", Type: text},
		"customers updatedAt":            {Description: "When the customer was last changed", Type: text},
		"customers enabled":              {Description: "Whether the customer is not blocked", Type: flag},
		"customers active":               {Description: "Whether the e-mail address is proven", Type: flag},
		"customers requestToBeForgotten": {Description: "Whether the customer has asked to be erased", Type: flag},
		"payment-sources customer":       {Description: "Reference of the customer whose they are", Type: text},
		"orders id":                      {Description: "Id; several with commas between them", Type: text},
		"orders q":                       {Description: "Part of the number for people, the e-mail address, or the first name or telephone number of the customer or of where the goods go, or of the customer's last name; case and accents do not count", Type: text},
		"orders cartId":                  {Description: "The cart that it was", Type: text},
		"orders currencyCode":            {Description: "Currency; case does not count", Type: text},
		"orders displayId":               {Description: "Number for people", Type: openapi.Types{"integer"}},
		"orders email":                   {Description: "E-mail address that it was placed with", Type: text},
		"orders regionId":                {Description: "Region", Type: text},
		"orders taxRate":                 {Description: "Rate of tax, in per cent", Type: openapi.Types{"number"}},
		"orders status":                  {Description: "One of " + choices(account.OrderStatuses()) + "; several with commas between them", Type: text},
		"orders fulfillmentStatus":       {Description: "One of " + choices(account.FulfillmentStatuses()) + "; several with commas between them", Type: text},
		"orders paymentStatus":           {Description: "One of " + choices(account.PaymentStatuses()) + "; several with commas between them", Type: text},
		"orders canceledAt":              {Description: "When it was cancelled", Type: text},
		"orders createdAt":               {Description: "When it was placed", Type: text},
		"orders updatedAt":               {Description: "When it was last changed", Type: text},
		"audit-events event":             {Description: "What was done, or tried", Type: text},
		"audit-events outcome":           {Description: "How it ended", Type: text},
		"audit-events actorType":         {Description: "Who did it", Type: text},
		"audit-events actorId":           {Description: "Reference of the customer, or id of the API key, who did it", Type: text},
		"audit-events customer":          {Description: "Reference of the customer whose account it is about", Type: text},
		"audit-events createdAt":         {Description: "When", Type: text},
		"events eventType":               {Description: "What happened; `customer.password_reset` is another name of `customer.password_token_generated`, `customer.source.created` of `payment_source.attached`, `customer.source.deleted` of `payment_source.detached`", Type: text},
		"events customer":                {Description: "Reference of the customer it happened to", Type: text},
		"jobs state":                     {Description: "What becomes of it; `dead` is discarded or cancelled", Type: text},
		"jobs kind":                      {Description: "What is done", Type: text},
		"events createdAt":               {Description: "When", Type: text},
		"deliveries state":               {Description: "Whether it arrived, is pending, or was given up: delivered, pending or failed", Type: text},
		"outbox-messages to":             {Description: "E-mail address of the recipient", Type: text},
		"outbox-messages kind":           {Description: "What the letter is for", Type: text},
	}
}

func pageParameters(r route) (all []*openapi.Parameter) {
	add := func(name, about string, schema *openapi.Schema) {
		all = append(all, &openapi.Parameter{Name: "page[" + name + "]", In: "query", Description: about, Schema: schema})
	}
	otherwise := cmp.Or(r.pageSize, jsonapi.DefaultPageSize)
	integer := func(least int, most *int) *openapi.Schema {
		return &openapi.Schema{Type: openapi.Types{"integer"}, Minimum: &least, Maximum: most}
	}
	most := jsonapi.MaxPageSize
	if !r.endless {
		add("number", "Page, from 1; with `page[size]`.", integer(1, nil))
		add("offset", "How many are left out at the start; with `page[limit]`.", integer(0, nil))
		add("limit", fmt.Sprintf("How many are shown; %d unless it says so.", otherwise), integer(1, &most))
	}
	add("size", fmt.Sprintf("How many a page has; %d unless it says so.", otherwise), integer(1, &most))
	if r.cursors {
		add("after", "The page behind this cursor (`meta.page.cursor` of a resource); empty is the first page. With `page[size]`.", openapi.Text(""))
		add("before", "The page before this cursor.", openapi.Text(""))
	}
	return all
}
