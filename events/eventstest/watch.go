package eventstest

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// watchIDs collects the ids that a watch shows, in the background.
func watchIDs(t *testing.T, bus events.Bus, f events.Filter) <-chan string {
	t.Helper()
	ids := make(chan string, 1024)
	ready := make(chan struct{})
	f.Ready = func() { close(ready) }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- bus.Watch(ctx, f, func(e events.Envelope) bool { ids <- e.ID; return true })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("watch: %v", err)
		}
	})
	Receive(t, "ready watch", ready)
	return ids
}

func expectIDs(t *testing.T, ids <-chan string, want ...string) {
	t.Helper()
	for _, w := range want {
		if got := Receive(t, "event "+w, ids); got != w {
			t.Fatalf("got event %s, want %s", got, w)
		}
	}
}

func testWatch(t *testing.T, r Rig) {
	publish(t, r.Bus, event(t, "past", "shop"))
	all := watchIDs(t, r.Bus, events.Filter{})
	mine := watchIDs(t, r.Bus, events.Filter{Correlation: "mine", Types: []string{topic().Type()}})
	none := watchIDs(t, r.Bus, events.Filter{Types: []string{events.RunFinishedTopic.Type()}})
	past := watchIDs(t, r.Bus, events.Filter{Since: time.Now().Add(-time.Minute)})
	var want, wantMine []string
	for i := range 20 {
		id, of := strconv.Itoa(i), "shop"
		if i%3 == 0 {
			of = "mine"
			wantMine = append(wantMine, id)
		}
		want = append(want, id)
		publish(t, r.Member, event(t, id, of))
	}
	expectIDs(t, all, want...)
	expectIDs(t, mine, wantMine...)
	expectIDs(t, past, append([]string{"past"}, want...)...)
	if len(none)+len(mine)+len(all) > 0 {
		t.Error("a watch showed more than its filter takes")
	}
}

func testWatchStored(t *testing.T, r Rig) {
	for _, c := range []struct {
		name   string
		filter events.Filter
		stop   string
		want   []string
	}{
		{"since", events.Filter{Since: time.Now().Add(-time.Hour)}, "", []string{"a", "b", "c"}},
		{"since, correlation", events.Filter{Since: time.Now().Add(-time.Hour), Correlation: "shop"}, "", []string{"a", "c"}},
		{"since, other type", events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{events.RunFinishedTopic.Type()}}, "", nil},
		{"since now", events.Filter{Since: time.Now().Add(time.Hour)}, "", nil},
		{"new ones", events.Filter{}, "", nil},
		{"show says no more", events.Filter{Since: time.Now().Add(-time.Hour)}, "b", []string{"a", "b"}},
	} {
		publish(t, r.Bus, event(t, "a", "shop"), event(t, "b", "other"), event(t, "c", "shop"))
		var got []string
		c.filter.UntilCaughtUp = true
		err := r.Bus.Watch(within(t), c.filter, func(e events.Envelope) bool {
			got = append(got, e.ID)
			return e.ID != c.stop
		})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func testWatchRestart(t *testing.T, r Rig) {
	ids := watchIDs(t, r.Bus, events.Filter{})
	var want []string
	for i := range 30 {
		id := strconv.Itoa(i)
		want = append(want, id)
		if err := publishUntil(within(t), r.Member, event(t, id, "shop")); err != nil {
			t.Fatal(err)
		}
		if i%10 == 5 {
			r.Restart()
		}
	}
	expectIDs(t, ids, want...)
}
