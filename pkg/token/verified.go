package token

import (
	"crypto/sha256"
	"sync"
)

// rememberedTokens bounds the memory for verified tokens: about 500 bytes each,
// so 4 MB in all.
const rememberedTokens = 8192

// verifiedTokens remembers tokens whose signature has been verified, which
// takes a third of the time of a whole read. It knows them by their digest and
// does not keep the tokens themselves.
//
// It forgets by generation: when the young are half of what may be remembered,
// they become the old, and the former old are gone. A token in use is young
// again at once. Exact order of use (LRU) would cost a list and gain nothing.
type verifiedTokens struct {
	mutex      sync.Mutex
	generation int // size of one
	young, old map[[sha256.Size]byte]Claims
}

func newVerifiedTokens(limit int) *verifiedTokens {
	return &verifiedTokens{generation: limit / 2, young: map[[sha256.Size]byte]Claims{}}
}

func (v *verifiedTokens) get(digest [sha256.Size]byte) (Claims, bool) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	claims, known := v.young[digest]
	if known {
		return claims, true
	}
	if claims, known = v.old[digest]; known {
		v.add(digest, claims)
	}
	return claims, known
}

func (v *verifiedTokens) put(digest [sha256.Size]byte, claims Claims) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.add(digest, claims)
}

func (v *verifiedTokens) add(digest [sha256.Size]byte, claims Claims) {
	if len(v.young) >= v.generation {
		v.young, v.old = map[[sha256.Size]byte]Claims{}, v.young
	}
	v.young[digest] = claims
}
