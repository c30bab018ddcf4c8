package pages

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/clientelehq/clientele/errors"
)

// Logo is an image of the shop's.
type Logo struct {
	Type string // media type
	Body []byte
}

// LargestLogo is the most of a logo, in bytes. It is kept in memory.
const LargestLogo = 256 << 10

// LogoPolicy keeps a logo that somebody opens by itself from doing anything: an SVG
// may hold scripts.
const LogoPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

const svg = "image/svg+xml"

// ReadLogo reads the image at a path: a PNG, a JPEG, a WebP or an SVG, by what is in
// the file and not by its name. Errors are for the operator.
func ReadLogo(path string) (*Logo, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	body, err := io.ReadAll(io.LimitReader(file, LargestLogo+1))
	if err != nil {
		return nil, err
	}
	if len(body) > LargestLogo {
		return nil, errors.New("it has more than 256 KiB")
	}
	mediaType := http.DetectContentType(body)
	if isSVG(body) {
		mediaType = svg
	}
	if !slices.Contains([]string{"image/png", "image/jpeg", "image/webp", svg}, mediaType) {
		return nil, errors.New("it is neither PNG, JPEG, WebP nor SVG")
	}
	return &Logo{mediaType, body}, nil
}

// isSVG reports whether a file is XML whose outermost element is that of an SVG.
func isSVG(body []byte) bool {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		switch token := token.(type) {
		case xml.StartElement:
			return token.Name.Local == "svg" && token.Name.Space == "http://www.w3.org/2000/svg"
		case xml.CharData:
			if strings.TrimSpace(strings.TrimPrefix(string(token), "\ufeff")) != "" {
				return false
			}
		}
	}
}
