package schedule

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/chaos/monkey/migrate"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

func newImport(d *kit.Deps) *cobra.Command {
	return kit.Group("import", "Make schedules of the settings of other tools, with a list of what differs",
		newKubeMonkey(d), newChaoskube(d), newChaosMonkey(d))
}

func newKubeMonkey(d *kit.Deps) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use: "kube-monkey MANIFESTS", Short: "Make schedules of the labels of kube-monkey on workloads",
		Example: `  shakedown schedule import kube-monkey deployments.yaml --config config.toml > schedule.yaml`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			manifests, err := input(d, args[0])
			if err != nil {
				return err
			}
			var settings []byte
			if config != "" {
				if settings, err = input(d, config); err != nil {
					return err
				}
			}
			return imported(d)(migrate.KubeMonkey(manifests, settings))
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "`file` with the configuration of kube-monkey (TOML)")
	return cmd
}

func newChaoskube(d *kit.Deps) *cobra.Command {
	return &cobra.Command{
		Use: "chaoskube -- FLAGS", Short: "Make a schedule of the flags of chaoskube",
		Example: `  shakedown schedule import chaoskube -- --namespaces=shop --labels=app=web --timezone=Europe/Berlin > schedule.yaml`,
		Args:    cobra.MinimumNArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error { return imported(d)(migrate.Chaoskube(args)) },
	}
}

func newChaosMonkey(d *kit.Deps) *cobra.Command {
	return &cobra.Command{
		Use: "chaos-monkey FILE", Short: "Make a schedule of the configuration of Chaos Monkey (TOML)",
		Example: `  shakedown schedule import chaos-monkey chaosmonkey.toml > schedule.yaml`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := input(d, args[0])
			if err != nil {
				return err
			}
			return imported(d)(migrate.ChaosMonkey(raw))
		},
	}
}

// input reads a file, or stdin for "-".
func input(d *kit.Deps, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(d.In)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, kit.Invalid("name a file that is there, or - for stdin", "read the settings: %w", err)
	}
	return raw, nil
}

// imported shows the schedules as a file, and what differs as its comments.
func imported(d *kit.Deps) func(migrate.Result, error) error {
	return func(r migrate.Result, err error) error {
		if err != nil {
			return kit.Invalid("shakedown schedule import --help", "%w", err)
		}
		return d.Show(kit.Result{Value: r, Draw: func(w io.Writer) {
			for _, text := range r.Differs {
				fmt.Fprintf(w, "# differs: %s\n", text)
			}
			for _, document := range r.Documents {
				fmt.Fprintln(w, "---")
				_ = kit.WriteYAML(w, document) // a document that was made can be encoded
			}
		}})
	}
}
