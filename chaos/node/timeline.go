package node

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// timeline turns what the watches show into the marks of a recovery. It is pure: no
// clock, no I/O. Of each victim three marks are due, one after the other: the fault is in
// effect, the node is as before, and what it ran is back.
type timeline struct {
	fault  fault
	was    kept
	nodes  map[string]Node
	pods   map[string]pod.Pod
	losses []*loss
	// last is the newest mark that an earlier watch has made.
	last time.Time
}

// loss is one victim on its way.
type loss struct {
	victim   events.Victim
	accepted time.Time
	// cordoned says that the node was cordoned before the fault.
	cordoned bool
	marked   map[string]bool
}

// newTimeline begins, or continues, the timeline of an order.
func newTimeline(f fault, o chaos.Order, s start) *timeline {
	t := &timeline{fault: f, nodes: make(map[string]Node), pods: make(map[string]pod.Pod)}
	was, err := keptOf(o)
	if err != nil {
		return t
	}
	t.was = was
	for _, n := range s.nodes {
		t.nodes[n.Name] = n
	}
	for _, survey := range s.namespaces {
		for _, p := range survey.Pods {
			t.pods[p.UID] = p
		}
	}
	for _, v := range o.Victims {
		if v.Hit {
			t.losses = append(t.losses, t.newLoss(v, o.Marks))
		}
	}
	return t
}

func (t *timeline) newLoss(v chaos.Victim, marks []events.RecoveryMarked) *loss {
	l := &loss{victim: v.Victim, cordoned: t.was.Nodes[v.ID].Unschedulable, accepted: v.Sent, marked: make(map[string]bool)}
	for _, m := range marks {
		if m.Victim != v.ID {
			continue
		}
		l.marked[m.Mark] = true
		if m.Role == events.RoleSent {
			l.accepted = m.At
		}
		t.last = events.Later(t.last, m.At)
	}
	t.learn(l)
	return l
}

// learn takes from the mark on the node how that was when it was cordoned, which is later
// than what the ledger has.
func (t *timeline) learn(l *loss) {
	if n := t.nodes[l.victim.Name]; n.UID == l.victim.ID && n.Mark != nil {
		l.cordoned = n.Mark.Unschedulable
	}
}

// missedSince is where the time begins in which nobody watched.
func (t *timeline) missedSince() time.Time {
	since := t.last
	for _, l := range t.losses {
		since = events.Later(since, l.accepted)
	}
	return since
}

// see takes one change and returns the marks that it makes due.
func (t *timeline) see(c change) []chaos.Mark {
	switch {
	case c.pod.UID != "" && c.gone:
		delete(t.pods, c.pod.UID)
	case c.pod.UID != "":
		t.pods[c.pod.UID] = c.pod
	case c.gone:
		delete(t.nodes, c.node.Name)
	default:
		t.nodes[c.node.Name] = c.node
	}
	for _, l := range t.losses {
		t.learn(l)
	}
	return t.due(c.when)
}

// due are the marks that are due by what is known now.
func (t *timeline) due(when moment) []chaos.Mark {
	var marks []chaos.Mark
	for _, l := range t.losses {
		for _, one := range t.way() {
			if l.marked[one.mark] {
				continue
			}
			if one.open(l) != "" {
				break
			}
			l.marked[one.mark] = true
			w := when.later(l.accepted)
			marks = append(marks, chaos.Mark{Victim: l.victim.ID, Name: one.mark, Object: l.victim.Name, Node: l.victim.Name, At: w.at, Since: w.since})
		}
	}
	return marks
}

// stop is one point of the way; open says what is missing for it.
type stop struct {
	mark string
	open func(*loss) string
}

func (t *timeline) way() []stop {
	return []stop{{t.effectMark(), t.notDown}, {markBack, t.notBack}, {markHealed, t.notHealed}}
}

func (t *timeline) effectMark() string { return t.fault.about.Marks[1].Name }

// notDown says why the fault is not in effect.
func (t *timeline) notDown(l *loss) string {
	n, there := t.node(l)
	if why := t.fault.down(n, !there); why != "" {
		return why
	}
	if !t.fault.empties {
		return ""
	}
	var left []string
	for _, p := range t.was.Nodes[l.victim.ID].Lost {
		if _, there := t.pods[p.UID]; there {
			left = append(left, p.Namespace+"/"+p.Name)
		}
	}
	if len(left) > 0 {
		return fmt.Sprintf("of node %s these pods are not gone: %s", l.victim.Name, strings.Join(left, ", "))
	}
	return ""
}

// node is the node of the victim's name. A later one of that name stands for it once the
// fault is in effect: a machine that comes back may be registered anew.
func (t *timeline) node(l *loss) (Node, bool) {
	n, there := t.nodes[l.victim.Name]
	if !there || n.UID != l.victim.ID && !l.marked[t.effectMark()] {
		return Node{Name: l.victim.Name}, false
	}
	return n, true
}

// notBack says why the node is not as it was.
func (t *timeline) notBack(l *loss) string {
	n, there := t.node(l)
	name := "node " + l.victim.Name
	switch {
	case !there:
		return name + " is not there"
	case !n.Ready:
		return name + " is not Ready: " + orUnknown(n.Trouble)
	case n.Mark != nil && n.UID == l.victim.ID:
		return name + " has the mark of fault " + n.Mark.Fault
	case n.Unschedulable && !l.cordoned:
		return name + " is cordoned"
	}
	return ""
}

// notHealed says of which owners pods are missing. What nobody owns does not come back.
func (t *timeline) notHealed(l *loss) string {
	var missing []string
	for _, p := range t.was.Nodes[l.victim.ID].Lost {
		if now, there := t.pods[p.UID]; p.Owner == "" && (!there || !t.lives(now)) {
			missing = append(missing, fmt.Sprintf("pod %s/%s has no owner that would replace it", p.Namespace, p.Name))
		}
	}
	for _, o := range t.was.Owners {
		if n := t.ready(o.UID); t.loses(l, o.UID) && n < o.Ready {
			missing = append(missing, fmt.Sprintf("%s has %d ready pods, and had %d%s", o, n, o.Ready, t.trouble(o.UID)))
		}
	}
	return strings.Join(missing, "; ")
}

func (t *timeline) loses(l *loss, owner string) bool {
	return slices.ContainsFunc(t.was.Nodes[l.victim.ID].Lost, func(p keptPod) bool { return p.Owner == owner })
}

// ready counts the ready pods of an owner.
func (t *timeline) ready(owner string) int {
	n := 0
	for _, p := range t.pods {
		if p.Owner.UID == owner && t.lives(p) {
			n++
		}
	}
	return n
}

// lives says whether the pod is ready, and is not what the API server still says of a pod
// whose node has lost its power.
func (t *timeline) lives(p pod.Pod) bool {
	if !p.Ready || p.Terminating {
		return false
	}
	for _, n := range t.was.Nodes {
		for _, before := range n.Lost {
			if before.UID == p.UID {
				return t.fault.lives(p, before)
			}
		}
	}
	return true
}

// trouble is why pods of an owner are not ready, as far as anybody says so.
func (t *timeline) trouble(owner string) string {
	var parts []string
	for _, p := range t.pods {
		if p.Owner.UID == owner && !p.Ready && p.Trouble != "" {
			parts = append(parts, p.Name+": "+p.Trouble)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return " (" + strings.Join(parts, "; ") + ")"
}

// standing says how each victim stands by what is known now: once the fault was in
// effect, it is healed when the node is as before and what it ran is back.
func (t *timeline) standing() []chaos.Standing {
	var all []chaos.Standing
	for _, l := range t.losses {
		s := chaos.Standing{Victim: l.victim.ID}
		if !l.marked[t.effectMark()] {
			s.Effect = cmp.Or(t.notDown(l), "node "+l.victim.Name+" was not seen down")
		}
		for _, open := range []string{s.Effect, t.notBack(l), t.notHealed(l)} {
			if s.Healed == "" {
				s.Healed = open
			}
		}
		all = append(all, s)
	}
	return all
}
