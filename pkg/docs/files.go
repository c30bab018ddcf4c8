// Package docs is what people read about the API in a browser: the page to
// browse and try it, and a page for each error of the catalogue. It makes the
// pages and holds the files they load; it knows nothing of requests.
//
// The viewer is Swagger UI, as its package swagger-ui-dist has it
// (swagger-ui/update fetches it, files_test.go holds its digests). Nothing is
// loaded from anywhere else.
package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"strings"
	"sync"
)

//go:embed pages/style.css pages/start.js pages/icon.svg
//go:embed swagger-ui/*.gz swagger-ui/LICENSE swagger-ui/NOTICE
var embedded embed.FS

const (
	script     = "text/javascript; charset=utf-8"
	stylesheet = "text/css; charset=utf-8"
	plainText  = "text/plain; charset=utf-8"
)

// served lists the files by the names they are asked for. What is large is kept
// compressed, for the binary's sake and the network's. The notices go wherever
// the viewer goes: its licence asks for that.
var served = map[string]struct{ path, mediaType string }{
	"style.css":                        {"pages/style.css", stylesheet},
	"start.js":                         {"pages/start.js", script},
	"icon.svg":                         {"pages/icon.svg", "image/svg+xml"},
	"swagger-ui.css":                   {"swagger-ui/swagger-ui.css.gz", stylesheet},
	"swagger-ui-bundle.js":             {"swagger-ui/swagger-ui-bundle.js.gz", script},
	"swagger-ui-bundle.js.LICENSE.txt": {"swagger-ui/swagger-ui-bundle.js.LICENSE.txt.gz", plainText},
	"swagger-ui-LICENSE":               {"swagger-ui/LICENSE", plainText},
	"swagger-ui-NOTICE":                {"swagger-ui/NOTICE", plainText},
}

// File is a file that the pages load.
type File struct {
	Type   string // media type
	Packed bool   // it is kept as gzip
	body   []byte // as it is kept
	digest string
}

// files are made at the first request: most installations are never browsed.
var files = sync.OnceValues(func() (map[string]*File, error) {
	made := map[string]*File{}
	for name, kept := range served {
		body, err := embedded.ReadFile(kept.path)
		if err != nil {
			return nil, err
		}
		made[name] = &File{
			Type:   kept.mediaType,
			Packed: strings.HasSuffix(kept.path, ".gz"),
			body:   body,
			digest: Digest(body),
		}
	}
	return made, nil
})

// Find returns the file of this name, or nil.
func Find(name string) (*File, error) {
	all, err := files()
	return all[name], err
}

// Open reads the file: as gzip, which only one that is Packed can be, or plain.
// A plain one is unpacked as it is read, and never whole in memory.
func (f *File) Open(asGzip bool) (io.Reader, error) {
	kept := bytes.NewReader(f.body)
	if asGzip || !f.Packed {
		return kept, nil
	}
	return gzip.NewReader(kept)
}

// Tag is the strong entity tag of the file in one of its two encodings, which
// are different bytes.
func (f *File) Tag(asGzip bool) string {
	if asGzip {
		return `"` + f.digest + `-gzip"`
	}
	return `"` + f.digest + `"`
}

// Digest tells one content from another, in a few characters.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:12])
}
