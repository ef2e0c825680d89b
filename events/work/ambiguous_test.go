package work_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/work"
)

var errNoAnswer = errors.New("no answer")

// TestClaimWithoutAnswer: the answer to a claim is lost, though it was stored or not.
// The handler sees the first claim of the row, not a takeover.
func TestClaimWithoutAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		// stored says that the write took place, deaf how many reads after it fail.
		stored bool
		deaf   int64
	}{
		{"stored", true, 0},
		{"stored, and it cannot be read back for a while", true, 3},
		{"not stored", false, 0},
		{"not stored, and it cannot be read for a while", false, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bus := bus(t)
			var writes, reads atomic.Int64
			q := faulty(t, deps(t, bus, "one"), func(_ context.Context, op eventstest.Op, call func() error) error {
				switch {
				case op.Bucket != "jobs" || writes.Load() == 0 && op.Name != "update":
				case op.Name == "get" && reads.Add(1) <= c.deaf:
					return errNoAnswer
				case op.Name == "update" && writes.Add(1) == 1:
					if c.stored {
						return errors.Join(errNoAnswer, call())
					}
					return errNoAnswer
				}
				return call()
			})
			if err := q.Add(t.Context(), "a", asked("e", 0), job{}); err != nil {
				t.Fatal(err)
			}
			epochs := make(chan uint64, 4)
			run(t, q, func(_ context.Context, c *work.Claim[job]) error { epochs <- c.Row().Lease.Epoch; return nil })
			if got := eventstest.Receive(t, "claim", epochs); got != 1 {
				t.Errorf("the handler sees claim %d, want the first", got)
			}
			empty(t, bus)
			if len(epochs) > 0 {
				t.Error("the handler was called again")
			}
		})
	}
}

// TestClaimOfFormerProcess: a claim that a former process of the same server has left
// is never taken for one of ours.
func TestClaimOfFormerProcess(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	left(t, bus, work.Row[job]{ID: "a", Asked: asked("e", 0)})
	began := make(chan struct{})
	var dead atomic.Bool
	former := faulty(t, deps(t, bus, "one"), func(_ context.Context, op eventstest.Op, call func() error) error {
		if dead.Load() {
			return errNoAnswer
		}
		return call()
	})
	run(t, former, func(ctx context.Context, _ *work.Claim[job]) error {
		dead.Store(true)
		close(began)
		<-ctx.Done()
		return ctx.Err()
	})
	eventstest.Receive(t, "first claim", began)
	epochs := make(chan uint64, 4)
	run(t, open(t, bus, "one"), func(_ context.Context, c *work.Claim[job]) error { epochs <- c.Row().Lease.Epoch; return nil })
	if got := eventstest.Receive(t, "second claim", epochs); got != 2 {
		t.Errorf("the handler sees claim %d, want the second", got)
	}
	empty(t, bus)
}
