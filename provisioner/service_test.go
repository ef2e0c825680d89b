package provisioner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// patience bounds every wait.
const patience = 2 * time.Minute

// rig is a server with the service, and what its requests and events go through.
type rig struct {
	bus    *natsbus.Bus
	stamp  events.Stamp
	events *eventstest.Watcher
}

func newRig(t *testing.T, driver provisioner.Driver, alter ...func(*provisioner.Config)) rig {
	t.Helper()
	bus := natsbustest.Open(t)
	serve(t, bus, "server", driver, nil, alter...)
	return rig{bus: bus, stamp: stamp(), events: eventstest.Watch(t, bus, events.Filter{})}
}

func stamp() events.Stamp {
	var n atomic.Int64
	began := time.Now().String()
	return events.Stamp{Source: "test", Now: time.Now, NewID: func() string { return events.Digest(began, fmt.Sprint(n.Add(1))) }}
}

// serve runs the service until the test ends and returns when it is ready.
func serve(t *testing.T, bus *natsbus.Bus, owner string, driver provisioner.Driver, at func(string), alter ...func(*provisioner.Config)) {
	t.Helper()
	start(t, bus, owner, driver, at, alter...)
}

// start is serve; the function that it returns ends the service before the test ends.
func start(
	t *testing.T, bus *natsbus.Bus, owner string, driver provisioner.Driver, at func(string), alter ...func(*provisioner.Config),
) (stop func()) {
	t.Helper()
	return startWith(t, depsOf(bus, owner, driver, at, alter...))
}

func depsOf(bus *natsbus.Bus, owner string, driver provisioner.Driver, at func(string), alter ...func(*provisioner.Config)) provisioner.Deps {
	config := provisioner.DefaultConfig()
	config.Lease, config.ProgressEvery = 3*time.Second, 10*time.Millisecond
	for _, a := range alter {
		a(&config)
	}
	log := slog.New(slog.DiscardHandler)
	return provisioner.Deps{
		Bus: bus, Caller: bus, Store: bus, Stamp: stamp(), Log: log, Owner: owner, Checkpoint: at,
		Clusters: provisioner.NewClusters([]provisioner.Driver{driver}, log), Config: config,
	}
}

func startWith(t *testing.T, d provisioner.Deps) (stop func()) {
	t.Helper()
	s, err := provisioner.New(d)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	select {
	case <-s.Ready():
	case <-time.After(patience):
		t.Fatal("the service is not ready")
	}
	return stop
}

// create publishes a request for a document and returns its metadata.
func (r rig) create(t *testing.T, d provisioner.Document) events.Meta {
	t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	m := r.stamp.First(d.Metadata.Name)
	if err := events.ClusterCreateTopic.Publish(t.Context(), r.bus, m, events.ClusterCreate{Name: d.Metadata.Name, Spec: raw}); err != nil {
		t.Fatal(err)
	}
	return m
}

func (r rig) destroy(t *testing.T, name string) {
	t.Helper()
	e := events.ClusterDestroy{Name: name, Reason: "asked"}
	if err := events.ClusterDestroyTopic.Publish(t.Context(), r.bus, r.stamp.First(name), e); err != nil {
		t.Fatal(err)
	}
}

func (r rig) list(t *testing.T) []events.Cluster {
	t.Helper()
	answer, err := events.ClusterListCall.Ask(t.Context(), r.bus, r.stamp.First(""), events.Nothing{})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Clusters
}

// failed waits for the failure of a request and compares what it says.
func (r rig) failed(t *testing.T, verb string, kind events.Kind, words string) events.ClusterFailed {
	t.Helper()
	_, f := eventstest.Expect(t, r.events, patience, events.ClusterFailedTopic, nil)
	if f.Verb != verb || f.Kind != kind || !strings.Contains(f.Reason, words) {
		t.Errorf("failed as %+v, want %s, %s and %q", f, verb, kind, words)
	}
	return f
}

func TestServerMakesAndDestroysClusters(t *testing.T) {
	t.Parallel()
	r := newRig(t, newFolder(t.TempDir()))
	asked := r.create(t, document(func(*provisioner.Document) {}))
	eventstest.Expect(t, r.events, patience, events.ClusterProgressedTopic, func(_ events.Meta, e events.ClusterProgressed) bool {
		return e.Step == "half" && e.Ended && e.Problem == ""
	})
	m, ready := eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, nil)
	if ready.Name != "demo" || ready.State != "ready" || ready.Took <= 0 || m.Causation != asked.ID || m.Correlation != "demo" {
		t.Errorf("ready %+v with %+v", ready, m)
	}
	if diff := cmp.Diff([]events.Cluster{ready.Cluster}, r.list(t)); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	shown, err := events.ClusterShowCall.Ask(t.Context(), r.bus, r.stamp.First(""), events.ClusterQuery{Name: "demo"})
	if diff := cmp.Diff(ready.Cluster, shown.Cluster); diff != "" || err != nil {
		t.Errorf("show: %v\n%s", err, diff)
	}
	r.destroy(t, "demo")
	if _, gone := eventstest.Expect(t, r.events, patience, events.ClusterDestroyedTopic, nil); gone.Name != "demo" || gone.Reason != "asked" {
		t.Errorf("destroyed %+v", gone)
	}
	if left := r.list(t); len(left) > 0 {
		t.Errorf("still there: %+v", left)
	}
	r.destroy(t, "demo")
	r.failed(t, "destroy", events.KindNotFound, "demo does not exist")
}

func TestServerRefuses(t *testing.T) {
	t.Parallel()
	driver := newFolder(t.TempDir())
	r := newRig(t, driver, func(c *provisioner.Config) { c.MaxClusters = 1 })
	r.create(t, document(func(d *provisioner.Document) { d.Spec.Nodes = 101 }))
	r.failed(t, "create", events.KindInvalid, "spec.nodes")
	r.create(t, document(func(d *provisioner.Document) {
		d.Spec = provisioner.Spec{Driver: "existing", Existing: &provisioner.Existing{Kubeconfig: "/etc/shadow"}}
	}))
	r.failed(t, "create", events.KindRefused, "the driver existing is for commands")
	r.create(t, document(func(d *provisioner.Document) { d.Spec.Kubernetes.Version = "v1.2.3" }))
	r.failed(t, "create", events.KindRefused, "this machine cannot run cluster demo: version")
	r.create(t, document(func(*provisioner.Document) {}))
	eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, nil)
	r.create(t, document(func(d *provisioner.Document) { d.Metadata.Name = "other" }))
	r.failed(t, "create", events.KindRefused, "there are 1 clusters and at most 1 are allowed")
	r.create(t, document(func(d *provisioner.Document) { d.Spec.Nodes = 5 }))
	r.failed(t, "create", events.KindRefused, "exists with 3 nodes, not 5")
	r.destroy(t, "../demo")
	r.failed(t, "destroy", events.KindNotFound, "does not exist")
	if driver.created.Load() != 1 || driver.destroyed.Load() != 0 {
		t.Errorf("%d created and %d destroyed", driver.created.Load(), driver.destroyed.Load())
	}
}

// TestServerPlans: the answer says what a create would do, and nothing is done.
func TestServerPlans(t *testing.T) {
	t.Parallel()
	driver := newFolder(t.TempDir())
	r := newRig(t, driver)
	r.planned(t, func(*provisioner.Document) {}, "[{check nothing is made before everything was checked} {create it does not exist}]")
	r.planned(t, func(d *provisioner.Document) { d.Spec.Nodes = 101 }, string(events.KindInvalid))
	r.planned(t, func(d *provisioner.Document) {
		d.Spec = provisioner.Spec{Driver: "existing", Existing: &provisioner.Existing{Kubeconfig: "/etc/shadow"}}
	}, string(events.KindRefused))
	if driver.created.Load() > 0 {
		t.Error("a plan made a cluster")
	}
	r.create(t, document(func(*provisioner.Document) {}))
	eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, nil)
	r.planned(t, func(*provisioner.Document) {}, "[]")
	r.planned(t, func(d *provisioner.Document) { d.Spec.Nodes = 5 }, string(events.KindRefused))
}

// planned compares the steps of a plan, or the kind of its error.
func (r rig) planned(t *testing.T, change func(*provisioner.Document), want string) {
	t.Helper()
	raw, err := json.Marshal(document(change))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := events.ClusterPlanCall.Ask(t.Context(), r.bus, r.stamp.First(""), events.ClusterPlan{Name: "demo", Spec: raw})
	got := fmt.Sprint(answer.Steps)
	if e, ok := errors.AsType[*events.Error](err); ok {
		got = string(e.Kind)
	}
	if got != want {
		t.Errorf("plan %s (%v), want %s", got, err, want)
	}
}

// TestServerUndoes: what a failed create made is gone, and a later request is free
// to make it anew; with retain it stays.
func TestServerUndoes(t *testing.T) {
	t.Parallel()
	driver := newFolder(t.TempDir())
	var succeeds atomic.Bool
	driver.half = func(context.Context) error {
		if !succeeds.Load() {
			return errors.New("boom")
		}
		return nil
	}
	r := newRig(t, driver)
	r.create(t, document(func(*provisioner.Document) {}))
	if f := r.failed(t, "create", events.KindInternal, "boom"); f.Remains {
		t.Errorf("something remains: %+v", f)
	}
	if left := r.list(t); len(left) > 0 {
		t.Errorf("not undone: %+v", left)
	}
	raw, err := json.Marshal(document(func(*provisioner.Document) {}))
	if err != nil {
		t.Fatal(err)
	}
	e := events.ClusterCreate{Name: "demo", Spec: raw, Retain: true}
	if err := events.ClusterCreateTopic.Publish(t.Context(), r.bus, r.stamp.First("demo"), e); err != nil {
		t.Fatal(err)
	}
	if f := r.failed(t, "create", events.KindInternal, "boom"); !f.Remains {
		t.Errorf("nothing remains: %+v", f)
	}
	r.create(t, document(func(*provisioner.Document) {}))
	r.failed(t, "create", events.KindRefused, "cannot be used: half made")
	succeeds.Store(true)
	r.destroy(t, "demo")
	eventstest.Expect(t, r.events, patience, events.ClusterDestroyedTopic, nil)
	r.create(t, document(func(*provisioner.Document) {}))
	eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, nil)
}

// TestLaterRequestWins: a destroy ends the create that is under way, and so does a
// create of something else.
func TestLaterRequestWins(t *testing.T) {
	t.Parallel()
	driver, half := newFolder(t.TempDir()), make(chan struct{}, 8)
	var goesOn atomic.Bool
	driver.half = func(ctx context.Context) error {
		if goesOn.Load() {
			return nil
		}
		half <- struct{}{}
		<-ctx.Done()
		return context.Cause(ctx)
	}
	r := newRig(t, driver)
	overtaken := r.create(t, document(func(*provisioner.Document) {}))
	<-half
	r.destroy(t, "demo")
	eventstest.Expect(t, r.events, patience, events.ClusterProgressedTopic, func(m events.Meta, e events.ClusterProgressed) bool {
		return e.Step == events.StepSuperseded && m.Causation == overtaken.ID
	})
	eventstest.Expect(t, r.events, patience, events.ClusterDestroyedTopic, nil)
	r.create(t, document(func(*provisioner.Document) {}))
	<-half
	goesOn.Store(true)
	r.create(t, document(func(d *provisioner.Document) { d.Metadata.Labels = map[string]string{"team": "a"} }))
	eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, nil)
	if got := r.list(t); len(got) != 1 || got[0].State != "ready" {
		t.Errorf("list %+v", got)
	}
}

// TestStandBy: a second server is ready although the first one has the duty, and
// takes its place when it ends.
func TestStandBy(t *testing.T) {
	t.Parallel()
	bus, driver := natsbustest.Open(t), newFolder(t.TempDir())
	stop := start(t, bus, "first", driver, nil)
	serve(t, bus, "second", driver, nil)
	stop()
	r := rig{bus: bus, stamp: stamp(), events: eventstest.Watch(t, bus, events.Filter{})}
	r.create(t, document(func(*provisioner.Document) {}))
	eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, nil)
}
