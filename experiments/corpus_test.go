package experiments

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// The corpus plays runs over scrape intervals and phases, windows, gaps, clocks, partial
// scrapes and flapping, and asks the oracle whether a verdict or a figure is a lie.

// corpus is every scene, by name.
func corpus() map[string]scene {
	all := map[string]scene{}
	add := func(name string, change func(*scene)) {
		for _, must := range []string{spec.MustHold, spec.MustRecover} {
			all[must+": "+name] = ordinary(func(s *scene) { s.must = must; change(s) })
		}
	}
	for _, scrape := range []time.Duration{1, 5, 15, 30, 60} {
		scrape *= time.Second
		for _, share := range []int{0, 1, 2, 3} {
			for _, outage := range []time.Duration{0, 2 * time.Second, 8 * time.Second, scrape * 5 / 2} {
				add(fmt.Sprintf("scrapes of %s, phase %d/4, down for %s", scrape, share, outage), func(s *scene) {
					s.scrape, s.phase, s.down = scrape, scrape*time.Duration(share)/4+70*time.Millisecond, []period{{0, outage}}
					s.budget = 4 * scrape
				})
			}
		}
	}
	for _, window := range []time.Duration{5, 10, 30} {
		window *= time.Second
		for _, outage := range []time.Duration{0, window / 5, window * 9 / 10, window * 3} {
			for _, threshold := range []float64{0.5, 0.95, 0.999} {
				add(fmt.Sprintf("window of %s, want %g, down for %s", window, threshold, outage), func(s *scene) {
					s.reach, s.threshold, s.observe, s.down = window, threshold, window, []period{{400 * time.Millisecond, outage}}
				})
			}
		}
	}
	for _, ahead := range []time.Duration{1, 2, 5, 30, 60, 300} {
		for _, sign := range []time.Duration{1, -1} {
			for _, outage := range []time.Duration{0, 20 * time.Second} {
				add(fmt.Sprintf("prometheus %ds ahead, down for %s", sign*ahead, outage), func(s *scene) {
					s.ahead, s.down = sign*ahead*time.Second, []period{{0, outage}}
				})
			}
			add(fmt.Sprintf("chaos %ds ahead", sign*ahead), func(s *scene) {
				s.chaosAhead, s.down = sign*ahead*time.Second, []period{{500 * time.Millisecond, 6 * time.Second}}
			})
		}
	}
	for _, from := range []time.Duration{0, 1, 4} {
		for _, long := range []time.Duration{1, 3, 8} {
			gap := []period{{from * time.Second, (from + long) * time.Second}}
			for _, outage := range [][]period{nil, gap, {{gap[0].from + time.Second, gap[0].to - 500*time.Millisecond}}} {
				name := fmt.Sprintf("at %ds for %ds, down %v", from, long, outage)
				add("prometheus is deaf "+name, func(s *scene) { s.deaf, s.down, s.budget = gap, outage, 5*time.Second })
				add("we are stopped "+name, func(s *scene) { s.paused, s.down, s.budget = gap, outage, 5*time.Second })
				add("scrapes are missed "+name, func(s *scene) { s.missed, s.down, s.budget = gap, outage, 5*time.Second })
				add("a part stops "+name, func(s *scene) { s.partial, s.down, s.budget = gap, outage, 5*time.Second })
			}
		}
	}
	for _, beat := range []time.Duration{300, 700, 1500, 2600} {
		var flaps []period
		for at := time.Duration(0); at < 12000; at += 2 * beat {
			flaps = append(flaps, period{at * time.Millisecond, (at + beat) * time.Millisecond})
		}
		add(fmt.Sprintf("flapping every %dms", beat), func(s *scene) { s.down = flaps })
		add(fmt.Sprintf("flapping every %dms in a window", beat), func(s *scene) { s.down, s.reach, s.threshold = flaps, 5*time.Second, 0.5 })
	}
	for _, window := range []time.Duration{15, 30, 60} {
		add(fmt.Sprintf("out by itself right before the kill, in a window of %ds", window), func(s *scene) {
			s.scrape, s.phase, s.guards = 5*time.Second, 70*time.Millisecond, 3*time.Second
			s.reach, s.observe, s.threshold = window*time.Second, window*time.Second, 0.999
			s.ill = []period{{1500 * time.Millisecond, 2300 * time.Millisecond}}
		})
	}
	active(add)
	for _, over := range []time.Duration{-3000, -900, -100, 100, 900, 3000} {
		add(fmt.Sprintf("budget exceeded by %dms", over), func(s *scene) {
			s.budget, s.healed, s.down = 12*time.Second, 11*time.Second, []period{{0, 12*time.Second + over*time.Millisecond}}
		})
	}
	return all
}

// active adds scenes in which we ask the service ourselves.
func active(add func(string, func(*scene))) {
	for _, latency := range []time.Duration{40, 400, 900} {
		for _, silent := range []bool{false, true} {
			asks := func(name string, change func(*scene)) {
				add(fmt.Sprintf("asked ourselves, answers in %dms, silent %t: %s", latency, silent, name), func(s *scene) {
					s.active, s.silent, s.latency = true, silent, latency*time.Millisecond
					change(s)
				})
			}
			for _, from := range []time.Duration{0, 330, 660} {
				for _, outage := range []time.Duration{0, 200, 1500, 8000} {
					down := []period{{from * time.Millisecond, (from + outage) * time.Millisecond}}
					asks(fmt.Sprintf("from %dms, down for %dms", from, outage), func(s *scene) { s.down, s.budget = down, 5*time.Second })
				}
			}
			for _, over := range []time.Duration{-1500, -100, 100, 1500} {
				asks(fmt.Sprintf("budget exceeded by %dms", over), func(s *scene) {
					s.budget, s.healed, s.down = 12*time.Second, 11*time.Second, []period{{0, 12*time.Second + over*time.Millisecond}}
				})
			}
			gap := []period{{1250 * time.Millisecond, 5250 * time.Millisecond}}
			for _, outage := range [][]period{nil, gap, {{time.Second, 3 * time.Second}}} {
				asks(fmt.Sprintf("we cannot ask, down %v", outage), func(s *scene) { s.deaf, s.down, s.budget = gap, outage, 5*time.Second })
				asks(fmt.Sprintf("we are stopped, down %v", outage), func(s *scene) { s.paused, s.down, s.budget = gap, outage, 5*time.Second })
			}
			asks("out by itself right before the kill", func(s *scene) {
				s.guards, s.ill = 3*time.Second, []period{{1500 * time.Millisecond, 2300 * time.Millisecond}}
			})
		}
	}
}

// TestCorpus: no verdict and no figure is a lie, and a service that never goes down passes with
// any interval of scrapes, in any phase of them, when it is observed long enough.
func TestCorpus(t *testing.T) {
	t.Parallel()
	all := corpus()
	if len(all) < 300 {
		t.Errorf("%d cases, want at least 300", len(all))
	}
	words := map[record.Word]int{}
	for name, sc := range all {
		st := play(sc)
		words[st.sim.st.rec.Verdict.Word]++
		ordinary := strings.Contains(name, "scrapes of") && strings.HasSuffix(name, "down for 0s") ||
			strings.Contains(name, "asked ourselves") && strings.HasSuffix(name, "down for 0ms")
		if v := st.sim.st.rec.Verdict; ordinary && v.Word != record.Passed {
			t.Errorf("%s: %q because %q", name, v.Word, v.Reason)
		}
		if lie := st.lie(); lie != "" {
			t.Errorf("%s: %s\n%s\n%s", name, lie, st.sim.st.rec.Verdict.Reason, strings.Join(st.sim.journal, ", "))
		}
		if why := broken(st.sim.st.rec); why != "" {
			t.Errorf("%s: the record does not hold when it is judged again:\n%s", name, why)
		}
	}
	t.Logf("%d cases: %v", len(all), words)
	if words[record.Passed] < len(all)/10 || words[record.Failed] < len(all)/10 {
		t.Errorf("%v of %d: an inconclusive verdict is no lie, and no answer either", words, len(all))
	}
}

// anyScene is a scene out of a seed.
func anyScene(r *rand.Rand) scene {
	ms := func(n int) time.Duration { return time.Duration(r.IntN(n)+1) * time.Millisecond }
	periods := func(n, from, long int) (all []period) {
		for range r.IntN(n + 1) {
			p := period{from: ms(from)}
			p.to = p.from + ms(long)
			all = append(all, p)
		}
		return all
	}
	maybe := func(one int) bool { return r.IntN(one) == 0 }
	return ordinary(func(s *scene) {
		if maybe(2) {
			s.must = spec.MustRecover
		}
		s.counting = maybe(4)
		s.scrape = []time.Duration{time.Second, 700 * time.Millisecond, 2 * time.Second, 5 * time.Second, 15 * time.Second}[r.IntN(5)]
		s.phase, s.interval = ms(15000), []time.Duration{time.Second, 500 * time.Millisecond, 3 * time.Second}[r.IntN(3)]
		s.observe, s.budget = s.interval+ms(30000), s.interval+ms(40000)
		s.baseline, s.recovery = 1+r.IntN(4), 1+r.IntN(4)
		if maybe(2) {
			s.reach = 2*s.scrape + ms(20000)
			s.threshold = []float64{0.1, 0.5, 0.9, 0.99}[r.IntN(4)]
			s.counting = false
		}
		s.guards, s.accepted = ms(3000), ms(4000)
		s.gone = s.accepted + ms(6000)
		s.healed = s.gone + ms(8000)
		s.down = periods(3, 20000, 15000)
		if maybe(6) {
			s.ill = periods(1, 8000, 9000)
		}
		if maybe(4) {
			s.deaf = periods(2, 20000, 9000)
		}
		if maybe(4) {
			s.paused = periods(2, 20000, 9000)
		}
		if maybe(4) {
			s.missed = periods(2, 20000, 9000)
		}
		if maybe(6) {
			s.partial, s.maxAge = periods(2, 20000, 9000), ms(20000)
		}
		if maybe(4) {
			s.active, s.silent, s.latency = true, maybe(2), time.Duration(r.Int64N(int64(s.interval)))+1
			s.reach, s.threshold = 0, 1
		}
		if maybe(6) {
			s.ahead = ms(6000) - 3*time.Second
		}
		if maybe(10) {
			s.ticking = ms(60) - 30*time.Millisecond
		}
	})
}

// FuzzEvidence: whatever happens, nothing is passed that was down for longer than the floor
// says, nothing is failed that was not, and no figure is untrue.
func FuzzEvidence(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		st := play(anyScene(rand.New(rand.NewPCG(seed, 3))))
		if lie := st.lie(); lie != "" {
			t.Errorf("seed %d: %s\n%s\n%s\n%+v", seed, lie, st.sim.st.rec.Verdict.Reason, strings.Join(st.sim.journal, ", "), st.scene)
		}
		if why := broken(st.sim.st.rec); why != "" {
			t.Errorf("seed %d: the record does not hold when it is judged again:\n%s", seed, why)
		}
	})
}
