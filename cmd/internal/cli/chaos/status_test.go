package chaos

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/golden"
)

var noon = time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC)

// busy is a status with something of everything.
func busy() status {
	at := func(h int) time.Time { return noon.Add(time.Duration(h-12) * time.Hour) }
	start := func(id string, h int) events.PlanStart {
		return events.PlanStart{ID: id, Schedule: "weekly", At: at(h), Fault: "pod-kill", Group: "shop", Member: "staging/api"}
	}
	done := start("weekly-1", 10)
	done.State, done.Verdicts = events.StartAsked, map[string]string{"weekly-1": "passed"}
	return status{
		Stop: events.StopState{Engaged: true, Reason: "release", By: "ann", Since: at(11), Open: []string{"fault-1"}},
		Arms: []events.Arm{{Environment: "live", Until: at(14), Reason: "game day"}},
		Open: []events.LedgerEntry{{Fault: "fault-1", Kind: "node-drain", Namespace: "staging", State: "injected", VictimCount: 1, Opened: at(11)}},
		Plans: []events.SchedulePlan{
			{Schedule: "weekly", TimeZone: "UTC", Days: []events.PlanDay{
				{Date: "2027-06-01", Open: []events.PlanSpan{{From: at(9), To: at(17)}}, Starts: []events.PlanStart{done, start("weekly-2", 15)}},
				{Date: "2027-06-02", Open: []events.PlanSpan{{From: at(33), To: at(41)}}, Starts: []events.PlanStart{start("weekly-3", 34)}},
			}},
			{Schedule: "dark", TimeZone: "UTC", Problem: "calendar holidays.ics cannot be read"},
		},
	}
}

func TestStatusIsGolden(t *testing.T) {
	var out bytes.Buffer
	statusView(busy(), noon).Draw(&out)
	golden.Equal(t, "status.golden", out.Bytes())
}

// TestStatusWithoutPlans: what is not known does not read as nothing.
func TestStatusWithoutPlans(t *testing.T) {
	s := busy()
	s.Plans, s.Problems = nil, []string{"the plans of schedules are not known: no service answers"}
	var out bytes.Buffer
	view := statusView(s, noon)
	view.Draw(&out)
	if strings.Contains(out.String(), "no schedules") || view.Problem != s.Problems[0] {
		t.Errorf("problem %q of\n%s", view.Problem, &out)
	}
}
