package kube

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/envs/logs"
)

// wait is how long something may take that always comes.
const wait = 2 * time.Minute

// sink keeps lines and says how many there are.
type sink struct {
	mu    sync.Mutex
	lines []logs.Line
	grown chan struct{}
}

func newSink() *sink { return &sink{grown: make(chan struct{}, 1)} }

// Line keeps a line.
func (s *sink) Line(l logs.Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, l)
	select {
	case s.grown <- struct{}{}:
	default:
	}
	return nil
}

// Flush has nothing to do.
func (*sink) Flush() error { return nil }

// await waits until there are n lines.
func (s *sink) await(t *testing.T, n int) []logs.Line {
	t.Helper()
	timeout := time.After(wait)
	for {
		s.mu.Lock()
		all := s.lines
		s.mu.Unlock()
		if len(all) >= n {
			return all
		}
		select {
		case <-s.grown:
		case <-timeout:
			t.Fatalf("%d lines, want %d", len(all), n)
		}
	}
}

// follow shows the logs of shop until the test ends.
func follow(t *testing.T, c *Cluster, s logs.Sink) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := logs.Stream(ctx, c, "shop", logs.DefaultOptions(time.Now), s)
		done <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that it was cancelled", err)
		}
	})
}

// TestLongLineEqualLinesAndACut: a line of 40,000 bytes stays whole, three equal lines of
// one millisecond stay three, and a connection that is cut in the middle of a line in that
// second loses and doubles nothing.
func TestLongLineEqualLinesAndACut(t *testing.T) {
	t.Parallel()
	server := newServer("api-1")
	s := newSink()
	follow(t, serve(t, server), s)
	at := time.Now().UTC().Truncate(time.Second)
	long := `{"level":"error","msg":"` + strings.Repeat("x", 40_000) + `"}`
	server.write("api-1", at, long)
	s.await(t, 1)
	server.write("api-1", at.Add(time.Millisecond), "equal")
	s.await(t, 2)
	server.do(func() { server.logs["api-1"].cuts++ })
	for range 2 {
		server.write("api-1", at.Add(time.Millisecond), "equal")
	}
	server.write("api-1", at.Add(2*time.Millisecond), "after")
	var got []string
	for _, l := range s.await(t, 5) {
		got = append(got, l.Text)
	}
	if diff := cmp.Diff([]string{long, "equal", "equal", "equal", "after"}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if n := len(server.asked); n != 2 || !strings.Contains(server.asked[1], "sinceTime=") {
		t.Errorf("the log was asked for %d times: %q", n, server.asked)
	}
}

// TestStreamOfSomePods: what is there comes from all pods, in order.
func TestStreamOfSomePods(t *testing.T) {
	t.Parallel()
	server := newServer("api-1", "api-2", "api-3")
	at := time.Now().Add(-time.Minute)
	var want []string
	for i := range 30 {
		text := fmt.Sprint("line ", i)
		server.write(fmt.Sprint("api-", 1+i%3), at.Add(time.Duration(i)*time.Millisecond), text)
		want = append(want, text)
	}
	o := logs.DefaultOptions(time.Now)
	o.Follow = false
	s := newSink()
	if _, err := logs.Stream(t.Context(), serve(t, server), "shop", o, s); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range s.lines {
		got = append(got, l.Text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
