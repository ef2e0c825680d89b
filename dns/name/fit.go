package name

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// hashed is how many characters of a hash tell shortened labels apart.
const hashed = 8

// Fit is the label, or when it does not fit into so many characters, its beginning with a
// hash of all of it: two labels that begin alike stay two. Room is more than the hash takes.
func Fit(label string, room int) string {
	if len(label) <= room {
		return label
	}
	sum := sha256.Sum256([]byte(label))
	return strings.TrimRight(label[:room-hashed-1], "-") + "-" + hex.EncodeToString(sum[:])[:hashed]
}

// TooLong is how many characters the first label of the name has beyond what fits beside
// so many others, 0 if it fits, and how the name could be written so that it does.
func (n Name) TooLong(others int) (by int, fitting Name) {
	first, rest := n.Cut()
	room := maxLabel - others
	if len(first) <= room {
		return 0, n
	}
	return len(first) - room, Name(Fit(first, room)) + "." + rest
}
