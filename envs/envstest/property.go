package envstest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/shakedown-dev/shakedown/envs"
)

const (
	// days is how many days a round has, steps how many steps a day; a night follows each.
	days, steps = 2, 3
	// nights begins the numbers of the draws for nights; those below are for rounds.
	nights = 1 << 32
)

// Test plays rounds in the world, so many at the same time, by the seed, and wants all of
// the package comment to hold in each. It wants that something has happened, too, when
// there are enough rounds for that.
func Test(t *testing.T, w World, config envs.Config, rounds, together int, seed uint64) {
	t.Helper()
	t.Logf("%d rounds with seed %d", rounds, seed)
	counts := &tally{}
	for first := 0; first < rounds && !t.Failed(); first += together {
		last := min(rounds, first+together) - 1
		t.Run(fmt.Sprint("rounds ", first, " to ", last), func(t *testing.T) {
			s := newStage(t, w, config, counts)
			var all []*round
			for i := first; i <= last; i++ {
				all = append(all, newRound(s, fmt.Sprint("r", i), random(seed, uint64(i))))
			}
			s.play(t, random(seed, uint64(nights+first)), all)
		})
	}
	if t.Log(counts); rounds >= enough && !t.Failed() {
		counts.check(t)
	}
}

// play plays the rounds to their end.
func (s *stage) play(t testing.TB, nights chooser, rounds []*round) {
	t.Helper()
	each := func(do func(*round)) {
		var playing sync.WaitGroup
		for _, r := range rounds {
			playing.Go(func() { do(r) })
		}
		playing.Wait()
	}
	for day := range days {
		each(func(r *round) { r.day(t.Context()) })
		n := longAgo // in the end, since it shows most
		if day+1 < days {
			n = drawNight(nights)
		}
		s.passes(t, n)
		each(func(r *round) { r.morning(t.Context(), n) })
	}
	each(func(r *round) { r.clear(t.Context()) })
	for _, r := range rounds {
		r.report(t)
	}
}

// report fails the test with what was wrong in the round, and what was done in it.
func (r *round) report(t testing.TB) {
	t.Helper()
	if len(r.problems) == 0 {
		return
	}
	var script strings.Builder
	for i, step := range r.script {
		fmt.Fprintf(&script, "step %d:\n\t%s\n", i+1, step)
	}
	t.Errorf("round of %s:\n%swhat is wrong:\n%s", strings.Join(r.names, ", "), script.String(), strings.Join(r.problems, "\n"))
}
