package pages

import (
	"math"
	"regexp"
	"strconv"
)

var color = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

// IsColor reports whether text is a colour as the pages take it: #rrggbb.
func IsColor(text string) bool { return color.MatchString(text) }

// ink is black or white: what stands out more from a colour (#rrggbb), by the
// contrast of WCAG 2.2.
func ink(color string) string {
	// Black stands out from a luminance L by (L + 0.05) / 0.05, white by
	// 1.05 / (L + 0.05): they are even where the square of L + 0.05 is 0.0525.
	if light := luminance(color) + 0.05; light*light > 0.0525 {
		return "#000000"
	}
	return "#ffffff"
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
