package token

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"

	"github.com/clientelehq/clientele/errors"
)

const (
	sealVersion = 1
	saltLength  = 16
	sealPurpose = "clientele signing key" // a name from when nothing else was sealed; what is stored is bound to it
)

// Seal encrypts what the database must not tell, such as the private part of a
// key: AES-256-GCM under HKDF-SHA256 of secret, bound to a name. HKDF does not slow down
// guessing, so secret has to be random, or long enough not to be guessed.
//
// The result is a version byte, the salt, the nonce and the ciphertext.
func Seal(secret string, private []byte, name string) ([]byte, error) {
	if secret == "" {
		return nil, errors.New("nothing can be sealed under an empty secret")
	}
	salt := make([]byte, saltLength)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	sealer, err := newSealer(secret, salt)
	if err != nil {
		return nil, err
	}
	return sealer.Seal(append([]byte{sealVersion}, salt...), nil, private, []byte(name)), nil // #nosec G407 -- this cipher makes its nonce itself
}

// Unseal decrypts what Seal made for the same name. A wrong secret, a wrong
// name and changed data cannot be told apart; all are an error that says so.
func Unseal(secret string, sealed []byte, name string) ([]byte, error) {
	if len(sealed) <= 1+saltLength || sealed[0] != sealVersion {
		return nil, errors.New(name + " is not sealed in a form known here")
	}
	sealer, err := newSealer(secret, sealed[1:1+saltLength])
	if err != nil {
		return nil, err
	}
	private, err := sealer.Open(nil, nil, sealed[1+saltLength:], []byte(name))
	if err != nil {
		return nil, errors.New(name + " does not open: it was sealed under another secret, or its row was changed")
	}
	return private, nil
}

func newSealer(secret string, salt []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), salt, sealPurpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
