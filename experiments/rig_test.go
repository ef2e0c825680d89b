package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// rig is the service on a real bus, with a chaos and probes that a test scripts.
type rig struct {
	t     *testing.T
	bus   *natsbus.Bus
	chaos *fakeChaos
	probe *fakeProber
	clock *smooth
	// workloads is what runs in every namespace.
	workloads func() (record.Environment, error)
	// service is that of the newest server.
	service *Service
	// docs are those that events may start.
	docs []spec.Document
}

// smooth is a clock that never jumps: when the machine stalls, it stalls, too. A run
// under it sees the samples that it expects, however busy the machine is.
type smooth struct {
	mu        sync.Mutex
	real, now time.Time
}

// step is the most by which the clock goes on from one look to the next.
const step = 15 * time.Millisecond

func newSmooth() *smooth { return &smooth{real: time.Now(), now: time.Now()} }

// run keeps the clock going while nobody asks for the time.
func (c *smooth) run(t *testing.T) {
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	running.Go(func() {
		for events.Wait(ctx, step/3) {
			c.Now()
		}
	})
	t.Cleanup(func() { stop(); running.Wait() })
}

func (c *smooth) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	passed := time.Since(c.real)
	c.real = c.real.Add(passed)
	c.now = c.now.Add(min(passed, step))
	return c.now
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigOn(t, natsbustest.Open(t))
}

func newRigOn(t *testing.T, bus *natsbus.Bus) *rig {
	t.Helper()
	r := &rig{t: t, bus: bus, probe: &fakeProber{}, clock: newSmooth()}
	r.clock.run(t)
	r.probe.set(probe.Reading{Value: 1, Age: new(100 * time.Millisecond)})
	r.chaos = startChaos(t, r.bus)
	r.workloads = func() (record.Environment, error) { return bare(), nil }
	return r
}

func testConfig() Config {
	return Config{
		Poll: 20 * time.Millisecond, LeaseTTL: 3 * time.Second, Parallel: 16, MaxAge: time.Hour, Keep: 2 * time.Hour, MaxRuns: 100,
		PruneEvery: 50 * time.Millisecond, StoreTimeout: 5 * time.Second, BaselineGrace: time.Second,
		SampleTimeout: 5 * time.Second, InjectTimeout: 5 * time.Second, CloseGrace: 5 * time.Second,
		MarkGrace: 500 * time.Millisecond, RevertTimeout: 5 * time.Second, ShutdownTimeout: time.Second,
		EnvironmentTimeout: time.Second, QueueTimeout: time.Minute, Slack: 20 * time.Second,
	}
}

// server runs one server until the returned function, which may be called again.
func (r *rig) server(change func(*Deps)) (stop func()) {
	r.t.Helper()
	d := Deps{
		Bus: r.bus, Caller: r.bus, Store: r.bus, Now: r.clock.Now, Log: slog.New(slog.DiscardHandler),
		Stamp:      events.Stamp{Source: "experiments", Now: time.Now, NewID: newID()},
		Registerer: prometheus.NewRegistry(), Owner: "server-1", Probes: probe.Table{fakeKind{name: "prometheus", prober: r.probe}, fakeKind{name: "ready"}},
		Workloads: func(context.Context, string) (record.Environment, error) { return r.workloads() },
		Documents: func() []spec.Document { return r.docs }, Version: "test", Config: testConfig(),
		Report: func(run string) string { return "http://localhost/runs/" + run },
	}
	if change != nil {
		change(&d)
	}
	s, err := New(d)
	if err != nil {
		r.t.Fatal(err)
	}
	r.service = s
	ctx, cancel := context.WithCancel(r.t.Context())
	var wg sync.WaitGroup
	failed := make(chan error, 1)
	wg.Go(func() { failed <- s.Run(ctx) })
	stop = func() { cancel(); wg.Wait() }
	r.t.Cleanup(stop)
	select {
	case <-s.Ready():
	case err := <-failed:
		r.t.Fatalf("service did not start: %v", err)
	}
	return stop
}

func newID() func() string {
	var n atomic.Int64
	prefix := fmt.Sprint(time.Now().UnixNano())
	return func() string { return fmt.Sprintf("%s-%d", prefix, n.Add(1)) }
}

// quick is an experiment that takes about a second.
func quick(change func(*spec.Spec)) spec.Document {
	d := experiment(1)
	d.Spec.Interval = events.Duration(100 * time.Millisecond)
	d.Spec.Baseline = spec.Baseline{Duration: events.Duration(300 * time.Millisecond), Samples: 2}
	d.Spec.Observe = events.Duration(500 * time.Millisecond)
	d.Spec.Recovery = spec.Recovery{Budget: events.Duration(2 * time.Second), Samples: 2}
	if change != nil {
		change(&d.Spec)
	}
	return d
}

// start asks for a run, twice.
func (r *rig) start(run string, d spec.Document) {
	r.t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		r.t.Fatal(err)
	}
	r.request(events.RunStart{Run: run, Spec: raw, Namespace: "shop", Trigger: "command", By: "tester"})
}

func (r *rig) request(req events.RunStart) {
	r.t.Helper()
	for i := range 2 {
		m := events.Meta{ID: fmt.Sprintf("start-%s-%d", req.Run, i), Source: "test", Time: time.Now(), Correlation: req.Run}
		if err := events.RunStartTopic.Publish(r.t.Context(), r.bus, m, req); err != nil {
			r.t.Fatal(err)
		}
	}
}

// finished waits for the verdict and returns the record.
func (r *rig) finished(run string) record.Record {
	r.t.Helper()
	r.outcome(run)
	return r.record(run)
}

// outcome waits for the verdict as it is published.
func (r *rig) outcome(run string) (sum events.RunSummary) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	found := false
	filter := events.Filter{Types: []string{events.RunFinishedTopic.Type()}, Since: time.Now().Add(-time.Hour)}
	err := r.bus.Watch(ctx, filter, func(e events.Envelope) bool {
		_, f, err := events.RunFinishedTopic.Parse(e)
		if found = err == nil && f.Run == run; found {
			sum = f.RunSummary
		}
		return !found
	})
	if err != nil || !found {
		r.t.Fatalf("run %s did not finish: %v", run, err)
	}
	return sum
}

func (r *rig) record(run string) record.Record {
	r.t.Helper()
	answer, err := events.RunShowCall.Ask(r.t.Context(), r.bus, events.Meta{ID: "q", Source: "test", Time: time.Now()}, events.RunQuery{Run: run})
	if err != nil {
		r.t.Fatal(err)
	}
	rec, err := record.Parse(answer.Record)
	if err != nil {
		r.t.Fatal(err)
	}
	if rec.Chain != nil {
		if why := broken(rec); why != "" {
			r.t.Errorf("the record of run %s does not hold when it is judged again:\n%s", run, why)
		}
	}
	return rec
}

// count is how many events of the topic about the run are stored.
func (r *rig) count(topic, run string) int {
	r.t.Helper()
	n := 0
	filter := events.Filter{Types: []string{topic}, Since: time.Now().Add(-time.Hour), UntilCaughtUp: true}
	err := r.bus.Watch(r.t.Context(), filter, func(e events.Envelope) bool {
		var about struct {
			Run string `json:"run"`
		}
		if json.Unmarshal(e.Data, &about) == nil && about.Run == run {
			n++
		}
		return true
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// fakeChaos answers for chaos: it kills pods that exist in its mind only.
type fakeChaos struct {
	t   *testing.T
	bus *natsbus.Bus

	mu sync.Mutex
	// kills counts the kills by fault, open are the faults in effect, dead those that
	// were reverted before they were injected.
	kills map[string]int
	open  map[string]bool
	dead  map[string]bool
	stop  events.StopState
	// answer is what happens to an injection; heal is how long the target takes.
	answer string
	heal   time.Duration
	heals  sync.WaitGroup
}

func startChaos(t *testing.T, bus *natsbus.Bus) *fakeChaos {
	c := &fakeChaos{
		t: t, bus: bus, kills: map[string]int{}, open: map[string]bool{}, dead: map[string]bool{},
		answer: record.OutcomeInjected, heal: 200 * time.Millisecond,
	}
	ctx, cancel := context.WithCancel(t.Context())
	a, err1 := events.FaultInjectTopic.Subscribe(ctx, bus, "chaos", c.inject)
	b, err2 := events.FaultRevertTopic.Subscribe(ctx, bus, "chaos", c.revert)
	s, err3 := events.StopStateCall.Answer(ctx, bus, c.stamp(), func(context.Context, events.Nothing) (events.StopState, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.stop, nil
	})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		c.heals.Wait()
		a.Wait()
		b.Wait()
		s.Wait()
	})
	return c
}

func (c *fakeChaos) stamp() events.Stamp {
	return events.Stamp{Source: "chaos", Now: time.Now, NewID: newID()}
}

// say publishes an event twice, under two ids: handlers must bear it.
func say[T any](c *fakeChaos, topic events.Topic[T], run, part string, payload T) {
	for i := range 2 {
		m := events.Meta{ID: fmt.Sprintf("%s-%s-%d", topic.Type(), part, i), Source: "chaos", Time: time.Now(), Correlation: run}
		if err := topic.Publish(context.WithoutCancel(c.t.Context()), c.bus, m, payload); err != nil {
			c.t.Logf("chaos could not publish: %v", err)
		}
	}
}

func (c *fakeChaos) inject(_ context.Context, _ events.Meta, f events.FaultInject) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead[f.Fault] || c.kills[f.Fault] > 0 {
		return nil
	}
	switch c.answer {
	case record.OutcomeRefused:
		say(c, events.FaultRefusedTopic, f.Run, f.Fault, events.FaultRefused{
			Fault: f.Fault, Run: f.Run, Decisions: []events.GuardDecision{{Guard: "opt-in", Seen: "no label", Advice: "add the label"}},
		})
		return nil
	case record.OutcomeFailed:
		say(c, events.FaultFailedTopic, f.Run, f.Fault, events.FaultFailed{Fault: f.Fault, Run: f.Run, Reason: "the selector matches nothing"})
		say(c, events.FaultRevertedTopic, f.Run, f.Fault, events.FaultReverted{Fault: f.Fault, Run: f.Run, At: time.Now()})
		return nil
	case "":
		return nil
	}
	c.kills[f.Fault]++
	c.open[f.Fault] = true
	victim := events.Victim{Kind: "pod", Namespace: f.Namespace, Name: "api-1", UID: "uid-" + f.Fault, Owner: "Deployment/api"}
	say(c, events.FaultInjectedTopic, f.Run, f.Fault, events.FaultInjected{
		Fault: f.Fault, Run: f.Run, Kind: f.Kind, Victims: []events.Victim{victim}, Seed: 7, At: time.Now(),
	})
	if c.heal > 0 {
		c.heals.Go(func() { c.recover(f, victim) })
	}
	return nil
}

func (c *fakeChaos) recover(f events.FaultInject, v events.Victim) {
	events.Wait(c.t.Context(), c.heal)
	for _, mark := range []string{events.MarkKillAccepted, events.MarkVictimGone, events.MarkReplacementReady} {
		say(c, events.RecoveryMarkedTopic, f.Run, f.Fault+mark, events.RecoveryMarked{Fault: f.Fault, Run: f.Run, Victim: v.UID, Mark: mark, Object: "api-2", At: time.Now()})
	}
	c.close(f.Fault, f.Run, true)
}

func (c *fakeChaos) close(fault, run string, recovered bool) {
	c.mu.Lock()
	delete(c.open, fault)
	c.mu.Unlock()
	say(c, events.FaultRevertedTopic, run, fault, events.FaultReverted{Fault: fault, Run: run, Recovered: recovered, At: time.Now()})
}

func (c *fakeChaos) revert(_ context.Context, _ events.Meta, f events.FaultRevert) error {
	c.mu.Lock()
	c.dead[f.Fault] = true
	known := c.kills[f.Fault] > 0
	c.mu.Unlock()
	c.close(f.Fault, f.Run, known)
	return nil
}

func (c *fakeChaos) state() (kills, open int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.kills {
		kills += n
	}
	return kills, len(c.open)
}

func (c *fakeChaos) set(change func(*fakeChaos)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

func phases(r record.Record) []string {
	var out []string
	for _, p := range r.Phases {
		out = append(out, p.Name)
	}
	return slices.Compact(out)
}
