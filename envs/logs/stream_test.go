package logs

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// shown keeps what a stream has shown.
type shown struct {
	mu    sync.Mutex
	lines []Line
	// stop, when it is set, is called after each line.
	stop func(Line) error
}

func (s *shown) Line(l Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, l)
	if s.stop != nil {
		return s.stop(l)
	}
	return nil
}

func (*shown) Flush() error { return nil }

// texts are the lines as "pod: text", and gaps as "pod: gap: reason".
func (s *shown) texts() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		text := l.Text
		if l.Gap != nil {
			text = "gap: " + l.Gap.Reason
		}
		if l.Previous {
			text += " (previous)"
		}
		all = append(all, l.Pod+": "+text)
	}
	return all
}

// following is a stream that runs until it is stopped.
type following struct {
	shown
	t      *testing.T
	cancel context.CancelFunc
	done   chan error
	totals Totals
}

func follow(t *testing.T, f *fake, change func(*Options)) *following {
	t.Helper()
	o := DefaultOptions(time.Now)
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w := &following{t: t, cancel: cancel, done: make(chan error, 1)}
	go func() {
		var err error
		w.totals, err = Stream(ctx, f, "shop", o, w)
		w.done <- err
	}()
	return w
}

// stop ends the stream after a time in which nothing else happens.
func (w *following) stop(after time.Duration) []string {
	w.t.Helper()
	pass(w.t, after)
	w.cancel()
	if err := <-w.done; !errors.Is(err, context.Canceled) {
		w.t.Errorf("error %v, want that it was cancelled", err)
	}
	return w.texts()
}

// pass lets time pass.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	events.Wait(t.Context(), d)
	synctest.Wait()
}

func diff(t *testing.T, want, got []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
}

// read shows what is there, and ends.
func read(t *testing.T, f *fake, change func(*Options)) ([]string, Totals) {
	t.Helper()
	o := DefaultOptions(time.Now)
	o.Follow = false
	change(&o)
	var s shown
	totals, err := Stream(t.Context(), f, "shop", o, &s)
	if err != nil {
		t.Error(err)
	}
	return s.texts(), totals
}

// shopLogs has ten lines of each of two pods, in turn, a second apart.
func shopLogs() *fake {
	f := newFake("api", "web")
	a, b := f.add("api", "api-1", "api"), f.add("web", "web-1", "web")
	for i := range 10 {
		at := time.Now().Add(time.Duration(i-20) * time.Second)
		a.writeAt(at, fmt.Sprint("level=info msg=", i))
		b.writeAt(at.Add(time.Millisecond), fmt.Sprint("level=error msg=", i))
	}
	return f
}

func TestWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Options)
		want   []string
	}{
		"since and until": {func(o *Options) {
			o.Query.Since, o.Query.Until = o.Now().Add(-19*time.Second), o.Now().Add(-18*time.Second)
		}, []string{"api-1: level=info msg=1", "web-1: level=error msg=1", "api-1: level=info msg=2"}},
		"the newest":            {func(o *Options) { o.Tail = 3 }, []string{"web-1: level=error msg=8", "api-1: level=info msg=9", "web-1: level=error msg=9"}},
		"the newest of a pod":   {func(o *Options) { o.Tail, o.Query.Pods = 1, []string{"api-*"} }, []string{"api-1: level=info msg=9"}},
		"the newest that match": {func(o *Options) { o.Tail, o.Query.Grep = 2, []*regexp.Regexp{regexp.MustCompile("msg=[23]")} }, []string{"api-1: level=info msg=3", "web-1: level=error msg=3"}},
		"none of what is there": {func(o *Options) { o.Tail = 0 }, nil},
		"grave and of one":      {func(o *Options) { o.Query.Level, o.Tail = Warn, 1 }, []string{"web-1: level=error msg=9"}},
		"component and text": {func(o *Options) {
			o.Query.Components, o.Query.Grep = []string{"web"}, []*regexp.Regexp{regexp.MustCompile("=4$")}
		}, []string{"web-1: level=error msg=4"}},
		"a container not there":  {func(o *Options) { o.Query.Containers = []string{"init"} }, nil},
		"nothing so grave there": {func(o *Options) { o.Query.Level = Fatal }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, _ := read(t, shopLogs(), test.change)
				diff(t, test.want, got)
			})
		})
	}
}

// TestInTheOrderOfTime: what is there is shown in exact order.
func TestInTheOrderOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var want []string
		for i := range 10 {
			want = append(want, fmt.Sprint("api-1: level=info msg=", i), fmt.Sprint("web-1: level=error msg=", i))
		}
		got, totals := read(t, shopLogs(), func(*Options) {})
		diff(t, want, got)
		if d := cmp.Diff(Totals{Lines: 20, Containers: 2}, totals); d != "" {
			t.Errorf("totals (-want +got):\n%s", d)
		}
	})
}

// TestLateLinesWithinTheWindow: a line that comes later than younger ones of others, but
// within the window, still stands before them.
func TestLateLinesWithinTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api", "web")
		a, b := f.add("api", "api-1", "api"), f.add("web", "web-1", "web")
		w := follow(t, f, nil)
		pass(t, time.Minute)
		began := time.Now()
		b.write("second")
		pass(t, 300*time.Millisecond)
		a.writeAt(began.Add(-time.Millisecond), "first")
		pass(t, time.Minute)
		b.write("third")
		diff(t, []string{"api-1: first", "web-1: second", "web-1: third"}, w.stop(time.Second))
	})
}

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	f := newFake("api", "web")
	for name, test := range map[string]struct {
		environment, component, want string
	}{
		"environment":     {"store", "api", "there is no environment store"},
		"component":       {"shop", "wep", "environment shop has no component wep, did you mean web?"},
		"far from others": {"shop", "database", "environment shop has no component database, known are api, web"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := DefaultOptions(time.Now)
			o.Query.Components = []string{test.component}
			_, err := Stream(t.Context(), f, test.environment, o, &shown{})
			if events.KindOf(err) != events.KindNotFound || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

// TestErrorsEndTheStream: a refusal, and a sink that takes nothing.
func TestErrorsEndTheStream(t *testing.T) {
	t.Parallel()
	refused := events.Errorf(events.KindRefused, "", "you may not")
	full := errors.New("no space left on device")
	for name, test := range map[string]struct {
		refused, full, want error
		tail                int
	}{
		"refused":               {refused, nil, refused, -1},
		"refused at the newest": {refused, nil, refused, 5},
		"full":                  {nil, full, full, -1},
		"full at the newest":    {nil, full, full, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := shopLogs()
				f.refused = test.refused
				o := DefaultOptions(time.Now)
				o.Tail = test.tail
				_, err := Stream(t.Context(), f, "shop", o, &shown{stop: func(Line) error { return test.full }})
				if !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
			})
		})
	}
}

// TestUnknownLevelsAreCounted: lines without a level are not dropped in silence.
func TestUnknownLevelsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api")
		a := f.add("api", "api-1", "api")
		for _, text := range []string{"ERROR: a", "\tat b", "what is this", "INFO: c"} {
			a.write(text)
		}
		got, totals := read(t, f, func(o *Options) { o.Query.Level = Error })
		diff(t, []string{"api-1: ERROR: a", "api-1: \tat b"}, got)
		if totals.Unleveled != 1 {
			t.Errorf("%d lines of no known level, want 1", totals.Unleveled)
		}
	})
}

// TestLongLinesStayTogether: the parts of a line are not separated by older lines.
func TestLongLinesStayTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("api", "web")
		a, b := f.add("api", "api-1", "api"), f.add("web", "web-1", "web")
		long := strings.Repeat("x", 2*MaxLine+MaxLine/2)
		a.write(long)
		for range 100 {
			b.write("short")
		}
		o := DefaultOptions(time.Now)
		o.Follow = false
		var s shown
		if _, err := Stream(t.Context(), f, "shop", o, &s); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(s.lines, func(l Line) bool { return l.Part == First })
		if i < 0 || i+2 >= len(s.lines) || s.lines[i+1].Part != Middle || s.lines[i+2].Part != Last {
			t.Fatalf("the parts of the line are not together, from %d on", i)
		}
		if got := s.lines[i].Text + s.lines[i+1].Text + s.lines[i+2].Text; got != long || len(s.lines) != 103 {
			t.Errorf("%d bytes of the long line, want %d, among %d lines", len(got), len(long), len(s.lines))
		}
	})
}
