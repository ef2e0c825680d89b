package pace

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestReserve(t *testing.T) {
	now := time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC)
	p := New(1000, func() time.Time { return now })
	if got := p.reserve(500); got != 500*time.Millisecond {
		t.Errorf("first wait %s", got)
	}
	if got := p.reserve(500); got != time.Second {
		t.Errorf("second wait %s", got)
	}
	now = now.Add(5 * time.Second)
	if got := p.reserve(0); got != 0 {
		t.Errorf("after a rest %s", got)
	}
}

// TestTook reads 1 MB at 100 kB a second.
func TestTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, began := New(100_000, time.Now), time.Now()
		for range 10 {
			if err := p.Took(t.Context(), 100_000); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestTookEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(stop) })
		began := time.Now()
		if err := New(1, time.Now).Took(ctx, 1_000_000); !errors.Is(err, stop) {
			t.Errorf("it ended with %v", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestNoBound(t *testing.T) {
	if err := New(0, time.Now).Took(t.Context(), 1<<40); err != nil {
		t.Error(err)
	}
}
