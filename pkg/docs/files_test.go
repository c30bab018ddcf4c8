package docs

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"
)

// The viewer as it is published: swagger-ui-dist 5.35.0 on npm (Apache-2.0).
// swagger-ui/update fetches another version.
var published = []struct{ name, sha256 string }{
	{"swagger-ui-bundle.js", "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2"},
	{"swagger-ui.css", "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d"},
	{"swagger-ui-bundle.js.LICENSE.txt", "37eb6e7e59aed57b2c1acf076574b818ea07b74265717e0bd67b59e0baf9abbb"},
	{"swagger-ui-LICENSE", "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"},
	{"swagger-ui-NOTICE", "0d20d1adef18aee3f40dd258172155521ce702ac445cb5f7b7d60ed32dad2fb2"},
}

func TestTheViewerIsByteForByteWhatWasPublished(t *testing.T) {
	known := map[string]bool{}
	for _, file := range published {
		known[file.name] = true
		sum := sha256.Sum256(read(t, file.name, false))
		if got := hex.EncodeToString(sum[:]); got != file.sha256 {
			t.Errorf("%s has the digest %s", file.name, got)
		}
	}
	for name, kept := range served {
		if strings.HasPrefix(kept.path, "swagger-ui/") && !known[name] {
			t.Errorf("%s has no digest to be held to", name)
		}
	}
}

func TestFilesAreReadInBothEncodings(t *testing.T) {
	for name := range served {
		file := find(t, name)
		if len(read(t, name, false)) == 0 || file.Type == "" {
			t.Errorf("%s is empty or of no type", name)
		}
		packed := read(t, name, true)
		if file.Packed != (packed[0] == 0x1f && packed[1] == 0x8b) {
			t.Errorf("%s is packed: %v, and begins with %x", name, file.Packed, packed[:2])
		}
		if file.Tag(true) == file.Tag(false) {
			t.Errorf("%s has one entity tag for two encodings", name)
		}
	}
}

func TestAFileThatIsNotThereIsNone(t *testing.T) {
	for _, name := range []string{"", "layout.html", "../files.go", "pages/style.css", "swagger-ui.css.gz"} {
		if file, err := Find(name); file != nil || err != nil {
			t.Errorf("%q gave %v, %v", name, file, err)
		}
	}
}

func find(t *testing.T, name string) *File {
	t.Helper()
	file, err := Find(name)
	if err != nil || file == nil {
		t.Fatalf("%s: %v, %v", name, file, err)
	}
	return file
}

func read(t *testing.T, name string, asGzip bool) []byte {
	t.Helper()
	reader, err := find(t, name).Open(asGzip)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
