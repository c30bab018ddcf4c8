package apitest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/clientelehq/clientele/pkg/app"
)

// Every exchange of every test is held to what the service says of itself
// (/openapi.json): there is nothing in an answer that the description has not, and
// nothing in a request that is served which it does not tell of. What tests have
// used of it is remembered, so that a test can ask what none has used.
//
// kin-openapi reads and validates the description. The schemas go to the library
// that it uses itself, directly: through it they would be compiled anew for each of
// thousands of answers.

// contract is a description that exchanges are held to.
type contract struct {
	dialect  string // whose it is; "" is the main surface
	document *openapi3.T
	paths    []contractPath
	whole    map[string][]string // attributes that all are shown, by resource type

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

// contractPath is a path with what stands between its slashes.
type contractPath struct {
	template string
	segments []string
}

var (
	contractsMu sync.Mutex
	contracts   = map[string]map[string]*contract{} // by configuration and dialect
	described   = map[string]*contract{}            // by their texts, which most configurations share
)

// contractsOf returns the descriptions of a configuration, which are read once.
func (s *Service) contractsOf(options Options, config app.Config) map[string]*contract {
	s.t.Helper()
	options.Database = ""
	configuration := environment(options)
	slices.Sort(configuration)
	key := fmt.Sprint(configuration, options.Sender != nil)
	contractsMu.Lock()
	defer contractsMu.Unlock()
	if known := contracts[key]; known != nil {
		return known
	}
	made := map[string]*contract{}
	for _, dialect := range append([]string{""}, config.Dialects...) {
		text, err := s.App.OpenAPI()
		if dialect != "" {
			text, err = app.DescribeDialect(config, dialect)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		if described[string(text)] == nil {
			if described[string(text)], err = readContract(text); err != nil {
				s.t.Fatalf("the description of the API: %v", err)
			}
			described[string(text)].dialect = dialect
		}
		made[dialect] = described[string(text)]
	}
	contracts[key] = made
	return made
}

// ValidateOpenAPI reports what is wrong with a description, its examples included.
// Those are looked at here: kin-openapi would compile the schema of an error for each
// mention of an example.
func ValidateOpenAPI(text []byte) error {
	c, err := readContract(text)
	if err != nil {
		return err
	}
	if err := c.document.Validate(context.Background(), openapi3.DisableExamplesValidation(), openapi3.EnableSchemaFormatValidation()); err != nil {
		return err
	}
	var complaints []string
	for name, example := range c.document.Components.Examples {
		complaints = append(complaints, c.exampleComplaints(name, example.Value.Value, "/components/schemas/ErrorDocument")...)
	}
	for template, item := range c.document.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil {
				continue
			}
			for contentType, media := range op.RequestBody.Value.Content {
				place := within("", "paths", template, strings.ToLower(method), "requestBody", "content", contentType, "schema")
				complaints = append(complaints, c.exampleComplaints(op.OperationID, media.Example, place)...)
			}
		}
	}
	if len(complaints) > 0 {
		return fmt.Errorf("%s", strings.Join(complaints, "\n"))
	}
	return nil
}

func (c *contract) exampleComplaints(name string, value any, pointer string) []string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return []string{err.Error()}
	}
	return c.textComplaints("the example of "+name, string(encoded), pointer)
}

// descriptionURL is the name that schemas are found under.
const descriptionURL = "https://description.invalid/openapi.json"

func readContract(text []byte) (*contract, error) {
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	raw, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		return nil, err
	}
	c := &contract{document: document, compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}, whole: map[string][]string{}}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(descriptionURL, raw); err != nil {
		return nil, err
	}
	for template := range document.Paths.Map() {
		c.paths = append(c.paths, contractPath{template, strings.Split(template, "/")})
	}
	for kind, attributes := range c.resources() {
		for name, schema := range attributes {
			if _, some := schema.Value.Extensions["x-shown-to"]; !some {
				c.whole[kind] = append(c.whole[kind], name)
			}
		}
	}
	return c, nil
}

// resources are the attributes of the resources that are answered, by type.
func (c *contract) resources() map[string]openapi3.Schemas {
	found := map[string]openapi3.Schemas{}
	for name, schema := range c.document.Components.Schemas {
		properties := schema.Value.Properties
		if properties["type"] == nil || properties["attributes"] == nil || strings.HasSuffix(name, "Request") {
			continue
		}
		if kind, ours := properties["type"].Value.Const.(string); ours { // what other services keep has any type
			found[kind] = properties["attributes"].Value.Properties
		}
	}
	return found
}

// schema returns the compiled schema at a place of the description.
func (c *contract) schema(pointer string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.compiled[pointer]; known != nil {
		return known, nil
	}
	made, err := c.compiler.Compile(descriptionURL + (&url.URL{Fragment: pointer}).String())
	if err != nil {
		return nil, fmt.Errorf("the schema at %s: %w", pointer, err)
	}
	c.compiled[pointer] = made
	return made, nil
}

// within leads from a place of the description to one below it.
func within(pointer string, steps ...string) string {
	for _, step := range steps {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
	}
	return pointer
}

// referred is where a reference leads; the place itself when there is none.
func referred(reference, place string) string {
	if reference != "" {
		return strings.TrimPrefix(reference, "#")
	}
	return place
}

// exchange is a request and its answer.
type exchange struct {
	sent   *http.Request
	body   string
	answer *Answer
}

func (e exchange) query() url.Values { return e.sent.URL.Query() }

func (e exchange) succeeded() bool { return e.answer.Status < 400 }

// operation is one of the description: where it stands, and what it says.
type operation struct {
	*openapi3.Operation
	name    string // METHOD /path
	pointer string
}

// find returns the operation of a request; HEAD is answered like GET. Of two
// templates that fit, the one with fewer names counts.
func (c *contract) find(sent *http.Request) *operation {
	method := sent.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	template := c.template(sent)
	if c.dialect != "" { // where a path may have its methods from two templates
		template = c.templateOf(sent, func(template string) bool { return c.document.Paths.Value(template).GetOperation(method) != nil })
	}
	if template == "" || c.document.Paths.Value(template).GetOperation(method) == nil {
		return nil
	}
	return &operation{c.document.Paths.Value(template).GetOperation(method), method + " " + template, within("", "paths", template, strings.ToLower(method))}
}

func (c *contract) template(sent *http.Request) string {
	return c.templateOf(sent, func(string) bool { return true })
}

// templateOf finds the template of a path among some.
func (c *contract) templateOf(sent *http.Request, among func(template string) bool) (found string) {
	segments := strings.Split("/"+strings.Trim(sent.URL.EscapedPath(), "/"), "/")
	for _, path := range c.paths {
		if fits(path.segments, segments) && among(path.template) && (found == "" || strings.Count(path.template, "{") < strings.Count(found, "{")) {
			found = path.template
		}
	}
	return found
}

func fits(template, segments []string) bool {
	if len(template) != len(segments) {
		return false
	}
	for i := range template {
		if template[i] != segments[i] && !strings.HasPrefix(template[i], "{") {
			return false
		}
	}
	return true
}

// anywhere are the errors that no operation has to be there for.
var anywhere = []string{"route_not_found", "method_not_allowed", "not_acceptable", "payload_too_large", "pagination_invalid", "invalid_request"}

// check holds an exchange to the description.
func (c *contract) check(e exchange) {
	t := e.answer.t
	t.Helper()
	for _, complaint := range c.complaints(e) {
		t.Errorf("%s: %s", e.answer.request, complaint)
	}
}

// complaints are what an exchange and the description differ in.
func (c *contract) complaints(e exchange) []string {
	if c.dialect != "" {
		return c.guestComplaints(e)
	}
	if e.answer.Status == http.StatusMethodNotAllowed || e.sent.Method == http.MethodOptions && e.succeeded() {
		return c.methodComplaints(e)
	}
	op := c.find(e.sent)
	if op == nil {
		for _, fault := range e.faults() {
			if !slices.Contains(anywhere, fault.Meta.Key) {
				return []string{"it is not in the description, and answered with " + fault.Meta.Key}
			}
		}
		if e.succeeded() {
			return []string{"it is served, and not in the description"}
		}
		return c.bodyComplaints(e, "/components/schemas/ErrorDocument")
	}
	complaints := c.answerComplaints(e, op)
	if e.succeeded() {
		complaints = append(complaints, c.requestComplaints(e, op)...)
	}
	return complaints
}

// guestComplaints are those of a dialect: it has no error documents of ours, ignores
// query parameters that it does not know, and reads some in more forms than one.
func (c *contract) guestComplaints(e exchange) []string {
	op := c.find(e.sent)
	switch {
	case op == nil && e.succeeded() && e.sent.Method != http.MethodOptions:
		return []string{"it is served, and not in the description"}
	case op == nil:
		return nil
	}
	complaints := c.answerComplaints(e, op)
	if e.succeeded() {
		for _, parameter := range op.Parameters {
			name := parameter.Value.Name
			if parameter.Value.In == "query" && slices.ContainsFunc(slices.Collect(maps.Keys(e.query())), func(asked string) bool { return asked == name || strings.HasPrefix(asked, name+"[") }) {
				use("%s is asked with %s", op.name, name)
			}
			if parameter.Value.In == "header" && e.sent.Header.Get(name) != "" {
				use("the header %s is sent", name)
			}
		}
		complaints = append(complaints, c.sentComplaints(e, op)...)
	}
	return complaints
}

// methodComplaints: Allow names the operations of the path, and what is answered
// for all.
func (c *contract) methodComplaints(e exchange) []string {
	item := c.document.Paths.Value(c.template(e.sent))
	if item == nil {
		return []string{"a path that is not in the description has methods"}
	}
	methods := []string{http.MethodOptions}
	for method := range item.Operations() {
		methods = append(methods, method)
		if method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	if allow := e.answer.Header.Get("Allow"); allow != strings.Join(methods, ", ") {
		return []string{fmt.Sprintf("Allow is %q, and the description has %v", allow, methods)}
	}
	return nil
}

// fault is an error of an answer.
type fault struct {
	Code string
	Meta struct{ Key string }
}

// faults are the errors of an error document, none of any other.
func (e exchange) faults() []fault {
	var document struct{ Errors []fault }
	if e.succeeded() || json.Unmarshal([]byte(e.answer.Body), &document) != nil {
		return nil
	}
	return document.Errors
}

func (c *contract) answerComplaints(e exchange, op *operation) (complaints []string) {
	status := fmt.Sprint(e.answer.Status)
	response := op.Responses.Value(status)
	if response == nil {
		return []string{"the description has no answer with status " + status}
	}
	use("%s is answered with %s", op.name, status)
	place := referred(response.Ref, within(op.pointer, "responses", status))
	complaints = c.headerComplaints(e, response.Value, place)
	contentType := e.answer.Header.Get("Content-Type")
	if contentType == "" {
		if len(response.Value.Content) > 0 {
			complaints = append(complaints, "an answer without a body, where the description has one")
		}
		return complaints
	}
	media := response.Value.Content[contentType]
	if media == nil {
		return append(complaints, fmt.Sprintf("the description does not have the media type %s for %s", contentType, status))
	}
	use("%s is answered with %s as %s", op.name, status, contentType)
	for _, fault := range e.faults() {
		if c.dialect != "" {
			break // it has errors of its own
		}
		name := exampleOf(media, fault)
		if name == "" {
			complaints = append(complaints, fmt.Sprintf("the description does not have the error %s %s for %s", fault.Code, fault.Meta.Key, status))
			continue
		}
		use("%s is answered with %s %s", op.name, status, name)
		use("some operation is answered with %s %s", status, name)
	}
	if e.answer.Body == "" || !strings.Contains(contentType, "json") {
		return complaints
	}
	complaints = append(complaints, c.bodyComplaints(e, within(place, "content", contentType, "schema"))...)
	if e.succeeded() && strings.HasPrefix(contentType, "application/vnd.api+json") {
		complaints = append(complaints, c.wholeComplaints(e)...)
	}
	return complaints
}

// exampleOf names the example of an error.
func exampleOf(media *openapi3.MediaType, wanted fault) string {
	for name, example := range media.Examples {
		if faultOf(example.Value) == wanted {
			return name
		}
	}
	return ""
}

func faultOf(example *openapi3.Example) (one fault) {
	document, _ := example.Value.(map[string]any)
	list, _ := document["errors"].([]any)
	if len(list) == 1 {
		described, _ := list[0].(map[string]any)
		meta, _ := described["meta"].(map[string]any)
		one.Code, _ = described["code"].(string)
		one.Meta.Key, _ = meta["key"].(string)
	}
	return one
}

func (c *contract) bodyComplaints(e exchange, pointer string) []string {
	if e.answer.Body == "" {
		return nil // of HEAD
	}
	return c.textComplaints("the answer", e.answer.Body, pointer)
}

func (c *contract) textComplaints(what, text, pointer string) []string {
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return []string{what + " is not JSON"}
	}
	return c.valueComplaints(what, value, pointer)
}

func (c *contract) valueComplaints(what string, value any, pointer string) []string {
	schema, err := c.schema(pointer)
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		return []string{what + " is not as described: " + err.Error()}
	}
	return nil
}

// commonHeaders are those of an answer that need no description: HTTP's own, and
// guards that are the same on all.
var commonHeaders = []string{
	"Content-Type", "Content-Length", "Date", "Cache-Control", "Pragma", "Content-Encoding", "Transfer-Encoding",
	"X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy",
	"Access-Control-Allow-Origin", "Access-Control-Expose-Headers",
}

func (c *contract) headerComplaints(e exchange, response *openapi3.Response, place string) (complaints []string) {
	for name, header := range response.Headers {
		values := e.answer.Header.Values(name)
		if len(values) == 0 {
			if header.Value.Required {
				complaints = append(complaints, "no header "+name)
			}
			continue
		}
		use("the header %s is answered", name)
		value := decoded(values[0], header.Value.Schema.Value)
		complaints = append(complaints, c.valueComplaints("the header "+name, value, within(referred(header.Ref, within(place, "headers", name)), "schema"))...)
	}
	for name := range e.answer.Header {
		if _, described := response.Headers[canonical(response.Headers, name)]; !described && !slices.Contains(commonHeaders, name) {
			complaints = append(complaints, "the description does not have the header "+name)
		}
	}
	return complaints
}

// canonical finds a header's name as the description spells it.
func canonical(headers openapi3.Headers, name string) string {
	for spelled := range headers {
		if strings.EqualFold(spelled, name) {
			return spelled
		}
	}
	return ""
}

// wholeComplaints: a request that does not narrow is shown all attributes; what is
// shown is remembered.
func (c *contract) wholeComplaints(e exchange) (complaints []string) {
	narrowed := strings.Contains(e.sent.URL.RawQuery, "fields")
	var document any
	if err := json.Unmarshal([]byte(e.answer.Body), &document); err != nil {
		return []string{err.Error()}
	}
	eachResource(document, func(kind string, attributes map[string]any) {
		for name, value := range attributes {
			if value != nil {
				use("the attribute %s of %s is answered", name, kind)
			}
		}
		for _, name := range c.whole[kind] {
			if _, there := attributes[name]; !there && !narrowed {
				complaints = append(complaints, "the attribute "+name+" of "+kind+" is missing")
			}
		}
	})
	return complaints
}

// eachResource calls a function with every resource of a document.
func eachResource(value any, see func(kind string, attributes map[string]any)) {
	switch inside := value.(type) {
	case []any:
		for _, one := range inside {
			eachResource(one, see)
		}
	case map[string]any:
		kind, isResource := inside["type"].(string)
		attributes, shown := inside["attributes"].(map[string]any)
		if isResource && shown {
			see(kind, attributes)
			return
		}
		for _, one := range inside {
			eachResource(one, see)
		}
	}
}

// requestComplaints are what a request that was served has, and the description
// does not.
func (c *contract) requestComplaints(e exchange, op *operation) []string {
	complaints := c.queryComplaints(e, op)
	complaints = append(complaints, c.credentialComplaints(e, op)...)
	for _, parameter := range op.Parameters {
		if parameter.Value.In == "header" && e.sent.Header.Get(parameter.Value.Name) != "" {
			use("the header %s is sent", parameter.Value.Name)
		}
	}
	return append(complaints, c.sentComplaints(e, op)...)
}

// sentComplaints are what the body of a request has, and the description does not.
func (c *contract) sentComplaints(e exchange, op *operation) []string {
	if op.RequestBody == nil || e.body == "" && c.dialect != "" {
		return nil
	}
	sent, _, _ := strings.Cut(e.sent.Header.Get("Content-Type"), ";")
	for described := range op.RequestBody.Value.Content {
		if plain, _, _ := strings.Cut(described, ";"); plain != sent && !(e.answer.glue && strings.Contains(plain, "api+json")) {
			continue
		}
		pointer := within(op.pointer, "requestBody", "content", described, "schema")
		if sent == "application/x-www-form-urlencoded" {
			form, _ := url.ParseQuery(e.body)
			values := map[string]any{}
			for name := range form {
				values[name] = form.Get(name)
			}
			return c.valueComplaints("the form", values, pointer)
		}
		return c.textComplaints("the request", e.body, pointer)
	}
	return []string{"the description does not have the request's media type " + sent}
}

func (c *contract) queryComplaints(e exchange, op *operation) (complaints []string) {
	for name, values := range e.query() {
		index := slices.IndexFunc(op.Parameters, func(p *openapi3.ParameterRef) bool {
			return p.Value.In == "query" && (p.Value.Name == name || p.Value.Extensions["x-alias"] == name)
		})
		if index < 0 {
			if !e.answer.glue { // which ignores what it does not know (W-05)
				complaints = append(complaints, "the description does not have the parameter "+name)
			}
			continue
		}
		parameter := op.Parameters[index].Value
		value := decoded(values[0], parameter.Schema.Value)
		use("%s is asked with %s", op.name, parameter.Name)
		if list, isList := value.([]any); isList {
			for _, one := range list {
				use("%s is asked with %s=%s", op.name, parameter.Name, one)
			}
		}
		if !e.answer.glue {
			complaints = append(complaints, c.valueComplaints("the parameter "+name, value, within(op.pointer, "parameters", fmt.Sprint(index), "schema"))...)
		}
	}
	return complaints
}

// decoded reads a parameter or a header by the type that it is to have.
func decoded(text string, schema *openapi3.Schema) any {
	switch {
	case schema.Type.Is("array") && text == "":
		return []any{}
	case schema.Type.Is("array"):
		var list []any
		for item := range strings.SplitSeq(text, ",") {
			list = append(list, item)
		}
		return list
	case schema.Type.Is("integer"):
		if text != "" && strings.Trim(text, "0123456789") == "" {
			return json.Number(text)
		}
	case schema.Type.Is("number") && text != "" && strings.Trim(text, "0123456789.") == "":
		return json.Number(text)
	case schema.Type.Is("boolean") && (text == "true" || text == "false"):
		return text == "true"
	}
	return text
}

func (c *contract) credentialComplaints(e exchange, op *operation) []string {
	wanted := ""
	switch _, credential, shown := strings.Cut(e.sent.Header.Get("Authorization"), " "); {
	case shown && strings.Count(credential, ".") == 2:
		wanted = "accessToken"
	case shown:
		wanted = "apiKey"
	}
	for _, way := range *op.Security {
		if _, fits := way[wanted]; fits || wanted == "" && len(way) == 0 {
			return nil
		}
	}
	return []string{fmt.Sprintf("the description does not have it served with the credential %q", wanted)}
}

// What tests have used of the descriptions, in sentences.
var (
	usedMu sync.Mutex
	used   = map[string]bool{}
)

func use(sentence string, args ...any) {
	usedMu.Lock()
	defer usedMu.Unlock()
	used[fmt.Sprintf(sentence, args...)] = true
}

// ours are errors that no request provokes by itself.
var ours = []string{"internal_error", "service_unavailable"}

// alwaysNull are attributes that Glue has and that are empty here.
var alwaysNull = []string{"idCompanyUser"}

// operationsName is the operation that passes on the errors of others: that they
// are passed on is seen by some, and that they are made by the others.
const operationsName = "POST /operations"

// Unused lists, in sentences, what the descriptions of a dialect, "" for the main
// surface, of all services of this process promise and no exchange has shown.
func Unused(dialect string) []string {
	promised := map[string]bool{}
	contractsMu.Lock()
	defer contractsMu.Unlock()
	for _, c := range described {
		if c.dialect != dialect {
			continue
		}
		c.promises(func(sentence string, args ...any) { promised[fmt.Sprintf(sentence, args...)] = true })
	}
	usedMu.Lock()
	defer usedMu.Unlock()
	maps.DeleteFunc(promised, func(sentence string, _ bool) bool { return used[sentence] })
	return slices.Sorted(maps.Keys(promised))
}

func (c *contract) promises(promise func(sentence string, args ...any)) {
	for template, item := range c.document.Paths.Map() {
		for method, op := range item.Operations() {
			name := method + " " + template
			for status, response := range op.Responses.Map() {
				promiseAnswer(name, status, response.Value, promise)
			}
			promiseParameters(name, op.Parameters, promise)
		}
	}
	for kind, attributes := range c.resources() {
		for name := range attributes {
			if !slices.Contains(alwaysNull, name) {
				promise("the attribute %s of %s is answered", name, kind)
			}
		}
	}
}

func promiseAnswer(name, status string, response *openapi3.Response, promise func(string, ...any)) {
	for header := range response.Headers {
		if header != "Retry-After" || status == "429" {
			promise("the header %s is answered", header)
		}
	}
	if status < "400" {
		promise("%s is answered with %s", name, status)
	}
	for contentType, media := range response.Content {
		if status < "400" || status < "500" && len(media.Examples) == 0 {
			promise("%s is answered with %s as %s", name, status, contentType)
		}
		for example := range media.Examples {
			switch {
			case slices.Contains(ours, example):
			case name == operationsName:
				promise("some operation is answered with %s %s", status, example)
			default:
				promise("%s is answered with %s %s", name, status, example)
			}
		}
	}
}

func promiseParameters(name string, parameters openapi3.Parameters, promise func(string, ...any)) {
	for _, parameter := range parameters {
		switch said := parameter.Value; said.In {
		case "header":
			promise("the header %s is sent", said.Name)
		case "query":
			promise("%s is asked with %s", name, said.Name)
			if said.Schema.Value.Type.Is("array") && !strings.HasPrefix(said.Name, "fields[") {
				for _, one := range said.Schema.Value.Items.Value.Enum {
					promise("%s is asked with %s=%s", name, said.Name, one)
				}
			}
		}
	}
}
