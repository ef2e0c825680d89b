package dns

import (
	"cmp"
	"slices"
)

// Listed is a record of a zone with its owner.
type Listed struct {
	Zone   Zone   `json:"zone"`
	Record Record `json:"record"`
	// Owner is nil for a record that belongs to nobody.
	Owner *Owner `json:"owner,omitempty"`
	// Orphan says that it is a TXT record of a registry whose record is gone.
	Orphan bool `json:"orphan,omitempty"`
}

// List shows all records of the zones with their owners, as a registry names them, and
// the TXT records of the registry whose records are gone.
func List(zones []Contents, r Registry) (all []Listed) {
	for _, contents := range zones {
		z := newState(contents)
		used := map[Key]bool{}
		for _, record := range z.records {
			one := Listed{Zone: z.Zone, Record: record}
			if c, _, ok := z.owner(r, record); ok {
				used[c.txt.Key()], one.Owner = true, &c.owner
			}
			all = append(all, one)
		}
		for _, c := range z.txts {
			if !used[c.txt.Key()] {
				all = append(all, Listed{Zone: z.Zone, Record: c.txt, Owner: &c.owner, Orphan: true})
			}
		}
	}
	slices.SortFunc(all, func(a, b Listed) int {
		return cmp.Or(cmp.Compare(a.Zone.Name, b.Zone.Name), cmp.Compare(a.Zone.ID, b.Zone.ID), compareKeys(a.Record.Key(), b.Record.Key()))
	})
	return all
}
