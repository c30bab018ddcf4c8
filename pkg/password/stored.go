package password

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
	"golang.org/x/text/unicode/norm"

	"github.com/clientelehq/clientele/errors"
)

// What a stored hash may cost at most. The figures come out of the database or
// an imported file: without bounds, one row could take all memory.
const (
	mostMemory     = 256 << 10 // KiB at once
	mostTime       = 16
	mostThreads    = 16
	mostArgon2     = 1 << 20 // KiB that all passes fill together
	mostBcryptCost = 14
	mostScrypt     = 512 << 20 // bytes that scrypt mixes: 128·N·r·p
	mostScryptR    = 64        // where 8 is usual
)

const (
	saltLength = 16 // bytes of a salt and a key that Hash makes (RFC 9106 section 3.1)
	keyLength  = 32

	longestBcryptPassword = 72 // bytes; bcrypt looks at no more
)

// ErrUnreadable is a stored hash that Verify cannot or will not compute. The
// errors made from it say why, and never hold the hash.
var ErrUnreadable = errors.New("unreadable password hash")

func unreadable(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrUnreadable}, args...)...)
}

// Readable returns nil when Verify can compare passwords with hash, within the
// bounds on cost, and ErrUnreadable with the reason otherwise. Imports ask it
// before they take a customer in.
func Readable(hash string) error {
	_, err := parse(hash)
	return err
}

// comparer is a stored hash of one scheme.
type comparer interface {
	matches(password string) bool
}

func parse(stored string) (comparer, error) {
	switch {
	case strings.HasPrefix(stored, "$argon2id$"), strings.HasPrefix(stored, "$argon2i$"):
		return parseArgon2(stored)
	case strings.HasPrefix(stored, "$2"):
		return parseBcrypt(stored)
	case strings.HasPrefix(stored, "$scrypt$"):
		return parseScrypt(stored)
	case strings.HasPrefix(stored, base64.StdEncoding.EncodeToString([]byte(scryptMagic))):
		return parseScryptKDF(stored)
	}
	return nil, unreadable("neither argon2id, argon2i, bcrypt nor scrypt")
}

// The variants of argon2 that are read. The third, argon2d, is none for
// passwords (RFC 9106 section 4).
const (
	argon2id = "argon2id"
	argon2i  = "argon2i"
)

// argon2Hash is a hash of RFC 9106, version 0x13.
type argon2Hash struct {
	variant      string
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

// parseArgon2 reads a PHC string in its one canonical spelling
// (github.com/P-H-C/phc-string-format), which String writes again.
func parseArgon2(stored string) (comparer, error) {
	const variant, salt, key, all = 1, 4, 5, 6
	fields := strings.Split(stored, "$")
	if len(fields) != all || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, unreadable("not a PHC string of argon2 version %d", argon2.Version)
	}
	hash := argon2Hash{variant: fields[variant]}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &hash.memory, &hash.time, &hash.threads); err != nil {
		return nil, unreadable("parameters of argon2: %v", err)
	}
	if err := hash.check(); err != nil {
		return nil, err
	}
	var err error
	if hash.salt, hash.key, err = decodeSaltAndKey(fields[salt], fields[key]); err != nil {
		return nil, err
	}
	if hash.String() != stored {
		return nil, unreadable("not the canonical spelling of a PHC string")
	}
	return hash, nil
}

// decodeSaltAndKey reads the last two fields of a PHC string. What is not
// base64 comes out too short, or is told by the spelling.
func decodeSaltAndKey(saltText, keyText string) (salt, key []byte, err error) {
	salt, _ = base64.RawStdEncoding.DecodeString(saltText)
	key, _ = base64.RawStdEncoding.DecodeString(keyText)
	if len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 {
		return nil, nil, unreadable("salt or key is not base64 or of no usual length")
	}
	return salt, key, nil
}

// phc writes a PHC string.
func phc(scheme, parameters string, salt, key []byte) string {
	return "$" + scheme + "$" + parameters + "$" + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key)
}

// check holds the parameters to the bounds of RFC 9106 from below and to ours
// from above.
func (a argon2Hash) check() error {
	if a.time < 1 || a.threads < 1 || a.memory < 8*uint32(a.threads) {
		return unreadable("parameters of argon2 are too small: m=%d,t=%d,p=%d", a.memory, a.time, a.threads)
	}
	if a.time > mostTime || a.threads > mostThreads || a.memory > mostMemory || a.memory*a.time > mostArgon2 {
		return unreadable("parameters of argon2 are too large: m=%d,t=%d,p=%d", a.memory, a.time, a.threads)
	}
	return nil
}

// String returns the PHC string.
func (a argon2Hash) String() string {
	return phc(a.variant, fmt.Sprintf("v=%d$m=%d,t=%d,p=%d", argon2.Version, a.memory, a.time, a.threads), a.salt, a.key)
}

// derive takes the normal form of a password for argon2id, as Hash does.
// Argon2i comes from another system, which took the bytes that were typed.
func (a argon2Hash) derive(password string, length int) []byte {
	if a.variant == argon2i {
		return argon2.Key([]byte(password), a.salt, a.time, a.memory, a.threads, uint32(length)) // #nosec G115 -- of a key that is in memory
	}
	return argon2.IDKey(norm.NFKC.AppendString(nil, password), a.salt, a.time, a.memory, a.threads, uint32(length)) // #nosec G115 -- of a key that is in memory
}

func (a argon2Hash) matches(password string) bool {
	return subtle.ConstantTimeCompare(a.key, a.derive(password, len(a.key))) == 1
}

// bcryptHash is a hash of another system, by the function of the OpenBSD
// project: $2b$, or its older names $2a$ and $2y$.
type bcryptHash string

func parseBcrypt(stored string) (comparer, error) {
	const length = 60
	const digits = "0123456789"
	if len(stored) != length || !strings.ContainsRune("aby", rune(stored[2])) || stored[3] != '$' || stored[6] != '$' {
		return nil, unreadable("not a bcrypt hash of version 2a, 2b or 2y")
	}
	const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + digits
	if strings.Trim(stored[4:6], digits) != "" || strings.Trim(stored[7:], alphabet) != "" {
		return nil, unreadable("cost of bcrypt is no number, or salt and key are not in its base64")
	}
	cost, err := bcrypt.Cost([]byte(stored))
	if err != nil {
		return nil, unreadable("cost of bcrypt: %v", err)
	}
	if cost > mostBcryptCost {
		return nil, unreadable("cost of bcrypt is too large: %d", cost)
	}
	return bcryptHash(stored), nil
}

// matches refuses what bcrypt cannot tell apart: it ignores everything after
// 72 bytes, and a NUL is what it puts between the repetitions of a
// short password. Such a password costs what every wrong one costs.
//
// A system that has cut longer passwords off on both sides has customers who
// cannot log in here before they restore their password; letting any suffix
// pass would be worse.
func (b bcryptHash) matches(password string) bool {
	ambiguous := len(password) > longestBcryptPassword || strings.IndexByte(password, 0) >= 0
	if ambiguous {
		password = ""
	}
	return bcrypt.CompareHashAndPassword([]byte(b), []byte(password)) == nil && !ambiguous
}

// scryptCost are the parameters of RFC 7914.
type scryptCost struct {
	logN uint8 // N is 2 to the power of logN
	r, p uint32
}

// check holds the parameters to our bounds: on the memory of 128·N·r bytes, on
// what is mixed in it, which is the time, and on r, which with p takes memory of
// its own.
func (c scryptCost) check() error {
	if c.logN < 1 || c.r < 1 || c.p < 1 {
		return unreadable("parameters of scrypt are too small: ln=%d,r=%d,p=%d", c.logN, c.r, c.p)
	}
	if c.logN > 30 || c.r > mostScryptR || c.p > mostThreads {
		return unreadable("parameters of scrypt are too large: ln=%d,r=%d,p=%d", c.logN, c.r, c.p)
	}
	if memory := 128 * uint64(c.r) << c.logN; memory > mostMemory<<10 || memory*uint64(c.p) > mostScrypt {
		return unreadable("parameters of scrypt are too large: ln=%d,r=%d,p=%d", c.logN, c.r, c.p)
	}
	return nil
}

// derive takes the password as typed, as the system that the hash comes from.
func (c scryptCost) derive(password string, salt []byte, length int) []byte {
	key, err := scrypt.Key([]byte(password), salt, 1<<c.logN, int(c.r), int(c.p), length)
	if err != nil {
		panic(err) // its bounds are wider than ours
	}
	return key
}

// scryptHash is a PHC string, as the library passlib writes it.
type scryptHash struct {
	scryptCost
	salt, key []byte
}

func parseScrypt(stored string) (comparer, error) {
	const salt, key, all = 3, 4, 5
	fields := strings.Split(stored, "$")
	if len(fields) != all {
		return nil, unreadable("not a PHC string of scrypt")
	}
	var hash scryptHash
	if _, err := fmt.Sscanf(fields[2], "ln=%d,r=%d,p=%d", &hash.logN, &hash.r, &hash.p); err != nil {
		return nil, unreadable("parameters of scrypt: %v", err)
	}
	if err := hash.check(); err != nil {
		return nil, err
	}
	var err error
	if hash.salt, hash.key, err = decodeSaltAndKey(fields[salt], fields[key]); err != nil {
		return nil, err
	}
	if hash.String() != stored {
		return nil, unreadable("not the canonical spelling of a PHC string")
	}
	return hash, nil
}

// String returns the PHC string.
func (s scryptHash) String() string {
	return phc("scrypt", fmt.Sprintf("ln=%d,r=%d,p=%d", s.logN, s.r, s.p), s.salt, s.key)
}

func (s scryptHash) matches(password string) bool {
	return subtle.ConstantTimeCompare(s.key, s.derive(password, s.salt, len(s.key))) == 1
}

// scryptKDF is a hash in the format of the program scrypt, in base64: what the
// npm package scrypt-kdf makes, and with it Medusa 1. Its 96 bytes are
//
//	 0  "scrypt", a zero for the version, log N (1 byte), r and p (4 each, big endian)
//	16  salt
//	48  first half of the SHA-256 of the 48 bytes before
//	64  HMAC-SHA-256 of the 64 bytes before, by the second half of the derived key
type scryptKDF struct {
	scryptCost
	file []byte // all 96 bytes
}

const (
	scryptMagic = "scrypt"

	scryptSaltAt, scryptChecksumAt, scryptSumAt, scryptLength = 16, 48, 64, 96
)

func parseScryptKDF(stored string) (comparer, error) {
	file, err := base64.StdEncoding.DecodeString(stored)
	if err != nil || len(file) != scryptLength || len(stored) != base64.StdEncoding.EncodedLen(scryptLength) {
		return nil, unreadable("not 96 bytes of scrypt in base64")
	}
	if version := file[len(scryptMagic)]; version != 0 {
		return nil, unreadable("version of scrypt is %d, not 0", version)
	}
	hash := scryptKDF{file: file}
	hash.logN, hash.r, hash.p = file[7], binary.BigEndian.Uint32(file[8:]), binary.BigEndian.Uint32(file[12:])
	if err := hash.check(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(file[:scryptChecksumAt])
	if string(sum[:scryptSumAt-scryptChecksumAt]) != string(file[scryptChecksumAt:scryptSumAt]) {
		return nil, unreadable("checksum of scrypt is wrong")
	}
	return hash, nil
}

func (s scryptKDF) matches(password string) bool {
	derived := s.derive(password, s.file[scryptSaltAt:scryptChecksumAt], 64)
	sum := hmac.New(sha256.New, derived[32:])
	sum.Write(s.file[:scryptSumAt])
	return hmac.Equal(sum.Sum(nil), s.file[scryptSumAt:])
}
