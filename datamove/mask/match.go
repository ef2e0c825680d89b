package mask

import (
	"github.com/shakedown-dev/shakedown/datamove"
)

// Column is the transform of a column, nil when it is copied as it is.
func (p *Policy) Column(database, table, column string) datamove.Transform {
	var d decision
	name := database + "." + table + "." + column
	for i := range p.rules {
		if r := &p.rules[i]; r.Column != "" && datamove.Fits(r.Column, name) && d.take(r) {
			break
		}
	}
	return d.transform(false)
}

// Object is the transform of the content of an object, nil when it is copied as it is.
// JSON may be several documents, one after the other.
func (p *Policy) Object(key string) datamove.Transform {
	var d decision
	for i := range p.rules {
		if r := &p.rules[i]; r.Object != "" && datamove.Fits(r.Object, key) && d.take(r) {
			break
		}
	}
	return d.transform(true)
}

// Grows is how many bytes longer than its input a masked value of the column may be.
// Addresses whose domain has less than six characters may grow up to that in any case.
func (p *Policy) Grows(database, table, column string) int {
	if k, ok := p.Column(database, table, column).(*kind); ok && k.as == "email" && k.unique {
		return len(safeDomain)
	}
	return 0
}

// decision is what the rules that fit a place say: the first without a path decides,
// after those with paths that come before it.
type decision struct {
	paths []*rule
	whole *rule
}

// take adds a rule that fits and says whether there is nothing more to decide.
func (d *decision) take(r *rule) bool {
	if r.path != nil {
		d.paths = append(d.paths, r)
		return false
	}
	d.whole = r
	return true
}

// transform is nil when nothing is masked.
func (d *decision) transform(lines bool) datamove.Transform {
	var rest *kind
	if d.whole != nil && d.whole.As != "keep" {
		rest = d.whole.kind
	}
	masks := false
	for _, r := range d.paths {
		masks = masks || r.As != "keep"
	}
	switch {
	case len(d.paths) > 0 && (masks || rest != nil):
		return newDocument(d.paths, rest, lines)
	case rest != nil:
		return rest
	}
	return nil
}

// Key is how the value of a key is masked, nil when it is not.
func (p *Policy) Key(key string) datamove.KeyMask {
	var rules []*rule
	masks := false
	for i := range p.rules {
		if r := &p.rules[i]; r.Key != "" && datamove.Fits(r.Key, key) {
			rules = append(rules, r)
			masks = masks || r.As != "keep"
		}
	}
	if !masks {
		return nil
	}
	return keyMask(rules)
}

// keyMask is the rules that fit a key.
type keyMask []*rule

func (k keyMask) Field(name string) datamove.Transform {
	var d decision
	for _, r := range k {
		if (r.Field == "" || datamove.Fits(r.Field, name)) && d.take(r) {
			break
		}
	}
	return d.transform(false)
}

func (k keyMask) Value() datamove.Transform {
	var d decision
	for _, r := range k {
		if r.Field == "" && d.take(r) {
			break
		}
	}
	return d.transform(false)
}
