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

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

func mustRead(raw []byte, into any) {
	if err := json.Unmarshal(raw, into); err != nil {
		panic(err)
	}
}

// here is the installation of most tests.
const here = "here"

// made is the origin of what it makes, own the owner of that.
func made() Origin { return Origin{Installation: here} }

func own(environment string) events.Owner {
	return events.Owner{Installation: here, Environment: environment}
}

// rig is a service on a real bus and a fake cluster.
type rig struct {
	t       *testing.T
	bus     *natsbus.Bus
	cluster *fakeCluster
	config  Config
	// installation is that of the services, templates are those that they have.
	installation string
	templates    []string
	ids          atomic.Int64
	// ahead is how much later it is than the real time.
	ahead atomic.Int64
	stop  func()
	// wrap is put around the bus of each service; nil is left out.
	wrap func(events.Bus) events.Bus
}

func newRig(t *testing.T) *rig {
	t.Helper()
	c := DefaultConfig()
	c.Grace, c.DestroyDeadline, c.Retry, c.ProgressEvery = 50*time.Millisecond, 100*time.Millisecond, 400*time.Millisecond, time.Millisecond
	return &rig{t: t, bus: natsbustest.Open(t), cluster: newFake(), config: c, installation: here, templates: []string{"shop"}, stop: func() {}}
}

func (r *rig) stamp() events.Stamp {
	now := func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }
	return events.Stamp{Source: "test", Now: now, NewID: func() string { return fmt.Sprint("id-", r.ids.Add(1)) }}
}

// start runs a service, and stops the one that ran before.
func (r *rig) start() {
	r.t.Helper()
	r.stop()
	r.stop = r.run("server")
}

func (r *rig) run(owner string) (stop func()) {
	r.t.Helper()
	var bus events.Bus = r.bus
	if r.wrap != nil {
		bus = r.wrap(bus)
	}
	s, err := New(Deps{
		Bus: bus, Caller: r.bus, Store: r.bus, Stamp: r.stamp(), Log: slog.New(slog.DiscardHandler), Owner: owner,
		Installation: r.installation, Cluster: r.cluster,
		Templates: r.documents(), Config: r.config,
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

// documents are the templates.
func (r *rig) documents() map[string]Document {
	all := map[string]Document{}
	for _, name := range r.templates {
		all[name] = small(name, "v1")
	}
	return all
}

func small(name, image string) Document {
	return Document{
		Header: events.NewHeader(Kind, name),
		Spec:   Spec{Components: map[string]Component{"api": {Image: image, Replicas: new(2), MinReadySeconds: new(0), Ports: []Port{{Port: 80}}}}},
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

// patience bounds a wait: only a failure takes that long.
const patience = 2 * time.Minute

// outcome waits for the event that ends the request of the cause.
func (r *rig) outcome(cause events.Meta) events.Envelope {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
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

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func count(list []string, one string) (n int) {
	for _, s := range list {
		if s == one {
			n++
		}
	}
	return n
}
