package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/report"
)

// shown bounds the list, and refresh is after how many seconds it is read again while
// something runs.
const (
	shown   = 500
	refresh = 5
)

// runsPage lists the runs.
func runsPage(ctx context.Context, c Config, r *http.Request) (answer, error) {
	q := r.URL.Query()
	listed, err := events.RunListCall.Ask(ctx, c.Caller, c.Stamp.First(""),
		events.RunsQuery{Experiment: q.Get("experiment"), Environment: q.Get("environment"), Limit: shown})
	if err != nil {
		return answer{}, err
	}
	l := newListing(listed.Runs, q)
	l.Problem = listed.Problem
	return render("runs.gohtml", view{Title: "Runs", Refresh: l.Refresh, Body: l})
}

// listing is what the list of runs shows.
type listing struct {
	Filters, Narrowed []choice
	Runs              []row
	Total, Refresh    int
	// Truncated says that there may be older ones.
	Truncated bool
	// Problem names runs that cannot be read.
	Problem string
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

// newListing filters the runs by verdict and counts them.
func newListing(runs []events.RunSummary, q url.Values) listing {
	l := listing{Total: len(runs), Truncated: len(runs) >= shown}
	counts := map[string]int{}
	verdict := q.Get("verdict")
	for _, run := range runs {
		counts[word(run)]++
		if verdict == "" || verdict == word(run) {
			l.Runs = append(l.Runs, newRow(run, q))
		}
		if run.Verdict == "" {
			l.Refresh = refresh
		}
	}
	l.Filters = verdictFilters(counts, len(runs), q)
	for _, key := range []string{"experiment", "environment"} {
		if v := q.Get(key); v != "" {
			l.Narrowed = append(l.Narrowed, choice{Name: key + " " + v, Link: narrow(q, key, "")})
		}
	}
	return l
}

// verdictFilters are the verdicts that there are, with their numbers.
func verdictFilters(counts map[string]int, total int, q url.Values) []choice {
	verdict := q.Get("verdict")
	filters := []choice{{Name: "all", Count: total, Link: narrow(q, "verdict", ""), Chosen: verdict == ""}}
	for _, w := range []string{
		string(record.Passed), string(record.Failed), string(record.Inconclusive),
		string(record.NotRun), string(record.Aborted), running,
	} {
		if counts[w] == 0 && verdict != w {
			continue
		}
		class, mark := report.Badge(w)
		filters = append(filters, choice{Name: w, Class: class, Mark: mark, Count: counts[w], Link: narrow(q, "verdict", w), Chosen: verdict == w})
	}
	return filters
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
		Recovery: report.Measured(run.RecoveryBounds, run.Recovery), Outage: report.Measured(run.OutageBounds, run.Outage), Started: report.Date(run.Started),
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
