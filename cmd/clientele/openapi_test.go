package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

func TestTheDescriptionIsPrintedAsItIsServedAndOpensNoDatabase(t *testing.T) {
	for _, wire := range []string{"jsonapi", "glue"} {
		database := filepath.Join(t.TempDir(), "clientele.db")
		environ := []string{"CLIENTELE_DATABASE_URL=sqlite:" + database, "CLIENTELE_PUBLIC_URL=" + apitest.Base}
		got := execute(t, "", environ, "openapi", "--wire", wire)
		if got.err != nil || got.stderr != "" {
			t.Fatal(got.err, got.stderr)
		}
		if served := apitest.New(t, apitest.Settings{"WIRE": wire}).Get("/openapi.json", "").Has(200).Body; got.stdout != served {
			t.Errorf("wire=%s: %d bytes are printed and %d served, and they differ", wire, len(got.stdout), len(served))
		}
		if _, err := os.Stat(database); err == nil {
			t.Error("there is a database now")
		}
	}
}

func TestWhatIsWrongWithTheSettingsIsToldInPlaceOfADescription(t *testing.T) {
	got := execute(t, "", []string{"CLIENTELE_WIRE=neither"}, "openapi")
	if got.err == nil || !strings.Contains(got.err.Error(), "CLIENTELE_WIRE ") || got.stdout != "" {
		t.Errorf("got %v and %q", got.err, got.stdout)
	}
}
