package chaos

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

type stopOptions struct {
	server kit.Server
	reason string
}

func newStop(d *kit.Deps) *cobra.Command {
	var o stopOptions
	cmd := &cobra.Command{
		Use: "stop --reason TEXT", Short: "Emergency stop: abort all runs, revert all faults, start nothing until resume",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return stop(cmd.Context(), d, &o) },
	}
	cmd.Flags().StringVar(&o.reason, "reason", "", "why, for those who read it later")
	o.server.Flags(cmd.Flags())
	return cmd
}

func stop(ctx context.Context, d *kit.Deps, o *stopOptions) error {
	if o.reason == "" {
		return kit.Usagef("shakedown chaos stop", "a stop needs --reason")
	}
	return d.WithSession(ctx, &o.server, func(s *kit.Session) error {
		state, err := kit.Ask(ctx, s, events.StopCall, events.StopRequest{Reason: o.reason, By: d.User})
		if err != nil {
			return err
		}
		if err := d.Show(stopView(state)); err != nil || len(state.Open) == 0 {
			return err
		}
		return events.Errorf(events.KindPartial, "shakedown chaos ledger --open",
			"stop: %d faults are not reverted yet: %s", len(state.Open), strings.Join(state.Open, ", "))
	})
}

type resumeOptions struct{ server kit.Server }

func newResume(d *kit.Deps) *cobra.Command {
	var o resumeOptions
	cmd := &cobra.Command{
		Use: "resume", Short: "Release the emergency stop", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return resume(cmd.Context(), d, &o) },
	}
	o.server.Flags(cmd.Flags())
	return cmd
}

func resume(ctx context.Context, d *kit.Deps, o *resumeOptions) error {
	return kit.Query(ctx, d, &o.server, events.ResumeCall, events.StopRequest{By: d.User}, stopView)
}

func stopView(state events.StopState) kit.Result {
	return kit.Result{Value: state, Problem: state.Problem, Draw: func(w io.Writer) {
		if !state.Engaged {
			fmt.Fprintln(w, "faults may be injected")
			return
		}
		fmt.Fprintf(w, "stopped since %s by %s: %s\n", kit.Time(state.Since), kit.OrDash(state.By), state.Reason)
		for _, fault := range state.Reverted {
			fmt.Fprintf(w, "reverted %s\n", fault)
		}
		for _, fault := range state.Open {
			fmt.Fprintf(w, "not reverted yet %s\n", fault)
		}
		fmt.Fprintln(w, "nothing starts until: shakedown chaos resume")
	}}
}
