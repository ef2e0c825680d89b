package natsbus_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

func stamp() events.Stamp {
	n := 0
	return events.Stamp{
		Source: "shakedown/test", Now: time.Now,
		NewID: func() string { n++; return "id-" + strconv.Itoa(n) },
	}
}

func TestPublishReachesTheGroup(t *testing.T) {
	bus := natsbustest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan events.EnvironmentDestroy, 1)
	sub, err := events.EnvironmentDestroyTopic.Subscribe(ctx, bus, "envs",
		func(_ context.Context, _ events.Meta, e events.EnvironmentDestroy) error {
			got <- e
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	want := events.EnvironmentDestroy{Name: "shop-1", Reason: "asked"}
	if err := events.EnvironmentDestroyTopic.Publish(ctx, bus, stamp().First("shop-1"), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, <-got); diff != "" {
		t.Error(diff)
	}
	cancel()
	sub.Wait()
}

func TestCall(t *testing.T) {
	bus := natsbustest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	sub, err := events.StopCall.Answer(ctx, bus, stamp(), func(_ context.Context, q events.StopRequest) (events.StopState, error) {
		if q.Reason == "" {
			return events.StopState{}, events.Errorf(events.KindInvalid, "give a reason", "no reason")
		}
		return events.StopState{Engaged: true, Reason: q.Reason}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	state, err := events.StopCall.Ask(ctx, bus, stamp().First(""), events.StopRequest{Reason: "smoke"})
	if err != nil || !state.Engaged || state.Reason != "smoke" {
		t.Errorf("got %+v, %v", state, err)
	}
	_, err = events.StopCall.Ask(ctx, bus, stamp().First(""), events.StopRequest{})
	if e, ok := errors.AsType[*events.Error](err); !ok || e.Kind != events.KindInvalid || e.Hint() != "give a reason" {
		t.Errorf("got error %#v", err)
	}
	cancel()
	sub.Wait()
	_, err = events.StopCall.Ask(t.Context(), bus, stamp().First(""), events.StopRequest{})
	if events.KindOf(err) != events.KindUnavailable {
		t.Errorf("got error %#v", err)
	}
}

func TestKV(t *testing.T) {
	ctx := t.Context()
	kv, err := natsbustest.Open(t).KV(ctx, events.Bucket{Name: "runs"})
	if err != nil {
		t.Fatal(err)
	}
	is := func(want, err error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if entries, err := kv.List(ctx); err != nil || len(entries) > 0 {
		t.Errorf("new bucket: got %v, %v", entries, err)
	}
	_, _, err = kv.Get(ctx, "a")
	is(events.ErrNotFound, err)
	rev, err := kv.Create(ctx, "b", []byte("1"))
	is(nil, err)
	_, err = kv.Create(ctx, "b", []byte("1"))
	is(events.ErrExists, err)
	_, err = kv.Create(ctx, "a", []byte("1"))
	is(nil, err)
	_, err = kv.Update(ctx, "b", []byte("2"), rev+100)
	is(events.ErrConflict, err)
	next, err := kv.Update(ctx, "b", []byte("2"), rev)
	is(nil, err)
	is(events.ErrConflict, kv.Delete(ctx, "b", rev))
	if entries, err := kv.List(ctx); err != nil || len(entries) != 2 || entries[0].Key != "a" || entries[1].Key != "b" {
		t.Errorf("got %v, %v", entries, err)
	}
	is(nil, kv.Delete(ctx, "b", next))
	is(nil, kv.Delete(ctx, "a", 0))
	_, err = kv.Create(ctx, "b", []byte("3"))
	is(nil, err)
	value, _, err := kv.Get(ctx, "b")
	if err != nil || string(value) != "3" {
		t.Errorf("got %q, %v", value, err)
	}
	_, err = kv.Update(ctx, "c", nil, next)
	is(events.ErrConflict, err)
}

// TestNoEventWaits sends events one at a time: none may wait until a heartbeat is
// missed, as about one in twenty thousand did when the iterator of nats.go was
// asked for single messages.
func TestNoEventWaits(t *testing.T) {
	t.Parallel()
	const n, limit = 5000, 4 * time.Second
	bus := natsbustest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	arrived := make(chan struct{}, 1)
	sub, err := events.StopEngagedTopic.Subscribe(ctx, bus, "g", func(context.Context, events.Meta, events.StopEngaged) error {
		arrived <- struct{}{}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := stamp()
	for i := range n {
		if err := events.StopEngagedTopic.Publish(ctx, bus, s.First("all"), events.StopEngaged{}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-arrived:
		case <-time.After(limit):
			t.Fatalf("event %d is not there after %s", i, limit)
		}
	}
	cancel()
	sub.Wait()
}
