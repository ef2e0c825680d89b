package logs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// story writes, cuts, rotates and restarts at random, and remembers what was written.
type story struct {
	t       *testing.T
	r       *rand.Rand
	f       *fake
	w       *following
	started map[*fakeContainer]time.Time
	written map[string][]time.Time
	n       int
}

// step is one thing that happens to a container. The API server often learns of it late.
func (s *story) step(c *fakeContainer) {
	switch n := s.r.IntN(100); {
	case n < 60:
		s.write(c)
	case n < 70:
		c.cut()
	case n < 74:
		s.rotate(c)
	case n < 78:
		c.end()
	case n < 90:
		c.publish()
	}
	if c.current.ended && s.r.IntN(3) == 0 {
		pass(s.t, time.Millisecond)
		c.start()
		s.started[c] = time.Now()
		pass(s.t, time.Millisecond)
	}
	if s.r.IntN(2) == 0 {
		pass(s.t, time.Duration(s.r.IntN(1500))*time.Millisecond)
	}
}

// rotate begins a new file, once a line of the one before was shown: of a file that was gone
// before it was read nobody can know. The kubelet goes to the new one when it has sent the
// old one.
func (s *story) rotate(c *fakeContainer) {
	synctest.Wait()
	s.w.mu.Lock()
	known := slices.ContainsFunc(s.w.lines, func(l Line) bool { return l.Pod == c.shown.Pod && l.Time.After(s.started[c]) })
	s.w.mu.Unlock()
	if known {
		c.rotate()
		pass(s.t, 2*time.Second)
	}
}

// write writes some lines that are equal in all but their number.
func (s *story) write(c *fakeContainer) {
	if c.current.ended {
		return
	}
	if s.r.IntN(3) > 0 {
		s.n++
	}
	text, at := fmt.Sprint("line ", s.n), time.Now()
	for range 1 + s.r.IntN(3) {
		c.writeAt(at, text)
		key := c.shown.Pod + " " + text
		s.written[key] = append(s.written[key], at.UTC())
	}
}

// check compares what was shown with what was written: nothing is shown too often, and
// what is not shown lies in a gap.
func (s *story) check(all []Line) {
	s.t.Helper()
	gaps := map[string][]*Gap{}
	left := s.written
	for _, l := range all {
		key := l.Pod + " " + l.Text
		switch {
		case l.Gap != nil:
			gaps[l.Pod] = append(gaps[l.Pod], l.Gap)
		case len(left[key]) == 0:
			s.t.Errorf("%s was shown more often than it was written", key)
		default:
			left[key] = without(left[key], l.Time)
		}
	}
	for key, times := range left {
		var pod string
		_, _ = fmt.Sscan(key, &pod)
		for _, at := range times {
			if !inGap(gaps[pod], at) {
				s.t.Errorf("%s of %s was lost in silence", key, at.Format(time.RFC3339Nano))
			}
		}
	}
}

func without(times []time.Time, at time.Time) []time.Time {
	for i, t := range times {
		if t.Equal(at) {
			return append(times[:i:i], times[i+1:]...)
		}
	}
	return times
}

func inGap(gaps []*Gap, at time.Time) bool {
	for _, g := range gaps {
		if !at.Before(g.From) && (g.To.IsZero() || !at.After(g.To)) {
			return true
		}
	}
	return false
}

// TestNothingIsLostInSilence tells many stories of cuts, rotations and restarts.
func TestNothingIsLostInSilence(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &story{t: t, r: rand.New(rand.NewPCG(seed, 7)), f: newFake("api"), written: map[string][]time.Time{}, started: map[*fakeContainer]time.Time{}}
				for i := range 3 {
					s.f.add("api", fmt.Sprint("api-", i), "api")
				}
				s.w = follow(t, s.f, func(o *Options) { o.Streams = 1 + s.r.IntN(4) })
				for _, c := range s.f.pods { // of what was gone before it was read nobody can know
					s.write(c)
				}
				pass(t, 5*time.Second)
				for range 200 {
					s.step(s.f.pods[s.r.IntN(3)])
				}
				for _, c := range s.f.pods { // gaps are seen at the next line
					c.publish()
					s.write(c)
				}
				s.w.stop(5 * time.Minute)
				s.check(s.w.lines)
			})
		})
	}
}
