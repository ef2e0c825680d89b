package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// KillName is the name of the fault that switches nodes off.
const KillName = "node-kill"

const (
	markPowerOff = "power-off-accepted"
	markNotReady = "node-not-ready"
)

// kill switches the machine of a node off, and on again.
type kill struct {
	fault
	power Power
}

var _ chaos.Kind = kill{}

func newKill(c Cluster, p Power, o Options) chaos.Kind {
	guards := killGuards()
	f := fault{
		params: sharedParams(), guards: guards, cluster: c, options: o,
		takes: func(p Pod) bool { return !p.Static && !p.Finished },
		look:  func(ctx context.Context, e *evidence) { readPower(ctx, p, e) },
		down: func(n Node, gone bool) string {
			if gone || !n.Ready {
				return ""
			}
			return "node " + n.Name + " was not seen not Ready; the API server notices that after the node monitor's grace period"
		},
		lives: func(p pod.Pod, before keptPod) bool { return p.Life != before.Life },
	}
	f.about = chaos.Description{FaultKind: events.FaultKind{
		Name: KillName, Victims: "nodes", Duration: events.DurationRequired,
		Summary: "switches the machines of nodes off, as when a plug is pulled; the duration should be longer than the cluster needs to miss a node",
		Revert:  "the machines are switched on again",
		Params:  sharedParams().Schema(),
		Marks: marks(events.FaultMark{Name: markPowerOff, Label: "Machine switched off"},
			events.FaultMark{Name: markNotReady, Label: "Node not Ready"}),
		Guards: chaos.GuardInfos(guards), Needs: needs(),
	}}
	return kill{f, p}
}

// Undo says what switches the machines on.
func (k kill) Undo(o chaos.Order) []string {
	was, _ := keptOf(o)
	var steps []string
	for _, v := range o.Victims {
		steps = append(steps, fmt.Sprintf("ask the provisioner to switch on node %s of cluster %s", v.Name, was.Cluster))
	}
	return steps
}

// Writes are what the provisioner is asked for: the API server is asked to change nothing.
func (k kill) Writes(o chaos.Order) []events.FaultWrite {
	was, _ := keptOf(o)
	var writes []events.FaultWrite
	for _, v := range o.Victims {
		write := events.FaultWrite{Verb: "update", Resource: "power", Name: v.Name, Service: "provisioner"}
		write.Text = fmt.Sprintf("ask the provisioner to switch off node %s of cluster %s, if its uid is %s", v.Name, was.Cluster, v.ID)
		writes = append(writes, write)
		write.Text, write.Revert = fmt.Sprintf("ask the provisioner to switch on node %s of cluster %s", v.Name, was.Cluster), true
		writes = append(writes, write)
	}
	return writes
}

// Inject switches the machine off. It has no time of its own, so that ctx ends with the
// lease, and with it the time in which the provisioner may act.
func (k kill) Inject(ctx context.Context, o chaos.Order, v events.Victim) error {
	was, err := keptOf(o)
	if err != nil {
		return chaos.Untouched(err)
	}
	_, gone, err := sameNode(ctx, k.cluster, v)
	if gone {
		err = chaos.ErrGone
	}
	if err == nil {
		err = events.CheckFence(ctx)
	}
	if err != nil {
		return chaos.Untouched(err)
	}
	changed, err := k.power.Off(ctx, was.Cluster, v.Name, reason(o))
	if err != nil {
		return answer(err)
	}
	if !changed {
		return chaos.Untouched(errors.New("its machine was off already"))
	}
	if err := events.CheckFence(ctx); err != nil {
		return mend(ctx, err, func(ctx context.Context) error { return k.power.On(ctx, was.Cluster, v.Name, reason(o)) })
	}
	return nil
}

func reason(o chaos.Order) string { return "fault " + o.Request.Fault + " of run " + o.Request.Run }

// Effect asks whether the machine is off.
func (k kill) Effect(ctx context.Context, o chaos.Order, v events.Victim) (in bool, seen string, err error) {
	was, err := keptOf(o)
	if err != nil {
		return false, "", err
	}
	on, err := k.power.Powered(ctx, was.Cluster, v.Name)
	switch {
	case isGone(err):
		return false, "there is no such machine any more", nil
	case err != nil:
		return false, "", err
	case on:
		return false, "its machine is on", nil
	}
	return true, "", nil
}

// Revert switches on what was switched off, whether that was answered or not. A machine
// that is not there any more needs none.
func (k kill) Revert(ctx context.Context, o chaos.Order) ([]string, error) {
	victims := touched(o)
	if len(victims) == 0 {
		return nil, nil
	}
	was, err := keptOf(o)
	if err != nil {
		return nil, err
	}
	for _, v := range victims {
		if err := k.power.On(ctx, was.Cluster, v.Name, reason(o)); err != nil && !isGone(err) {
			return nil, fmt.Errorf("switch on node %s: %w", v.Name, err)
		}
	}
	return nil, nil
}

func isGone(err error) bool { return errors.Is(err, chaos.ErrGone) }

// readPower asks the provisioner what it knows of the cluster.
func readPower(ctx context.Context, p Power, e *evidence) {
	found, err := p.Cluster(ctx)
	if err != nil {
		e.powerUnknown = err
		return
	}
	e.cluster = found
}
