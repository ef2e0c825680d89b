package monkey_test

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

	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/chaos/monkey"
	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something on a busy machine.
const patience = time.Minute

// clock is the time by which schedules go, as tests set it, with the ticks of a clock that
// goes on beside it.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	ticks time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Ticks() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ticks
}

// pass lets time pass, by both clocks.
func (c *clock) pass(d time.Duration) { c.change(d, d) }

// change moves the one clock and lets the other go on.
func (c *clock) change(d, ticks time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.ticks = c.now.Add(d), c.ticks+ticks
}

// calendars answer with closures, or an error.
type calendars struct {
	mu     sync.Mutex
	closed []plan.Closure
	err    error
}

func (c *calendars) set(err error, closed ...plan.Closure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed, c.err = closed, err
}

func (c *calendars) Closures(context.Context, spec.Document, wall.Span) ([]plan.Closure, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed, c.err
}

// rig is the service on a real bus, with the services around it as a test scripts them.
type rig struct {
	t         *testing.T
	bus       *natsbus.Bus
	clock     *clock
	calendars *calendars

	mu           sync.Mutex
	environments []events.Environment
	open         []events.RunSummary
	known        []string // runs that experiments know
	aborted      []events.RunAbort
}

// begin is 08:00 on a Tuesday in Berlin, before the hours.
func begin() time.Time { return time.Date(2027, 6, 1, 6, 0, 0, 0, time.UTC) }

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, bus: natsbustest.Open(t), clock: &clock{now: begin()}, calendars: &calendars{}}
	on := map[string]string{"monkey": "on"}
	r.environments = []events.Environment{{Name: "staging", Namespace: "staging", Project: "shop", Components: []events.EnvironmentComponent{
		{Name: "api", Labels: on}, {Name: "db"},
	}}}
	ctx, stop := context.WithCancel(t.Context())
	stamp := events.Stamp{Source: "test", Now: time.Now, NewID: newID()}
	subscribed, err := events.BeginAll(ctx, []events.Begin{
		events.EnvironmentListCall.Begin(r.bus, stamp, func(context.Context, events.Nothing) (events.EnvironmentsAnswer, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return events.EnvironmentsAnswer{Environments: slices.Clone(r.environments)}, nil
		}),
		events.RunListCall.Begin(r.bus, stamp, func(context.Context, events.RunsQuery) (events.RunsAnswer, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return events.RunsAnswer{Runs: slices.Clone(r.open)}, nil
		}),
		events.RunShowCall.Begin(r.bus, stamp, func(_ context.Context, q events.RunQuery) (events.RunAnswer, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if !slices.Contains(r.known, q.Run) {
				return events.RunAnswer{}, events.Errorf(events.KindNotFound, "", "no run %s", q.Run)
			}
			return events.RunAnswer{Record: json.RawMessage(`{}`)}, nil
		}),
		events.RunAbortCall.Begin(r.bus, stamp, func(_ context.Context, a events.RunAbort) (events.RunSummary, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.aborted = append(r.aborted, a)
			r.open = slices.DeleteFunc(r.open, func(s events.RunSummary) bool { return s.Run == a.Run })
			return events.RunSummary{Run: a.Run}, nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); subscribed.Wait() })
	return r
}

func newID() func() string {
	var n atomic.Int64
	return func() string { return fmt.Sprint("id-", time.Now().UnixNano(), "-", n.Add(1)) }
}

func config() monkey.Config {
	c := monkey.DefaultConfig()
	c.Tick, c.Lease, c.Patience = 10*time.Millisecond, 3*time.Second, 10*time.Second
	return c
}

// experiment is one that speaks of the component.
func experiment(name, component string) monkey.Experiment {
	return monkey.Experiment{
		Name: name, Components: []string{component}, Labels: map[string]string{spec.LabelSuite: "all"},
		Document: []byte(`{"apiVersion":"shakedown.dev/v1","kind":"Experiment","metadata":{"name":"` + name + `"},"spec":{"on":"environment.ready","hypothesis":[{"name":"x"}],"method":[{"fault":"pod-evict"}]}}`),
	}
}

// serve runs a server until stop is called, which may be called again.
func (r *rig) serve(change func(*monkey.Deps)) (stop func()) {
	r.t.Helper()
	d := monkey.Deps{
		Bus: r.bus, Caller: r.bus, Store: r.bus, Stamp: events.Stamp{Now: time.Now, NewID: newID()}, Log: slog.New(slog.DiscardHandler),
		Owner: "server-1", Now: r.clock.Now, Ticks: r.clock.Ticks, Calendars: r.calendars,
		Experiments: []monkey.Experiment{experiment("kill-api", "api"), experiment("other", "cart")}, Config: config(),
	}
	if change != nil {
		change(&d)
	}
	s, err := monkey.New(d)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			r.t.Error(err)
		}
	})
	select {
	case <-s.Ready():
	case <-time.After(patience):
		r.t.Error("the server does not get ready")
	}
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	r.t.Cleanup(stop)
	return stop
}

// schedule hits staging/api every working day from 09:00 to 16:00.
func schedule(change func(*spec.Spec)) spec.Document {
	d := spec.Document{Header: events.NewHeader(spec.Kind, "shop"), Spec: spec.Spec{
		TimeZone: "Europe/Berlin", Environments: spec.Environments{Project: "shop"},
		Monkey: &spec.Monkey{
			Mean: 1, Hours: "09:00-16:00", Grouping: spec.GroupEnvironment, OptIn: spec.OptIn{Labels: map[string]string{"monkey": "on"}},
			Faults: []spec.Fault{{Fault: "pod-kill", Count: 1, Params: json.RawMessage(`{"gracePeriod":"0s"}`)}},
		},
	}}
	if change != nil {
		change(&d.Spec)
	}
	return d
}

// cron starts kill-api at the times.
func cron(text string) func(*spec.Spec) {
	return func(s *spec.Spec) { s.Monkey, s.Cron, s.Experiments = nil, text, []string{"kill-api"} }
}

func ask[Req, Resp any](r *rig, c events.Call[Req, Resp], req Req) (Resp, error) {
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	return c.Ask(ctx, r.bus, events.Stamp{Source: "test", Now: time.Now, NewID: newID()}.First(""), req)
}

func (r *rig) apply(d spec.Document) events.ScheduleApplied {
	r.t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		r.t.Fatal(err)
	}
	answer, err := ask(r, events.ScheduleApplyCall, events.ScheduleApply{Document: raw, By: "ann"})
	if err != nil {
		r.t.Fatal(err)
	}
	return answer
}

// planned waits for the stored plan of the day.
func (r *rig) planned(date string) events.PlanDay {
	r.t.Helper()
	var day events.PlanDay
	r.until("the plan of "+date+" is stored", func() bool {
		answer, err := ask(r, events.PlanListCall, events.PlanQuery{From: date})
		if err != nil || len(answer.Plans) != 1 || len(answer.Plans[0].Days) != 1 {
			return false
		}
		day = answer.Plans[0].Days[0]
		return !day.Made.IsZero()
	})
	return day
}

// state waits until the one start of the day has one of the states.
func (r *rig) state(date string, want ...string) events.PlanStart {
	r.t.Helper()
	var got events.PlanStart
	r.until(fmt.Sprintf("the start of %s is %v", date, want), func() bool {
		day := r.planned(date)
		if len(day.Starts) != 1 {
			r.t.Fatalf("%s has the starts %v", date, day.Starts)
		}
		got = day.Starts[0]
		return slices.Contains(want, got.State)
	})
	return got
}

func (r *rig) until(what string, is func() bool) {
	r.t.Helper()
	for end := time.Now().Add(patience); !is(); {
		if !time.Now().Before(end) || !events.Wait(r.t.Context(), 5*time.Millisecond) {
			r.t.Fatalf("not so: %s", what)
		}
	}
}

// looks lets the server look at what is due for a while: so often that it had done it.
func (r *rig) looks() { events.Wait(r.t.Context(), 20*config().Tick) }

// heard are the events of the topic that are stored.
func heard[T any](r *rig, topic events.Topic[T]) []T {
	r.t.Helper()
	var all []T
	err := r.bus.Watch(r.t.Context(), events.Filter{Types: []string{topic.Type()}, Since: time.Unix(1, 0), UntilCaughtUp: true}, func(e events.Envelope) bool {
		_, payload, err := topic.Parse(e)
		if err != nil {
			r.t.Error(err)
		}
		all = append(all, payload)
		return true
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// crasher ends a server like a kill at one checkpoint: from then on nothing that it does
// reaches the bus or the store.
type crasher struct {
	events.Bus
	events.Store
	dead atomic.Bool
	died chan struct{}

	at step // none of them when it is zero

	mu    sync.Mutex
	steps []step
}

// step is a checkpoint that is passed for the so many-th time, counted from 1.
type step struct {
	name string
	time int
}

var errCrashed = errors.New("the process is gone")

func newCrasher(bus *natsbus.Bus, at step) *crasher {
	c := &crasher{Bus: bus, at: at, died: make(chan struct{})}
	c.Store = eventstest.Intercept(bus, func(_ context.Context, op eventstest.Op, call func() error) error {
		if c.dead.Load() && op.Writes() {
			return errCrashed
		}
		return call()
	})
	return c
}

func (c *crasher) mortal(d *monkey.Deps) {
	d.Bus, d.Store, d.Checkpoint = c, c, c.checkpoint
}

func (c *crasher) checkpoint(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := step{name, 1}
	for _, s := range c.steps {
		if s.name == name {
			now.time++
		}
	}
	c.steps = append(c.steps, now)
	if now == c.at && c.dead.CompareAndSwap(false, true) {
		close(c.died)
	}
}

// seen are the checkpoints passed so far.
func (c *crasher) seen() []step {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.steps)
}

func (c *crasher) Publish(ctx context.Context, e events.Envelope) error {
	if c.dead.Load() {
		return errCrashed
	}
	return c.Bus.Publish(ctx, e)
}
