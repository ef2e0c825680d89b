package pod

import (
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// The marks of a restart.
const (
	MarkNewStarted = "new-pod-started"
	MarkRolledOut  = "rollout-complete"
)

// restartLine follows owners that are rolled out anew.
type restartLine struct{ hits []*restartHit }

// restartHit is one owner in its rollout.
type restartHit struct {
	track
	fault  string
	before keptOwner
	// now is the owner as it was seen last; seen says that it was, gone that it is not there.
	now        Owner
	seen, gone bool
	// effect is when a pod of the new template was seen to run.
	effect time.Time
}

var _ line = (*restartLine)(nil)

// beginRestart begins, or continues, to follow the owners of an order.
func beginRestart(o chaos.Order, _ Survey) line {
	l := &restartLine{}
	before, err := keptOwnersOf(o)
	if err != nil {
		return l
	}
	for _, v := range o.Hit() {
		h := &restartHit{track: newTrack(v, o), fault: o.Request.Fault, before: before.Owners[v.UID]}
		for _, m := range o.Marks {
			if m.Victim == v.ID && m.Role == events.RoleEffect {
				h.effect = m.At
			}
		}
		l.hits = append(l.hits, h)
	}
	return l
}

// update has nothing to do: a restart has no duration.
func (*restartLine) update(chaos.Order) []chaos.Mark { return nil }

func (l *restartLine) catchUp(s Survey, since time.Time) []chaos.Mark {
	var marks []chaos.Mark
	for _, p := range s.Pods {
		marks = append(marks, l.see(Change{Pod: p, At: s.At, Since: since})...)
	}
	for _, h := range l.hits {
		if o, there := s.Owners[h.victim.UID]; there {
			marks = append(marks, l.see(Change{Owner: &o, At: s.At, Since: since})...)
		}
	}
	return marks
}

func (l *restartLine) see(c Change) []chaos.Mark {
	var marks []chaos.Mark
	for _, h := range l.hits {
		switch {
		case c.Owner == nil && c.Pod.Owner.UID == h.victim.UID:
			marks = append(marks, h.seePod(c)...)
		case c.Owner != nil && c.Owner.UID == h.victim.UID:
			h.now, h.seen, h.gone = *c.Owner, true, c.Gone
		}
		marks = append(marks, h.complete(c)...)
	}
	return marks
}

// seePod notes the first pod of the new template that runs.
func (h *restartHit) seePod(c Change) []chaos.Mark {
	if c.Gone || c.Pod.Restart != h.fault || !c.Pod.Started {
		return nil
	}
	if h.effect.IsZero() {
		h.effect = c.At
	}
	return h.mark(MarkNewStarted, c.Pod.Name, c.Pod.Node, c)
}

// complete marks the end of the rollout, once a new pod was seen. It may have been shown
// on another stream before that.
func (h *restartHit) complete(c Change) []chaos.Mark {
	if h.effect.IsZero() || h.unfinished() != "" {
		return nil
	}
	return h.mark(MarkRolledOut, h.victim.Owner, "", c)
}

// unfinished is why the rollout is not complete.
func (h *restartHit) unfinished() string {
	why, _ := h.now.rolling(h.victim.Namespace)
	switch {
	case h.gone:
		return h.victim.Owner + " is gone"
	case !h.seen:
		return h.victim.Owner + " was not seen since the restart"
	case h.now.Restart != h.fault:
		return fmt.Sprintf("the template of %s does not carry the fault: somebody else has changed it", h.victim.Owner)
	case h.now.Generation <= h.before.Generation:
		return h.victim.Owner + " was not seen since the restart"
	case h.now.Stalled != "":
		return fmt.Sprintf("the rollout of %s has given up: %s", h.victim.Owner, h.now.Stalled)
	case why != "":
		return why
	case h.now.Available < h.now.Updated:
		return fmt.Sprintf("%s: %d of %d updated replicas are available", h.victim.Owner, h.now.Available, h.now.Updated)
	}
	return ""
}

// lost says that the rollout will not come to its end. The template as it was before the
// restart may be shown late.
func (h *restartHit) lost() bool {
	changed := h.seen && h.now.Restart != h.fault && h.now.Generation > h.before.Generation
	return h.gone || changed || h.seen && h.now.Stalled != "" && h.now.Restart == h.fault
}

func (l *restartLine) standing() []chaos.Standing {
	all := make([]chaos.Standing, 0, len(l.hits))
	for _, h := range l.hits {
		s := chaos.Standing{Victim: h.victim.ID, Healed: h.unfinished(), Final: h.lost()}
		if h.effect.IsZero() {
			s.Effect = fmt.Sprintf("no pod of the new template of %s was seen to run", h.victim.Owner)
			if s.Healed == "" {
				s.Healed = s.Effect
			}
		}
		all = append(all, s)
	}
	return all
}
