package password

import (
	"testing"

	"golang.org/x/crypto/argon2"
)

// The ratio of Hash and Verify to the bare function is what a login may lose
// here: next to nothing.
func BenchmarkBareArgon2id(b *testing.B) {
	salt := make([]byte, saltLength)
	for b.Loop() {
		argon2.IDKey([]byte("mysupersecretpassword"), salt, 2, 19456, 1, keyLength)
	}
}

func BenchmarkHash(b *testing.B) {
	h := Default()
	for b.Loop() {
		if _, err := h.Hash(b.Context(), "mysupersecretpassword"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	h := Default()
	hash, err := h.Hash(b.Context(), "mysupersecretpassword")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if ok, _, err := h.Verify(b.Context(), hash, "mysupersecretpassword"); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkWaste(b *testing.B) {
	h := Default()
	for b.Loop() {
		if err := h.Waste(b.Context(), "mysupersecretpassword"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyInABurst(b *testing.B) {
	h := Default()
	hash, err := h.Hash(b.Context(), "mysupersecretpassword")
	if err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(32)
	b.RunParallel(func(all *testing.PB) {
		for all.Next() {
			if ok, _, err := h.Verify(b.Context(), hash, "mysupersecretpassword"); !ok || err != nil {
				b.Error(ok, err)
			}
		}
	})
}

func BenchmarkIsCommon(b *testing.B) {
	policy := Policy{Common: CommonPasswords()}
	for b.Loop() {
		policy.IsCommon("mysupersecretpassword")
	}
}
