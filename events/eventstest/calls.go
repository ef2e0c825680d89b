package eventstest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

func stamp() events.Stamp {
	var n atomic.Int64
	return events.Stamp{
		Source: "shakedown/eventstest", Now: time.Now,
		NewID: func() string { return fmt.Sprintf("call-%d", n.Add(1)) },
	}
}

// answer serves the call that the suite uses until the test ends.
func answer(t *testing.T, at events.Caller, with func(context.Context, events.StopRequest) (events.StopState, error)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	sub, err := events.StopCall.Answer(ctx, at, stamp(), with)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); sub.Wait() })
}

func ask(t *testing.T, r Rig, reason string) (events.StopState, error) {
	t.Helper()
	return events.StopCall.Ask(within(t), r.Caller, stamp().First(""), events.StopRequest{Reason: reason})
}

func testCall(t *testing.T, r Rig) {
	answer(t, r.Caller, func(_ context.Context, q events.StopRequest) (events.StopState, error) {
		return events.StopState{Engaged: true, Reason: q.Reason}, nil
	})
	for _, reason := range []string{"smoke", "", strings.Repeat("long ", 1<<18)} {
		if got, err := ask(t, r, reason); err != nil || got.Reason != reason || !got.Engaged {
			t.Errorf("got %d bytes, %v, want %d bytes", len(got.Reason), err, len(reason))
		}
	}
	stored := 0
	err := r.Bus.Watch(within(t), events.Filter{Since: time.Now().Add(-time.Hour), UntilCaughtUp: true},
		func(events.Envelope) bool { stored++; return true })
	if err != nil || stored > 0 {
		t.Errorf("calls are stored as events: %d, %v", stored, err)
	}
}

func testCallError(t *testing.T, r Rig) {
	refusal := events.Errorf(events.KindRefused, "run: shakedown chaos resume", "line one\nline two: \"%s\"", "ä")
	answer(t, r.Caller, func(_ context.Context, q events.StopRequest) (events.StopState, error) {
		switch q.Reason {
		case "refuse":
			return events.StopState{}, fmt.Errorf("wrapped: %w", refusal)
		case "panic":
			panic("in the answer")
		}
		return events.StopState{}, errors.New("plain")
	})
	for _, c := range []struct {
		reason, message, hint string
		kind                  events.Kind
	}{
		{"refuse", refusal.Message, refusal.Advice, events.KindRefused},
		{"panic", "in the answer", "", events.KindInternal},
		{"other", "plain", "", events.KindInternal},
	} {
		_, err := ask(t, r, c.reason)
		e, ok := errors.AsType[*events.Error](err)
		if !ok || e.Kind != c.kind || e.Hint() != c.hint || !strings.Contains(e.Message, c.message) {
			t.Errorf("%s: got %#v", c.reason, err)
		}
	}
}

func testCallNobody(t *testing.T, r Rig) {
	began := time.Now()
	_, err := ask(t, r, "anyone?")
	if kind := events.KindOf(err); kind != events.KindUnavailable || !errors.Is(err, events.ErrUnanswered) {
		t.Errorf("got %v of kind %q, want %s", err, kind, events.KindUnavailable)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %s", took)
	}
}

func testCallSlow(t *testing.T, r Rig) {
	release := make(chan struct{})
	slow := make(chan struct{})
	answer(t, r.Caller, func(ctx context.Context, q events.StopRequest) (events.StopState, error) {
		if q.Reason == "slow" {
			close(slow)
			select {
			case <-release:
			case <-ctx.Done():
				return events.StopState{}, ctx.Err()
			}
		}
		return events.StopState{Reason: q.Reason}, nil
	})
	done := make(chan error, 1)
	go func() {
		_, err := ask(t, r, "slow")
		done <- err
	}()
	Receive(t, "slow call", slow)
	if got, err := ask(t, r, "quick"); err != nil || got.Reason != "quick" {
		t.Errorf("got %+v, %v", got, err)
	}
	close(release)
	if err := Receive(t, "slow answer", done); err != nil {
		t.Error(err)
	}
}

func testRefused(t *testing.T, r Rig) {
	handle := func(context.Context, events.Envelope) error { return nil }
	for _, s := range []events.Subscription{
		{Type: "other.v1.x", Group: "g", Handle: handle},
		{Type: topic().Type(), Handle: handle},
		{Type: topic().Type(), Group: "g"},
	} {
		if _, err := r.Bus.Subscribe(t.Context(), s); events.KindOf(err) != events.KindInvalid {
			t.Errorf("%+v: got %v", s, err)
		}
	}
	if err := r.Bus.Publish(t.Context(), events.Envelope{}); events.KindOf(err) != events.KindInvalid {
		t.Errorf("empty event: got %v", err)
	}
	if _, err := r.Store.KV(t.Context(), events.Bucket{Name: "a.b"}); events.KindOf(err) != events.KindInvalid {
		t.Errorf("bucket a.b: got %v", err)
	}
	if _, err := r.Caller.Call(t.Context(), events.Envelope{}); events.KindOf(err) != events.KindInvalid {
		t.Errorf("empty call: got %v", err)
	}
}
