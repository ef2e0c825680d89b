package pod

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// Choose draws the victims of a target from a survey: pods that the selector
// matches, that run and that are not terminating. It draws without replacement,
// at most PerOwner (one, unless the target says more) of each owner, and is a
// pure function: the same pods in any order and the same seed give the same
// victims in the same order.
//
// Percent is of those pods and is rounded down, so that never more is hit than
// was asked for. A percentage that comes to less than one pod is an error, and
// so is any target that cannot be met in full: a smaller fault than the one
// that was asked for would prove less than it claims. Errors: chaos.ErrNoTarget.
func Choose(s Survey, t events.FaultTarget, seed uint64) ([]Pod, error) {
	candidates := candidatesOf(s)
	if len(candidates) == 0 {
		return nil, fmt.Errorf("%w: %s", chaos.ErrNoTarget, nothingToHit(s, t))
	}
	want, err := wanted(t, len(candidates), "pods")
	if err != nil {
		return nil, err
	}
	perOwner := max(t.PerOwner, 1)
	victims := draw(candidates, want, perOwner, seed)
	if len(victims) < want {
		return nil, fmt.Errorf("%w: %d pods are wanted, but only %d of the %d that match can be taken with at most %d of one owner (perOwner)",
			chaos.ErrNoTarget, want, len(victims), len(candidates), perOwner)
	}
	return victims, nil
}

// candidatesOf lists the pods that may be hit, in an order that does not depend
// on that of the survey.
func candidatesOf(s Survey) []Pod {
	var found []Pod
	for _, p := range s.Pods {
		if p.candidate() {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b Pod) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.UID, b.UID))
	})
	return slices.CompactFunc(found, func(a, b Pod) bool { return a.UID == b.UID })
}

// wanted is how many victims the target asks for out of the candidates, which are such
// things.
func wanted(t events.FaultTarget, candidates int, things string) (int, error) {
	if t.Percent == 0 {
		want := max(t.Count, 1)
		if want > candidates {
			return 0, fmt.Errorf("%w: %d %s are wanted, but only %d match, run and are not terminating", chaos.ErrNoTarget, want, things, candidates)
		}
		return want, nil
	}
	want := candidates * t.Percent / 100
	if want == 0 {
		return 0, fmt.Errorf("%w: %d %% of %d %s is less than one; ask for at least %d %% or for a count",
			chaos.ErrNoTarget, t.Percent, candidates, things, (100+candidates-1)/max(candidates, 1))
	}
	return want, nil
}

// draw takes up to want pods in a random order that the seed fixes.
func draw(candidates []Pod, want, perOwner int, seed uint64) []Pod {
	random := rand.New(rand.NewPCG(seed, drawing))
	random.Shuffle(len(candidates), func(i, j int) {
		candidates[i], candidates[j] = candidates[j], candidates[i]
	})
	taken := make(map[string]int)
	victims := make([]Pod, 0, want)
	for _, p := range candidates {
		if len(victims) == want {
			break
		}
		if taken[p.ownerKey()] < perOwner {
			taken[p.ownerKey()]++
			victims = append(victims, p)
		}
	}
	return victims
}

// drawing is the second half of the generator's seed. Changing it changes the
// victims of every recorded seed.
const drawing = 0x5ea7_2026

// nothingToHit says why there is no candidate.
func nothingToHit(s Survey, t events.FaultTarget) string {
	var selected, terminating, pending int
	for _, p := range s.Pods {
		switch {
		case !p.Selected:
		case p.Terminating:
			selected, terminating = selected+1, terminating+1
		default:
			selected, pending = selected+1, pending+1
		}
	}
	if selected == 0 {
		return fmt.Sprintf("selector %q matches none of the %d pods of namespace %s", t.Labels, len(s.Pods), s.Namespace.Name)
	}
	if pending == 0 {
		return fmt.Sprintf("all %d pods that selector %q matches in namespace %s are already terminating", selected, t.Labels, s.Namespace.Name)
	}
	return fmt.Sprintf("none of the %d pods that selector %q matches in namespace %s is running (%d not running, %d already terminating)",
		selected, t.Labels, s.Namespace.Name, pending, terminating)
}
