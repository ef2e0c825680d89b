package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/env"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/faultplan"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/runs"
	"github.com/shakedown-dev/shakedown/events"
)

type runOptions struct {
	server  kit.Server
	file    string
	place   faultplan.Place
	timeout time.Duration
	dryRun  bool
}

func newRun(d *kit.Deps) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use: "run FILE", Short: "Run an experiment and exit with its verdict",
		Long: `Run an experiment and exit with its verdict: 0 passed, 6 failed, 7 inconclusive,
8 aborted, 5 refused by a guard. Interrupting the command does not stop the run
on a server; "shakedown chaos stop" does.`,
		Example: `  shakedown experiment run examples/shop/experiments/kill-one-api.yaml --environment shop
  shakedown experiment run kill.yaml --namespace shop --standalone --prometheus http://127.0.0.1:9090`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return run(cmd.Context(), d, &o)
		},
	}
	flags := cmd.Flags()
	o.place.Flags(flags)
	flags.BoolVar(&o.dryRun, "dry-run", false, "show what would be hit and called, as chaos plan does; nothing is run")
	flags.DurationVar(&o.timeout, "timeout", 30*time.Minute, "how long to wait for the verdict")
	o.server.Flags(flags)
	o.server.StandaloneFlags(flags, "envs", "chaos", "experiments")
	kit.CompleteFlag(cmd, "environment", env.Complete(d, &o.server))
	return cmd
}

func run(ctx context.Context, d *kit.Deps, o *runOptions) error {
	if err := o.place.Check("shakedown experiment run"); err != nil {
		return err
	}
	file, err := kit.ReadOne[*app.ExperimentFile](d, o.file, "Experiment")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	if o.dryRun {
		o.server.OnlyAnswers()
		o.server.Only("envs", "chaos")
		return d.WithSession(ctx, &o.server, func(s *kit.Session) error { return faultplan.Show(ctx, d, s, file, o.place) })
	}
	start, err := request(d, o, file)
	if err != nil {
		return err
	}
	return d.WithSession(ctx, &o.server, func(s *kit.Session) error { return runAndShow(ctx, d, s, start) })
}

// request is what the file and the flags ask for.
func request(d *kit.Deps, o *runOptions, file *app.ExperimentFile) (events.RunStart, error) {
	name := file.Metadata.Name
	raw, err := json.Marshal(file.Document)
	if err != nil {
		return events.RunStart{}, fmt.Errorf("encode experiment %s: %w", name, err)
	}
	return events.RunStart{
		Run: name + "-" + d.NewID()[:8], Spec: raw, Environment: o.place.Environment, Namespace: o.place.Namespace,
		Trigger: "command", By: d.User,
	}, nil
}

// runAndShow starts a run, shows its phases and its record, and turns the verdict into
// the exit code.
func runAndShow(ctx context.Context, d *kit.Deps, s *kit.Session, start events.RunStart) error {
	if _, err := kit.Ask(ctx, s, events.RunListCall, events.RunsQuery{Limit: 1}); err != nil {
		return err
	}
	if err := exists(ctx, s, start.Environment); err != nil {
		return err
	}
	if err := follow(ctx, d, s, start); err != nil {
		return err
	}
	r, err := runs.Record(ctx, s, start.Run)
	if err != nil {
		return err
	}
	if err := d.Show(runs.View(d, r)); err != nil {
		return err
	}
	if s.Local() {
		d.Progress().Say("to see it again: shakedown report show %s --standalone", start.Run)
	}
	return outcome(r.Verdict)
}

// exists asks for the environment that was named, if one was. Errors: *events.Error of
// KindNotFound. When nobody can say, the run itself finds out.
func exists(ctx context.Context, s *kit.Session, environment string) error {
	if environment == "" {
		return nil
	}
	_, err := kit.Ask(ctx, s, events.EnvironmentShowCall, events.EnvironmentQuery{Name: environment})
	if events.KindOf(err) == events.KindNotFound {
		return err
	}
	return nil
}
