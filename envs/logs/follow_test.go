package logs

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLostConnectionsAreResumed: three equal lines of one moment stay three, whenever the
// connection is cut, and those of the next instance are shown as well.
func TestLostConnectionsAreResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api")
		a := f.add("api", "api-1", "api")
		w := follow(t, f, nil)
		pass(t, time.Second)
		a.write("equal")
		a.write("equal")
		pass(t, time.Millisecond)
		a.cut()
		a.write("equal")
		pass(t, 2*time.Second)
		a.end()
		pass(t, time.Second)
		a.start()
		a.write("equal")
		a.publish()
		diff(t, []string{"api-1: equal", "api-1: equal", "api-1: equal", "api-1: equal"}, w.stop(10*time.Second))
	})
}

// TestGaps: where lines are lost a gap stands, with its bounds.
func TestGaps(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lose func(t *testing.T, a *fakeContainer)
		want []string
	}{
		"rotated while it was not read": {func(t *testing.T, a *fakeContainer) {
			t.Helper()
			a.cut()
			a.write("lost")
			a.rotate()
			a.write("after")
		}, []string{"api-1: before", "api-1: gap: " + ReasonRotated, "api-1: after"}},
		"rotated, and nothing lost of it": {func(t *testing.T, a *fakeContainer) {
			t.Helper()
			a.rotate()
			a.write("after")
		}, []string{"api-1: before", "api-1: after"}},
		"the end of an instance, read late": {func(t *testing.T, a *fakeContainer) {
			t.Helper()
			a.cut()
			a.write("last words")
			a.end()
			a.start()
			a.publish()
			pass(t, 5*time.Second)
			a.write("after")
		}, []string{"api-1: before", "api-1: last words (previous)", "api-1: after"}},
		"started twice while it was not read": {func(t *testing.T, a *fakeContainer) {
			t.Helper()
			a.cut()
			a.write("lost")
			a.start()
			a.write("between")
			a.start()
			a.write("after")
			a.publish()
		}, []string{"api-1: before", "api-1: gap: " + ReasonRestarted, "api-1: between (previous)", "api-1: after"}},
		"the pod is gone in the middle": {func(t *testing.T, a *fakeContainer) {
			t.Helper()
			a.cut()
			a.write("lost")
			a.remove()
		}, []string{"api-1: before", "api-1: gap: " + ReasonPodGone}},
		"the pod ends in good order": {func(t *testing.T, a *fakeContainer) {
			t.Helper()
			a.write("after")
			a.over()
			pass(t, 2*time.Second)
			a.remove()
		}, []string{"api-1: before", "api-1: after"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFake("api")
				a := f.add("api", "api-1", "api")
				w := follow(t, f, nil)
				a.write("before")
				pass(t, 3*time.Second)
				test.lose(t, a)
				diff(t, test.want, w.stop(time.Minute))
			})
		})
	}
}

// TestGapHasBounds: it says after which line and before which one.
func TestGapHasBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api")
		a := f.add("api", "api-1", "api")
		w := follow(t, f, nil)
		from := time.Now().UTC()
		a.write("before")
		pass(t, 3*time.Second)
		a.cut()
		a.rotate()
		to := time.Now().UTC()
		a.write("after")
		w.stop(time.Minute)
		want := &Gap{From: from, To: to, Reason: ReasonRotated}
		if len(w.lines) != 3 || cmp.Diff(want, w.lines[1].Gap) != "" || w.totals.Gaps != 1 {
			t.Errorf("%d lines, %d gaps: %+v, want %+v", len(w.lines), w.totals.Gaps, w.lines[1].Gap, want)
		}
	})
}

// TestPodsComeAndGo: what is started later is followed from its beginning.
func TestPodsComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api", "web")
		a := f.add("api", "api-1", "api")
		w := follow(t, f, func(o *Options) { o.Query.Components = []string{"api"} })
		a.write("one")
		pass(t, time.Second)
		a.over()
		a.remove()
		b := f.add("api", "api-2", "api")
		b.write("two")
		f.add("web", "web-1", "web").write("not wanted")
		pass(t, time.Second)
		b.write("three")
		diff(t, []string{"api-1: one", "api-2: two", "api-2: three"}, w.stop(time.Minute))
		if w.totals.Containers != 2 {
			t.Errorf("%d containers were read, want 2", w.totals.Containers)
		}
	})
}

// TestPreviousInstances are read when they have just died, and on request.
func TestPreviousInstances(t *testing.T) {
	t.Parallel()
	both := []string{"api-1: dying (previous)", "api-1: alive"}
	for name, test := range map[string]struct {
		ago      time.Duration
		previous bool
		want     []string
	}{
		"just died":           {time.Minute, false, both},
		"long ago":            {time.Hour, false, both[1:]},
		"long ago, on demand": {time.Hour, true, both},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFake("api")
				a := f.add("api", "api-1", "api")
				a.write("dying")
				a.end()
				a.start()
				a.publish()
				a.write("alive")
				pass(t, test.ago)
				got, _ := read(t, f, func(o *Options) { o.Previous = test.previous })
				diff(t, test.want, got)
				got, _ = read(t, f, func(o *Options) { o.Previous, o.Tail = test.previous, 10 })
				diff(t, test.want, got)
			})
		})
	}
}

// TestNewestThenLive: what is shown first is not shown again, and nothing is left out
// behind it.
func TestNewestThenLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := shopLogs()
		w := follow(t, f, func(o *Options) { o.Tail = 1 })
		pass(t, time.Second)
		f.pods[0].write("live")
		diff(t, []string{"web-1: level=error msg=9", "api-1: live"}, w.stop(time.Minute))
		w = follow(t, f, func(o *Options) { o.Tail = 0 })
		pass(t, time.Second)
		f.pods[0].write("live, too")
		diff(t, []string{"api-1: live, too"}, w.stop(time.Minute))
	})
}

// TestUntil ends a stream that follows.
func TestUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api")
		a := f.add("api", "api-1", "api")
		w := follow(t, f, func(o *Options) { o.Query.Until = o.Now().Add(time.Minute) })
		pass(t, 30*time.Second)
		a.write("in time")
		pass(t, 31*time.Second)
		a.write("too late")
		if err := <-w.done; err != nil {
			t.Error(err)
		}
		diff(t, []string{"api-1: in time"}, w.texts())
	})
}

// TestMoreContainersThanStreams: those beyond the bound are read in turn, and none is left
// out.
func TestMoreContainersThanStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api")
		for i := range 40 {
			f.add("api", fmt.Sprint("api-", i), "api").write("first")
		}
		w := follow(t, f, func(o *Options) { o.Streams = 10 })
		for range 5 {
			pass(t, 3*time.Second)
			for _, c := range f.pods {
				c.write("more")
			}
		}
		w.stop(time.Minute)
		if w.totals.Lines != 240 || w.totals.Gaps != 0 {
			t.Errorf("%d lines and %d gaps, want 240 and 0", w.totals.Lines, w.totals.Gaps)
		}
		if f.most > 10+polls {
			t.Errorf("%d logs were open at the same time, want %d at most", f.most, 10+polls)
		}
	})
}
