package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/report"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// The build that the demo posts as CI would.
const (
	project  = "shop"
	template = "shop"
	revision = "4f1c2e9d7b3a"
)

// Voyage is what the demo drives: a server that is up, and what the user sees.
type Voyage struct {
	Server string
	Secret string
	Bus    *natsbus.Bus
	Stamp  events.Stamp
	// Environment is the name of what the build becomes.
	Environment string
	// Images maps the shop's components to the image that "CI" built.
	Images map[string]string
	// Experiments are the documents that the server was given.
	Experiments []spec.Document
	// Reports is the folder in which the HTML reports are kept.
	Reports string
	Now     func() time.Time
	// Step and Say show what happens.
	Step func(name string)
	Say  func(format string, args ...any)
}

// timeLimit bounds what the voyage waits for.
const timeLimit = 10 * time.Minute

// Result is what the demo shows at its end.
type Result struct {
	Environment string    `json:"environment"`
	Answered    string    `json:"webhookAnswered"`
	ReadyAfter  string    `json:"readyAfter"`
	Server      string    `json:"server"`
	Outcomes    []Outcome `json:"outcomes"`
}

// Run posts the build, follows the environment and its experiments to their
// verdicts, and lets a guard refuse a fourth. It returns what it saw also when
// an outcome was not as expected.
func (v *Voyage) Run(ctx context.Context) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	result := Result{Server: v.Server}
	began := v.Now()
	ready, accepted, err := v.environment(ctx)
	if err != nil {
		return result, err
	}
	result.Environment, result.Answered = ready.Name, accepted.Took.Round(time.Millisecond).String()
	result.ReadyAfter = ready.Took.Std().Round(10 * time.Millisecond).String()
	v.Say("environment %s is ready %s after the webhook's answer", ready.Name, result.ReadyAfter)
	runs, err := v.triggered(ctx, ready.Name, began)
	if err != nil {
		return result, err
	}
	guarded, err := v.guarded(ctx, ready.Name)
	if err != nil {
		return result, err
	}
	runs[Guarded] = guarded
	for _, e := range Expectations() {
		outcome := judge(e, runs[e.Experiment])
		if outcome.Report, err = v.keepReport(ctx, outcome.Run.Run); err != nil {
			return result, err
		}
		result.Outcomes = append(result.Outcomes, outcome)
	}
	return result, Unmet(result.Outcomes)
}

// environment posts the webhook and waits until what it asked for is ready.
func (v *Voyage) environment(ctx context.Context) (events.EnvironmentReady, Accepted, error) {
	v.Step("CI posts a signed webhook")
	began := v.Now()
	accepted, err := PostBuild(ctx, v.Server, v.Secret, events.BuildSucceeded{
		Project: project, Revision: revision, Template: template, Environment: v.Environment, Components: v.Images,
	}, v.Now)
	if err != nil {
		return events.EnvironmentReady{}, accepted, err
	}
	v.Say("the webhook answered 202 with event %s after %s", accepted.ID, accepted.Took.Round(time.Millisecond))
	v.Step("the environment comes up")
	var ready events.EnvironmentReady
	var outcome error
	err = v.watch(ctx, events.Filter{Correlation: accepted.Correlation, Since: began}, func(e events.Envelope) bool {
		switch e.Type {
		case events.EnvironmentReadyTopic.Type():
			_, ready, outcome = events.EnvironmentReadyTopic.Parse(e)
			return true
		case events.EnvironmentFailedTopic.Type(), events.EnvironmentRejectedTopic.Type():
			outcome = fmt.Errorf("the environment did not come up: %s", e.Data)
			return true
		default:
			return false
		}
	})
	if err == nil {
		err = outcome
	}
	return ready, accepted, err
}

// watch shows events until done takes one as the last.
func (v *Voyage) watch(ctx context.Context, filter events.Filter, done func(events.Envelope) bool) error {
	seen := false
	err := v.Bus.Watch(ctx, filter, func(e events.Envelope) bool {
		seen = done(e)
		return !seen
	})
	if err == nil && !seen {
		return context.Cause(ctx)
	}
	return err
}

// triggered waits for the verdicts of the experiments that the environment's
// readiness starts.
func (v *Voyage) triggered(ctx context.Context, environment string, since time.Time) (map[string]events.RunSummary, error) {
	v.Step("its readiness starts the experiments")
	runs := map[string]events.RunSummary{}
	types := []string{events.RunFinishedTopic.Type(), events.RunProgressedTopic.Type()}
	var outcome error
	err := v.watch(ctx, events.Filter{Types: types, Since: since}, func(e events.Envelope) bool {
		if e.Type == events.RunProgressedTopic.Type() {
			return false
		}
		var finished events.RunFinished
		if _, finished, outcome = events.RunFinishedTopic.Parse(e); outcome != nil {
			return true
		}
		if finished.Environment != environment {
			return false
		}
		runs[finished.Experiment] = finished.RunSummary
		v.Say("%s: %s: %s", finished.Experiment, finished.Verdict, finished.Reason)
		return len(runs) == len(v.Experiments)
	})
	if err == nil {
		err = outcome
	}
	return runs, err
}

// guarded runs the experiment on the only cart pod without the line that allows
// the outage, so that a guard refuses it.
func (v *Voyage) guarded(ctx context.Context, environment string) (events.RunSummary, error) {
	v.Step("a guard refuses to kill the last cart pod")
	var summary events.RunSummary
	document, err := v.withoutConsent()
	if err != nil {
		return summary, err
	}
	raw, err := json.Marshal(document)
	if err != nil {
		return summary, fmt.Errorf("encode experiment %s: %w", Guarded, err)
	}
	run := Guarded + "-" + v.Stamp.NewID()[:8]
	meta := v.Stamp.First(run)
	var outcome error
	filter := events.Filter{Correlation: run, Types: []string{events.RunFinishedTopic.Type()}}
	filter.Since = meta.Time.Add(-time.Second)
	start := events.RunStart{Run: run, Spec: raw, Environment: environment, Trigger: "command", By: "demo"}
	if err := events.RunStartTopic.Publish(ctx, v.Bus, meta, start); err != nil {
		return summary, err
	}
	err = v.watch(ctx, filter, func(e events.Envelope) bool {
		var finished events.RunFinished
		_, finished, outcome = events.RunFinishedTopic.Parse(e)
		summary = finished.RunSummary
		return true
	})
	if err == nil {
		err = outcome
	}
	if err == nil {
		v.Say("%s: %s: %s", Guarded, summary.Verdict, summary.Reason)
	}
	return summary, err
}

func (v *Voyage) withoutConsent() (spec.Document, error) {
	for _, d := range v.Experiments {
		if d.Metadata.Name != "kill-the-only-cart" {
			continue
		}
		d.Metadata.Name = Guarded
		method := append([]spec.Fault(nil), d.Spec.Method...)
		for i := range method {
			method[i].AllowOutage = false
		}
		d.Spec.Method = method
		return d, nil
	}
	return spec.Document{}, fmt.Errorf("the experiment kill-the-only-cart is not among those of the demo")
}

// keepReport writes the HTML report of a run to the folder of reports.
func (v *Voyage) keepReport(ctx context.Context, run string) (string, error) {
	if run == "" {
		return "", nil
	}
	answer, err := events.RunShowCall.Ask(ctx, v.Bus, v.Stamp.First(run), events.RunQuery{Run: run})
	if err != nil {
		return "", err
	}
	r, err := record.Parse(answer.Record)
	if err != nil {
		return "", err
	}
	var page bytes.Buffer
	if err := report.HTML(&page, r); err != nil {
		return "", fmt.Errorf("render report of %s: %w", run, err)
	}
	path := filepath.Join(v.Reports, run+".html")
	if err := os.MkdirAll(v.Reports, 0o700); err != nil {
		return "", fmt.Errorf("keep report of %s: %w", run, err)
	}
	if err := os.WriteFile(path, page.Bytes(), 0o600); err != nil {
		return "", fmt.Errorf("keep report of %s: %w", run, err)
	}
	return path, nil
}
