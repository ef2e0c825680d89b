package record

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// measured is what Measure finds of one probe and of the run.
type measured struct {
	// Outages are as "started to ended: out, back, bad samples, worst value".
	Outages, Unread, Out      string
	Floor                     string
	Detection, Restored, Both string
}

func measure(r Record) measured {
	r.Measure()
	p, s := r.Probes[0], r.Summary
	var outages []string
	for _, o := range p.Outages {
		ended := "?"
		if !o.Ended.IsZero() {
			ended = fmt.Sprintf("%g", seconds(o.Ended))
		}
		outages = append(outages, fmt.Sprintf("%g to %s: %s, %s, %d, %g", seconds(o.Started), ended, text(o.Out), text(o.Back), o.Samples, *o.Worst))
	}
	return measured{
		Outages: strings.Join(outages, "; "), Unread: stretches(p.Unread), Out: text(p.Out), Floor: p.Floor.Std().String(),
		Detection: text(s.DetectionBounds), Restored: text(s.RestoredBounds), Both: text(s.OutageBounds),
	}
}

// TestMeasure: the fault is sent at 2.5 s. What was surely out is the least, what may have
// been out the most, and what nobody read may have been anything.
func TestMeasure(t *testing.T) {
	for _, tc := range []struct {
		name, must, shown string
		want              measured
	}{
		{"it holds", spec.MustHold, "ggggggggggg", measured{
			Out: "0s to 1s", Floor: "1s", Detection: "none", Restored: "none", Both: "0s to 1s",
		}},
		{"it breaks and comes back", spec.MustHold, "gggbBbggggg", measured{
			Outages: "3 to 6: 2s to 3.5s, 2.5s to 3.5s, 3, 0.25", Out: "2s to 3.5s", Floor: "1s",
			Detection: "0s to 500ms", Restored: "2.5s to 3.5s", Both: "2s to 3.5s",
		}},
		{"one bad sample proves no time", spec.MustHold, "ggggbgggggg", measured{
			Outages: "4 to 5: 0s to 2s, 1.5s to 2.5s, 1, 0.5", Out: "0s to 2s", Floor: "1s",
			Detection: "500ms to 1.5s", Restored: "1.5s to 2.5s", Both: "0s to 2s",
		}},
		{"it breaks twice", spec.MustHold, "gggbbgbbggg", measured{
			Outages: "3 to 5: 1s to 2.5s, 1.5s to 2.5s, 2, 0.5; 6 to 8: 1s to 3s, 4.5s to 5.5s, 2, 0.5", Out: "2s to 5.5s", Floor: "1s",
			Detection: "0s to 500ms", Restored: "4.5s to 5.5s", Both: "2s to 5.5s",
		}},
		{"it does not come back", spec.MustHold, "gggbbbbbbbb", measured{
			Outages: "3 to ?: 7s to ?, 7.5s to ?, 8, 0.5", Out: "7s to ?", Floor: "1s",
			Detection: "0s to 500ms", Restored: "7.5s to ?", Both: "7s to ?",
		}},
		{"what was bad before is no outage", spec.MustHold, "bbbgggggggg", measured{
			Out: "0s to 1s", Floor: "1s", Detection: "none", Restored: "none", Both: "0s to 1s",
		}},
		{"samples are missing", spec.MustHold, "ggg....gggg", measured{
			Unread: "2.5 to 7", Out: "0s to 4.5s", Floor: "1s", Detection: "none", Restored: "none", Both: "0s to 4.5s",
		}},
		{"samples are missing while it is out", spec.MustHold, "gggb...bbgg", measured{
			Outages: "3 to 9: 1s to 6.5s, 5.5s to 6.5s, 3, 0.5", Unread: "3 to 7", Out: "1s to 6.5s", Floor: "1s",
			Detection: "0s to 500ms", Restored: "5.5s to 6.5s", Both: "1s to 6.5s",
		}},
		{"one beat was missed", spec.MustHold, "gggg.gggggg", measured{
			Out: "0s to 2s", Floor: "2s", Detection: "none", Restored: "none", Both: "0s to 2s",
		}},
		{"a probe that must hold gives no value", spec.MustHold, "gggg?gggggg", measured{
			Unread: "3 to 5 timeout", Out: "0s to 2s", Floor: "1s", Detection: "none", Restored: "none", Both: "0s to 2s",
		}},
		{"a probe that may break gives no value", spec.MustRecover, "gggg?gggggg", measured{
			Out: "0s to 2s", Floor: "2s", Detection: "none", Restored: "none", Both: "0s to 2s",
		}},
		{"no value until the end", spec.MustHold, "ggggggg????", measured{
			Unread: "6 to 10 timeout", Out: "0s to ?", Floor: "1s", Detection: "none", Restored: "none", Both: "0s to ?",
		}},
		{"no sample until the end", spec.MustHold, "ggggg......", measured{
			Unread: "4 to 10", Out: "0s to ?", Floor: "1s", Detection: "none", Restored: "none", Both: "0s to ?",
		}},
		{"the first sample is late", spec.MustHold, ".......gggg", measured{
			Unread: "2.5 to 7", Out: "0s to 4.5s", Floor: "1s", Detection: "none", Restored: "none", Both: "0s to 4.5s",
		}},
		{"nothing was read after the fault", spec.MustHold, "ggg........", measured{
			Unread: "2.5 to 10", Out: "none", Floor: "1s", Detection: "none", Restored: "none", Both: "none",
		}},
		{"no value in the last seconds", spec.MustHold, "ggggggggg??", measured{
			Unread: "8 to 10 timeout", Out: "0s to ?", Floor: "2s", Detection: "none", Restored: "none", Both: "0s to ?",
		}},
		{"no value in the last seconds of a probe that may break", spec.MustRecover, "ggggggggg??", measured{
			Out: "0s to 2s", Floor: "2s", Detection: "none", Restored: "none", Both: "0s to 2s",
		}},
		{"nothing was read at all", spec.MustHold, "???????????", measured{
			Unread: "2.5 to 10 timeout", Out: "none", Floor: "1s", Detection: "none", Restored: "none", Both: "none",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, measure(killed(probe(tc.must, tc.shown)))); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestMeasureAgain changes nothing.
func TestMeasureAgain(t *testing.T) {
	r := killed(probe(spec.MustHold, "gggbbbggggg"), probe(spec.MustRecover, "ggg?bbbgggg"))
	r.Measure()
	once := fmt.Sprintf("%+v", r)
	if r.Measure(); fmt.Sprintf("%+v", r) != once {
		t.Errorf("measured twice it is\n%+v\nand once\n%s", r, once)
	}
}

// TestSummary has what is not one probe's.
func TestSummary(t *testing.T) {
	for _, tc := range []struct {
		name   string
		alter  func(*Record)
		want   Summary
		outage string
	}{
		{
			"healed", func(*Record) {},
			Summary{RecoveryBounds: between(3500, 3600), Samples: 22, Problems: 1, Victims: 1},
			"2s to 3.5s",
		},
		{
			"healed, some time in a gap", func(r *Record) { r.Recovery[2].Resolution = events.Duration(time.Second) },
			Summary{RecoveryBounds: between(2500, 3600), Samples: 22, Problems: 1, Victims: 1},
			"2s to 3.5s",
		},
		{
			"not healed", func(r *Record) { r.Recovery = r.Recovery[:2] },
			Summary{Samples: 22, Problems: 1, Victims: 1},
			"2s to 3.5s",
		},
		{
			"another victim not healed", func(r *Record) { r.Steps[0].Victims = append(r.Steps[0].Victims, events.Victim{UID: "old"}) },
			Summary{Samples: 22, Problems: 1, Victims: 2},
			"2s to 3.5s",
		},
		{
			"nothing was injected", func(r *Record) { r.Recovery, r.Steps[0].Injected = nil, time.Time{} },
			Summary{Samples: 22, Problems: 1, Victims: 1},
			"none",
		},
		{
			"what must hold, too, was not read while the other was whole", func(r *Record) { r.Probes[1] = probe(spec.MustHold, "ggggggg..gg") },
			Summary{RecoveryBounds: between(3500, 3600), Samples: 20, Victims: 1},
			"2s to 6.5s",
		},
		{
			"what must hold was not read", func(r *Record) { r.Probes[0].Samples = r.Probes[0].Samples[:3] },
			Summary{RecoveryBounds: between(3500, 3600), Samples: 14, Problems: 1, Victims: 1},
			"1s to 2.5s",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := killed(probe(spec.MustHold, "gggbbbggggg"), probe(spec.MustRecover, "g?gbbgggggg"))
			tc.alter(&r)
			r.Measure()
			if got := text(r.Summary.OutageBounds); got != tc.outage {
				t.Errorf("out for %s, want %s", got, tc.outage)
			}
			got := Summary{RecoveryBounds: r.Summary.RecoveryBounds, Samples: r.Summary.Samples, Problems: r.Summary.Problems, Victims: r.Summary.Victims}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
			if worst := r.Summary.Recovery; (worst == nil) != (tc.want.RecoveryBounds == nil) || worst != nil && *worst != *tc.want.RecoveryBounds.Most {
				t.Errorf("recovered after %v, want the worst case of %s", worst, text(tc.want.RecoveryBounds))
			}
		})
	}
}

// TestDetection is by the probe that breaks first, after the injection that was asked for at
// 2.4 s and accepted at 2.6 s when chaos does not say when it was sent.
func TestDetection(t *testing.T) {
	late, early := probe(spec.MustHold, "gggggbbbggg"), probe(spec.MustRecover, "gggbbbggggg")
	for _, tc := range []struct {
		name   string
		probes []ProbeSeries
		alter  func(*Record)
		want   string
	}{
		{"the first", []ProbeSeries{early, late}, func(*Record) {}, "0s to 500ms"},
		{"the second", []ProbeSeries{late, early}, func(*Record) {}, "0s to 500ms"},
		{"not said when it was sent", []ProbeSeries{late}, func(r *Record) { r.Recovery[0].Sent = time.Time{} }, "1.4s to 2.6s"},
	} {
		r := killed(tc.probes...)
		tc.alter(&r)
		r.Measure()
		if got := text(r.Summary.DetectionBounds); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	r := killed(late)
	r.Recovery[0].Sent = time.Time{}
	r.Measure()
	if got, want := text(r.Summary.RestoredBounds), "4.4s to 5.6s"; got != want {
		t.Errorf("restored after %s, want %s", got, want)
	}
}

// TestLimit: what counts as read depends on the pace of the data, and on their window.
func TestLimit(t *testing.T) {
	const second = events.Duration(time.Second)
	for _, tc := range []struct {
		name                  string
		pace, interval, reach events.Duration
		want                  time.Duration
	}{
		{"a fast probe", second / 10, second / 10, 0, 2 * time.Second},
		{"a quarter for jitter", 15 * second, second, 0, 20 * time.Second},
		{"windows that touch", 15 * second, second, 60 * second, time.Minute},
	} {
		if got := (ProbeSeries{Pace: tc.pace, Reach: tc.reach}).limit(tc.interval); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// between is a length in milliseconds.
func between(least, most int) *events.Bounds {
	return bounds(time.Duration(least)*time.Millisecond, new(time.Duration(most)*time.Millisecond))
}

func TestTimeline(t *testing.T) {
	r := killed(probe(spec.MustHold, "gggbbbggggg"))
	r.Measure()
	var got []string
	for _, m := range r.Recovery {
		got = append(got, fmt.Sprintf("%s %s %s", m.Mark, m.Source, m.After.Std()))
	}
	want := []string{
		"sent watch 0s", "gone watch 100ms", MarkFirstBad + " probe 400ms",
		"back watch 3.4s", MarkSLIBack + " probe 3.4s",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestBounds(t *testing.T) {
	second, unknown := time.Second, (*time.Duration)(nil)
	for _, tc := range []struct{ name, got, want string }{
		{"no negative length", text(bounds(-second, new(2*second))), "0s to 2s"},
		{"the most is no less than the least", text(bounds(2*second, &second)), "2s to 2s"},
		{"without an end", text(bounds(second, unknown)), "1s to ?"},
		{"the longest by both", text(longest(between(1000, 4000), between(2000, 3000))), "2s to 4s"},
		{"the longest without an end", text(longest(bounds(second, unknown), between(2000, 3000))), "2s to ?"},
		{"the longest of what is not known", text(longest(nil, between(2000, 3000))), "none"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, tc.got, tc.want)
		}
	}
}

func TestUnion(t *testing.T) {
	span := func(from, to float64) Stretch { return Stretch{From: at(from), To: at(to)} }
	for _, tc := range []struct {
		name string
		all  []Stretch
		want time.Duration
	}{
		{"nothing", nil, 0},
		{"two apart, out of order", []Stretch{span(5, 6), span(1, 3)}, 3 * time.Second},
		{"two that overlap", []Stretch{span(1, 3), span(2, 5)}, 4 * time.Second},
		{"one within another", []Stretch{span(1, 9), span(2, 5), span(8, 9)}, 8 * time.Second},
		{"one that ends before it begins", []Stretch{span(3, 1)}, 0},
	} {
		if got := union(tc.all); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}
