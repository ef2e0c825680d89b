package dns

import (
	"cmp"
	"slices"

	"github.com/shakedown-dev/shakedown/dns/name"
)

// Action says what a change does.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	// Forget deletes a TXT record whose record is gone.
	Forget Action = "forget"
)

// Change is that of one record, with the TXT record that says who owns it.
type Change struct {
	Action Action `json:"action"`
	Zone   Zone   `json:"zone"`
	// Old and New are the record before and after, nil for none.
	Old *Record `json:"old,omitempty"`
	New *Record `json:"new,omitempty"`
	// Owner is whose the record is.
	Owner Owner `json:"owner"`

	oldTXT, newTXT *Record
}

// Edit is a part of a batch. A record is deleted only if it is exactly so, and created
// only if there is none: whoever changed it in the meantime makes the batch fail.
type Edit struct {
	Delete bool
	Record Record
}

// Key is that of the record.
func (c Change) Key() Key {
	if c.New != nil {
		return c.New.Key()
	}
	return c.Old.Key()
}

// String is "create www.shop.example A".
func (c Change) String() string { return string(c.Action) + " " + c.Key().String() }

// edits are those of several changes that belong together: what is deleted comes first, so
// that a simple record can become one of a set.
func edits(changes []Change) []Edit {
	var gone, made []Edit
	for _, c := range changes {
		for _, r := range []*Record{c.Old, c.oldTXT} {
			if r != nil {
				gone = append(gone, Edit{Delete: true, Record: *r})
			}
		}
		for _, r := range []*Record{c.New, c.newTXT} {
			if r != nil {
				made = append(made, Edit{Record: *r})
			}
		}
	}
	return append(gone, made...)
}

// byName sorts changes by zone and name, then by type and set.
func byName(a, b Change) int {
	return cmp.Or(cmp.Compare(a.Zone.Name, b.Zone.Name), cmp.Compare(a.Zone.ID, b.Zone.ID), compareKeys(a.Key(), b.Key()))
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Set, b.Set))
}

// units are the changes of each name of a zone, which are made together or not at all.
func units(changes []Change) (all [][]Change) {
	var last name.Name
	for i, c := range changes {
		if i == 0 || c.Key().Name != last {
			all = append(all, nil)
		}
		last = c.Key().Name
		all[len(all)-1] = append(all[len(all)-1], c)
	}
	return all
}

// perZone are the changes of each zone.
func perZone(changes []Change) (all [][]Change) {
	for i, c := range changes {
		if i == 0 || c.Zone != changes[i-1].Zone {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], c)
	}
	return all
}

// Limits are those of one batch: records, each value counted, and characters of values.
type Limits struct{ Records, Characters int }

// DefaultLimits are those of Route 53.
func DefaultLimits() Limits { return Limits{Records: 1000, Characters: 32_000} }

// size counts what edits take of a batch.
func size(list []Edit) (s Limits) {
	for _, e := range list {
		s.Records += max(1, len(e.Record.Values))
		s.Characters += len(e.Record.Alias.Target)
		for _, v := range e.Record.Values {
			s.Characters += len(v)
		}
	}
	return s
}

// batches puts the units of a zone into as few batches as they fit in, in their order. A
// unit that fits into none is in tooLarge.
func (l Limits) batches(list [][]Change) (batches [][][]Change, tooLarge [][]Change) {
	var room Limits
	for _, unit := range list {
		s := size(edits(unit))
		switch {
		case s.Records > l.Records || s.Characters > l.Characters:
			tooLarge = append(tooLarge, unit)
			continue
		case s.Records > room.Records || s.Characters > room.Characters:
			batches, room = append(batches, nil), l
		}
		room.Records, room.Characters = room.Records-s.Records, room.Characters-s.Characters
		last := &batches[len(batches)-1]
		*last = append(*last, unit)
	}
	return batches, tooLarge
}

// Batches is how many batches a plan takes.
func (p Plan) Batches(l Limits) (n int) {
	for _, zone := range perZone(p.Changes) {
		batches, _ := l.batches(units(zone))
		n += len(batches)
	}
	return n
}

// Deletes is how many records a plan deletes, TXT records of those that are gone among
// them.
func (p Plan) Deletes() (n int) {
	for _, c := range p.Changes {
		if c.Action == Delete || c.Action == Forget {
			n++
		}
	}
	return n
}

// sorted are changes in the order of byName.
func sorted(changes []Change) []Change {
	slices.SortFunc(changes, byName)
	return changes
}
