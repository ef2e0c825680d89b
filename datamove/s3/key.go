package s3

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

const hexDigits = "0123456789ABCDEF"

// copySource is the value of x-amz-copy-source: every byte but unreserved ones and
// slashes is percent-encoded, a plus sign and a space too.
func copySource(bucket, key string) string {
	var b strings.Builder
	b.Grow(len(bucket) + 1 + len(key))
	b.WriteString(bucket)
	b.WriteByte('/')
	for i := range len(key) {
		if c := key[i]; unreserved(c) || c == '/' {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '_' || c == '.' || c == '~'
}

// listedKey is the key that a listing means, which is URL-encoded when the server
// says that it is.
func listedKey(text string, encoded bool) (string, error) {
	if !encoded || !strings.ContainsAny(text, "%+") {
		return text, nil
	}
	return url.QueryUnescape(text)
}

// oddity says what may go wrong with a key, if anything: servers over a file system
// fold some keys into others, and XML cannot carry all characters.
func oddity(key string) string {
	if !utf8.ValidString(key) {
		return "is not UTF-8"
	}
	for segment := range strings.SplitSeq(strings.TrimSuffix(key, "/"), "/") {
		switch {
		case segment == "." || segment == "..":
			return "has a segment . or .. that servers over file systems fold"
		case segment == "":
			return "has an empty segment that servers over file systems fold"
		case len(segment) > 255:
			return "has a segment of more than 255 bytes that servers over file systems refuse"
		}
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }) {
		return "has control characters that some servers cannot list"
	}
	return ""
}
