package docs

import (
	"encoding/json"

	"github.com/clientelehq/clientele/errors"
)

// Example returns an occurrence of a line of the catalogue: with its blanks
// filled in, and a place of the request where it has one.
func Example(line *errors.Error) *errors.Error {
	for _, occurrence := range occurrences {
		if occurrence.Is(line) {
			return occurrence
		}
	}
	return line
}

// occurrences are those that a line alone does not tell all of.
var occurrences = []*errors.Error{
	errors.EmailTaken.On("email"),
	errors.PasswordsDiffer.With("password", "confirmPassword").On("confirmPassword"),
	errors.PasswordInvalid.On("password"),
	errors.TermsNull.On("acceptedTerms"),
	errors.GenderInvalid.With("Male, Female").On("gender"),
	errors.RestoreKeyInvalid.On("restorePasswordKey"),
	errors.EmailTooLong.Limit(100).On("email"),
	errors.PasswordSequence.On("newPassword"),
	errors.PasswordCommon.On("newPassword"),
	errors.ConfirmationKeyInvalid.On("registrationKey"),

	errors.AccessTokenInvalid.AtHeader("Authorization"),
	errors.AccessTokenMissing.AtHeader("Authorization"),
	errors.ConflictingIdentities.AtHeader("X-Anonymous-Customer-Unique-Id"),
	errors.StoreUnknown.AtHeader("Store"),
	errors.OrderErased.At("/data/id"),
	errors.CardNumberRefused.On("holder"),
	errors.PaymentSourceTaken.At("/data/0/id"),
	errors.PaymentSourceNotFound.At("/data"),
	errors.PaymentSourceSpent.At("/data/0/id"),
	errors.SourceNotChargeable.At("/data/0/id"),
	errors.TooManyAttempts.With(6),

	errors.FieldMissing.On("lastName"),
	errors.ValueBlank.On("city"),
	errors.EmailInvalid.On("email"),
	errors.ChoiceInvalid.On("salutation"),
	errors.TooShort.Limit(7).On("password"),
	errors.TooLong.Limit(100).On("firstName"),
	errors.TermsNotAccepted.On("acceptedTerms"),
	errors.TypeInvalid.With("string").On("zipCode"),
	errors.DateInvalid.On("dateOfBirth"),
	errors.CountryInvalid.On("iso2Code"),
	errors.LocaleInvalid.On("locale"),
	errors.CurrencyInvalid.On("currency"),
	errors.TimeInvalid.On("from"),

	errors.WebhookURLRefused.With("names a host that is not public").On("url"),
	errors.GroupNameTaken.On("name"),
	errors.GroupNotFound.At("/data"),
	errors.ConsentOutdated.On("version"),
	errors.EventTypeUnknown.With("customer.married").On("eventTypes"),
	errors.TooManyEndpoints.Limit(50),
	errors.CharactersInvalid.On("firstName"),
	errors.PasswordClasses.On("newPassword"),

	errors.DocumentInvalid.At("/data/attributes"),
	errors.TypeMismatch.At("/data/type"),
	errors.NotAcceptable.AtHeader("Accept"),
	errors.UnsupportedMediaType.AtHeader("Content-Type"),
	errors.ResourceIDMismatch.At("/data/id"),
	errors.ClientIDForbidden.At("/data/id"),
	errors.ResourceIDTaken.At("/data/id"),
	errors.ResourceIDInvalid.At("/data/id"),
	errors.RelationshipForbidden.With("addresses").At("/data/relationships/addresses"),
	errors.PaginationInvalid.AtParameter("page[size]"),
	errors.IncludeUnknown.With("friends").AtParameter("include"),
	errors.SortUnknown.With("city").AtParameter("sort"),
	errors.FieldUnknown.With("nickname").AtParameter("fields[customers]"),
	errors.FilterUnknown.With("city").AtParameter("filter[city]"),
	errors.FilterInvalid.With("createdAt").AtParameter("filter[createdAt][gt]"),
	errors.ParameterUnknown.With("debug").AtParameter("debug"),
	errors.OperationUnsupported.With("access-tokens").At("/atomic:operations/0"),
	errors.IdempotencyKeyInvalid.With(255).AtHeader("Idempotency-Key"),
	errors.IdempotencyKeyReused.AtHeader("Idempotency-Key"),
	errors.PreconditionFailed.AtHeader("If-Match").Note("current", json.RawMessage(current)),
}

// current is a resource as it is told with a failed precondition, of which the
// request asked for one attribute alone (fields[customers]=lastName).
const current = `{"jsonapi":{"version":"1.1"},"data":{"type":"customers","id":"DE--25","attributes":{"lastName":"Johnson"},"links":{"self":"https://shop.example/customers/DE--25"}}}`
