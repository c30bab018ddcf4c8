package web

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
)

// JSON answers with a value as JSON, under the media type that a dialect calls it.
func JSON(c echo.Context, status int, mediaType string, value any) error {
	body, err := EncodeJSON(value)
	if err != nil {
		return err
	}
	return c.Blob(status, mediaType, body)
}

// EncodeJSON writes a value as JSON for readers that are no HTML.
func EncodeJSON(value any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(body.Bytes(), []byte("\n")), err
}

// AnswerOptions answers OPTIONS with the methods of a path.
func AnswerOptions(allow string) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderAllow, allow)
		return c.NoContent(http.StatusNoContent)
	}
}

// WrongMethod fails a method that a path has not, and names those that it has.
func WrongMethod(allow string) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderAllow, allow)
		return errors.MethodNotAllowed
	}
}

// SetRetryAfter says when the same request may succeed, where that is known: in whole
// seconds, not too soon.
func SetRetryAfter(header http.Header, wait time.Duration) {
	if wait > 0 {
		header.Set(echo.HeaderRetryAfter, Seconds(wait))
	}
}

// Seconds writes a duration in whole seconds, rounded up.
func Seconds(wait time.Duration) string { return strconv.Itoa(int(math.Ceil(wait.Seconds()))) }
