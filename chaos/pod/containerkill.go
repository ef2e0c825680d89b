package pod

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// ContainerKillName is the name of the fault that kills one container of a pod.
const ContainerKillName = "container-kill"

// MarkHelperAccepted is the first mark of a killed container.
const MarkHelperAccepted = "helper-accepted"

// helperTime is how long the helper may take to start, its image included. It does
// nothing afterwards.
const helperTime = 30 * time.Second

// Striker kills containers.
type Striker interface {
	// Strike adds a helper to exactly that pod, which kills the container. It returns when
	// the API server has accepted the helper, and does nothing when it has the helper
	// already. The helper acts before the deadline of ctx and before Within is over, or not
	// at all. Errors: as Kill, and ErrChanged when the container does not run.
	Strike(ctx context.Context, s Strike) error
}

// Strike is one container that is to be killed.
type Strike struct {
	// Pod is the victim's pod, by its UID.
	Pod       events.Victim
	Container string
	// Helper is the name of the helper.
	Helper string
	Within time.Duration
	// Try asks the API server whether it would accept the helper, and changes nothing.
	Try bool
}

// containerKill kills one container and leaves its pod where it is. It works by an
// ephemeral container in the process namespace of its victim, so that it needs neither
// a program in the image of the victim nor anything of the node.
type containerKill struct {
	about   chaos.Description
	cluster ground
}

var _ chaos.Kind = containerKill{}

func newContainerKill(c ground) chaos.Kind {
	asked := bounded(append(guards(), containerGuards(nil)...))
	return containerKill{cluster: c, about: chaos.Description{FaultKind: events.FaultKind{
		Name: ContainerKillName, Victims: "containers", Duration: events.DurationNone,
		Summary: "kills one container of each pod, whatever its image has; the pod stays and the kubelet starts the container again",
		Revert:  "the kubelet starts the container again; the helper that killed it has ended and stays listed in the pod until the pod is gone",
		Params:  containerParams().Schema(), Guards: asked,
		Needs: needs(events.Permission{Resource: "pods", Verbs: []string{"get"}},
			events.Permission{Resource: "pods/ephemeralcontainers", Verbs: []string{"update"}}),
		Marks: []events.FaultMark{
			{Name: MarkHelperAccepted, Role: events.RoleSent, Label: "Helper accepted by the API server"},
			{Name: MarkContainerEnded, Role: events.RoleEffect, Label: "Container killed"},
			{Name: MarkContainerStarted, Label: "Container started again"},
			{Name: MarkContainerReady, Role: events.RoleHealed, Label: "Container Ready again"},
		},
	}}}
}

// Describe is what was said of it when it was made.
func (k containerKill) Describe() chaos.Description { return k.about }

// chosen is the parameter of a killed container.
type chosen struct{ container string }

func containerParams() chaos.Params[chosen] {
	return chaos.Params[chosen]{{
		Name: "container", Schema: chaos.Schema{Type: "string", Description: "which container of the pod; needed when it has several"},
		Read: func(raw json.RawMessage, into *chosen) error {
			if err := json.Unmarshal(raw, &into.container); err != nil || !events.IsDNSLabel(into.container) {
				return fmt.Errorf("is %.40s, want the name of a container", raw)
			}
			return nil
		},
	}}
}

// Check says what is wrong with the target and the parameters.
func (containerKill) Check(r events.FaultInject) events.Problems {
	_, problems := containerParams().Parse(r.Params)
	return append(checkTarget(r), problems...)
}

// Survey reads the namespace, draws pods, and asks whether a helper would be let in.
func (k containerKill) Survey(ctx context.Context, req events.FaultInject, seed uint64) (chaos.Survey, error) {
	params, problems := containerParams().Parse(req.Params)
	if len(problems) > 0 {
		return nil, problems
	}
	a, err := newAim(ctx, k.cluster, req, seed)
	if err != nil {
		return nil, err
	}
	before := keptContainers{Containers: make(map[string]Container)}
	hits := make([]strikable, 0, len(a.pods))
	for _, p := range a.pods {
		hit := strikable{pod: p, victim: p.containerVictim(params.container)}
		hit.container, _ = p.container(containerOf(hit.victim.Victim))
		before.Containers[hit.victim.ID] = hit.container
		if hit.refusal() == "" {
			hit.asked, hit.denied = true, k.cluster.Strike(ctx, strikeOf(req, hit.victim.Victim, true))
		}
		a.victims, hits = append(a.victims, hit.victim), append(hits, hit)
	}
	a.guards, a.kept = append(guards(), containerGuards(hits)...), before
	a.begin, a.streams = beginContainers, []stream{watchOf(k.cluster, a.seen)}
	return k.cluster.bound(ctx, a), nil
}

// containerVictim is the container of that name, or the only one, as a victim.
func (p Pod) containerVictim(name string) chaos.Victim {
	if name == "" && len(p.Containers) == 1 {
		name = p.Containers[0].Name
	}
	v := p.victim()
	v.Kind, v.ID, v.Name = "container", p.UID+"/"+name, p.Name+"/"+name
	return v
}

// containerOf is the name of the container that is a victim, podOf the pod.
func containerOf(v events.Victim) string {
	_, name, _ := strings.Cut(v.Name, "/")
	return name
}

func podOf(v events.Victim) events.Victim {
	v.Name, _, _ = strings.Cut(v.Name, "/")
	return v
}

func strikeOf(req events.FaultInject, v events.Victim, try bool) Strike {
	return Strike{Pod: podOf(v), Container: containerOf(v), Helper: helperName(req.Fault, v), Within: min(helperTime, req.Budget.Std()), Try: try}
}

// helperName is one for each fault and container.
func helperName(fault string, v events.Victim) string {
	return "shakedown-" + events.Digest(fault, v.ID)[:12]
}

// Undo says what is left to do after a container was killed.
func (containerKill) Undo(o chaos.Order) []string {
	steps := make([]string, 0, len(o.Victims))
	for _, v := range o.Victims {
		steps = append(steps, fmt.Sprintf("see container %s (pod uid %s) run again; the kubelet starts it, and the helper %s does nothing %s after it was sent",
			v.Name, v.UID, helperName(o.Request.Fault, v.Victim), helperTime))
	}
	return steps
}

// Writes is one for each container.
func (containerKill) Writes(o chaos.Order) []events.FaultWrite {
	calls := make([]events.FaultWrite, 0, len(o.Victims))
	for _, v := range o.Victims {
		p := podOf(v.Victim)
		calls = append(calls, events.FaultWrite{
			Verb: "update", Resource: "pods/ephemeralcontainers", Namespace: v.Namespace, Name: p.Name,
			Text: fmt.Sprintf("add the ephemeral container %s to pod %s in namespace %s, if its uid is %s and nothing has changed it since it was read right before; it kills process 1 of container %s within %s, or does nothing",
				helperName(o.Request.Fault, v.Victim), p.Name, v.Namespace, v.UID, containerOf(v.Victim), helperTime),
		})
	}
	return calls
}

// Inject sends the helper, whose time counts from when the ledger says that it was sent.
func (k containerKill) Inject(ctx context.Context, o chaos.Order, v events.Victim) error {
	if i := slices.IndexFunc(o.Victims, func(e chaos.Victim) bool { return e.ID == v.ID }); i >= 0 && !o.Victims[i].Sent.IsZero() {
		bounded, cancel := context.WithDeadline(ctx, o.Victims[i].Sent.Add(helperTime))
		defer cancel()
		ctx = bounded
	}
	return answer(k.cluster.Strike(ctx, strikeOf(o.Request, v, false)))
}

// Effect reads whether the helper is in the pod, and how it fared.
func (k containerKill) Effect(ctx context.Context, o chaos.Order, v events.Victim) (in bool, seen string, err error) {
	s, err := k.cluster.Survey(ctx, o.Request.Namespace, o.Request.Target.Labels)
	if err != nil {
		return false, "", err
	}
	p, there := s.pod(v.UID)
	if !there {
		return false, "its pod is gone", nil
	}
	h, sent := p.helper(helperName(o.Request.Fault, v))
	switch {
	case !sent:
		return false, "it runs on: no helper is in its pod", nil
	case h.Ended != nil && h.Ended.Code != 0:
		return false, h.failure(), nil
	}
	return true, "", nil
}

// failure is why a helper that has ended did nothing.
func (h Helper) failure() string {
	return fmt.Sprintf("helper %s ended with code %d: %s", h.Name, h.Ended.Code, strings.TrimSpace(h.Ended.Message+" "+h.Ended.Reason))
}

// Revert waits for helpers that may still act, for a fault that is closed has no effect any
// more. It names those that have not ended although their time is over.
func (k containerKill) Revert(ctx context.Context, o chaos.Order) ([]string, error) {
	if len(o.Hit()) == 0 {
		return nil, nil
	}
	s, err := k.cluster.Survey(ctx, o.Request.Namespace, o.Request.Target.Labels)
	switch {
	case isGone(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("find helpers that have not ended: %w", err)
	}
	var residue []string
	for _, v := range o.Victims {
		p, _ := s.pod(v.UID)
		h, there := p.helper(helperName(o.Request.Fault, v.Victim))
		if !v.Hit || !there || h.Ended != nil {
			continue
		}
		if left := v.Sent.Add(helperTime).Sub(s.At); left > 0 {
			return nil, fmt.Errorf("helper %s of pod %s/%s has not ended (%s), and may act for another %s", h.Name, v.Namespace, p.Name, h.Waiting, left.Round(time.Second))
		}
		residue = append(residue, fmt.Sprintf("helper %s of pod %s/%s has not ended (%s); its time is over, and it kills nothing any more",
			h.Name, v.Namespace, p.Name, h.Waiting))
	}
	return residue, nil
}

// Resume surveys the namespace again and follows from there.
func (k containerKill) Resume(ctx context.Context, o chaos.Order) (chaos.Follower, error) {
	seen, err := resurvey(ctx, k.cluster, o)
	if err != nil {
		return nil, err
	}
	return followAgain(ctx, beginContainers, seen, watchOf(k.cluster, seen))
}
