package medusa

import (
	"bytes"
	"mime"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/web"
)

// longestBody is in bytes.
const longestBody = 100 << 10

// readBody reads the body of a request. One of another media type counts as empty.
func readBody(c echo.Context) ([]byte, *web.Object, error) {
	mediaType, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if mediaType != echo.MIMEApplicationJSON {
		return nil, &web.Object{}, nil
	}
	read, err := web.ReadBody(c, longestBody)
	if err != nil || len(bytes.TrimSpace(read)) == 0 {
		return read, &web.Object{}, err
	}
	body, err := web.ParseObject(read)
	switch {
	case errors.Is(err, web.ErrNotObject):
		err = invalid("an unknown value was passed to the validate function")
	case err != nil:
		err = invalid("the body is not valid JSON")
	}
	return read, body, err
}

// lower is a member that holds an e-mail address, in lower case.
func lower(f account.Text) account.Text {
	if f.Value != nil {
		lowered := account.LowerEmail(*f.Value)
		f.Value = &lowered
	}
	return f
}

// deleting makes the values of free-form data that are "", which delete their keys here,
// null, which does so in the core.
func deleting(f account.Field[map[string]any]) account.Field[map[string]any] {
	if f.Value != nil {
		for key, value := range *f.Value {
			if value == "" {
				(*f.Value)[key] = nil
			}
		}
	}
	return f
}

// twice is a new password: here it is not typed again.
func twice(f account.Text) account.NewPassword {
	return account.NewPassword{Password: f, Confirmation: f}
}

// foreign says that the rules of the main surface for what a document has to hold are
// not this one's.
var foreign = account.Demands{Foreign: true}
