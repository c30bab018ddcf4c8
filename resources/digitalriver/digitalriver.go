package digitalriver

import (
	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/web"
)

// API is a skeleton.
type API struct {
	Accounts *account.Service
	Base     string
	Bucket   *web.Bucket
}

func (a *API) Owns(path string) bool                { return false }
func (a *API) Mount(e *echo.Echo)                   {}
func (a *API) Fail(c echo.Context, err error) error { return err }
func Description() []byte                           { return nil }
