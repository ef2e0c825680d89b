package envs

import (
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// isServiceLabel says whether s is an RFC 1035 DNS label: it begins with a letter.
func isServiceLabel(s string) bool {
	return events.IsDNSLabel(s) && isLower(rune(s[0]))
}

// isLabelKey says whether s may be the key of a Kubernetes label or annotation.
func isLabelKey(s string) bool {
	prefix, name, found := strings.Cut(s, "/")
	if !found {
		return isQualified(prefix)
	}
	return isDomain(prefix) && isQualified(name)
}

// isLabelValue says whether s may be the value of a Kubernetes label.
func isLabelValue(s string) bool { return s == "" || isQualified(s) }

func isQualified(s string) bool {
	if s == "" || len(s) > events.MaxDNSLabel || !isAlnum(rune(s[0])) || !isAlnum(rune(s[len(s)-1])) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !isAlnum(r) && !strings.ContainsRune("-_.", r) }) < 0
}

func isDomain(s string) bool {
	if len(s) > 253 {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !events.IsDNSLabel(part) {
			return false
		}
	}
	return true
}

func isVariable(s string) bool { return isSecretKey(s) && !isDigit(rune(s[0])) }

// isSecretKey says whether s may be a key of a Secret.
func isSecretKey(s string) bool {
	if s == "" || s == "." || s == ".." || len(s) > 253 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !isAlnum(r) && !strings.ContainsRune("-_.", r) }) < 0
}

func isLower(r rune) bool { return r >= 'a' && r <= 'z' }
func isDigit(r rune) bool { return r >= '0' && r <= '9' }
func isAlnum(r rune) bool { return isLower(r) || isDigit(r) || r >= 'A' && r <= 'Z' }
