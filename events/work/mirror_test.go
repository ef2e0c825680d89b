package work_test

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/work"
)

// TestMirrorKeepsTheLast: a bounded mirror has the last values in its order, in which
// sequence ever they were written, and no more than twice as many.
func TestMirrorKeepsTheLast(t *testing.T) {
	t.Parallel()
	bus := natsbustest.Connect(t, natsbustest.Start(t, t.TempDir()).Access())
	kv, err := bus.KV(t.Context(), events.Bucket{Name: "things"})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{9, 1, 8, 2, 7, 3, 6, 4, 5} {
		if _, err := kv.Create(t.Context(), "k"+strconv.Itoa(n), []byte(strconv.Itoa(n))); err != nil {
			t.Fatal(err)
		}
	}
	decode := func(e events.Entry) (int, error) { return strconv.Atoi(string(e.Value)) }
	m := work.NewMirror(kv, decode, slog.New(slog.DiscardHandler)).KeepLast(2, cmp.Compare[int])
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	eventstest.Receive(t, "first values", m.Ready())
	if n := m.Len(); n < 2 || n > 4 {
		t.Errorf("%d values are kept, want 2 to 4", n)
	}
	for _, want := range []int{8, 9} {
		if !slices.Contains(m.All(), want) {
			t.Errorf("%d is not kept, only %v", want, m.All())
		}
	}
}
