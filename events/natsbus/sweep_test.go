package natsbus

import (
	"context"
	"errors"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// TestSweepObjects leaves puts as a process does that dies in them: what has no
// head goes, what has one stays.
func TestSweepObjects(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	server, err := StartEmbedded(ctx, Embedded{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	bus, err := Connect(ctx, Config{Access: server.Access()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(bus.Close(), server.Stop(context.WithoutCancel(ctx))); err != nil {
			t.Error(err)
		}
	})
	opened, err := bus.Objects(ctx, events.Bucket{Name: "records"})
	if err != nil {
		t.Fatal(err)
	}
	o := opened.(*objects)
	whole, dead := newPut(make([]byte, 3*chunkSize)), newPut(make([]byte, 2*chunkSize))
	err = errors.Join(
		o.writeChunks(ctx, "whole", whole), o.writeHead(ctx, "whole", 0, whole), // died before the mark was removed
		o.writeChunks(ctx, "whole", dead), o.writeChunks(ctx, "never", dead), // died before the head was written
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.sweep(ctx, orphanAge); err != nil {
		t.Fatal(err)
	}
	if got, want := stored(ctx, t, o), 1+2+1+2*(1+1); got != want {
		t.Errorf("%d messages after a sweep that must spare what is young, want %d", got, want)
	}
	if err := o.sweep(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if got, want := stored(ctx, t, o), 1+2; got != want {
		t.Errorf("%d messages after the sweep, want %d: a head and two chunks", got, want)
	}
	if data, err := o.Get(ctx, "whole"); err != nil || len(data) != 3*chunkSize {
		t.Errorf("got %d bytes, %v", len(data), err)
	}
}

func stored(ctx context.Context, t *testing.T, o *objects) int {
	t.Helper()
	info, err := o.stream.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.State.Msgs) //nolint:gosec // a small count
}
