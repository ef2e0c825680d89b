package dns

import (
	"cmp"
	"slices"

	"github.com/shakedown-dev/shakedown/dns/name"
)

// Source is where wanted records come from, such as a document. All that it owns and does
// not want any more is deleted; nothing is when it wants nothing at all, which looks like a
// mistake.
type Source struct {
	Owner    Owner
	Registry Registry
	// Private says that the records are those of private zones.
	Private bool
	// Zones are the ids of the only zones that may be changed; empty means all.
	Zones   []string
	Records []Record
}

// Zone is a hosted zone.
type Zone struct {
	ID      string    `json:"id"`
	Name    name.Name `json:"name"`
	Private bool      `json:"private,omitempty"`
}

// Contents are a zone and all its records.
type Contents struct {
	Zone
	Records []Record
}

// Takes says whether the source's records may be in the zone.
func (s Source) Takes(z Zone) bool {
	return s.Private == z.Private && (len(s.Zones) == 0 || slices.Contains(s.Zones, z.ID))
}

// ZonesFor are the zones that some source may have records in: also those in which it wants
// nothing now, since it may have wanted something there before.
func ZonesFor(zones []Zone, sources []Source) []Zone {
	return slices.DeleteFunc(slices.Clone(zones), func(z Zone) bool {
		return !slices.ContainsFunc(sources, func(s Source) bool { return s.Takes(z) })
	})
}

// zoneOf is the zone that a name belongs to: that with the longest name. Where several
// have this name, it is all of them.
func (s Source) zoneOf(zones []*state, n name.Name) (found []*state) {
	for _, z := range zones {
		if s.Takes(z.Zone) && n.Within(z.Name) {
			found = append(found, z)
		}
	}
	longest := slices.MaxFunc(append(found, &state{}), func(a, b *state) int { return cmp.Compare(len(a.Name), len(b.Name)) })
	return slices.DeleteFunc(found, func(z *state) bool { return z.Name != longest.Name })
}
