package experiments

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// scene is a service that goes down and up in virtual time, and a Prometheus that scrapes it.
// A run is played in it whose verdict can be compared with what truly happened.
type scene struct {
	// must, reach and threshold are those of the probe. Without a window it reads the state of
	// the service at the last scrape, with one the share of good answers in the window. A
	// counting probe has no value while the service is down.
	must      string
	reach     time.Duration
	threshold float64
	counting  bool
	maxAge    time.Duration
	observe   time.Duration
	budget    time.Duration
	baseline  int
	recovery  int
	interval  time.Duration

	// scrape is the time between two scrapes, phase when the first one is. missed are
	// scrapes that fail.
	scrape, phase time.Duration
	missed        []period
	// ahead is how far the clock of Prometheus is ahead of ours, ticking how much it gains in
	// a second.
	ahead, ticking time.Duration
	// deaf is when Prometheus does not answer, paused when we take no samples. Both count from
	// the kill.
	deaf, paused []period
	// down is when the service is down: since the kill is sent, and by itself since the run
	// began.
	down, ill []period
	// guards is how long after it was asked for the kill is sent.
	guards time.Duration
	// accepted, gone and healed are when the delete is answered, the victim is gone and its
	// replacement Ready, since the kill was sent.
	accepted, gone, healed time.Duration
	// chaosAhead is how far the clock of chaos is ahead of ours.
	chaosAhead time.Duration
	// partial is a second exporter of the same service whose series stop, with their last
	// value, for these times.
	partial []period
	// active says that we ask the service ourselves, which sees the question in the middle of
	// its latency. While it is down it refuses, or, where it is silent, says nothing, and we
	// wait for an interval.
	active, silent bool
	latency        time.Duration
}

// period is a stretch of virtual time.
type period struct{ from, to time.Duration }

func (p period) has(t time.Duration) bool { return t >= p.from && t < p.to }

func during(all []period, t time.Duration) bool {
	for _, p := range all {
		if p.has(t) {
			return true
		}
	}
	return false
}

// ordinary is a scene in which nothing happens but the kill: scrapes each second, a victim
// that is gone at once and replaced after three seconds.
func ordinary(change func(*scene)) scene {
	sc := scene{
		must: spec.MustHold, threshold: 0.99, maxAge: 90 * time.Second, observe: 10 * time.Second, budget: 60 * time.Second,
		baseline: 2, recovery: 2, interval: time.Second, scrape: time.Second, phase: 300 * time.Millisecond,
		guards: 100 * time.Millisecond, accepted: 100 * time.Millisecond, gone: 200 * time.Millisecond, healed: 3 * time.Second,
	}
	if change != nil {
		change(&sc)
	}
	return sc
}

// stage is a scene that is being played.
type stage struct {
	scene
	// sent is when the kill was sent; not before there is one.
	sent time.Duration
	sim  *simulation
}

const never = time.Duration(1<<62 - 1)

// play plays a run in the scene.
func play(sc scene) *stage {
	st := &stage{scene: sc, sent: never}
	doc := experiment(1)
	allow := `[]`
	if sc.reach > min(sc.observe, sc.budget-sc.interval) {
		allow = `["window"]`
	}
	doc.Spec.Hypothesis = []spec.Probe{{Name: "availability", Must: sc.must, Parts: part("prometheus", fmt.Sprintf(
		`{"query":"avail","compare":">=","value":%g,"maxAge":%q,"reach":%q,"allow":%s}`, sc.threshold, sc.maxAge, sc.reach, allow,
	))}}
	if sc.active {
		doc.Spec.Hypothesis[0].Parts = part("http", `{"query":"GET","compare":">=","value":1}`)
	}
	doc.Spec.Interval, doc.Spec.Observe = events.Duration(sc.interval), events.Duration(sc.observe)
	doc.Spec.Baseline = spec.Baseline{Duration: events.Duration(max(time.Duration(sc.baseline), 2) * sc.interval), Samples: sc.baseline}
	doc.Spec.Recovery = spec.Recovery{Budget: events.Duration(sc.budget), Samples: sc.recovery}
	st.sim = newSimulation(DefaultConfig(), doc, st.kill)
	st.sim.world.ask = st.ask
	if sc.active {
		st.sim.world.answer = st.answer
	}
	st.sim.deaf = func(now time.Duration) bool { return st.since(sc.paused, now) }
	st.sim.run()
	return st
}

// kill is chaos: it sends the delete when its guards have said yes.
func (st *stage) kill(_ int, from time.Duration) []happening {
	st.sent = from + st.guards
	said := func(t time.Duration) time.Time { return dawn().Add(t + st.chaosAhead) }
	mark := func(name string, t time.Duration) func(*simulation) {
		return tell(events.RecoveryMarkedTopic, func(*simulation) events.RecoveryMarked {
			m := events.RecoveryMarked{Fault: fault(0), Run: "run", Victim: uid(0), Mark: name, Object: "api-y", At: said(t)}
			if name == events.MarkKillAccepted {
				m.Sent = said(st.sent)
			}
			return m
		})
	}
	script := []happening{}
	for _, m := range []struct {
		name string
		at   time.Duration
	}{{events.MarkKillAccepted, st.accepted}, {events.MarkVictimGone, st.gone}, {events.MarkReplacementReady, st.healed}} {
		t := st.sent + m.at
		script = append(script, at(max(t, st.sent+st.accepted), mark(m.name, t)))
	}
	script = append(script, at(st.sent+st.accepted, tell(events.FaultInjectedTopic, func(*simulation) events.FaultInjected {
		return events.FaultInjected{
			Fault: fault(0), Run: "run", Kind: "pod-kill", At: said(st.sent + st.accepted),
			Victims: []events.Victim{{Namespace: "shop", Name: "api-x", UID: uid(0)}},
		}
	})))
	return append(script, at(max(st.sent+st.healed, st.sent+st.accepted), tell(events.FaultRevertedTopic, func(*simulation) events.FaultReverted {
		return events.FaultReverted{Fault: fault(0), Run: "run", Recovered: true, At: said(st.sent + st.healed)}
	})))
}

// up is the state of the service.
func (st *stage) up(t time.Duration) bool {
	return !during(st.ill, t) && !st.since(st.down, t)
}

// share is how much of the time from one moment to another the service was up.
func (st *stage) share(from, to time.Duration) float64 {
	all := slices.Clone(st.ill)
	for _, p := range st.down {
		if st.sent != never {
			all = append(all, period{st.sent + max(p.from, 0), st.sent + p.to})
		}
	}
	slices.SortFunc(all, func(a, b period) int { return cmp.Compare(a.from, b.from) })
	var down time.Duration
	until := from
	for _, p := range all {
		begin, end := max(p.from, until), min(p.to, to)
		if end > begin {
			down, until = down+end-begin, end
		}
	}
	return 1 - float64(down)/float64(max(to-from, 1))
}

// since is virtual time as it counts from the kill.
func (st *stage) since(all []period, t time.Duration) bool {
	return t >= st.sent && during(all, t-st.sent)
}

// shift is how far the clock of Prometheus is ahead at a time.
func (st *stage) shift(t time.Duration) time.Duration {
	return st.ahead + time.Duration(float64(st.ticking)*t.Seconds())
}

// scrapes are the times of the scrapes that Prometheus dates into the window before at, the
// newest first, no more than most.
func (st *stage) scrapes(at, now, window time.Duration, most int, lost []period) (times []time.Duration) {
	last := (now - st.phase) / st.scrape
	for k := last; k > last-400 && len(times) < most; k-- {
		t := st.phase + k*st.scrape
		dated := t + st.shift(t)
		if t > now || dated > at || st.since(lost, t) {
			continue
		}
		if dated <= at-window {
			break
		}
		times = append(times, t)
	}
	return times
}

// ask is what the probe reads.
func (st *stage) ask(p probe.Probe, now time.Duration) record.Sample {
	return probe.Evaluate(p.Condition(), st.read(now))
}

func (st *stage) read(now time.Duration) probe.Reading {
	const lookback = 5 * time.Minute
	clock := record.Ahead(st.shift(now)-5*time.Millisecond, st.shift(now)+5*time.Millisecond)
	if st.since(st.deaf, now) {
		return probe.Problemf(record.ProblemUnreachable, "connection refused")
	}
	newest := st.scrapes(now, now, lookback, 1, st.missed)
	if len(newest) == 0 {
		return probe.Problemf(record.ProblemNoData, "no series")
	}
	r := probe.Reading{Value: 1, Clock: clock, Age: new(now - newest[0] - st.shift(newest[0]))}
	other := newest
	if len(st.partial) > 0 {
		if other = st.scrapes(now, now, lookback, 1, append(st.missed, st.partial...)); len(other) == 0 {
			return probe.Problemf(record.ProblemNoData, "no series")
		}
		r.Oldest = new(now - other[0] - st.shift(other[0]))
	}
	switch {
	case st.reach > 0:
		window := st.scrapes(now, now, st.reach, 1000, st.missed)
		if len(window) < 2 {
			return probe.Problemf(record.ProblemNoData, "less than two samples")
		}
		r.Value = st.share(window[len(window)-1], window[0])
	case !st.up(other[0]) && st.counting:
		return probe.Problemf(record.ProblemNoData, "no series")
	case !st.up(other[0]):
		r.Value = 0
	}
	return r
}

// answer is what comes of a question that we ask the service itself, once it has come: its
// data are of the time from the question to the answer.
func (st *stage) answer(p probe.Probe, asked, now time.Duration) (s record.Sample, came bool) {
	took, r := st.latency, probe.Reading{Value: 1}
	if !st.up(asked + st.latency/2) {
		if r = (probe.Reading{Why: "refused"}); st.silent {
			took, r.Why = st.interval, "no answer"
		}
	}
	stopped := false
	for _, stop := range st.paused {
		from, to := st.sent+stop.from, st.sent+stop.to
		if st.sent != never && from <= asked+took && to > asked+took {
			took, stopped = to-asked, true
		}
	}
	if now < asked+took {
		return s, false
	}
	if st.since(st.deaf, asked) || stopped && (r.Why == "no answer" || took > st.interval) && r.Why != "refused" {
		r = probe.Problemf(record.ProblemOurSide, "we did not get to run")
	}
	s = probe.Evaluate(p.Condition(), r)
	if s.Value != nil {
		s.Took = events.Duration(took)
	}
	return s, true
}
