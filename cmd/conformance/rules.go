package main

// level is how much a rule binds a server, in the words of RFC 2119.
type level string

const (
	must        level = "M"
	mustNot     level = "N"
	should      level = "S"
	fromHTTP    level = "H" // follows from HTTP, whose semantics are a MUST
	recommended level = "R"
	open        level = "-" // left to the server
)

// binds reports whether the run fails when the rule does.
func (l level) binds() bool { return l != recommended && l != open }

// rule is one line of the checklist: 1 to 123 are JSON:API 1.1, P the profile
// Cursor Pagination, O the extension Atomic Operations, R concurrency and
// retries, D what the service tells about itself.
type rule struct {
	number   string
	level    level
	title    string
	try      func(*trial)
	observed bool // looked at in every answer of the run, and not only in try's
	last     bool // tried when the others have been
	needsKey bool // nothing can be seen of it without an API key
}

var rules = []rule{
	// Content negotiation.
	{number: "1", level: must, title: "Every payload goes out as application/vnd.api+json", try: everyPayload, observed: true},
	{number: "2", level: mustNot, title: "The media type has no parameter but ext and profile", observed: true},
	{number: "3", level: must, title: "ext and profile are lists of URIs, separated by spaces", try: listsOfURIs},
	{number: "4", level: must, title: "Another parameter of the request's Content-Type is 415", try: otherParameterSent},
	{number: "5", level: must, title: "An extension that is not supported is 415", try: unknownExtensionSent},
	{number: "6", level: must, title: "A profile that is not known is ignored", try: unknownProfileSent},
	{number: "7", level: must, title: "Instances in Accept with other parameters are ignored", try: otherParameterBesides},
	{number: "8", level: must, title: "Accept with modified instances alone is 406", try: onlyModifiedAccepted},
	{number: "9", level: must, title: "Accept with unsupported extensions alone is 406", try: onlyUnknownExtensionsAccepted},
	{number: "10", level: should, title: "A profile that is asked for is applied and named", try: profileApplied},
	{number: "11", level: should, title: "Vary names Accept on every answer", observed: true},
	{number: "12", level: mustNot, title: "The member jsonapi negotiates nothing", try: memberNegotiatesNothing},
	{number: "13", level: fromHTTP, title: "No Accept and wildcards are served", try: wildcardsAccepted},
	{number: "14", level: fromHTTP, title: "A body of another type is 415", try: otherTypeSent},
	{number: "15", level: fromHTTP, title: "Content-Type on a GET does no harm", try: contentTypeWithoutBody},
	{number: "16", level: fromHTTP, title: "Media types are read by HTTP's grammar", try: grammarOfMediaTypes},

	// Document structure.
	{number: "17", level: must, title: "A document is an object", try: documentsAreObjects, observed: true},
	{number: "18", level: must, title: "A document has data, errors or meta", observed: true},
	{number: "19", level: mustNot, title: "data and errors are never together", try: dataAndErrorsSent, observed: true},
	{number: "20", level: mustNot, title: "included is never without data", observed: true},
	{number: "21", level: mustNot, title: "Objects have no further members; such are ignored in requests", try: furtherMembersSent, observed: true},
	{number: "22", level: must, title: "Primary data is an object or null for one, an array for many", observed: true},
	{number: "23", level: must, title: "A collection is an array even when it is empty", try: emptyCollection, observed: true},
	{number: "24", level: should, title: "With a profile, top-level self is an object with type", observed: true, needsKey: true},
	{number: "25", level: must, title: "Top-level self has the request's query", try: selfReplays},
	{number: "26", level: must, title: "Members that begin with @ are ignored", try: atMembersSent},
	{number: "27", level: must, title: "Each resource has type and id", observed: true},
	{number: "28", level: must, title: "type, id and lid are strings", try: idsAreStrings, observed: true},
	{number: "29", level: must, title: "type and id together name one resource", observed: true},
	{number: "30", level: must, title: "Types are member names", observed: true},
	{number: "31", level: must, title: "Attributes and relationships share one namespace, without type and id", observed: true},
	{number: "32", level: must, title: "attributes and relationships are objects", try: attributesAreObjects, observed: true},
	{number: "33", level: should, title: "No foreign key is an attribute", observed: true},
	{number: "34", level: must, title: "A relationship has links, data or meta", observed: true},
	{number: "35", level: must, title: "Links that page a relationship page its linkage", try: pagedLinkage},
	{number: "36", level: must, title: "A related link stays, and stays valid when there is nothing", try: relatedLinkStays},
	{number: "37", level: must, title: "Linkage is null, an identifier or an array of them", try: formsOfLinkage, observed: true},
	{number: "38", level: must, title: "A resource's self link answers with it", try: selfAnswers, last: true},
	{number: "39", level: must, title: "Identifiers have type and id", observed: true},
	{number: "40", level: must, title: "A resource may be created with a lid", try: createdWithLocalID},
	{number: "41", level: must, title: "included is an array of resources", observed: true},
	{number: "42", level: must, title: "Linkage leads to every included resource", observed: true},
	{number: "43", level: mustNot, title: "No resource is twice in a document", observed: true},
	{number: "44", level: must, title: "meta is an object", observed: true},
	{number: "45", level: must, title: "Links are URI references, objects or null", observed: true},
	{number: "46", level: must, title: "Link objects have href, and well-formed members", observed: true, needsKey: true},
	{number: "47", level: must, title: "jsonapi is an object and its version a string", observed: true},
	{number: "48", level: must, title: "Member names are of the allowed characters", observed: true},
	{number: "49", level: must, title: "Member names are case-sensitive", try: caseOfNames},
	{number: "50", level: recommended, title: "Field names are camel-case and safe in URLs", observed: true},

	// Fetching.
	{number: "51", level: must, title: "Every link that is handed out can be fetched", try: linksFetched, last: true},
	{number: "52", level: must, title: "Success is 200", try: successIs200},
	{number: "53", level: must, title: "A collection answers with an array", try: collectionsAreArrays},
	{number: "54", level: must, title: "A resource answers with an object, null only where one may be missing", try: nullOnlyWhenEmpty},
	{number: "55", level: must, title: "A resource that is not there is 404", try: unknownIs404},
	{number: "56", level: must, title: "Relationship links answer with linkage", try: relationshipsFetched},
	{number: "57", level: must, title: "A relationship of nobody is 404, an empty one 200", try: relationshipOfNobody},
	{number: "58", level: fromHTTP, title: "HEAD, OPTIONS and Allow work", try: otherMethods},

	// Query parameters.
	{number: "59", level: must, title: "include where it is not supported is 400", try: includeUnsupported},
	{number: "60", level: must, title: "With include there is included, even when it is empty", try: includedAlwaysThere},
	{number: "61", level: mustNot, title: "Nothing is included that was not asked for", try: nothingUnasked},
	{number: "62", level: must, title: "include takes dot paths, and brings what lies between", try: dotPaths},
	{number: "63", level: must, title: "An unknown include path is 400", try: unknownInclude},
	{number: "64", level: must, title: "include works wherever there is primary data, or is 400", try: includeEverywhere},
	{number: "65", level: must, title: "An empty fields parameter shows no fields", try: noFields},
	{number: "66", level: mustNot, title: "No other field is shown than those asked for", try: onlyFieldsAsked},
	{number: "67", level: open, title: "Unknown names in fields are 400", try: unknownFields},
	{number: "68", level: must, title: "Sorting that is not supported is 400", try: unknownSort},
	{number: "69", level: must, title: "Sorting ascends, and descends behind a minus", try: sortedBothWays},
	{number: "70", level: should, title: "Several sort fields count in their order", try: sortedTwice},
	{number: "71", level: must, title: "Pagination links are with the collection that they page", try: paginationLinksPlaced},
	{number: "72", level: must, title: "Pagination links are first, last, prev and next, null or absent at the ends", try: paginationLinksAtEnds},
	{number: "73", level: must, title: "Pages keep the order, without gap or repetition", try: pagesInOrder},
	{number: "74", level: should, title: "page is a family, and its bad values are 400", try: badPages},
	{number: "75", level: should, title: "filter is a family, and unknown filters are 400", try: filters},

	// Creating.
	{number: "76", level: must, title: "A request that fails changes nothing", try: failedCreationLeavesNothing},
	{number: "77", level: must, title: "The body has one resource with a type", try: oneResourceWithType},
	{number: "78", level: must, title: "A relationship that is sent has data", try: relationshipWithoutData},
	{number: "79", level: must, title: "An id of the client's where none is supported is 403", try: clientIDForbidden},
	{number: "80", level: must, title: "An id of the client's is a UUID, and 409 when taken", try: clientIDChosen},
	{number: "81", level: must, title: "Creation is 201 with the resource", try: createdIsShown},
	{number: "82", level: should, title: "201 has a Location, equal to links.self", observed: true},
	{number: "83", level: must, title: "What is done later is 202, or 204", try: doneLater},
	{number: "84", level: must, title: "A creation answered with 204 has no body", try: nothingToShow},
	{number: "85", level: must, title: "Creation with a related resource that is not there is 404", try: createdWithUnknownRelated},
	{number: "86", level: must, title: "Creation with another type is 409", try: createdWithOtherType},
	{number: "87", level: should, title: "A 409 tells its source", try: conflictTellsSource},

	// Updating.
	{number: "88", level: must, title: "A PATCH has one resource with type and id", try: patchNeedsIdentity},
	{number: "89", level: must, title: "An attribute left out stays, null sets it to null", try: attributesMerged},
	{number: "90", level: must, title: "A relationship left out stays", try: relationshipsStay},
	{number: "91", level: must, title: "A relationship in a PATCH has data, and is replaced", try: relationshipReplaced},
	{number: "92", level: must, title: "A replacement of many that is refused is 403, and nothing is changed", try: fullReplacementRefused},
	{number: "93", level: must, title: "What the server changed besides is shown, with 200", try: updateIsShown},
	{number: "94", level: must, title: "Success without a document is 204", try: updateWithoutDocument},
	{number: "95", level: must, title: "An update that is not supported is 403", try: readOnlyRefused},
	{number: "96", level: must, title: "An update of or with what is not there is 404", try: updateOfNothing},
	{number: "97", level: must, title: "Another type or id than the URL's is 409", try: updateOfAnother},
	{number: "98", level: should, title: "A conflict tells enough to find its source", try: conflictDetails},

	// Relationship endpoints.
	{number: "99", level: must, title: "A relationship to one is set by an identifier and cleared by null", try: relationshipSet},
	{number: "100", level: must, title: "Linkage of many is an array", try: linkageIsArray},
	{number: "101", level: must, title: "PATCH of a relationship to many replaces all or fails", try: allReplacedOrNone},
	{number: "102", level: must, title: "POST to a relationship adds, and not twice", try: addedOnce},
	{number: "103", level: must, title: "DELETE from a relationship removes, or is 403", try: removedOrForbidden},
	{number: "104", level: must, title: "An update of a relationship is 200, 202 or 204", try: relationshipStatus},
	{number: "105", level: must, title: "An update of a relationship that is not supported is 403", try: relationshipForbidden},

	// Deleting.
	{number: "106", level: must, title: "DELETE is 204, or 200 with meta, also with a body", try: deleted},
	{number: "107", level: should, title: "DELETE of what is not there is 404", try: deletedTwice},

	// Names and form of query parameters.
	{number: "108", level: must, title: "Parameters of the service's own are no words of a to z alone", try: ownParameters},
	{number: "109", level: must, title: "Unknown parameters are 400", try: unknownParameters},
	{number: "110", level: must, title: "The query is read as a form", try: queryIsForm},
	{number: "111", level: should, title: "Brackets need no escape", try: bareBrackets},
	{number: "112", level: open, title: "A parameter given twice is 400", try: parameterTwice},

	// Errors.
	{number: "113", level: must, title: "errors is an array", observed: true},
	{number: "114", level: should, title: "Several faults are told at once", try: severalFaults},
	{number: "115", level: must, title: "Each error has a member", observed: true},
	{number: "116", level: should, title: "Each error has its status, as a string", observed: true},
	{number: "117", level: should, title: "code is a string, and errors of a kind share their title", observed: true},
	{number: "118", level: should, title: "source has a pointer, a parameter or a header", try: sourcesGiven, observed: true},
	{number: "119", level: must, title: "Pointers lead to a value of the request", try: pointersLead, observed: true},
	{number: "120", level: must, title: "Pointers are of RFC 6901", try: pointersEscaped, observed: true},
	{number: "121", level: should, title: "Links of errors lead to text for people", try: errorPages, last: true},
	{number: "122", level: fromHTTP, title: "Errors tell nothing of the inside, and none is the server's", try: hostileRequests, observed: true},
	{number: "123", level: fromHTTP, title: "401, 405 and 429 have their headers; 413 is a document", try: headersOfErrors, observed: true},

	// The profile Cursor Pagination.
	{number: "P1", level: must, title: "The profile is named in Content-Type and jsonapi.profile", try: cursorProfileNamed},
	{number: "P2", level: must, title: "prev and next are always there, null at the ends", try: cursorLinks},
	{number: "P3", level: must, title: "page[after] begins right behind the cursor", try: cursorAfter},
	{number: "P4", level: must, title: "page[before] ends right before the cursor", try: cursorBefore},
	{number: "P5", level: must, title: "A page has as many items as page[size] says", try: cursorSize},
	{number: "P6", level: must, title: "meta.page.cursor falls on its item", try: cursorOfItem},
	{number: "P7", level: must, title: "page[size] that is no positive integer is 400", try: cursorBadSize},
	{number: "P8", level: must, title: "page[size] over the maximum is the profile's error", try: cursorSizeExceeded},
	{number: "P9", level: must, title: "What is no cursor is 400", try: cursorInvalid},
	{number: "P10", level: must, title: "page[after] with page[before] works, or is the profile's error", try: cursorRange},
	{number: "P11", level: must, title: "A sort that cursors cannot follow is the profile's error", try: cursorSort},
	{number: "P12", level: must, title: "Without a cursor the page begins with the first item", try: cursorAbsent},
	{number: "P13", level: must, title: "Behind the last item there is an empty array", try: cursorBehindLast},
	{number: "P14", level: must, title: "Following next shows each item once, while others are added", try: cursorWalk},
	{number: "P15", level: must, title: "Links keep the other parameters", try: cursorLinksKeep},
	{number: "P16", level: must, title: "Ways of paging are not mixed: 400", try: cursorMixed},

	// The extension Atomic Operations.
	{number: "O1", level: must, title: "Operations need the extension in Content-Type: 415", try: operationsNeedExtension},
	{number: "O2", level: must, title: "The answer names the extension in Content-Type", try: operationsNameExtension},
	{number: "O3", level: must, title: "There is a result for each operation, in their order", try: operationsResults},
	{number: "O4", level: must, title: "Operations are done in their order", try: operationsInOrder},
	{number: "O5", level: must, title: "All operations are done or none", try: operationsAllOrNone},
	{number: "O6", level: must, title: "Errors point into the operation", try: operationsPointers},
	{number: "O7", level: must, title: "A lid names what the request adds", try: operationsLocalIDs},
	{number: "O8", level: must, title: "Operations name their target by ref or href", try: operationsTargets},
	{number: "O9", level: must, title: "ref and href together are 400", try: operationsBothTargets},
	{number: "O10", level: must, title: "op is add, update or remove", try: operationsUnknownOp},
	{number: "O11", level: mustNot, title: "Operations are never with data, included or errors", try: operationsWithData},
	{number: "O12", level: must, title: "A relationship is updated by ref.relationship", try: operationsRelationship},
	{number: "O13", level: must, title: "Rights are those of the single requests", try: operationsRights},

	// Concurrency and retries.
	{number: "R1", level: must, title: "Every document has a strong ETag", observed: true},
	{number: "R2", level: must, title: "If-None-Match with the ETag is 304 without a body", try: notModified},
	{number: "R3", level: must, title: "The ETag changes with the resource and not without", try: tagChanges},
	{number: "R4", level: must, title: "If-Match with another ETag is 412, with the resource in meta", try: preconditionFails},
	{number: "R5", level: must, title: "If-Match with the ETag is served", try: preconditionHolds},
	{number: "R6", level: must, title: "A request with an Idempotency-Key counts once", try: repeatedOnce},
	{number: "R7", level: must, title: "A key with another body is 422", try: keyReused},
	{number: "R8", level: must, title: "A malformed key is 400", try: keyMalformed},
	{number: "R9", level: must, title: "Of concurrent twins one runs", try: twins},
	{number: "R10", level: must, title: "A key is its sender's own", try: keyOfAnother},
	{number: "R11", level: must, title: "A failure is not kept", try: failureNotKept},
	{number: "R12", level: must, title: "Tokens are never repeated", try: tokensNotKept},

	// What the service tells about itself.
	{number: "D1", level: must, title: "/openapi.json is OpenAPI 3.1 and knows what was asked here", try: described},
	{number: "D2", level: must, title: "/docs is a page to read", try: documented},
}
