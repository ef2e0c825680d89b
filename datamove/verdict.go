package datamove

import (
	"cmp"
	"slices"
)

// Judge is the verdict on a part from what it holds: equal only with every unit
// and object compared and the same, and with a cut. A verdict that is there
// already is never upgraded.
func (p *Part) Judge() Verdict {
	found, reason := p.evidence()
	return worse(p.Verdict, found, &p.Reason, reason)
}

func (p *Part) evidence() (Verdict, string) {
	if p.Cut.Method == "" {
		return Incomplete, "the source was never read"
	}
	for _, u := range p.Units {
		if !u.Equal || u.Source.Items != u.Target.Items || u.Source.Checksum != u.Target.Checksum {
			return Different, u.Name + " is not the same on both sides"
		}
	}
	for _, o := range p.Objects {
		if !o.Equal {
			return Different, o.Kind + " " + o.Name + " is not the same on both sides"
		}
	}
	if len(p.Differences) > 0 || p.MoreDifferences > 0 {
		return Different, "there are differences"
	}
	return Equal, ""
}

// Judge is the verdict on the run: the worst of its parts, and incomplete
// without any.
func (r *Report) Judge() Verdict {
	if len(r.Parts) == 0 {
		return worse(r.Verdict, Incomplete, &r.Reason, "nothing was compared")
	}
	for i := range r.Parts {
		p := &r.Parts[i]
		p.Verdict = p.Judge()
		r.Verdict = worse(r.Verdict, p.Verdict, &r.Reason, p.Name+": "+p.Reason)
	}
	return r.Verdict
}

// worse is the graver of two verdicts; the reason is replaced when it is the second.
func worse(have, found Verdict, reason *string, why string) Verdict {
	order := []Verdict{"", Equal, Different, Incomplete, Refused}
	if cmp.Compare(slices.Index(order, found), slices.Index(order, have)) <= 0 {
		return have
	}
	if found != Equal {
		*reason = why
	}
	return found
}
