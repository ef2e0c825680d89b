package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// maxWeight bounds a weight, so that their sum is a number.
const maxWeight = 1000

func (v *validator) monkey(key string, m Monkey) {
	v.chance(key, m)
	if _, err := ParseHours(m.Hours); m.Hours == "" {
		v.found.Add(key+".hours", "is missing: write a span of time such as 09:00-16:00")
	} else if err != nil {
		v.found.Add(key+".hours", "%v", err)
	}
	if _, err := ParseWeekdays(m.Weekdays); err != nil {
		v.found.Add(key+".weekdays", "%v", err)
	}
	v.oneOf(key+".grouping", m.Grouping, Groupings()...)
	v.found.Check(len(m.OptIn.Labels)+len(m.OptIn.Annotations) > 0, key+".optIn",
		"is empty: name a label or an annotation, since nothing is hit that has not asked for it")
	v.labels(key+".optIn.labels", m.OptIn.Labels)
	v.labels(key+".optIn.annotations", m.OptIn.Annotations)
	for i, e := range m.Except {
		v.found.Check(e != Exception{}, fmt.Sprintf("%s.except[%d]", key, i), "is empty: it would leave out everything")
	}
	v.found.Check(len(m.Faults) > 0, key+".faults", "has no fault: nothing would be done")
	for i, f := range m.Faults {
		v.fault(fmt.Sprintf("%s.faults[%d]", key, i), f)
	}
}

// chance checks mean and gap.
func (v *validator) chance(key string, m Monkey) {
	gap := max(m.Gap, 1)
	switch {
	case m.Gap < 0:
		v.found.Add(key+".gap", "is %d, want at least 1", m.Gap)
	case m.Mean == 0:
		v.found.Add(key+".mean", "is missing: write how many working days pass between two faults in a group, on average")
	case !(m.Mean >= 1 && m.Mean <= maxMean):
		v.found.Add(key+".mean", "is %v, want 1 to %d working days", m.Mean, maxMean)
	case m.Mean < float64(gap):
		v.found.Add(key+".mean", "is %v, which is less than the gap of %d: no chance can bring that about", m.Mean, gap)
	}
}

// fault asks the kind of the fault, where the kinds are known.
func (v *validator) fault(key string, f Fault) {
	if f.Weight < 0 || f.Weight > maxWeight {
		v.found.Add(key+".weight", "is %d, want 1 to %d", f.Weight, maxWeight)
	}
	v.found.Check(f.Count >= 0, key+".count", "is %d, want at least 1", f.Count)
	v.found.Check(f.Percent >= 0 && f.Percent <= 100, key+".percent", "is %d, want 1 to 100", f.Percent)
	v.found.Check(f.Count == 0 || f.Percent == 0, key, "has both count and percent")
	switch known := v.checks.Faults; {
	case f.Fault == "":
		v.found.Add(key+".fault", "is missing%s", listed(known))
	case len(known) == 0:
	case !slices.Contains(known, f.Fault):
		v.found.Add(key+".fault", "%q is not a fault of this version; there are %s", f.Fault, strings.Join(known, ", "))
	case v.checks.Fault != nil:
		v.below(key, v.checks.Fault(f))
	}
}

func listed(known []string) string {
	if len(known) == 0 {
		return ""
	}
	return "; there are " + strings.Join(known, ", ")
}

// below adds problems whose keys are relative to the key.
func (v *validator) below(key string, found events.Problems) {
	for _, p := range found {
		if p.Key = key + "." + p.Key; strings.HasSuffix(p.Key, ".") {
			p.Key = key
		}
		v.found = append(v.found, p)
	}
}
