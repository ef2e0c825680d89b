package work_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/work"
)

// spoil writes a value that nobody can read into a bucket.
func spoil(t testing.TB, store events.Store, bucket events.Bucket, key string) {
	t.Helper()
	kv, err := store.KV(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Create(t.Context(), key, []byte(`{"id": 7`)); err != nil {
		t.Fatal(err)
	}
}

// TestUnreadableRow: one row that nobody can read hides no other. Lists name it, and
// the queue works on.
func TestUnreadableRow(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	q := open(t, bus, "one")
	spoil(t, bus, events.Bucket{Name: "jobs"}, "bad-row")
	spoil(t, bus, events.Bucket{Name: "jobs_ended", TTL: config().Keep}, "bad-end")
	for _, id := range []string{"a", "z"} {
		if err := q.Add(t.Context(), id, asked(id, 0), job{}); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := q.Open(t.Context())
	if !errors.Is(err, work.ErrUnreadable) || !strings.Contains(err.Error(), "bad-row") {
		t.Errorf("got %v, want that bad-row cannot be read", err)
	}
	if len(rows) != 2 {
		t.Errorf("got %d rows, want the two that can be read", len(rows))
	}
	if bad := work.Unreadables(err); len(bad) != 1 || bad[0].Key != "bad-row" || len(bad[0].Raw) == 0 {
		t.Errorf("unreadable: %+v", bad)
	}
	run(t, q, func(context.Context, *work.Claim[job]) error { return nil })
	var ends []work.Past
	eventstest.Eventually(t, "both rows have ended", func() bool {
		ends, err = q.Pasts(t.Context())
		return len(ends) == 2
	})
	if !errors.Is(err, work.ErrUnreadable) || !strings.Contains(err.Error(), "bad-end") {
		t.Errorf("got %v, want that bad-end cannot be read", err)
	}
	if err := q.Add(t.Context(), "bad-end", asked("e", time.Minute), job{}); err == nil || errors.Is(err, work.ErrKnown) {
		t.Errorf("a request whose end cannot be read: got %v, want an error that is tried again", err)
	}
	rows, err = q.Open(t.Context())
	if diff := cmp.Diff(0, len(rows)); diff != "" || !errors.Is(err, work.ErrUnreadable) {
		t.Errorf("open rows (-want +got):\n%s, error %v", diff, err)
	}
}
