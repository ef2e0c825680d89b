package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

var _ datamove.Masker = (*Policy)(nil)

// minKey is the least length of a key in bytes.
const minKey = 16

// Policy is the rules and the key, ready to be used. It is safe for several goroutines,
// and so are its transforms.
type Policy struct {
	rules       []rule
	fingerprint string
}

// rule is one of the document with what it needs at work.
type rule struct {
	datamove.Rule
	path []step
	kind *kind
}

// kind is a way to mask; all rules of it share it.
type kind struct {
	as     string
	unique bool
	mask   func(e *engine, dst, value []byte) []byte
	pool   sync.Pool
}

// New makes a policy of rules and a key of at least 16 bytes. Errors are
// [events.Problems], all at once.
func New(rules []datamove.Rule, key []byte) (*Policy, error) {
	var problems events.Problems
	if len(key) < minKey {
		problems = append(problems, events.Problem{
			Key: "spec.masking.key", Message: fmt.Sprintf("has %d bytes, want at least %d", len(key), minKey),
		})
	}
	p := &Policy{}
	kinds := newKinds(rules, key)
	for i, r := range rules {
		made := rule{Rule: r, kind: kinds[r.As]}
		problems = append(problems, check(fmt.Sprintf("spec.masking.rules[%d]", i), r)...)
		if r.Path != "" {
			path, err := parsePath(r.Path)
			if err != nil {
				problems = append(problems, events.Problem{Key: fmt.Sprintf("spec.masking.rules[%d].path", i), Message: err.Error()})
			}
			made.path = path
		}
		p.rules = append(p.rules, made)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	fingerprint, err := fingerprintOf(rules, key)
	if err != nil {
		return nil, err
	}
	p.fingerprint = fingerprint
	return p, nil
}

// newKinds makes the kinds. One rule that says unique says it for its kind.
func newKinds(rules []datamove.Rule, key []byte) map[string]*kind {
	letters, words := newLetters(), newWordlist()
	kinds := map[string]*kind{}
	for as, mask := range masks() {
		kinds[as] = &kind{as: as, mask: mask}
	}
	for _, r := range rules {
		if k := kinds[r.As]; k != nil {
			k.unique = k.unique || r.Unique
		}
	}
	for as, k := range kinds {
		k.pool.New = func() any { return newEngine(key, as, k.unique, letters, words) }
	}
	return kinds
}

// masks are the kinds by the word of the rule; null and keep have no function.
func masks() map[string]func(e *engine, dst, value []byte) []byte {
	return map[string]func(e *engine, dst, value []byte) []byte{
		"email": maskEmail, "name": maskName, "phone": maskPhone, "iban": maskIBAN, "card": maskCard, "ip": maskIP,
		"text": maskText, "digits": maskDigits, "uuid": maskUUID, "date": maskDate, "null": nil, "keep": nil,
	}
}

// check says what is wrong with a rule but for its path.
func check(key string, r datamove.Rule) (problems events.Problems) {
	add := func(field, message string) {
		problems = append(problems, events.Problem{Key: key + field, Message: message})
	}
	places := 0
	for _, place := range []string{r.Column, r.Key, r.Object} {
		if place != "" {
			places++
		}
	}
	if places != 1 {
		add("", fmt.Sprintf("names %d of column, key and object, want exactly one", places))
	}
	if r.Field != "" && r.Key == "" {
		add(".field", "is for Redis hashes, so it goes with key")
	}
	if _, known := masks()[r.As]; !known {
		add(".as", fmt.Sprintf("is %q, want one of email, name, phone, iban, card, ip, text, digits, uuid, date, null, keep", r.As))
	}
	if r.Unique && r.As == "null" {
		add(".unique", "cannot hold where every value becomes NULL")
	}
	return problems
}

// fingerprintOf is an HMAC of the rules under the key.
func fingerprintOf(rules []datamove.Rule, key []byte) (string, error) {
	canonical, err := json.Marshal(rules)
	if err != nil {
		return "", fmt.Errorf("encode masking rules: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("shakedown mask fingerprint v1 "))
	mac.Write(canonical)
	return hex.EncodeToString(mac.Sum(nil)[:16]), nil
}

// Fingerprint changes when the rules or the key do, and reveals nothing of either.
func (p *Policy) Fingerprint() string { return p.fingerprint }

// As is the word of the rule.
func (k *kind) As() string { return k.as }

// Mask appends the masked value.
func (k *kind) Mask(dst, value []byte) (masked []byte, null bool, err error) {
	if k.mask == nil {
		return dst, k.as == "null", nil
	}
	e, _ := k.pool.Get().(*engine)
	dst = k.mask(e, dst, value)
	k.pool.Put(e)
	return dst, false, nil
}
