package kit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/config"
)

// GlobalFlags adds the flags that every command has.
func (d *Deps) GlobalFlags(flags *pflag.FlagSet) {
	flags.StringVarP(&d.Output, "output", "o", "table", "`format` of the result: table, json or yaml")
	flags.StringVar(&d.DataFolder, "data-dir", "", "`folder` of the server's state (default $HOME/.local/share/shakedown)")
	flags.BoolVarP(&d.Verbose, "verbose", "v", false, "show more on stderr")
	flags.StringVar(&d.configFile, "config", "", "configuration `file` (default $HOME/.config/shakedown/config.yaml)")
}

// Settle gives the flags that were not on the command line their values from the
// environment and the configuration file, and checks the global ones.
func (d *Deps) Settle(cmd *cobra.Command) error {
	path := d.configFile
	if path == "" {
		path = d.Env(config.Variable("config"))
	}
	must := path != ""
	if !must {
		path = config.File(d.Env)
	}
	values, err := config.Load(path, must)
	if err != nil {
		return err
	}
	d.warnOfArguments(cmd.Flags())
	given := config.Given(cmd.Flags())
	if err := config.Fill(cmd.Flags(), d.Env, values); err != nil {
		return err
	}
	if name, needed := config.Useless(cmd.Flags(), given); name != "" {
		return Usagef(cmd.CommandPath(), "--%s does nothing without --%s", name, needed)
	}
	return d.checkOutput(cmd)
}

// warnOfArguments names the flags of the command line that have a secret for NATS.
func (d *Deps) warnOfArguments(flags *pflag.FlagSet) {
	for _, name := range []string{"nats", "nats-token"} {
		f := flags.Lookup(name)
		if f == nil || !f.Changed || name == "nats" && !strings.Contains(f.Value.String(), "@") {
			continue
		}
		d.Log().Warn("everybody on this machine can read this flag in the list of processes",
			"flag", "--"+name, "hint", "give "+config.Variable(name)+" or --nats-creds FILE")
	}
}

func (d *Deps) checkOutput(cmd *cobra.Command) error {
	known := Formats(cmd)
	if !cmd.Flags().Changed("output") {
		d.Output = known[0]
	}
	if !slices.Contains(known, d.Output) {
		given := d.Output
		d.Output = known[0]
		return UsageError{fmt.Errorf("--output is %q, want one of %s", given, strings.Join(known, ", ")), cmd.CommandPath()}
	}
	return nil
}
