package pod

import (
	"fmt"

	"github.com/shakedown-dev/shakedown/chaos"
)

// standing says how each victim stands: it is healed when it is gone and its
// replacement is Ready now.
func (t *timeline) standing() []chaos.Standing {
	var all []chaos.Standing
	for _, l := range t.losses {
		all = append(all, t.standingOf(l))
	}
	return all
}

func (t *timeline) standingOf(l *loss) chaos.Standing {
	s := chaos.Standing{Victim: l.victim.UID}
	p, ok := t.replacement(l)
	switch {
	case !l.gone:
		s.Effect = fmt.Sprintf("pod %s was not seen gone", l.victim.Name)
		s.Healed = s.Effect
	case ok && p.Ready:
	case l.owner.UID == "":
		s.Healed, s.Final = fmt.Sprintf("pod %s has no owner that would replace it", l.victim.Name), true
	case !ok:
		s.Healed = fmt.Sprintf("%s has made no replacement of pod %s", l.owner, l.victim.Name)
	default:
		s.Healed = notReady(l, p)
	}
	return s
}

func notReady(l *loss, p Pod) string {
	why := p.Trouble
	if why == "" {
		why = "Kubernetes gives no reason yet"
	}
	return fmt.Sprintf("pod %s, which replaces %s, is not ready: %s", p.Name, l.victim.Name, why)
}
