package logs

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// TestNewestOfLongLines: a long line, of which the runtime makes several entries, hides no
// other.
func TestNewestOfLongLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40_000)
	all := []string{"api-1: one", "api-1: " + long, "api-1: three"}
	for name, test := range map[string]struct {
		tail int
		want []string
	}{
		"fewer lines than are asked for": {5, all},
		"as many":                        {3, all},
		"more":                           {2, all[1:]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFake("api")
				a := f.add("api", "api-1", "api")
				for _, text := range []string{"one", long, "three"} {
					a.write(text)
				}
				got, _ := read(t, f, func(o *Options) { o.Tail = test.tail })
				diff(t, test.want, got)
				w := follow(t, f, func(o *Options) { o.Tail = test.tail })
				diff(t, test.want, w.stop(time.Minute))
			})
		})
	}
}

// flaky fails the first reads of previous logs.
type flaky struct {
	*fake
	fails int
}

// Read fails, or reads.
func (f *flaky) Read(ctx context.Context, environment string, c Container, o ReadOptions) (io.ReadCloser, error) {
	if o.Previous && f.fails > 0 {
		f.fails--
		return nil, events.Errorf(events.KindUnavailable, "", "the kubelet does not answer")
	}
	return f.fake.Read(ctx, environment, c, o)
}

// TestPreviousInstanceIsTriedAgain: one error does not hide the last words of an instance;
// many are a gap.
func TestPreviousInstanceIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fails, tail int
		want        []string
	}{
		"once":                  {1, -1, []string{"api-1: dying (previous)", "api-1: alive"}},
		"once, the newest":      {1, 5, []string{"api-1: dying (previous)", "api-1: alive"}},
		"always":                {1 << 30, -1, []string{"api-1: gap: the log cannot be read: the kubelet does not answer", "api-1: alive"}},
		"always, and not shown": {1 << 30, 1, []string{"api-1: alive"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFake("api")
				a := f.add("api", "api-1", "api")
				a.write("dying")
				a.end()
				pass(t, time.Second)
				a.start()
				a.publish()
				pass(t, time.Second)
				a.write("alive")
				o := DefaultOptions(time.Now)
				o.Follow, o.Tail = false, test.tail
				var s shown
				if _, err := Stream(t.Context(), &flaky{f, test.fails}, "shop", o, &s); err != nil {
					t.Error(err)
				}
				diff(t, test.want, s.texts())
			})
		})
	}
}

// TestLostKubelet: the API server ends a log in good order when it loses the kubelet; that
// is not the log's end.
func TestLostKubelet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api")
		a := f.add("api", "api-1", "api")
		w := follow(t, f, nil)
		a.write("before")
		pass(t, 3*time.Second)
		a.do(func() {
			a.clean, a.cuts = true, a.cuts+1
			f.refused = events.Errorf(events.KindUnavailable, "", "the kubelet does not answer")
		})
		a.write("lost")
		pass(t, 3*time.Second)
		a.remove()
		diff(t, []string{"api-1: before", "api-1: gap: " + ReasonPodGone}, w.stop(time.Minute))
	})
}

// TestInstanceThatWasNeverRead: what a container wrote that could not be read before it was
// started again is a gap when it cannot be read then either.
func TestInstanceThatWasNeverRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api")
		a := f.add("api", "api-1", "api")
		a.do(func() { f.refused = events.Errorf(events.KindUnavailable, "", "the kubelet does not answer") })
		var s shown
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = Stream(ctx, &flaky{f, 1}, "shop", DefaultOptions(time.Now), &s) // it is cancelled
		}()
		a.write("dying")
		pass(t, 2*time.Second)
		a.end()
		a.start()
		a.do(func() { f.refused = nil })
		a.publish()
		pass(t, time.Second)
		a.write("alive")
		pass(t, time.Minute)
		cancel()
		<-done
		diff(t, []string{"api-1: gap: " + ReasonNoLog, "api-1: alive"}, s.texts())
	})
}
