package resources_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/apitest"
)

// provocation is a request that is answered with one error.
type provocation struct {
	line    *errors.Error
	request apitest.Request
	status  int
	says    string // `code key source`, as Answer.Fails writes it
}

// Every line of the catalogue that a request can provoke is provoked, so that
// a line nobody can see cannot hide, and one that is answered wrongly is seen;
// with the defaults, and with the settings of today's Spryker, which answer the
// same save for what stands in glues.
func TestEveryErrorIsAnsweredAsTheCatalogueSays(t *testing.T) {
	t.Parallel()
	provoked := map[*errors.Error]bool{}
	for name, settings := range map[string]apitest.Settings{"defaults": nil, "glue.env": apitest.Preset(t, "glue")} {
		s := apitest.New(t, settings)
		for _, p := range provocations(s) {
			t.Run(name+" "+p.line.Key+" "+p.line.Code, func(t *testing.T) {
				answer := s.In(t).Do(p.request)
				if other, differs := glues[p.line]; differs && settings != nil {
					other(answer)
					return
				}
				if text := answer.Fails(p.status, p.says).Text("errors.0.title"); text != p.line.Title {
					t.Errorf("title %q", text)
				}
			})
			provoked[p.line] = true
		}
	}
	for _, line := range errors.Catalogue() {
		if !provoked[line] && line.Reserved == "" && elsewhere[line] == "" {
			t.Errorf("nothing provokes %s %s", line.Code, line.Key)
		}
	}
}

// glues is how the table's requests are answered with presets/glue.env, where
// that differs: W-03 to W-08, W-10, and a policy that finds more.
var glues = map[*errors.Error]func(*apitest.Answer){
	errors.GenderInvalid:    func(a *apitest.Answer) { a.Fails(422, `901 choice_invalid "/data/attributes/gender"`) },
	errors.TypeMismatch:     func(a *apitest.Answer) { a.Fails(400, `- invalid_resource_type "/data/type"`) },
	errors.MethodNotAllowed: func(a *apitest.Answer) { a.Fails(404, "- route_not_found -") },
	errors.PasswordCommon: func(a *apitest.Answer) {
		a.Fails(422, `901 too_short "/data/attributes/password"`, `901 password_character_set "/data/attributes/password"`, `901 too_short "/data/attributes/confirmPassword"`)
	},
	errors.ClientIDForbidden:  func(a *apitest.Answer) { a.Has(422) },
	errors.ResourceIDMismatch: served,
	errors.IncludeUnknown:     served,
	errors.SortUnknown:        served,
	errors.FieldUnknown:       served,
	errors.FilterUnknown:      served,
	errors.FilterInvalid:      served,
	errors.ParameterUnknown:   served,
}

func served(a *apitest.Answer) { a.Has(200) }

// elsewhere are the lines that one request cannot provoke, and the test that
// does.
var elsewhere = map[*errors.Error]string{
	errors.InternalError:        "TestAServersFaultSaysNothingOfItself",
	errors.ServiceUnavailable:   "TestABusyHasherIsUnavailable",
	errors.TooManyAttempts:      "TestTheTenthFailedLoginIsRefused",
	errors.RateLimited:          "TestRegistrationsFromOneNetworkAreCounted",
	errors.PasswordChangeFailed: "TestOfTwoPasswordChangesAtOnceOneFails",
	errors.ConfirmationFailed:   "TestAPendingAddressThatWasTakenMeanwhileCannotBeConfirmed",
	errors.AddressSaveFailed:    "TestAnAnonymisedCustomerCannotBeChanged",
	errors.CustomerSaveFailed:   "TestAnAnonymisedCustomerCannotBeChanged",
	errors.ErasurePending:       "TestStaffHaveACustomerForgotten",
	errors.ErasureFinished:      "TestStaffHaveACustomerForgotten",
	errors.JobUnchangeable:      "TestOperatorsTryAJobAgainOrGiveItUp",
	errors.PasswordTooLong:      "an import's passwords; in a request 901 comes first",
	errors.PasswordSequence:     "TestGluePreset",
	errors.PasswordClasses:      "TestGluePreset",
	errors.TooManyEndpoints:     "TestEndpointsAreKept",

	errors.PaymentSourceTaken:  "TestSourcesAreAttachedAndDetached",
	errors.PaymentSourceSpent:  "TestSourcesAreAttachedAndDetached",
	errors.SourceNotChargeable: "TestSourcesAreAttachedAndDetached",
}

func provocations(s *apitest.Service) []provocation {
	john, jane := s.Register("john@example.com"), s.Register("jane@example.com")
	own, other := "/customers/"+john.Reference, "/customers/"+jane.Reference
	id := s.AddAddress(john, "Berlin")
	post := func(path, body string) apitest.Request {
		return apitest.Request{Method: http.MethodPost, Path: path, Body: body}
	}
	as := func(r apitest.Request, token string) apitest.Request { r.Token = token; return r }
	patch := func(path, body string) apitest.Request {
		return apitest.Request{Method: http.MethodPatch, Path: path, Body: body, Token: john.Token}
	}
	get := func(path, token string) apitest.Request {
		return apitest.Request{Method: http.MethodGet, Path: path, Token: token}
	}
	with := func(r apitest.Request, name, value string) apitest.Request {
		r.Header = map[string]string{name: value}
		return r
	}
	profile := func(name string, value any) string {
		return apitest.Document("customers", map[string]any{name: value})
	}
	registration := func(name string, value any) string {
		return apitest.Document("customers", without(map[string]any{"salutation": "Mr", "firstName": "A", "lastName": "B", "email": "new@example.com",
			"password": apitest.Password, "confirmPassword": apitest.Password, "gender": "Male", "acceptedTerms": true, name: value}))
	}
	passwords := func(old, fresh, again string) string {
		return apitest.Document("customer-password", map[string]any{"password": old, "newPassword": fresh, "confirmPassword": again})
	}
	restore := func(key string) string {
		return apitest.Document("customer-restore-password", map[string]any{"restorePasswordKey": key, "password": apitest.Password, "confirmPassword": apitest.Password})
	}
	address := func(name string, value any) string {
		return apitest.Document("addresses", map[string]any{name: value})
	}
	return []provocation{
		{errors.EmailTaken, post("/customers", registration("email", "JOHN@example.com")), 422, `400 email_taken "/data/attributes/email"`},
		{errors.CustomerNotFound, get(other, john.Token), 404, `402 customer_not_found -`},
		{errors.AddressNotFound, get(own+"/addresses/nowhere", john.Token), 404, `404 address_not_found -`},
		{errors.CustomerReferenceAbsent, get("/addresses", john.Token), 400, `405 customer_reference_missing -`},
		{errors.PasswordsDiffer, patch("/customer-password/"+john.Reference, passwords(john.Password, apitest.Password, apitest.Password+"!")), 422, `406 password_confirmation_mismatch "/data/attributes/confirmPassword"`},
		{errors.PasswordInvalid, patch("/customer-password/"+john.Reference, passwords("wrong-one", apitest.Password, apitest.Password)), 400, `408 password_invalid "/data/attributes/password"`},
		{errors.Unauthorized, get(other+"/addresses", john.Token), 403, `411 unauthorized_request -`},
		{errors.TermsNull, post("/customers", registration("acceptedTerms", nil)), 422, `413 terms_not_accepted "/data/attributes/acceptedTerms"`},
		{errors.GenderInvalid, post("/customers", registration("gender", "Robot")), 422, `414 gender_invalid "/data/attributes/gender"`},
		{errors.RestoreKeyInvalid, patch("/customer-restore-password/1", restore("unknown")), 422, `415 restore_key_invalid "/data/attributes/restorePasswordKey"`},
		{errors.EmailTooLong, post("/customers", registration("email", strings.Repeat("a", 90)+"@example.com")), 422, `417 email_too_long "/data/attributes/email"`},
		{errors.PasswordCommon, post("/customers", common()), 400, `422 password_common "/data/attributes/password"`},
		{errors.CustomerHasAccount, as(post("/customer-invitations", invitation(john.Reference)), apitest.AdminKey), 409, `4410 customer_has_account -`},
		{errors.InvitationInvalid, post("/customer-invitation-acceptance", strings.NewReplacer("restorePasswordKey", "invitationKey", "customer-restore-password", "customer-invitation-acceptance").Replace(restore("unknown"))), 422, `4411 invitation_invalid "/data/attributes/invitationKey"`},
		{errors.WebhookURLRefused, as(post("/webhook-endpoints", apitest.Document("webhook-endpoints", map[string]any{"url": "https://user@shop.example/"})), apitest.AdminKey), 422, `4430 webhook_url_refused "/data/attributes/url"`},
		{errors.EventTypeUnknown, as(post("/webhook-endpoints", apitest.Document("webhook-endpoints", map[string]any{"url": "https://shop.example/", "eventTypes": []string{"none"}})), apitest.AdminKey), 422, `4431 event_type_unknown "/data/attributes/eventTypes"`},
		{errors.TimeInvalid, as(post("/webhook-endpoints/none/replays", apitest.Document("webhook-replays", map[string]any{"from": "soon"})), apitest.AdminKey), 422, `901 time_invalid "/data/attributes/from"`},
		{errors.ConfirmationKeyInvalid, post("/customer-confirmation", apitest.Document("customer-confirmation", map[string]any{"registrationKey": "unknown"})), 422, `423 confirmation_key_invalid "/data/attributes/registrationKey"`},

		{errors.AccessTokenInvalid, get("/customers", "forged"), 401, `001 access_token_invalid Authorization`},
		{errors.StoreUnknown, with(get("/customers", john.Token), "Store", "NOWHERE"), 400, `4440 store_unknown Store`},
		{errors.OrderErased, erasedOrder(s), 409, `4450 order_erased "/data/id"`},
		{errors.MergeImpossible, as(post("/customer-merges", apitest.Document("customer-merges", map[string]any{"keepReference": john.Reference, "duplicateReference": john.Reference})), apitest.AdminKey), 409, `4490 merge_impossible -`},
		{errors.GroupNameTaken, groupTwice(s), 409, `4480 group_name_taken "/data/attributes/name"`},
		{errors.GroupNotFound, as(post(own+"/relationships/groups", `{"data":[{"type":"customer-groups","id":"none"}]}`), apitest.AdminKey), 404, `4481 group_not_found "/data"`},
		{errors.ConsentOutdated, as(post("/customers/me/consents", apitest.Document("consents", map[string]any{"version": "of old"})), john.Token), 422, `4482 consent_outdated "/data/attributes/version"`},
		{errors.CardNumberRefused, as(post("/payment-sources", card(map[string]any{"holder": cardNumber})), apitest.AdminKey), 422, `4470 card_number_refused "/data/attributes/holder"`},
		{errors.PaymentSourceNotFound, get("/payment-sources/nowhere", john.Token), 404, `4472 payment_source_not_found -`},
		{errors.CurrencyInvalid, as(post("/stores", apitest.WithID("AT", apitest.Document("stores", map[string]any{"currency": "Euro"}))), apitest.AdminKey), 422, `901 currency_invalid "/data/attributes/currency"`},
		{errors.AccessTokenMissing, get("/customers", ""), 403, `002 access_token_missing Authorization`},
		{errors.AuthenticationFailed, post("/access-tokens", apitest.Document("access-tokens", map[string]any{"username": "nobody@example.com", "password": "change123"})), 401, `003 authentication_failed -`},
		{errors.RefreshTokenInvalid, post("/refresh-tokens", apitest.Document("refresh-tokens", map[string]any{"refreshToken": john.Token})), 401, `004 refresh_token_invalid -`},
		{errors.ConflictingIdentities, with(get("/customers", john.Token), "X-Anonymous-Customer-Unique-Id", "cart"), 400, `005 conflicting_identity_headers X-Anonymous-Customer-Unique-Id`},

		{errors.FieldMissing, post("/refresh-tokens", apitest.Document("refresh-tokens", map[string]any{})), 422, `901 field_missing "/data/attributes"`},
		{errors.ValueBlank, patch(own, profile("firstName", " \u200b")), 422, `901 value_blank "/data/attributes/firstName"`},
		{errors.EmailInvalid, patch(own, profile("email", "john@localhost")), 422, `901 email_invalid "/data/attributes/email"`},
		{errors.ChoiceInvalid, patch(own, profile("salutation", "mr")), 422, `901 choice_invalid "/data/attributes/salutation"`},
		{errors.TooShort, post("/customers", registration("confirmPassword", "change")), 422, `901 too_short "/data/attributes/confirmPassword"`},
		{errors.TooLong, patch(own, profile("lastName", strings.Repeat("ä", 101))), 422, `901 too_long "/data/attributes/lastName"`},
		{errors.TermsNotAccepted, post("/customers", registration("acceptedTerms", false)), 422, `901 terms_not_accepted "/data/attributes/acceptedTerms"`},
		{errors.TypeInvalid, patch(own, profile("phone", 49)), 422, `901 type_invalid "/data/attributes/phone"`},
		{errors.DateInvalid, patch(own, profile("dateOfBirth", "1990-02-30")), 422, `901 date_invalid "/data/attributes/dateOfBirth"`},
		{errors.CountryInvalid, patch(own+"/addresses/"+id, address("iso2Code", "XX")), 422, `901 country_invalid "/data/attributes/iso2Code"`},
		{errors.LocaleInvalid, patch(own, profile("locale", "no such")), 422, `901 locale_invalid "/data/attributes/locale"`},
		{errors.CharactersInvalid, patch(own, profile("firstName", "John\u0000")), 422, `901 characters_invalid "/data/attributes/firstName"`},

		{errors.DocumentInvalid, post("/customers", `{"data":[]}`), 400, `- invalid_document "/data"`},
		{errors.TypeMismatch, post("/customers", apitest.Document("orders", map[string]any{})), 409, `- invalid_resource_type "/data/type"`},
		{errors.CustomerIDAbsent, patch("/customers", profile("firstName", "A")), 400, `405 customer_reference_missing -`},
		{errors.AddressIDUnspecified, patch(own+"/addresses", `{"data":{"type":"addresses","id":"`+id+`","attributes":{"city":"Bonn"}}}`), 400, `412 address_id_missing -`},
		{errors.ResourceIDAbsent, apitest.Request{Method: http.MethodDelete, Path: "/refresh-tokens", Token: john.Token}, 400, `- resource_id_missing -`},
		{errors.RouteNotFound, get("/nowhere", ""), 404, `- route_not_found -`},
		{errors.MethodNotAllowed, post(own, profile("firstName", "A")), 405, `- method_not_allowed -`},
		{errors.NotAcceptable, with(get("/customers", john.Token), "Accept", "text/html"), 406, `- not_acceptable Accept`},
		{errors.UnsupportedMediaType, with(post("/customers", "{}"), "Content-Type", "text/plain"), 415, `- unsupported_media_type Content-Type`},
		{errors.PayloadTooLarge, post("/customers", strings.Repeat(" ", 64<<10+1)), 413, `- payload_too_large -`},
		{errors.ResourceIDMismatch, patch(own, `{"data":{"type":"customers","id":"DE--99","attributes":{}}}`), 409, `- resource_id_mismatch "/data/id"`},
		{errors.ClientIDForbidden, post("/customers", `{"data":{"type":"customers","id":"DE--99","attributes":{}}}`), 403, `- client_id_forbidden "/data/id"`},
		{errors.ResourceIDTaken, as(post("/customers", `{"data":{"type":"customers","id":"`+john.Reference+`","attributes":{"email":"id@example.com","salutation":"Mr","gender":"Male","firstName":"A","lastName":"B"}}}`), apitest.AdminKey), 409, `- resource_id_taken "/data/id"`},
		{errors.ResourceIDInvalid, as(post("/customers", `{"data":{"type":"customers","id":"me","attributes":{"email":"id@example.com","salutation":"Mr","gender":"Male","firstName":"A","lastName":"B"}}}`), apitest.AdminKey), 422, `- resource_id_invalid "/data/id"`},
		{errors.RelationshipForbidden, patch(own, `{"data":{"type":"customers","id":"`+john.Reference+`","attributes":{},"relationships":{"addresses":{"data":[]}}}}`), 403, `- relationship_forbidden "/data/relationships/addresses"`},
		{errors.PaginationInvalid, get("/customers?page[limit]=0", apitest.AdminKey), 400, `- pagination_invalid page[limit]`},
		{errors.IncludeUnknown, get(own+"?include=friends", john.Token), 400, `- unknown_include include`},
		{errors.SortUnknown, get("/customers?sort=password", apitest.AdminKey), 400, `- unknown_sort sort`},
		{errors.FieldUnknown, get(own+"?fields[customers]=password", john.Token), 400, `- unknown_field fields[customers]`},
		{errors.FilterUnknown, get("/customers?filter[password]=x", apitest.AdminKey), 400, `- unknown_filter filter[password]`},
		{errors.FilterInvalid, get("/customers?filter[number]=x", apitest.AdminKey), 400, `- invalid_filter filter[number]`},
		{errors.ParameterUnknown, get(own+"?verbose=1", john.Token), 400, `- unknown_parameter verbose`},
		{errors.RequestInvalid, get("/customers/%00", john.Token), 400, `- invalid_request -`},
		{errors.OperationUnsupported, with(post("/operations", `{"atomic:operations":[{"op":"add","data":{"type":"orders","attributes":{}}}]}`), "Content-Type", atomic), 403, `- operation_unsupported "/atomic:operations/0/data/type"`},
		{errors.IdempotencyKeyInvalid, with(patch(own, profile("firstName", "A")), "Idempotency-Key", "a b"), 400, `- idempotency_key_invalid Idempotency-Key`},
		{errors.IdempotencyKeyReused, reused(s, john), 422, `- idempotency_key_reused Idempotency-Key`},
		{errors.PreconditionFailed, with(patch(own, profile("firstName", "A")), "If-Match", `"0-0"`), 412, `- precondition_failed If-Match`},
	}
}

// erasedOrder tells of an order of somebody who was erased.
func erasedOrder(s *apitest.Service) apitest.Request {
	gone := s.Register("gone@example.com")
	tell(s, "erased", nil, gone.Reference).Has(http.StatusCreated)
	s.Delete("/customers/"+gone.Reference, apitest.AdminKey).Is(http.StatusNoContent, "")
	return apitest.Request{Method: http.MethodPut, Path: "/orders/erased", Token: apitest.AdminKey, Body: apitest.WithID("erased", orderTold(nil, ""))}
}

// reused is a request with a key that another one had.
func reused(s *apitest.Service, customer apitest.Customer) apitest.Request {
	request := apitest.Request{Method: http.MethodPatch, Path: "/customers/me", Token: customer.Token, Header: map[string]string{"Idempotency-Key": "used"}, Body: apitest.Document("customers", map[string]any{})}
	s.Do(request).Has(200)
	request.Body += " "
	return request
}

// groupTwice makes a group whose name there is.
func groupTwice(s *apitest.Service) apitest.Request {
	request := apitest.Request{Method: http.MethodPost, Path: "/customer-groups", Token: apitest.AdminKey, Body: apitest.Document("customer-groups", map[string]any{"name": "Twice"})}
	s.Do(request).Has(201)
	return request
}

func common() string {
	return apitest.Document("customers", map[string]any{"salutation": "Mr", "firstName": "A", "lastName": "B", "email": "new@example.com", "gender": "Male",
		"password": "password", "confirmPassword": "password", "acceptedTerms": true})
}

// without drops the attribute that a test names "" to have none.
func without(attributes map[string]any) map[string]any {
	delete(attributes, "")
	return attributes
}
