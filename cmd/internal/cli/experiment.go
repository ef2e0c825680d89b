package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/report"
)

func newExperimentCmd(f *factory) *cobra.Command {
	return group("experiment", "Experiments: a hypothesis, a fault and a verdict",
		newRunCmd(f), newValidateCmd(f), newRunListCmd(f), newRunShowCmd(f))
}

type runOptions struct {
	server                 serverFlags
	environment, namespace string
	timeout                time.Duration
}

func newRunCmd(f *factory) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use: "run FILE", Short: "Run an experiment and exit with its verdict",
		Long: `Run an experiment and exit with its verdict: 0 passed, 6 failed, 7 inconclusive,
8 aborted, 5 refused by a guard. Interrupting the command does not stop the run
on a server; "shakedown chaos stop" does.`,
		Example: `  shakedown experiment run examples/shop/experiments/kill-one-api.yaml --environment shop
  shakedown experiment run kill.yaml --namespace shop --standalone --prometheus http://127.0.0.1:9090`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.experimentRun(cmd.Context(), &o, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.environment, "environment", "", "environment to break")
	flags.StringVar(&o.namespace, "namespace", "", "namespace to break, where no environment of shakedown is meant")
	flags.DurationVar(&o.timeout, "timeout", 30*time.Minute, "how long to wait for the verdict")
	o.server.add(flags)
	o.server.addStandalone(flags)
	_ = cmd.RegisterFlagCompletionFunc("environment", f.completeEnvironments(&o.server)) // the flag is there
	return cmd
}

func (f *factory) experimentRun(ctx context.Context, o *runOptions, file string) error {
	if (o.environment == "") == (o.namespace == "") {
		return usageError{fmt.Errorf("give either --environment or --namespace"), "shakedown experiment run"}
	}
	document, err := f.experimentDocument(file)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("encode experiment %s: %w", document.Metadata.Name, err)
	}
	start := events.RunStart{
		Run: document.Metadata.Name + "-" + f.NewID()[:8], Spec: raw, Environment: o.environment, Namespace: o.namespace,
		Trigger: "command", By: f.User,
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	return f.withSession(ctx, &o.server, func(s *session) error { return f.runAndShow(ctx, s, start) })
}

func (f *factory) experimentDocument(file string) (*experiments.Document, error) {
	documents, err := f.specs().Read(file)
	if err != nil {
		return nil, err
	}
	found := spec.Of[*app.ExperimentFile](documents)
	if len(found) != 1 {
		return nil, invalid("name a file with one document of kind Experiment",
			"%s has %d documents of kind Experiment, want one", file, len(found))
	}
	return &found[0].Document, nil
}

// runAndShow starts a run, shows its phases and its record, and turns the
// verdict into the exit code.
func (f *factory) runAndShow(ctx context.Context, s *session, start events.RunStart) error {
	if _, err := askServer(ctx, s, events.RunListCall, events.RunsQuery{Limit: 1}); err != nil {
		return err
	}
	meta := s.stamp.First(start.Run)
	publish := func(ctx context.Context) error { return events.RunStartTopic.Publish(ctx, s.bus, meta, start) }
	if _, err := f.followRun(ctx, s, start.Run, publish); err != nil {
		return err
	}
	record, err := f.record(ctx, s, start.Run)
	if err != nil {
		return err
	}
	if err := f.show(f.recordResult(record)); err != nil {
		return err
	}
	return verdictOf(record)
}

func (f *factory) followRun(
	ctx context.Context, s *session, run string, publish func(context.Context) error,
) (events.RunFinished, error) {
	p := f.progress()
	p.Step("run " + run)
	var finished events.RunFinished
	var outcome error
	err := s.follow(ctx, run, publish, func(e events.Envelope) bool {
		switch e.Type {
		case events.RunProgressedTopic.Type():
			_, progressed, err := events.RunProgressedTopic.Parse(e)
			outcome = err
			p.Note(strings.TrimSuffix(progressed.Phase+": "+progressed.Message, ": "))
			return err != nil
		case events.RunFinishedTopic.Type():
			_, finished, outcome = events.RunFinishedTopic.Parse(e)
			return true
		default:
			return false
		}
	})
	if err == nil {
		err = outcome
	}
	p.Done(err)
	return finished, err
}

func (f *factory) record(ctx context.Context, s *session, run string) (experiments.Record, error) {
	answer, err := askServer(ctx, s, events.RunShowCall, events.RunQuery{Run: run})
	if err != nil {
		return experiments.Record{}, err
	}
	return experiments.ParseRecord(answer.Record)
}

func (f *factory) recordResult(record experiments.Record) result {
	return result{value: record, draw: func(w io.Writer) {
		fmt.Fprint(w, report.Text(record, 100, f.OutTTY && f.Env("NO_COLOR") == ""))
	}}
}

// verdictOf is the exit code of a verdict, as an error that is shown already.
func verdictOf(record experiments.Record) error {
	switch record.Verdict.Word {
	case experiments.Passed:
		return nil
	case experiments.Failed:
		return verdictError{exitFailed}
	case experiments.Aborted:
		return verdictError{exitAborted}
	case experiments.NotRun:
		if record.Verdict.Guard != "" {
			return verdictError{exitRefused}
		}
		return verdictError{exitInconclusive}
	case experiments.Inconclusive:
		return verdictError{exitInconclusive}
	}
	return verdictError{exitInconclusive}
}

func newValidateCmd(f *factory) *cobra.Command {
	return &cobra.Command{
		Use: "validate PATH...", Short: "Check spec files, their queries included; nothing is run", Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			documents, err := f.specs().Read(args...)
			if err != nil {
				return err
			}
			type checked struct {
				Where string `json:"where"`
				Kind  string `json:"kind"`
			}
			list := make([]checked, 0, len(documents))
			for _, d := range documents {
				list = append(list, checked{d.Where, d.Kind})
			}
			return f.show(result{value: list, draw: func(w io.Writer) {
				for _, d := range list {
					fmt.Fprintf(w, "%s: %s is valid\n", d.Where, d.Kind)
				}
			}})
		},
	}
}

func newRunListCmd(f *factory) *cobra.Command {
	var server serverFlags
	var query events.RunsQuery
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List runs, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.listRuns(cmd.Context(), &server, query, false) },
	}
	addRunQuery(cmd, &query)
	server.add(cmd.Flags())
	return cmd
}

func newRunShowCmd(f *factory) *cobra.Command {
	var server serverFlags
	cmd := &cobra.Command{
		Use: "show RUN|latest", Short: "Show a run: its phases, decisions, timeline and verdict", Args: cobra.ExactArgs(1),
		ValidArgsFunction: f.completeRuns(&server),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.withSession(cmd.Context(), &server, func(s *session) error {
				record, err := f.record(cmd.Context(), s, args[0])
				if err != nil {
					return err
				}
				return f.show(f.recordResult(record))
			})
		},
	}
	server.add(cmd.Flags())
	return cmd
}
