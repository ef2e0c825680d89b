package web

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/report"
)

//go:embed index.gohtml
var indexTemplate string

//go:embed index.css
var indexStyle string

// shown bounds the list.
const shown = 500

// listing is what the list of runs shows.
type listing struct {
	Style           template.CSS
	Policy          template.HTMLAttr
	Title           string
	Filters         []choice
	Narrowed        []choice
	Runs            []row
	Total, Limit    int
	Running         bool
	Status          int
	Message, Advice string
	Cut             bool
}

// choice is a filter that can be taken, or was.
type choice struct {
	Name, Link, Class, Mark string
	Count                   int
	Chosen                  bool
}

// row is one run.
type row struct {
	Class, Mark, Word, Reason                   string
	Experiment, ExperimentLink                  string
	Environment, EnvironmentLink                string
	Recovery, Outage, Started, Link, Run, Phase string
}

// index lists the runs.
func (s server) index(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	q := r.URL.Query()
	runs, err := s.runs.List(ctx, events.RunsQuery{Experiment: q.Get("experiment"), Environment: q.Get("environment"), Limit: shown})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var b bytes.Buffer
	style, err := renderPage(&b, newListing(runs, q))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	send(w, r, "text/html; charset=utf-8", report.PolicyFor(style), b.Bytes())
}

// newListing filters the runs by verdict and counts them.
func newListing(runs []events.RunSummary, q url.Values) listing {
	l := listing{Title: "Runs", Total: len(runs), Limit: shown, Cut: len(runs) >= shown}
	counts := map[string]int{}
	verdict := q.Get("verdict")
	for _, run := range runs {
		counts[word(run)]++
		if verdict == "" || verdict == word(run) {
			l.Runs = append(l.Runs, newRow(run, q))
		}
		l.Running = l.Running || run.Verdict == ""
	}
	l.Filters = append(l.Filters, choice{Name: "all", Count: len(runs), Link: narrow(q, "verdict", ""), Chosen: verdict == ""})
	for _, w := range []string{
		string(experiments.Passed), string(experiments.Failed), string(experiments.Inconclusive),
		string(experiments.NotRun), string(experiments.Aborted), running,
	} {
		if counts[w] == 0 && verdict != w {
			continue
		}
		class, mark := report.Badge(w)
		l.Filters = append(l.Filters, choice{Name: w, Class: class, Mark: mark, Count: counts[w], Link: narrow(q, "verdict", w), Chosen: verdict == w})
	}
	for _, key := range []string{"experiment", "environment"} {
		if v := q.Get(key); v != "" {
			l.Narrowed = append(l.Narrowed, choice{Name: key + " " + v, Link: narrow(q, key, "")})
		}
	}
	return l
}

// running is the filter for runs without a verdict.
const running = "running"

func word(run events.RunSummary) string {
	if run.Verdict == "" {
		return running
	}
	return run.Verdict
}

func newRow(run events.RunSummary, q url.Values) row {
	class, mark := report.Badge(run.Verdict)
	v := row{
		Class: class, Mark: mark, Word: run.Verdict, Reason: run.Reason, Run: run.Run, Phase: run.Phase,
		Experiment: run.Experiment, ExperimentLink: narrow(q, "experiment", run.Experiment),
		Recovery: report.Measured(run.Recovery), Outage: report.Measured(run.Outage), Started: report.Date(run.Started),
	}
	v.Environment = run.Environment
	v.EnvironmentLink = narrow(q, "environment", run.Environment)
	if v.Environment == "" {
		v.Environment, v.EnvironmentLink = run.Namespace, ""
	}
	if v.Word == "" {
		v.Word = running
	}
	if events.Key(run.Run) == run.Run {
		v.Link = "reports/" + run.Run
	}
	return v
}

// narrow is the address of the list with one filter changed.
func narrow(q url.Values, key, value string) string {
	next := url.Values{}
	for _, k := range []string{"verdict", "experiment", "environment"} {
		if v := q.Get(k); v != "" && k != key {
			next.Set(k, v)
		}
	}
	if value != "" {
		next.Set(key, value)
	}
	if len(next) == 0 {
		return "./"
	}
	return "./?" + next.Encode()
}

// renderError writes the page of an error and returns its style sheet.
func renderError(w io.Writer, status int, e *events.Error) (string, error) {
	return renderPage(w, listing{
		Title: http.StatusText(status), Status: status, Message: e.Message, Advice: e.Advice,
	})
}

// renderPage writes a page and returns the style sheet that its policy must allow.
func renderPage(w io.Writer, l listing) (string, error) {
	t, err := template.New("index").Parse(indexTemplate)
	if err != nil {
		return "", fmt.Errorf("parse page template: %w", err)
	}
	style := strings.TrimSpace(report.Style()) + "\n" + strings.TrimSpace(indexStyle)
	l.Style = template.CSS(style)                                             //nolint:gosec // our own file
	l.Policy = template.HTMLAttr(`content="` + report.PolicyFor(style) + `"`) //nolint:gosec // a constant and a hash
	if err := t.Execute(w, l); err != nil {
		return "", fmt.Errorf("render page %q: %w", l.Title, err)
	}
	return style, nil
}
