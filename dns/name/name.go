// Package name has domain names in one notation, that of Route 53, and says of a name that
// somebody wrote whether it is one. It imports the tables of international names and
// nothing else.
package name

import (
	"errors"
	"fmt"
	"strings"
)

// The longest label and the longest name, in bytes, without the dot at the end.
const (
	maxLabel = 63
	maxName  = 253
)

// Name is a domain name: in lower case, without the dot at its end, and with every byte
// other than letters, digits, '-' and '_' as an octal escape, as Route 53 lists it. A first
// label "*" is the wildcard, which Route 53 lists as "\052". Two names are the same when
// they are equal.
type Name string

// Read reads a name as Route 53 lists it. Escapes are octal: "\052" is "*".
func Read(listed string) (Name, error) {
	var labels []string
	for rest := strings.TrimSuffix(listed, "."); ; {
		label, after, more, err := readLabel(rest)
		if err != nil {
			return "", fmt.Errorf("%q is no name: %w", listed, err)
		}
		labels = append(labels, encode(label, len(labels) == 0))
		if !more {
			return Name(strings.Join(labels, ".")), nil
		}
		rest = after
	}
}

// readLabel takes the first label off a name; more says that others follow.
func readLabel(s string) (label []byte, rest string, more bool, err error) {
	for s != "" && s[0] != '.' {
		b, length := s[0], 1
		if b == '\\' {
			if b, length, err = Unescape(s); err != nil {
				return nil, "", false, err
			}
		}
		label, s = append(label, b), s[length:]
	}
	if len(label) == 0 || len(label) > maxLabel {
		return nil, "", false, fmt.Errorf("a label has %d bytes, want 1 to %d", len(label), maxLabel)
	}
	if s == "" {
		return label, "", false, nil
	}
	return label, s[1:], true, nil
}

// Unescape reads the escape that s begins with: three octal digits, or one character that
// stands for itself.
func Unescape(s string) (b byte, length int, err error) {
	switch {
	case len(s) < 2:
		return 0, 0, errors.New("nothing follows the last backslash")
	case s[1] < '0' || s[1] > '9':
		return s[1], 2, nil
	case len(s) < 4 || s[1] > '3' || !isOctal(s[2]) || !isOctal(s[3]):
		return 0, 0, fmt.Errorf("the escape %.4s is not octal", s)
	}
	return (s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0'), 4, nil
}

func isOctal(b byte) bool { return b >= '0' && b <= '7' }

// encode writes a label as Route 53 does.
func encode(label []byte, first bool) string {
	if first && string(label) == "*" {
		return "*"
	}
	var b strings.Builder
	for _, c := range label {
		switch {
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		case isPlain(rune(c)):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "\\%03o", c)
		}
	}
	return b.String()
}

// isPlain says whether a character of a name in lower case needs no escape.
func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// API is the name as a request writes it.
func (n Name) API() string { return string(n) + "." }

// Cut is the first label, and the name of all others.
func (n Name) Cut() (first string, rest Name) {
	label, after, _ := strings.Cut(string(n), ".")
	return label, Name(after)
}

// IsWildcard says whether the name stands for all names below another.
func (n Name) IsWildcard() bool {
	first, _ := n.Cut()
	return first == "*"
}

// Within says whether the name is that of the zone or below it.
func (n Name) Within(zone Name) bool {
	return n == zone || strings.HasSuffix(string(n), "."+string(zone))
}
