package pod

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// GuardScalers is a guard of outages.
const GuardScalers = "no-other-scaler"

// OutageName is the name of the fault that takes a whole component away.
const OutageName = "component-outage"

// MarkScaledDown is the first mark of an outage.
const MarkScaledDown = "scaled-to-zero"

// Scaler changes how many replicas owners have.
type Scaler interface {
	// Scalers are the HorizontalPodAutoscalers of a namespace. Errors: any.
	Scalers(ctx context.Context, namespace string) ([]Autoscaler, error)
	// Scale reads how many replicas exactly that owner is to have. Errors: chaos.ErrGone,
	// chaos.ErrForbidden.
	Scale(ctx context.Context, v events.Victim) (Scale, error)
	// Rescale changes replicas and note of exactly that owner at once, as long as it is
	// as it was read. Errors: ErrChanged when it is not; else as Kill.
	Rescale(ctx context.Context, v events.Victim, from, to Scale) error
}

// Scale is how many replicas an owner is to have.
type Scale struct {
	Replicas int
	// Note is our annotation, "" for none.
	Note string
	// Version is that of the owner which was read.
	Version string
}

// Autoscaler is a HorizontalPodAutoscaler.
type Autoscaler struct {
	Name string
	// Kind and Target are what it scales; Least is how few replicas it may leave.
	Kind, Target string
	Least        int
	// Above is what controls the autoscaler itself, such as a ScaledObject.
	Above Ref
}

// note is the second place in which the original is kept, beside the ledger: an
// annotation of the owner, written with the same call that scales it.
type note struct {
	Fault    string `json:"fault"`
	Replicas int    `json:"replicas"`
}

func (n note) String() string {
	raw, err := json.Marshal(n)
	if err != nil {
		panic(err) // plain data always encodes
	}
	return string(raw)
}

// outage scales owners to zero, and back to what they were.
type outage struct{ owning }

var _ chaos.Kind = outage{}

func newOutage(c ground) chaos.Kind {
	watched := func(since Survey, _ []events.Victim) []stream { return []stream{watchOf(c, since)} }
	k := outage{owning{cluster: c, begin: beginOutage, streams: watched, guards: outageGuards(nil, nil)}}
	k.about = chaos.Description{FaultKind: events.FaultKind{
		Name: OutageName, Victims: "components", Duration: events.DurationRequired, Params: noParams().Schema(),
		Summary: "scales Deployments and StatefulSets to zero for the duration; needs allowOutage, and asks no disruption budget, for those are about evictions",
		Revert:  "scales back to exactly what was there before, unless somebody else has scaled meanwhile",
		Guards:  bounded(k.guards),
		Needs: needs(append(changeOwners([]string{"get", "patch"}, "Deployment", "StatefulSet"),
			events.Permission{Group: "autoscaling", Resource: "horizontalpodautoscalers", Verbs: []string{"list"}})...),
		Marks: []events.FaultMark{
			{Name: MarkScaledDown, Role: events.RoleSent, Label: "Scaled to zero"},
			{Name: MarkNoneReady, Role: events.RoleEffect, Label: "No pod Ready"},
			{Name: MarkAllReady, Role: events.RoleHealed, Label: "As many pods Ready as before"},
		},
	}}
	return k
}

// Survey reads the namespace and its autoscalers, and draws owners.
func (k outage) Survey(ctx context.Context, req events.FaultInject, seed uint64) (chaos.Survey, error) {
	a, err := k.aim(ctx, req, seed)
	if err != nil {
		return nil, err
	}
	scalers, err := k.cluster.Scalers(ctx, req.Namespace)
	a.guards = outageGuards(scalers, err)
	return k.cluster.bound(ctx, a), nil
}

// Undo says what there is to scale back.
func (outage) Undo(o chaos.Order) []string {
	before, _ := keptOwnersOf(o) // of an order that is about to be written
	steps := make([]string, 0, len(o.Victims))
	for _, v := range o.Victims {
		steps = append(steps, fmt.Sprintf("scale %s in namespace %s (uid %s) from 0 to %d replicas, if it has 0, and remove the annotation %s",
			v.Owner, v.Namespace, v.UID, before.Owners[v.UID].Replicas, events.AnnotationOutage))
	}
	return steps
}

// Writes scale each owner down, and up again.
func (outage) Writes(o chaos.Order) []events.FaultWrite {
	before, _ := keptOwnersOf(o) // of an order that was just made
	var calls []events.FaultWrite
	for _, v := range o.Victims {
		n := before.Owners[v.UID].Replicas
		calls = append(calls,
			patchOf(v.Victim, false, fmt.Sprintf("scale %s in namespace %s from %d replicas to 0 and note that in its annotation %s, if its uid is %s and nothing has changed it since it was read right before",
				v.Owner, v.Namespace, n, events.AnnotationOutage, v.UID)),
			patchOf(v.Victim, true, fmt.Sprintf("after %s scale %s in namespace %s from 0 replicas to %d and remove the annotation; other replicas than 0 are left",
				o.Request.Duration, v.Owner, v.Namespace, n)))
	}
	return calls
}

// patchOf is a patch of an owner in words.
func patchOf(v events.Victim, revert bool, text string) events.FaultWrite {
	return events.FaultWrite{
		Verb: "patch", Group: "apps", Resource: resourceOf(refOf(v).Kind), Namespace: v.Namespace, Name: v.Name, Text: text, Revert: revert,
	}
}

// Inject scales the owner to zero.
func (k outage) Inject(ctx context.Context, o chaos.Order, v events.Victim) error {
	n, err := noteFor(o, v)
	if err != nil {
		return chaos.Untouched(err)
	}
	return answer(k.rescale(ctx, v, n.down))
}

func noteFor(o chaos.Order, v events.Victim) (note, error) {
	before, err := keptOwnersOf(o)
	return note{Fault: o.Request.Fault, Replicas: before.Owners[v.UID].Replicas}, err
}

// rescaleTries is how often an owner may change between reading and scaling it.
const rescaleTries = 10

// rescale reads the scale and changes it as decide says, again while it changes in
// between.
func (k outage) rescale(ctx context.Context, v events.Victim, decide func(Scale) (to Scale, err error)) error {
	var err error
	for range rescaleTries {
		var now, to Scale
		if now, err = k.cluster.Scale(ctx, v); err != nil {
			return err
		}
		if to, err = decide(now); err != nil || to == now {
			return err
		}
		if err = k.cluster.Rescale(ctx, v, now, to); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return err
}

// down is the scale of an owner that the fault takes away. Errors: ErrChanged when it is
// not any more as it was when the fault was decided.
func (n note) down(now Scale) (Scale, error) {
	switch {
	case now.Note == n.String():
		return now, nil
	case now.Note != "":
		return now, fmt.Errorf("%w: it is held at 0 replicas by another fault: %s", ErrChanged, now.Note)
	case now.Replicas != n.Replicas:
		return now, fmt.Errorf("%w: it has %d replicas, and had %d", ErrChanged, now.Replicas, n.Replicas)
	}
	return Scale{Replicas: 0, Note: n.String(), Version: now.Version}, nil
}

// up is the scale of an owner when the fault ends: that from before, unless somebody else
// has scaled it meanwhile, which is left. surely says that the fault has hit it: then it
// is scaled back although somebody has removed the note.
func (n note) up(surely bool, now Scale) Scale {
	to := now
	switch {
	case now.Note == n.String():
		to.Note = ""
	case now.Note != "" || !surely:
		return now
	}
	if now.Replicas == 0 {
		to.Replicas = n.Replicas
	}
	return to
}

// Effect reads whether the owner carries our note, which was written with the scale.
func (k outage) Effect(ctx context.Context, o chaos.Order, v events.Victim) (in bool, seen string, err error) {
	n, err := noteFor(o, v)
	if err != nil {
		return false, "", err
	}
	now, err := k.cluster.Scale(ctx, v)
	switch {
	case isGone(err):
		return false, "it is gone", nil
	case err != nil:
		return false, "", err
	}
	return now.Note == n.String(), fmt.Sprintf("it has %d replicas, and no note of the fault", now.Replicas), nil
}

// Revert scales back, and names what somebody else has scaled.
func (k outage) Revert(ctx context.Context, o chaos.Order) ([]string, error) {
	residue := slices.Clone(o.Left) // what others have done does not go away
	var errs []error
	for _, v := range o.Victims {
		if !v.Hit {
			continue
		}
		left, err := k.revert(ctx, o, v)
		if left != "" && !slices.Contains(residue, left) {
			residue = append(residue, left)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("scale %s in namespace %s back: %w", v.Owner, v.Namespace, err))
		}
	}
	return residue, errors.Join(errs...)
}

func (k outage) revert(ctx context.Context, o chaos.Order, v chaos.Victim) (left string, err error) {
	n, err := noteFor(o, v.Victim)
	if err != nil {
		return "", err
	}
	// What was ended once is not scaled back again: whoever has scaled to zero since meant it.
	var before Scale
	held := o.Reverted.IsZero() && accepted(o, v.ID)
	err = k.rescale(ctx, v.Victim, func(now Scale) (Scale, error) {
		before = now
		return n.up(held, now), nil
	})
	if isGone(err) {
		return "", nil
	}
	return n.left(v.Owner, before, held), err
}

// accepted says whether the injection of a victim is known to have been accepted.
func accepted(o chaos.Order, id string) bool {
	return slices.ContainsFunc(o.Marks, func(m events.RecoveryMarked) bool { return m.Victim == id && m.Role == events.RoleSent })
}

// left says what somebody else has made of an owner while the fault was in effect; ""
// when nobody has. held says that the fault holds it at zero until now. Once it has ended
// an autoscaler may do what it wants.
func (n note) left(owner string, before Scale, held bool) string {
	ours := before.Note == n.String()
	switch {
	case before.Note != "" && !ours:
		return fmt.Sprintf("%s is held by another fault: %s", owner, before.Note)
	case before.Replicas != 0 && (ours || held && before.Replicas != n.Replicas):
		return fmt.Sprintf("%s was scaled to %d replicas by somebody else during the fault, and is left so (it had %d)", owner, before.Replicas, n.Replicas)
	case before.Replicas == 0 && !ours && !held:
		return fmt.Sprintf("%s has 0 replicas, and not by this fault: it is left so (it had %d)", owner, n.Replicas)
	}
	return ""
}

// outageGuards are those of an outage, with what was read for them.
func outageGuards(scalers []Autoscaler, unread error) []guard {
	return append(withoutBudgets(), guard{
		Name: GuardScalers, Question: "is every owner a Deployment or a StatefulSet that has replicas, and that nobody else scales up from zero?",
		Decide: func(e evidence) events.GuardDecision { return nobodyScales(e, scalers, unread) },
	})
}

// nobodyScales refuses owners that cannot be held at zero. An autoscaler leaves alone what
// has zero replicas, unless its own least is zero or something stands above it.
//
// Source: https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/podautoscaler/horizontal.go
func nobodyScales(e evidence, scalers []Autoscaler, unread error) events.GuardDecision {
	if unread != nil {
		return chaos.No("check that the server may list horizontalpodautoscalers", "the autoscalers could not be read: %v", unread)
	}
	var seen []string
	for _, ref := range ownersOf(e.victims) {
		why, advice := e.survey.Owners[ref.UID].unscalable()
		if why != "" {
			return chaos.No(advice, "%s %s", ref, why)
		}
		text := []string{fmt.Sprintf("%s has %d replicas", ref, e.survey.Owners[ref.UID].Desired)}
		for _, s := range scalers {
			if s.Kind != ref.Kind || s.Target != ref.Name {
				continue
			}
			if why, advice := s.fights(e.request.Namespace); why != "" {
				return chaos.No(advice, "%s: %s", ref, why)
			}
			text = append(text, fmt.Sprintf("and HorizontalPodAutoscaler %s leaves it alone while it has none", s.Name))
		}
		seen = append(seen, strings.Join(text, ", "))
	}
	return chaos.Yes("%s", strings.Join(seen, "; "))
}

// unscalable is why an owner cannot be scaled to zero and back.
func (o Owner) unscalable() (why, advice string) {
	switch {
	case o.Kind != "Deployment" && o.Kind != "StatefulSet":
		return "cannot be scaled to zero", "choose pods of a Deployment or a StatefulSet"
	case o.Held != "":
		return "is held at 0 replicas by a fault already: " + o.Held, "shakedown chaos ledger --open"
	case o.Desired == 0:
		return "has 0 replicas already", "scale it up first"
	case o.Above.UID != "":
		return "is managed by " + o.Above.String() + ", which may scale it", "choose a Deployment or a StatefulSet that nothing manages"
	}
	return "", ""
}

// fights is why an autoscaler would scale up what has zero replicas.
func (s Autoscaler) fights(namespace string) (why, advice string) {
	switch {
	case s.Above.Kind == "ScaledObject":
		return fmt.Sprintf("%s (KEDA) scales it from zero by itself", s.Above),
			fmt.Sprintf("kubectl annotate scaledobject %s -n %s autoscaling.keda.sh/paused=true", s.Above.Name, namespace)
	case s.Above.UID != "":
		return fmt.Sprintf("HorizontalPodAutoscaler %s belongs to %s, which may scale it from zero", s.Name, s.Above), "pause " + s.Above.String()
	case s.Least == 0:
		return fmt.Sprintf("HorizontalPodAutoscaler %s may scale it from zero (minReplicas 0)", s.Name), "give the autoscaler minReplicas 1"
	}
	return "", ""
}
