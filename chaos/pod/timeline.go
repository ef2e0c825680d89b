package pod

import (
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// timeline turns what a watch shows into the marks of a recovery. It is pure: no
// clock, no I/O. A replacement is a pod of the victim's owner that was not there
// before the fault (of a StatefulSet: of the victim's name); each is assigned to
// one victim, in the order of the injections. A restarted container replaces nothing.
type timeline struct {
	losses []*loss
	known  map[string]bool
	// sent is when the first injection was sent: pods seen before are no replacements.
	sent time.Time
	// fresh are pods that may replace a victim, in the order in which they came.
	fresh []Pod
}

// loss is one victim on its way to being replaced.
type loss struct {
	victim      events.Victim
	owner       Ref
	accepted    time.Time
	gone        bool
	replacement string
	marked      map[string]bool
}

var _ line = (*timeline)(nil)

// beginTimeline begins, or continues, the timeline of an order.
func beginTimeline(o chaos.Order, _ Survey) line { return newTimeline(o) }

// newTimeline is the timeline of an order. What the order kept was read when it was
// made.
func newTimeline(o chaos.Order) *timeline {
	t := &timeline{known: make(map[string]bool), sent: firstSent(o)}
	before, err := keptOf(o)
	if err != nil {
		return t
	}
	for _, uid := range before.Known {
		t.known[uid] = true
	}
	for _, v := range o.Victims {
		if v.Hit {
			t.losses = append(t.losses, newLoss(v, before.Owners[v.UID], o.Marks))
		}
	}
	return t
}

func newLoss(v chaos.Victim, owner Ref, marks []events.RecoveryMarked) *loss {
	l := &loss{victim: v.Victim, owner: owner, marked: make(map[string]bool)}
	for _, m := range marks {
		if m.Victim != v.UID {
			continue
		}
		l.marked[m.Mark] = true
		switch m.Role {
		case events.RoleSent:
			l.accepted = m.At
		case events.RoleEffect:
			l.gone = true
		case events.RoleHealed: // the way of the replacement is in marked
		}
	}
	return l
}

// catchUp turns a survey into the changes that were missed since.
func (t *timeline) catchUp(s Survey, since time.Time) []chaos.Mark {
	var marks []chaos.Mark
	for _, l := range t.losses {
		if v := l.victim; !s.has(v.UID) {
			gone := Pod{Namespace: v.Namespace, Name: v.Name, UID: v.UID, Node: v.Node}
			marks = append(marks, t.see(Change{Pod: gone, Gone: true, At: s.At, Since: since})...)
		}
	}
	for _, p := range s.Pods {
		marks = append(marks, t.see(Change{Pod: p, At: s.At, Since: since})...)
	}
	return marks
}

// update has nothing to do: a removal has no duration.
func (*timeline) update(chaos.Order) []chaos.Mark { return nil }

// see takes one change and returns the marks that it makes due.
func (t *timeline) see(c Change) []chaos.Mark {
	if i := slices.IndexFunc(t.losses, func(l *loss) bool { return l.victim.UID == c.Pod.UID }); i >= 0 {
		return t.seeVictim(t.losses[i], c)
	}
	if t.known[c.Pod.UID] || !t.owned(c.Pod) {
		return nil
	}
	if c.Since.IsZero() && c.At.Before(t.sent) {
		t.known[c.Pod.UID] = true
		return nil
	}
	t.keep(c)
	t.assign()
	var marks []chaos.Mark
	for _, l := range t.losses {
		marks = append(marks, t.replacementMarks(l, c)...)
	}
	return marks
}

func (t *timeline) seeVictim(l *loss, c Change) []chaos.Mark {
	if !c.Gone {
		return nil
	}
	l.gone = true
	return t.mark(l, events.MarkVictimGone, c.Pod, c)
}

func (t *timeline) owned(p Pod) bool {
	return slices.ContainsFunc(t.losses, func(l *loss) bool { return l.owner.UID != "" && l.owner.UID == p.Owner.UID })
}

// keep updates the pods that may replace a victim. One that is going replaces
// nothing, and its victim waits for the next.
func (t *timeline) keep(c Change) {
	i := slices.IndexFunc(t.fresh, func(p Pod) bool { return p.UID == c.Pod.UID })
	switch {
	case c.Gone || c.Pod.Terminating:
		if i >= 0 {
			t.fresh = slices.Delete(t.fresh, i, i+1)
		}
		for _, l := range t.losses {
			if l.replacement == c.Pod.UID {
				l.replacement = ""
			}
		}
	case i >= 0:
		t.fresh[i] = c.Pod
	default:
		t.fresh = append(t.fresh, c.Pod)
	}
}

// assign gives each victim that waits the first pod that fits and is not taken.
func (t *timeline) assign() {
	for _, l := range t.losses {
		if l.replacement != "" {
			continue
		}
		for _, p := range t.fresh {
			if l.fits(p) && !t.taken(p.UID) {
				l.replacement = p.UID
				break
			}
		}
	}
}

func (t *timeline) taken(uid string) bool {
	return slices.ContainsFunc(t.losses, func(l *loss) bool { return l.replacement == uid })
}

func (l *loss) fits(p Pod) bool {
	return l.owner.UID == p.Owner.UID && (l.owner.Kind != "StatefulSet" || l.victim.Name == p.Name)
}

func (t *timeline) replacement(l *loss) (Pod, bool) {
	i := slices.IndexFunc(t.fresh, func(p Pod) bool { return p.UID == l.replacement })
	if l.replacement == "" || i < 0 {
		return Pod{}, false
	}
	return t.fresh[i], true
}

func (t *timeline) replacementMarks(l *loss, c Change) []chaos.Mark {
	p, ok := t.replacement(l)
	if !ok {
		return nil
	}
	var marks []chaos.Mark
	for _, due := range []struct {
		reached bool
		mark    string
	}{
		{p.Scheduled, events.MarkReplacementScheduled},
		{p.Started, events.MarkReplacementStarted},
		{p.Ready, events.MarkReplacementReady},
	} {
		if due.reached {
			marks = append(marks, t.mark(l, due.mark, p, c)...)
		}
	}
	return marks
}

// mark makes the mark once. It is never before the accepted kill: the event of a
// pod that is deleted at once may overtake the answer to the delete.
func (t *timeline) mark(l *loss, mark string, p Pod, c Change) []chaos.Mark {
	if l.marked[mark] {
		return nil
	}
	l.marked[mark] = true
	m := chaos.Mark{
		Victim: l.victim.UID, Name: mark, Object: p.Name, Node: p.Node, At: events.Later(c.At, l.accepted),
	}
	if !c.Since.IsZero() {
		m.Since = events.Later(c.Since, l.accepted)
	}
	return []chaos.Mark{m}
}
