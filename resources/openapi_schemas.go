package resources

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/openapi"
	"github.com/clientelehq/clientele/pkg/web"
)

// words are what the tags of the wire's structs leave to the configuration.
func (a *API) words() openapi.Words {
	rules, policy := a.Accounts.Rules, a.Accounts.Policy
	words := openapi.Words{
		"genders":              strings.Join(a.Genders, ","),
		"terms_version":        a.Accounts.Rules.Terms,
		"gender":               preferred(a.Genders, "Female"),
		"salutations":          strings.Join(rules.Salutations, ","),
		"salutation":           preferred(rules.Salutations, "Ms"),
		"password_min":         strconv.Itoa(policy.MinLength),
		"password_max":         strconv.Itoa(policy.MaxLength),
		"event_types":          eventTypes(),
		"order_statuses":       choices(account.OrderStatuses()),
		"fulfillment_statuses": choices(account.FulfillmentStatuses()),
		"payment_statuses":     choices(account.PaymentStatuses()),
		"source_states":        choices(account.SourceStates()),
		"city_min":             strconv.Itoa(a.Wire.Address.ShortCity),
	}
	if _, err := time.Parse(a.Wire.Time, "2018-11-06 08:15:02.694668"); err == nil {
		words["moment"], words["moment_pattern"] = "", `^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}$`
	} else {
		words["moment"], words["moment_pattern"] = "date-time", `\.[0-9]{6}Z$`
	}
	return words
}

// preferred returns the choice for an example, or the first that there is.
func preferred(choices []string, choice string) string {
	if slices.Contains(choices, choice) || len(choices) == 0 {
		return choice
	}
	return choices[0]
}

// resource is a type of resource as this wire shows it.
type resource struct {
	name   string // of its schema
	shown  any    // a specimen: a model
	sample sample // the same as it is printed
}

type sample struct {
	ID         *string
	Attributes map[string]any
	Links      map[string]string
	Meta       map[string]any
}

// specimens are resources made by what makes them for answers: their links and
// relationships, and the examples of their attributes, are seen on them.
func (a *API) specimens() []any {
	text := func(s string) *string { return &s }
	at := time.Date(2018, 11, 6, 8, 15, 2, 694668000, time.UTC)
	home := &model.Address{
		Number: 7, ID: "3a6ee102-007f-5245-aaec-af5b6e05685b", Salutation: text(a.words()["salutation"]), FirstName: text("Jane"), LastName: text("Doe"),
		Address1: text("Julie-Wolfthorn-Straße"), Address2: text("1"), ZipCode: text("10115"), City: text("Berlin"), ISO2Code: text("DE"),
		Metadata: model.JSON{}, CreatedAt: at, UpdatedAt: at,
	}
	jane := &model.Customer{
		Number: 25, Reference: a.Accounts.Rules.Store + "--25", Email: "jane@shop.example", Salutation: home.Salutation, FirstName: home.FirstName, LastName: home.LastName,
		Gender: text(a.words()["gender"]), DateOfBirth: text("1990-01-31"), Phone: text("+49 30 901820"), Locale: text("en-US"), PasswordHash: text(""), ConfirmedAt: &at,
		Metadata: model.JSON{"newsletter": true}, Extra: model.JSON{"size": "M"}, DefaultShippingAddressID: &home.ID, DefaultBillingAddressID: &home.ID, CreatedAt: at, UpdatedAt: at,
		TotalSpent: 11900, TotalSpentCurrency: text("EUR"), LastOrderID: text("order_01HS"),
	}
	c := &call{actor: account.Actor{Client: account.Client{Language: web.English}}}
	customer := a.plainCustomer(c, jane)
	customer.reconsent = new(false)
	customer.Note, customer.RequestToBeForgotten, customer.cursor = text("Prefers to be called."), &jane.RequestToBeForgotten, cursor(jane.Number)
	tokens := account.Tokens{ID: "7d7e6a0c-54c8-4d6b-9f39-5c1b2b6b0c11", Access: "eyJhbGciOiJFZERTQSJ9…", ExpiresIn: 8 * time.Hour, Refresh: "HqBwJrVYo9sVnPpY9T3mGuLf1n0k3hWnqk2fC3mVx8E"}
	access, refresh := a.newAccessToken(&tokens, "/access-tokens"), refreshToken(a.newAccessToken(&tokens, "/refresh-tokens"))
	letter := &model.OutboxMessage{ID: "0f7ad3c1-3d1c-4a51-9a5e-0c34d4a9e0a2", Kind: "restore", Recipient: jane.Email, Subject: "Restore your password", Text: "…", HTML: "<p>…</p>", CreatedAt: at}
	login := &model.Session{ID: "a50b1e8c-8d1b-4f0f-8a3c-5a4a4c1f6a10", UserAgent: text("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
		ClientAddress: text("203.0.113.7"), CreatedAt: at, LastUsedAt: at, ExpiresAt: at.Add(30 * 24 * time.Hour)}
	event := a.auditEvent(&model.AuditEvent{ID: "0190c1a2-1f6c-7c7b-9f5e-0c34d4a9e0a2", Event: "login", Outcome: "success", ActorType: "customer", ActorID: &jane.Reference,
		Customer: &jane.Reference, ClientAddress: login.ClientAddress, RequestID: text("0190c1a2-1f6c-7000-8000-0c34d4a9e0a2"), CreatedAt: at})
	event.cursor = cursor(1)
	position := int64(1)
	news := a.event(&model.Event{ID: "0190c1a2-1f6c-7c7b-9f5e-0c34d4a9e0a3", Type: account.CustomerUpdated, Subject: jane.Reference, Sequence: 2, Position: &position, CreatedAt: at,
		Data: model.JSON{"changed": []string{"firstName"}}})
	news.cursor = event.cursor
	work := a.job(&account.Job{Number: 7, Kind: "letter_restore", State: account.JobAvailable, Attempt: 1, MaxAttempts: 23, LastError: "letter restore: mail server: no reply", AddedAt: at, ScheduledAt: at})
	work.cursor = event.cursor
	endpoint := a.webhookEndpoint(&model.WebhookEndpoint{ID: "4b1f3c1e-2a9e-4a52-8a0e-6d1c5a3f9d10", URL: "https://hooks.shop.example/clientele", Description: text("The shop's backend"),
		EventTypes: model.Strings{account.CustomerCreated}, Enabled: true, CreatedAt: at, UpdatedAt: at})
	arrived := a.webhookDelivery(&account.Delivery{EventID: news.ID, EventSubject: jane.Reference, EventType: account.CustomerCreated, WebhookDelivery: model.WebhookDelivery{Number: 1, State: model.DeliveredDelivery, Attempts: 1,
		Status: new(200), Outcome: text("delivered"), CreatedAt: at, FinishedAt: &at}})
	arrived.cursor = event.cursor
	wish := a.erasureRequest(&model.ErasureRequest{ID: "0e6d3c1e-2a9e-4a52-8a0e-6d1c5a3f9d11", Customer: jane.Reference, Mode: model.AnonymiseErasure, State: model.DoneErasure, DueAt: at, FinishedAt: &at,
		Removed: model.JSON{"addresses": 2, "consents": 1, "sessions": 1, "orders": 3, "paymentSources": 1}, CreatedAt: at, UpdatedAt: at})
	wish.cursor = event.cursor
	wholesale := a.customerGroup(c, &model.CustomerGroup{Number: 1, ID: "1d6d3c1e-2a9e-4a52-8a0e-6d1c5a3f9d12", Name: "Wholesale", Metadata: model.JSON{"discount": 5}, CreatedAt: at, UpdatedAt: at})
	wholesale.Metadata, wholesale.cursor = map[string]any{"discount": 5}, event.cursor
	agreed := a.consent(&model.Consent{ID: 1, Kind: "terms", Version: a.Accounts.Rules.Terms, AcceptedAt: at, ClientAddress: login.ClientAddress})
	merged := a.customerMerge(&account.Merge{Keep: jane.Reference, Duplicate: a.Accounts.Rules.Store + "--26", Preview: true, Moved: model.JSON{"addresses": 1, "consents": 1, "orders": 2, "paymentSources": 0},
		Filled: []string{"phone"}, Differing: []string{"lastName"}, At: at})
	merged.ID = "2c6d3c1e-2a9e-4a52-8a0e-6d1c5a3f9d13"
	copied := a.dataExport(jane, &model.DataExport{ID: "3d6d3c1e-2a9e-4a52-8a0e-6d1c5a3f9d14", ExpiresAt: at, CreatedAt: at})
	copied.State, copied.Size, copied.FinishedAt = "ready", new(int64(4711)), &copied.CreatedAt
	copied.DownloadURL = text(a.Base + "/data-exports/" + copied.ID + "/file?expiresAt=1541492102&linkSignature=9f2c…")
	shop := a.store(&model.Store{Name: a.Accounts.Rules.Store, Title: text("Germany"), Currency: text("EUR"), CreatedAt: at, UpdatedAt: at})
	placed := a.order(&call{actor: account.Actor{}}, jane, &model.Order{ID: "order_01HS", CustomerID: new(int64(25)), Version: 3, Email: &jane.Email, DisplayID: new(int64(1001)), CurrencyCode: text("EUR"),
		Status: "completed", FulfillmentStatus: "shipped", PaymentStatus: "captured", TaxRate: new(19.0), Subtotal: new(int64(10000)), TaxTotal: new(int64(1900)), Total: new(int64(11900)), PaidTotal: new(int64(11900)),
		Metadata: model.JSON{}, Related: model.JSON{"shippingAddress": map[string]any{"type": "addresses", "id": "addr_01HS"}}, CreatedAt: at, UpdatedAt: at})
	placed.IdempotencyKey, placed.cursor = text("cart-7"), event.cursor
	paid := a.paymentSource(c, jane, &model.PaymentSource{ // #nosec G101 -- an example
		ID: "fd74a5c5-0163-469a-ae8e-031f0259b576", Provider: "stripe", SourceType: "card", Token: "pm_1Q0PsIJvEtkwdCNYMSaVuRz6", Brand: text("visa"),
		LastFour: text("4242"), ExpiryMonth: new(int64(12)), ExpiryYear: new(int64(2034)), Holder: text("Jane Doe"), State: model.ChargeableSource, Metadata: model.JSON{}, CreatedAt: at, UpdatedAt: at})
	paid.Token, paid.cursor = "pm_1Q0PsIJvEtkwdCNYMSaVuRz6", event.cursor
	customer.ProviderIDs = map[string]any{"stripe": "cus_9s6XKzkNRiz8i3"}
	saved := newPaymentMethod(&account.PaymentMethod{Provider: "stripe", ID: "pm_1Q0PsIJvEtkwdCNYMSaVuRz6", Kind: "card", Brand: "visa", LastFour: "4242", ExpiryMonth: 12, ExpiryYear: 2034, Holder: "Jane Doe", CreatedAt: at})
	return []any{customer, placed, paid, saved, a.address(c, jane, home), &access, &refresh, a.session(c, login), event, news, work, a.outboxMessage(letter), endpoint, arrived, shop, wish, wholesale, agreed, merged, copied}
}

// addResources adds a schema for each type of resource, and one for each that is
// named without being shown.
func (d *description) addResources() error {
	d.resources = map[string]resource{}
	for _, shown := range d.specimens() {
		kind := jsonapi.TypeOf(shown)
		made := resource{name: title(reflect.TypeOf(shown).Elem().Name()), shown: shown}
		body, err := jsonapi.One(shown, jsonapi.View{NullID: d.nullID(kind)})
		if err != nil {
			return err
		}
		document := struct{ Data *sample }{&made.sample}
		if err := json.Unmarshal(body, &document); err != nil {
			return err
		}
		d.resources[kind] = made
	}
	d.addForeign()
	for _, shown := range d.specimens() { // once all of them can be referred to
		made := d.resources[jsonapi.TypeOf(shown)]
		d.components.Schemas.Add(made.name, d.resourceSchema(made))
	}
	for _, kind := range []string{"customers", "addresses", "orders", "payment-sources", "customer-groups"} {
		d.components.Schemas.Add(d.resources[kind].name+"Identifier", openapi.Closed([]string{"type", "id"},
			openapi.Property("type", openapi.Const(kind)), openapi.Property("id", &openapi.Schema{Type: openapi.Types{"string"}, Examples: []any{*d.resources[kind].sample.ID}})))
	}
	return nil
}

// pageMeta is which page it is, as it was asked for.
func pageMeta() *openapi.Schema {
	made := openapi.Closed(nil)
	made.Description = "Which page it is, as it was asked for: by number and size, or by offset and limit; not there for one by cursor."
	for _, name := range []string{"number", "size", "offset", "limit"} {
		made.Properties.Add(name, &openapi.Schema{Type: openapi.Types{"integer"}, Minimum: new(0)})
	}
	return made
}

// addForeign adds the schemas of what other services keep: any type of resource, with
// any attributes.
func (d *description) addForeign() {
	members := []openapi.Member[*openapi.Schema]{openapi.Property("type", openapi.Text("Its type.")), openapi.Property("id", openapi.Text("Its id."))}
	d.resources[jsonapi.ForeignType] = resource{name: "Foreign"}
	d.components.Schemas.Add("ForeignIdentifier", openapi.Closed([]string{"type", "id"}, members...))
	d.components.Schemas.Add("Foreign", openapi.Closed([]string{"type", "id", "attributes"}, append(members, openapi.Property("attributes", openapi.Open(nil)))...))
}

func (d *description) nullID(kind string) bool {
	return d.Wire.NullTokenID && strings.HasSuffix(kind, "-tokens")
}

func (d *description) identifier(kind string) *openapi.Schema {
	return openapi.Ref(d.resources[kind].name + "Identifier")
}

// resourceSchema is that of a resource object.
func (d *description) resourceSchema(r resource) *openapi.Schema {
	kind := jsonapi.TypeOf(r.shown)
	id := openapi.Null()
	if r.sample.ID != nil {
		id = &openapi.Schema{Type: openapi.Types{"string"}, Examples: []any{*r.sample.ID}}
	}
	made := openapi.Closed([]string{"type", "id", "attributes"},
		openapi.Property("type", openapi.Const(kind)), openapi.Property("id", id), openapi.Property("attributes", d.shownAttributes(r)))
	if relationships := d.shownRelationships(r); len(relationships.Properties) > 0 {
		made.Properties.Add("relationships", relationships)
	}
	if len(r.sample.Links) > 0 {
		made.Properties.Add("links", linksSchema(r.sample.Links))
		made.Required = append(made.Required, "links")
	}
	if len(r.sample.Meta) > 0 {
		made.Properties.Add("meta", metaSchema(r.sample.Meta))
	}
	return made
}

func (d *description) shownAttributes(r resource) *openapi.Schema {
	made := openapi.Closed(nil)
	made.Description = "All of them, unless `fields[" + jsonapi.TypeOf(r.shown) + "]` says which."
	for _, field := range openapi.Attributes(r.shown) {
		schema := field.Schema(d.words)
		if example := r.sample.Attributes[field.Name]; example != nil {
			schema.Examples = []any{example}
		}
		nullable := field.Type.Kind() == reflect.Pointer
		if said, given := field.Tag.Lookup("null"); given {
			nullable = said == "yes"
		}
		if nullable {
			schema = schema.Nullable()
		}
		made.Properties.Add(field.Name, schema)
	}
	return made
}

// shownRelationships has those that the specimen has, with the links that it has.
func (d *description) shownRelationships(r resource) *openapi.Schema {
	made := openapi.Closed(nil)
	linked, _ := r.shown.(interface {
		JSONAPIRelationshipLinks(string) *jsonapi.Links
	})
	for _, field := range openapi.Relationships(r.shown) {
		if field.Optional && reflect.ValueOf(r.shown).Elem().FieldByIndex(fieldIndex(r.shown, field.Name)).IsNil() {
			continue // this wire does not have it
		}
		linkage, many := d.identifier(relatedType(field.Type)), field.Type.Kind() == reflect.Slice
		relationship := openapi.Closed(nil)
		relationship.Description = field.Tag.Get("about")
		switch {
		case many:
			linkage = openapi.Array(linkage)
		case !field.Optional:
			linkage = linkage.Nullable()
		}
		if !many {
			relationship.Required = []string{"data"}
		}
		relationship.Properties.Add("data", linkage)
		links := linked.JSONAPIRelationshipLinks(field.Name)
		if links != nil && field.Tag.Get("links") != "some" {
			relationship.Required = append(relationship.Required, "links")
		}
		if next := field.Tag.Get("next") == "yes"; links != nil || next {
			schema := openapi.Closed(nil)
			if links != nil {
				schema = linksSchema(*links)
			}
			if next {
				schema.Properties.Add("next", openapi.URI("Where those are that did not come along."))
			}
			relationship.Properties.Add("links", schema)
		}
		made.Properties.Add(field.Name, relationship)
	}
	return made
}

func fieldIndex(model any, relation string) []int {
	of := reflect.TypeOf(model).Elem()
	for i := range of.NumField() {
		if strings.HasPrefix(of.Field(i).Tag.Get("jsonapi")+",", "relation,"+relation+",") {
			return []int{i}
		}
	}
	return nil
}

// relatedType is the resource type at the other end of a relationship.
func relatedType(of reflect.Type) string {
	if of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	return jsonapi.TypeOf(reflect.Zero(of.Elem()).Interface())
}

// linksSchema has the links that there are, each an absolute URI.
func linksSchema[T any](links map[string]T) *openapi.Schema {
	made := openapi.Closed(nil)
	for _, name := range sorted(links, "self") {
		made.Properties.Add(name, openapi.URI(""))
		made.Required = append(made.Required, name)
	}
	return made
}

// withVersion puts the member jsonapi before the others, in the wire that has it.
func (d *description) withVersion(profile string, members ...openapi.Member[*openapi.Schema]) []openapi.Member[*openapi.Schema] {
	if !d.Wire.Hypermedia {
		return members
	}
	version := openapi.Closed([]string{"version"}, openapi.Property("version", openapi.Const("1.1")))
	if profile != "" {
		version.Properties.Add("profile", openapi.Array(openapi.Const(profile)))
	}
	return append([]openapi.Member[*openapi.Schema]{openapi.Property("jsonapi", version)}, members...)
}

// isLinkage reports whether the route's documents are those of a relationship.
func (r route) isLinkage() bool { return strings.Contains(r.path, "/relationships/") }

// shownDocument returns the schema of a document that a route answers with.
func (d *description) shownDocument(r route) *openapi.Schema {
	if r.extension != "" {
		return d.documentNamed("OperationResults", d.resultsSchema)
	}
	if r.shows == nil {
		return d.documentNamed(title(r.name)+"Answer", func() *openapi.Schema { return d.toldSchema(r) })
	}
	kind := jsonapi.TypeOf(r.shows)
	name := d.resources[kind].name
	switch {
	case r.tells != nil:
		name = title(r.name) + name
	case r.isLinkage():
		name += "Linkage"
	case r.vacant:
		name += "OrNothing"
	}
	if r.many {
		name += "Collection"
	} else {
		name += "Document"
	}
	return d.documentNamed(name, func() *openapi.Schema { return d.documentSchema(r, kind) })
}

// documentNamed refers to a schema of the components, which is made when it is not
// there.
func (d *description) documentNamed(name string, schema func() *openapi.Schema) *openapi.Schema {
	if _, there := d.components.Schemas.Find(name); !there {
		d.components.Schemas.Add(name, schema())
	}
	return openapi.Ref(name)
}

// toldSchema is that of a document that tells what has become of a request, and shows no
// resource.
func (d *description) toldSchema(r route) *openapi.Schema {
	made := openapi.Closed(nil, d.withVersion("", openapi.Property("meta", openapi.Struct(r.tells, d.words)))...)
	for _, member := range made.Properties {
		made.Required = append(made.Required, member.Name)
	}
	return made
}

func (d *description) documentSchema(r route, kind string) *openapi.Schema {
	data := openapi.Ref(d.resources[kind].name)
	if r.isLinkage() {
		data = d.identifier(kind)
	}
	switch {
	case r.many:
		data = openapi.Array(data)
	case r.vacant:
		data = data.Nullable()
	}
	profile := ""
	if r.cursors {
		profile = jsonapi.CursorProfile
	}
	made := openapi.Closed(nil, d.withVersion(profile, openapi.Property("data", data))...)
	for _, member := range made.Properties {
		made.Required = append(made.Required, member.Name)
	}
	switch {
	case r.isLinkage():
		links := linksSchema(map[string]any{"self": nil, "related": nil})
		if r.offer.Page {
			for _, page := range d.pageLinks(r).Properties {
				if page.Name != "self" {
					links.Properties.Add(page.Name, page.Value)
				}
			}
		}
		made.Properties.Add("links", links)
		made.Required = append(made.Required, "links")
	case r.many:
		made.Properties.Add("links", d.pageLinks(r))
		made.Required = append(made.Required, "links")
	}
	if r.tells != nil {
		meta := openapi.Struct(r.tells, d.words)
		meta.Required = nil
		made.Properties.Add("meta", meta)
	}
	if r.offer.Page && !r.endless {
		made.Properties.Add("meta", openapi.Closed([]string{"total"}, openapi.Property("total", &openapi.Schema{Type: openapi.Types{"integer"}, Description: "How many there are on all pages; not told where pages are asked for by cursor.", Minimum: new(0)}),
			openapi.Property("page", pageMeta())))
	}
	if included := d.included(kind, r.offer.Include); len(included) > 0 {
		list := openapi.Array(openapi.AnyOf(included...))
		list.Description = "What `include` has asked for; not there without it."
		made.Properties.Add("included", list)
	}
	return made
}

// pageLinks are those of a collection: its own, and the pages beside it.
func (d *description) pageLinks(r route) *openapi.Schema {
	self := openapi.URI("The request's own URL.")
	if r.cursors && d.Wire.Hypermedia {
		self = openapi.AnyOf(self, openapi.Closed([]string{"href", "type"},
			openapi.Property("href", openapi.URI("The request's own URL.")), openapi.Property("type", openapi.Text("The media type, with the profile that was applied."))))
	}
	made := openapi.Closed([]string{"self"}, openapi.Property("self", self))
	if !r.offer.Page {
		return made
	}
	for _, name := range []string{"first", "prev", "next", "last"} {
		if r.endless && (name == "first" || name == "last") {
			continue
		}
		link := openapi.URI("")
		if r.cursors && (name == "prev" || name == "next") {
			link.Description = "Null where a page that was asked for by cursor is the outermost."
			link = link.Nullable()
		}
		made.Properties.Add(name, link)
	}
	return made
}

// included returns what the paths lead to from a type, each type once.
func (d *description) included(from string, paths []string) (schemas []*openapi.Schema) {
	for _, path := range paths {
		at := from
		for segment := range strings.SplitSeq(path, ".") {
			for _, field := range openapi.Relationships(d.resources[at].shown) {
				if field.Name == segment {
					at = relatedType(field.Type)
					break
				}
			}
		}
		schema := openapi.Ref(d.resources[at].name)
		if !slices.ContainsFunc(schemas, func(s *openapi.Schema) bool { return s.Ref == schema.Ref }) {
			schemas = append(schemas, schema)
		}
	}
	return schemas
}

// resultsSchema is the document that operations are answered with.
func (d *description) resultsSchema() *openapi.Schema {
	data := openapi.AnyOf(openapi.Ref("Customer"), openapi.Ref("Address"), d.identifier("addresses"), d.identifier("payment-sources"), openapi.Null())
	result := openapi.Closed(nil, openapi.Property("data", data))
	result.Description = "What the same change alone would be answered with; empty for what was removed."
	made := openapi.Closed(nil, d.withVersion("", openapi.Property("atomic:results", openapi.Array(result)))...)
	for _, member := range made.Properties {
		made.Required = append(made.Required, member.Name)
	}
	return made
}

// requestBody is what a route reads.
func (d *description) requestBody(r route) *openapi.Body {
	if r.form != nil {
		form := openapi.Open([]string{})
		d.addForm(form, r.form)
		return &openapi.Body{Required: true, Content: openapi.Members[openapi.Media]{{Name: echo.MIMEApplicationForm, Value: openapi.Media{Schema: form, Example: d.exampleOfFields(openapi.Fields(r.form), nil)}}}}
	}
	if r.body == nil || r.refuse != nil {
		return nil // one that only refuses reads whatever comes
	}
	name := title(r.name) + "Request"
	d.components.Schemas.Add(name, d.readDocument(r))
	media := openapi.Media{Schema: openapi.Ref(name), Example: d.exampleRequest(r)}
	content := openapi.Members[openapi.Media]{{Name: d.media(r).Type(""), Value: media}}
	if r.extension == "" || d.Wire.Lenient {
		content.Add(echo.MIMEApplicationJSON, media)
	}
	return &openapi.Body{Required: true, Content: content}
}

func (d *description) addForm(form *openapi.Schema, model any) {
	for _, field := range openapi.Fields(model) {
		form.Properties.Add(field.Name, field.Schema(d.words))
		if field.Tag.Get("needs") == "yes" {
			form.Required = append(form.Required, field.Name)
		}
	}
}

// readDocument is the schema of a document that a route reads. What it does not
// name is ignored, so that nothing is closed.
func (d *description) readDocument(r route) *openapi.Schema {
	if r.extension != "" {
		return d.operationsSchema()
	}
	kind := jsonapi.TypeOf(r.body)
	if r.linkage {
		data := d.namedResource(kind).Nullable()
		if r.many {
			data = openapi.Array(d.namedResource(kind))
		}
		return openapi.Open([]string{"data"}, openapi.Property("data", data))
	}
	data := openapi.Open([]string{"type"}, openapi.Property("type", openapi.Const(kind)))
	if about := d.aboutID(r, kind); about != "" {
		data.Properties.Add("id", openapi.Text(about))
	}
	attributes := d.readAttributes(r)
	data.Properties.Add("attributes", attributes)
	relationships := openapi.Open(nil)
	for _, field := range openapi.Relationships(r.body) {
		linkage := d.namedResource(relatedType(field.Type))
		switch {
		case field.Type.Kind() == reflect.Slice:
			linkage = openapi.Array(linkage)
		case kind != "addresses":
			linkage = linkage.Nullable() // a default place may be vacant, an address is always somebody's
		}
		relationship := openapi.Open([]string{"data"}, openapi.Property("data", linkage))
		relationship.Description = field.Tag.Get("about")
		relationships.Properties.Add(field.Name, relationship)
	}
	if len(relationships.Properties) > 0 {
		data.Properties.Add("relationships", relationships)
	}
	if r.method == http.MethodPatch && !d.Wire.AttributesRequired {
		data.AnyOf = []*openapi.Schema{{Required: []string{"attributes"}}, {Required: []string{"relationships"}}}
	} else {
		data.Required = append(data.Required, "attributes")
	}
	if r.several > 0 {
		data.Required = append(data.Required, "id")
		data = openapi.Array(data)
		data.MinItems, data.MaxItems = new(1), new(r.several)
	}
	return openapi.Open([]string{"data"}, openapi.Property("data", data))
}

// aboutID tells what data.id may be; "" where it may not be there, or says nothing.
func (d *description) aboutID(r route, kind string) string {
	switch {
	case r.method == http.MethodPost && kind == "customers":
		return "A reference that an API key chooses; nobody else may."
	case r.method == http.MethodPost && kind == "payment-sources" && r.anyID:
		return "A UUID in small letters that the caller chooses; without, the service does."
	case r.method == http.MethodPost && kind == "stores":
		return "Name of the store."
	case r.several > 0:
		return "Id of the order: 1 to 64 characters that can be printed, no slash."
	case (r.method == http.MethodPatch || r.method == http.MethodPut) && strings.Contains(r.path, ":") && !d.Wire.IgnoreIDs && !r.anyID:
		return "That of the URL, or left out."
	}
	return ""
}

// metaSchema describes what a resource's meta may have.
func metaSchema(sample map[string]any) *openapi.Schema {
	var members openapi.Members[*openapi.Schema]
	if sample["page"] != nil {
		members = append(members, openapi.Property("page", openapi.Closed([]string{"cursor"},
			openapi.Property("cursor", &openapi.Schema{Type: openapi.Types{"string"}, Description: "The resource's place in a list that is paged by cursor."}))))
	}
	if sample["reconsentRequired"] != nil {
		members = append(members, openapi.Property("reconsentRequired", &openapi.Schema{Type: openapi.Types{"boolean"}, Description: "Whether the terms of service have changed since the customer agreed to them (`POST /customers/{reference}/consents`); not told of guests, nor in lists."}))
	}
	return openapi.Closed(nil, members...)
}

// namedResource names a resource in a request.
func (d *description) namedResource(kind string) *openapi.Schema {
	id := &openapi.Schema{Type: openapi.Types{"string"}, MinLength: new(1)}
	named := openapi.Const(kind)
	if kind == jsonapi.ForeignType {
		named = openapi.Text("")
	}
	return openapi.Open([]string{"type", "id"}, openapi.Property("type", named), openapi.Property("id", id))
}

// demanded names what a request that creates must have of attributes and, if it is
// text, no request may take away.
func (d *description) demanded(kind string) []string {
	switch kind {
	case "customers":
		return append(slices.Clone(d.Wire.Registration.Required), d.Accounts.Rules.Required...)
	case "addresses":
		return d.Wire.Address.Required
	case "webhook-endpoints":
		return []string{"url"}
	case "customer-groups":
		return []string{"name"}
	case "payment-sources":
		return []string{"provider", "sourceType", "token"}
	}
	return nil
}

func (d *description) readAttributes(r route) *openapi.Schema {
	made := openapi.Open(nil)
	kind := jsonapi.TypeOf(r.body)
	for _, field := range openapi.Attributes(r.body) {
		if on := field.Tag.Get("on"); on != "" && on != r.method {
			continue
		}
		demanded := slices.Contains(d.demanded(kind), field.Name)
		schema := field.Schema(d.words)
		if field.Tag.Get("values") == "string" {
			schema.AdditionalProperties = openapi.Text("").Nullable()
		}
		needs := field.Tag.Get("needs")
		isText := field.Type.Kind() == reflect.Pointer && field.Type.Elem().Kind() == reflect.String
		if takesNull := field.Tag.Get("null"); schema.Type != nil && needs == "" && (takesNull == "" || takesNull == r.method) && !(demanded && isText) {
			schema = schema.Nullable()
		} else if isText && schema.MinLength == nil && schema.Enum == nil {
			schema.MinLength = new(1)
		}
		if when := field.Tag.Get("ignored"); when != "" {
			schema = openapi.AnyOf(schema, &openapi.Schema{Description: "Anything: it is ignored " + when + "."})
		}
		made.Properties.Add(field.Name, schema)
		switch {
		case needs == "yes", demanded && needs == "" && r.method == http.MethodPost:
			made.Required = append(made.Required, field.Name)
		case needs == "either":
			made.AnyOf = append(made.AnyOf, &openapi.Schema{Required: []string{field.Name}})
		}
	}
	return made
}

// exampleRequest is a document that works when it is sent as it stands, as far as
// it does not need a key that was mailed.
func (d *description) exampleRequest(r route) any {
	if r.extension != "" {
		return d.exampleOperations()
	}
	kind := jsonapi.TypeOf(r.body)
	switch {
	case r.linkage && r.many:
		return map[string]any{"data": []any{}}
	case r.linkage:
		return map[string]any{"data": nil}
	}
	names := r.sample
	if names != nil && r.method == http.MethodPost {
		names = append(slices.Clone(names), d.demanded(kind)...)
	}
	data := openapi.Members[any]{{Name: "type", Value: kind}, {Name: "attributes", Value: d.exampleOfFields(openapi.Attributes(r.body), names)}}
	if r.several > 0 {
		data.Add("id", "order_01HS")
		return map[string]any{"data": []any{data}}
	}
	return map[string]any{"data": data}
}

// exampleOfFields has the fields with an example, or those of the names given.
func (d *description) exampleOfFields(fields []openapi.Field, names []string) (made openapi.Members[any]) {
	made = openapi.Members[any]{}
	for _, field := range fields {
		if example, given := field.Example(d.words); given && (names == nil || slices.Contains(names, field.Name)) {
			made.Add(field.Name, example)
		}
	}
	return made
}

func (d *description) operationsSchema() *openapi.Schema {
	named := func(about string) *openapi.Schema {
		made := openapi.Open([]string{"type"},
			openapi.Property("type", &openapi.Schema{Type: openapi.Types{"string"}, Enum: enum([]string{"customers", "addresses"})}),
			openapi.Property("id", openapi.Text("Id of the resource.")),
			openapi.Property("lid", openapi.Text("The name that the request gives it, in place of an id.")))
		made.Description = about
		return made
	}
	ref := named("What is changed, by its name.")
	ref.Properties.Add("relationship", openapi.Text("One of its relationships."))
	data := named("The resource that is added or changed, as in a request of its own. An address that is added names its customer in `relationships.customer`.")
	data.Properties.Add("attributes", openapi.Open(nil))
	data.Properties.Add("relationships", openapi.Open(nil))
	operation := openapi.Open([]string{"op"},
		openapi.Property("op", &openapi.Schema{Type: openapi.Types{"string"}, Enum: enum([]string{"add", "update", "remove"})}),
		openapi.Property("href", openapi.Text("What is changed, by its URL; instead of ref.")),
		openapi.Property("ref", ref),
		openapi.Property("data", openapi.AnyOf(data, openapi.Null())))
	list := openapi.Array(operation)
	list.MinItems, list.MaxItems = new(1), new(jsonapi.MaxOperations)
	return openapi.Open([]string{"atomic:operations"}, openapi.Property("atomic:operations", list))
}

// exampleOperations registers a customer with an address.
func (d *description) exampleOperations() any {
	type members = openapi.Members[any]
	register := d.exampleOfFields(openapi.Attributes(customerBody{}), append(slices.Clone(registrationSample), d.demanded("customers")...))
	address := d.exampleOfFields(openapi.Attributes(addressBody{}), nil)
	owner := members{{Name: "customer", Value: members{{Name: "data", Value: members{{Name: "type", Value: "customers"}, {Name: "lid", Value: "jane"}}}}}}
	add := func(data members) members { return members{{Name: "op", Value: "add"}, {Name: "data", Value: data}} }
	return members{{Name: "atomic:operations", Value: []any{
		add(members{{Name: "type", Value: "customers"}, {Name: "lid", Value: "jane"}, {Name: "attributes", Value: register}}),
		add(members{{Name: "type", Value: "addresses"}, {Name: "attributes", Value: address}, {Name: "relationships", Value: owner}}),
	}}}
}
