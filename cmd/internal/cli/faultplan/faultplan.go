// Package faultplan has what the commands chaos plan and experiment run share: what the
// faults of an experiment would do now, without doing it.
package faultplan

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

// Place is where the faults would be injected: an environment or a namespace.
type Place struct{ Environment, Namespace string }

// Flags adds the flags that name it.
func (p *Place) Flags(flags *pflag.FlagSet) {
	flags.StringVar(&p.Environment, "environment", "", "environment to break")
	flags.StringVar(&p.Namespace, "namespace", "", "namespace to break, where no environment of shakedown is meant")
}

// Check wants one of the two.
func (p Place) Check(command string) error {
	if (p.Environment == "") == (p.Namespace == "") {
		return kit.Usagef(command, "give either --environment or --namespace")
	}
	return nil
}

// Plan is what the steps of an experiment would do, each as things are now.
type Plan struct {
	Experiment  string `json:"experiment"`
	Environment string `json:"environment,omitempty"`
	Namespace   string `json:"namespace"`
	Steps       []Step `json:"steps"`
}

// Step is one fault of the method.
type Step struct {
	Step int `json:"step"`
	events.FaultPlan
}

// Show asks chaos for the plan of each step and shows them. The exit code is that of a run
// which begins and ends there.
func Show(ctx context.Context, d *kit.Deps, s *kit.Session, file *app.ExperimentFile, place Place) error {
	plan, err := ask(ctx, d, s, file, place)
	if err != nil {
		return err
	}
	if err := d.Show(kit.Result{Value: plan, Draw: func(w io.Writer) { draw(w, plan) }}); err != nil {
		return err
	}
	return outcome(plan)
}

func ask(ctx context.Context, d *kit.Deps, s *kit.Session, file *app.ExperimentFile, place Place) (Plan, error) {
	if place.Environment != "" {
		shown, err := kit.Ask(ctx, s, events.EnvironmentShowCall, events.EnvironmentQuery{Name: place.Environment})
		if err != nil {
			return Plan{}, err
		}
		place.Namespace = shown.Environment.Namespace
	}
	doc := file.WithDefaults()
	plan := Plan{Experiment: doc.Metadata.Name, Environment: place.Environment, Namespace: place.Namespace}
	run := doc.Metadata.Name + "-" + d.NewID()[:8]
	for i, f := range doc.Spec.Method {
		answer, err := kit.Ask(ctx, s, events.FaultPlanCall, events.FaultInject{
			Fault: fmt.Sprintf("%s-%d", run, i+1), Run: run, Experiment: doc.Metadata.Name, Kind: f.Fault,
			Environment: place.Environment, Namespace: place.Namespace,
			Target: events.FaultTarget{
				Labels: f.Target.Selector(), Count: deref(f.Target.Count), Percent: deref(f.Target.Percent), PerOwner: deref(f.Target.PerOwner),
			},
			Params: f.Params, Duration: f.Duration, GracePeriod: f.GracePeriod, Seed: f.Seed, AllowOutage: f.AllowOutage,
			Budget: doc.Spec.Recovery.Budget,
		})
		if err != nil {
			return Plan{}, err
		}
		plan.Steps = append(plan.Steps, Step{Step: i + 1, FaultPlan: answer})
	}
	return plan, nil
}

func deref(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

func draw(w io.Writer, p Plan) {
	var rows [][]string
	for _, s := range p.Steps {
		fmt.Fprintf(w, "step %d: %s in namespace %s, seed %d\n", s.Step, s.Kind, p.Namespace, s.Seed)
		for _, v := range s.Victims {
			fmt.Fprintf(w, "  victim  %s\n", victim(v))
		}
		for _, c := range s.Writes {
			fmt.Fprintf(w, "  %s    %s\n", word(c), c.Text)
		}
		if s.Problem != "" {
			fmt.Fprintf(w, "  nothing would be hit: %s\n", s.Problem)
		}
		for _, d := range s.Decisions {
			decision := "allows"
			if !d.Allowed {
				decision = "REFUSES"
			}
			rows = append(rows, []string{fmt.Sprint(s.Step), d.Guard, decision, d.Seen, kit.OrDash(d.Advice)})
		}
	}
	kit.Table(w, "", "STEP GUARD DECISION SEEN HINT", rows)
	fmt.Fprintln(w, "nothing was changed. With \"seed: N\" in a step it takes the same victims, as long as what they are drawn from stays the same.")
	if len(p.Steps) > 1 {
		fmt.Fprintln(w, "each step is planned as things are now, and not as the steps before leave them.")
	}
}

func word(c events.FaultWrite) string {
	if c.Revert {
		return "undo"
	}
	return "call"
}

func victim(v events.Victim) string {
	text := v.Kind + " " + v.Name
	if v.Where != "" {
		text += " (" + v.Where + ")"
	}
	if v.Owner != "" && !strings.EqualFold(v.Owner, v.Kind+"/"+v.Name) {
		text += " of " + v.Owner
	}
	return text
}

// outcome is nil when every step could begin.
func outcome(p Plan) error {
	for _, s := range p.Steps {
		switch {
		case s.Refused():
			return kit.Outcome{Code: kit.ExitRefused}
		case s.Problem != "":
			return kit.Outcome{Code: kit.ExitInconclusive}
		}
	}
	return nil
}
