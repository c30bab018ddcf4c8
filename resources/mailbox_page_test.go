package resources_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

func TestADeveloperReadsLettersInABrowserWithoutAKey(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		says(t, s.Get("/dev/mail", ""), http.StatusOK, "There are none.")
		receive(t, s, "confirm", "first@example.com")
		letter := receive(t, s, "restore", "second@example.com")
		list := says(t, s.Get("/dev/mail", ""), http.StatusOK, "restore to second@example.com", "confirm to first@example.com")
		if strings.Index(list.Body, "second@example.com") > strings.Index(list.Body, "first@example.com") {
			t.Error("the newest is not the first")
		}
		link := regexp.MustCompile(`href="\.\./dev/mail/([^"]+)"`).FindStringSubmatch(list.Body)
		if link == nil {
			t.Fatalf("no link in %s", list.Body)
		}
		path := "/dev/mail/" + link[1]
		page := says(t, s.Get(path, ""), http.StatusOK, "second@example.com", letter.key, letter.code, `<iframe src="../../dev/mail/`+link[1]+`/html" title="The letter as HTML" sandbox="allow-popups allow-top-navigation-by-user-activation">`)
		if policy := page.Header.Get("Content-Security-Policy"); policy != "frame-src 'self'; "+pagePolicy {
			t.Errorf("%s", policy)
		}
		framed := says(t, s.Get(path+"/html", ""), http.StatusOK, `<base target="_top">`, letter.key)
		policy := framed.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "sandbox allow-popups allow-top-navigation-by-user-activation") || strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "allow-same-origin") || !strings.HasPrefix(policy, "default-src 'none'") {
			t.Errorf("%s", policy)
		}
		s.Get("/dev/mail/nothing", "").Fails(http.StatusNotFound, "- route_not_found -")
		s.Get("/dev/mail/nothing/html", "").Fails(http.StatusNotFound, "- route_not_found -")
	})
}

func TestThereIsNoMailboxWhereLettersAreSentOrInProduction(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]apitest.Settings{
		"sent":       {"MAIL_URL": "smtp://mail.example:25"},
		"off":        {"MAIL_URL": "off"},
		"production": {"ENV": "production", "SECRET": "an-actual-secret-of-32-characters", "MAIL_URL": "off", "ADMIN_API_KEY": ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := apitest.New(t, settings)
			for _, path := range []string{"/dev/mail", "/dev/mail/1", "/dev/mail/1/html"} {
				s.Get(path, "").Fails(http.StatusNotFound, "- route_not_found -")
			}
		})
	}
}
