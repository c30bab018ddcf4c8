package resources

import (
	"math"
	"testing"
)

// FuzzCursor holds that a cursor is a number, that it has one spelling, and that
// no other text is one.
func FuzzCursor(f *testing.F) {
	for number, text := range map[int64]string{0: "", 1: cursor(1), 35: "NQ", -1: "LTE", math.MaxInt64: cursor(math.MaxInt64), math.MinInt64: "NQ==", 36: "' OR 1=1 --"} {
		f.Add(number, text)
	}
	f.Fuzz(func(t *testing.T, number int64, text string) {
		if read, ok := readCursor(cursor(number)); ok != (number >= 0) || ok && read != number {
			t.Errorf("%d became %q, and that %d, %v", number, cursor(number), read, ok)
		}
		if read, ok := readCursor(text); ok && (read < 0 || cursor(read) != text) {
			t.Errorf("%q is %d, which is written %q", text, read, cursor(read))
		}
	})
}
