package envs

import (
	"cmp"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// Verb is what a step does to an object.
type Verb string

// The verbs of a plan.
const (
	Create Verb = "create"
	Update Verb = "update"
	// Keep applies an object that was applied in this form before: it changes
	// nothing unless someone else altered a field of ours.
	Keep  Verb = "keep"
	Prune Verb = "prune"
)

// Step is one change of a plan. Steps of one Stage may be taken at the same
// time; a stage begins when the one before has ended.
type Step struct {
	Verb  Verb
	Stage int
	Ref
	// Object is what to apply; Live is what to prune.
	Object Object
	Live   Live
}

// Plan are the steps that lead from what is there to what is wanted.
type Plan []Step

// The stages of a plan.
const (
	stageNamespace = iota
	stageObjects
	stagePrune
)

// NewPlan compares what is wanted with what is there. An object of ours that is
// not wanted any more is pruned; an object of someone else never gets into a
// plan. Errors: *events.Error of KindRefused, when the namespace or the name of
// an object belongs to someone else.
func NewPlan(wanted []Object, now Current, owner events.Owner, from Origin) (Plan, error) {
	var plan Plan
	for _, o := range wanted {
		live := now.find(o.Ref)
		if live == nil {
			plan = append(plan, Step{Verb: Create, Stage: stageOf(o.Ref), Ref: o.Ref, Object: o})
			continue
		}
		if err := refuse(*live, owner, from); err != nil {
			return nil, err
		}
		plan = append(plan, Step{Verb: verbFor(o, *live), Stage: stageOf(o.Ref), Ref: o.Ref, Object: o, Live: *live})
	}
	for _, live := range now.Objects {
		if live.ours(owner) && !wants(wanted, live.Ref) {
			plan = append(plan, Step{Verb: Prune, Stage: stagePrune, Ref: live.Ref, Live: live})
		}
	}
	slices.SortStableFunc(plan, func(a, b Step) int { return cmp.Compare(a.Stage, b.Stage) })
	return plan, nil
}

// Changes are the steps that change something, as far as our own writes go.
func (p Plan) Changes() Plan {
	return slices.DeleteFunc(slices.Clone(p), func(s Step) bool { return s.Verb == Keep })
}

// disturbs says whether the plan changes what runs, and not only what is noted of it.
func (p Plan) disturbs() bool {
	return slices.ContainsFunc(p.Changes(), func(s Step) bool { return s.Kind != kindNamespace })
}

// stage are the steps of one stage.
func (p Plan) stage(n int) Plan {
	return slices.DeleteFunc(slices.Clone(p), func(s Step) bool { return s.Stage != n })
}

func verbFor(o Object, live Live) Verb {
	if live.Annotations[AnnotationDigest] == digestOf(o) {
		return Keep
	}
	return Update
}

func stageOf(r Ref) int {
	if r.Kind == kindNamespace {
		return stageNamespace
	}
	return stageObjects
}

func wants(wanted []Object, r Ref) bool {
	return slices.ContainsFunc(wanted, func(o Object) bool { return o.Ref == r })
}

func (c Current) find(r Ref) *Live {
	if r.Kind == kindNamespace {
		return c.Namespace
	}
	for i := range c.Objects {
		if c.Objects[i].Ref == r {
			return &c.Objects[i]
		}
	}
	return nil
}
