package data

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/datamove"
)

func newCopy(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "copy", Short: "Copy data and prove that both sides are equal",
		Long: `Inspect both ends, refuse or copy, and compare both sides. The report is kept as
JSON and HTML. A copy that was interrupted goes on where it stopped with --resume.
The exit code is 0 only when both sides are equal; 9 means a difference, 5 that
it was refused and nothing was changed.`,
		Example: `  shakedown data copy -f datacopy.yaml
  shakedown data copy --resume 4f1c2e9a`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return copyData(cmd.Context(), d, &o) },
	}
	o.add(cmd.Flags(), true)
	cmd.Flags().StringVar(&o.resume, "resume", "", "`id` of a copy that was interrupted")
	return cmd
}

func copyData(ctx context.Context, d *kit.Deps, o *options) error {
	document, copier, err := o.open(d)
	if err != nil {
		return err
	}
	p := newProgress(d)
	report, err := copier.Copy(ctx, document, datamove.CopyOptions{ID: o.resume, Resume: o.resume != "", Began: p.began}, p)
	p.lines.Done(err)
	if report.Verdict == datamove.Incomplete && copier.Knows(report.ID) {
		p.lines.Say("to go on: shakedown data copy --resume %s", report.ID)
	}
	return conclude(d, copier, report, err)
}

// conclude shows the report and ends with the exit code that its verdict means.
func conclude(d *kit.Deps, copier *datamove.Copier, r datamove.Report, err error) error {
	if len(r.Parts) == 0 && err != nil {
		return err
	}
	if shown := d.Show(reportView(r, copier.ReportFiles(r.ID))); shown != nil {
		return shown
	}
	switch {
	case err != nil:
		return err
	case r.Verdict == datamove.Equal:
		return nil
	case r.Verdict == datamove.Different:
		return kit.Outcome{Code: kit.ExitDrift}
	case r.Verdict == datamove.Refused:
		return kit.Outcome{Code: kit.ExitRefused}
	}
	return kit.Outcome{Code: kit.ExitPartly}
}
