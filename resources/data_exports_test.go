package resources_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// archived reads the files of a ZIP archive.
func archived(t *testing.T, body string) map[string]string {
	t.Helper()
	reader, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, file := range reader.File {
		opened, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(opened)
		if err != nil || !json.Valid(content) {
			t.Errorf("%s: %v: %s", file.Name, err, content)
		}
		files[file.Name] = string(content)
	}
	return files
}

func TestACustomerHasTheirOwnCopy(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		reference := addGuest(s, "john@example.com")
		s.Post("/customers", "", apitest.Registration("john@example.com")).Has(http.StatusCreated)
		s.Post("/customer-confirmation", "", confirmation(s.MailedKey("john@example.com", "confirm"))).Is(http.StatusNoContent, "")
		john := apitest.Customer{Reference: reference, Token: s.Login("john@example.com", apitest.Password)}
		s.Patch("/customers/"+reference, apitest.AdminKey, apitest.Document("customers", map[string]any{"note": "staff-note", "phone": "canary-phone"})).Has(http.StatusOK)
		s.Post("/customers/"+reference+"/relationships/groups", apitest.AdminKey, groupLinkage(addGroup(s, "Gold"))).Has(http.StatusOK)

		made := s.Post("/customers/me/data-exports", john.Token, "").Has(http.StatusCreated)
		if again := s.Post("/customers/me/data-exports", john.Token, "").Has(http.StatusCreated); again.Text("data.attributes.state") == "pending" && len(s.Get("/customers/me/data-exports", john.Token).At("data").([]any)) > 2 {
			t.Errorf("%s", again.Body)
		}
		path := "/customers/me/data-exports/" + made.Text("data.id")
		link := ready(t, s, path, john.Token)
		answer := s.Get(link, "").Has(http.StatusOK)
		if answer.Header.Get("Content-Type") != "application/zip" || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v", answer.Header)
		}
		files := archived(t, answer.Body)
		for name, part := range map[string]string{
			"customer.json": `"phone": "canary-phone"`, "addresses.json": `"city": "Guesttown"`, "consents.json": `"kind": "terms"`, "sessions.json": `"clientAddress": "127.0.0.1"`, "groups.json": `"name": "Gold"`,
			"payment-sources.json": "[]", "letters.json": `"kind": "confirm"`, "orders.json": `"id": "o-` + reference + `"`, "events.json": `"type": "customer.updated"`, "audit-events.json": `"event": "login"`,
		} {
			if !strings.Contains(files[name], part) {
				t.Errorf("%s is without %s: %s", name, part, files[name])
			}
			delete(files, name)
		}
		if len(files) != 0 {
			t.Errorf("there are more files: %v", files)
		}
		for _, secret := range []string{"staff-note", "argon2", "emailKey", "digest", "family"} {
			if strings.Contains(strings.ToLower(answer.Body), secret) {
				t.Errorf("%s is told", secret)
			}
		}

		// The link is for this copy, and for a while; the copy for longer.
		for _, wrong := range []string{strings.Replace(link, "linkSignature=", "linkSignature=0", 1), strings.Replace(link, "expiresAt=", "expiresAt=1", 1), link[:strings.Index(link, "?")]} {
			s.Get(wrong, "").Has(http.StatusNotFound)
		}
		s.Clock.Forward(16 * time.Minute)
		s.Get(link, "").Has(http.StatusNotFound)
		s.Get(ready(t, s, path, john.Token), "").Has(http.StatusOK)
		other := s.Register("jane@example.com")
		s.Get("/customers/"+reference+"/data-exports", other.Token).Has(http.StatusNotFound)
		s.Post("/customers/"+reference+"/data-exports", other.Token, "").Has(http.StatusForbidden)
		link = ready(t, s, path, john.Token)
		if held := s.Search("canary-phone"); slices.Contains(held, "data_exports.content") {
			t.Error("the copy is in clear")
		}

		// An erasure takes the copy along.
		s.Delete("/customers/me", john.Token).Is(http.StatusNoContent, "")
		s.Get(link, "").Has(http.StatusNotFound)
		if rows := s.Rows("SELECT id FROM data_exports"); len(rows) != 0 {
			t.Errorf("%v", rows)
		}
		s.Post("/customers/"+reference+"/data-exports", apitest.AdminKey, "").Has(http.StatusBadRequest)
	})
}

// ready waits for a copy and returns the path of its link.
func ready(t *testing.T, s *apitest.Service, path, token string) string {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if link, made := s.Get(path, token).At("data.attributes.downloadUrl").(string); made {
			return strings.TrimPrefix(link, "https://shop.example")
		}
		if time.Now().After(deadline) {
			t.Fatal("the copy is not made")
		}
	}
}
