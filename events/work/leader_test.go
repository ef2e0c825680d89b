package work_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/work"
)

// TestLeader: of several servers one has the duty; when it stops, another has it.
func TestLeader(t *testing.T) {
	t.Parallel()
	const servers = 3
	access := natsbustest.Start(t, t.TempDir()).Access()
	var leading atomic.Int64
	terms := make(chan int, 16)
	stops := make([]func(), servers)
	for i := range servers {
		l, err := work.OpenLeader(t.Context(), deps(t, natsbustest.Connect(t, access), fmt.Sprint("server-", i)), "prune", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			l.Run(ctx, func(ctx context.Context, term work.Term) error {
				if n := leading.Add(1); n != 1 {
					t.Errorf("%d servers lead at once", n)
				}
				defer leading.Add(-1)
				effect, end := term.Deadline(ctx, time.Hour)
				defer end()
				if at, ok := effect.Deadline(); !ok || time.Until(at) > time.Second {
					t.Errorf("an effect may take until %s, longer than the lease", at)
				}
				terms <- i
				<-ctx.Done()
				return ctx.Err()
			})
		}()
		stops[i] = func() { cancel(); <-done }
		t.Cleanup(stops[i])
	}
	led := map[int]bool{}
	for range servers {
		i := eventstest.Receive(t, "leader", terms)
		if led[i] {
			t.Errorf("server %d leads again after it was stopped", i)
		}
		led[i] = true
		stops[i]()
	}
}

// TestLeaderResigns: one that returns has the duty given back, and somebody leads
// again.
func TestLeaderResigns(t *testing.T) {
	t.Parallel()
	l, err := work.OpenLeader(t.Context(), deps(t, bus(t), "one"), "duty", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	terms, done := 0, make(chan struct{})
	go func() {
		defer close(done)
		l.Run(ctx, func(context.Context, work.Term) error {
			if terms++; terms == 2 {
				cancel()
			}
			return nil
		})
	}()
	eventstest.Receive(t, "second term", done)
}

func TestMirror(t *testing.T) {
	t.Parallel()
	access := natsbustest.Start(t, t.TempDir()).Access()
	bus := natsbustest.Connect(t, access)
	kv, err := bus.KV(t.Context(), events.Bucket{Name: "things"})
	if err != nil {
		t.Fatal(err)
	}
	put := func(key, value string) {
		t.Helper()
		if _, err := kv.Create(t.Context(), key, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	put("a", "1")
	put("bad", "?")
	m := work.NewMirror(kv, func(e events.Entry) (string, error) {
		if string(e.Value) == "?" {
			return "", errors.New("no such thing")
		}
		return e.Key + string(e.Value), nil
	}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	eventstest.Receive(t, "first values", m.Ready())
	if diff := cmp.Diff([]string{"a1"}, m.All()); diff != "" {
		t.Errorf("at the start (-want +got):\n%s", diff)
	}
	put("b", "2")
	if err := kv.Delete(t.Context(), "a", 0); err != nil {
		t.Fatal(err)
	}
	eventstest.Eventually(t, "the mirror shows the changes", func() bool { return cmp.Equal([]string{"b2"}, m.All()) })
	if m.Len() != 1 {
		t.Errorf("it has %d values, want 1", m.Len())
	}
}
