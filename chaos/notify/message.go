package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Message is what people are told.
type Message struct {
	// What is one of the values that a Notifier lists in on.
	What  string    `json:"what"`
	Title string    `json:"title"`
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
	// The fields below are what it is about, as far as there is one.
	Schedule    string `json:"schedule"`
	Environment string `json:"environment"`
	Run         string `json:"run"`
	Fault       string `json:"fault"`
	// Link leads to the report.
	Link string `json:"link"`
}

// maxStarts bounds the starts that a message names.
const maxStarts = 20

func ofPlan(m events.Meta, e events.PlanMade) []Message {
	if len(e.Days) == 0 || len(e.Days[0].Starts) == 0 {
		return nil // nobody needs to be told of nothing
	}
	day := e.Days[0]
	lines := make([]string, 0, len(day.Starts)+1)
	for i, s := range day.Starts {
		if i == maxStarts {
			lines = append(lines, fmt.Sprintf("and %d more", len(day.Starts)-i))
			break
		}
		what := s.Fault
		if what == "" {
			what = strings.Join(s.Experiments, ", ")
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", s.At.Format("15:04 MST"), what, s.Member))+" ["+s.ID+"]")
	}
	lines = append(lines, "take one out: shakedown chaos veto ID --reason TEXT")
	return []Message{{
		What: OnPlan, At: m.Time, Schedule: e.Schedule, Text: strings.Join(lines, "\n"),
		Title: fmt.Sprintf("Schedule %s starts %s on %s", e.Schedule, counted(len(day.Starts), "run"), day.Date),
	}}
}

func ofPlanFailed(m events.Meta, e events.PlanFailed) []Message {
	return []Message{{
		What: OnPlanFailed, At: m.Time, Schedule: e.Schedule, Text: e.Reason,
		Title: fmt.Sprintf("Schedule %s starts nothing on %s: its plan cannot be made", e.Schedule, e.Date),
	}}
}

func ofRun(m events.Meta, e events.RunFinished) []Message {
	text := e.Reason
	if e.Advice != "" {
		text += "\nadvice: " + e.Advice
	}
	return []Message{{
		What: OnRun + e.Verdict, At: m.Time, Environment: e.Environment, Run: e.Run, Text: text,
		Title: fmt.Sprintf("%s: %s in %s", e.Experiment, e.Verdict, orElse(e.Environment, e.Namespace)),
	}}
}

func ofInjected(m events.Meta, e events.FaultInjected) []Message {
	names := make([]string, 0, len(e.Victims))
	for i, v := range e.Victims {
		if i == maxStarts {
			names = append(names, fmt.Sprintf("and %d more", len(e.Victims)-i))
			break
		}
		names = append(names, strings.TrimPrefix(v.Namespace+"/"+v.Name, "/"))
	}
	return []Message{{
		What: OnInjected, At: orNow(e.At, m), Run: e.Run, Fault: e.Fault, Text: strings.Join(names, ", "),
		Title: fmt.Sprintf("Fault %s is in effect on %s", e.Kind, counted(len(e.Victims), "victim")),
	}}
}

func ofReverted(m events.Meta, e events.FaultReverted) []Message {
	told := Message{What: OnReverted, At: orNow(e.At, m), Run: e.Run, Fault: e.Fault, Title: "Fault " + e.Fault + " is over", Text: e.Reason}
	if len(e.Residue) > 0 {
		told.What, told.Title = OnNotRecovered, "Fault "+e.Fault+" is over and has left something behind"
		told.Text = strings.TrimSpace(e.Reason + "\nleft: " + strings.Join(e.Residue, "; "))
	} else if !e.Recovered {
		told.What, told.Title = OnNotRecovered, "Fault "+e.Fault+" is over, and nobody has seen its victims healed"
	}
	return []Message{told}
}

func ofStop(m events.Meta, e events.StopEngaged) []Message {
	return []Message{{
		What: OnStop, At: m.Time, Title: "Emergency stop by " + orElse(e.By, "somebody"),
		Text: e.Reason + "\nnothing starts until: shakedown chaos resume",
	}}
}

func ofResume(m events.Meta, e events.StopReleased) []Message {
	return []Message{{What: OnResume, At: m.Time, Title: "Emergency stop released by " + orElse(e.By, "somebody"), Text: "faults may be injected"}}
}

// linked has the address of the report, where the notifier says where reports are.
func (m Message) linked(reports string) Message {
	if reports != "" && m.Run != "" && strings.HasPrefix(m.What, OnRun) {
		m.Link = strings.TrimRight(reports, "/") + "/reports/" + m.Run
	}
	return m
}

func orNow(at time.Time, m events.Meta) time.Time {
	if at.IsZero() {
		return m.Time
	}
	return at
}

func orElse(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
