package password

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/clientelehq/clientele/errors"
)

// published are hashes that others have made, with the passwords.
var published = []struct{ source, hash, password string }{
	{"argon2 reference implementation, test.c", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"},
	{"argon2 reference implementation, test.c", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
	{"jBCrypt test vectors", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "a"},
	{"jBCrypt test vectors", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", "abc"},
	{"the same under the name of PHP", "$2y$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", "abc"},
	{"the same under the name of OpenBSD", "$2b$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", "abc"},
	// Made here, so that a change of ours is seen.
	{"this package", "$argon2id$v=19$m=64,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$dji6rlswduVtt3M1BKK6Zchcb9fvVga7uw/RklNGHdk", "change123"},
}

func TestPublishedHashesAreVerified(t *testing.T) {
	h := cheap()
	for _, known := range published {
		if err := Readable(known.hash); err != nil {
			t.Errorf("%s, %s: %v", known.source, known.hash, err)
		}
		if ok, _, err := h.Verify(t.Context(), known.hash, known.password); !ok || err != nil {
			t.Errorf("%s, %s: %v, %v", known.source, known.hash, ok, err)
		}
		if ok, _, err := h.Verify(t.Context(), known.hash, known.password+"x"); ok || err != nil {
			t.Errorf("%s, %s with another password: %v, %v", known.source, known.hash, ok, err)
		}
	}
}

const (
	someSalt = "c29tZXNhbHQ"
	someKey  = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
)

var unreadableHashes = map[string]string{
	"nothing":                         "",
	"in the clear":                    "change123",
	"MD5 of the system":               "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
	"argon2i":                         "$argon2i$v=19$m=256,t=2,p=1$" + someSalt + "$" + someKey,
	"argon2d":                         "$argon2d$v=19$m=256,t=2,p=1$" + someSalt + "$" + someKey,
	"no version":                      "$argon2id$m=256,t=2,p=1$" + someSalt + "$" + someKey,
	"older version":                   "$argon2id$v=16$m=256,t=2,p=1$" + someSalt + "$" + someKey,
	"4 GiB":                           "$argon2id$v=19$m=4194304,t=2,p=1$" + someSalt + "$" + someKey,
	"a KiB over the memory":           "$argon2id$v=19$m=262145,t=2,p=1$" + someSalt + "$" + someKey,
	"memory over 32 bits":             "$argon2id$v=19$m=4294967552,t=2,p=1$" + someSalt + "$" + someKey,
	"a pass too many":                 "$argon2id$v=19$m=256,t=17,p=1$" + someSalt + "$" + someKey,
	"a lane too many":                 "$argon2id$v=19$m=256,t=2,p=17$" + someSalt + "$" + someKey,
	"lanes over 8 bits":               "$argon2id$v=19$m=256,t=2,p=257$" + someSalt + "$" + someKey,
	"no pass":                         "$argon2id$v=19$m=256,t=0,p=1$" + someSalt + "$" + someKey,
	"no lane":                         "$argon2id$v=19$m=256,t=2,p=0$" + someSalt + "$" + someKey,
	"memory under eight a lane":       "$argon2id$v=19$m=15,t=2,p=2$" + someSalt + "$" + someKey,
	"negative":                        "$argon2id$v=19$m=-256,t=2,p=1$" + someSalt + "$" + someKey,
	"signed":                          "$argon2id$v=19$m=+256,t=2,p=1$" + someSalt + "$" + someKey,
	"leading zero":                    "$argon2id$v=19$m=0256,t=2,p=1$" + someSalt + "$" + someKey,
	"other order":                     "$argon2id$v=19$t=2,m=256,p=1$" + someSalt + "$" + someKey,
	"further parameter":               "$argon2id$v=19$m=256,t=2,p=1,keyid=eA$" + someSalt + "$" + someKey,
	"blank":                           "$argon2id$v=19$m=256, t=2,p=1$" + someSalt + "$" + someKey,
	"no salt":                         "$argon2id$v=19$m=256,t=2,p=1$$" + someKey,
	"short salt":                      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNh$" + someKey,
	"no key":                          "$argon2id$v=19$m=256,t=2,p=1$" + someSalt + "$",
	"key of one byte":                 "$argon2id$v=19$m=256,t=2,p=1$" + someSalt + "$nf",
	"long key":                        "$argon2id$v=19$m=256,t=2,p=1$" + someSalt + "$" + strings.Repeat("A", 88),
	"padded":                          "$argon2id$v=19$m=256,t=2,p=1$" + someSalt + "$" + someKey + "=",
	"line break in the key":           "$argon2id$v=19$m=256,t=2,p=1$" + someSalt + "$" + someKey + "\n",
	"other spelling of the last byte": "$argon2id$v=19$m=256,t=2,p=1$" + someSalt + "$" + strings.TrimSuffix(someKey, "4") + "5",
	"further field":                   "$argon2id$v=19$m=256,t=2,p=1$" + someSalt + "$" + someKey + "$",
	"bcrypt of the broken PHP":        "$2x$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i",
	"bcrypt without a letter":         "$2$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i.",
	"bcrypt of too high a cost":       "$2a$15$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i",
	"bcrypt of too low a cost":        "$2a$03$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i",
	"bcrypt of a signed cost":         "$2a$+6$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i",
	"bcrypt cut off":                  "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0",
	"bcrypt with more":                "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0ii",
	"bcrypt with another character":   "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf+iqN8.yx.jNN1ILEf7h0i",
	"two characters":                  "$2",
}

func TestHashOutsideTheBoundsIsUnreadable(t *testing.T) {
	h := cheap()
	for name, hash := range unreadableHashes {
		err := Readable(hash)
		if !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
		if len(hash) > 40 && strings.Contains(fmt.Sprint(err), hash[30:]) {
			t.Errorf("%s: the error shows the hash: %v", name, err)
		}
		if ok, outdated, err := h.Verify(t.Context(), hash, "password"); ok || outdated || !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: ok %v, outdated %v, %v", name, ok, outdated, err)
		}
	}
}

func TestHashOnTheBoundsIsReadable(t *testing.T) {
	for _, hash := range []string{
		"$argon2id$v=19$m=262144,t=16,p=16$" + someSalt + "$" + someKey,
		"$argon2id$v=19$m=8,t=1,p=1$" + someSalt + "$" + someKey,
		"$2a$14$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i",
		"$2a$04$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i",
	} {
		if err := Readable(hash); err != nil {
			t.Errorf("%s: %v", hash, err)
		}
	}
}

func TestHashOf4GiBTakesNoMemory(t *testing.T) {
	h := cheap()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := h.Verify(t.Context(), unreadableHashes["4 GiB"], "password")
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 8<<20 || err == nil {
		t.Errorf("%d bytes were taken, %v", taken, err)
	}
}

func TestBcryptNeverTakesALongPasswordForItsBeginning(t *testing.T) {
	h := cheap()
	longest := strings.Repeat("a", 72)
	stored := bcryptOf(t, longest)
	if bcrypt.CompareHashAndPassword([]byte(stored), []byte(longest+"b")) != nil {
		t.Fatal("bcrypt looks at more than 72 bytes now: the refusal has lost its reason")
	}
	for password, want := range map[string]bool{
		longest:                           true,
		longest + "a":                     false,
		longest + "b":                     false,
		longest + strings.Repeat("a", 28): false,
		longest[1:]:                       false,
	} {
		if ok, _, err := h.Verify(t.Context(), stored, password); ok != want || err != nil {
			t.Errorf("%d bytes: %v, %v", len(password), ok, err)
		}
	}
}

func TestBcryptNeverTakesNULForTheEnd(t *testing.T) {
	h := cheap()
	stored := bcryptOf(t, "abc")
	if bcrypt.CompareHashAndPassword([]byte(stored), []byte("abc\x00abc")) != nil {
		t.Fatal("bcrypt tells these apart now: the refusal has lost its reason")
	}
	if ok, _, err := h.Verify(t.Context(), stored, "abc\x00abc"); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if ok, _, err := h.Verify(t.Context(), bcryptOf(t, ""), strings.Repeat("a", 73)); ok || err != nil {
		t.Errorf("an empty password stands in for a refused one: %v, %v", ok, err)
	}
}

func TestBcryptTakesAPasswordAsTyped(t *testing.T) {
	h := cheap()
	const composed, decomposed = "caf\u00e9", "cafe\u0301"
	stored := bcryptOf(t, decomposed)
	if ok, _, _ := h.Verify(t.Context(), stored, decomposed); !ok {
		t.Error("the bytes that were hashed are refused")
	}
	if ok, _, _ := h.Verify(t.Context(), stored, composed); ok {
		t.Error("other bytes pass")
	}
}

func TestRefusedBcryptPasswordTakesTheTimeOfAWrongOne(t *testing.T) {
	h := cheap()
	stored := bcryptOf(t, "change123")
	const rounds = 21
	wrong, refused := make([]time.Duration, rounds), make([]time.Duration, rounds)
	for i := range rounds {
		wrong[i] = timed(func() { _, _, _ = h.Verify(t.Context(), stored, "321egnahc") })
		refused[i] = timed(func() { _, _, _ = h.Verify(t.Context(), stored, strings.Repeat("a", 73)) })
	}
	if ratio := float64(median(refused)) / float64(median(wrong)); ratio < 0.5 || ratio > 2 {
		t.Errorf("refused takes %v, wrong takes %v", median(refused), median(wrong))
	}
}

// FuzzReadable holds that whatever is readable is within the bounds, and that
// a PHC string has one spelling.
func FuzzReadable(f *testing.F) {
	for _, known := range published {
		f.Add(known.hash)
	}
	for _, hash := range unreadableHashes {
		f.Add(hash)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		hash, err := parse(stored)
		switch hash := hash.(type) {
		case nil:
			if !errors.Is(err, ErrUnreadable) {
				t.Errorf("%q: %v", stored, err)
			}
		case argon2id:
			if hash.String() != stored || hash.memory > mostMemory || hash.time > mostTime || hash.threads > mostThreads || hash.time == 0 || hash.threads == 0 {
				t.Errorf("%q was read as %v", stored, hash)
			}
		case bcryptHash:
			if cost, err := bcrypt.Cost([]byte(stored)); cost > mostBcryptCost || err != nil {
				t.Errorf("%q has cost %d, %v", stored, cost, err)
			}
		}
	})
}

func bcryptOf(t *testing.T, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
