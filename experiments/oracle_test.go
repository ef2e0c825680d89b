package experiments

import (
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// The oracle knows what truly happened to the service. It has no idea of samples: it looks at
// the service every ten milliseconds, and says which verdicts would be a lie.

// truth is what happened from the kill to the judgement.
type truth struct {
	// longest is the longest time in a row in which the service was down, lateFor the longest
	// of those that were not over when the budget was.
	longest, lateFor time.Duration
	// ever says that it was down at all, ever after the budget that it was after that.
	ever, overdue bool
	// span is the time from when it first went down to when it last came up.
	span time.Duration
	// kill and end are the moments between which it was looked at.
	kill, end time.Duration
}

func (st *stage) truth() truth {
	const grain = 10 * time.Millisecond
	t := truth{kill: st.sent, end: st.sim.now}
	var began, first time.Duration = -1, -1
	for now := st.sent; st.sent != never && now <= t.end+grain; now += grain {
		down := !st.up(now) && now <= t.end
		switch {
		case down && began < 0:
			began = now
		case !down && began >= 0:
			t.longest = max(t.longest, now-began)
			if now > st.sent+st.budget {
				t.lateFor = max(t.lateFor, now-began)
			}
			began = -1
		}
		if down && first < 0 {
			first = now
		}
		if down {
			t.span = now + grain - first
		}
		t.ever = t.ever || down
		t.overdue = t.overdue || down && now > st.sent+st.budget
	}
	return t
}

// lie says why the verdict is a lie, "" when it is none.
func (st *stage) lie() string {
	const blur = 20 * time.Millisecond
	t, rec := st.truth(), st.sim.st.rec
	p := rec.Probes[0]
	switch word := rec.Verdict.Word; {
	case word == record.Passed && st.sent == never:
		return "passed, and nothing was killed"
	case word == record.Passed && p.Floor <= 0:
		return "passed without a floor"
	case word == record.Passed && st.must == spec.MustHold && t.longest > p.Floor.Std()+blur:
		return fmt.Sprintf("passed, and the service was down for %s in a row; its floor is %s", t.longest, p.Floor)
	case word == record.Passed && st.must == spec.MustRecover && t.lateFor > p.Floor.Std()+blur:
		return fmt.Sprintf("passed, and the service was down for %s beyond the budget; its floor is %s", t.lateFor, p.Floor)
	case word == record.Failed && st.must == spec.MustHold && !t.ever:
		return "failed, and the service was never down after the kill"
	case word == record.Failed && st.must == spec.MustRecover && !t.overdue:
		return "failed, and the service was up after the budget"
	case p.Out != nil && word != record.NotRun:
		return st.untrue(p, t)
	}
	return ""
}

// untrue says why the printed length of the outage is not true, "" when it is.
func (st *stage) untrue(p record.ProbeSeries, t truth) string {
	const blur = 30 * time.Millisecond
	if p.Clock != nil && max(p.Clock.Most, -p.Clock.Least).Std() > st.interval {
		return "" // the verdict names the clock, and no figure counts
	}
	if p.Out.Least.Std() > t.span+blur {
		return fmt.Sprintf("out for %s is said of a service that was up again %s after it went down", p.Out, t.span)
	}
	if p.Out.Most != nil && t.longest > p.Out.Most.Std()+blur {
		return fmt.Sprintf("out for %s is said of a service that was down for %s in a row", p.Out, t.longest)
	}
	return ""
}
