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
