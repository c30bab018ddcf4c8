// Package brand knows the shop's colour, which letters and pages have in common.
package brand

import (
	"math"
	"regexp"
	"strconv"
)

var form = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

// IsColor reports whether text is a colour as it is taken here: #rrggbb.
func IsColor(text string) bool { return form.MatchString(text) }

// The two colours that are written in.
const (
	black = "#000000"
	white = "#ffffff"
)

// Ink is black or white: what stands out more from a colour.
func Ink(color string) string {
	if Contrast(color, black) > Contrast(color, white) {
		return black
	}
	return white
}

// Contrast is the contrast ratio of two colours, 1 to 21 (WCAG 2.2).
func Contrast(one, other string) float64 {
	light, dark := luminance(one), luminance(other)
	if light < dark {
		light, dark = dark, light
	}
	return (light + 0.05) / (dark + 0.05)
}

// luminance is the relative luminance of a colour (WCAG 2.2).
func luminance(color string) (sum float64) {
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		part, _ := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		share := float64(part) / 255
		if share <= 0.04045 {
			sum += weight * share / 12.92
		} else {
			sum += weight * math.Pow((share+0.055)/1.055, 2.4)
		}
	}
	return sum
}
