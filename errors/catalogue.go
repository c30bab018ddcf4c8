package errors

// validationCode marks the errors of attribute validation; their detail on the
// wire is "{field} => {message}".
const validationCode = "901"

// Catalogue lists every error, in the order of the table below. A test holds
// it to the contract's rules and to the page in the README.
func Catalogue() []*Error { return catalogue }

var catalogue []*Error

func entry(code string, status int, kind Kind, key, title, detail string) *Error {
	e := &Error{Code: code, Status: status, Kind: kind, Key: key, Title: title, Detail: detail}
	catalogue = append(catalogue, e)
	return e
}

// reserved is a line that clients may know from Glue and that no request
// provokes here, for the reason given.
func reserved(why string, e *Error) *Error {
	e.Reserved = why
	return e
}

// Customers, addresses and passwords: the codes of Glue (contract glue.md 5.2).
var (
	EmailTaken              = entry("400", 422, Invalid, "email_taken", "E-mail address is taken", "If this email address is already in use, you will receive a password reset link. Otherwise you must first validate your e-mail address to finish registration. Please check your e-mail.")
	RegistrationFailed      = reserved("every reason has a line of its own", entry("401", 500, Internal, "registration_failed", "Registration failed", "Can't register a customer."))
	CustomerNotFound        = entry("402", 404, NotFound, "customer_not_found", "Customer not found", "Customer not found.")
	CustomerWithoutAddress  = reserved("an empty list is 200", entry("403", 404, NotFound, "customer_without_addresses", "Customer has no addresses", "Customer does not have addresses."))
	AddressNotFound         = entry("404", 404, NotFound, "address_not_found", "Address not found", "Address was not found.")
	CustomerReferenceAbsent = entry("405", 400, Invalid, "customer_reference_missing", "Customer reference is missing", "Customer reference is missing.")
	PasswordsDiffer         = entry("406", 422, Invalid, "password_confirmation_mismatch", "Confirmation differs", "Value in field %s should be identical to value in the %s field.")
	PasswordChangeFailed    = entry("407", 400, Invalid, "password_change_failed", "Password was not changed", "Failed to change password.")
	PasswordInvalid         = entry("408", 400, Invalid, "password_invalid", "Password is wrong", "Invalid password")
	AddressSaveFailed       = entry("409", 400, Invalid, "address_save_failed", "Address was not saved", "Failed to save customer address.")
	CustomerSaveFailed      = entry("410", 400, Invalid, "customer_save_failed", "Customer was not saved", "Failed to save customer.")
	Unauthorized            = entry("411", 403, Forbidden, "unauthorized_request", "Not allowed", "Unauthorized request.")
	AddressIDAbsent         = reserved("an address route without an id is answered with the line of the same code below", entry("412", 400, Invalid, "address_id_missing", "Address id is missing", "Address UUID is missing."))
	TermsNull               = entry("413", 422, Invalid, "terms_not_accepted", "Validation failed", "Terms and Conditions was not accepted.")
	GenderInvalid           = entry("414", 422, Invalid, "gender_invalid", "Gender is not valid", "Gender is not valid. Possible options are: %s")
	RestoreKeyInvalid       = entry("415", 422, Invalid, "restore_key_invalid", "Restore key is not valid", "Restore password key is not valid.")
	EmailFormat             = reserved("901 comes first", entry("416", 422, Invalid, "email_invalid", "Validation failed", "Invalid Email address format."))
	EmailTooLong            = entry("417", 422, Invalid, "email_too_long", "E-mail address is too long", "Email is too long. It should have %d characters or less.")
	PasswordTooShort        = reserved("901 comes first", entry("418", 400, Invalid, "password_too_short", "Password is too short", "The password is too short."))
	PasswordTooLong         = entry("419", 400, Invalid, "password_too_long", "Password is too long", "The password is too long.")
	PasswordCharacters      = reserved("901 comes first", entry("420", 400, Invalid, "password_character_set", "Validation failed", "The password character set is invalid."))
	PasswordSequence        = entry("421", 400, Invalid, "password_sequence", "Password repeats a character", "The password contains sequence of the same character.")
	PasswordCommon          = entry("422", 400, Invalid, "password_common", "Password is common", "The password is listed as common.")
	ConfirmationKeyInvalid  = entry("423", 422, Invalid, "confirmation_key_invalid", "Confirmation key is not valid", "This email confirmation code is invalid or has been already used.")
	ConfirmationToken       = reserved("901 comes first", entry("424", 422, Invalid, "confirmation_token_invalid", "Confirmation token is not valid", "Token is invalid."))
	ConfirmationFailed      = entry("425", 422, Invalid, "confirmation_failed", "Confirmation failed", "Failed to confirm a customer.")
)

// Tokens and logins (glue.md 5.3).
var (
	AccessTokenInvalid    = entry("001", 401, Unauthenticated, "access_token_invalid", "Access token is not valid", "Invalid access token.")
	AccessTokenMissing    = entry("002", 403, Forbidden, "access_token_missing", "Access token is missing", "Missing access token.")
	AuthenticationFailed  = entry("003", 401, Unauthenticated, "authentication_failed", "Authentication failed", "Failed to authenticate user.")
	RefreshTokenInvalid   = entry("004", 401, Unauthenticated, "refresh_token_invalid", "Refresh token is not valid", "Failed to refresh token.")
	ConflictingIdentities = entry("005", 400, Invalid, "conflicting_identity_headers", "Conflicting identities", "Headers request error. A user can't act as logged and not logged user at the same time.")
	TooManyAttempts       = entry("4401", 429, Busy, "too_many_attempts", "Too many attempts", "Too many log in attempts from your address. Please wait %d minutes before trying again.")
)

// Attribute validation (glue.md 6.2): one code, a message each.
var (
	FieldMissing      = entry("901", 422, Invalid, "field_missing", "Validation failed", "This field is missing.")
	ValueBlank        = entry("901", 422, Invalid, "value_blank", "Validation failed", "This value should not be blank.")
	EmailInvalid      = entry("901", 422, Invalid, "email_invalid", "Validation failed", "This value is not a valid email address.")
	ChoiceInvalid     = entry("901", 422, Invalid, "choice_invalid", "Validation failed", "The value you selected is not a valid choice.")
	TooShort          = entry("901", 422, Invalid, "too_short", "Validation failed", "This value is too short. It should have %d characters or more.")
	TooLong           = entry("901", 422, Invalid, "too_long", "Validation failed", "This value is too long. It should have %d characters or less.")
	TermsNotAccepted  = entry("901", 422, Invalid, "terms_not_accepted", "Validation failed", "This value should be true.")
	TypeInvalid       = entry("901", 422, Invalid, "type_invalid", "Validation failed", "This value should be of type %s.")
	DateInvalid       = entry("901", 422, Invalid, "date_invalid", "Validation failed", "This value is not a valid date.")
	CountryInvalid    = entry("901", 422, Invalid, "country_invalid", "Validation failed", "This value is not a valid country.")
	LocaleInvalid     = entry("901", 422, Invalid, "locale_invalid", "Validation failed", "This value is not a valid locale.")
	CharactersInvalid = entry("901", 422, Invalid, "characters_invalid", "Validation failed", "This value contains characters that are not allowed.")
	PasswordClasses   = entry("901", 422, Invalid, "password_character_set", "Validation failed", `Your password must include at least one uppercase letter, one lowercase letter, one number, and one special character from the following list: !@#$%^&*()_-+=[]{}|;:<>.,/?\~. Non-Latin and other special characters are not allowed.`)
)

// Documents, routes and negotiation (glue.md 5.3).
var (
	DocumentInvalid       = entry("", 400, Invalid, "invalid_document", "Document is not valid", "Post data is invalid.")
	TypeMismatch          = entry("", 409, Invalid, "invalid_resource_type", "Resource type is not valid", "Invalid type.")
	CustomerIDAbsent      = entry("405", 400, Invalid, "customer_reference_missing", "Customer reference is missing", "Resource id is not specified.")
	AddressIDUnspecified  = entry("412", 400, Invalid, "address_id_missing", "Address id is missing", "Resource id is not specified.")
	ResourceIDAbsent      = entry("", 400, Invalid, "resource_id_missing", "Resource id is missing", "Resource id is not specified.")
	RouteNotFound         = entry("", 404, NotFound, "route_not_found", "Not found", "Not Found")
	MethodNotAllowed      = entry("", 405, NotFound, "method_not_allowed", "Method not allowed", "Method Not Allowed")
	NotAcceptable         = entry("", 406, Invalid, "not_acceptable", "Not acceptable", "Not acceptable.")
	UnsupportedMediaType  = entry("", 415, Invalid, "unsupported_media_type", "Unsupported media type", "Unsupported media type.")
	PayloadTooLarge       = entry("", 413, Invalid, "payload_too_large", "Request body is too large", "Request body is too large.")
	ResourceIDMismatch    = entry("", 409, Invalid, "resource_id_mismatch", "Resource id differs", "Resource id does not match the URL.")
	ClientIDForbidden     = entry("", 403, Forbidden, "client_id_forbidden", "Client-generated id", "Client-generated ids are not accepted.")
	ResourceIDTaken       = entry("", 409, Invalid, "resource_id_taken", "Resource id is taken", "Resource id already exists.")
	ResourceIDInvalid     = entry("", 422, Invalid, "resource_id_invalid", "Resource id is not valid", "Resource id is not valid.")
	RelationshipForbidden = entry("", 403, Forbidden, "relationship_forbidden", "Relationship is read-only", "Relationship %s cannot be changed here.")
	PaginationInvalid     = entry("", 400, Invalid, "pagination_invalid", "Pagination is not valid", "Pagination parameters are invalid.")
	IncludeUnknown        = entry("", 400, Invalid, "unknown_include", "Include is not known", "Relationship %s cannot be included here.")
	SortUnknown           = entry("", 400, Invalid, "unknown_sort", "Sort is not known", "Sorting by %s is not offered here.")
	FieldUnknown          = entry("", 400, Invalid, "unknown_field", "Field is not known", "Type or field %s is not known here.")
	FilterUnknown         = entry("", 400, Invalid, "unknown_filter", "Filter is not known", "Filter %s is not offered here.")
	FilterInvalid         = entry("", 400, Invalid, "invalid_filter", "Filter is not valid", "The value of filter %s is not valid.")
	ParameterUnknown      = entry("", 400, Invalid, "unknown_parameter", "Parameter is not known", "Query parameter %s is not known here.")
	RequestInvalid        = entry("", 400, Invalid, "invalid_request", "Request is not valid", "The request is malformed.")
	PreconditionFailed    = entry("", 412, Invalid, "precondition_failed", "Precondition failed", "Precondition failed.")
	ServiceUnavailable    = entry("", 503, Busy, "service_unavailable", "Service unavailable", "The service cannot answer now. Please try again later.")
	InternalError         = entry("", 500, Internal, "internal_error", "Internal error", "Internal Server Error")
)
