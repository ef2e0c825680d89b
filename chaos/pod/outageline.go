package pod

import (
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
)

// The marks of an outage.
const (
	MarkNoneReady = "no-pod-ready"
	MarkAllReady  = "as-many-ready"
)

// outageLine follows owners that are held at zero. It counts their pods that are Ready
// and not terminating.
type outageLine struct {
	hits []*outageHit
	// reverted is when the fault was ended; zero before.
	reverted time.Time
}

// outageHit is one owner on its way down and up.
type outageHit struct {
	track
	before keptOwner
	pods   map[string]Pod
}

var _ line = (*outageLine)(nil)

// beginOutage begins, or continues, to follow the owners of an order.
func beginOutage(o chaos.Order, from Survey) line {
	l := &outageLine{reverted: o.Reverted}
	before, err := keptOwnersOf(o)
	if err != nil {
		return l
	}
	for _, v := range o.Hit() {
		h := &outageHit{track: newTrack(v, o), before: before.Owners[v.UID], pods: make(map[string]Pod)}
		for _, p := range podsOf(from, refOf(v)) {
			h.pods[p.UID] = p
		}
		l.hits = append(l.hits, h)
	}
	return l
}

// catchUp has nothing to take in: the line has begun with the pods of the survey.
func (l *outageLine) catchUp(s Survey, since time.Time) []chaos.Mark {
	return l.due(Change{At: s.At, Since: since})
}

// update notes that the fault was ended. What was ready by then is healed.
func (l *outageLine) update(o chaos.Order) []chaos.Mark {
	if l.reverted = o.Reverted; l.reverted.IsZero() {
		return nil
	}
	return l.due(Change{At: l.reverted})
}

func (l *outageLine) see(c Change) []chaos.Mark {
	for _, h := range l.hits {
		switch {
		case c.Owner != nil || c.Pod.Owner.UID != h.victim.UID:
		case c.Gone:
			delete(h.pods, c.Pod.UID)
		default:
			h.pods[c.Pod.UID] = c.Pod
		}
	}
	return l.due(c)
}

// due makes the marks of the pods as they are now.
func (l *outageLine) due(c Change) []chaos.Mark {
	var marks []chaos.Mark
	for _, h := range l.hits {
		switch ready := h.ready(); {
		case ready == 0 && l.reverted.IsZero():
			marks = append(marks, h.mark(MarkNoneReady, h.victim.Owner, "", c)...)
		case ready >= h.before.Ready && !l.reverted.IsZero() && h.marked[MarkNoneReady]:
			marks = append(marks, h.mark(MarkAllReady, h.victim.Owner, "", c)...)
		}
	}
	return marks
}

func (h *outageHit) ready() int {
	n := 0
	for _, p := range h.pods {
		if p.serves() {
			n++
		}
	}
	return n
}

func (l *outageLine) standing() []chaos.Standing {
	all := make([]chaos.Standing, 0, len(l.hits))
	for _, h := range l.hits {
		s := chaos.Standing{Victim: h.victim.ID}
		ready := h.ready()
		if !h.marked[MarkNoneReady] {
			s.Effect = fmt.Sprintf("%s was not seen without a ready pod: it has %d", h.victim.Owner, ready)
		}
		switch {
		case l.reverted.IsZero():
			s.Healed = h.victim.Owner + " is not scaled back yet"
		case s.Effect != "":
			s.Healed = s.Effect
		case ready < h.before.Ready:
			s.Healed = fmt.Sprintf("%s has %d ready pods, and had %d: %s", h.victim.Owner, ready, h.before.Ready, because(h.trouble()))
		}
		all = append(all, s)
	}
	return all
}

// trouble is why a pod is not ready.
func (h *outageHit) trouble() string {
	for _, p := range h.pods {
		if !p.serves() && p.Trouble != "" {
			return "pod " + p.Name + ": " + p.Trouble
		}
	}
	return ""
}
