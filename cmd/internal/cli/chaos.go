package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/events"
)

func newChaosCmd(f *factory) *cobra.Command {
	return group("chaos", "Faults, the ledger and the emergency stop",
		newFaultsCmd(f), newStopCmd(f), newResumeCmd(f), newLedgerCmd(f))
}

func newFaultsCmd(f *factory) *cobra.Command {
	return &cobra.Command{
		Use: "faults", Short: "List the faults and the guards that watch over them", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return f.show(catalogueResult()) },
	}
}

func catalogueResult() result {
	catalogue := app.FaultKinds()
	return result{value: catalogue, draw: func(w io.Writer) {
		rows := make([][]string, 0, len(catalogue.Guards))
		for _, g := range catalogue.Guards {
			rows = append(rows, []string{"every fault", g.Name, g.Question})
		}
		for _, k := range catalogue.Kinds {
			fmt.Fprintf(w, "fault %s: %s; %s\n", k.Name, k.Summary, k.Revert)
			for _, g := range k.Guards {
				rows = append(rows, []string{k.Name, g.Name, g.Question})
			}
		}
		table(w, "", "FAULT GUARD QUESTION", rows)
	}}
}

func newStopCmd(f *factory) *cobra.Command {
	var server serverFlags
	var reason string
	cmd := &cobra.Command{
		Use: "stop --reason TEXT", Short: "Emergency stop: abort all runs, revert all faults, start nothing until resume",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if reason == "" {
				return usageError{fmt.Errorf("a stop needs --reason"), cmd.CommandPath()}
			}
			return f.withSession(cmd.Context(), &server, func(s *session) error {
				state, err := askServer(cmd.Context(), s, events.StopCall, events.StopRequest{Reason: reason, By: f.User})
				if err != nil {
					return err
				}
				if err := f.show(stopResult(state)); err != nil || len(state.Open) == 0 {
					return err
				}
				return events.Errorf(events.KindPartial, "shakedown chaos ledger --open",
					"stop: %d faults are not reverted yet: %s", len(state.Open), strings.Join(state.Open, ", "))
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for those who look at it later")
	server.add(cmd.Flags())
	return cmd
}

func newResumeCmd(f *factory) *cobra.Command {
	var server serverFlags
	cmd := &cobra.Command{
		Use: "resume", Short: "Release the emergency stop", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.withSession(cmd.Context(), &server, func(s *session) error {
				state, err := askServer(cmd.Context(), s, events.ResumeCall, events.StopRequest{By: f.User})
				if err != nil {
					return err
				}
				return f.show(stopResult(state))
			})
		},
	}
	server.add(cmd.Flags())
	return cmd
}

func stopResult(state events.StopState) result {
	return result{value: state, draw: func(w io.Writer) {
		if !state.Engaged {
			fmt.Fprintln(w, "faults may be injected")
			return
		}
		fmt.Fprintf(w, "stopped since %s by %s: %s\n", state.Since.UTC().Format(time.RFC3339), orDash(state.By), state.Reason)
		for _, fault := range state.Reverted {
			fmt.Fprintf(w, "reverted %s\n", fault)
		}
		for _, fault := range state.Open {
			fmt.Fprintf(w, "not reverted yet %s\n", fault)
		}
		fmt.Fprintln(w, "nothing starts until: shakedown chaos resume")
	}}
}

func newLedgerCmd(f *factory) *cobra.Command {
	var server serverFlags
	var open bool
	cmd := &cobra.Command{
		Use: "ledger", Short: "List the undo ledger: every fault that was asked for, and whether it is closed", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.withSession(cmd.Context(), &server, func(s *session) error {
				answer, err := askServer(cmd.Context(), s, events.LedgerListCall, events.LedgerQuery{Open: open})
				if err != nil {
					return err
				}
				return f.show(ledgerResult(answer.Entries))
			})
		},
	}
	cmd.Flags().BoolVar(&open, "open", false, "open entries only")
	server.add(cmd.Flags())
	return cmd
}

func ledgerResult(entries []events.LedgerEntry) result {
	return result{value: entries, draw: func(w io.Writer) {
		rows := make([][]string, 0, len(entries))
		for _, e := range entries {
			rows = append(rows, []string{e.Fault, e.Kind, e.Namespace, e.State, fmt.Sprint(len(e.Victims)), e.Opened.UTC().Format(time.RFC3339), orDash(e.Note)})
		}
		table(w, "the ledger is empty", "FAULT KIND NAMESPACE STATE VICTIMS OPENED NOTE", rows)
	}}
}
