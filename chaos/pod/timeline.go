package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// timeline turns what a watch shows into the marks of a recovery. It is pure: no
// clock, no I/O. A replacement is a pod of the victim's owner that was not there
// before the kill (of a StatefulSet: of the victim's name); each is assigned to
// one victim, in the order of the kills. A restarted container replaces nothing.
type timeline struct {
	fault, run string
	wounds     []*wound
	known      map[string]bool
	// sent is when the first kill was sent: pods seen before are no replacements.
	sent time.Time
	// fresh are pods that may replace a victim, in the order in which they came.
	fresh []Pod
}

// wound is one victim on its way to being replaced.
type wound struct {
	victim      events.Victim
	owner       Ref
	accepted    time.Time
	gone        bool
	replacement string
	marked      map[string]bool
}

// newTimeline begins, or continues, the timeline of a ledger entry.
func newTimeline(e Entry) *timeline {
	t := &timeline{fault: e.Fault, run: e.Request.Run, known: make(map[string]bool)}
	for _, uid := range e.Known {
		t.known[uid] = true
	}
	for _, v := range e.Victims {
		if !v.Sent.IsZero() && (t.sent.IsZero() || v.Sent.Before(t.sent)) {
			t.sent = v.Sent
		}
		if v.Hit {
			t.wounds = append(t.wounds, newWound(v, e.Marks))
		}
	}
	return t
}

func newWound(v Victim, marks []events.RecoveryMarked) *wound {
	w := &wound{victim: v.Victim, owner: v.OwnerRef, marked: make(map[string]bool)}
	for _, m := range marks {
		if m.Victim != v.UID {
			continue
		}
		w.marked[m.Mark] = true
		switch m.Mark {
		case events.MarkKillAccepted:
			w.accepted = m.At
		case events.MarkVictimGone:
			w.gone = true
		}
	}
	return w
}

// see takes one change and returns the marks that it makes due.
func (t *timeline) see(c Change) []events.RecoveryMarked {
	if i := slices.IndexFunc(t.wounds, func(w *wound) bool { return w.victim.UID == c.Pod.UID }); i >= 0 {
		return t.seeVictim(t.wounds[i], c)
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
	var marks []events.RecoveryMarked
	for _, w := range t.wounds {
		marks = append(marks, t.replacementMarks(w, c)...)
	}
	return marks
}

func (t *timeline) seeVictim(w *wound, c Change) []events.RecoveryMarked {
	if !c.Gone {
		return nil
	}
	w.gone = true
	return t.mark(w, events.MarkVictimGone, c.Pod, c)
}

func (t *timeline) owned(p Pod) bool {
	return slices.ContainsFunc(t.wounds, func(w *wound) bool { return w.owner.UID != "" && w.owner.UID == p.Owner.UID })
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
		for _, w := range t.wounds {
			if w.replacement == c.Pod.UID {
				w.replacement = ""
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
	for _, w := range t.wounds {
		if w.replacement != "" {
			continue
		}
		for _, p := range t.fresh {
			if w.fits(p) && !t.taken(p.UID) {
				w.replacement = p.UID
				break
			}
		}
	}
}

func (t *timeline) taken(uid string) bool {
	return slices.ContainsFunc(t.wounds, func(w *wound) bool { return w.replacement == uid })
}

func (w *wound) fits(p Pod) bool {
	return w.owner.UID == p.Owner.UID && (w.owner.Kind != "StatefulSet" || w.victim.Name == p.Name)
}

func (t *timeline) replacement(w *wound) (Pod, bool) {
	i := slices.IndexFunc(t.fresh, func(p Pod) bool { return p.UID == w.replacement })
	if w.replacement == "" || i < 0 {
		return Pod{}, false
	}
	return t.fresh[i], true
}

func (t *timeline) replacementMarks(w *wound, c Change) []events.RecoveryMarked {
	p, ok := t.replacement(w)
	if !ok {
		return nil
	}
	var marks []events.RecoveryMarked
	for _, due := range []struct {
		reached bool
		mark    string
	}{
		{p.Scheduled, events.MarkReplacementScheduled},
		{p.Started, events.MarkReplacementStarted},
		{p.Ready, events.MarkReplacementReady},
	} {
		if due.reached {
			marks = append(marks, t.mark(w, due.mark, p, c)...)
		}
	}
	return marks
}

// mark makes the mark once. It is never before the accepted kill: the event of a
// pod that is deleted at once may overtake the answer to the delete.
func (t *timeline) mark(w *wound, mark string, p Pod, c Change) []events.RecoveryMarked {
	if w.marked[mark] {
		return nil
	}
	w.marked[mark] = true
	m := events.RecoveryMarked{
		Fault: t.fault, Run: t.run, Victim: w.victim.UID, Mark: mark, Object: p.Name, Node: p.Node,
		At: later(c.At, w.accepted),
	}
	if !c.Since.IsZero() {
		m.Since = later(c.Since, w.accepted)
	}
	return []events.RecoveryMarked{m}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// healed says that every victim is gone and its replacement is Ready now.
func (t *timeline) healed() bool {
	for _, w := range t.wounds {
		if p, ok := t.replacement(w); !w.gone || !ok || !p.Ready {
			return false
		}
	}
	return len(t.wounds) > 0
}

// hopeless says that nothing more will come: all victims are gone, and those
// without a Ready replacement have no owner that would make one.
func (t *timeline) hopeless() bool {
	orphans := 0
	for _, w := range t.wounds {
		p, ok := t.replacement(w)
		switch {
		case w.gone && ok && p.Ready:
		case w.gone && w.owner.UID == "":
			orphans++
		default:
			return false
		}
	}
	return orphans > 0
}

// trouble says for each victim that is not replaced yet what is missing.
func (t *timeline) trouble() string {
	var parts []string
	for _, w := range t.wounds {
		p, ok := t.replacement(w)
		switch {
		case !w.gone:
			parts = append(parts, fmt.Sprintf("pod %s was not seen gone", w.victim.Name))
		case w.owner.UID == "":
			parts = append(parts, fmt.Sprintf("pod %s has no owner that would replace it", w.victim.Name))
		case !ok:
			parts = append(parts, fmt.Sprintf("%s has made no replacement of pod %s", w.owner, w.victim.Name))
		case !p.Ready:
			parts = append(parts, notReady(w, p))
		}
	}
	return strings.Join(parts, "; ")
}

func notReady(w *wound, p Pod) string {
	why := p.Trouble
	if why == "" {
		why = "Kubernetes gives no reason yet"
	}
	return fmt.Sprintf("pod %s, which replaces %s, is not ready: %s", p.Name, w.victim.Name, why)
}
