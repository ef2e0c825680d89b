package dns

import (
	"fmt"
	"slices"
)

// decide compares all that a source wants under a name with what is there.
func (p *planner) decide(at place) (changes []Change, refused map[Key]objection, same int) {
	refused = map[Key]objection{}
	for _, r := range p.wanted[at] {
		change, no := p.decideOne(at, r)
		switch {
		case no != (objection{}):
			refused[r.Key()] = no
		case change == nil:
			same++
		default:
			changes = append(changes, *change)
		}
	}
	changes = append(changes, p.unwanted(at)...)
	for _, r := range p.wanted[at] {
		if no := p.clash(at, r, changes); no != (objection{}) && refused[r.Key()] == (objection{}) {
			refused[r.Key()] = no
		}
	}
	for _, c := range changes {
		if no := p.blocked(at, c, changes); no != (objection{}) && refused[c.Key()] == (objection{}) {
			refused[c.Key()] = no
		}
	}
	return changes, refused, same
}

// decideOne compares one wanted record with what is there; no change means that it is so.
func (p *planner) decideOne(at place, want Record) (*Change, objection) {
	s, z := p.sources[at.source], at.zone
	if other, twice := p.twice(at, want); twice {
		return nil, objection{"it is wanted by " + other.String() + " as well", "leave one of them"}
	}
	txt := s.Registry.txt(want, s.Owner)
	c := Change{Action: Create, Zone: z.Zone, New: &want, Owner: s.Owner, newTXT: &txt}
	is, there := z.records[want.Key()]
	claimed, exact, owned := z.owner(s.Registry, want)
	if there {
		claimed, exact, owned = z.owner(s.Registry, is)
		c.Action, c.Old = Update, &is
	}
	switch {
	case !there && at.zone.registryTXT(want.Key()):
		return nil, objection{"its name is that of a TXT record that says who owns another record", "give the registry a prefix"}
	case there && !owned, owned && !p.mine(at, claimed.owner, want.Key()), owned && !exact:
		return nil, p.foreign(at, want, is, there)
	case there && claimed.owner == s.Owner && is.Equal(want):
		return nil, objection{}
	case owned:
		c.oldTXT = &claimed.txt
	}
	return &c, objection{}
}

// mine says whether the source may change a record of the owner: its own, or one that
// another source of the same owner in this plan does not want any more.
func (p *planner) mine(at place, o Owner, key Key) bool {
	s := p.sources[at.source]
	if o == s.Owner {
		return true
	}
	for i, other := range p.sources {
		if other.Owner == o && o.ID == s.Owner.ID && !other.silent() && other.Registry == s.Registry && !p.keys[i][key] {
			return true
		}
	}
	return false
}

// handedOver says whether another source of the same owner takes the record over.
func (p *planner) handedOver(at place, key Key) bool {
	s := p.sources[at.source]
	for i, other := range p.sources {
		if i != at.source && other.Owner.ID == s.Owner.ID && other.Registry == s.Registry && p.keys[i][key] {
			return true
		}
	}
	return false
}

// twice is another source that wants the record, too.
func (p *planner) twice(at place, want Record) (Owner, bool) {
	for i, s := range p.sources {
		other := place{i, at.zone, at.name}
		if i != at.source && slices.ContainsFunc(p.wanted[other], func(r Record) bool { return r.Key() == want.Key() }) {
			return s.Owner, true
		}
	}
	return Owner{}, false
}

// foreign refuses to change what is not ours, and says whose it is.
func (p *planner) foreign(at place, want, is Record, there bool) objection {
	s := p.sources[at.source]
	if !there {
		c, _, _ := at.zone.owner(s.Registry, want)
		return objection{fmt.Sprintf("there is no such record, but the TXT record %s says that it belongs to %s", c.txt.Name, c.owner), "that owner can remove it"}
	}
	if is.Equal(want) {
		return objection{"it is as wanted, but " + at.zone.whose(s.Registry, is), "only its owner can give it away"}
	}
	return objection{fmt.Sprintf("it is there (%s) and %s", is.Answer(), at.zone.whose(s.Registry, is)), "only its owner can change or remove it"}
}

// unwanted deletes what the source owns under the name and does not want any more.
func (p *planner) unwanted(at place) (changes []Change) {
	s, z := p.sources[at.source], at.zone
	if s.silent() {
		return nil
	}
	claims := z.claims(s.Registry)
	for _, key := range claims.names[at.name] {
		c := claims.of[key]
		if c.owner != s.Owner || key.Type == "" || p.keys[at.source][key] || p.handedOver(at, key) {
			continue
		}
		change := Change{Action: Forget, Zone: z.Zone, Old: &c.txt, Owner: s.Owner}
		if is, there := z.records[key]; there {
			change = Change{Action: Delete, Zone: z.Zone, Old: &is, Owner: s.Owner, oldTXT: &c.txt}
		}
		changes = append(changes, change)
	}
	return changes
}
