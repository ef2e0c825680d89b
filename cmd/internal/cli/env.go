package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

func newEnvCmd(f *factory) *cobra.Command {
	return group("env", "Environments: namespaces with given component versions",
		newEnvCreateCmd(f), newEnvListCmd(f), newEnvShowCmd(f), newEnvDestroyCmd(f))
}

type envCreateOptions struct {
	server  serverFlags
	file    string
	name    string
	images  map[string]string
	wait    bool
	timeout time.Duration
}

func newEnvCreateCmd(f *factory) *cobra.Command {
	var o envCreateOptions
	cmd := &cobra.Command{
		Use: "create [NAME] -f FILE", Short: "Create an environment, or make it match its file again",
		Long: `Create an environment from an Environment file, or make an existing one match it.
The command shows what happens and ends when every component is Ready, or says
which container is not, and why.`,
		Example: `  shakedown env create -f examples/shop/environment.yaml
  shakedown env create shop-pr-7 -f environment.yaml --image api=registry.example/api:4f1c2e9`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.name = args[0]
			}
			return f.envCreate(cmd.Context(), &o)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.file, "file", "f", "", "Environment `file`, or - for stdin")
	flags.StringToStringVar(&o.images, "image", nil, "image of a component, as `component=image`; may be repeated")
	flags.BoolVar(&o.wait, "wait", true, "wait until the environment is ready")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Minute, "how long to wait")
	o.server.add(flags)
	o.server.addStandalone(flags)
	return cmd
}

func (f *factory) envCreate(ctx context.Context, o *envCreateOptions) error {
	document, err := f.environmentDocument(o)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("encode environment %s: %w", document.Metadata.Name, err)
	}
	return f.withSession(ctx, &o.server, func(s *session) error {
		name := document.Metadata.Name
		meta := s.stamp.First(name + "-" + f.NewID())
		publish := func(ctx context.Context) error {
			return events.EnvironmentCreateTopic.Publish(ctx, s.bus, meta, events.EnvironmentCreate{Name: name, Spec: raw})
		}
		if _, err := askServer(ctx, s, events.EnvironmentListCall, events.Nothing{}); err != nil {
			return err
		}
		if !o.wait {
			return publish(ctx)
		}
		ctx, cancel := context.WithTimeout(ctx, o.timeout)
		defer cancel()
		ready, err := f.followEnvironment(ctx, s, name, meta.Correlation, publish)
		if err != nil {
			return err
		}
		return f.show(environmentResult(ready.Environment, nil))
	})
}

func (f *factory) environmentDocument(o *envCreateOptions) (*envs.Document, error) {
	if o.file == "" {
		return nil, invalid("shakedown env create -f FILE", "no Environment file was given")
	}
	documents, err := f.specs().Read(o.file)
	if err != nil {
		return nil, err
	}
	found := spec.Of[*envs.Document](documents)
	if len(found) != 1 {
		return nil, invalid("name a file with one document of kind Environment",
			"%s has %d documents of kind Environment, want one", o.file, len(found))
	}
	document := found[0]
	if o.name != "" {
		document.Metadata.Name = o.name
	}
	for name, image := range o.images {
		component, ok := document.Spec.Components[name]
		if !ok {
			return nil, invalid("known are "+strings.Join(slices.Sorted(maps.Keys(document.Spec.Components)), ", "),
				"--image names component %s, which is not in %s", name, o.file)
		}
		component.Image = image
		document.Spec.Components[name] = component
	}
	if problems := document.Validate(); len(problems) > 0 {
		return nil, invalid("", "%w", problems)
	}
	return document, nil
}

// followEnvironment shows the progress of a create until it is ready or failed.
func (f *factory) followEnvironment(
	ctx context.Context, s *session, name, correlation string, publish func(context.Context) error,
) (events.EnvironmentReady, error) {
	p := f.progress()
	p.Step("environment " + name)
	var ready events.EnvironmentReady
	var outcome error
	err := s.follow(ctx, correlation, publish, func(e events.Envelope) bool {
		done, err := environmentEvent(e, p, &ready)
		outcome = err
		return done
	})
	if errors.Is(err, context.DeadlineExceeded) {
		err = events.Errorf(events.KindUnavailable, "shakedown env show "+name, "environment %s is not ready in time", name)
	}
	err = errors.Join(err, outcome)
	p.Done(err)
	return ready, err
}

func environmentEvent(e events.Envelope, p *progress, ready *events.EnvironmentReady) (bool, error) {
	switch e.Type {
	case events.EnvironmentProgressedTopic.Type():
		_, progressed, err := events.EnvironmentProgressedTopic.Parse(e)
		p.Note(progressText(progressed))
		if progressed.Step == "superseded" {
			err = events.Errorf(events.KindRefused, "shakedown env show "+progressed.Name,
				"environment %s: a newer request took over: %s", progressed.Name, progressed.Message)
		}
		return err != nil, err
	case events.EnvironmentReadyTopic.Type():
		_, payload, err := events.EnvironmentReadyTopic.Parse(e)
		*ready = payload
		return true, err
	case events.EnvironmentFailedTopic.Type():
		_, failed, err := events.EnvironmentFailedTopic.Parse(e)
		if err != nil {
			return true, err
		}
		return true, events.Errorf(events.KindInternal,
			fmt.Sprintf("kubectl -n %s get pods; shakedown env destroy %s removes it", failed.Name, failed.Name),
			"environment %s did not become ready: %s", failed.Name, failed.Message)
	case events.EnvironmentRejectedTopic.Type():
		_, rejected, err := events.EnvironmentRejectedTopic.Parse(e)
		if err != nil {
			return true, err
		}
		return true, events.Errorf(rejected.Kind, rejected.Advice, "environment %s was rejected: %s", rejected.Name, rejected.Reason)
	default:
		return false, nil
	}
}

func progressText(e events.EnvironmentProgressed) string {
	text := e.Step
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Total > 0 {
		text += fmt.Sprintf(" (%d of %d)", e.Done, e.Total)
	}
	return text
}

func newEnvListCmd(f *factory) *cobra.Command {
	var server serverFlags
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List environments", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.withSession(cmd.Context(), &server, func(s *session) error {
				answer, err := askServer(cmd.Context(), s, events.EnvironmentListCall, events.Nothing{})
				if err != nil {
					return err
				}
				return f.show(environmentsResult(answer.Environments, f.Now()))
			})
		},
	}
	server.add(cmd.Flags())
	return cmd
}

func newEnvShowCmd(f *factory) *cobra.Command {
	var server serverFlags
	cmd := &cobra.Command{
		Use: "show NAME", Short: "Show one environment", Args: cobra.ExactArgs(1),
		ValidArgsFunction: f.completeEnvironments(&server),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.withSession(cmd.Context(), &server, func(s *session) error {
				answer, err := askServer(cmd.Context(), s, events.EnvironmentShowCall, events.EnvironmentQuery{Name: args[0]})
				if err != nil {
					return err
				}
				return f.show(environmentResult(answer.Environment, answer.Objects))
			})
		},
	}
	server.add(cmd.Flags())
	return cmd
}

func environmentsResult(list []events.Environment, now time.Time) result {
	return result{value: list, draw: func(w io.Writer) {
		rows := make([][]string, 0, len(list))
		for _, e := range list {
			rows = append(rows, []string{e.Name, e.Phase, readyText(e), orDash(e.Template), orDash(e.Revision), age(e.Created, now), orDash(e.TTL)})
		}
		table(w, "no environments", "NAME PHASE READY TEMPLATE REVISION AGE TTL", rows)
	}}
}

func environmentResult(e events.Environment, objects []string) result {
	answer := events.EnvironmentAnswer{Environment: e, Objects: objects}
	return result{value: answer, draw: func(w io.Writer) {
		fmt.Fprintf(w, "%s is %s in namespace %s\n", e.Name, e.Phase, e.Namespace)
		if e.Problem != "" {
			fmt.Fprintf(w, "problem: %s\n", e.Problem)
		}
		rows := make([][]string, 0, len(e.Components))
		for _, c := range e.Components {
			rows = append(rows, []string{c.Name, fmt.Sprintf("%d/%d", c.Ready, c.Replicas), c.Image})
		}
		table(w, "no components", "COMPONENT READY IMAGE", rows)
		if len(objects) > 0 {
			fmt.Fprintf(w, "objects: %s\n", strings.Join(objects, ", "))
		}
	}}
}

func readyText(e events.Environment) string {
	ready, wanted := 0, 0
	for _, c := range e.Components {
		ready, wanted = ready+c.Ready, wanted+c.Replicas
	}
	return fmt.Sprintf("%d/%d", ready, wanted)
}

// age is how long ago an RFC 3339 time was, in kubectl's short form.
func age(created string, now time.Time) string {
	t, err := time.Parse(time.RFC3339, created)
	if err != nil {
		return "-"
	}
	d := now.Sub(t)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}
