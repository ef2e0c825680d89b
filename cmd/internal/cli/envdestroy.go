package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/events"
)

func newEnvDestroyCmd(f *factory) *cobra.Command {
	var server serverFlags
	var wait bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use: "destroy NAME", Aliases: []string{"delete", "rm"}, Short: "Destroy an environment and all that is in it",
		Args: cobra.ExactArgs(1), ValidArgsFunction: f.completeEnvironments(&server),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			return f.withSession(ctx, &server, func(s *session) error { return f.envDestroy(ctx, s, args[0], wait) })
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", true, "wait until it is gone")
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Minute, "how long to wait")
	server.add(cmd.Flags())
	server.addStandalone(cmd.Flags())
	return cmd
}

func (f *factory) envDestroy(ctx context.Context, s *session, name string, wait bool) error {
	if _, err := askServer(ctx, s, events.EnvironmentShowCall, events.EnvironmentQuery{Name: name}); err != nil {
		return err
	}
	meta := s.stamp.First(name + "-" + f.NewID())
	publish := func(ctx context.Context) error {
		return events.EnvironmentDestroyTopic.Publish(ctx, s.bus, meta, events.EnvironmentDestroy{Name: name, Reason: "asked"})
	}
	if !wait {
		return publish(ctx)
	}
	if err := f.followDestroy(ctx, s, name, meta.Correlation, publish); err != nil {
		return err
	}
	return f.show(result{
		value: events.EnvironmentDestroyed{Name: name, Reason: "asked"},
		draw:  func(w io.Writer) { fmt.Fprintf(w, "%s is gone\n", name) },
	})
}

func (f *factory) followDestroy(
	ctx context.Context, s *session, name, correlation string, publish func(context.Context) error,
) error {
	p := f.progress()
	p.Step("destroy environment " + name)
	var outcome error
	err := s.follow(ctx, correlation, publish, func(e events.Envelope) bool {
		if e.Type == events.EnvironmentDestroyedTopic.Type() {
			return true
		}
		done, err := environmentEvent(e, p, &events.EnvironmentReady{})
		outcome = err
		return done
	})
	if errors.Is(err, context.DeadlineExceeded) {
		err = events.Errorf(events.KindUnavailable, "shakedown env show "+name, "environment %s is not gone in time", name)
	}
	err = errors.Join(err, outcome)
	p.Done(err)
	return err
}

// completeEnvironments completes the names of environments from the server; a
// server that does not answer completes nothing.
func (f *factory) completeEnvironments(server *serverFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		_ = f.withSession(cmd.Context(), server, func(s *session) error { // completion has nowhere to tell
			answer, err := askServer(cmd.Context(), s, events.EnvironmentListCall, events.Nothing{})
			for _, e := range answer.Environments {
				names = append(names, e.Name)
			}
			return err
		})
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
