package probe

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Table is the kinds of probes that there are.
type Table []Kind

// Names are those of the kinds, in order.
func (t Table) Names() []string {
	var names []string
	for _, k := range t {
		names = append(names, k.Kind().Name)
	}
	slices.Sort(names)
	return names
}

// Find is the kind with the name, nil when there is none.
func (t Table) Find(name string) Kind {
	for _, k := range t {
		if k.Kind().Name == name {
			return k
		}
	}
	return nil
}

// Parts are empty parts by the names of the kinds, made anew by each call.
func (t Table) Parts() map[string]any {
	parts := map[string]any{}
	for _, k := range t {
		info := k.Kind()
		parts[info.Name] = info.Part
	}
	return parts
}

// Validate reports everything that is wrong with a document.
func (t Table) Validate(d spec.Document) events.Problems {
	_, problems := t.Read(d)
	return problems
}

// ValidateWith is Validate with the checks of faults as well, which are the caller's.
func (t Table) ValidateWith(d spec.Document, faults spec.Checks) events.Problems {
	_, problems := t.read(d, faults)
	return problems
}

// Read checks a document and reads its probes, in the order of the hypothesis. There are
// none when there are problems.
func (t Table) Read(d spec.Document) ([]Probe, events.Problems) { return t.read(d, spec.Checks{}) }

func (t Table) read(d spec.Document, checks spec.Checks) ([]Probe, events.Problems) {
	probes := make([]Probe, len(d.Spec.Hypothesis))
	checks.Probes = t.Names()
	checks.Probe = func(i int, p spec.Probe) events.Problems {
		var found events.Problems
		probes[i], found = t.Find(p.Kind()).Check(p.Parts[p.Kind()])
		if len(found) == 0 {
			found = append(checkReach(d.WithDefaults().Spec, i, probes[i]), checkTimeout(d.WithDefaults().Spec, probes[i])...)
		}
		return found
	}
	problems := d.Validate(checks)
	if len(problems) > 0 {
		return nil, problems
	}
	return probes, nil
}

// Missing is what this process lacks to sample the probes of a document: the name of the
// first that it cannot sample, and why; nil when it can sample all.
func (t Table) Missing(d spec.Document) (name string, why *events.Error) {
	for _, p := range d.Spec.Hypothesis {
		if why := lacks(t.Find(p.Kind()), p.Parts[p.Kind()]); why != nil {
			return p.Name, why
		}
	}
	return "", nil
}

func lacks(k Kind, part json.RawMessage) *events.Error {
	if k == nil {
		return nil
	}
	if why := k.Kind().Missing; why != nil {
		return why
	}
	if c, ok := k.(Choosy); ok {
		return c.Lacks(part)
	}
	return nil
}

// Advise says what to do about a problem of the probe; "" when there is nothing to say.
func (t Table) Advise(p record.ProbeSeries, problem record.ProblemKind) string {
	if k := t.Find(p.Kind); k != nil {
		return k.Advise(problem, p.Name)
	}
	return ""
}

// Resolve is a document with its probes as they are run in one place: defaults and
// variables filled in. probes are those that Read has read of it.
func Resolve(d spec.Document, probes []Probe, v spec.Variables) (spec.Document, []Probe, error) {
	d = d.WithDefaults()
	resolved := make([]Probe, len(probes))
	for i, p := range probes {
		resolved[i] = p.Resolve(v)
		raw, err := encode(resolved[i].Part())
		if err != nil {
			return d, nil, fmt.Errorf("encode probe %q: %w", d.Spec.Hypothesis[i].Name, err)
		}
		d.Spec.Hypothesis[i] = d.Spec.Hypothesis[i].With(raw)
	}
	return d, resolved, nil
}

// Series are the empty series of a hypothesis, ready for samples.
func Series(hypothesis []spec.Probe, probes []Probe) []record.ProbeSeries {
	out := make([]record.ProbeSeries, 0, len(probes))
	for i, p := range probes {
		h, c := hypothesis[i], p.Condition()
		out = append(out, record.ProbeSeries{
			Name: h.Name, Kind: h.Kind(), Must: h.Must, Query: c.Query, Statement: c.Statement,
			Compare: c.Compare, Value: c.Value, MaxAge: c.MaxAge, Reach: c.Reach, Limits: c.Limits, Samples: []record.Sample{},
		})
	}
	return out
}
