package env

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

type destroyOptions struct {
	server  kit.Server
	request events.EnvironmentDestroy
	wait    bool
	timeout time.Duration
}

func newDestroy(d *kit.Deps) *cobra.Command {
	var o destroyOptions
	cmd := &cobra.Command{
		Use: "destroy NAME", Aliases: []string{"delete", "rm"}, Short: "Destroy an environment and all that is in it",
		Args: cobra.ExactArgs(1), ValidArgsFunction: Complete(d, &o.server),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.request.Name, o.request.Reason = args[0], "asked"
			return destroy(cmd.Context(), d, &o)
		},
	}
	cmd.Flags().BoolVar(&o.request.WithForeign, "with-foreign", false,
		"also delete what others have put into it, which is refused otherwise")
	cmd.Flags().BoolVar(&o.request.Force, "force", false,
		"destroy it also while experiments break it, which is refused otherwise")
	kit.WaitFlags(cmd.Flags(), &o.wait, "wait until it is gone", &o.timeout, 5*time.Minute, "how long to wait")
	o.server.Flags(cmd.Flags())
	o.server.StandaloneFlags(cmd.Flags(), services()...)
	return cmd
}

func destroy(ctx context.Context, d *kit.Deps, o *destroyOptions) error {
	if err := o.server.CheckWait("shakedown env destroy", o.wait); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	return d.WithSession(ctx, &o.server, func(s *kit.Session) error { return Destroy(ctx, d, s, o.request, o.wait) })
}

// Destroy asks for the end of an environment and, if wait is set, waits for it and
// shows that it is gone.
func Destroy(ctx context.Context, d *kit.Deps, s *kit.Session, request events.EnvironmentDestroy, wait bool) error {
	name := request.Name
	if _, err := kit.Ask(ctx, s, events.EnvironmentShowCall, events.EnvironmentQuery{Name: name}); err != nil {
		return err
	}
	if err := Remove(ctx, d, s, request, wait); err != nil || !wait {
		return err
	}
	return d.Show(kit.Result{
		Value: events.EnvironmentDestroyed{Name: name, Reason: request.Reason},
		Draw:  func(w io.Writer) { fmt.Fprintf(w, "%s is gone\n", name) },
	})
}

// Remove publishes the request and, if wait is set, follows it to its end.
func Remove(ctx context.Context, d *kit.Deps, s *kit.Session, request events.EnvironmentDestroy, wait bool) error {
	meta := s.Stamp.First(request.Name + "-" + d.NewID())
	publish := func(ctx context.Context) error {
		return events.EnvironmentDestroyTopic.Publish(ctx, s.Bus, meta, request)
	}
	if !wait {
		return publish(ctx)
	}
	return followDestroy(ctx, d, s, request.Name, meta.Correlation, publish)
}
