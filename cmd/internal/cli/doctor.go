package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// checkup is one thing that doctor looked at.
type checkup struct {
	Area string `json:"area"`
	provisioner.Check
}

func newDoctorCmd(f *factory) *cobra.Command {
	var o upOptions
	var server serverFlags
	cmd := &cobra.Command{
		Use: "doctor", Short: "Tell what this machine can do, and what it lacks",
		Long: `Look at what the sandbox needs of this machine, at the cluster and the Prometheus
that are named, and at the server. Nothing is changed. The exit code is 0 when
everything that was asked about is well: the sandbox counts only with --sandbox.`,
		Args: cobra.NoArgs,
	}
	sandboxCounts := cmd.Flags().Bool("sandbox", false, "exit 1 when this machine cannot run the sandbox")
	o.addServices(cmd.Flags())
	server.add(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return f.doctor(cmd.Context(), &o, &server, *sandboxCounts)
	}
	return cmd
}

func (f *factory) doctor(ctx context.Context, o *upOptions, server *serverFlags, sandboxCounts bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	list, err := f.sandboxCheckups(ctx)
	if err != nil {
		return err
	}
	sick := sandboxCounts && anySick(list)
	for _, c := range app.Checkups(ctx, f.appOptions(o.Options)) {
		list, sick = append(list, checkupOf(c.Area, c.Object, c.Answer, c.Err)), sick || c.Err != nil
	}
	list = append(list, f.serverCheckup(ctx, server))
	if err := f.show(doctorResult(list)); err != nil {
		return err
	}
	if sick {
		return verdictError{exitUnexpected}
	}
	return nil
}

func anySick(list []checkup) bool {
	for _, c := range list {
		if !c.OK {
			return true
		}
	}
	return false
}

func (f *factory) sandboxCheckups(ctx context.Context) ([]checkup, error) {
	c, err := f.clusters()
	if err != nil {
		return nil, err
	}
	checks, err := c.Checks(ctx, provisioner.NewDocument("doctor"))
	if err != nil {
		return nil, err
	}
	list := make([]checkup, 0, len(checks))
	for _, check := range checks {
		list = append(list, checkup{"sandbox", check})
	}
	return list, nil
}

func (f *factory) serverCheckup(ctx context.Context, server *serverFlags) checkup {
	err := f.withSession(ctx, server, func(s *session) error {
		_, err := askServer(ctx, s, events.RunListCall, events.RunsQuery{Limit: 1})
		return err
	})
	return checkupOf("server", "shakedown up", "answers", err)
}

func checkupOf(area, name, found string, err error) checkup {
	c := checkup{Area: area, Check: provisioner.Check{Name: name, OK: err == nil, Found: found}}
	if err != nil {
		c.Found, c.Hint = err.Error(), hintOf(err)
	}
	return c
}

func doctorResult(list []checkup) result {
	return result{value: list, draw: func(w io.Writer) {
		rows := make([][]string, 0, len(list))
		for _, c := range list {
			rows = append(rows, []string{c.Area, c.Name, verdictMark(c.OK), c.Found})
		}
		table(w, "", "AREA CHECK OK FOUND", rows)
		for _, c := range list {
			if !c.OK && c.Hint != "" {
				fmt.Fprintf(w, "%s %s: %s\n", c.Area, c.Name, c.Hint)
			}
		}
	}}
}

func verdictMark(ok bool) string {
	if ok {
		return "yes"
	}
	return "no"
}
