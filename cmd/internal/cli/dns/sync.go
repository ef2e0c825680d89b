package dns

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/html"
)

func newSync(d *kit.Deps) *cobra.Command {
	var o options
	var yes bool
	cmd := &cobra.Command{
		Use: "sync -f PATH", Short: "Make the zones as the files say, of what is ours",
		Long: `Create, update and delete records so that the zones are as the Hostnames files say, and
wait until all name servers know it. The plan is printed first, and has to be confirmed
on a terminal when it deletes something; elsewhere, give --yes.

A record belongs to the owner and the document that its TXT record names, in the format
of external-dns. What belongs to another one, or to nobody, is refused and never
changed; neither is what somebody changes while sync is at work. A document without
records deletes nothing.

It ends with exit code 4 when only a part could be done: the output lists what is done,
failed, was not tried and was refused. ` + account,
		Example: `  shakedown dns sync -f examples/dns/hostnames.yaml`,
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return sync(cmd.Context(), d, &o, yes) },
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func sync(ctx context.Context, d *kit.Deps, o *options, yes bool) error {
	progress := d.Progress()
	s, p, err := o.plan(ctx, d, progress)
	if err != nil {
		return err
	}
	announce(progress, p)
	if n := p.Deletes(); n > 0 && !yes {
		if slices.Contains(o.paths, "-") { // which is not the place for an answer
			d.InTTY = false
		}
		if err := d.Confirm(fmt.Sprintf("Change what is listed above, and delete %s?", html.Plural(n, "record"))); err != nil {
			return err
		}
	}
	var result dns.Result
	if len(p.Changes) > 0 {
		result, err = s.Apply(ctx, p)
		progress.Done(err)
	}
	if shown := d.Show(resultView(result, p)); shown != nil {
		return shown
	}
	return verdict(result, p, err)
}

// announce prints the plan on stderr, before anything is done.
func announce(progress *kit.Progress, p dns.Plan) {
	if len(p.Changes) == 0 {
		return // the result says it
	}
	progress.Say("plan:")
	for _, c := range p.Changes {
		progress.Say("  %s", changeLine(c))
	}
}

// verdict is the exit code that the result means.
func verdict(r dns.Result, p dns.Plan, err error) error {
	missing := len(r.Failed) + len(r.NotTried) + len(p.Refused)
	switch {
	case err != nil && len(r.Done) == 0:
		return err
	case missing > 0 && len(r.Done) == 0 && len(r.Failed) == 0:
		return refused(len(p.Refused))
	case missing > 0:
		hint := kit.HintOf(err)
		if err == nil {
			err = fmt.Errorf("see the reasons above")
		}
		return events.Errorf(events.KindPartial, hint, "%d done, %d failed, %d not tried, %d refused: %w", len(r.Done), len(r.Failed), len(r.NotTried), len(p.Refused), err)
	}
	return err
}
