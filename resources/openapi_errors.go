package resources

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/docs"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/openapi"
)

// strictly returns the errors; the first only where what is unknown or makes no
// sense is not ignored (W-05).
func (a *API) strictly(strict *errors.Error, others ...*errors.Error) []*errors.Error {
	if a.Wire.Lenient {
		return others
	}
	return append(others, strict)
}

// policyFails are what the shop finds wrong with a new password beyond its length.
func (a *API) policyFails() (lines []*errors.Error) {
	if a.Accounts.Policy.Classes {
		lines = append(lines, errors.PasswordSequence)
	}
	if a.Accounts.Policy.Common != nil || a.Accounts.Policy.Context != nil {
		lines = append(lines, errors.PasswordCommon)
	}
	return lines
}

// passwordFormFails are what is wrong with the form of a new password.
func (a *API) passwordFormFails() []*errors.Error {
	lines := []*errors.Error{errors.TooShort, errors.TooLong, errors.TypeInvalid, errors.CharactersInvalid, errors.PasswordsDiffer}
	if a.Accounts.Policy.Classes {
		lines = append(lines, errors.PasswordClasses)
	}
	return lines
}

// newPasswordFails are the errors of a request that sets a password, and others.
func (a *API) newPasswordFails(others ...*errors.Error) []*errors.Error {
	return slices.Concat(others, a.passwordFormFails(), a.policyFails(), []*errors.Error{errors.FieldMissing, errors.ValueBlank})
}

// attributesOfProfile are the errors of what a customer tells of themself.
func (a *API) attributesOfProfile() []*errors.Error {
	return slices.Concat(a.passwordFormFails(), []*errors.Error{
		a.Wire.OtherGender, errors.ValueBlank, errors.EmailInvalid, errors.ChoiceInvalid, errors.DateInvalid, errors.LocaleInvalid,
		errors.EmailTooLong, errors.EmailTaken, errors.RelationshipForbidden, errors.AddressNotFound, errors.PaymentSourceNotFound,
	})
}

func (a *API) registrationFails() []*errors.Error {
	lines := slices.Concat(a.attributesOfProfile(), a.policyFails(), []*errors.Error{
		errors.FieldMissing, errors.TermsNotAccepted, errors.TermsNull, errors.ClientIDForbidden, errors.ResourceIDInvalid, errors.ResourceIDTaken,
	})
	if a.Accounts.Rules.Limits.Registrations == 0 {
		return lines
	}
	return a.limited(errors.RateLimited, lines)
}

func (a *API) profileFails() []*errors.Error {
	lines := a.attributesOfProfile()
	if a.Accounts.Rules.EmailNeedsPassword {
		lines = a.limited(errors.TooManyAttempts, append(lines, errors.PasswordInvalid))
	}
	return a.limited(errors.RateLimited, append(lines, errors.Unauthorized, errors.CustomerNotFound, errors.CustomerSaveFailed, errors.PreconditionFailed))
}

// addressFails are the errors of an address's attributes, and others.
func (a *API) addressFails(others ...*errors.Error) []*errors.Error {
	lines := append(others, errors.ValueBlank, errors.ChoiceInvalid, errors.TooLong, errors.TypeInvalid, errors.CountryInvalid, errors.CharactersInvalid)
	if a.Wire.Address.ShortCity > 1 {
		lines = append(lines, errors.TooShort)
	}
	if !a.Wire.IgnoreIDs {
		lines = append(lines, errors.RelationshipForbidden)
	}
	return lines
}

// loginFails are the errors, and that of too many logins where they are counted.
func (a *API) loginFails(lines ...*errors.Error) []*errors.Error {
	return a.limited(errors.TooManyAttempts, lines)
}

// limited returns the errors, and that of a limit where there are limits.
func (a *API) limited(line *errors.Error, others []*errors.Error) []*errors.Error {
	if a.Accounts.Rules.Limits.Off {
		return others
	}
	return append(others, line)
}

// failures are all errors that a route may be answered with: those of its use case,
// and what admit answers by the route's other fields, in that order of checks.
func (a *API) failures(r route) []*errors.Error {
	lines := []*errors.Error{errors.RequestInvalid, errors.PaginationInvalid}
	if r.method != http.MethodGet {
		lines = append(lines, errors.PayloadTooLarge)
	}
	if !r.plain {
		lines = append(lines, errors.NotAcceptable)
	}
	if r.body != nil {
		lines = append(lines, errors.UnsupportedMediaType)
	}
	if !a.offer(r).Lenient {
		lines = append(lines, errors.ParameterUnknown, errors.IncludeUnknown, errors.SortUnknown, errors.FieldUnknown, errors.FilterUnknown)
	}
	lines = append(lines, a.admissionFailures(r)...)
	if r.extension != "" {
		lines = append(lines, a.operationFailures()...)
	}
	if r.refuse != nil {
		return append(lines, errors.InternalError)
	}
	if r.repeatable() {
		lines = append(lines, errors.IdempotencyKeyInvalid)
		if r.serves() { // of those that only refuse no answer is kept
			lines = append(lines, errors.IdempotencyKeyReused)
		}
	}
	return append(lines, errors.AccessTokenInvalid, errors.ConflictingIdentities, errors.StoreUnknown, errors.InternalError, errors.ServiceUnavailable)
}

// admissionFailures are those that an operation in place of a request meets, too.
func (a *API) admissionFailures(r route) (lines []*errors.Error) {
	if r.body != nil && r.extension == "" {
		lines = append(lines, errors.DocumentInvalid, errors.TypeMismatch)
		lines = append(lines, a.idFailures(r)...)
	}
	for _, name := range sorted(r.needs, "") {
		if !strings.HasSuffix(r.path, ":"+name) { // slashes at the end do not count: there it is never empty
			lines = append(lines, r.needs[name])
		}
	}
	if r.refuse != nil {
		return append(lines, r.refuse)
	}
	switch r.access {
	case keys:
		lines = append(lines, errors.AccessTokenMissing, errors.Unauthorized)
	case customers:
		lines = append(lines, errors.AccessTokenMissing)
	}
	return append(lines, r.fails...)
}

// idFailures are what checkID answers.
func (a *API) idFailures(r route) []*errors.Error {
	switch {
	case a.Wire.IgnoreIDs || r.anyID || r.linkage || r.refuse != nil:
	case r.method == http.MethodPost && jsonapi.TypeOf(r.body) != "customers":
		return []*errors.Error{errors.ClientIDForbidden}
	case (r.method == http.MethodPatch || r.method == http.MethodPut) && strings.Contains(r.path, ":"):
		return []*errors.Error{errors.ResourceIDMismatch}
	}
	return nil
}

// operationFailures are what operations meet on the routes that they stand for.
// They have no headers, and so no precondition.
func (a *API) operationFailures() (lines []*errors.Error) {
	for _, r := range a.routes() {
		if strings.HasPrefix(r.path, "/customers") && r.method != http.MethodGet {
			lines = append(lines, a.admissionFailures(r)...)
		}
	}
	return slices.DeleteFunc(lines, func(line *errors.Error) bool { return line == errors.PreconditionFailed })
}

// statusOf is what a line of the catalogue is answered with on this wire.
func (a *API) statusOf(line *errors.Error) int {
	if line == errors.TypeMismatch {
		return a.Wire.TypeStatus
	}
	return line.Status
}

// responses are all answers of a route: what it is for, and, by status, its errors.
func (d *description) responses(r route) (made openapi.Members[*openapi.Response]) {
	if r.serves() {
		d.addAnswers(&made, r)
	}
	byStatus, failures := map[int][]*errors.Error{}, d.failures(r)
	for _, line := range errors.Catalogue() {
		if slices.Contains(failures, line) {
			status := d.statusOf(line)
			byStatus[status] = append(byStatus[status], line)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		d.addFailure(&made, strconv.Itoa(status), byStatus[status])
	}
	return made
}

// addAnswers adds what a route answers when nothing is wrong, and what is no
// error document.
func (d *description) addAnswers(made *openapi.Members[*openapi.Response], r route) {
	for _, answer := range r.answers {
		response, there := made.Find(strconv.Itoa(answer.status))
		if !there {
			response = &openapi.Response{Description: http.StatusText(answer.status), Headers: headers("X-Request-Id", "Vary")}
			if r.tagged() && r.method == http.MethodGet {
				response.Headers = headers("X-Request-Id", "Vary", "ETag")
			}
			if len(answer.headers) > 0 {
				response.Headers = headers(append([]string{"X-Request-Id", "Vary"}, answer.headers...)...)
			}
			if answer.counted {
				response.Headers = headers(append([]string{"X-Request-Id", "Vary"}, quotaHeaders...)...)
			}
			if answer.status == http.StatusTooManyRequests || answer.status == http.StatusServiceUnavailable {
				response.Headers.Add("Retry-After", &openapi.Header{Ref: "#/components/headers/Retry-After"})
			}
			made.Add(strconv.Itoa(answer.status), response)
		}
		media := openapi.Media{}
		switch {
		case answer.model != nil:
			media.Schema = openapi.Struct(answer.model, d.words)
		case strings.HasSuffix(answer.mediaType, "json"):
			media.Schema = &openapi.Schema{Type: openapi.Types{"object"}}
		default:
			media.Schema = openapi.Text("")
		}
		response.Content.Add(answer.mediaType, media)
	}
	status, response := d.documentAnswer(r)
	if status != 0 {
		made.Add(strconv.Itoa(status), response)
	}
	if r.method == http.MethodPut && r.shows != nil {
		created := *response
		created.Headers = append(slices.Clone(response.Headers), headers("Location")...)
		made.Add(strconv.Itoa(http.StatusCreated), &created)
	}
	if r.method == http.MethodGet && r.tagged() {
		names := []string{"X-Request-Id", "Vary", "ETag"}
		if !r.plain {
			names = append(names, "Content-Language")
		}
		if r.offer.Page {
			names = append(names, "Link")
			if !r.endless {
				names = append(names, "X-Total-Count")
			}
		}
		made.Add("304", &openapi.Response{Description: "The client has it already.", Headers: headers(names...)})
	}
}

// documentAnswer is the document of a route, or the answer without one.
func (d *description) documentAnswer(r route) (int, *openapi.Response) {
	if r.plain {
		return 0, nil
	}
	names := []string{"X-Request-Id", "Vary"}
	if r.repeatable() {
		names = append(names, "Idempotent-Replayed")
	}
	if r.shows == nil && r.extension == "" && r.tells == nil {
		return http.StatusNoContent, &openapi.Response{Description: "It is done.", Headers: headers(names...)}
	}
	names = append(names, "Content-Language", "ETag")
	if r.offer.Page {
		names = append(names, "Link")
		if !r.endless {
			names = append(names, "X-Total-Count")
		}
	}
	status, about := http.StatusOK, title(r.summary)+"."
	if r.method == http.MethodPost && r.extension == "" && !r.linkage {
		status = http.StatusCreated
		if !r.fleeting {
			names = append(names, "Location")
		}
	}
	media := openapi.Media{Schema: d.shownDocument(r)}
	content := openapi.Members[openapi.Media]{{Name: d.media(r).Type(""), Value: media}}
	if r.cursors && d.Wire.Hypermedia {
		content.Add(d.media(r).Type(jsonapi.CursorProfile), media)
	}
	return status, &openapi.Response{Description: about, Headers: headers(names...), Content: content}
}

// addFailure adds an error document with examples of the errors it may be about.
func (d *description) addFailure(made *openapi.Members[*openapi.Response], status string, lines []*errors.Error) {
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = d.examples[line]
	}
	component := strings.Join(names, "-or-")
	if len(names) > 2 {
		component = "" // too long a name, and most are one route's alone
	}
	if _, both := made.Find(status); both || component == "" {
		d.addTo(made, status, d.failure(status, lines))
		return
	}
	d.components.Responses.Add(component, d.failure(status, lines))
	d.addTo(made, status, &openapi.Response{Ref: "#/components/responses/" + component})
}

// addTo adds a response. Where the status is that of a plain answer as well (OAuth's
// errors), the two are one.
func (d *description) addTo(made *openapi.Members[*openapi.Response], status string, response *openapi.Response) {
	earlier, there := made.Find(status)
	if !there {
		made.Add(status, response)
		return
	}
	earlier.Description = response.Description
	for _, header := range response.Headers {
		if _, both := earlier.Headers.Find(header.Name); !both {
			shared, _ := d.components.Headers.Find(header.Name)
			earlier.Headers.Add(header.Name, &openapi.Header{Description: shared.Description + " Of an error document.", Schema: shared.Schema})
		}
	}
	for _, media := range response.Content {
		earlier.Content.Add(media.Name, media.Value)
	}
}

// quotaHeaders are on refusals that were counted under a limit.
var quotaHeaders = []string{"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}

func isCounted(line *errors.Error) bool {
	return slices.Contains([]*errors.Error{errors.TooManyAttempts, errors.RateLimited, errors.AuthenticationFailed, errors.PasswordInvalid}, line)
}

func (d *description) failure(status string, lines []*errors.Error) *openapi.Response {
	names := []string{"X-Request-Id", "Vary", "Content-Language"}
	switch status {
	case "401":
		names = append(names, "WWW-Authenticate")
	case "405":
		names = append(names, "Allow")
	case "429", "503":
		names = append(names, "Retry-After")
	}
	if slices.ContainsFunc(lines, isCounted) {
		names = append(names, quotaHeaders...)
	}
	number, _ := strconv.Atoi(status)
	var keys []string
	media := openapi.Media{Schema: openapi.Ref("ErrorDocument")}
	for _, line := range lines {
		media.Examples.Add(d.examples[line], &openapi.Example{Ref: "#/components/examples/" + d.examples[line]})
		if key := "`" + line.Key + "`"; !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return &openapi.Response{
		Description: http.StatusText(number) + ": " + strings.Join(keys, ", "),
		Headers:     headers(names...),
		Content:     openapi.Members[openapi.Media]{{Name: jsonapi.MediaType, Value: media}},
	}
}

// addExamples adds an example of each line of the catalogue. It has the name of the
// line's key, and the code where several lines have that.
func (d *description) addExamples() error {
	d.examples = map[*errors.Error]string{}
	times := map[string]int{}
	for _, line := range errors.Catalogue() {
		times[line.Key]++
	}
	for _, line := range errors.Catalogue() {
		name := line.Key
		if times[line.Key] > 1 {
			name += "." + line.Code
		}
		for another, n := name, 2; ; n++ {
			if _, taken := d.components.Examples.Find(another); !taken {
				name = another
				break
			}
			another = fmt.Sprintf("%s.%d", name, n)
		}
		d.examples[line] = name
		example, err := d.example(line)
		if err != nil {
			return err
		}
		d.components.Examples.Add(name, example)
	}
	d.components.Responses.Add("method_not_allowed", d.failure("405", []*errors.Error{errors.MethodNotAllowed}))
	return nil
}

func (d *description) example(line *errors.Error) (*openapi.Example, error) {
	occurrence := docs.Example(line)
	if line == errors.PreconditionFailed {
		current, err := jsonapi.One(d.specimens()[0], jsonapi.View{Version: d.Wire.Hypermedia})
		if err != nil {
			return nil, err
		}
		occurrence = line.AtHeader("If-Match").Note("current", json.RawMessage(current))
	}
	_, body := jsonapi.Errors(occurrence.Answer(d.statusOf(line)), d.errorView("0198f7c2-6c1e-7c31-9a44-3f6f3f1f5a10"))
	about := line.Help
	if line.Reserved != "" {
		about += " Reserved: " + line.Reserved + "."
	}
	return &openapi.Example{Summary: strings.TrimSpace(line.Code + " " + line.Title), Description: about, Value: body}, nil
}

// errorObject is the schema of one error.
func (d *description) errorObject() *openapi.Schema {
	status := &openapi.Schema{Type: openapi.Types{"string"}, Pattern: "^[45][0-9]{2}$", Description: "The HTTP status."}
	if d.Wire.NumericStatus {
		status = &openapi.Schema{Type: openapi.Types{"integer"}, Minimum: new(400), Maximum: new(599), Description: "The HTTP status."}
	}
	made := openapi.Closed([]string{"id", "status", "title", "detail", "meta"}, openapi.Property("id", openapi.Text("The request's `X-Request-Id`.")))
	if d.Wire.Hypermedia {
		made.Properties.Add("links", openapi.Closed([]string{"type"},
			openapi.Property("type", openapi.URI("Which error it is: its page, or what a profile defines it as.")),
			openapi.Property("about", openapi.URI("Its page, where the type is that of a profile."))))
		made.Required = append(made.Required, "links")
	}
	made.Properties.Add("status", status)
	made.Properties.Add("code", openapi.Text("Number in the catalogue of Glue, where it has one."))
	made.Properties.Add("title", openapi.Text("A short phrase, the same for each `meta.key`."))
	made.Properties.Add("detail", openapi.Text("What is wrong, in English."))
	made.Properties.Add("source", d.sourceSchema())
	made.Properties.Add("meta", d.errorMeta())
	return made
}

func (d *description) sourceSchema() *openapi.Schema {
	source := openapi.Closed(nil,
		openapi.Property("pointer", &openapi.Schema{Type: openapi.Types{"string"}, Format: "json-pointer", Description: "Place in the document that was sent (RFC 6901)."}),
		openapi.Property("parameter", openapi.Text("Name of a query parameter.")),
		openapi.Property("header", openapi.Text("Name of a header.")))
	source.Description = "Where in the request it is; one of these."
	for _, member := range source.Properties {
		source.AnyOf = append(source.AnyOf, &openapi.Schema{Required: []string{member.Name}})
	}
	return source
}

func (d *description) errorMeta() *openapi.Schema {
	var keys []any
	for _, line := range errors.Catalogue() {
		if !slices.Contains(keys, any(line.Key)) {
			keys = append(keys, line.Key)
		}
	}
	return openapi.Closed([]string{"key"},
		openapi.Property("key", &openapi.Schema{Type: openapi.Types{"string"}, Enum: keys, Description: "Name of the error, which never changes: translate by it."}),
		openapi.Property("field", openapi.Text("The attribute that is wrong.")),
		openapi.Property("limit", &openapi.Schema{Type: openapi.Types{"integer"}, Description: "The bound that was broken."}),
		openapi.Property("page", openapi.Closed([]string{"maxSize"}, openapi.Property("maxSize", &openapi.Schema{Type: openapi.Types{"integer"}, Description: "Most resources that a page may have."}))),
		openapi.Property("current", openapi.AnyOf(openapi.Ref("CustomerDocument"), openapi.Ref("AddressDocument"), openapi.Ref("WebhookEndpointDocument"), openapi.Ref("StoreDocument"), openapi.Ref("ErasureRequestDocument"), openapi.Ref("CustomerGroupDocument"), openapi.Ref("PaymentSourceDocument"))))
}
