package chaostest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/work"
)

// Rig is a bus with everything that was published on it.
type Rig struct {
	Bus *natsbus.Bus
	// Lease is that of the servers; 0 means the default, which a busy machine keeps.
	Lease time.Duration
	t     testing.TB

	mu    sync.Mutex
	heard []events.Envelope
}

// New opens a bus for the time of the test and listens to it.
func New(t testing.TB) *Rig {
	t.Helper()
	return On(t, natsbustest.Open(t))
}

// On listens to a bus for the time of the test.
func On(t testing.TB, bus *natsbus.Bus) *Rig {
	t.Helper()
	r := &Rig{Bus: bus, t: t}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- r.Bus.Watch(ctx, events.Filter{Ready: sync.OnceFunc(func() { close(ready) })}, r.hear)
	}()
	<-ready
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("watch: %v", err)
		}
	})
	return r
}

func (r *Rig) hear(e events.Envelope) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = append(r.heard, e)
	return true
}

// Heard is every event so far.
func (r *Rig) Heard() []events.Envelope {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]events.Envelope(nil), r.heard...)
}

// Of lists the payloads of a topic so far.
func Of[T any](r *Rig, topic events.Topic[T]) []T {
	var all []T
	for _, e := range r.Heard() {
		if _, payload, err := topic.Parse(e); err == nil {
			all = append(all, payload)
		}
	}
	return all
}

// Await waits for the first event of a topic.
func Await[T any](r *Rig, topic events.Topic[T]) T {
	r.t.Helper()
	eventstest.Eventually(r.t, topic.Type(), func() bool { return len(Of(r, topic)) > 0 })
	return Of(r, topic)[0]
}

// Installation is that of every server, and of the places that lamps and pods are in.
const Installation = "here"

// Deps are those of a server.
func (r *Rig) Deps(owner string, kinds ...chaos.Kind) chaos.Deps {
	return chaos.Deps{
		Bus: r.Bus, Caller: r.Bus, Store: r.Bus, Stamp: Stamp(), Kinds: kinds, Owner: owner,
		Installation: Installation, Config: chaos.Config{Lease: r.Lease, StopWait: 5 * time.Second},
	}
}

// Serve runs a service until the returned function is called or the test ends.
func (r *Rig) Serve(d chaos.Deps) (stop func()) {
	r.t.Helper()
	s, err := chaos.New(d)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case <-s.Ready():
	case err := <-done:
		cancel()
		r.t.Fatalf("run: %v", err)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("run: %v", err)
		}
	})
	r.t.Cleanup(stop)
	return stop
}

// Ask publishes a request.
func (r *Rig) Ask(req events.FaultInject) {
	r.t.Helper()
	if err := events.FaultInjectTopic.Publish(r.t.Context(), r.Bus, Stamp().First(req.Run), req); err != nil {
		r.t.Fatal(err)
	}
}

// Revert publishes an order to end a fault.
func (r *Rig) Revert(run, fault, reason string) {
	r.t.Helper()
	end := events.FaultRevert{Fault: fault, Reason: reason}
	if err := events.FaultRevertTopic.Publish(r.t.Context(), r.Bus, Stamp().First(run), end); err != nil {
		r.t.Fatal(err)
	}
}

// Leave puts an open fault into the ledger, as a server that is gone has left it.
func (r *Rig) Leave(e chaos.Entry) {
	r.t.Helper()
	table, err := events.OpenTable[work.Row[chaos.Entry]](r.t.Context(), r.Bus, events.Bucket{Name: chaos.LedgerName})
	if err != nil {
		r.t.Fatal(err)
	}
	row := work.Row[chaos.Entry]{
		ID: e.Fault, Asked: Stamp().First(e.Request.Run), Body: e, Lease: work.Lease{Owner: "gone", Epoch: 1, TTL: events.Duration(time.Millisecond)},
	}
	if err := table.Create(r.t.Context(), events.Key(e.Fault), row); err != nil {
		r.t.Fatal(err)
	}
}

// Open lists the open faults as they are stored.
func (r *Rig) Open() []work.Row[chaos.Entry] {
	r.t.Helper()
	return stored[work.Row[chaos.Entry]](r, chaos.LedgerName)
}

// Past lists what is remembered of closed faults.
func (r *Rig) Past() []chaos.Summary {
	r.t.Helper()
	var all []chaos.Summary
	for _, p := range stored[work.Past](r, chaos.LedgerName+"_ended") {
		var s chaos.Summary
		if err := json.Unmarshal(p.Summary, &s); err != nil {
			r.t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

func stored[V any](r *Rig, bucket string) []V {
	r.t.Helper()
	kv, err := r.Bus.KV(r.t.Context(), events.Bucket{Name: bucket, TTL: ttlOf(bucket)})
	if err != nil {
		r.t.Fatal(err)
	}
	entries, err := kv.List(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	all := make([]V, len(entries))
	for i, e := range entries {
		if err := json.Unmarshal(e.Value, &all[i]); err != nil {
			r.t.Fatal(err)
		}
	}
	return all
}

// ttlOf keeps the age that the service gave the bucket.
func ttlOf(bucket string) time.Duration {
	if bucket == chaos.LedgerName {
		return 0
	}
	return chaos.DefaultKeep
}

// Closed waits until the one fault is closed with nothing left to publish.
func (r *Rig) Closed() chaos.Summary {
	r.t.Helper()
	var past []chaos.Summary
	eventstest.Eventually(r.t, "the fault is closed", func() bool {
		past = r.Past()
		return len(past) == 1 && len(r.Open()) == 0
	})
	return past[0]
}

// Stamp makes metadata with the real clock and ids that are never twice the same.
func Stamp() events.Stamp {
	return events.Stamp{Source: "chaos-test", Now: time.Now, NewID: rand.Text}
}
