package experiments

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

func wantVerdict(t *testing.T, r record.Record, word record.Word, reason string) {
	t.Helper()
	if r.Verdict.Word != word || !strings.Contains(r.Verdict.Reason, reason) {
		t.Errorf("verdict %q because %q, want %q because %q; phases %v", r.Verdict.Word, r.Verdict.Reason, word, reason, phases(r))
	}
}

func TestRunPasses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.server(nil)
	r.start("run-a", quick(nil))
	rec := r.finished("run-a")
	wantVerdict(t, rec, record.Passed, "the fault was in effect on 1 victim")
	want := []string{record.PhaseCreated, record.PhaseBaseline, record.PhaseInjecting, record.PhaseObserving, record.PhaseRecovering, record.PhaseJudging, record.PhaseFinished}
	if diff := cmp.Diff(want, phases(rec)); diff != "" {
		t.Error(diff)
	}
	if got := rec.Probes[0].Query; got != `avail{namespace="shop"}` {
		t.Errorf("query %q is not the one after substitution", got)
	}
	if kills, open := r.chaos.state(); kills != 1 || open != 0 {
		t.Errorf("%d kills and %d open faults, want 1 and 0", kills, open)
	}
	for topic, n := range map[string]int{
		events.RunStartedTopic.Type(): 1, events.RunFinishedTopic.Type(): 1, events.RunProgressedTopic.Type(): 5,
	} {
		if got := r.count(topic, "run-a"); got != n {
			t.Errorf("%d events %s, want %d", got, topic, n)
		}
	}
}

func TestVerdictsOnTheBus(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		spec   func(*spec.Spec)
		rig    func(*rig)
		deps   func(*Deps)
		word   record.Word
		reason string
		kills  int
	}{
		{name: "guard refuses", rig: func(r *rig) { r.chaos.answer = record.OutcomeRefused }, word: record.NotRun, reason: `guard "opt-in" refused: no label`},
		{name: "selector matches nothing", rig: func(r *rig) { r.chaos.answer = record.OutcomeFailed }, word: record.Inconclusive, reason: "matches nothing"},
		{name: "chaos is silent", rig: func(r *rig) { r.chaos.answer = "" }, word: record.Inconclusive, reason: "chaos did not answer"},
		{name: "no data", rig: func(r *rig) { r.probe.set(probe.Problemf(record.ProblemNoData, "nothing")) }, word: record.Inconclusive, reason: "no-data"},
		{name: "does not hold before", rig: func(r *rig) { r.probe.set(probe.Reading{Age: new(time.Second)}) }, word: record.Inconclusive, reason: "baseline held"},
		{name: "age unknown", rig: func(r *rig) { r.probe.set(probe.Reading{Value: 1}) }, word: record.Inconclusive, reason: "stale"},
		{
			name: "two steps", word: record.Passed, kills: 2,
			spec: func(s *spec.Spec) { s.Method = append(s.Method, s.Method[0]) },
		},
		{
			name: "emergency stop before", word: record.NotRun, reason: "the emergency stop is engaged: hot",
			rig: func(r *rig) { r.chaos.stop = events.StopState{Engaged: true, Reason: "hot"} },
		},
		{name: "bad PromQL", spec: func(s *spec.Spec) {
			s.Hypothesis[0].Parts = part("prometheus", `{"query":"bad","compare":">=","value":1}`)
		}, word: record.NotRun, reason: "spec.hypothesis[0].prometheus.query: is no PromQL"},
		{name: "no Prometheus", deps: func(d *Deps) { d.Probes[0] = fakeKind{name: "prometheus", lacks: "needs a Prometheus"} }, word: record.NotRun, reason: "needs a Prometheus"},
		{name: "no Kubernetes", deps: func(d *Deps) { d.Probes[1] = fakeKind{name: "ready", lacks: "needs a Kubernetes API"} }, word: record.NotRun, reason: "needs a Kubernetes API"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if tc.rig != nil {
				r.chaos.set(func(*fakeChaos) { tc.rig(r) })
			}
			r.server(tc.deps)
			r.start("run-b", quick(tc.spec))
			wantVerdict(t, r.finished("run-b"), tc.word, tc.reason)
			if kills, open := r.chaos.state(); kills != tc.kills || open != 0 {
				t.Errorf("%d kills and %d open faults, want %d and 0", kills, open, tc.kills)
			}
		})
	}
}

func TestOutageIsMeasured(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.server(nil)
	r.chaos.set(func(c *fakeChaos) { c.heal = 400 * time.Millisecond })
	r.start("run-c", quick(func(s *spec.Spec) {
		s.Interval, s.Observe = events.Duration(200*time.Millisecond), events.Duration(2*time.Second)
		s.Baseline.Duration = events.Duration(400 * time.Millisecond)
	}))
	r.awaitKill()
	r.probe.set(probe.Reading{Value: 0, Age: new(time.Millisecond)})
	r.probe.asked(t.Context(), 3)
	r.probe.set(probe.Reading{Value: 1, Age: new(time.Millisecond)})
	rec := r.finished("run-c")
	wantVerdict(t, rec, record.Failed, "availability did not hold")
	if out := rec.Summary.Outage; out == nil || *out <= 0 || len(rec.Probes[0].Outages) != 1 || rec.Probes[0].Outages[0].Samples < 3 {
		t.Errorf("outage %v of %+v, want one of three samples or more", out, rec.Probes[0].Outages)
	}
}

// awaitKill waits until chaos has killed.
func (r *rig) awaitKill() {
	r.t.Helper()
	for range 1000 {
		if kills, _ := r.chaos.state(); kills > 0 {
			return
		}
		events.Wait(r.t.Context(), 10*time.Millisecond)
	}
	r.t.Fatal("nothing was killed")
}

// TestCrashAtEveryStep kills the server at each checkpoint. The run must end with a
// verdict, nothing may be killed twice and no fault may stay open.
func TestCrashAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, step := range Checkpoints() {
		for _, owner := range []string{"server-1", "server-2"} {
			t.Run(step+" "+owner, func(t *testing.T) {
				t.Parallel()
				crashAt(t, step, owner)
			})
		}
	}
}

func crashAt(t *testing.T, step, owner string) {
	r := newRig(t)
	if strings.HasPrefix(step, record.PhaseReverting) {
		r.chaos.set(func(c *fakeChaos) { c.heal = -1 })
	}
	c := newCrasher(r.bus, step)
	stop := r.server(func(d *Deps) { d.Bus, d.Store, d.Checkpoint = c, c, c.checkpoint })
	r.start("run-x", quick(nil))
	if strings.HasPrefix(step, record.PhaseReverting) {
		r.awaitKill()
		say(r.chaos, events.StopEngagedTopic, "", "stop", events.StopEngaged{Reason: "hot", At: time.Now()})
	}
	c.wait(t)
	stop()
	r.server(func(d *Deps) { d.Owner = owner })
	rec := r.finished("run-x")
	if rec.Verdict.Word != record.Passed && rec.Verdict.Word != record.Aborted {
		t.Errorf("verdict %q because %q", rec.Verdict.Word, rec.Verdict.Reason)
	}
	early := strings.HasPrefix(step, "run stored") || strings.HasPrefix(step, "run taken") || strings.HasPrefix(step, record.PhaseBaseline)
	late := strings.HasPrefix(step, record.PhaseJudging) && step != record.PhaseJudging+" recorded" || strings.HasPrefix(step, "verdict")
	if (early || late) && rec.Verdict.Word != record.Passed {
		t.Errorf("verdict %q because %q, want passed", rec.Verdict.Word, rec.Verdict.Reason)
	}
	if kills, open := r.chaos.state(); kills > 1 || open != 0 {
		t.Errorf("%d kills and %d open faults, want at most 1 and none", kills, open)
	}
	if n := r.count(events.RunFinishedTopic.Type(), "run-x"); n != 1 {
		t.Errorf("told %d times that the run finished", n)
	}
}

func TestGracefulStopRevertsFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.chaos.set(func(c *fakeChaos) { c.heal = -1 })
	stop := r.server(nil)
	r.start("run-d", quick(func(s *spec.Spec) { s.Observe = events.Duration(20 * time.Second) }))
	r.awaitKill()
	stop()
	if kills, open := r.chaos.state(); kills != 1 || open != 0 {
		t.Errorf("%d kills and %d open faults, want 1 and 0", kills, open)
	}
	r.server(nil)
	wantVerdict(t, r.finished("run-d"), record.Aborted, "the server was stopped while")
}

func TestGracefulStopInTheBaselineBeginsAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	reached := newCrasher(r.bus, "baseline entered")
	stop := r.server(func(d *Deps) { d.Checkpoint = reached.checkpoint })
	r.start("run-e", quick(nil))
	reached.wait(t)
	stop()
	r.server(func(d *Deps) { d.Owner = "server-2" })
	rec := r.finished("run-e")
	wantVerdict(t, rec, record.Passed, "")
	if len(rec.Notes) == 0 {
		t.Error("the record does not tell of the interruption")
	}
}

func TestStopAborts(t *testing.T) {
	t.Parallel()
	for _, phase := range []string{record.PhaseBaseline, record.PhaseInjecting, record.PhaseObserving, record.PhaseRecovering} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.chaos.set(func(c *fakeChaos) {
				c.heal = -1
				if phase == record.PhaseInjecting {
					c.answer = ""
				}
			})
			reached := newCrasher(r.bus, phase+" entered")
			r.server(func(d *Deps) { d.Checkpoint = reached.checkpoint })
			r.start("run-f", quick(func(s *spec.Spec) { s.Baseline.Duration = events.Duration(time.Second) }))
			reached.wait(t)
			say(r.chaos, events.StopEngagedTopic, "", "stop", events.StopEngaged{Reason: "hot", At: time.Now()})
			wantVerdict(t, r.finished("run-f"), record.Aborted, "hot")
			if _, open := r.chaos.state(); open != 0 {
				t.Errorf("%d faults are open", open)
			}
		})
	}
}

func TestEnvironmentReadyStartsExperimentsInTurn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i, name := range []string{"zebra", "apple", "other-template", "by-hand"} {
		d := quick(func(s *spec.Spec) {
			s.On = spec.OnReady
			s.Environments = spec.Selector{Template: []string{"shop", "shop", "crm", ""}[i]}
		})
		d.Metadata.Name = name
		if name == "by-hand" {
			d.Spec.On = ""
		}
		r.docs = append(r.docs, d)
	}
	r.server(nil)
	ready := events.EnvironmentReady{Environment: events.Environment{
		Name: "shop-1", Namespace: "shop-1", Template: "shop", Phase: "ready", Revision: "abc",
		Components: []events.EnvironmentComponent{{Name: "api", Image: "shop:v1", Replicas: 3}},
	}}
	m := events.Meta{ID: "ready-1", Source: "envs", Time: time.Now()}
	r.environments(func() (events.EnvironmentAnswer, error) {
		return events.EnvironmentAnswer{Environment: ready.Environment}, nil
	})
	for range 2 {
		if err := events.EnvironmentReadyTopic.Publish(t.Context(), r.bus, m, ready); err != nil {
			t.Fatal(err)
		}
	}
	run := func(name string) string { return name + "-" + events.Digest("ready-1", name)[:10] }
	apple, zebra := r.finished(run("apple")), r.finished(run("zebra"))
	wantVerdict(t, apple, record.Passed, "")
	wantVerdict(t, zebra, record.Passed, "")
	if zebra.Started.Before(apple.Ended) {
		t.Errorf("zebra began at %s, before apple ended at %s", zebra.Started, apple.Ended)
	}
	if diff := cmp.Diff("abc", apple.Environment.Revision); diff != "" {
		t.Error(diff)
	}
	list, err := events.RunListCall.Ask(t.Context(), r.bus, m, events.RunsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Runs) != 2 || list.Runs[0].Experiment != "zebra" || list.Runs[0].Verdict != "passed" {
		t.Errorf("list is %+v", list.Runs)
	}
	if got := r.record("latest").Name; got != "zebra" {
		t.Errorf("latest is %s", got)
	}
}

func TestEnvironmentIsLookedUp(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		answer func() (events.EnvironmentAnswer, error)
		word   record.Word
		reason string
	}{
		{"there", func() (events.EnvironmentAnswer, error) {
			return events.EnvironmentAnswer{Environment: events.Environment{Name: "shop", Namespace: "shop-ns"}}, nil
		}, record.Passed, ""},
		{"not there", func() (events.EnvironmentAnswer, error) {
			return events.EnvironmentAnswer{}, events.Errorf(events.KindNotFound, "", "no such environment")
		}, record.NotRun, "there is no environment shop"},
		{"of another installation", func() (events.EnvironmentAnswer, error) {
			return events.EnvironmentAnswer{}, events.Errorf(events.KindRefused, "", "it belongs to installation there")
		}, record.NotRun, "it belongs to installation there"},
		{"nobody knows", nil, record.NotRun, "could not be looked up"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if tc.answer != nil {
				r.environments(tc.answer)
			}
			r.server(nil)
			raw, _ := json.Marshal(quick(nil))
			r.request(events.RunStart{Run: "run-g", Spec: raw, Environment: "shop", Trigger: "command"})
			rec := r.finished("run-g")
			wantVerdict(t, rec, tc.word, tc.reason)
			if tc.word == record.Passed && rec.Probes[0].Query != `avail{namespace="shop-ns"}` {
				t.Errorf("query %q", rec.Probes[0].Query)
			}
		})
	}
}

func TestWhatCannotBeReadIsNotRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.server(nil)
	for i, spec := range []string{`{"kind": 7}`, `{"apiVersion":"shakedown.dev/v1","kind":"Experiment","spec":{"nonsense":1}}`, `{}`} {
		run := fmt.Sprintf("run-%d", i)
		r.request(events.RunStart{Run: run, Spec: json.RawMessage(spec), Namespace: "shop"})
		rec := r.finished(run)
		if rec.Verdict.Word != record.NotRun {
			t.Errorf("%s: %+v", spec, rec.Verdict)
		}
	}
	if _, err := events.RunShowCall.Ask(t.Context(), r.bus, events.Meta{ID: "q", Source: "test", Time: time.Now()}, events.RunQuery{Run: "nobody"}); err == nil {
		t.Error("a run that is not there was shown")
	}
}

// TestRunOfANamespaceIsInItsEnvironment: who asks which runs break an environment hears of
// those that name its namespace.
func TestRunOfANamespaceIsInItsEnvironment(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	reached := newCrasher(r.bus, "baseline entered")
	stop := r.server(func(d *Deps) { d.Checkpoint = reached.checkpoint })
	r.start("run-n", quick(nil)) // in namespace shop
	reached.wait(t)
	for environment, want := range map[string]int{"shop": 1, "cart": 0} {
		q := events.RunsQuery{Environment: environment, Open: true}
		answer, err := events.RunListCall.Ask(t.Context(), r.bus, events.Meta{ID: "q", Source: "test", Time: time.Now()}, q)
		if err != nil || len(answer.Runs) != want {
			t.Errorf("%s: %+v, %v; want %d", environment, answer.Runs, err, want)
		}
	}
	stop()
}

// TestRunThatCannotBeRead is told of where it may be meant, by name, and nowhere else.
func TestRunThatCannotBeRead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.server(nil)
	kv, err := r.bus.KV(t.Context(), events.Bucket{Name: queueName})
	if err != nil {
		t.Fatal(err)
	}
	for key, raw := range map[string]string{
		"run-shop": `{"id":"run-shop","body":{"phase":7,"request":{"environment":"shop"}}}`,
		"run-cart": `{"id":"run-cart","body":{"phase":7,"request":{"namespace":"cart"}}}`,
		"run-torn": `{"id":"run-torn","bo`,
	} {
		if _, err := kv.Create(t.Context(), key, []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	for environment, want := range map[string][]string{
		"shop": {"run-shop", "run-torn"}, "cart": {"run-cart", "run-torn"}, "bank": {"run-torn"}, "": {"run-cart", "run-shop", "run-torn"},
	} {
		q := events.RunsQuery{Environment: environment, Open: true}
		answer, err := events.RunListCall.Ask(t.Context(), r.bus, r.chaos.stamp().First("q"), q)
		var got []string
		for _, run := range []string{"run-cart", "run-shop", "run-torn"} {
			if strings.Contains(answer.Problem, run) {
				got = append(got, run)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", environment, err, diff)
		}
	}
}
