package dns

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/dns/name"
)

// The longest string of a TXT value, and the longest value that Route 53 takes.
const (
	maxString = 255
	maxText   = 4000
)

// Quote writes a text as the value of a TXT record: in quotes, split into strings of at
// most 255 bytes, with octal escapes for what is not printable ASCII.
func Quote(text string) (string, error) {
	if strings.HasPrefix(text, `"`) {
		return "", errors.New("the text begins with a quote: write it without, it is quoted and split where that is needed")
	}
	var parts []string
	for rest := text; rest != "" || parts == nil; {
		n := min(len(rest), maxString)
		parts = append(parts, quote(rest[:n]))
		rest = rest[n:]
	}
	value := strings.Join(parts, " ")
	if len(value) > maxText {
		return "", fmt.Errorf("the text takes %d characters, at most %d are possible", len(value), maxText)
	}
	return value, nil
}

func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Unquote reads the value of a TXT record as Route 53 lists it: its strings, joined.
func Unquote(value string) (string, error) {
	var b strings.Builder
	for rest := strings.TrimSpace(value); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		n, err := unquoteString(&b, rest)
		if err != nil {
			return "", fmt.Errorf("TXT value %.40q: %w", value, err)
		}
		rest = rest[n:]
	}
	return b.String(), nil
}

// unquoteString reads the string that s begins with, and says how long it is there.
func unquoteString(b *strings.Builder, s string) (int, error) {
	if s[0] != '"' {
		return 0, errors.New("a string is not quoted")
	}
	for i := 1; i < len(s); {
		switch s[i] {
		case '"':
			return i + 1, nil
		case '\\':
			c, n, err := name.Unescape(s[i:])
			if err != nil {
				return 0, err
			}
			b.WriteByte(c)
			i += n
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return 0, errors.New("the last quote is missing")
}
