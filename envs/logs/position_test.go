package logs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// written is a line of a log in a test.
type written struct {
	at   time.Time
	text string
}

// randomLog has equal lines, lines of one moment and times in slight disorder.
func randomLog(r *rand.Rand, n int) (log []written) {
	at := noon()
	for range n {
		at = at.Add([]time.Duration{0, 0, time.Millisecond, 40 * time.Millisecond, 700 * time.Millisecond}[r.IntN(5)])
		jitter := time.Duration(r.IntN(3)) * time.Microsecond
		log = append(log, written{at.Add(-jitter), fmt.Sprint("line ", r.IntN(3))})
	}
	return log
}

// read takes the lines of a log that the API server would send, and returns the fresh ones.
func (p *position) read(log []written) (fresh []written, is []known) {
	since := p.since()
	p.resume()
	for _, l := range log {
		if l.at.Before(since) {
			continue
		}
		switch k := p.take(l.at, l.text); k {
		case seen:
		default:
			fresh, is = append(fresh, l), append(is, k)
		}
	}
	return fresh, is
}

// TestResume: a log that is read again after each of many cuts comes whole, and no line of
// it twice.
func TestResume(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		log := randomLog(r, 1+r.IntN(300))
		p := newPosition()
		var got []written
		for end := 0; end < len(log); {
			end = min(len(log), end+r.IntN(40))
			fresh, is := p.read(log[:end])
			got = append(got, fresh...)
			if slices.Contains(is, lost) {
				t.Fatalf("seed %d: a position was lost", seed)
			}
		}
		if !slices.Equal(log, got) {
			t.Fatalf("seed %d (-want +got):\n%s", seed, cmp.Diff(log, got, cmp.AllowUnexported(written{})))
		}
	}
}

// TestMoreThanIsKept: of very many lines in one second not all are known again, and yet
// none comes twice.
func TestMoreThanIsKept(t *testing.T) {
	t.Parallel()
	var log []written
	for i := range 5 * maxMarks {
		log = append(log, written{noon().Add(time.Duration(i) * time.Microsecond), fmt.Sprint(i % 7)})
	}
	p := newPosition()
	p.read(log[:4*maxMarks])
	if len(p.marks) > 2*maxMarks {
		t.Errorf("%d marks are kept", len(p.marks))
	}
	fresh, is := p.read(log)
	if len(fresh) != maxMarks || slices.Contains(is, lost) {
		t.Errorf("%d fresh lines, want %d; lost: %v", len(fresh), maxMarks, slices.Contains(is, lost))
	}
}

// TestLostPosition: a log that does not have the last line any more has lost lines.
func TestLostPosition(t *testing.T) {
	t.Parallel()
	line := func(ms int, text string) written {
		return written{noon().Add(time.Duration(ms) * time.Millisecond), text}
	}
	before := []written{line(0, "a"), line(1, "b"), line(1, "b"), line(2, "c")}
	for name, test := range map[string]struct {
		log  []written
		want []known
	}{
		"nothing new":            {before, nil},
		"one more of equal ones": {append(slices.Clone(before), line(2, "c")), []known{fresh}},
		"rotated, last is there": {[]written{line(2, "c"), line(3, "d")}, []known{fresh}},
		"rotated within equals":  {[]written{line(1, "b"), line(2, "c"), line(3, "d")}, []known{fresh}},
		"rotated away":           {[]written{line(3, "d")}, []known{lost}},
		"same text, later":       {[]written{line(3, "c")}, []known{lost}},
		"nothing at all":         {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPosition()
			p.read(before)
			_, is := p.read(test.log)
			if diff := cmp.Diff(test.want, is); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
