package events

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Key turns any name into a token that fits a subject: letters, digits, '-' and
// '_'. A name that already fits is unchanged; one that had to be altered gets a
// hash of the original, so that two names never share a key.
func Key(name string) string {
	if isKey(name) {
		return name
	}
	clean := strings.Map(func(r rune) rune {
		if isKeyRune(r) {
			return r
		}
		return '-'
	}, name)
	return clean[:min(len(clean), maxKey-9)] + "-" + Digest(name)[:8]
}

// Digest is a short stable fingerprint (32 hex digits of SHA-256) of its parts,
// for ids that must come out the same when the same work is done again.
func Digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
