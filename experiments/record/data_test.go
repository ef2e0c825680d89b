package record

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// TestScraped: samples of one raw sample are one datum, which is of the time of the raw
// sample and shows what was in its window before that.
func TestScraped(t *testing.T) {
	const second = events.Duration(time.Second)
	ahead := func(p *ProbeSeries) { p.Clock = Ahead(-500*time.Millisecond, 500*time.Millisecond) }
	for _, tc := range []struct {
		name, shown string
		ages        []float64
		alter       func(*ProbeSeries)
		pace, floor time.Duration
		out         string
	}{
		// Raw samples of 0, 3, 6 and 9 s; the fault is sent at 2.5 s.
		{
			"a raw sample each 3 s", "gggggggggg",
			[]float64{0, 1, 2, 0, 1, 2, 0, 1, 2, 0},
			func(*ProbeSeries) {}, 3 * time.Second, 3 * time.Second, "0s to 3s",
		},
		{
			"one of them bad", "gggbbbgggg",
			[]float64{0, 1, 2, 0, 1, 2, 0, 1, 2, 0},
			func(*ProbeSeries) {}, 3 * time.Second, 3 * time.Second, "0s to 3.5s",
		},
		{
			"two of them bad", "gggbbbbbbg",
			[]float64{0, 1, 2, 0, 1, 2, 0, 1, 2, 0},
			func(*ProbeSeries) {}, 3 * time.Second, 3 * time.Second, "3s to 6.5s",
		},
		{
			"with a window of 2 s", "gggbbbbbbg",
			[]float64{0, 1, 2, 0, 1, 2, 0, 1, 2, 0},
			func(p *ProbeSeries) { p.Reach = 2 * second }, 3 * time.Second, 5 * time.Second, "1s to 6.5s",
		},
		{
			"with a clock that may be half a second off", "gggbbbbbbg",
			[]float64{0, 1, 2, 0, 1, 2, 0, 1, 2, 0},
			ahead, 3 * time.Second, 4 * time.Second, "2s to 7s",
		},
		{
			"with a part that is a second older", "gggbbbbbbg",
			[]float64{0, 1, 2, 0, 1, 2, 0, 1, 2, 0},
			func(p *ProbeSeries) {
				for i := range p.Samples {
					p.Samples[i].Oldest = new(*p.Samples[i].Age + second)
				}
			}, 3 * time.Second, 4 * time.Second, "2s to 6.5s",
		},
		{
			"younger than the fault, and of before it", "gggbbbbbbg",
			[]float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
			func(p *ProbeSeries) { p.MaxAge = 10 * second }, 10 * time.Second, 10 * time.Second, "none",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := probe(spec.MustHold, tc.shown)
			p.Samples = scraped(p.Samples, tc.ages...)
			tc.alter(&p)
			r := killed(p)
			r.Measure()
			p = r.Probes[0]
			if p.Pace.Std() != tc.pace || p.Floor.Std() != tc.floor || text(p.Out) != tc.out {
				t.Errorf("pace %s, floor %s, out for %s", p.Pace.Std(), p.Floor.Std(), text(p.Out))
			}
		})
	}
}

// TestData: what came between two answers about one raw sample, or what they were compared
// with, makes them two.
func TestData(t *testing.T) {
	for _, tc := range []struct {
		name, shown string
		want        int
	}{
		{"one raw sample", "ggg", 1},
		{"no value in between", "g?g", 2},
		{"another condition", "ggb", 2},
	} {
		data, _ := ProbeSeries{Samples: scraped(samples(tc.shown), 0, 1, 2)}.data()
		if len(data) != tc.want || count(data) != 1 {
			t.Errorf("%s: %d data of %d raw samples, want %d of 1", tc.name, len(data), count(data), tc.want)
		}
	}
}

// TestUnreadUntilAsked: what has no value is unread at least until it was asked for.
func TestUnreadUntilAsked(t *testing.T) {
	p := probe(spec.MustHold, "ggggg?ggggg")
	p.Samples = scraped(p.Samples, 0, 0, 0, 0, 0, 0, 1.5, 0, 0, 0, 0)
	r := killed(p)
	r.Measure()
	if got, want := stretches(r.Probes[0].Unread), "4 to 5 timeout"; got != want {
		t.Errorf("unread %s, want %s", got, want)
	}
}

// TestResolution is as coarse as the widest gap, and the window.
func TestResolution(t *testing.T) {
	const second = events.Duration(time.Second)
	for _, tc := range []struct {
		shown string
		reach events.Duration
		want  events.Duration
	}{
		{"ggg", 0, second}, {"g..g", 0, 3 * second}, {"ggg", 10 * second, 11 * second},
	} {
		r := killed(probe(spec.MustHold, tc.shown))
		r.Probes[0].Reach = tc.reach
		r.Measure()
		if got := r.Probes[0].Resolution; got != tc.want {
			t.Errorf("%s with a window of %s: %s, want %s", tc.shown, tc.reach.Std(), got.Std(), tc.want.Std())
		}
	}
}

// TestStreaks has raw samples of 0, 3, 6 and 9 s, a second apart in the asking.
func TestStreaks(t *testing.T) {
	ages := []float64{0, 1, 2, 0, 1, 2, 0, 1, 2, 0}
	row := func(s Streak) string {
		broke := "never"
		if s.Broke != nil {
			broke = fmt.Sprintf("at %g", seconds(s.Broke.At))
		}
		return fmt.Sprintf("%d in %s, broken %s", s.Count, s.Span, broke)
	}
	for _, tc := range []struct {
		name, shown, want string
		ask               func(ProbeSeries) Streak
	}{
		{"all", "gggggggggg", "4 in 9s, broken never", func(p ProbeSeries) Streak { return p.GoodBy(time.Time{}) }},
		{"up to a time", "gggggggggg", "2 in 3s, broken never", func(p ProbeSeries) Streak { return p.GoodBy(at(5)) }},
		{"up to a time, bad later", "ggggggbbbb", "2 in 3s, broken never", func(p ProbeSeries) Streak { return p.GoodBy(at(5)) }},
		{"bad in between", "gggbbbgggg", "2 in 3s, broken at 5", func(p ProbeSeries) Streak { return p.GoodBy(time.Time{}) }},
		{"no value in between", "ggggg?gggg", "2 in 3s, broken at 5", func(p ProbeSeries) Streak { return p.GoodBy(time.Time{}) }},
		{"bad at the end", "gggggggggb", "0 in 0s, broken at 9", func(p ProbeSeries) Streak { return p.GoodBy(time.Time{}) }},
		{"since a time", "gggggggggg", "2 in 3s, broken at 5", func(p ProbeSeries) Streak { return p.GoodSince(at(4)) }},
		{"since a time, with a window", "gggggggggg", "1 in 0s, broken at 8", func(p ProbeSeries) Streak {
			p.Reach = events.Duration(4 * time.Second)
			return p.GoodSince(at(4))
		}},
	} {
		p := probe(spec.MustHold, tc.shown)
		p.Samples = scraped(p.Samples, ages...)
		if got := row(tc.ask(p)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestGoodByAsked: what was asked before a time and answered after it speaks of nothing when
// it is bad.
func TestGoodByAsked(t *testing.T) {
	p := probe(spec.MustHold, "gggb")
	p.Samples[3].Took = events.Duration(time.Second)
	if got := p.GoodBy(at(3.5)); got.Count != 3 || got.Broke != nil {
		t.Errorf("by 3.5 s: %+v", got)
	}
	if got := p.GoodBy(at(4)); got.Count != 0 || got.Broke == nil {
		t.Errorf("by 4 s: %+v", got)
	}
}

func TestFreshAndAfter(t *testing.T) {
	p := probe(spec.MustHold, "gggggggggg")
	p.Samples = scraped(p.Samples, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0)
	for _, tc := range []struct {
		name        string
		from, until time.Time
		want        int
	}{
		{"from the first on, which is not younger", at(0), time.Time{}, 3},
		{"between two", at(2), at(6), 2},
		{"none yet", at(9), time.Time{}, 0},
	} {
		if got := p.Fresh(tc.from, tc.until); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
	if after := p.After(at(5)); len(after) != 4 || !after[0].At.Equal(at(6)) {
		t.Errorf("after 5 s: %v", after)
	}
	p.Samples[9].Took = events.Duration(2 * time.Second)
	p.Samples[9].Age = nil
	if after := p.After(at(10)); len(after) != 1 {
		t.Errorf("after 10 s, while the answer was waited for: %v", after)
	}
	if len(p.Samples) != 10 {
		t.Error("the question has changed the samples")
	}
}

// TestPace is that of raw samples, or what is known of them while there are none.
func TestPace(t *testing.T) {
	const second = events.Duration(time.Second)
	once := scraped(samples("g"), 0)
	for _, tc := range []struct {
		name  string
		probe ProbeSeries
		want  events.Duration
	}{
		{"asked", ProbeSeries{Samples: samples("ggg")}, second},
		{"one raw sample", ProbeSeries{Samples: once, MaxAge: 30 * second}, 30 * second},
		{"one raw sample, and it is said how far they are apart", ProbeSeries{Samples: once, MaxAge: 30 * second, Scrape: 5 * second}, 5 * second},
		{"the median", ProbeSeries{Samples: scraped(samples("gg..g....g"), 0, 0, 0, 0)}, 3 * second},
		{"never below the interval", ProbeSeries{Samples: scraped(samples("gg"), 0, 0.5)}, second},
	} {
		if got := tc.probe.Step(second); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got.Std(), tc.want.Std())
		}
	}
}

// TestClock: what is known of another clock is as wide as all that was measured of it.
func TestClock(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for _, tc := range []struct {
		name           string
		seen           []*Clock
		differs, moved time.Duration
		want           *Clock
	}{
		{"not measured", []*Clock{nil, nil}, 0, 0, nil},
		{"once, around ours", []*Clock{nil, Ahead(ms(-5), ms(5)), nil}, 0, 0, Ahead(ms(-5), ms(5))},
		{"ahead", []*Clock{Ahead(ms(10), ms(30)), Ahead(ms(20), ms(40))}, ms(20), 0, &Clock{
			Least: events.Duration(ms(10)), Most: events.Duration(ms(40)), Early: events.Duration(ms(30)), Late: events.Duration(ms(20)),
		}},
		{"behind", []*Clock{Ahead(ms(-40), ms(-20))}, ms(20), 0, Ahead(ms(-40), ms(-20))},
		{"moved", []*Clock{Ahead(ms(-5), ms(5)), Ahead(ms(95), ms(105))}, ms(95), ms(90), &Clock{
			Least: events.Duration(ms(-5)), Most: events.Duration(ms(105)), Early: events.Duration(ms(5)), Late: events.Duration(ms(95)),
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var p ProbeSeries
			for _, c := range tc.seen {
				p.Add(Sample{Clock: c})
			}
			if d := cmp.Diff(tc.want, p.Clock); d != "" {
				t.Error(d)
			}
			if c := p.Clock; c != nil && (c.Differs() != tc.differs || c.Moved() != tc.moved) {
				t.Errorf("it differs by %s and has moved by %s", c.Differs(), c.Moved())
			}
		})
	}
}
