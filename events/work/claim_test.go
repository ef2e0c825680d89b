package work

import (
	"log/slog"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestRenewalThatFindsAChange: a renewal may read what somebody else has written
// before the watch shows it. The handler hears of it all the same.
func TestRenewalThatFindsAChange(t *testing.T) {
	t.Parallel()
	bus := natsbustest.Open(t)
	d := Deps{Store: bus, Bus: bus, Owner: "one", Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	q, err := Open(t.Context(), d, DefaultConfig[string]("jobs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Add(t.Context(), "a", events.Meta{ID: "e", Time: time.Now()}, "old"); err != nil {
		t.Fatal(err)
	}
	row, rev, err := q.rows.get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	c, err := q.claim(t.Context(), seen[string]{row: row, rev: rev}, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Modify(t.Context(), "a", func(body *string) error { *body = "new"; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := c.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Changed():
		if got := c.Row().Body; got != "new" {
			t.Errorf("body %q, want the new one", got)
		}
	default:
		t.Error("Changed has received nothing")
	}
}

// TestRemoveAfterSuperseded: a renewal finds that a later request has taken the row.
// The end of the earlier one, which comes after it, leaves the later request alone.
func TestRemoveAfterSuperseded(t *testing.T) {
	t.Parallel()
	bus := natsbustest.Open(t)
	d := Deps{Store: bus, Bus: bus, Owner: "one", Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	cfg := DefaultConfig[string]("jobs")
	cfg.Latest = true
	q, err := Open(t.Context(), d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Add(t.Context(), "a", events.Meta{ID: "old", Time: time.Now()}, "old"); err != nil {
		t.Fatal(err)
	}
	row, rev, err := q.rows.get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	c, err := q.claim(t.Context(), seen[string]{row: row, rev: rev}, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Add(t.Context(), "a", events.Meta{ID: "new", Time: time.Now()}, "new"); err != nil {
		t.Fatal(err)
	}
	if err := c.renew(t.Context()); !errorIs(err, ErrSuperseded) {
		t.Errorf("renewal: got %v, want %v", err, ErrSuperseded)
	}
	if err := c.remove(t.Context()); !errorIs(err, ErrSuperseded) {
		t.Errorf("removal: got %v, want %v", err, ErrSuperseded)
	}
	if row, err := q.Get(t.Context(), "a"); err != nil || row.Body != "new" {
		t.Errorf("the later request is %+v, %v", row, err)
	}
}
