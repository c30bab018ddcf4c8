package medusa

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/pkg/web"
)

// answer writes a body as JSON, unless it is what the client has already.
func answer(c echo.Context, status int, body any) error {
	text, err := web.EncodeJSON(body)
	if err != nil {
		return err
	}
	if method := c.Request().Method; status == http.StatusOK && (method == http.MethodGet || method == http.MethodHead) {
		digest := sha256.Sum256(text)
		tag := `"` + base64.RawURLEncoding.EncodeToString(digest[:16]) + `"`
		c.Response().Header().Set("ETag", "W/"+tag)
		if names(c.Request().Header.Values("If-None-Match"), tag) {
			return c.NoContent(http.StatusNotModified)
		}
	}
	return c.Blob(status, "application/json; charset=utf-8", text)
}

// plain writes a body that is no JSON.
func plain(c echo.Context, status int, text string) error {
	return c.Blob(status, "text/plain; charset=utf-8", []byte(text))
}

// names reports whether a header has an entity tag, or `*`. Tags of ours hold no comma,
// and whether one is weak does not count (RFC 9110, 13.1.2).
func names(header []string, tag string) bool {
	for _, one := range strings.Split(strings.Join(header, ","), ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == "*" || one == tag {
			return true
		}
	}
	return false
}
