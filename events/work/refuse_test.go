package work_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events/work"
)

// TestRefuse: an outcome without work is published once, and the id is taken.
func TestRefuse(t *testing.T) {
	t.Parallel()
	q := open(t, bus(t), "one")
	published := 0
	publish := func(context.Context) error { published++; return nil }
	down := errors.New("the bus is down")
	if err := q.Refuse(t.Context(), "a", asked("e1", 0), func(context.Context) error { return down }); !errors.Is(err, down) {
		t.Errorf("got %v, want %v", err, down)
	}
	if err := q.Refuse(t.Context(), "a", asked("e1", 0), publish); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"e1", "e2"} {
		if err := q.Refuse(t.Context(), "a", asked(id, 0), publish); !errors.Is(err, work.ErrKnown) {
			t.Errorf("event %s is refused again: %v", id, err)
		}
		if err := q.Add(t.Context(), "a", asked(id, 0), job{}); !errors.Is(err, work.ErrKnown) {
			t.Errorf("event %s is recorded afterwards: %v", id, err)
		}
	}
	if err := q.Add(t.Context(), "b", asked("e3", 0), job{}); err != nil {
		t.Fatal(err)
	}
	if err := q.Refuse(t.Context(), "b", asked("e4", 0), publish); !errors.Is(err, work.ErrKnown) {
		t.Errorf("one that is open is refused: %v", err)
	}
	late, forgotten := 25*time.Hour, 6*24*time.Hour
	if err := q.Refuse(t.Context(), "c", asked("e5", late), publish); err != nil {
		t.Errorf("one that nobody took in time: %v", err)
	}
	if err := q.Refuse(t.Context(), "d", asked("e6", forgotten), publish); !errors.Is(err, work.ErrForgotten) {
		t.Errorf("one that may have had an outcome: %v", err)
	}
	if published != 2 {
		t.Errorf("published %d times, want twice", published)
	}
}
