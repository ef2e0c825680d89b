package mask

import (
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
)

// Finding is a field that looks personal.
type Finding struct {
	Field datamove.Field `json:"field"`
	// As is the kind that fits.
	As string `json:"as"`
	// Why says what in its name or samples it was found by, never a value.
	Why string `json:"why"`
	// Confidence is from 0 to 1; from 0.5 on a field counts as personal.
	Confidence float64 `json:"confidence"`
}

// personal is the confidence from which a field counts as personal.
const personal = 0.5

// Classify finds out from the name and the samples of a field what it holds, and whether
// that counts as personal.
func Classify(f datamove.Field) (Finding, bool) {
	byName, bySample := classifyName(f), classifySamples(f)
	best := byName
	switch {
	case byName.As != "" && byName.As == bySample.As:
		best.Confidence = max(byName.Confidence, bySample.Confidence, 0.95)
		best.Why = byName.Why + "; " + bySample.Why
	case bySample.Confidence > byName.Confidence:
		best = bySample
	}
	best.Field = f
	return best, best.Confidence >= personal
}

// trimmed are the values without the space around them, and without those that are empty.
func trimmed(values []string) (out []string) {
	for _, s := range values {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// classifySamples finds the kind that most of the values have the form of.
func classifySamples(f datamove.Field) (best Finding) {
	seen := trimmed(f.Samples)
	if len(seen) == 0 {
		return Finding{}
	}
	for _, k := range sampleKinds() {
		hits := 0
		for _, s := range seen {
			if k.fits(s) {
				hits++
			}
		}
		share := float64(hits) / float64(len(seen))
		if hits < min(k.atLeast, len(seen)) || hits < k.fewest || share < k.share {
			continue
		}
		confidence := k.confidence * (0.7 + 0.3*share)
		if confidence > best.Confidence {
			best = Finding{As: k.as, Confidence: confidence, Why: fmt.Sprintf("%d of %d samples look like %s", hits, len(seen), k.what)}
		}
	}
	return best
}

// sampleKind is a kind of value that is known by its form, without the name of the field.
type sampleKind struct {
	as, what string
	fits     func(string) bool
	// share of the samples must fit, and atLeast of them or all; in any case as many as
	// fewest.
	share           float64
	atLeast, fewest int
	confidence      float64
}

func sampleKinds() []sampleKind {
	names := newWordlist().set()
	return []sampleKind{
		{"email", "addresses", hasEmail, 0.01, 1, 1, 0.98},
		{"iban", "IBANs", func(s string) bool { return isIBAN([]byte(s)) }, 0.01, 1, 1, 0.98},
		{"card", "card numbers", looksLikeCard, 0.8, 3, 1, 0.9},
		{"phone", "phone numbers", looksLikePhone, 0.5, 2, 1, 0.85},
		{"ip", "IP addresses", looksLikeAddress, 0.5, 2, 1, 0.85},
		{"date", "dates of birth", looksLikeBirth, 0.8, 3, 3, 0.6},
		{"name", "names of people", func(s string) bool { return looksLikeName(s, names) }, 0.4, 2, 2, 0.75},
	}
}

// set is all words as a set.
func (l *wordlist) set() map[string]bool {
	set := map[string]bool{}
	for _, words := range *l {
		for _, w := range words {
			set[w] = true
		}
	}
	return set
}

// hasEmail says whether there is an address anywhere in it.
func hasEmail(s string) bool {
	value := []byte(s)
	for from := 0; ; {
		begin, at, end := nextAddress(value, from)
		if begin == len(value) {
			return false
		}
		domain := s[at+1 : end]
		dot := strings.LastIndexByte(domain, '.')
		if dot > 0 && len(domain)-dot > 2 && isLetter(domain[dot+1]) && !strings.Contains(domain, "..") {
			return true
		}
		from = end
	}
}

// looksLikeCard leaves out what begins as no card does, such as times in milliseconds.
func looksLikeCard(s string) bool {
	return s[0] >= '2' && s[0] <= '6' && isCard([]byte(s)) && len(digitsOf(s)) >= 14
}

// looksLikePhone wants a plus or punctuation; digits alone are just a number.
func looksLikePhone(s string) bool {
	n := len(digitsOf(s))
	rest := strings.Trim(s, "+0123456789 ()-/.")
	if rest != "" || n < 7 || n > 15 || looksLikeDate([]byte(s)) || looksLikeIP([]byte(s)) {
		return false
	}
	if s[0] == '+' {
		return n >= 8
	}
	return s[0] == '(' || s[0] == '0' && strings.ContainsAny(s, " /-") && !strings.Contains(s, ".")
}

func looksLikeAddress(s string) bool { return looksLikeIP([]byte(s)) }

// looksLikeBirth says whether it is a day without a time that somebody alive may be
// born on, and not one of the last years, when most data began.
func looksLikeBirth(s string) bool {
	m, ok := parseMoment([]byte(s))
	return ok && m.hasDate && !m.hasTime && m.year >= 1915 && m.year <= 2006 && !isMarker([]byte(s))
}

// looksLikeName says whether all are capitalised words and the first is a known name.
func looksLikeName(s string, names map[string]bool) bool {
	words := strings.Fields(s)
	if len(words) == 0 || len(words) > 4 {
		return false
	}
	for _, w := range words {
		if w[0] >= 'a' && w[0] <= 'z' || strings.ContainsAny(w, "0123456789_:/@") {
			return false
		}
	}
	first := strings.ToLower(words[0])
	return len(first) > 2 && names[first]
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
