package eventstest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Watcher keeps every event that is published after Watch returned.
type Watcher struct {
	mu   sync.Mutex
	seen []events.Envelope
	// next is how many events Expect has gone past.
	next int
	more chan struct{}
}

// Watch begins to collect the events that the filter takes, until the test ends.
func Watch(t testing.TB, bus events.Bus, f events.Filter) *Watcher {
	t.Helper()
	w := &Watcher{more: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan struct{})
	f.Ready = func() { close(ready) }
	done := make(chan error, 1)
	go func() { done <- bus.Watch(ctx, f, w.add) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Logf("watch ended: %v", err) // the test may have closed the bus
		}
	})
	select {
	case <-ready:
	case err := <-done:
		done <- err
		t.Fatalf("watch ended before it was ready: %v", err)
	}
	return w
}

func (w *Watcher) add(e events.Envelope) bool {
	w.mu.Lock()
	w.seen = append(w.seen, e)
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
	return true
}

// Expect waits for the next event of the topic that match takes, or for any of
// the topic when match is nil. Events before it are passed over, so a series of
// Expect calls describes a subsequence. The test fails after the time.
func Expect[T any](t testing.TB, w *Watcher, within time.Duration, topic events.Topic[T], match func(events.Meta, T) bool) (events.Meta, T) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for {
		for e, ok := w.take(); ok; e, ok = w.take() {
			if e.Type != topic.Type() {
				continue
			}
			meta, payload, err := topic.Parse(e)
			if err != nil {
				t.Fatal(err)
			}
			if match == nil || match(meta, payload) {
				return meta, payload
			}
		}
		select {
		case <-w.more:
		case <-deadline.C:
			t.Fatalf("no fitting %s within %s; seen:\n%s", topic.Type(), within, w)
		}
	}
}

func (w *Watcher) take() (events.Envelope, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next == len(w.seen) {
		return events.Envelope{}, false
	}
	w.next++
	return w.seen[w.next-1], true
}

// Seen is every event so far, in order.
func (w *Watcher) Seen() []events.Envelope {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]events.Envelope(nil), w.seen...)
}

// String is one line for each event so far.
func (w *Watcher) String() string {
	var lines strings.Builder
	for _, e := range w.Seen() {
		fmt.Fprintf(&lines, "  %s %s %s %s\n", e.Time.Format(time.TimeOnly), strings.TrimPrefix(e.Type, events.Prefix), e.ID, e.Data)
	}
	return lines.String()
}
