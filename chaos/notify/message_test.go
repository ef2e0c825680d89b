package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/golden"
)

var ten = time.Date(2027, 6, 1, 10, 0, 0, 0, time.UTC)

// messages are those of one event of each kind, with text of others in it.
func messages() []Message {
	m := events.Meta{ID: "e-1", Time: ten}
	starts := []events.PlanStart{
		{ID: "weekly-1", At: ten.Add(time.Hour), Fault: "pod-kill", Member: "staging/api"},
		{ID: "weekly-2", At: ten.Add(2 * time.Hour), Experiments: []string{"kill-one", "kill-two"}},
	}
	plan := func(starts ...events.PlanStart) events.PlanMade {
		return events.PlanMade{SchedulePlan: events.SchedulePlan{Schedule: "weekly", Days: []events.PlanDay{{Date: "2027-06-01", Starts: starts}}}}
	}
	run := func(verdict string) events.RunFinished {
		return events.RunFinished{RunSummary: events.RunSummary{
			Run: "run-1", Experiment: "kill-one", Environment: "staging", Verdict: verdict, Reason: "out for <4 s & more>", Advice: "run two replicas",
		}}
	}
	all := [][]Message{
		ofPlan(m, plan(starts...)), ofPlan(m, plan()), ofPlanFailed(m, events.PlanFailed{Schedule: "weekly", Date: "2027-06-01", Reason: "no calendar"}),
		ofRun(m, run("failed")), ofRun(m, run("passed")),
		ofInjected(m, events.FaultInjected{Fault: "f-1", Run: "run-1", Kind: "node-drain", At: ten.Add(time.Second), Victims: []events.Victim{{Kind: "node", Name: "n1"}}}),
		ofReverted(m, events.FaultReverted{Fault: "f-1", Run: "run-1", Recovered: true, At: ten.Add(time.Minute)}),
		ofReverted(m, events.FaultReverted{Fault: "f-1", Run: "run-1", Reason: "the server was shut down"}),
		ofReverted(m, events.FaultReverted{Fault: "f-1", Run: "run-1", Recovered: true, Residue: []string{"node n1 is cordoned"}}),
		ofStop(m, events.StopEngaged{Reason: "release", By: "ann"}), ofResume(m, events.StopReleased{}),
	}
	var flat []Message
	for _, some := range all {
		flat = append(flat, some...)
	}
	return flat
}

func TestBodiesAreGolden(t *testing.T) {
	for _, format := range []string{FormatSlack, FormatJSON, FormatGrafana} {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			for _, m := range messages() {
				raw, err := body(Spec{Format: format, Reports: "https://shakedown.example/"}, m)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&out, "%s %s\n", m.What, raw)
			}
			golden.Equal(t, format+".golden", out.Bytes())
		})
	}
}

func TestTemplate(t *testing.T) {
	s := Spec{Format: FormatSlack, Template: `{{.what}} of {{.run}}: {{.text}}`}
	raw, err := body(s, Message{What: "run-failed", Run: "r", Text: "x"})
	if err != nil || string(raw) != `{"text":"run-failed of r: x"}` {
		t.Errorf("%s, %v", raw, err)
	}
}

// TestLongTextIsCut, since a chat would refuse it.
func TestLongTextIsCut(t *testing.T) {
	raw, err := body(Spec{Format: FormatSlack}, Message{Title: "t", Text: strings.Repeat("ä", 2*maxText)})
	var got struct{ Text string }
	if err != nil || json.Unmarshal(raw, &got) != nil || len([]rune(got.Text)) != maxText+len(" ...") {
		t.Errorf("%d characters, %v", len([]rune(got.Text)), err)
	}
}

func TestManyVictimsAreCounted(t *testing.T) {
	told := ofInjected(events.Meta{}, events.FaultInjected{Kind: "pod-kill", Victims: make([]events.Victim, 100)})
	if !strings.HasSuffix(told[0].Text, "and 80 more") || !strings.HasSuffix(told[0].Title, "100 victims") {
		t.Errorf("%+v", told[0])
	}
}
