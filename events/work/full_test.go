package work_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/work"
)

const smallQuota = 96 << 10

// TestFullOfSummaries: when the bucket of ended rows is full, the oldest lose their
// summaries, all rows leave, and every request stays known.
func TestFullOfSummaries(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	q := open(t, bus, "one", func(c *work.Config[job]) {
		c.Quota = smallQuota
		c.Summary = func(r work.Row[job]) any { return strings.Repeat(r.Body.Want, 2000) }
	})
	run(t, q, func(context.Context, *work.Claim[job]) error { return nil })
	const rows = 100
	for i := range rows {
		if err := q.Add(t.Context(), fmt.Sprint("row-", i), asked(fmt.Sprint("e-", i), 0), job{Want: "x"}); err != nil {
			t.Fatal(err)
		}
		empty(t, bus)
	}
	with := 0
	for i := range rows {
		past, err := q.Past(t.Context(), fmt.Sprint("row-", i))
		if err != nil {
			t.Fatal(err)
		}
		if past.Summary != nil {
			with++
		}
		if i == 0 && past.Summary != nil || i == rows-1 && past.Summary == nil {
			t.Errorf("row %d has %d bytes of summary, want the newest to keep theirs", i, len(past.Summary))
		}
	}
	if with < 10 {
		t.Errorf("%d rows have their summaries", with)
	}
}

// TestFullOfEnds: when there is no room even for ids, ended rows wait without being
// forgotten and hold up no other; they leave when there is room.
func TestFullOfEnds(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	q := open(t, bus, "one", func(c *work.Config[job]) { c.Quota, c.Parallel = smallQuota, 2 })
	kv, err := bus.KV(t.Context(), events.Bucket{Name: "jobs_ended", TTL: config().Keep, Quota: smallQuota})
	if err != nil {
		t.Fatal(err)
	}
	fillUp(t, kv, 2000)
	fillUp(t, kv, 50)
	var calls atomic.Int64
	run(t, q, func(context.Context, *work.Claim[job]) error { calls.Add(1); return nil })
	const rows = 20
	for i := range rows {
		if err := q.Add(t.Context(), fmt.Sprint("row-", i), asked(fmt.Sprint("e-", i), 0), job{}); err != nil {
			t.Fatal(err)
		}
	}
	eventstest.Eventually(t, "all are done", func() bool { return calls.Load() == rows })
	for i := range rows {
		if err := q.Add(t.Context(), fmt.Sprint("row-", i), asked(fmt.Sprint("e-", i), 0), job{}); !errors.Is(err, work.ErrKnown) {
			t.Errorf("row %d: got %v, want %v", i, err, work.ErrKnown)
		}
	}
	eventstest.Eventually(t, "none is listed as open", func() bool { open, err := q.Open(t.Context()); return err == nil && len(open) == 0 })
	for i := range 20 {
		if err := kv.Delete(t.Context(), fmt.Sprint("fill-2000-", i), 0); err != nil {
			t.Fatal(err)
		}
	}
	empty(t, bus)
	if calls.Load() != rows {
		t.Errorf("%d calls for %d rows", calls.Load(), rows)
	}
}

// fillUp creates values of the size until there is no room for one more.
func fillUp(t testing.TB, kv events.KV, size int) {
	t.Helper()
	for i := 0; ; i++ {
		_, err := kv.Create(t.Context(), fmt.Sprint("fill-", size, "-", i), []byte(`"`+strings.Repeat("x", size)+`"`))
		if errors.Is(err, events.ErrFull) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestLargeSummary: one that is too large, or cannot be encoded, keeps no row from
// leaving.
func TestLargeSummary(t *testing.T) {
	t.Parallel()
	for name, summary := range map[string]any{"large": strings.Repeat("x", 1<<20), "not encodable": func() {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bus := bus(t)
			q := open(t, bus, "one", func(c *work.Config[job]) { c.Summary = func(work.Row[job]) any { return summary } })
			run(t, q, func(context.Context, *work.Claim[job]) error { return nil })
			if err := q.Add(t.Context(), "a", asked("e", 0), job{}); err != nil {
				t.Fatal(err)
			}
			empty(t, bus)
			if past, err := q.Past(t.Context(), "a"); err != nil || past.Summary != nil || past.Asked.ID != "e" {
				t.Errorf("remembered is %.80v, %v", past, err)
			}
		})
	}
}
