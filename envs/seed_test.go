package envs

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// datamove answers every environment that wants to be filled with the end of a
// copy, and counts them.
func (r *rig) datamove(end func(context.Context, events.Meta, events.Environment) error) *atomic.Int64 {
	r.t.Helper()
	var asked atomic.Int64
	ctx, cancel := context.WithCancel(r.t.Context())
	sub, err := events.EnvironmentProvisionedTopic.Subscribe(ctx, r.bus, "datamove",
		func(ctx context.Context, m events.Meta, e events.Environment) error {
			if e.Seed == "" {
				return nil
			}
			asked.Add(1)
			return end(ctx, m, e)
		})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { cancel(); sub.Wait() })
	return &asked
}

func (r *rig) finished(verdict, reason string) func(context.Context, events.Meta, events.Environment) error {
	return func(ctx context.Context, m events.Meta, e events.Environment) error {
		return events.CopyFinishedTopic.Publish(ctx, r.bus, r.stamp().After(m, "outcome"), events.CopyFinished{
			ID: "copy-1", Environment: e.Name, Provisioned: m.ID, Verdict: verdict, Reason: reason,
		})
	}
}

func seededDocument() Document {
	d := small("shop", "v1")
	d.Spec.Seed = "shop-data"
	return d
}

func TestSeedComesBeforeReady(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	asked := r.datamove(r.finished("equal", ""))
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(seededDocument())))
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(seededDocument())))
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(seededDocument())))
	if n := asked.Load(); n != 1 {
		t.Errorf("filled %d times, want once", n)
	}
	other := seededDocument()
	other.Spec.Seed = "other-data"
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(other)))
	if n := asked.Load(); n != 2 {
		t.Errorf("filled %d times after another seed was asked for, want twice", n)
	}
}

func TestSeedThatFails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		end  func(ctx context.Context, r *rig, m events.Meta, e events.Environment) error
		want string
	}{
		"different": {func(ctx context.Context, r *rig, m events.Meta, e events.Environment) error {
			return r.finished("different", "table orders is not the same on both sides")(ctx, m, e)
		}, "different: table orders"},
		"incomplete": {func(ctx context.Context, r *rig, m events.Meta, e events.Environment) error {
			return r.finished("incomplete", "connection lost")(ctx, m, e)
		}, "incomplete: connection lost"},
		"refused": {func(ctx context.Context, r *rig, m events.Meta, e events.Environment) error {
			return events.CopyRefusedTopic.Publish(ctx, r.bus, r.stamp().After(m, "outcome"), events.CopyRefused{
				ID: "copy-1", Environment: e.Name, Provisioned: m.ID, Kind: events.KindRefused, Reason: "looks like production",
			})
		}, "refused: looks like production"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.start()
			r.datamove(func(ctx context.Context, m events.Meta, e events.Environment) error { return tc.end(ctx, r, m, e) })
			e := r.outcome(r.create(seededDocument()))
			want(t, events.EnvironmentFailedTopic, e)
			if _, f, err := events.EnvironmentFailedTopic.Parse(e); err != nil || f.Reason != reasonSeed || !strings.Contains(f.Message, tc.want) {
				t.Errorf("got %+v, want %q", f, tc.want)
			}
		})
	}
}

// TestSeedOfAnother does not take the end of another request's copy for its own.
func TestSeedOfAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.SeedDeadline = 300 * time.Millisecond
	r.start()
	r.datamove(func(ctx context.Context, m events.Meta, e events.Environment) error {
		m.ID = "another"
		return r.finished("equal", "")(ctx, m, e)
	})
	e := r.outcome(r.create(seededDocument()))
	want(t, events.EnvironmentFailedTopic, e)
	if _, f, err := events.EnvironmentFailedTopic.Parse(e); err != nil || !strings.Contains(f.Message, "is datamove running?") {
		t.Errorf("got %+v", f)
	}
}

// published are the events of one type that services have published, duplicates
// that the bus drops included.
type published struct {
	events.Bus
	mu  sync.Mutex
	all []events.Envelope
}

func (p *published) Publish(ctx context.Context, e events.Envelope) error {
	p.mu.Lock()
	p.all = append(p.all, e)
	p.mu.Unlock()
	return p.Bus.Publish(ctx, e)
}

func (p *published) of(t *testing.T, name string) (seeds []string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.all {
		if e.Type == events.EnvironmentProvisionedTopic.Type() && e.Subject == name {
			seeds = append(seeds, want(t, events.EnvironmentProvisionedTopic, e).Seed)
		}
	}
	return seeds
}

// TestProvisionedIsPublishedOnce: a request leads to one environment.provisioned,
// whether or not there is something to fill.
func TestProvisionedIsPublishedOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := &published{}
	r.wrap = func(b events.Bus) events.Bus { p.Bus = b; return p }
	r.start()
	r.datamove(r.finished("equal", ""))
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(seededDocument())))
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(seededDocument())))
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("plain", "v1"))))
	if diff := cmp.Diff([]string{"shop-data", ""}, p.of(t, "shop")); diff != "" {
		t.Errorf("seeds asked for of shop (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{""}, p.of(t, "plain")); diff != "" {
		t.Errorf("seeds asked for of plain (-want +got):\n%s", diff)
	}
}

// TestSeedEndsWhileTheServerIsDown: the end of the copy is not missed, and nothing
// is asked for again.
func TestSeedEndsWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	provisioned := make(chan events.Meta, 1)
	asked := r.datamove(func(_ context.Context, m events.Meta, _ events.Environment) error {
		provisioned <- m
		return nil
	})
	cause := r.create(seededDocument())
	m := <-provisioned
	r.stop()
	if err := r.finished("equal", "")(t.Context(), m, events.Environment{Name: "shop"}); err != nil {
		t.Fatal(err)
	}
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(cause))
	if n := asked.Load(); n != 1 {
		t.Errorf("filled %d times, want once", n)
	}
}
