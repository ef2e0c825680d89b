package redis

import "strings"

// pattern is a glob for keys like this one: parts between separators that look
// like numbers or ids become *. Backslashes keep what would mean something in a glob.
func pattern(key string) string {
	var out strings.Builder
	star := false // the part before is a star
	var between byte
	for first := true; first || between != 0; first = false {
		n := strings.IndexFunc(key, separates)
		part, next := key, byte(0)
		if n >= 0 {
			part, next, key = key[:n], key[n], key[n+1:]
		}
		// Ids with separators of their own (a UUID) are one star.
		joined := star && variable(part) && strings.IndexByte("-._", between) >= 0
		if between != 0 && !joined {
			out.WriteByte(between)
		}
		switch {
		case joined:
		case variable(part):
			out.WriteByte('*')
		default:
			out.WriteString(escape(part))
		}
		star, between = variable(part), next
	}
	return out.String()
}

func separates(r rune) bool { return strings.ContainsRune(":/|.-_@#{}", r) }

// variable says whether a part is an id and not a word: a number, or letters and
// digits mixed, or long hexadecimal, or not text.
func variable(part string) bool {
	digits, hex := 0, 0
	for i := range len(part) {
		c := part[i]
		if c < ' ' || c > '~' {
			return true
		}
		if c >= '0' && c <= '9' {
			digits++
		}
		if strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 {
			hex++
		}
	}
	if digits == 0 {
		return hex == len(part) && len(part) >= 12
	}
	return digits == len(part) || len(part) >= 6 && digits*4 >= len(part) || hex == len(part) && len(part) >= 4
}

// escape keeps the meaning of a glob's own characters.
func escape(part string) string {
	if !strings.ContainsAny(part, `*?\`) {
		return part
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(part)
}
