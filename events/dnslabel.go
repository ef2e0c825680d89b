package events

import "strings"

// MaxDNSLabel is the length of the longest DNS label.
const MaxDNSLabel = 63

// IsDNSLabel says whether s is an RFC 1123 DNS label in lower case. The names of
// documents and of runs are DNS labels, because namespaces, subjects, folders and
// host names are made of them.
func IsDNSLabel(s string) bool {
	if s == "" || len(s) > MaxDNSLabel || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) < 0
}

// Slug turns any text into a DNS label. A text that already is one stays as it
// is. One that has to be altered or shortened keeps a readable beginning and gets a
// hash of the original, so that two texts never share a name.
func Slug(text string) string {
	if IsDNSLabel(text) {
		return text
	}
	mark := Mark(text)
	clean := strings.Trim(strings.Map(labelRune, strings.ToLower(text)), "-")
	for strings.Contains(clean, "--") {
		clean = strings.ReplaceAll(clean, "--", "-")
	}
	clean = strings.TrimRight(clean[:min(len(clean), MaxDNSLabel-len(mark))], "-")
	if clean == "" {
		clean = "env"
	}
	return clean + mark
}

// MarkLength is how many digits a mark has.
const MarkLength = 7

// Mark is the end of a name that was made of a text but does not show all of it.
func Mark(text string) string { return "-" + Digest(text)[:MarkLength] }

func labelRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}
