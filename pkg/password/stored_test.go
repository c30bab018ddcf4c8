package password

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
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
	{"argon2 reference implementation, test.c", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", "password"},
	{"argon2 reference implementation, test.c", "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E", "password"},
	{"crypto.scryptSync of Node 20", "$scrypt$ln=10,r=8,p=2$c29tZXNhbHQtc29tZXNhbHQ$pqbegvCxsCwBBKfJ23SM2OO6fTElKMyZ6XPeWGaxOUQ", "change123"},
	{"scrypt-kdf 2.0.1", "c2NyeXB0AAoAAAAIAAAAAY55IiKpmmhn1tN/jDFrWVecSBsZb8asur80ZFCVIYv+xXCs9oyld+G+LwVyZ+YWKEFmITqWGiqN2Hvrsf0QiOD0NfuXnJyzQvNTz9iuprh6", "supersecret"},
	{"scrypt-kdf 2.0.1", "c2NyeXB0AAoAAAAIAAAAAhhK3wvIlOJzWhsmHWmWB5hzU/ylUTxTwXk5H+XB2TAhajoV+9z7qpmGuINnu1fgzrpN8AE1mO5EPRP+LBQsb7AnOPi5i442Xu3G4NyZO9WC", "caf\u00e9 12345"},
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
	"argon2d":                         "$argon2d$v=19$m=256,t=2,p=1$" + someSalt + "$" + someKey,
	"no version":                      "$argon2id$m=256,t=2,p=1$" + someSalt + "$" + someKey,
	"older version":                   "$argon2id$v=16$m=256,t=2,p=1$" + someSalt + "$" + someKey,
	"4 GiB":                           "$argon2id$v=19$m=4194304,t=2,p=1$" + someSalt + "$" + someKey,
	"a KiB over the memory":           "$argon2id$v=19$m=262145,t=2,p=1$" + someSalt + "$" + someKey,
	"memory over 32 bits":             "$argon2id$v=19$m=4294967552,t=2,p=1$" + someSalt + "$" + someKey,
	"256 MiB, five times":             "$argon2id$v=19$m=262144,t=5,p=1$" + someSalt + "$" + someKey,
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
	"argon2i of 4 GiB":                "$argon2i$v=19$m=4194304,t=2,p=1$" + someSalt + "$" + someKey,
	"argon2 of no variant":            "$argon2i$$m=256,t=2,p=1$" + someSalt + "$" + someKey,
	"scrypt of 512 MiB":               "$scrypt$ln=19,r=8,p=1$" + someSalt + "$" + someKey,
	"scrypt of 256 MiB, thrice":       "$scrypt$ln=17,r=15,p=3$" + someSalt + "$" + someKey,
	"scrypt of a larger r":            "$scrypt$ln=10,r=65,p=1$" + someSalt + "$" + someKey,
	"scrypt of 2 GiB for r and p":     "$scrypt$ln=1,r=1048576,p=16$" + someSalt + "$" + someKey,
	"scrypt of N over 64 bits":        "$scrypt$ln=65,r=8,p=1$" + someSalt + "$" + someKey,
	"scrypt of a lane too many":       "$scrypt$ln=10,r=8,p=17$" + someSalt + "$" + someKey,
	"scrypt of no N":                  "$scrypt$ln=0,r=8,p=1$" + someSalt + "$" + someKey,
	"scrypt of no r":                  "$scrypt$ln=10,r=0,p=1$" + someSalt + "$" + someKey,
	"scrypt of no p":                  "$scrypt$ln=10,r=8,p=0$" + someSalt + "$" + someKey,
	"scrypt without p":                "$scrypt$ln=10,r=8$" + someSalt + "$" + someKey,
	"scrypt with a leading zero":      "$scrypt$ln=010,r=8,p=1$" + someSalt + "$" + someKey,
	"scrypt without a salt":           "$scrypt$ln=10,r=8,p=1$$" + someKey,
	"scrypt with a further field":     "$scrypt$ln=10,r=8,p=1$" + someSalt + "$" + someKey + "$",
	"scrypt-kdf of 4 GiB":             scryptKDFOf(0, 22, 8, 1),
	"scrypt-kdf of much time":         scryptKDFOf(0, 14, 8, 64),
	"scrypt-kdf of the largest":       scryptKDFOf(255, 255, 1<<32-1, 1<<32-1),
	"scrypt-kdf of another version":   scryptKDFOf(1, 10, 8, 1),
	"scrypt-kdf with another salt":    scryptKDFOf(0, 10, 8, 1)[:30] + "Z" + scryptKDFOf(0, 10, 8, 1)[31:],
	"scrypt-kdf cut off":              scryptKDFOf(0, 10, 8, 1)[:124],
	"scrypt-kdf with more":            scryptKDFOf(0, 10, 8, 1) + "AAAA",
	"scrypt-kdf with a line break":    scryptKDFOf(0, 10, 8, 1)[:64] + "\n" + scryptKDFOf(0, 10, 8, 1)[64:],
}

// scryptKDFOf is a hash of scrypt-kdf whose checksum is right; its password is
// unknown.
func scryptKDFOf(version, logN byte, r, p uint32) string {
	file := append([]byte(scryptMagic), version, logN)
	file = binary.BigEndian.AppendUint32(file, r)
	file = binary.BigEndian.AppendUint32(file, p)
	file = append(file, make([]byte, scryptChecksumAt-scryptSaltAt)...)
	sum := sha256.Sum256(file)
	file = append(file, sum[:scryptSumAt-scryptChecksumAt]...)
	return base64.StdEncoding.EncodeToString(append(file, make([]byte, scryptLength-scryptSumAt)...))
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
		"$argon2id$v=19$m=262144,t=4,p=16$" + someSalt + "$" + someKey,
		"$argon2id$v=19$m=65536,t=16,p=1$" + someSalt + "$" + someKey,
		"$argon2id$v=19$m=8,t=1,p=1$" + someSalt + "$" + someKey,
		"$2a$14$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i",
		"$2a$04$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i",
		"$argon2i$v=19$m=262144,t=4,p=16$" + someSalt + "$" + someKey,
		"$scrypt$ln=18,r=8,p=2$" + someSalt + "$" + someKey, // 256 MiB, mixed twice
		"$scrypt$ln=15,r=64,p=1$" + someSalt + "$" + someKey,
		"$scrypt$ln=1,r=1,p=1$" + someSalt + "$" + someKey,
		scryptKDFOf(0, 15, 8, 1), // what Medusa 1 asks for
		scryptKDFOf(0, 15, 8, 16),
	} {
		if err := Readable(hash); err != nil {
			t.Errorf("%s: %v", hash, err)
		}
	}
}

// A hash beyond the bounds is never computed: it costs what an absent account
// costs, and no memory of its own.
func TestHashBeyondTheBoundsTakesNoMemory(t *testing.T) {
	h := cheap()
	for _, name := range []string{"4 GiB", "argon2i of 4 GiB", "scrypt of 512 MiB", "scrypt of 2 GiB for r and p", "scrypt-kdf of 4 GiB", "scrypt-kdf of the largest"} {
		if hash, err := parse(unreadableHashes[name]); hash != nil || err == nil {
			t.Errorf("%s can be derived: %v, %v", name, hash, err)
			continue // it would be
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := h.Verify(t.Context(), unreadableHashes[name], "password")
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 8<<20 || err == nil {
			t.Errorf("%s: %d bytes were taken, %v", name, taken, err)
		}
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

func TestImportedHashTakesAPasswordAsTyped(t *testing.T) {
	h := cheap()
	const composed, decomposed = "caf\u00e9", "cafe\u0301"
	argon := argon2Hash{variant: argon2i, memory: 64, time: 1, threads: 1, salt: make([]byte, saltLength)}
	argon.key = argon.derive(decomposed, keyLength)
	scrypted := scryptHash{scryptCost: scryptCost{logN: 4, r: 1, p: 1}, salt: make([]byte, saltLength)}
	scrypted.key = scrypted.derive(decomposed, scrypted.salt, keyLength)
	for _, stored := range []string{bcryptOf(t, decomposed), argon.String(), scrypted.String()} {
		if ok, _, err := h.Verify(t.Context(), stored, decomposed); !ok {
			t.Errorf("%s: the bytes that were hashed are refused, %v", stored, err)
		}
		if ok, _, _ := h.Verify(t.Context(), stored, composed); ok {
			t.Errorf("%s: other bytes pass", stored)
		}
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
		case argon2Hash:
			if hash.String() != stored || hash.memory > mostMemory || hash.time > mostTime || hash.threads > mostThreads || hash.time == 0 || hash.threads == 0 {
				t.Errorf("%q was read as %v", stored, hash)
			}
		case scryptHash:
			if hash.String() != stored || hash.check() != nil {
				t.Errorf("%q was read as %v", stored, hash)
			}
		case scryptKDF:
			if base64.StdEncoding.EncodeToString(hash.file) != stored || hash.check() != nil {
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
