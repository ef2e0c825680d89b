// Package doctor has the command that checks what shakedown needs.
package doctor

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// timeout bounds all checks together.
const timeout = time.Minute

type options struct {
	app    app.Options
	server kit.Server
	// sandbox makes a machine that cannot run the sandbox an error.
	sandbox bool
}

// New is the command doctor.
func New(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "doctor", Short: "Say what this machine can do, and what it lacks",
		Long: `Check what the sandbox needs of this machine, the cluster and the Prometheus that
are named, and the server. Nothing is changed. The exit code is 0 when everything
that was asked about is well: the sandbox counts only with --sandbox.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return doctor(cmd.Context(), d, &o) },
	}
	cmd.Flags().BoolVar(&o.sandbox, "sandbox", false, "exit 1 when this machine cannot run the sandbox")
	o.app.AddCheckupFlags(cmd.Flags())
	o.server.Flags(cmd.Flags())
	return cmd
}

func doctor(ctx context.Context, d *kit.Deps, o *options) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	list, err := sandboxCheckups(ctx, d)
	if err != nil {
		return err
	}
	healthy := !o.sandbox || allOK(list)
	var needs []checkup
	for _, c := range app.Checkups(ctx, d.AppOptions(o.app)) {
		needs = append(needs, newCheckup(c.Area, c.Object, c.Answer, c.Err))
	}
	list = append(append(list, needs...), serverCheckups(ctx, d, o)...)
	if err := d.Show(view(list)); err != nil {
		return err
	}
	if healthy && allOK(needs) {
		return nil
	}
	return kit.Outcome{Code: kit.ExitUnexpected}
}

// checkup is one thing that was checked.
type checkup struct {
	Area string `json:"area"`
	provisioner.Check
}

func newCheckup(area, name, found string, err error) checkup {
	c := checkup{Area: area, Check: provisioner.Check{Name: name, OK: err == nil, Found: found}}
	if err != nil {
		c.Found, c.Hint = err.Error(), kit.HintOf(err)
	}
	return c
}

func allOK(list []checkup) bool {
	for _, c := range list {
		if !c.OK {
			return false
		}
	}
	return true
}

func sandboxCheckups(ctx context.Context, d *kit.Deps) ([]checkup, error) {
	clusters, err := d.Clusters()
	if err != nil {
		return nil, err
	}
	checks, err := clusters.Checks(ctx, provisioner.NewDocument("doctor"))
	if err != nil {
		return nil, err
	}
	list := make([]checkup, 0, len(checks))
	for _, check := range checks {
		list = append(list, checkup{"sandbox", check})
	}
	return list, nil
}

// serverCheckups asks a server, if there is one, whether it answers, what runs in it and
// what it stores. Where there is none, it says what would run in one.
func serverCheckups(ctx context.Context, d *kit.Deps, o *options) []checkup {
	var found server
	found.err = d.WithSession(ctx, &o.server, func(s *kit.Session) (err error) {
		found.unsafe = s.Bus.Warnings()
		if found.usage, err = kit.Ask(ctx, s, events.StoreUsageCall, events.Nothing{}); err != nil {
			return err
		}
		// Not every server knows: what nobody answers is not shown.
		services, _ := kit.Ask(ctx, s, events.ServiceListCall, events.Nothing{})
		runs, _ := kit.Ask(ctx, s, events.RunListCall, events.RunsQuery{Limit: 1})
		found.services, found.runs = services.Services, runs.Retention
		return nil
	})
	list := found.checkups()
	if found.err != nil {
		list = append(list, possibleServices(d.AppOptions(o.app))...)
	}
	return list
}
