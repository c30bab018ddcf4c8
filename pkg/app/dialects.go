package app

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/pkg/web"
	"github.com/clientelehq/clientele/resources"
	"github.com/clientelehq/clientele/resources/digitalriver"
	"github.com/clientelehq/clientele/resources/medusa"
	"github.com/clientelehq/clientele/resources/tiendanube"
)

// dialect is another shop system's API over the same accounts.
type dialect interface {
	Owns(path string) bool // whether a path belongs to it, known or not
	Mount(e *echo.Echo)
	Fail(c echo.Context, err error) error // writes an error in its own form
}

// guest is a dialect by its name in the configuration.
type guest struct {
	name string
	dialect
}

// guests are those that are served.
type guests []guest

// at finds the one that a path belongs to; none where it is the main surface's.
func (g guests) at(path string) (found guest, there bool) {
	for _, one := range g {
		if one.Owns(path) {
			return one, true
		}
	}
	return guest{}, false
}

// failOr has a failed request be told of by the dialect that it was sent to, and by
// the main surface where it was sent to none.
func (g guests) failOr(fail func(echo.Context, error) error) func(echo.Context, error) error {
	return func(c echo.Context, err error) error {
		if one, there := g.at(c.Request().URL.Path); there {
			return one.Fail(c, err)
		}
		return fail(c, err)
	}
}

// Dialect returns the name of the dialect that a path belongs to, "" for the main
// surface's.
func (a *App) Dialect(path string) string {
	one, _ := a.guests.at(path)
	return one.name
}

// newGuests returns the dialects that the configuration names.
func (a *App) newGuests(now func() time.Time) (chosen guests) {
	for _, name := range a.config.Dialects {
		switch name {
		case "medusa":
			chosen = append(chosen, guest{name, &medusa.API{
				Accounts: a.accounts, Base: a.config.PublicURL, Origins: a.config.CORSOrigins,
				Secure: a.config.Production() || strings.HasPrefix(a.config.PublicURL, "https:"),
			}})
		case "tiendanube":
			chosen = append(chosen, guest{name, &tiendanube.API{
				Accounts: a.accounts, Base: a.config.PublicURL, Bucket: a.newBucket(a.config.TiendanubeBucket, a.config.TiendanubeLeak, now),
				Language: a.config.TiendanubeLanguage, NeedsUserAgent: a.config.TiendanubeUserAgent,
			}})
		case "digital-river":
			chosen = append(chosen, guest{name, &digitalriver.API{Accounts: a.accounts, Base: a.config.PublicURL, Bucket: a.newBucket(a.config.DigitalRiverLimit, a.config.DigitalRiverLimit, now)}})
		}
	}
	return chosen
}

// newBucket returns nil where nothing is bounded.
func (a *App) newBucket(size, perSecond int, now func() time.Time) *web.Bucket {
	if size == 0 || !a.config.RateLimits {
		return nil
	}
	return web.NewBucket(size, float64(perSecond), now)
}

// described are all dialects that there are, as the pages show them.
func described(config Config) []resources.Dialect {
	all := []resources.Dialect{
		{Name: "medusa", Title: "Medusa", Document: medusa.Description()},
		{Name: "tiendanube", Title: "Tiendanube", Document: tiendanube.Description()},
		{Name: "digital-river", Title: "Digital River", Document: digitalriver.Description()},
	}
	for i := range all {
		all[i].Document = bytes.ReplaceAll(all[i].Document, []byte("{base}"), []byte(config.PublicURL))
	}
	return all
}

// DescribeDialect returns the OpenAPI document of a dialect, whether it is served or
// not. The error for one that there is none of is one line.
func DescribeDialect(config Config, name string) ([]byte, error) {
	for _, one := range described(config) {
		if one.Name == name {
			return one.Document, nil
		}
	}
	return nil, fmt.Errorf("there is no dialect %q", name)
}
