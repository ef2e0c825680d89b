package apply

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// options are those of all three commands.
type options struct {
	server  kit.Server
	paths   []string
	wait    bool
	timeout time.Duration
	yes     bool
}

func (o *options) flags(cmd *cobra.Command, services ...string) {
	cmd.Flags().StringArrayVarP(&o.paths, "file", "f", nil, "`PATH` of a file or a folder, or - for stdin; may be repeated")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml") // the flag is there
	o.server.Flags(cmd.Flags())
	o.server.StandaloneFlags(cmd.Flags(), services...)
}

func (o *options) waiting(cmd *cobra.Command, usage string, timeout time.Duration) {
	kit.WaitFlags(cmd.Flags(), &o.wait, usage, &o.timeout, timeout, "how long to wait for each environment")
}

// stdin says whether documents come from stdin.
func (o *options) stdin() bool { return slices.Contains(o.paths, "-") }

// with lets do work on the target, and closes it.
func (o *options) with(d *kit.Deps, do func(*target) error) error {
	t := &target{d: d, server: &o.server, wait: o.wait, timeout: o.timeout}
	err := do(t)
	if closing := t.close(); err == nil {
		err = closing
	}
	return err
}

// read reads all documents. Errors: all that is wrong with them, at once.
func (o *options) read(ctx context.Context, d *kit.Deps) ([]spec.Document, error) {
	if len(o.paths) == 0 {
		return nil, kit.Invalid("give -f PATH", "no file or folder was given")
	}
	documents, err := d.Specs().Read(o.paths...)
	if err != nil {
		return nil, err
	}
	if problems := twice(documents); len(problems) > 0 {
		return nil, events.Errorf(events.KindInvalid, "leave one of them", "%w", problems)
	}
	o.server.Documents(documents)
	return documents, d.CheckFaults(ctx, &o.server, documents)
}

// plan compares the documents with what there is.
func (o *options) plan(ctx context.Context, t *target) (Plan, error) {
	documents, err := o.read(ctx, t.d)
	if err != nil {
		return nil, err
	}
	now, err := survey(ctx, t, documents, func(k kind) ask { return k.compare })
	if err != nil {
		return nil, err
	}
	return newPlan(documents, kinds(), now), nil
}

// announce prints the plan on stderr, before anything is done.
func (p Plan) announce(d *kit.Deps) {
	if p.acting() == 0 {
		return // the result says it
	}
	progress := d.Progress()
	progress.Say("plan:")
	for _, s := range p {
		for _, line := range s.lines() {
			progress.Say("  %s", line)
		}
	}
}

// acting is how many steps change something or wait for something.
func (p Plan) acting() (n int) {
	for _, s := range p {
		if s.Acts() {
			n++
		}
	}
	return n
}

// finish shows how the steps ended.
func finish(d *kit.Deps, p Plan, err error) error {
	if wrong := d.Show(p.result()); wrong != nil {
		return wrong
	}
	return err
}
