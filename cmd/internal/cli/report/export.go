package report

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/runs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/report"
)

type exportOptions struct {
	server      kit.Server
	run         string
	format, out string
}

func newExport(d *kit.Deps) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use: "export RUN|latest", Short: "Write a report as HTML, Markdown, JUnit XML or JSON",
		Example: `  shakedown report export latest --format html --out report.html
  shakedown report export latest --format junit > junit.xml`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: runs.Complete(d, &o.server),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = args[0]
			return export(cmd.Context(), d, &o)
		},
	}
	cmd.Flags().StringVar(&o.format, "format", "", "html, markdown, junit or json (default: by the name of --out or by -o, else html)")
	cmd.Flags().StringVar(&o.out, "out", "-", "`file` to write, or - for stdout")
	kit.CompleteFlag(cmd, "format", cobra.FixedCompletions([]string{"html", "markdown", "junit", "json"}, cobra.ShellCompDirectiveNoFileComp))
	o.server.Flags(cmd.Flags())
	o.server.ReadingFlag(cmd.Flags())
	return cmd
}

func export(ctx context.Context, d *kit.Deps, o *exportOptions) error {
	render, err := o.renderer(d.Output)
	if err != nil {
		return err
	}
	return d.WithSession(ctx, &o.server, func(s *kit.Session) error {
		r, err := runs.Record(ctx, s, o.run)
		if err != nil {
			return err
		}
		var page bytes.Buffer
		if err := render(&page, r); err != nil {
			return fmt.Errorf("render report of run %s: %w", r.Run, err)
		}
		return write(d, o.out, page.Bytes())
	})
}

// renderer writes the format that was asked for: by --format, else by the end of the
// file's name, else by -o, else HTML.
func (o *exportOptions) renderer(output string) (func(io.Writer, record.Record) error, error) {
	format := strings.ToLower(o.format)
	if format == "" {
		format = map[string]string{".html": "html", ".htm": "html", ".md": "markdown", ".xml": "junit", ".json": "json"}[strings.ToLower(filepath.Ext(o.out))]
	}
	if format == "" && output == "yaml" {
		return nil, kit.Invalid("shakedown report export --help", "there is no report as yaml; there are html, markdown, junit and json")
	}
	if format == "" && output == "json" {
		format = "json"
	}
	render := map[string]func(io.Writer, record.Record) error{
		"": report.HTML, "html": report.HTML, "markdown": report.Markdown, "junit": report.JUnit, "json": report.JSON,
	}[format]
	if render == nil {
		return nil, kit.Invalid("shakedown report export --help", "--format is %q, want html, markdown, junit or json", o.format)
	}
	return render, nil
}

// write writes the page to the file, or to stdout if its name is "-".
func write(d *kit.Deps, out string, page []byte) error {
	if out == "-" {
		_, err := d.Out.Write(page)
		return err
	}
	if err := os.WriteFile(out, page, 0o644); err != nil { //nolint:gosec // a report is meant to be read
		return events.Errorf(events.KindInternal, "choose a file that can be written with --out", "write report: %w", err)
	}
	fmt.Fprintf(d.Err, "wrote %s\n", out)
	return nil
}
