package dns

// clash is why a wanted record cannot stand beside the others of its name, once the
// changes are made.
func (p *planner) clash(at place, want Record, changes []Change) objection {
	s := p.sources[at.source]
	for _, is := range at.zone.names[at.name] {
		after, there := afterwards(is, changes)
		if !there || after.Key() == want.Key() {
			continue
		}
		if no := beside(want, after); no.reason != "" {
			no.reason += ", which " + at.zone.whose(s.Registry, is)
			return no
		}
	}
	for i, other := range p.sources {
		for _, r := range p.wanted[place{i, at.zone, at.name}] {
			if r.Key() == want.Key() {
				continue
			}
			if no := beside(want, r); no.reason != "" {
				no.reason += ", which " + other.Owner.String() + " wants"
				return no
			}
		}
	}
	return objection{}
}

// afterwards is what becomes of a record by the changes.
func afterwards(is Record, changes []Change) (after Record, there bool) {
	for _, c := range changes {
		for _, old := range []*Record{c.Old, c.oldTXT} {
			if old == nil || old.Key() != is.Key() {
				continue
			}
			if c.New != nil && c.New.Key() == is.Key() {
				return *c.New, true
			}
			return Record{}, false
		}
	}
	return is, true
}

// beside is why two records of one name exclude each other.
func beside(want, other Record) objection {
	switch {
	case want.Type == CNAME && other.Type != CNAME, want.Type != CNAME && other.Type == CNAME:
		return objection{"a CNAME stands alone, and there is " + other.String(), "an alias of type A stands beside others"}
	case want.Type != other.Type:
		return objection{}
	case (want.Routing.Set == "") != (other.Routing.Set == ""):
		return objection{"a simple record and a set exclude each other, and there is " + other.String(), ""}
	case want.Routing.Policy != other.Routing.Policy:
		return objection{"all of a set have one policy, and there is " + other.String() + " with " + string(other.Routing.Policy), ""}
	case want.TTL != other.TTL && !want.IsAlias() && !other.IsAlias():
		return objection{"all of a set have one ttl, and there is " + other.String() + " with another", ""}
	}
	return objection{}
}

// blocked is why the TXT record of a change cannot stand where it belongs: another record
// is there, or wanted.
func (p *planner) blocked(at place, c Change, changes []Change) objection {
	if c.newTXT == nil {
		return objection{}
	}
	var others []Record
	for _, is := range at.zone.names[c.newTXT.Name] {
		if after, there := afterwards(is, changes); there {
			others = append(others, after)
		}
	}
	for i := range p.sources {
		others = append(others, p.wanted[place{i, at.zone, c.newTXT.Name}]...)
	}
	for _, other := range others {
		if keepsOut(*c.newTXT, other) {
			return objection{"its TXT record " + c.newTXT.String() + " cannot stand there, since there is " + other.String(), "give the registry a prefix, or remove that record"}
		}
	}
	return objection{}
}

// keepsOut says whether a TXT record cannot be made beside another record of its name.
func keepsOut(txt, other Record) bool {
	return other.Type == CNAME || other.Type == TXT && (other.Key() == txt.Key() || other.Routing.Policy != txt.Routing.Policy)
}
