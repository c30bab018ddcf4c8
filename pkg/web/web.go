// Package web is what every wire shares of Echo: the server with its
// middleware, the request id, the client, the language, limits, logging, and
// the one place where a failed request ends. It knows no wire: how an error
// looks is told to it.
package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
)

// Options are what installations differ in.
type Options struct {
	Logger         *slog.Logger
	Fail           func(c echo.Context, err error) error // writes the error document of the wire that was asked
	Deadline       time.Duration                         // of a request, from routing to the last byte of the answer
	TrustedProxies []netip.Prefix                        // whose X-Forwarded-For is believed; none: the socket's peer is the client
	Origins        []string                              // that a browser may call from, exact; "*" is any
}

// The longest request line that is read, in bytes.
const longestURL = 8 << 10

// New returns a server with the middleware of all wires and no routes.
func New(options Options) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = clientAddress(options.TrustedProxies)
	e.HTTPErrorHandler = options.end
	// Before routing, so that a path that matches nothing has these too.
	e.Pre(identify, closeAfterChunks, securityHeaders, allowOrigins(options.Origins), options.log, recoverPanic, middleware.ContextTimeout(options.Deadline), checkURL, trimSlashes)
	return e
}

// clientAddress says whose address counts: with no trusted proxy, the socket's
// peer. Echo's own default believes every X-Forwarded-For (trap T1), so that a
// client could choose the address that throttles and audits see.
func clientAddress(trusted []netip.Prefix) echo.IPExtractor {
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, network := range trusted {
		options = append(options, echo.TrustIPRange(&net.IPNet{
			IP:   network.Addr().AsSlice(),
			Mask: net.CIDRMask(network.Bits(), network.Addr().BitLen()),
		}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

// identify gives the request its id: the client's own when it is harmless in a
// log, else a new one. It is answered in X-Request-Id and in every error.
func identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !harmlessID(id) {
			id = uuid.Must(uuid.NewV7()).String()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

func harmlessID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, r := range id {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.') {
			return false
		}
	}
	return true
}

// RequestID returns the id of the request.
func RequestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// Client returns what is known of the caller apart from credentials.
func Client(c echo.Context) account.Client {
	return account.Client{
		Address:   c.RealIP(),
		Language:  Language(c.Request().Header),
		UserAgent: userAgent(c.Request().UserAgent()),
		RequestID: RequestID(c),
		Store:     c.Request().Header.Get("Store"),
	}
}

// longestUserAgent is in code points. Browsers send half of it.
const longestUserAgent = 255

// userAgent is what may be kept of the header: text, and not too much of it.
func userAgent(header string) string {
	runes := []rune(strings.ToValidUTF8(header, ""))
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, string(runes[:min(len(runes), longestUserAgent)]))
}

func securityHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set(echo.HeaderXFrameOptions, "SAMEORIGIN")
		header.Set(echo.HeaderXContentTypeOptions, "nosniff")
		header.Set(echo.HeaderReferrerPolicy, "same-origin")
		header.Set(echo.HeaderContentSecurityPolicy, "frame-ancestors 'self'")
		header.Set(echo.HeaderVary, "Accept, Accept-Language") // JSON:API 1.1 wants Accept even where it made no difference
		// Nearly every answer is somebody's personal data or a token; the few
		// others say otherwise themselves.
		header.Set(echo.HeaderCacheControl, "no-store")
		return next(c)
	}
}

// exposed are the headers of an answer that a script of another origin may read.
var exposed = strings.Join([]string{
	"Content-Language", "ETag", "Idempotent-Replayed", "Link", "Location", "RateLimit", "RateLimit-Limit", "RateLimit-Policy",
	"RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Request-Id", "X-Total-Count",
}, ", ")

// allowOrigins lets scripts of the configured origins read answers. What a
// preflight asks for is answered by the wire, which knows its routes.
func allowOrigins(origins []string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if len(origins) == 0 {
				return next(c)
			}
			header := c.Response().Header()
			header.Add(echo.HeaderVary, echo.HeaderOrigin)
			if origin := c.Request().Header.Get(echo.HeaderOrigin); origin != "" && (slices.Contains(origins, origin) || slices.Contains(origins, "*")) {
				header.Set(echo.HeaderAccessControlAllowOrigin, origin)
				header.Set(echo.HeaderAccessControlExposeHeaders, exposed)
			}
			return next(c)
		}
	}
}

// checkURL refuses what no route can mean and what a database could choke on
// (trap T5): control characters and invalid UTF-8 in the decoded path.
func checkURL(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		path := c.Request().URL.Path
		if len(c.Request().RequestURI) > longestURL || !utf8.ValidString(path) || strings.IndexFunc(path, unicode.IsControl) >= 0 {
			return errors.RequestInvalid
		}
		return next(c)
	}
}

// trimSlashes makes /customers/ and /customers the same, without a redirect.
// Repeated slashes inside a path stay: they name an empty segment.
func trimSlashes(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		request := c.Request()
		request.URL.Path = "/" + strings.Trim(request.URL.Path, "/")
		if request.URL.RawPath != "" {
			request.URL.RawPath = "/" + strings.Trim(request.URL.RawPath, "/")
		}
		return next(c)
	}
}

// Segment returns a segment of the path, decoded once.
func Segment(c echo.Context, name string) string {
	raw := c.Param(name)
	if decoded, err := url.PathUnescape(raw); err == nil && c.Request().URL.RawPath != "" {
		return decoded
	}
	return raw
}

// recoverPanic turns a panic into an internal error, with its stack in the log
// alone.
func recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if panicked := recover(); panicked != nil {
				if panicked == http.ErrAbortHandler {
					panic(panicked)
				}
				err = errors.InternalError.Because(newPanic(panicked))
			}
		}()
		return next(c)
	}
}

// log writes a line about each request: what was asked by its route, how it
// ended, how long it took. Never a value of the path, the query or the body.
func (o Options) log(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		if err := next(c); err != nil {
			o.end(err, c)
		}
		ctx, status := c.Request().Context(), c.Response().Status
		level := slog.LevelInfo
		if status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		if o.Logger.Enabled(ctx, level) {
			o.Logger.LogAttrs(ctx, level, "request",
				slog.String("id", RequestID(c)),
				slog.String("method", c.Request().Method),
				slog.String("route", c.Path()),
				slog.Int("status", status),
				slog.Int64("bytes", c.Response().Size),
				slog.Duration("took", time.Since(start)))
		}
		if status == statusClientGone {
			panic(http.ErrAbortHandler) // else net/http says 200 for us to a client that has only stopped sending
		}
		return nil
	}
}

// statusClientGone is what the log shows for a client that hung up, after a
// custom of proxies; it never leaves the service.
const statusClientGone = 499

// end is where every failed request ends: the error becomes one of the
// catalogue, a server's fault is logged with its cause, and the wire writes it.
func (o Options) end(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	if errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		c.Response().Status = statusClientGone // for the log: nobody reads the answer
		return
	}
	err = catalogued(err)
	for _, fault := range errors.List(err) {
		if fault.Status >= http.StatusInternalServerError {
			o.Logger.ErrorContext(c.Request().Context(), "request failed", "id", RequestID(c), "route", c.Path(), "error", err)
			break
		}
	}
	if err := o.Fail(c, err); err != nil {
		o.Logger.WarnContext(c.Request().Context(), "answer was not written", "id", RequestID(c), "error", err)
	}
}

// catalogued turns what Echo and the standard library answer with into errors
// of the catalogue.
func catalogued(err error) error {
	if _, known := errors.AsType[*errors.Error](err); known {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errors.ServiceUnavailable.Because(err)
	}
	if framework, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch framework.Code {
		case http.StatusNotFound:
			return errors.RouteNotFound
		case http.StatusMethodNotAllowed:
			return errors.MethodNotAllowed
		case http.StatusRequestEntityTooLarge:
			return errors.PayloadTooLarge
		case http.StatusServiceUnavailable:
			return errors.ServiceUnavailable.Because(err)
		}
	}
	return errors.InternalError.Because(err)
}
