package logs

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestUnfinishedLineHoldsUpNobody: a line of which the end does not come stops its own
// container only.
func TestUnfinishedLineHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api", "web")
		a, b := f.add("api", "api-1", "api"), f.add("web", "web-1", "web")
		w := follow(t, f, nil)
		a.unfinished(strings.Repeat("x", 2*MaxLine))
		pass(t, time.Minute)
		b.write("one")
		pass(t, time.Minute)
		b.write("two")
		got := w.stop(time.Minute)
		if len(got) < 2 {
			t.Fatalf("%d lines were shown", len(got))
		}
		diff(t, []string{"web-1: one", "web-1: two"}, got[len(got)-2:])
	})
}

// TestShortLinesAreBounded: what waits of a stream is bounded also when its lines are
// empty.
func TestShortLinesAreBounded(t *testing.T) {
	t.Parallel()
	s := newMerge(time.Second, time.Now).stream()
	n := 0
	for s.add(Line{Time: time.Now()}) {
		if n++; n > 10_000 {
			t.Fatal("10,000 empty lines wait")
		}
	}
}

// TestPodsThatAreGoneAreForgotten: what was known of them does not stay.
func TestPodsThatAreGoneAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api")
		e := newEngine(f, "shop", DefaultOptions(time.Now), &shown{})
		a := Container{Source: Source{Pod: "api-1", Container: "api"}, PodUID: "1"}
		e.update([]Container{a})
		for _, s := range e.sources {
			s.stream = e.merge.stream()
		}
		e.update(nil)
		if len(e.sources) != 0 || e.totals.Containers != 1 {
			t.Errorf("%d sources are kept, %d were read", len(e.sources), e.totals.Containers)
		}
	})
}

// TestLiveOnlyWithAnotherClock: what is written after the start is shown, whatever the clock
// of its node says.
func TestLiveOnlyWithAnotherClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api")
		a := f.add("api", "api-1", "api")
		a.writeAt(time.Now().Add(-40*time.Second), "old")
		w := follow(t, f, func(o *Options) { o.Tail = 0 })
		pass(t, time.Second)
		a.writeAt(time.Now().Add(-30*time.Second), "live")
		diff(t, []string{"api-1: live"}, w.stop(time.Minute))
	})
}

// TestUntilEndsNoHistory: what was written before the end is shown, however slowly it is
// taken.
func TestUntilEndsNoHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api", "web")
		a := f.add("api", "api-1", "api")
		f.add("web", "web-1", "web").writeAt(time.Now().Add(-time.Minute), "quiet")
		for range 100 {
			a.writeAt(time.Now().Add(-time.Minute), strings.Repeat("x", 8<<10))
		}
		o := DefaultOptions(time.Now)
		o.Query.Until = o.Now().Add(time.Second)
		s := shown{stop: func(Line) error { <-time.After(100 * time.Millisecond); return nil }}
		totals, err := Stream(t.Context(), f, "shop", o, &s)
		if err != nil || totals.Lines != 101 || totals.Gaps != 0 {
			t.Errorf("%d lines of 101 and %d gaps: %v", totals.Lines, totals.Gaps, err)
		}
	})
}

// TestNothingFits: whoever follows what is not there is told so once, and gets what comes
// later.
func TestNothingFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api")
		f.add("api", "api-1", "api")
		said := 0
		w := follow(t, f, func(o *Options) {
			o.Query.Pods, o.Empty = []string{"web-*"}, func() { said++ }
		})
		pass(t, time.Minute)
		f.add("web", "web-1", "web").write("late")
		diff(t, []string{"web-1: late"}, w.stop(time.Minute))
		if said != 1 {
			t.Errorf("it was said %d times, want once", said)
		}
	})
}
