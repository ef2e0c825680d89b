package node

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// DrainName is the name of the fault that drains nodes.
const DrainName = "node-drain"

const (
	markDrainEnded = "drain-ended"
	markDrained    = "node-drained"
	// afterwards is how long after a drain that did not end its pods may be asked about.
	afterwards = 5 * time.Second
)

// drain cordons a node and evicts its pods.
type drain struct{ fault }

var (
	_ chaos.Kind = drain{}
	_ chaos.Slow = drain{}
)

func newDrain(c Cluster, o Options) chaos.Kind {
	guards, asked := drainGuards()
	f := fault{
		params: drainParams(), guards: guards, cluster: c, options: o,
		takes: func(p Pod) bool { return p.Action == Evict && !p.Finished },
		down: func(n Node, gone bool) string {
			if gone || n.Unschedulable {
				return ""
			}
			return "node " + n.Name + " was not seen cordoned"
		},
		empties: true,
		lives:   func(pod.Pod, keptPod) bool { return true },
	}
	f.about = chaos.Description{FaultKind: events.FaultKind{
		Name: DrainName, Victims: "nodes", Duration: events.DurationRequired,
		Summary: "cordons nodes and evicts their pods through the Eviction API, so that the API server keeps their disruption budgets",
		Revert:  "what was cordoned is uncordoned; a node that was cordoned before stays so",
		Params:  drainParams().Schema(),
		Marks: marks(events.FaultMark{Name: markDrainEnded, Label: "Drain ended"},
			events.FaultMark{Name: markDrained, Label: "Node cordoned and drained"}),
		Guards: asked, Needs: drainNeeds(),
	}}
	return drain{f}
}

// InjectTimeout is the timeout of the drain, and what it takes to say what is left.
func (d drain) InjectTimeout(r events.FaultInject) time.Duration {
	p, problems := read(d.params, r)
	if len(problems) > 0 {
		return defaultTimeout
	}
	return p.timeout + 2*afterwards
}

// Undo says what uncordons the nodes.
func (d drain) Undo(o chaos.Order) []string {
	k, _ := keptOf(o) // what is not known is said as if it had to be done
	var steps []string
	for _, v := range o.Victims {
		steps = append(steps, d.undo(k, v.Victim))
	}
	return steps
}

// Writes are the cordon, an eviction of each pod that goes, and what takes the cordon off.
func (d drain) Writes(o chaos.Order) []events.FaultWrite {
	k, _ := keptOf(o) // without it there is nothing that goes
	var writes []events.FaultWrite
	for _, v := range o.Victims {
		write := events.FaultWrite{Verb: "patch", Resource: "nodes", Name: v.Name}
		write.Text = fmt.Sprintf("cordon node %s and mark it for the fault, if its uid is %s", v.Name, v.ID)
		writes = append(writes, write)
		for _, p := range k.Nodes[v.ID].Lost {
			writes = append(writes, events.FaultWrite{
				Verb: "create", Resource: "pods/eviction", Namespace: p.Namespace, Name: p.Name,
				Text: fmt.Sprintf("evict pod %s in namespace %s, if its uid is %s, again and again until its disruption budgets allow it", p.Name, p.Namespace, p.UID),
			})
		}
		write.Text, write.Revert = d.undo(k, v.Victim), true
		writes = append(writes, write)
	}
	return writes
}

// undo says what is done to a node at the end.
func (drain) undo(k kept, v events.Victim) string {
	if k.Nodes[v.ID].Unschedulable {
		return fmt.Sprintf("take the mark of this fault from node %s (uid %s); it was cordoned before, and stays so", v.Name, v.ID)
	}
	return fmt.Sprintf("uncordon node %s (uid %s) and take the mark of this fault from it", v.Name, v.ID)
}

// Inject cordons the node and evicts its pods. It returns an error that names each pod
// when the drain has not ended in time.
func (d drain) Inject(ctx context.Context, o chaos.Order, v events.Victim) error {
	p, problems := read(d.params, o.Request)
	if len(problems) > 0 {
		return chaos.Untouched(problems)
	}
	was, err := keptOf(o)
	if err != nil {
		return chaos.Untouched(err)
	}
	p.rules.Namespaces = was.letIn(o.Request.Namespace)
	bounded, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	if err := d.cluster.Cordon(bounded, v, o.Request.Fault); err != nil {
		return answer(fmt.Errorf("cordon: %w", err))
	}
	if err := events.CheckFence(ctx); err != nil {
		return mend(ctx, err, func(ctx context.Context) error { return d.cluster.Uncordon(ctx, v, o.Request.Fault) })
	}
	fates, err := d.cluster.Drain(bounded, v, p.rules, p.grace)
	if err == nil {
		return nil
	}
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer stop()
	why := err.Error()
	if bounded.Err() != nil && ctx.Err() == nil {
		why = fmt.Sprintf("the drain did not end within its timeout of %s", p.timeout)
	}
	return fmt.Errorf("%s: %s", why+d.silent(after, v), account(d.blame(after, fates)))
}

// silent says that the node is not Ready, if so: then nobody ends its pods.
func (d drain) silent(ctx context.Context, v events.Victim) string {
	n, gone, err := sameNode(ctx, d.cluster, v)
	if err != nil || gone || n.Ready {
		return ""
	}
	return fmt.Sprintf("; node %s is not Ready (%s)", v.Name, n.Trouble)
}

// blame adds to what is blocked which pods use up its disruption budgets without being
// ready.
func (d drain) blame(ctx context.Context, fates []Fate) []Fate {
	read := make(map[string]pod.Survey)
	for i, f := range fates {
		if f.State != Blocked {
			continue
		}
		s, known := read[f.Pod.Namespace]
		if !known {
			var err error
			if s, err = d.cluster.Survey(ctx, f.Pod.Namespace, everyPod); err != nil {
				fates[i].Why += fmt.Sprintf("; which pods are not ready is not known: %v", err)
				continue
			}
			read[f.Pod.Namespace] = s
		}
		if idle := unready(s, f.Pod.UID); len(idle) > 0 {
			fates[i].Why += "; not ready, and counted by the budget: " + strings.Join(idle, ", ")
		}
	}
	return fates
}

// unready are the pods that share a disruption budget with the pod and are not ready.
func unready(s pod.Survey, uid string) []string {
	var names []string
	for _, b := range s.Budgets {
		if !slices.Contains(b.Covers, uid) {
			continue
		}
		for _, p := range s.Pods {
			if slices.Contains(b.Covers, p.UID) && !p.Ready && !p.Terminating {
				text := p.Name
				if p.Trouble != "" {
					text += " (" + p.Trouble + ")"
				}
				names = append(names, text)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// account lists the pods by what became of them.
func account(fates []Fate) string {
	var parts []string
	for _, state := range []FateState{Evicted, Leaving, Blocked, Skipped} {
		var names []string
		for _, f := range fates {
			if f.State != state {
				continue
			}
			text := f.Pod.String()
			if f.Why != "" {
				text += " (" + f.Why + ")"
			}
			names = append(names, text)
		}
		slices.Sort(names)
		if len(names) > 0 {
			parts = append(parts, string(state)+": "+strings.Join(names, ", "))
		}
	}
	if len(parts) == 0 {
		return "no pod was read"
	}
	return strings.Join(parts, "; ")
}

// Effect reads whether the node has the mark of the fault. Evictions that were accepted
// go on by themselves, and the ones that were not are sent by nobody any more.
func (d drain) Effect(ctx context.Context, o chaos.Order, v events.Victim) (in bool, seen string, err error) {
	n, gone, err := sameNode(ctx, d.cluster, v)
	switch {
	case err != nil:
		return false, "", err
	case gone:
		return false, "the node is gone", nil
	case n.Mark == nil || n.Mark.Fault != o.Request.Fault:
		return false, "it is not cordoned by this fault", nil
	}
	return true, "", nil
}

// sameNode reads a victim; gone says that it, or its name, is another's now.
func sameNode(ctx context.Context, c Cluster, v events.Victim) (n Node, gone bool, err error) {
	n, err = c.Node(ctx, v.Name)
	if isGone(err) || err == nil && n.UID != v.ID {
		return n, true, nil
	}
	return n, false, err
}

// Revert uncordons every node that has the mark of the fault, whether its injection was
// answered or not.
func (d drain) Revert(ctx context.Context, o chaos.Order) ([]string, error) {
	for _, v := range touched(o) {
		if err := d.cluster.Uncordon(ctx, v.Victim, o.Request.Fault); err != nil {
			return nil, fmt.Errorf("uncordon node %s: %w", v.Name, err)
		}
	}
	return nil, nil
}
