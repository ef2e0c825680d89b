package dns

import (
	"slices"

	"github.com/shakedown-dev/shakedown/dns/name"
)

// state is a zone as it is, arranged for planning.
type state struct {
	Zone
	// records are all but the TXT records of registries.
	records map[Key]Record
	// names has the keys of all records of a name, TXT records of registries among them.
	names map[name.Name][]Record
	// owners has the claims by registry.
	owners map[Registry]claims
	txts   []claim
}

// claims are what TXT records say of records, and the records of each name.
type claims struct {
	of    map[Key]claim
	names map[name.Name][]Key
}

// claim is a TXT record that says who owns a record.
type claim struct {
	owner Owner
	txt   Record
}

func newState(c Contents) *state {
	z := &state{Zone: c.Zone, records: map[Key]Record{}, names: map[name.Name][]Record{}, owners: map[Registry]claims{}}
	for _, r := range c.Records {
		z.names[r.Name] = append(z.names[r.Name], r)
		if owner, ok := ownerOf(r); ok {
			z.txts = append(z.txts, claim{owner, r})
			continue
		}
		z.records[r.Key()] = r
	}
	return z
}

// ownerOf is who a TXT record names as an owner. One that says something else as well is
// no TXT record of a registry.
func ownerOf(r Record) (Owner, bool) {
	if r.Type != TXT || len(r.Values) != 1 {
		return Owner{}, false
	}
	return readOwner(r.Values[0])
}

// claims are those of a registry.
func (z *state) claims(r Registry) claims {
	if known, ok := z.owners[r]; ok {
		return known
	}
	found := claims{of: make(map[Key]claim, len(z.txts)), names: make(map[name.Name][]Key, len(z.txts))}
	for _, c := range z.txts {
		if n, t, ok := r.owned(c.txt.Name); ok {
			key := Key{n, t, c.txt.Routing.Set}
			found.of[key] = c
			found.names[n] = append(found.names[n], key)
		}
	}
	z.owners[r] = found
	return found
}

// owner is whose a record is, as external-dns finds it: by the TXT record for its type, by
// that for CNAME if it is an alias, or by one of an older version, which has no type.
// Exact says that it was the first.
func (z *state) owner(r Registry, rec Record) (c claim, exact, ok bool) {
	of, key := z.claims(r).of, rec.Key()
	if c, ok = of[key]; ok {
		return c, true, true
	}
	if rec.IsAlias() && rec.Type == A {
		key.Type = CNAME
		if c, ok = of[key]; ok {
			return c, false, true
		}
	}
	if rec.Type == AAAA {
		return claim{}, false, false
	}
	key.Type = ""
	c, ok = of[key]
	return c, false, ok
}

// whose says in words whose a record is.
func (z *state) whose(r Registry, rec Record) string {
	c, _, ok := z.owner(r, rec)
	switch {
	case !ok:
		return "belongs to nobody that its TXT records name"
	case c.owner.ID == "":
		return "belongs to an owner whose TXT record gives no name"
	}
	return "belongs to " + c.owner.String()
}

// delegated is the name below the apex that another zone answers for and the name is in,
// "" if there is none.
func (z *state) delegated(n name.Name) name.Name {
	for at := n; at != z.Name && at != ""; _, at = at.Cut() {
		if at != n && slices.ContainsFunc(z.names[at], func(r Record) bool { return r.Type == NS }) {
			return at
		}
	}
	return ""
}

// registryTXT says whether the key is that of a TXT record of a registry.
func (z *state) registryTXT(key Key) bool {
	_, plain := z.records[key]
	return !plain && slices.ContainsFunc(z.names[key.Name], func(r Record) bool { return r.Key() == key })
}
