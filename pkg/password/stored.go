package password

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"

	"github.com/clientelehq/clientele/errors"
)

// What a stored hash may cost at most. The figures come out of the database or
// an imported file: without bounds, one row could take all memory.
const (
	mostMemory     = 256 << 10 // KiB
	mostTime       = 16
	mostThreads    = 16
	mostBcryptCost = 14
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
	case strings.HasPrefix(stored, "$argon2id$"):
		return parseArgon2id(stored)
	case strings.HasPrefix(stored, "$2"):
		return parseBcrypt(stored)
	}
	return nil, unreadable("neither argon2id nor bcrypt")
}

// argon2id is a hash of RFC 9106, version 0x13.
type argon2id struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

// parseArgon2id reads a PHC string in its one canonical spelling
// (github.com/P-H-C/phc-string-format), which String writes again.
func parseArgon2id(stored string) (comparer, error) {
	const salt, key, all = 4, 5, 6
	fields := strings.Split(stored, "$")
	if len(fields) != all || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, unreadable("not a PHC string of argon2id version %d", argon2.Version)
	}
	var hash argon2id
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &hash.memory, &hash.time, &hash.threads); err != nil {
		return nil, unreadable("parameters of argon2id: %v", err)
	}
	if err := hash.check(); err != nil {
		return nil, err
	}
	hash.salt, _ = base64.RawStdEncoding.DecodeString(fields[salt])
	hash.key, _ = base64.RawStdEncoding.DecodeString(fields[key])
	if len(hash.salt) < 8 || len(hash.salt) > 64 || len(hash.key) < 16 || len(hash.key) > 64 {
		return nil, unreadable("salt or key of argon2id is not base64 or of no usual length")
	}
	if hash.String() != stored {
		return nil, unreadable("not the canonical spelling of a PHC string")
	}
	return hash, nil
}

// check holds the parameters to the bounds of RFC 9106 from below and to ours
// from above.
func (a argon2id) check() error {
	if a.time < 1 || a.threads < 1 || a.memory < 8*uint32(a.threads) {
		return unreadable("parameters of argon2id are too small: m=%d,t=%d,p=%d", a.memory, a.time, a.threads)
	}
	if a.time > mostTime || a.threads > mostThreads || a.memory > mostMemory {
		return unreadable("parameters of argon2id are too large: m=%d,t=%d,p=%d", a.memory, a.time, a.threads)
	}
	return nil
}

// String returns the PHC string.
func (a argon2id) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.memory, a.time, a.threads,
		base64.RawStdEncoding.EncodeToString(a.salt), base64.RawStdEncoding.EncodeToString(a.key))
}

func (a argon2id) derive(password string, length int) []byte {
	return argon2.IDKey(norm.NFKC.AppendString(nil, password), a.salt, a.time, a.memory, a.threads, uint32(length))
}

func (a argon2id) matches(password string) bool {
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
