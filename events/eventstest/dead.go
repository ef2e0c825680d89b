package eventstest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// letters waits until there are n dead letters.
func letters(t *testing.T, r Rig, n int) []DeadLetter {
	t.Helper()
	var list []DeadLetter
	Eventually(t, "the dead letters are there", func() bool {
		var err error
		if list, err = r.Dead.List(within(t)); err != nil {
			t.Fatalf("list dead letters: %v", err)
		}
		return len(list) == n
	})
	return list
}

func testUnparsable(t *testing.T, r Rig) {
	var calls atomic.Int64
	subscribe(t, r.Bus, events.Subscription{Group: "strict", Handle: func(context.Context, events.Envelope) error {
		calls.Add(1)
		return nil
	}})
	body := []byte("{\x00 this is no event\n\xff")
	if err := r.Raw(within(t), topic().Type()+".shop", body); err != nil {
		t.Fatal(err)
	}
	letter := letters(t, r, 1)[0]
	if !bytes.Equal(letter.Body, body) || letter.Group != "strict" || letter.Attempts != 1 ||
		!strings.Contains(letter.Reason, "decode event") || letter.EventID != "" {
		t.Errorf("got %+v", letter)
	}
	if calls.Load() != 0 {
		t.Error("the handler was called")
	}
}

func testPermanent(t *testing.T, r Rig) {
	subscribe(t, r.Bus, events.Subscription{Group: "picky", Handle: func(_ context.Context, e events.Envelope) error {
		if e.ID == "bad" {
			return events.Permanent(errors.New("no such\ntemplate \"x\""))
		}
		return nil
	}})
	publish(t, r.Bus, event(t, "good", "shop"), event(t, "bad", "shop"))
	letter := letters(t, r, 1)[0]
	if letter.EventID != "bad" || letter.Attempts != 1 || letter.Reason != "no such\ntemplate \"x\"" {
		t.Errorf("got %+v", letter)
	}
}

func testExhausted(t *testing.T, r Rig) {
	var calls atomic.Int64
	subscribe(t, r.Bus, events.Subscription{Group: "stubborn", Handle: func(context.Context, events.Envelope) error {
		if calls.Add(1)%2 == 0 {
			panic("never works")
		}
		return errors.New("never works")
	}})
	publish(t, r.Bus, event(t, "hopeless", "shop"))
	letter := letters(t, r, 1)[0]
	if letter.EventID != "hopeless" || letter.Attempts != r.Attempts || !strings.Contains(letter.Reason, "never works") {
		t.Errorf("got %+v, want %d attempts", letter, r.Attempts)
	}
	if calls.Load() != int64(r.Attempts) {
		t.Errorf("the handler was called %d times, want %d", calls.Load(), r.Attempts)
	}
}

func testReplay(t *testing.T, r Rig) {
	var healed atomic.Bool
	var others atomic.Int64
	done := make(chan events.Envelope, 1)
	subscribe(t, r.Bus, events.Subscription{Group: "other", Handle: func(context.Context, events.Envelope) error {
		others.Add(1)
		return nil
	}})
	subscribe(t, r.Bus, events.Subscription{Group: "ill", Handle: func(_ context.Context, e events.Envelope) error {
		if !healed.Load() {
			return events.Permanent(errors.New("ill"))
		}
		done <- e
		return nil
	}})
	want := event(t, "again", "shop")
	publish(t, r.Bus, want)
	first := letters(t, r, 1)[0]
	replay(t, r, first.ID)
	Eventually(t, "a new dead letter", func() bool { return letters(t, r, 1)[0].ID != first.ID })
	healed.Store(true)
	replay(t, r, letters(t, r, 1)[0].ID)
	if got := Receive(t, "replayed event", done); got.ID != want.ID || got.Type != want.Type {
		t.Errorf("got %+v, want %+v", got, want)
	}
	letters(t, r, 0)
	if others.Load() != 1 {
		t.Errorf("the other group got the event %d times, want once", others.Load())
	}
	unknown(t, r.Dead.Replay(within(t), first.ID))
}

func replay(t *testing.T, r Rig, id string) {
	t.Helper()
	if err := r.Dead.Replay(within(t), id); err != nil {
		t.Fatalf("replay %s: %v", id, err)
	}
}

func testDrop(t *testing.T, r Rig) {
	subscribe(t, r.Bus, events.Subscription{Group: "drop", Handle: func(context.Context, events.Envelope) error {
		return events.Permanent(errors.New("no"))
	}})
	publish(t, r.Bus, event(t, "a", "shop"), event(t, "b", "shop"))
	list := letters(t, r, 2)
	if list[0].EventID != "a" || list[1].EventID != "b" {
		t.Errorf("got %+v, want the oldest first", list)
	}
	if err := r.Dead.Drop(within(t), list[0].ID); err != nil {
		t.Fatal(err)
	}
	if left := letters(t, r, 1)[0]; left.EventID != "b" {
		t.Errorf("%s is left", left.EventID)
	}
	for _, id := range []string{list[0].ID, "", "*", ">", "a.b", "nonsense"} {
		unknown(t, r.Dead.Drop(within(t), id))
	}
	letters(t, r, 1)
}

func unknown(t *testing.T, err error) {
	t.Helper()
	if kind := events.KindOf(err); kind != events.KindNotFound {
		t.Errorf("got %v of kind %q, want %s", err, kind, events.KindNotFound)
	}
}
