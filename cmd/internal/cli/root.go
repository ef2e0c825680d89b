package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/config"
	"github.com/shakedown-dev/shakedown/events"
)

const rootLong = `Shakedown builds environments on Kubernetes, breaks them on purpose and proves
from Prometheus and the Kubernetes API that they healed.

  shakedown demo       the whole voyage on this machine, with two commands
  shakedown doctor     what this machine can do, and what it lacks
  shakedown up         the server, with everything in one process

Every flag can be set by a variable (--data-dir by SHAKEDOWN_DATA_DIR) or in the
configuration file. Exit codes are explained by "shakedown help exit-codes".`

// newRoot lists every command there is.
func newRoot(f *factory) *cobra.Command {
	root := &cobra.Command{
		Use: "shakedown", Short: "Run Chaos Monkey and feel good about it", Long: rootLong,
		SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var configFile string
	flags := root.PersistentFlags()
	flags.StringVarP(&f.output, "output", "o", "table", "`format` of the result: table, json or yaml")
	flags.StringVar(&f.dataDir, "data-dir", "", "`folder` of the server's state (default $HOME/.local/share/shakedown)")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "tell more on stderr")
	flags.StringVar(&configFile, "config", "", "configuration `file` (default $HOME/.config/shakedown/config.yaml)")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := f.settings(cmd.Flags(), configFile); err != nil {
			return err
		}
		return f.checkOutput(cmd)
	}
	root.SetOut(f.Out)
	root.SetErr(f.Err)
	root.SetIn(f.In)
	root.AddCommand(
		newUpCmd(f), newServeCmd(f), newDemoCmd(f), newDoctorCmd(f), newVersionCmd(f), newSchemaCmd(f),
		newClusterCmd(f), newEnvCmd(f), newChaosCmd(f), newExperimentCmd(f), newReportCmd(f), newDataCmd(f), newEventsCmd(f),
		newExitCodesTopic(f),
	)
	asUsage(root)
	return root
}

func (f *factory) settings(flags *pflag.FlagSet, path string) error {
	if given := f.Env(config.Variable("config")); path == "" && given != "" {
		path = given
	}
	must := path != ""
	if !must {
		path = config.File(f.Env)
	}
	values, err := config.Load(path, must)
	if err != nil {
		return err
	}
	return config.Fill(flags, f.Env, values)
}

func (f *factory) checkOutput(cmd *cobra.Command) error {
	if known := []string{"table", "json", "yaml"}; !slices.Contains(known, f.output) {
		given := f.output
		f.output = "table"
		return usageError{fmt.Errorf("--output is %q, want one of %s", given, strings.Join(known, ", ")), cmd.CommandPath()}
	}
	return nil
}

// asUsage makes every mistake in a command line a usageError that names the
// command whose help explains it, and groups answer unknown words.
func asUsage(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError{err, c.CommandPath()} })
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{err, c.CommandPath()}
			}
			return nil
		}
	}
	for _, child := range cmd.Commands() {
		asUsage(child)
	}
}

// group is a command that only holds others.
func group(use, short string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(children...)
	return cmd
}

func newExitCodesTopic(f *factory) *cobra.Command {
	cmd := &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Args: cobra.NoArgs}
	cmd.SetHelpFunc(func(*cobra.Command, []string) {
		_ = f.show(exitCodesResult()) // help has nowhere to tell an error
	})
	return cmd
}

func exitCodesResult() result {
	return result{value: exitCodes(), draw: func(w io.Writer) {
		rows := make([][]string, 0, len(exitCodes()))
		for _, e := range exitCodes() {
			rows = append(rows, []string{strconv.Itoa(e.Code), e.Meaning})
		}
		table(w, "", "EXIT MEANING", rows)
	}}
}

// invalid is an error about what the user gave.
func invalid(hint, format string, args ...any) error {
	return events.Errorf(events.KindInvalid, hint, format, args...)
}
