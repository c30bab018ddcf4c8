package token

import (
	"crypto/sha256"
	"strconv"
	"strings"
	"testing"
)

func digestOf(i int) [sha256.Size]byte { return sha256.Sum256([]byte(strconv.Itoa(i))) }

func TestMemoryForTokensIsBounded(t *testing.T) {
	const limit = 10
	tokens := newVerifiedTokens(limit)
	for i := range 1000 {
		tokens.put(digestOf(i), Claims{ID: strconv.Itoa(i)})
		if remembered := len(tokens.young) + len(tokens.old); remembered > limit {
			t.Fatalf("%d tokens are remembered", remembered)
		}
		if claims, known := tokens.get(digestOf(i)); !known || claims.ID != strconv.Itoa(i) {
			t.Fatalf("%d was forgotten at once", i)
		}
	}
	if _, known := tokens.get(digestOf(0)); known {
		t.Error("the first is still known")
	}
}

func TestTokenInUseIsNotForgotten(t *testing.T) {
	tokens := newVerifiedTokens(10)
	tokens.put(digestOf(0), Claims{ID: "0"})
	for i := range 1000 {
		tokens.put(digestOf(i+1), Claims{})
		if claims, known := tokens.get(digestOf(0)); !known || claims.ID != "0" {
			t.Fatalf("forgotten after %d others", i+1)
		}
	}
}

func TestOnlyVerifiedTokensAreRemembered(t *testing.T) {
	issuer, _ := newIssuer(t)
	token := issue(t, issuer)
	remembered := func(token string) bool {
		_, known := issuer.ring.Load().verified.get(sha256.Sum256([]byte(token)))
		return known
	}
	if remembered(token) {
		t.Error("known before it was verified")
	}
	accepted(t, issuer, "first time", token)
	if !remembered(token) {
		t.Error("not known after it was verified")
	}
	forged := token[:strings.LastIndexByte(token, '.')] + "." + strings.Repeat("A", 86)
	refused(t, issuer, "forged", forged)
	if remembered(forged) {
		t.Error("a forged token takes a place")
	}
}
