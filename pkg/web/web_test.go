package web

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"

	"github.com/clientelehq/clientele/errors"
)

// serve asks a server with one route, whose handler is given, and returns what
// it answered and logged. Its wire writes the key of the error.
func serve(t *testing.T, path string, handler echo.HandlerFunc) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log bytes.Buffer
	e := New(Options{
		Logger:   slog.New(slog.NewJSONHandler(&log, nil)),
		Deadline: 50 * time.Millisecond,
		Fail: func(c echo.Context, err error) error {
			return c.String(errors.List(err)[0].Status, errors.List(err)[0].Key)
		},
	})
	e.GET("/thing", handler)
	recorder := httptest.NewRecorder()
	e.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder, log.String()
}

func TestAPanicIsAnsweredAndItsStackLoggedAlone(t *testing.T) {
	answer, log := serve(t, "/thing", func(echo.Context) error { panic("secret value") })
	if answer.Code != 500 || answer.Body.String() != "internal_error" {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	if !strings.Contains(log, "panic of type string") || !strings.Contains(log, "web_test.go") || strings.Contains(log, "secret value") {
		t.Errorf("%s", log)
	}
}

func TestErrorsOfTheFrameworkBecomeTheCatalogues(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		key    string
	}{
		"wrapped":      {fmt.Errorf("around: %w", echo.ErrNotFound), 404, "route_not_found"},
		"method":       {echo.ErrMethodNotAllowed, 405, "method_not_allowed"},
		"too large":    {echo.ErrStatusRequestEntityTooLarge, 413, "payload_too_large"},
		"unknown":      {echo.NewHTTPError(418, "teapot"), 500, "internal_error"},
		"deadline":     {fmt.Errorf("query: %w", context.DeadlineExceeded), 503, "service_unavailable"},
		"catalogue":    {fmt.Errorf("around: %w", errors.EmailTaken), 422, "email_taken"},
		"of somewhere": {errors.New("disk on fire"), 500, "internal_error"},
	} {
		answer, log := serve(t, "/thing", func(echo.Context) error { return c.err })
		if answer.Code != c.status || answer.Body.String() != c.key {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
		if logged := strings.Contains(log, "request failed"); logged != (c.status >= 500) {
			t.Errorf("%s: logged %v: %s", name, logged, log)
		}
	}
}

func TestAHandlerThatWaitsTooLongIsStopped(t *testing.T) {
	answer, _ := serve(t, "/thing", func(c echo.Context) error {
		<-c.Request().Context().Done()
		return c.Request().Context().Err()
	})
	if answer.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", answer.Code)
	}
}

func TestPathsThatNothingCanMeanAreRefused(t *testing.T) {
	for _, path := range []string{"/%00", "/thing%0a", "/%ff", "/" + strings.Repeat("a", 8<<10)} {
		if answer, _ := serve(t, path, func(c echo.Context) error { return c.NoContent(200) }); answer.Code != 400 || answer.Body.String() != "invalid_request" {
			t.Errorf("%.20q: %d %s", path, answer.Code, answer.Body)
		}
	}
}

func TestLanguagesAreCompletedAndLimitedToTheKnown(t *testing.T) {
	for preference, expected := range map[string]string{
		"": "en_US", "de": "de_DE", "de-AT": "de_AT", "en": "en_US", "en-GB, de;q=0.5": "en_GB", "tlh, fr;q=0.2": "fr_FR", "tlh": "en_US", "*": "en_US",
		"pt-BR": "pt_BR", "zh-Hant-TW": "zh_TW", "no such thing": "en_US", "de;q=0, es": "es_ES", strings.Repeat("de,", 200): "en_US",
	} {
		if got := Locale(Language(http.Header{"Accept-Language": {preference}})); got != expected {
			t.Errorf("%.30q: %s, not %s", preference, got, expected)
		}
	}
	if Language(http.Header{}) != language.AmericanEnglish {
		t.Error("no preference is not American English")
	}
}
