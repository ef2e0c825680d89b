package chaos

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/env"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

type armOptions struct {
	server kit.Server
	length time.Duration
	reason string
}

func newArm(d *kit.Deps) *cobra.Command {
	var o armOptions
	cmd := &cobra.Command{
		Use: "arm [ENV]", Short: "Let faults into a protected environment for a time, or list those that are armed",
		Long: `Let faults into a protected environment for a time; without ENV, list those that are armed.
An environment is protected by "chaos: {protected: true}" in its document, a namespace by the label
shakedown.dev/protected. What is armed, by whom and why is recorded, and ends by itself.`,
		Example: `  shakedown chaos arm shop --for 2h --reason game-day`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return kit.Query(cmd.Context(), d, &o.server, events.ArmListCall, events.Nothing{}, armsView)
			}
			return arm(cmd.Context(), d, &o, args[0])
		},
		ValidArgsFunction: env.Complete(d, &o.server),
	}
	cmd.Flags().DurationVar(&o.length, "for", 0, "how long, at most 24h")
	cmd.Flags().StringVar(&o.reason, "reason", "", "why, for those who read it later")
	o.server.Flags(cmd.Flags())
	return cmd
}

func arm(ctx context.Context, d *kit.Deps, o *armOptions, environment string) error {
	return kit.Query(ctx, d, &o.server, events.ArmCall, events.ArmRequest{
		Environment: environment, For: events.Duration(o.length), Reason: o.reason, By: d.User,
	}, armView)
}

func armView(a events.Arm) kit.Result {
	return kit.Result{Value: a, Draw: func(w io.Writer) {
		fmt.Fprintf(w, "%s lets faults in until %s: %s\n", a.Environment, kit.Time(a.Until), a.Reason)
	}}
}

func armsView(all events.Arms) kit.Result {
	return kit.Result{Value: all.Arms, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(all.Arms))
		for _, a := range all.Arms {
			rows = append(rows, []string{a.Environment, kit.Time(a.Since), kit.Time(a.Until), kit.OrDash(a.By), a.Reason})
		}
		kit.Table(w, "no protected environment is armed", "ENVIRONMENT SINCE UNTIL BY REASON", rows)
	}}
}

type disarmOptions struct{ server kit.Server }

func newDisarm(d *kit.Deps) *cobra.Command {
	var o disarmOptions
	cmd := &cobra.Command{
		Use: "disarm ENV", Short: "Let no more faults into a protected environment; open ones go on", Args: cobra.ExactArgs(1),
		ValidArgsFunction: env.Complete(d, &o.server),
		RunE: func(cmd *cobra.Command, args []string) error {
			return kit.Query(cmd.Context(), d, &o.server, events.DisarmCall, events.DisarmRequest{Environment: args[0], By: d.User}, disarmView)
		},
	}
	o.server.Flags(cmd.Flags())
	return cmd
}

func disarmView(a events.Arm) kit.Result {
	return kit.Result{Value: a, Draw: func(w io.Writer) { fmt.Fprintf(w, "%s lets no faults in any more\n", a.Environment) }}
}
