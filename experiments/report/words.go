package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// look is how a verdict is shown beside its word, which is always the record's own.
type look struct {
	// class names the colours, icon the drawing, meaning says it in plain language.
	class, icon, meaning string
	// mark is one character for text; emoji is for Markdown.
	mark, emoji string
	// ansi is the colour on a terminal.
	ansi string
}

// lookOf finds the look of a word. A word that is not known looks like no verdict.
func lookOf(word record.Word) look {
	switch word {
	case record.Passed:
		return look{"passed", "check", "The system was hurt, the service held, and everything healed.", "✓", "✅", "32"}
	case record.Failed:
		return look{"failed", "cross", "The hypothesis did not hold, or the system did not heal in time.", "✗", "❌", "31"}
	case record.Inconclusive:
		return look{"inconclusive", "question", "There is not enough evidence for a yes or a no. Do not read this as a pass.", "?", "⚠️", "33"}
	case record.NotRun:
		return look{"notrun", "dash", "Nothing was broken: the run ended before it touched anything.", "–", "⏭️", "36"}
	case record.Aborted:
		return look{"aborted", "stop", "The run was stopped on the way. What it saw until then proves nothing.", "■", "🛑", "35"}
	}
	return look{"unknown", "question", "The record holds no verdict that this version knows.", "·", "❔", "90"}
}

// wordOf is the word of the verdict as the record has it; a run without one says so.
func wordOf(r record.Record) string {
	return cmp.Or(string(r.Verdict.Word), "no verdict yet")
}

// hash is that of the record, "" when it has none.
func hash(r record.Record) string {
	if r.Chain == nil {
		return ""
	}
	return r.Chain.Hash
}

// contradictions are the places where a record does not agree with itself. They are
// reported beside the verdict and never change it.
func contradictions(r record.Record) (found []string) {
	if r.Verdict.Word != record.Passed {
		return nil
	}
	if len(r.Evidence) == 0 {
		found = append(found, "the word is passed, but the record lists no evidence")
	}
	for _, e := range r.Evidence {
		if !e.Met {
			found = append(found, fmt.Sprintf("the word is passed, but %q is not met", e.Name))
		}
	}
	if len(r.Evidence) > 0 && r.Summary.Victims == 0 {
		found = append(found, "the word is passed, but the record counts no victim")
	}
	return found
}

// saying is what a mark of the timeline means, as its kind of fault says; short fits
// into a drawing.
func saying(m record.Mark) (long, short string) {
	long, short = known(m.Mark)
	long = cmp.Or(m.Label, long, m.Mark)
	return long, cmp.Or(short, string(m.Role), strings.ToLower(long))
}

// known are the words of marks that are there without a label: those of probes, and
// those of records from before kinds of faults had labels.
func known(mark string) (long, short string) {
	switch mark {
	case events.MarkKillAccepted:
		return "Kill accepted by the API server", "kill"
	case events.MarkVictimGone:
		return "Victim gone", "gone"
	case events.MarkReplacementScheduled:
		return "Replacement scheduled", "scheduled"
	case events.MarkReplacementStarted:
		return "Replacement started", "started"
	case events.MarkReplacementReady:
		return "Replacement Ready", "Ready"
	case record.MarkFirstBad:
		return "First bad sample", "first bad"
	case record.MarkSLIBack:
		return "SLI back", "SLI back"
	}
	return "", ""
}

// source says who reported a mark.
func source(s string) string {
	switch s {
	case record.SourceWatch:
		return "API server watch"
	case record.SourceProbe:
		return "probe"
	}
	return s
}

// condition is what a probe has to show: "≥ 0.99".
func condition(p record.ProbeSeries) string {
	if len(p.Samples) > 0 && p.Samples[0].Wanted != nil {
		return "all wanted"
	}
	return sign(p.Compare) + " " + number(p.Value)
}

// duty says what a probe has to do while the fault is in effect.
func duty(must string) string {
	switch must {
	case spec.MustHold, "":
		return "must hold throughout"
	case spec.MustRecover:
		return "may break, must recover"
	}
	return must
}

// Badge is how other pages show a verdict: the class of its colours in Style and a
// character that tells it without colour.
func Badge(word string) (class, mark string) {
	l := lookOf(record.Word(word))
	return l.class, l.mark
}

// Measured writes a figure of a run, or that nobody measured it.
func Measured(b *events.Bounds, d *events.Duration) string {
	if b == nil {
		return measured(d, 0)
	}
	return between(*b)
}

// Date is how reports write a point in time.
func Date(t time.Time) string { return html.Date(t) }
