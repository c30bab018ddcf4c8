package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/app"
	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/mail/mailtest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

func TestLettersAreInTheWordsOfTheShopAndTheLanguageOfTheRequest(t *testing.T) {
	folder := t.TempDir()
	words := `{{define "subject"}}Willkommen zurück bei {{.Shop}}{{end}}{{define "body"}}{{template "link" .}}{{end}}`
	if err := os.WriteFile(filepath.Join(folder, "restore.de.txt"), []byte(words), 0o600); err != nil {
		t.Fatal(err)
	}
	s := apitest.New(t, apitest.Settings{"MAIL_TEMPLATES": folder, "SHOP_NAME": "Bücherei"})
	s.Register("reader@example.com")
	for language, want := range map[string]string{"de-AT": "Willkommen zurück bei Bücherei", "pt-BR": "Defina uma nova senha para Bücherei", "fr": "Set a new password for Bücherei"} {
		s.Do(apitest.Request{Method: http.MethodPost, Path: "/customer-forgotten-password", Header: map[string]string{"Accept-Language": language},
			Body: apitest.Document("customer-forgotten-password", map[string]any{"email": "reader@example.com"})}).Is(http.StatusNoContent, "")
		if got := s.Letters("reader@example.com", "restore").Text("data.0.attributes.subject"); got != want {
			t.Errorf("%s: got %q, want %q", language, got, want)
		}
	}
}

// A shop that writes to its customers itself has no letters from here, and keeps
// none.
func TestNoLettersAreSentOrKeptWhereTheyAreOff(t *testing.T) {
	s := apitest.New(t, apitest.Settings{"MAIL_URL": "off"})
	s.Post("/customers", "", apitest.Registration("reader@example.com")).Has(http.StatusCreated)
	s.Forget("reader@example.com")
	if err := s.App.Accounts().Queue.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept := s.Rows("SELECT id FROM outbox_messages"); len(kept) > 0 || strings.Contains(s.Log.String(), `"level":"ERROR"`) {
		t.Errorf("%d letters are kept; the log says\n%s", len(kept), s.Log)
	}
	s.Get("/outbox-messages", apitest.AdminKey).Fails(http.StatusNotFound, "- route_not_found -")
}

func TestServiceThatIsOverHoldsNoConnectionToTheMailServer(t *testing.T) {
	server := mailtest.NewServer(t)
	config, err := app.Load([]string{"CLIENTELE_DATABASE_URL=" + storetest.SQLite(t), "CLIENTELE_MAIL_URL=" + server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	service, err := app.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	letter := mail.Letter{ID: "1", Kind: mail.Restore, To: "reader@example.com", Subject: "S", Text: "T", HTML: "H"}
	if err := service.Accounts().Mail.Sender.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	if _, open := server.Connections(); open != 1 {
		t.Fatalf("%d connections wait for the next letter, want 1", open)
	}
	if err := service.Close(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, open := server.Connections(); open == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the connection is still open")
		}
	}
}

func TestServiceDoesNotStartOnATemplateThatIsAtFault(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "restore.de.txt"), []byte(`{{define "subject"}}{{.Price}}{{end}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := app.Load([]string{"CLIENTELE_MAIL_TEMPLATES=" + folder})
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "CLIENTELE_MAIL_TEMPLATES ") || !strings.Contains(err.Error(), "restore.de.txt:1") {
		t.Errorf("got %v, want one line that names the setting and the file", err)
	}
}
