package token

import "testing"

func BenchmarkIssue(b *testing.B) {
	issuer, _ := newIssuer(b)
	for b.Loop() {
		issue(b, issuer)
	}
}

// BenchmarkVerifyAgain is what every request but a session's first pays.
func BenchmarkVerifyAgain(b *testing.B) {
	issuer, _ := newIssuer(b)
	token := issue(b, issuer)
	b.RunParallel(func(all *testing.PB) {
		for all.Next() {
			if _, err := issuer.Verify(token); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkVerifyFirst(b *testing.B) {
	issuer, _ := newIssuer(b)
	ring, token := issuer.ring.Load(), issue(b, issuer)
	b.RunParallel(func(all *testing.PB) {
		for all.Next() {
			if _, err := ring.parse(token); err != nil {
				b.Error(err)
			}
		}
	})
}
