package dns

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/shakedown-dev/shakedown/dns/name"
)

// Plan is what makes zones as the sources want them.
type Plan struct {
	Changes []Change  `json:"changes"`
	Refused []Refusal `json:"refused"`
	// Kept are sources that want nothing, so that nothing of theirs is deleted.
	Kept []Kept `json:"kept"`
	// Unchanged is how many records are as they are wanted.
	Unchanged int `json:"unchanged"`
}

// Refusal is a wanted record that is not made.
type Refusal struct {
	Record Record `json:"record"`
	Owner  Owner  `json:"owner"`
	Reason string `json:"reason"`
	Hint   string `json:"hint,omitempty"`
}

// Kept is a source of which nothing is deleted.
type Kept struct {
	Owner   Owner  `json:"owner"`
	Reason  string `json:"reason"`
	Records int    `json:"records"`
}

// Empty says that nothing differs: there is nothing to change, and nothing was refused.
func (p Plan) Empty() bool { return len(p.Changes)+len(p.Refused) == 0 }

// planner builds a plan.
type planner struct {
	Plan
	zones   []*state
	sources []Source
	// wanted are the records by source, zone and name.
	wanted map[place][]Record
	// keys are those of the records that each source wants.
	keys []map[Key]bool
}

// place is a name in a zone, as one source wants it.
type place struct {
	source int
	zone   *state
	name   name.Name
}

// NewPlan compares what sources want with what is in the zones. A record that another
// owner has, or nobody, is never changed: it is refused, and the owner named. All that a
// source wants under one name is done, or nothing of it.
func NewPlan(zones []Contents, sources []Source) Plan {
	p := planner{sources: sources, wanted: map[place][]Record{}}
	for _, z := range zones {
		p.zones = append(p.zones, newState(z))
	}
	slices.SortFunc(p.zones, func(a, b *state) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	for i, s := range sources {
		p.keep(s)
		p.keys = append(p.keys, map[Key]bool{})
		for _, r := range s.Records {
			p.keys[i][r.Key()] = true
			p.want(i, r)
		}
	}
	p.find()
	p.compare()
	p.Changes = sorted(p.Changes)
	slices.SortFunc(p.Refused, func(a, b Refusal) int { return compareKeys(a.Record.Key(), b.Record.Key()) })
	return p.Plan
}

// silent says that nothing of a source is deleted, since it wants nothing.
func (s Source) silent() bool { return len(s.Records) == 0 }

// keep notes a source of which nothing is deleted.
func (p *planner) keep(s Source) {
	if !s.silent() {
		return
	}
	kept := Kept{Owner: s.Owner, Reason: "it wants nothing, which is taken for a mistake"}
	for _, z := range p.zones {
		for _, c := range z.claims(s.Registry).of {
			if s.Takes(z.Zone) && c.owner == s.Owner {
				kept.Records++
			}
		}
	}
	p.Kept = append(p.Kept, kept)
}

// want finds the zone of a wanted record.
func (p *planner) want(source int, r Record) {
	s := p.sources[source]
	zones := s.zoneOf(p.zones, r.Name)
	if reason, hint := misplaced(s, zones, r); reason != "" {
		p.refuse(source, r, reason, hint)
		return
	}
	at := place{source, zones[0], r.Name}
	p.wanted[at] = append(p.wanted[at], r)
}

// misplaced is why a record cannot be in the zones that were found for it.
func misplaced(s Source, zones []*state, r Record) (reason, hint string) {
	switch {
	case len(zones) == 0 && s.Private:
		return "there is no private hosted zone for it", "make the zone first, or look with another account"
	case len(zones) == 0:
		return "there is no public hosted zone for it", "make the zone first, or look with another account; spec.private is for private zones"
	case len(zones) > 1:
		return fmt.Sprintf("%d hosted zones have the name %s, %s among them", len(zones), zones[0].Name, zones[0].ID), "name one of them in spec.zones"
	}
	z := zones[0]
	if sub := z.delegated(r.Name); sub != "" {
		return fmt.Sprintf("the zone %s hands %s over to other name servers", z.Name, sub), "it belongs into the zone " + string(sub)
	}
	if r.Name == z.Name && (r.Type == CNAME || r.Type == NS) {
		return "the name of a zone cannot have a record of type " + string(r.Type), "an alias of type A can point to another name"
	}
	if txt := s.Registry.TXTName(r.Name, r.Type); !txt.Within(z.Name) {
		return fmt.Sprintf("its TXT record %s would be outside of the zone %s", txt, z.Name), `give the registry a prefix that ends in a dot, such as "%{record_type}-owner."`
	}
	return "", ""
}

func (p *planner) refuse(source int, r Record, reason, hint string) {
	p.Refused = append(p.Refused, Refusal{Record: r, Owner: p.sources[source].Owner, Reason: reason, Hint: hint})
}

// find adds the names that sources own and do not want any more.
func (p *planner) find() {
	for i, s := range p.sources {
		if s.silent() {
			continue
		}
		for _, z := range p.zones {
			if !s.Takes(z.Zone) {
				continue
			}
			for key, c := range z.claims(s.Registry).of {
				if at := (place{i, z, key.Name}); c.owner == s.Owner && p.wanted[at] == nil {
					p.wanted[at] = []Record{}
				}
			}
		}
	}
}

// compare decides on each name.
func (p *planner) compare() {
	for _, at := range slices.SortedFunc(maps.Keys(p.wanted), func(a, b place) int { return cmp.Compare(a.source, b.source) }) {
		changes, refused, same := p.decide(at)
		for _, r := range p.wanted[at] {
			if reason := refused[r.Key()]; reason != (objection{}) {
				p.refuse(at.source, r, reason.reason, reason.hint)
			} else if len(refused) > 0 {
				p.refuse(at.source, r, "another record of this name was refused", "")
			}
		}
		if len(refused) == 0 {
			p.Changes, p.Unchanged = append(p.Changes, changes...), p.Unchanged+same
		}
	}
}

// objection is why a record is refused.
type objection struct{ reason, hint string }
