package plan_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall/walltest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

// monkey is a valid document, changed.
func monkey(change func(*spec.Spec)) spec.Document {
	d := spec.Document{Header: events.NewHeader(spec.Kind, "shop"), Spec: spec.Spec{
		TimeZone: "Europe/Berlin", Environments: spec.Environments{Project: "shop"},
		Monkey: &spec.Monkey{
			Mean: 5, Gap: 1, Hours: "09:00-16:00", Grouping: spec.GroupEnvironment,
			OptIn: spec.OptIn{Labels: map[string]string{"monkey": "on"}}, Faults: []spec.Fault{{Fault: "pod-kill"}},
		},
	}}
	if change != nil {
		change(&d.Spec)
	}
	return d
}

func planner(t testing.TB, d spec.Document, closed ...plan.Closure) *plan.Planner {
	t.Helper()
	if problems := d.Validate(spec.Checks{}); len(problems) > 0 {
		t.Fatal(problems)
	}
	p, err := plan.New(d, closed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// groups are so many with so many members each.
func groups(n, members int) []plan.Group {
	list := make([]plan.Group, n)
	for i := range list {
		list[i].Name = fmt.Sprint("group-", i)
		for j := range members {
			list[i].Members = append(list[i].Members, fmt.Sprintf("%s/%d", list[i].Name, j))
		}
	}
	return list
}

// TestMean: the mean number of working days from one hit to the next is the one that was
// asked for, whatever the gap and the grouping, and never less than the gap.
func TestMean(t *testing.T) {
	t.Parallel()
	type chance struct {
		mean float64
		gap  int
	}
	for i, grouping := range spec.Groupings() {
		cases := []chance{{5, 1}, {5, 3}, {20, 10}}
		if i == 0 { // what follows has nothing to do with the grouping
			cases = append(cases, chance{1, 1}, chance{5, 5}, chance{3.5, 3})
		}
		for _, tc := range cases {
			t.Run(fmt.Sprintf("%s, mean %v, gap %d", grouping, tc.mean, tc.gap), func(t *testing.T) {
				t.Parallel()
				p := planner(t, monkey(func(s *spec.Spec) {
					s.Monkey.Mean, s.Monkey.Gap, s.Monkey.Grouping = tc.mean, tc.gap, grouping
					s.Monkey.Weekdays = []string{"Mon-Sun"}
				}))
				const simulated = 10_000
				first := walltest.Date(t, "2027-01-01")
				waits, hits := 0, 0
				last := map[string]wall.Date{}
				for _, d := range p.Days(first, first+simulated-1, groups(10, 3)) {
					for _, s := range d.Starts {
						if before, ok := last[s.Group]; ok {
							wait := int(d.Date - before)
							if wait < tc.gap {
								t.Fatalf("%s is hit on %s and on %s, with a gap of %d", s.Group, before, d.Date, tc.gap)
							}
							waits, hits = waits+wait, hits+1
						}
						last[s.Group] = d.Date
					}
				}
				if mean := float64(waits) / float64(hits); math.Abs(mean-tc.mean) > 0.02*tc.mean {
					t.Errorf("the mean is %.3f, want %v", mean, tc.mean)
				}
			})
		}
	}
}

// TestFair: each member of a group is as likely as the others, and so is each time of the
// hours; faults come by their weight.
func TestFair(t *testing.T) {
	t.Parallel()
	p := planner(t, monkey(func(s *spec.Spec) {
		s.Monkey.Mean, s.Monkey.Weekdays = 1, []string{"Mon-Sun"}
		s.Monkey.Faults = []spec.Fault{{Fault: "pod-kill", Weight: 3}, {Fault: "pod-evict"}}
	}))
	const members, groupsOf = 7, 20
	count := map[string]int{}
	all := 0
	for _, d := range p.Days(walltest.Date(t, "2027-01-01"), walltest.Date(t, "2029-12-31"), groups(groupsOf, members)) {
		for _, s := range d.Starts {
			all++
			_, member, _ := strings.Cut(s.Member, "/")
			count["member "+member]++
			count["hour "+s.At.Format("15")]++
			count[s.Fault.Fault]++
		}
	}
	want := map[string]float64{"pod-kill": 0.75, "pod-evict": 0.25}
	for i := range members {
		want[fmt.Sprint("member ", i)] = 1. / members
	}
	for hour := 9; hour < 16; hour++ {
		want[fmt.Sprintf("hour %02d", hour)] = 1. / 7
	}
	if len(count) != len(want) {
		t.Errorf("counted %v, want the names of %v", count, want)
	}
	for name, share := range want {
		if got := float64(count[name]) / float64(all); math.Abs(got-share) > 0.05*share {
			t.Errorf("%s has a share of %.4f, want %.4f", name, got, share)
		}
	}
}

// TestPlansAgree: whatever days are asked for, a day has the same plan, also beyond an
// anchor.
func TestPlansAgree(t *testing.T) {
	t.Parallel()
	for _, mean := range []float64{3, 4, 9} {
		p := planner(t, monkey(func(s *spec.Spec) { s.Monkey.Mean, s.Monkey.Gap = mean, 3 }))
		first := wall.Date(4096*6 - 60) // in 2037, before an anchor
		whole := p.Days(first, first+120, groups(5, 4))
		for i := 0; i < len(whole); i += 7 {
			if diff := cmp.Diff(whole[i:], p.Days(first+wall.Date(i), first+120, groups(5, 4))); diff != "" {
				t.Fatalf("mean %v, from day %d (-want +got):\n%s", mean, i, diff)
			}
		}
		hit := map[string]bool{}
		for _, d := range whole {
			for _, s := range d.Starts {
				hit[s.Group+d.Date.String()] = true
			}
			for _, g := range groups(5, 4)[:1+4*int(d.Date%2)] {
				if d.Date%8 > 1 {
					break
				}
				if why := p.Reason(g.Name, d.Date); (why == "") != hit[g.Name+d.Date.String()] {
					t.Errorf("%s on %s: hit %t, and the reason is %q", g.Name, d.Date, hit[g.Name+d.Date.String()], why)
				}
			}
		}
	}
}

// TestPlanIsGolden pins the draws: others compute them again, as in
//
//	printf '40b8da53961adede\nstaging\n2027-03-26' | sha256sum
func TestPlanIsGolden(t *testing.T) {
	t.Parallel()
	p := planner(t, monkey(nil))
	got := p.Days(walltest.Date(t, "2027-03-22"), walltest.Date(t, "2027-04-04"), []plan.Group{{Name: "staging", Members: []string{"staging/api", "staging/cart"}}})
	var lines []string
	for _, d := range got {
		for _, s := range d.Starts {
			lines = append(lines, fmt.Sprint(s.ID, " ", s.At.Format(time.RFC3339), " ", s.Member, " ", s.Fault.Fault, " ", s.Seed))
		}
	}
	want := []string{
		"shop-f0ca6b0d31 2027-03-26T11:03:06+01:00 staging/cart pod-kill 22109583b4aa25a291f3ef9bbd1102674b08e7ce0ba760b6d2e4948050693b82",
		"shop-7b416e711a 2027-04-01T14:44:22+02:00 staging/cart pod-kill 0984ff262d9d86b3ed9c2134b71b6910d1e8a584d9f61686c7d10622afd3a540",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

// TestHolidaysDoNotCount: a holiday is no working day, so that the mean and the gap pass
// over it.
func TestHolidaysDoNotCount(t *testing.T) {
	t.Parallel()
	every := func(s *spec.Spec) { s.Monkey.Mean, s.Monkey.Gap = 2, 2 } // every second working day
	p := planner(t, monkey(func(s *spec.Spec) {
		every(s)
		s.Holidays.Dates = []spec.Days{"2027-06-09", "2027-06-10..2027-06-11"}
	}))
	var days []string
	for _, d := range p.Days(walltest.Date(t, "2027-06-01"), walltest.Date(t, "2027-06-18"), groups(1, 1)) {
		if len(d.Starts) > 0 {
			days = append(days, d.Date.String())
		}
	}
	apart := func(a, b string) (n int) {
		for _, d := range p.Days(walltest.Date(t, a), walltest.Date(t, b)-1, nil) {
			if len(d.Open) > 0 {
				n++
			}
		}
		return n
	}
	if len(days) < 4 {
		t.Fatalf("hit on %v", days)
	}
	for i := 1; i < len(days); i++ {
		if n := apart(days[i-1], days[i]); n != 2 {
			t.Errorf("%d working days from %s to %s, want 2", n, days[i-1], days[i])
		}
	}
}

func TestClosures(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	p := planner(t, monkey(nil),
		plan.Closure{Span: wall.Span{From: at("2027-06-01T10:00:00+02:00"), To: at("2027-06-01T12:00:00+02:00")}, Why: "release"},
		plan.Closure{Span: wall.Span{From: at("2027-06-02T08:00:00+02:00"), To: at("2027-06-02T16:00:00+02:00")}, Why: "audit"},
		plan.Closure{Span: wall.Span{From: at("2027-06-02T22:00:00+02:00"), To: at("2027-06-04T00:00:00+02:00")}, Why: "move"},
	)
	var got []string
	for _, d := range p.Days(walltest.Date(t, "2027-06-01"), walltest.Date(t, "2027-06-04"), nil) {
		text := d.Date.String() + " " + d.Why
		for _, o := range d.Open {
			text += " " + o.From.Format("15:04") + "-" + o.To.Format("15:04")
		}
		got = append(got, text)
	}
	want := []string{"2027-06-01  09:00-10:00 12:00-16:00", "2027-06-02 audit takes all of the hours", "2027-06-03 move", "2027-06-04  09:00-16:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

func TestCron(t *testing.T) {
	t.Parallel()
	d := monkey(func(s *spec.Spec) {
		s.Monkey, s.Cron, s.Experiments = nil, "30 2 * * *", []string{"kill-one"}
		s.Freezes.Dates = []spec.Days{"2027-03-29"}
	})
	var got []string
	for _, day := range planner(t, d).Days(walltest.Date(t, "2027-03-27"), walltest.Date(t, "2027-03-30"), nil) {
		text := day.Date.String() + " " + day.Why
		for _, s := range day.Starts {
			text += " " + s.At.Format(time.RFC3339) + " " + s.Note
		}
		got = append(got, text)
	}
	want := []string{
		"2027-03-27  2027-03-27T02:30:00+01:00 ", "2027-03-28  2027-03-28T03:00:00+02:00 moved: the clock goes forward over 02:30",
		"2027-03-29 freeze 2027-03-29", "2027-03-30  2027-03-30T02:30:00+02:00 ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

// TestIDs: the id of a start depends on the schedule's name, the group and the day, not on
// the rest of the document, so that a change in the middle of a day brings no second hit.
func TestIDs(t *testing.T) {
	t.Parallel()
	ids := func(change func(*spec.Spec)) map[string]string {
		byDay := map[string]string{}
		for _, d := range planner(t, monkey(change)).Days(walltest.Date(t, "2027-01-01"), walltest.Date(t, "2027-03-31"), groups(3, 2)) {
			for _, s := range d.Starts {
				byDay[s.Group+" "+d.Date.String()] = s.ID
			}
		}
		return byDay
	}
	one, two := ids(func(s *spec.Spec) { s.Monkey.Mean = 1 }), ids(func(s *spec.Spec) { s.Monkey.Mean, s.Monkey.Hours = 1, "10:00-11:00" })
	if diff := cmp.Diff(one, two); diff != "" || len(one) < 150 {
		t.Errorf("%d ids (-one +two):\n%s", len(one), diff)
	}
	seen := map[string]bool{}
	for _, id := range one {
		if seen[id] || !events.IsDNSLabel(id) {
			t.Errorf("the id %s comes twice, or is no name", id)
		}
		seen[id] = true
	}
}

func TestNever(t *testing.T) {
	t.Parallel()
	closed := plan.Closure{Span: wall.Span{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}, Why: "for ever"}
	if err := planner(t, monkey(nil), closed).Never(walltest.Date(t, "2027-01-01")); err == nil || !strings.Contains(err.Error(), "for ever") {
		t.Errorf("a schedule that is always closed: %v", err)
	}
	if err := planner(t, monkey(nil)).Never(walltest.Date(t, "2027-01-01")); err != nil {
		t.Error(err)
	}
}

// BenchmarkYear plans a year for 1,000 groups, with a gap for which days before are drawn.
func BenchmarkYear(b *testing.B) {
	for _, mean := range []float64{5, 20} {
		b.Run(fmt.Sprint("mean ", mean), func(b *testing.B) {
			p := planner(b, monkey(func(s *spec.Spec) { s.Monkey.Mean, s.Monkey.Gap = mean, 5 }))
			first, all := walltest.Date(b, "2027-01-01"), groups(1000, 3)
			var longest time.Duration
			for b.Loop() {
				since := time.Now()
				p.Days(first, first+364, all)
				longest = max(longest, time.Since(since))
			}
			timebound.Check(b, "the plan of a year for 1,000 groups", longest, time.Second)
		})
	}
}
