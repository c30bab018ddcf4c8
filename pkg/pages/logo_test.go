package pages

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestALogoIsKnownByWhatIsInTheFile(t *testing.T) {
	png := "\x89PNG\r\n\x1a\n"
	for _, c := range []struct{ name, body, mediaType string }{
		{"a png", png + "rest", "image/png"},
		{"a jpeg", "\xff\xd8\xff\xe0rest", "image/jpeg"},
		{"a webp", "RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"},
		{"an svg", `<svg xmlns="http://www.w3.org/2000/svg"></svg>`, "image/svg+xml"},
		{"an svg with a prologue", "\ufeff<?xml version=\"1.0\"?>\n<!-- by hand -->\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"x\">\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml"},
		{"the largest", png + strings.Repeat("x", LargestLogo-len(png)), "image/png"},
		{"one too large", png + strings.Repeat("x", LargestLogo-len(png)+1), ""},
		{"a gif", "GIF89a", ""},
		{"a page", "<!DOCTYPE html><html><svg xmlns=\"http://www.w3.org/2000/svg\"/></html>", ""},
		{"text before an svg", "x<svg xmlns=\"http://www.w3.org/2000/svg\"/>", ""},
		{"an svg of nothing", "<svg/>", ""},
		{"nothing", "", ""},
	} {
		path := filepath.Join(t.TempDir(), "logo.png")
		if err := os.WriteFile(path, []byte(c.body), 0o600); err != nil {
			t.Fatal(err)
		}
		logo, err := ReadLogo(path)
		if (err == nil) != (c.mediaType != "") {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if err == nil && (logo.Type != c.mediaType || !bytes.Equal(logo.Body, []byte(c.body))) {
			t.Errorf("%s is %s", c.name, logo.Type)
		}
	}
	for _, path := range []string{"/no/such/file", t.TempDir()} {
		if _, err := ReadLogo(path); err == nil {
			t.Errorf("%s was read", path)
		}
	}
}
