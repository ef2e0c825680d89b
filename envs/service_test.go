package envs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

func mustRead(raw []byte, into any) {
	if err := json.Unmarshal(raw, into); err != nil {
		panic(err)
	}
}

// rig is a service on a real bus and a fake cluster.
type rig struct {
	t       *testing.T
	bus     *natsbus.Bus
	cluster *fakeCluster
	config  Config
	ids     atomic.Int64
	stop    func()
}

func newRig(t *testing.T) *rig {
	t.Helper()
	c := DefaultConfig()
	c.Grace, c.DestroyDeadline, c.Retry, c.ProgressEvery = 50*time.Millisecond, 100*time.Millisecond, 400*time.Millisecond, time.Millisecond
	return &rig{t: t, bus: natsbustest.Open(t), cluster: newFake(), config: c, stop: func() {}}
}

func (r *rig) stamp() events.Stamp {
	return events.Stamp{Source: "test", Now: time.Now, NewID: func() string { return fmt.Sprint("id-", r.ids.Add(1)) }}
}

// start runs a service, and stops the one that ran before.
func (r *rig) start() {
	r.t.Helper()
	r.stop()
	r.stop = r.run("server")
}

func (r *rig) run(owner string) (stop func()) {
	r.t.Helper()
	s, err := New(Deps{
		Bus: r.bus, Caller: r.bus, Store: r.bus, Stamp: r.stamp(), Log: slog.New(slog.DiscardHandler), Owner: owner, Cluster: r.cluster,
		Templates: map[string]Document{"shop": small("shop", "v1")}, Config: r.config,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	<-s.Ready()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("run: %v", err)
		}
	})
	r.t.Cleanup(stop)
	return stop
}

func small(name, image string) Document {
	return Document{
		Header: events.NewHeader(Kind, name),
		Spec:   Spec{Components: map[string]Component{"api": {Image: image, Replicas: new(2), Ports: []Port{{Port: 80}}}}},
	}
}

func (r *rig) create(d Document) events.Meta {
	return publish(r, events.EnvironmentCreateTopic, events.EnvironmentCreate{Name: d.Metadata.Name, Spec: mustJSON(d)})
}

func (r *rig) destroy(name string) events.Meta {
	return publish(r, events.EnvironmentDestroyTopic, events.EnvironmentDestroy{Name: name, Reason: "asked"})
}

func publish[T any](r *rig, topic events.Topic[T], payload T) events.Meta {
	r.t.Helper()
	m := r.stamp().First("test")
	if err := topic.Publish(r.t.Context(), r.bus, m, payload); err != nil {
		r.t.Fatal(err)
	}
	return m
}

// outcome waits for the event that ends the request of the cause.
func (r *rig) outcome(cause events.Meta) events.Envelope {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	var found events.Envelope
	err := r.bus.Watch(ctx, outcomes(), func(e events.Envelope) bool {
		if e.CausationID == cause.ID {
			found = e
		}
		return found.ID == ""
	})
	if err != nil || found.ID == "" {
		r.t.Fatalf("no outcome of %s: %v", cause.ID, err)
	}
	return found
}

func outcomes() events.Filter {
	return events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{
		events.EnvironmentReadyTopic.Type(), events.EnvironmentFailedTopic.Type(),
		events.EnvironmentRejectedTopic.Type(), events.EnvironmentDestroyedTopic.Type(),
	}}
}

// all are the stored events of the types, as "verb name".
func (r *rig) all(filter events.Filter) []string {
	r.t.Helper()
	var seen []string
	filter.UntilCaughtUp = true
	err := r.bus.Watch(r.t.Context(), filter, func(e events.Envelope) bool {
		seen = append(seen, strings.TrimPrefix(e.Type, events.Prefix+"v1.envs.environment.")+" "+e.Subject)
		return true
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return seen
}

func want[T any](t *testing.T, topic events.Topic[T], e events.Envelope) T {
	t.Helper()
	_, payload, err := topic.Parse(e)
	if err != nil {
		t.Fatalf("%v: %s", err, e.Data)
	}
	return payload
}

func TestCreateAgainAndDestroy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	ready := want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	if diff := cmp.Diff([]events.EnvironmentComponent{{Name: "api", Image: "v1", Replicas: 2, Ready: 2}}, ready.Components); diff != "" || ready.Phase != PhaseReady || ready.Took <= 0 {
		t.Errorf("ready with %+v (-want +got):\n%s", ready, diff)
	}
	first := []string{"apply namespace/shop", "apply deployment/api", "apply service/api"}
	if got := r.cluster.written(); !sameSet(got, first) || got[0] != first[0] {
		t.Errorf("wrote %v, want %v", got, first)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	if got := r.cluster.written(); len(got) != len(first) {
		t.Errorf("creating the same again wrote %v", got[len(first):])
	}
	gone := want(t, events.EnvironmentDestroyedTopic, r.outcome(r.destroy("shop")))
	if diff := cmp.Diff(events.EnvironmentDestroyed{Name: "shop", Reason: "asked"}, gone); diff != "" {
		t.Errorf("destroyed (-want +got):\n%s", diff)
	}
	no := want(t, events.EnvironmentRejectedTopic, r.outcome(r.destroy("shop")))
	if no.Kind != events.KindNotFound {
		t.Errorf("second destroy: %+v", no)
	}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func TestProgressIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.outcome(r.create(small("shop", "v1")))
	var steps []string
	err := r.bus.Watch(t.Context(), events.Filter{
		Since: time.Now().Add(-time.Hour), Types: []string{events.EnvironmentProgressedTopic.Type()}, UntilCaughtUp: true,
	}, func(e events.Envelope) bool {
		p := want(t, events.EnvironmentProgressedTopic, e)
		steps = append(steps, p.Step)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Compact(steps); !slices.Equal(got, []string{"namespace", "apply", "wait"}) {
		t.Errorf("steps %v", got)
	}
}

func TestBuildBecomesAnEnvironment(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	build := events.BuildSucceeded{Project: "p", Revision: "4f1c2e9abc", Template: "shop", Components: map[string]string{"api": "v7"}}
	m := publish(r, events.BuildSucceededTopic, build)
	cause := r.stamp().After(m, "")
	cause.ID = events.Digest(m.ID, "envs", "taken")
	ready := want(t, events.EnvironmentReadyTopic, r.outcome(cause))
	if ready.Name != "shop-4f1c2e9" || ready.Components[0].Image != "v7" || ready.Template != "shop" || ready.Project != "p" || ready.Revision != build.Revision {
		t.Errorf("ready: %+v", ready)
	}
	build.Template = "ship"
	no := want(t, events.EnvironmentRejectedTopic, r.outcome(publish(r, events.BuildSucceededTopic, build)))
	if no.Kind != events.KindNotFound || !strings.Contains(no.Reason, `no template "ship"`) {
		t.Errorf("rejected: %+v", no)
	}
}

func TestRejected(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.cluster.foreign("prod")
	r.cluster.foreign("live")
	bad := small("shop", "v1")
	bad.Spec.Components["api"] = Component{}
	for name, test := range map[string]struct {
		cause  events.Meta
		kind   events.Kind
		reason string
	}{
		"invalid":           {r.create(bad), events.KindInvalid, "environment shop: spec.components.api.image: is missing"},
		"no document":       {publish(r, events.EnvironmentCreateTopic, events.EnvironmentCreate{Name: "x", Spec: []byte(`{"x":1}`)}), events.KindInvalid, "unknown field"},
		"two names":         {publish(r, events.EnvironmentCreateTopic, events.EnvironmentCreate{Name: "x", Spec: mustJSON(small("y", "v1"))}), events.KindInvalid, "environment x and its document for y"},
		"foreign namespace": {r.create(small("prod", "v1")), events.KindRefused, "it lacks the label app.kubernetes.io/managed-by=shakedown"},
		"foreign destroy":   {r.destroy("live"), events.KindRefused, "it lacks the label app.kubernetes.io/managed-by=shakedown"},
		"no name":           {r.destroy("a/b"), events.KindNotFound, "there is no environment a/b"},
	} {
		no := want(t, events.EnvironmentRejectedTopic, r.outcome(test.cause))
		if no.Kind != test.kind || !strings.Contains(no.Reason, test.reason) {
			t.Errorf("%s: %+v", name, no)
		}
	}
	if got := r.cluster.written(); len(got) > 0 {
		t.Errorf("something was changed: %v", got)
	}
}

func TestForeignObjectSurvives(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	r.cluster.change(func() {
		for _, ref := range []Ref{{kindDeployment, "debug"}, {kindService, "web"}} {
			r.cluster.namespaces["shop"].objects[ref] = Live{Ref: ref, Namespace: "shop", UID: "foreign"}
		}
	})
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v2"))))
	needsWeb := small("shop", "v3")
	needsWeb.Spec.Components["web"] = Component{Image: "v3", Ports: []Port{{Port: 80}}}
	before := r.cluster.written()
	no := want(t, events.EnvironmentRejectedTopic, r.outcome(r.create(needsWeb)))
	if no.Kind != events.KindRefused || !strings.Contains(no.Reason, "service/web in namespace shop exists and is not ours") {
		t.Errorf("rejected: %+v", no)
	}
	if diff := cmp.Diff(before, r.cluster.written()); diff != "" {
		t.Errorf("the refused request changed something:\n%s", diff)
	}
	if now, _ := r.cluster.Observe(t.Context(), "shop"); len(now.Objects) != 4 {
		t.Errorf("objects %v, want ours and the two foreign ones", now.Objects)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	for name, test := range map[string]struct {
		doc             Document
		reason, message string
	}{
		"image":  {small("one", "missing"), "ImagePullBackOff", "container api of component api cannot start: image missing: no such image"},
		"server": {small("two", "invalid"), "Invalid", "the API server does not take deployment/api"},
	} {
		got := want(t, events.EnvironmentFailedTopic, r.outcome(r.create(test.doc)))
		if got.Reason != test.reason || got.Message != test.message {
			t.Errorf("%s: %+v", name, got)
		}
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("one", "v1"))))
}

func TestOutage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.cluster.change(func() { r.cluster.down = true })
	got := want(t, events.EnvironmentFailedTopic, r.outcome(r.create(small("shop", "v1"))))
	if got.Reason != "Unavailable" || got.Message != "cannot reach the API server" {
		t.Errorf("failed: %+v", got)
	}
	cause := r.create(small("shop", "v2"))
	time.AfterFunc(100*time.Millisecond, func() { r.cluster.change(func() { r.cluster.down = false }) })
	want(t, events.EnvironmentReadyTopic, r.outcome(cause))
}

func TestStuckNamespace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	r.cluster.change(func() { r.cluster.stuck = true })
	got := want(t, events.EnvironmentFailedTopic, r.outcome(r.destroy("shop")))
	if got.Reason != ReasonTerminating || !strings.HasSuffix(got.Message, "it is held by: configmaps/held has the finalizers example.com/hold") {
		t.Errorf("failed: %+v", got)
	}
	again := want(t, events.EnvironmentFailedTopic, r.outcome(r.create(small("shop", "v1"))))
	if again.Reason != ReasonTerminating {
		t.Errorf("create over it: %+v", again)
	}
	cause := r.destroy("shop")
	r.cluster.change(func() { delete(r.cluster.namespaces, "shop") })
	r.outcome(cause)
}

// TestLaterRequestWins: the older create is cancelled, has no outcome, and never
// writes after the younger one.
func TestLaterRequestWins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	old := r.create(small("shop", "slow"))
	if err := r.cluster.await(t.Context(), func() bool { return len(r.cluster.writes) == 3 }); err != nil {
		t.Fatal(err)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v2"))))
	if got := r.all(outcomes()); !slices.Equal(got, []string{"ready shop"}) {
		t.Errorf("outcomes %v", got)
	}
	// The old event comes once more, late and under another id of the bus.
	old.Source = "again"
	late := old
	late.ID = "late"
	if err := events.EnvironmentCreateTopic.Publish(t.Context(), r.bus, late, events.EnvironmentCreate{Name: "shop", Spec: mustJSON(small("shop", "v1"))}); err != nil {
		t.Fatal(err)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("other", "v1"))))
	if now := r.cluster.snapshot("shop"); now.Deployments[0].Image != "v2" {
		t.Errorf("image is %s: the late request was taken", now.Deployments[0].Image)
	}
}

// TestDestroyedStaysDestroyed: a create that is older than the destroy, and comes
// later, does not bring the environment back.
func TestDestroyedStaysDestroyed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	old := r.stamp().First("test")
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	want(t, events.EnvironmentDestroyedTopic, r.outcome(r.destroy("shop")))
	if err := events.EnvironmentCreateTopic.Publish(t.Context(), r.bus, old, events.EnvironmentCreate{Name: "shop", Spec: mustJSON(small("shop", "v1"))}); err != nil {
		t.Fatal(err)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("other", "v1"))))
	if now, _ := r.cluster.Observe(t.Context(), "shop"); now.Namespace != nil {
		t.Error("the environment is back")
	}
}

// TestEveryEventTwice delivers each event a second time, past the bus's own
// dropping of duplicates, to the handlers.
func TestEveryEventTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.bus = natsbustest.Open(t)
	twice := &twiceBus{Bus: r.bus}
	s, err := New(Deps{
		Bus: twice, Caller: r.bus, Store: r.bus, Stamp: r.stamp(), Log: slog.New(slog.DiscardHandler), Owner: "server", Cluster: r.cluster,
		Templates: map[string]Document{"shop": small("shop", "v1")}, Config: r.config,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	defer wg.Wait()
	defer cancel()
	<-s.Ready()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("a", "v1"))))
	want(t, events.EnvironmentFailedTopic, r.outcome(r.create(small("b", "missing"))))
	want(t, events.EnvironmentRejectedTopic, r.outcome(r.create(small("c_", "v1"))))
	want(t, events.EnvironmentDestroyedTopic, r.outcome(r.destroy("a")))
	publish(r, events.BuildSucceededTopic, events.BuildSucceeded{Template: "shop", Environment: "d"})
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("e", "v1"))))
	if err := r.cluster.await(t.Context(), func() bool { return r.cluster.namespaces["d"] != nil && len(r.cluster.namespaces["d"].objects) == 2 }); err != nil {
		t.Fatal(err)
	}
	cancel()
	wg.Wait()
	got := r.all(outcomes())
	for _, one := range []string{"ready a", "failed b", "destroyed a", "ready e"} {
		if n := count(got, one); n != 1 {
			t.Errorf("%q was told %d times: %v", one, n, got)
		}
	}
	writes := r.cluster.written()
	for i, w := range writes {
		if strings.HasPrefix(w, "apply namespace/") && slices.Contains(writes[i+1:], w) {
			t.Errorf("%q was done twice: %v", w, writes)
		}
	}
}

func count(list []string, one string) (n int) {
	for _, s := range list {
		if s == one {
			n++
		}
	}
	return n
}

// twiceBus calls every handler twice with the same event.
type twiceBus struct{ events.Bus }

func (b *twiceBus) Subscribe(ctx context.Context, s events.Subscription) (events.Subscribed, error) {
	handle := s.Handle
	s.Handle = func(ctx context.Context, e events.Envelope) error {
		if err := handle(ctx, e); err != nil {
			return err
		}
		return handle(ctx, e)
	}
	return b.Bus.Subscribe(ctx, s)
}

// TestRestartInMidCreate stops the service while an environment comes up; the next
// one goes on with it.
func TestRestartInMidCreate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	cause := r.create(small("shop", "slow"))
	if err := r.cluster.await(t.Context(), func() bool { return len(r.cluster.writes) == 3 }); err != nil {
		t.Fatal(err)
	}
	r.stop()
	r.cluster.change(func() { r.cluster.released = true })
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(cause))
	if got := r.all(outcomes()); !slices.Equal(got, []string{"ready shop"}) {
		t.Errorf("outcomes %v", got)
	}
	if got := r.cluster.written(); len(got) != 3 {
		t.Errorf("wrote %v, want each object once", got)
	}
}

// TestCrash leaves a lease behind, as kill -9 does: the same server takes it up at
// once, another one when the lease has lapsed.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, owner := range []string{"server", "another"} {
		t.Run(owner, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.config.Lease = 300 * time.Millisecond
			rows, err := events.OpenTable[request](t.Context(), r.bus, events.Bucket{Name: bucket})
			if err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			row := request{
				Name: "shop", Asked: r.stamp().First("test"), Create: &events.EnvironmentCreate{Name: "shop", Spec: mustJSON(small("shop", "v1"))},
				Lease: events.Lease{}.Take("server", now, r.config.Lease),
			}
			if err := rows.Create(t.Context(), "shop", row); err != nil {
				t.Fatal(err)
			}
			r.run(owner)
			want(t, events.EnvironmentReadyTopic, r.outcome(row.Asked))
			if owner != "server" && time.Since(now) < r.config.Lease {
				t.Errorf("taken %s after the lease began, which is %s long", time.Since(now), r.config.Lease)
			}
		})
	}
}

// TestCrashInDestroy: the namespace went while the server was away.
func TestCrashInDestroy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	rows, err := events.OpenTable[request](t.Context(), r.bus, events.Bucket{Name: bucket})
	if err != nil {
		t.Fatal(err)
	}
	row := request{Name: "shop", Asked: r.stamp().First("test"), Reason: "expired", Begun: true}
	if err := rows.Create(t.Context(), "shop", row); err != nil {
		t.Fatal(err)
	}
	r.start()
	if got := want(t, events.EnvironmentDestroyedTopic, r.outcome(row.Asked)); got.Reason != "expired" {
		t.Errorf("destroyed: %+v", got)
	}
}

// TestTwoServers share one bus: each environment is worked on by one of them, and
// a later request reaches the one that works.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.Lease = 500 * time.Millisecond
	r.run("a")
	r.run("b")
	var causes []events.Meta
	for i := range 10 {
		causes = append(causes, r.create(small(fmt.Sprint("env-", i), "slow")))
	}
	if err := r.cluster.await(t.Context(), func() bool { return len(r.cluster.writes) == 30 }); err != nil {
		t.Fatal(err)
	}
	var later []events.Meta
	for i := range causes {
		later = append(later, r.create(small(fmt.Sprint("env-", i), "v2")))
	}
	for _, cause := range later {
		want(t, events.EnvironmentReadyTopic, r.outcome(cause))
	}
	if got := r.all(outcomes()); len(got) != len(later) {
		t.Errorf("outcomes %v", got)
	}
}

func TestListAndShow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.cluster.foreign("prod")
	doc := small("good", "v1")
	doc.Metadata.Labels = map[string]string{"team": "shop"}
	doc.Spec.TTL = events.Duration(time.Hour)
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(doc)))
	want(t, events.EnvironmentFailedTopic, r.outcome(r.create(small("bad", "missing"))))
	list, err := events.EnvironmentListCall.Ask(t.Context(), r.bus, r.stamp().First(""), events.Nothing{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range list.Environments {
		if list.Environments[i].Created == "" {
			t.Error("no time of creation")
		}
		list.Environments[i].Created = ""
	}
	wanted := []events.Environment{
		{
			Name: "bad", Namespace: "bad", Phase: PhaseFailed, Components: []events.EnvironmentComponent{{Name: "api", Image: "missing", Replicas: 2}},
			Problem: "ImagePullBackOff: container api of component api cannot start: image missing: no such image",
		},
		{
			Name: "good", Namespace: "good", Phase: PhaseReady, Components: []events.EnvironmentComponent{{Name: "api", Image: "v1", Replicas: 2, Ready: 2}},
			Labels: map[string]string{"team": "shop"}, TTL: "1h0m0s",
		},
	}
	if diff := cmp.Diff(wanted, list.Environments); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	one, err := events.EnvironmentShowCall.Ask(t.Context(), r.bus, r.stamp().First(""), events.EnvironmentQuery{Name: "good"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"namespace/good", "deployment/api", "service/api"}, one.Objects); diff != "" || one.Environment.Phase != PhaseReady {
		t.Errorf("show: phase %s, objects (-want +got):\n%s", one.Environment.Phase, diff)
	}
	for _, name := range []string{"prod", "none", "a/b"} {
		_, err := events.EnvironmentShowCall.Ask(t.Context(), r.bus, r.stamp().First(""), events.EnvironmentQuery{Name: name})
		if e, ok := asError(err); !ok || e.Kind != events.KindNotFound {
			t.Errorf("show %s: %v, want not found", name, err)
		}
	}
}

func TestOldRequestsAreForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.Remember, r.config.Lease = time.Millisecond, 50*time.Millisecond
	r.start()
	r.outcome(r.create(small("shop", "v1")))
	rows, err := events.OpenTable[request](t.Context(), r.bus, events.Bucket{Name: bucket})
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.After(5 * time.Second)
	for {
		all, err := rows.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("still there: %v", all)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestNewChecks(t *testing.T) {
	t.Parallel()
	if _, err := New(Deps{}); err == nil {
		t.Error("no error for missing dependencies")
	}
	c := Config{}
	if err := c.Validate(); err == nil || strings.Count(err.Error(), "\n") != 9 {
		t.Errorf("problems: %v, want ten", err)
	}
}
