package datamove

import (
	"cmp"
	"slices"
)

// Judge is the verdict on a part from what it holds: equal only with every unit
// and object compared and the same, and with a snapshot. A verdict that is there
// already is never upgraded.
func (p *Part) Judge() Verdict {
	found, reason := p.evidence()
	return worse(p.Verdict, found, &p.Reason, reason)
}

func (p *Part) evidence() (Verdict, string) {
	if p.Snapshot.Method == "" {
		return Incomplete, "the source was never read"
	}
	for _, u := range p.Units {
		if !u.Equal || !same(u.Source, u.Target) || slices.ContainsFunc(u.Chunks, func(c Chunk) bool { return !same(c.Source, c.Target) }) {
			return Different, u.Name + " is not the same on both sides"
		}
	}
	for _, o := range p.Objects {
		if !o.Equal {
			return Different, o.Kind + " " + o.Name + " is not the same on both sides"
		}
	}
	if len(p.Differences) > 0 || p.MoreDifferences != 0 {
		return Different, "there are differences"
	}
	for _, u := range p.Units {
		if u.Source.Checksum == "" && u.Source.Items != 0 {
			return Incomplete, u.Name + " has no checksum"
		}
	}
	return Equal, ""
}

func same(a, b Sum) bool { return a.Items == b.Items && a.Checksum == b.Checksum }

// Judge is the verdict on the run: the worst of its parts, and incomplete
// without any.
func (r *Report) Judge() Verdict {
	if len(r.Parts) == 0 {
		r.Verdict = worse(r.Verdict, Incomplete, &r.Reason, "nothing was compared")
	}
	for i := range r.Parts {
		p := &r.Parts[i]
		p.Verdict = p.Judge()
		r.Verdict = worse(r.Verdict, p.Verdict, &r.Reason, p.Name+": "+p.Reason)
	}
	return r.Verdict
}

// worse is the graver of two verdicts; the reason is replaced when it is the second. A
// word that is no verdict counts as incomplete.
func worse(have, found Verdict, reason *string, why string) Verdict {
	order := []Verdict{"", Equal, Different, Incomplete, Refused}
	if !slices.Contains(order, have) {
		*reason = cmp.Or(*reason, string(have)+" is no verdict")
		have = Incomplete
	}
	if cmp.Compare(slices.Index(order, found), slices.Index(order, have)) <= 0 {
		return have
	}
	if found != Equal {
		*reason = why
	}
	return found
}
