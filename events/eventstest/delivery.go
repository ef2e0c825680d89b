package eventstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

func isExists(err error) bool { return errors.Is(err, events.ErrExists) }

// firsts tells the first delivery of each event from later ones.
type firsts struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (f *firsts) first(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	was := f.seen[id]
	f.seen[id] = true
	return !was
}

func testTwice(t *testing.T, r Rig) {
	const n = 50
	l := newLedger(t, r.Store)
	var once firsts
	subscribe(t, r.Bus, events.Subscription{Group: "twice", Concurrency: 4, Handle: func(ctx context.Context, e events.Envelope) error {
		if err := l.apply(ctx, e); err != nil {
			return err
		}
		if once.first(e.ID) {
			return errors.New("the acknowledgement is lost")
		}
		return nil
	}})
	for i := range n {
		publish(t, r.Bus, event(t, "e"+strconv.Itoa(i), "shop"))
	}
	Eventually(t, "every event is delivered twice", func() bool { return l.repeated.Load() == n })
	if effects := l.effects(t); effects != n || l.delivered.Load() != 2*n {
		t.Errorf("%d effects of %d deliveries, want %d of %d", effects, l.delivered.Load(), n, 2*n)
	}
}

// testOutOfOrder lets the first event fail when the others have been handled: it holds up
// none, and comes again.
func testOutOfOrder(t *testing.T, r Rig) {
	var once firsts
	done, others := make(chan string, 4), make(chan struct{}, 2)
	subscribe(t, r.Bus, events.Subscription{Group: "order", Concurrency: 2, Handle: func(ctx context.Context, e events.Envelope) error {
		if e.ID == "first" && once.first(e.ID) {
			for range 2 {
				select {
				case <-others:
				case <-ctx.Done():
				}
			}
			return errors.New("not yet")
		}
		done <- e.ID
		if e.ID != "first" {
			others <- struct{}{}
		}
		return nil
	}})
	publish(t, r.Bus, event(t, "first", "shop"), event(t, "second", "shop"), event(t, "third", "shop"))
	var got []string
	for range 3 {
		got = append(got, Receive(t, "event", done))
	}
	if want := []string{"second", "third", "first"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func testDedup(t *testing.T, r Rig) {
	l := newLedger(t, r.Store)
	same := event(t, "same", "shop")
	other := same
	other.Source = "shakedown/other"
	last := event(t, "last", "shop")
	seen := make(chan string, 16)
	subscribe(t, r.Bus, events.Subscription{Group: "dedup", Handle: func(ctx context.Context, e events.Envelope) error {
		seen <- e.Source + " " + e.ID
		return l.apply(ctx, e)
	}})
	var publishers sync.WaitGroup
	for _, bus := range []events.Bus{r.Bus, r.Member, r.Bus, r.Member} {
		publishers.Go(func() {
			if err := bus.Publish(within(t), same); err != nil {
				t.Errorf("publish: %v", err)
			}
		})
	}
	publishers.Wait()
	publish(t, r.Bus, other, last)
	var got []string
	for range 3 {
		got = append(got, Receive(t, "event", seen))
	}
	want := []string{"shakedown/eventstest same", "shakedown/other same", "shakedown/eventstest last"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func testPanic(t *testing.T, r Rig) {
	l := newLedger(t, r.Store)
	var once firsts
	subscribe(t, r.Bus, events.Subscription{Group: "panic", Handle: func(ctx context.Context, e events.Envelope) error {
		if err := l.apply(ctx, e); err != nil {
			return err
		}
		if once.first(e.ID) {
			panic("after the effect")
		}
		return nil
	}})
	publish(t, r.Bus, event(t, "a", "shop"), event(t, "b", "shop"))
	Eventually(t, "both events are delivered again", func() bool { return l.repeated.Load() == 2 })
	if effects := l.effects(t); effects != 2 {
		t.Errorf("%d effects, want 2", effects)
	}
}

// testRestart publishes as a service does, again and again with the same id until
// it is stored, while the server goes away twice.
func testRestart(t *testing.T, r Rig) {
	const n = 150
	l := newLedger(t, r.Store)
	subscribe(t, r.Bus, events.Subscription{Group: "restart", Concurrency: 2, Handle: l.apply})
	var publisher sync.WaitGroup
	var published atomic.Int64
	publisher.Go(func() {
		for i := range n {
			if err := publishUntil(within(t), r.Bus, event(t, "e"+strconv.Itoa(i), "shop")); err != nil {
				t.Errorf("publish %d: %v", i, err)
				return
			}
			published.Add(1)
		}
	})
	for _, at := range []int64{n / 3, 2 * n / 3} {
		Eventually(t, fmt.Sprintf("%d events are published", at), func() bool { return published.Load() >= at })
		r.Restart()
	}
	publisher.Wait()
	Eventually(t, "every event has its effect", func() bool { return l.delivered.Load()-l.repeated.Load() >= n && l.effects(t) == n })
}

// publishUntil publishes again until it works or ctx ends.
func publishUntil(ctx context.Context, bus events.Bus, e events.Envelope) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, time.Second)
		err := bus.Publish(attempt, e)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

func testGroups(t *testing.T, r Rig) {
	const n = 40
	type receipt struct{ member, id string }
	got := make(chan receipt, 4*n)
	handle := func(member string) func(context.Context, events.Envelope) error {
		return func(_ context.Context, e events.Envelope) error {
			got <- receipt{member, e.ID}
			return nil
		}
	}
	for i := range n / 2 {
		publish(t, r.Bus, event(t, "before"+strconv.Itoa(i), "shop"))
	}
	subscribe(t, r.Bus, events.Subscription{Group: "alone", Handle: handle("alone")})
	subscribe(t, r.Bus, events.Subscription{Group: "shared", Handle: handle("shared")})
	subscribe(t, r.Member, events.Subscription{Group: "shared", Handle: handle("shared")})
	for i := range n / 2 {
		publish(t, r.Member, event(t, "after"+strconv.Itoa(i), "shop"))
	}
	count := map[receipt]int{}
	for range 2 * n {
		count[Receive(t, "event", got)]++
	}
	if len(count) != 2*n {
		t.Errorf("%d different receipts, want %d: some events came twice", len(count), 2*n)
	}
}

// testLongHandler runs a handler for longer than the server waits for an
// acknowledgement. Nobody else may get the event meanwhile.
func testLongHandler(t *testing.T, r Rig) {
	var calls atomic.Int64
	done := make(chan struct{})
	one, other, ackWait := r.Patient()
	handle := func(ctx context.Context, _ events.Envelope) error {
		calls.Add(1)
		select {
		case <-time.After(5 * ackWait / 2):
		case <-ctx.Done():
			return ctx.Err()
		}
		close(done)
		return nil
	}
	subscribe(t, one, events.Subscription{Group: "long", Handle: handle})
	subscribe(t, other, events.Subscription{Group: "long", Handle: handle})
	publish(t, r.Bus, event(t, "long", "shop"))
	Receive(t, "end of the handler", done)
	if calls.Load() != 1 {
		t.Errorf("the handler was called %d times, want once", calls.Load())
	}
}

func testTimeout(t *testing.T, r Rig) {
	var once firsts
	told := make(chan error, 1)
	done := make(chan struct{}, 1)
	subscribe(t, r.Bus, events.Subscription{
		Group: "timeout", Timeout: 50 * time.Millisecond,
		Handle: func(ctx context.Context, e events.Envelope) error {
			if !once.first(e.ID) {
				done <- struct{}{}
				return nil
			}
			<-ctx.Done()
			told <- ctx.Err()
			return ctx.Err()
		},
	})
	publish(t, r.Bus, event(t, "slow", "shop"))
	if err := Receive(t, "end of the context", told); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want deadline exceeded", err)
	}
	Receive(t, "second attempt", done)
}

func testGiveBack(t *testing.T, r Rig) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	running := make(chan struct{})
	sub, err := r.Bus.Subscribe(ctx, events.Subscription{
		Type: topic().Type(), Group: "back",
		Handle: func(ctx context.Context, _ events.Envelope) error {
			close(running)
			<-ctx.Done()
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, r.Bus, event(t, "mine", "shop"))
	Receive(t, "handler", running)
	cancel()
	sub.Wait()
	done := make(chan string, 1)
	subscribe(t, r.Member, events.Subscription{Group: "back", Handle: func(_ context.Context, e events.Envelope) error {
		done <- e.ID
		return nil
	}})
	if id := Receive(t, "event that was given back", done); id != "mine" {
		t.Errorf("got %s", id)
	}
}
