package web

import (
	"github.com/labstack/echo/v4"
)

// closeAfterChunks ends the connection after a request that came in chunks. net/http
// forgets a Content-Length that stands beside them: a proxy that goes by the length
// would take for another request what comes behind (RFC 9112, 6.1).
func closeAfterChunks(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if len(c.Request().TransferEncoding) > 0 {
			c.Response().Header().Set(echo.HeaderConnection, "close")
		}
		return next(c)
	}
}
