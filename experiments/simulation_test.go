package experiments

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// The timeline language: a test says what happens when, and what must have come of it.
// Time is virtual and begins at zero; samples are taken each second.

// dawn is the zero of virtual time.
func dawn() time.Time { return time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) }

type (
	// world is what the run measures.
	world struct {
		readings map[string]record.Sample
		// ask answers instead of the readings, where it is set.
		ask func(p probe.Probe, now time.Duration) record.Sample
		// answer takes the place of ask for a service that is asked itself: what came of a
		// question, once it has come.
		answer func(p probe.Probe, asked, now time.Duration) (s record.Sample, came bool)
	}
	// happening changes the world, or tells the run a fact.
	happening struct {
		at time.Duration
		do func(*simulation)
	}
	// simulation plays a run against a script.
	simulation struct {
		cfg     Config
		st      state
		world   world
		script  []happening
		chaos   func(step int, at time.Duration) []happening
		now     time.Duration
		journal []string
		dark    bool // no samples are taken
		// news says that something has happened since the plan was asked, until when it waits.
		news  bool
		until time.Time
		deaf  func(now time.Duration) bool
		// asked is when the question under way was sent, where waits says that there is one; owed
		// says that it is time for the next.
		asked       time.Duration
		waits, owed bool
	}
)

// beat is how far virtual time goes at once.
const beat = 100 * time.Millisecond

func at(d time.Duration, do func(*simulation)) happening { return happening{d, do} }

func value(probe string, v float64) func(*simulation) {
	return func(s *simulation) {
		for _, p := range s.st.rec.Probes {
			if p.Name == probe {
				age := events.Duration(500 * time.Millisecond)
				s.world.readings[probe] = record.Sample{Value: &v, OK: spec.Holds(v, p.Compare, p.Value), Age: &age}
			}
		}
	}
}

func trouble(probe string, kind record.ProblemKind) func(*simulation) {
	return func(s *simulation) {
		s.world.readings[probe] = record.Sample{Problem: &record.ProbeProblem{Kind: kind, Message: "as the script says"}}
	}
}

func blackout(on bool) func(*simulation) { return func(s *simulation) { s.dark = on } }

func tell[T any](topic events.Topic[T], payload func(*simulation) T) func(*simulation) {
	return func(s *simulation) {
		e, err := topic.Envelope(events.Meta{ID: "e", Source: "test", Time: s.time()}, payload(s))
		if err != nil {
			panic(err)
		}
		s.st.fold(e, s.time())
		s.st.fold(e, s.time()) // every event comes twice
	}
}

func uid(step int) string { return fmt.Sprintf("uid-%d", step) }

func injected(step int) func(*simulation) {
	return tell(events.FaultInjectedTopic, func(s *simulation) events.FaultInjected {
		return events.FaultInjected{
			Fault: fault(step), Run: "run", Kind: "pod-kill", Seed: 42, At: s.time(),
			Victims: []events.Victim{{Namespace: "shop", Name: "api-x", UID: uid(step)}},
		}
	})
}

func fault(step int) string { return fmt.Sprintf("run-%d", step+1) }

func marked(step int, mark string) func(*simulation) {
	return tell(events.RecoveryMarkedTopic, func(s *simulation) events.RecoveryMarked {
		return events.RecoveryMarked{Fault: fault(step), Run: "run", Victim: uid(step), Mark: mark, Object: "api-y", At: s.time()}
	})
}

func refused(step int) func(*simulation) {
	return tell(events.FaultRefusedTopic, func(*simulation) events.FaultRefused {
		return events.FaultRefused{Fault: fault(step), Run: "run", Reason: "refused", Decisions: []events.GuardDecision{
			{Guard: "opt-in", Allowed: true, Seen: "chaos=allowed"},
			{Guard: "enough-ready", Seen: "1 of 1 ready", Advice: "run two"},
		}}
	})
}

func failed(step int, victims ...string) func(*simulation) {
	return tell(events.FaultFailedTopic, func(*simulation) events.FaultFailed {
		f := events.FaultFailed{Fault: fault(step), Run: "run", Reason: "the API server refused the delete"}
		for _, v := range victims {
			f.Victims = append(f.Victims, events.Victim{UID: v})
		}
		return f
	})
}

func closed(step int, recovered bool, residue ...string) func(*simulation) {
	return tell(events.FaultRevertedTopic, func(s *simulation) events.FaultReverted {
		f := events.FaultReverted{Fault: fault(step), Run: "run", Recovered: recovered, Residue: residue, At: s.time()}
		if !recovered {
			f.Reason = "0 of 1 Ready"
		}
		return f
	})
}

func stop() func(*simulation) {
	return tell(events.StopEngagedTopic, func(s *simulation) events.StopEngaged {
		return events.StopEngaged{Reason: "too hot", At: s.time()}
	})
}

// heals is a chaos that kills at once and whose target is whole again after 3 s.
func heals(step int, from time.Duration) []happening {
	return []happening{
		at(from+100*time.Millisecond, injected(step)),
		at(from+100*time.Millisecond, marked(step, events.MarkKillAccepted)),
		at(from+500*time.Millisecond, marked(step, events.MarkVictimGone)),
		at(from+600*time.Millisecond, marked(step, events.MarkReplacementScheduled)),
		at(from+900*time.Millisecond, marked(step, events.MarkReplacementStarted)),
		at(from+3*time.Second, marked(step, events.MarkReplacementReady)),
		at(from+3*time.Second, closed(step, true)),
	}
}

// after is a chaos of other happenings, each at a time since the request.
func after(script ...happening) func(int, time.Duration) []happening {
	return func(_ int, from time.Duration) []happening {
		out := slices.Clone(script)
		for i := range out {
			out[i].at += from
		}
		return out
	}
}

func silent(int, time.Duration) []happening { return nil }

// experiment is one kill of api with two probes: availability holds, api is whole recovers.
func experiment(steps int) spec.Document {
	d := spec.Document{
		Header: events.NewHeader(spec.Kind, "kill-one-api"),
		Spec: spec.Spec{
			Hypothesis: []spec.Probe{
				{Name: "availability", Parts: part("prometheus", `{"query":"avail{namespace=\"${namespace}\"}","compare":">=","value":0.99}`)},
				{Name: "whole", Parts: part("ready", `{"labels":"app=api","min":3}`), Must: spec.MustRecover},
			},
			Recovery: spec.Recovery{Budget: events.Duration(30 * time.Second)},
		},
	}
	for range steps {
		d.Spec.Method = append(d.Spec.Method, spec.Fault{Fault: "pod-kill", Target: spec.Target{Component: "api"}})
	}
	return d
}

// part is what stands under the key of a kind.
func part(kind, raw string) map[string]json.RawMessage {
	return map[string]json.RawMessage{kind: json.RawMessage(raw)}
}

// resolved is a document as it is run in the namespace shop, with its probes.
func resolved(d spec.Document) (spec.Document, []probe.Probe) {
	probes, problems := kinds().Read(d)
	if len(problems) > 0 {
		panic(problems)
	}
	d, probes, err := probe.Resolve(d, probes, spec.Variables{Namespace: "shop"})
	if err != nil {
		panic(err)
	}
	return d, probes
}

func simulate(steps int, chaos func(int, time.Duration) []happening, script ...happening) *simulation {
	return simulateOf(DefaultConfig(), experiment(steps), chaos, script...)
}

func simulateOf(cfg Config, doc spec.Document, chaos func(int, time.Duration) []happening, script ...happening) *simulation {
	s := newSimulation(cfg, doc, chaos, script...)
	value("availability", 1)(s)
	value("whole", 3)(s)
	return s.run()
}

// newSimulation is a run of the document that has not begun.
func newSimulation(cfg Config, doc spec.Document, chaos func(int, time.Duration) []happening, script ...happening) *simulation {
	doc, probes := resolved(doc)
	row := Row{Run: "run", Began: dawn()}
	row.Deadline = dawn().Add(cfg.deadline(doc.Spec))
	s := &simulation{cfg: cfg, chaos: chaos, script: script, world: world{readings: map[string]record.Sample{}}}
	s.st = state{row: row, rec: record.Record{
		Schema: record.Schema, Run: "run", Name: doc.Metadata.Name, Experiment: doc, Queued: dawn(), Started: dawn(),
		Environment: record.Environment{Namespace: "shop"},
		Probes:      probe.Series(doc.Spec.Hypothesis, probes), Steps: stepsOf(doc),
	}, probes: probes}
	return s
}

// run plays it to its verdict.
func (s *simulation) run() *simulation {
	s.enter(goTo(record.PhaseBaseline, 0))
	for s.st.row.Phase != record.PhaseJudging && s.now < time.Hour {
		s.tick()
		s.now += beat
	}
	verdict.Conclude(&s.st.rec, s.st.row.End, s.time(), kinds().Advise)
	return s
}

func stepsOf(d spec.Document) []record.Step { return steps("run", d.Spec.Method) }

func (s *simulation) time() time.Time { return dawn().Add(s.now) }

func (s *simulation) tick() {
	for _, h := range s.script {
		if h.at > s.now-beat && h.at <= s.now {
			h.do(s)
			s.news = true
		}
	}
	s.listen(s.now%s.st.rec.Experiment.Spec.Interval.Std() == 0)
	if !s.news && s.time().Before(s.until) {
		return
	}
	s.news = false
	for s.st.row.Phase != record.PhaseJudging {
		m := s.cfg.next(s.st, s.time())
		if m.to == "" {
			s.until = m.until
			return
		}
		s.enter(m)
	}
}

// listen takes the samples that there are by now.
func (s *simulation) listen(onTime bool) {
	switch {
	case s.dark || s.deaf != nil && s.deaf(s.now):
		s.owed = s.owed || onTime
	case s.world.answer != nil:
		s.converse(onTime)
	case onTime:
		s.sample()
		s.news = true
	}
}

// converse takes the answer that has come, and asks again when it is time and no question is
// under way.
func (s *simulation) converse(onTime bool) {
	s.owed = s.owed || onTime
	if s.waits {
		sample, came := s.world.answer(s.st.probes[0], s.asked, s.now)
		if !came {
			return
		}
		sample.At = dawn().Add(s.asked)
		s.st.add(batch{sample})
		s.waits, s.news = false, true
	}
	if s.owed {
		s.asked, s.waits, s.owed = s.now, true, false
	}
}

func (s *simulation) sample() {
	b := make(batch, 0, len(s.st.rec.Probes))
	for i, p := range s.st.rec.Probes {
		sample := s.world.readings[p.Name]
		if s.world.ask != nil {
			sample = s.world.ask(s.st.probes[i], s.now)
		}
		sample.At = s.time()
		b = append(b, sample)
	}
	s.st.add(b)
}

func (s *simulation) enter(m move) {
	s.st.note(m, s.time())
	s.journal = append(s.journal, fmt.Sprintf("%s %s", s.now, m.to))
	if m.to == record.PhaseInjecting {
		s.script = append(s.script, s.chaos(m.step, s.now)...)
	}
}

// want checks the verdict and a part of its reason.
func (s *simulation) want(t *testing.T, word record.Word, reason string) {
	t.Helper()
	v := s.st.rec.Verdict
	if v.Word != word || !strings.Contains(v.Reason, reason) {
		t.Errorf("verdict %q because %q, want %q because %q\n%s", v.Word, v.Reason, word, reason, strings.Join(s.journal, "\n"))
	}
}
