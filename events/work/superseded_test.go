package work_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/work"
)

// overtaken posts that an earlier request was superseded.
func overtaken(c *work.Config[job]) {
	c.Latest = true
	c.Pause, c.MaxPause = time.Hour, time.Hour
	c.Superseded = func(old work.Row[job], next *work.Row[job]) error {
		m := events.Meta{ID: events.Digest(old.Asked.ID, next.Asked.ID), Source: "test", Time: next.Asked.Time, Correlation: old.ID}
		return work.Post(next, events.EnvironmentProgressedTopic, m, events.EnvironmentProgressed{Name: old.ID, Step: old.Body.Want})
	}
}

// steps lists what was said about the row.
func stepsOf(t testing.TB, bus *natsbus.Bus, id string) []string {
	t.Helper()
	var said []string
	err := bus.Watch(t.Context(), events.Filter{Correlation: id, Since: time.Unix(0, 0), UntilCaughtUp: true}, func(e events.Envelope) bool {
		if _, p, err := events.EnvironmentProgressedTopic.Parse(e); err == nil {
			said = append(said, p.Step)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// TestSupersededIsPublished: of each request that a later one took the place of
// somebody hears, also when it only waited for its next attempt, and before the
// later one is worked on.
func TestSupersededIsPublished(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	q := open(t, bus, "one", overtaken)
	attempts, said := make(chan string, 8), make(chan []string, 8)
	run(t, q, func(ctx context.Context, c *work.Claim[job]) error {
		want := c.Row().Body.Want
		said <- stepsOf(t, bus, "env")
		attempts <- want
		switch want {
		case "fails":
			return errors.New("not yet")
		case "works":
			<-ctx.Done()
			return context.Cause(ctx)
		}
		return nil
	})
	for i, want := range []string{"fails", "works", "new"} {
		if err := q.Add(t.Context(), "env", asked(want, time.Hour-time.Duration(i)*time.Minute), job{Want: want}); err != nil {
			t.Fatal(err)
		}
		eventstest.Receive(t, "attempt", attempts)
		if want == "fails" {
			eventstest.Eventually(t, "it waits for its next attempt", func() bool {
				row, err := q.Get(t.Context(), "env")
				return err == nil && row.Lease.Owner == ""
			})
		}
	}
	empty(t, bus)
	for _, want := range [][]string{nil, {"fails"}, {"fails", "works"}} {
		if diff := cmp.Diff(want, eventstest.Receive(t, "words", said)); diff != "" {
			t.Errorf("published before the work began (-want +got):\n%s", diff)
		}
	}
}

// TestSupersededWriteFails: when nothing can be posted, the later request is not
// recorded, and comes again.
func TestSupersededWriteFails(t *testing.T) {
	t.Parallel()
	fails := true
	q := open(t, bus(t), "one", overtaken, func(c *work.Config[job]) {
		post := c.Superseded
		c.Superseded = func(old work.Row[job], next *work.Row[job]) error {
			if fails {
				return errors.New("not now")
			}
			return post(old, next)
		}
	})
	if err := q.Add(t.Context(), "env", asked("old", time.Minute), job{Want: "old"}); err != nil {
		t.Fatal(err)
	}
	if err := q.Add(t.Context(), "env", asked("new", 0), job{Want: "new"}); err == nil {
		t.Error("recorded all the same")
	}
	if row, err := q.Get(t.Context(), "env"); err != nil || row.Body.Want != "old" || len(row.Outbox) > 0 {
		t.Errorf("the row is %+v, %v", row, err)
	}
	fails = false
	if err := q.Add(t.Context(), "env", asked("new", 0), job{Want: "new"}); err != nil {
		t.Fatal(err)
	}
	if row, err := q.Get(t.Context(), "env"); err != nil || row.Body.Want != "new" || len(row.Outbox) != 1 {
		t.Errorf("the row is %+v, %v", row, err)
	}
}
