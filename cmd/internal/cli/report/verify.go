package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/config"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/audit"
	"github.com/shakedown-dev/shakedown/experiments/prom"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

type verifyOptions struct {
	file, hash string
	timeout    time.Duration
	prometheus prom.Config
}

func newVerify(d *kit.Deps) *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use: "verify FILE", Short: "Judge a run record again, and say what of it holds",
		Long: `Judge a run record again, offline, from its samples, its marks and its ending alone: the chain
of hashes, every sample, every figure, every line of evidence and the verdict. FILE is a
record as "report export --format json" writes it, or - for stdin.

The chain has no key. It shows that a part of a record was changed, by accident or on purpose,
and which. Who writes a whole record anew can write a chain that fits: only a hash that was
kept elsewhere shows that. The event of a run's end has it (shakedown experiment list -o json);
--hash compares it with that of the record. The ending, such as the reason of an abort, is what
the runner said; no sample shows it.

With --prometheus the samples are asked for again. Each probe has the same data, or other ones,
or they are no longer kept. Data that came in after a sample was taken cannot be compared.

Exit codes: 0 all of it holds; 2 the file is no record that can be verified; 3 there is no such
file; 4 it holds, but not all data could be asked for again; 9 it does not hold.`,
		Example: `  shakedown report export latest --format json | shakedown report verify -
  shakedown report verify run.json --prometheus http://prometheus:9090`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return verify(cmd.Context(), d, &o)
		},
	}
	cmd.Flags().StringVar(&o.hash, "hash", "", "the `hash` of the record as it was published when its run ended")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 10*time.Second, "how long one question to Prometheus may take")
	app.PrometheusFlags(cmd.Flags(), &o.prometheus)
	config.Need(cmd.Flags(), "prometheus", "timeout")
	return cmd
}

func verify(ctx context.Context, d *kit.Deps, o *verifyOptions) error {
	raw, err := read(d, o.file)
	if err != nil {
		return err
	}
	a, err := audit.Of(raw, o.hash, app.ProbeKinds().Advise)
	if err != nil {
		return err
	}
	if o.prometheus.URL != "" {
		if err := askAgain(ctx, &a, raw, o); err != nil {
			return err
		}
	}
	if err := d.Show(auditView(a, kit.Build().Version)); err != nil {
		return err
	}
	return outcome(a, o.prometheus.URL != "")
}

// read reads a file, or stdin for "-", and no more of it than a record may have.
func read(d *kit.Deps, file string) ([]byte, error) {
	in := d.In
	if file != "-" {
		f, err := os.Open(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, events.Errorf(events.KindNotFound, "shakedown report export RUN --out FILE.json", "read record: %w", err)
		}
		if err != nil {
			return nil, kit.Invalid("shakedown report export RUN --out FILE.json", "read record: %w", err)
		}
		defer func() { _ = f.Close() }() // it was only read
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, audit.Most+1))
	if err != nil {
		return nil, kit.Invalid("shakedown report export RUN --out FILE.json", "read record: %w", err)
	}
	return raw, nil
}

func askAgain(ctx context.Context, a *audit.Audit, raw []byte, o *verifyOptions) error {
	o.prometheus.Timeout = o.timeout
	kinds, done, err := app.AskedAgain(o.prometheus)
	if err != nil {
		return err
	}
	defer done()
	r, err := record.Parse(raw)
	if err != nil {
		return err
	}
	if err := a.Ask(ctx, r, kinds, o.timeout); err != nil {
		return fmt.Errorf("ask for the data of run %s again: %w", r.Run, err)
	}
	return nil
}

// outcome is the exit code of an audit.
func outcome(a audit.Audit, asked bool) error {
	switch {
	case !a.Holds:
		return kit.Outcome{Code: kit.ExitDrift}
	case asked && !a.Complete():
		return kit.Outcome{Code: kit.ExitPartly}
	}
	return nil
}
