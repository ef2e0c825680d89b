package datamove

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

type rig struct {
	t      *testing.T
	bus    *natsbus.Bus
	copier *Copier
	ids    atomic.Int64
	// ahead is how much later it is than the real time.
	ahead atomic.Int64
	// service is the one that was started last.
	service *Service
	// owner is the id of the servers in leases.
	owner string
	// wrap is put around the bus of each service; nil is left out.
	wrap func(events.Bus) events.Bus
}

// rigLease is the lease of the services of a rig. Patience bounds their waits: only a
// failure takes that long.
const (
	rigLease = 2 * time.Second
	patience = 2 * time.Minute
)

func newRig(t *testing.T, adapter *fakeAdapter) *rig {
	t.Helper()
	return &rig{t: t, owner: "server", bus: natsbustest.Open(t), copier: newCopier(t, adapter, nil)}
}

func (r *rig) stamp() events.Stamp {
	now := func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }
	return events.Stamp{Source: "test", Now: now, NewID: func() string { return "id-" + strconv.FormatInt(r.ids.Add(1), 10) }}
}

func (r *rig) start() (stop func()) {
	r.t.Helper()
	config := DefaultConfig()
	config.Lease, config.Pause, config.ProgressEvery = rigLease, 10*time.Millisecond, 10*time.Millisecond
	var bus events.Bus = r.bus
	if r.wrap != nil {
		bus = r.wrap(bus)
	}
	s, err := New(Deps{
		Bus: bus, Store: r.bus, Stamp: r.stamp(), Log: slog.New(slog.DiscardHandler), Owner: r.owner, Copier: r.copier,
		Documents: func() []Document { return []Document{document()} }, Config: config,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.service = s
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

func (r *rig) provision(seed string) events.Meta {
	r.t.Helper()
	m := r.stamp().First("test")
	if err := events.EnvironmentProvisionedTopic.Publish(r.t.Context(), r.bus, m, events.Environment{Name: "pr-1", Seed: seed}); err != nil {
		r.t.Fatal(err)
	}
	return m
}

// ends are the ends of copies that the event asked for: at least one, and all
// that have come within the time after it.
func (r *rig) ends(m events.Meta) []events.Envelope {
	r.t.Helper()
	var found []events.Envelope
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	filter := events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{events.CopyFinishedTopic.Type(), events.CopyRefusedTopic.Type()}}
	err := r.bus.Watch(ctx, filter, func(e events.Envelope) bool {
		_, finished, _ := events.CopyFinishedTopic.Parse(e)
		_, refused, _ := events.CopyRefusedTopic.Parse(e)
		if finished.Provisioned == m.ID || refused.Provisioned == m.ID {
			found = append(found, e)
		}
		return len(found) == 0
	})
	if err != nil || len(found) == 0 {
		r.t.Fatalf("no end of the copy: %v", err)
	}
	return found
}

func TestSeedIsCopied(t *testing.T) {
	adapter := &fakeAdapter{}
	r := newRig(t, adapter)
	r.start()
	_, got, err := events.CopyFinishedTopic.Parse(r.ends(r.provision("shop-data"))[0])
	if err != nil || got.Verdict != "equal" || got.Environment != "pr-1" || got.Items != 2 || got.Bytes != 20 || got.Name != "shop-data" {
		t.Errorf("got %+v, %v", got, err)
	}
	r.provision("") // asks for nothing
	_, refused, err := events.CopyRefusedTopic.Parse(r.ends(r.provision("other"))[0])
	if err != nil || refused.Kind != events.KindNotFound || refused.Environment != "pr-1" {
		t.Errorf("got %+v, %v", refused, err)
	}
	if n := len(adapter.copies()); n != 1 {
		t.Errorf("%d copies, want 1", n)
	}
}

// TestCopyIsTriedAgain interrupts a copy by an error and by the end of the server.
func TestCopyIsTriedAgain(t *testing.T) {
	var calls atomic.Int64
	begun := make(chan struct{}, 10)
	adapter := &fakeAdapter{copy: func(ctx context.Context, _ Job) (Part, error) {
		switch calls.Add(1) {
		case 1:
			return Part{}, events.Errorf(events.KindUnavailable, "", "connection lost")
		case 2:
			begun <- struct{}{}
			<-ctx.Done()
			return Part{}, ctx.Err()
		}
		return goodPart(), nil
	}}
	r := newRig(t, adapter)
	stop := r.start()
	m := r.provision("shop-data")
	<-begun
	stop()
	r.start()
	_, got, err := events.CopyFinishedTopic.Parse(r.ends(m)[0])
	if err != nil || got.Verdict != "equal" {
		t.Errorf("got %+v, %v", got, err)
	}
	jobs := adapter.copies()
	if len(jobs) != 3 || jobs[0].Resume || !jobs[1].Resume || !jobs[2].Resume || jobs[0].ID != jobs[2].ID {
		t.Errorf("jobs %+v", jobs)
	}
}

// TestAnotherProcessResumes: the copy of a process that was stopped goes on at once in the
// next one with the same folder, although that holds leases under another id.
func TestAnotherProcessResumes(t *testing.T) {
	var calls atomic.Int64
	begun := make(chan struct{})
	adapter := &fakeAdapter{copy: func(ctx context.Context, _ Job) (Part, error) {
		if calls.Add(1) == 1 {
			close(begun)
			<-ctx.Done()
			return Part{}, ctx.Err()
		}
		return goodPart(), nil
	}}
	r := newRig(t, adapter)
	stop := r.start()
	m := r.provision("shop-data")
	<-begun
	stop()
	r.owner = "server-of-the-next-process"
	r.start()
	_, got, err := events.CopyFinishedTopic.Parse(r.ends(m)[0])
	if jobs := adapter.copies(); err != nil || got.Verdict != "equal" || len(jobs) != 2 || !jobs[1].Resume {
		t.Errorf("got %+v, %v, jobs %+v", got, err, jobs)
	}
}

// TestIdentityIsMadeOnce: all that use a folder at once agree on its name.
func TestIdentityIsMadeOnce(t *testing.T) {
	c := newCopier(t, &fakeAdapter{}, nil)
	names := make(chan string, 8)
	for range cap(names) {
		go func() {
			name, err := c.identity()
			if err != nil {
				t.Error(err)
			}
			names <- name
		}()
	}
	first := <-names
	for range cap(names) - 1 {
		if name := <-names; name != first || name == "" {
			t.Errorf("the folder is named %q and %q", first, name)
		}
	}
	if left, err := filepath.Glob(filepath.Join(c.deps.Dir, "*")); err != nil || len(left) != 1 {
		t.Errorf("left %q, %v", left, err)
	}
}

// TestRefusedIsNotRetried publishes a refusal at once.
func TestRefusedIsNotRetried(t *testing.T) {
	adapter := &fakeAdapter{plan: func(Job) (Plan, error) {
		return Plan{}, events.Errorf(events.KindInvalid, "", "wrong password")
	}}
	r := newRig(t, adapter)
	r.start()
	_, got, err := events.CopyRefusedTopic.Parse(r.ends(r.provision("shop-data"))[0])
	if err != nil || got.Kind != events.KindInvalid {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestGivesUp ends a copy that is interrupted again and again as incomplete.
func TestGivesUp(t *testing.T) {
	adapter := &fakeAdapter{copy: func(context.Context, Job) (Part, error) { return Part{}, errors.New("connection lost") }}
	r := newRig(t, adapter)
	r.start()
	_, got, err := events.CopyFinishedTopic.Parse(r.ends(r.provision("shop-data"))[0])
	if err != nil || got.Verdict != "incomplete" || len(adapter.copies()) != DefaultConfig().Attempts {
		t.Errorf("got %+v after %d attempts, %v", got, len(adapter.copies()), err)
	}
}
