package resources

import "fmt"

// introduction is what the description says before anything else.
func (a *API) introduction() string {
	wire := "jsonapi"
	if a.Wire.Lenient {
		wire = "glue"
	}
	return fmt.Sprintf(introduction, wire, WiresPage())
}

const introduction = "Customer accounts for headless commerce: [JSON:API 1.1](https://jsonapi.org/format/1.1/) with the wire of Spryker's Glue.\n\n" +
	"## To begin with\n\n" +
	"Register (`POST /customers`), log in (`POST /access-tokens`), and send the access token as `Authorization: Bearer …`; `me` stands for your own reference. " +
	"A credential is checked on every route, public ones too.\n\n" +
	"## For every path\n\n" +
	"- `HEAD` is answered wherever `GET` is, with the same headers and no body.\n" +
	"- `OPTIONS` is answered on every path with 200, no body, and the methods it has in `Allow`; a browser's preflight is answered with it.\n" +
	"- A method that the path does not have is 405 `method_not_allowed` with `Allow` (404 `route_not_found` with `CLIENTELE_WIRE=glue`), an unknown path is 404 `route_not_found`. " +
	"What is wrong with any request comes before that: its size (413), `Accept` (406), its pages and its form (400).\n" +
	"- Slashes at the ends of a path do not count.\n" +
	"- A document without `data.id` is fine in a PATCH: the URL says what is changed. Unknown attributes and those that a client may not write are ignored.\n" +
	"- `filter[email]` may also be written `filter[customers.email]`, and so may every other filter.\n" +
	"- A query parameter is there once; what this description does not name is refused (ignored with `CLIENTELE_WIRE=glue`).\n" +
	"- An error is a document with `errors`: several faults of one document are all told, in the order of its attributes. `meta.key` is the name that stays.\n" +
	"- What was changed with an `Idempotency-Key` is changed once, however often the request is repeated within a day.\n\n" +
	"## Two wires\n\n" +
	"The setting `CLIENTELE_WIRE` chooses between two modes. This description is that of `%s`, which is the one in force here. They differ in this, and in nothing else:\n\n%s"
