package dns

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/events"
)

// listOptions say of which zones, and how owners are found.
type listOptions struct {
	zones    []string
	registry dns.Registry
}

func newList(d *kit.Deps) *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use: "list", Short: "List records with their owners. Changes nothing",
		Long: `List the records of all zones, or of those that are named, each with the owner that
its TXT record names. The TXT records themselves are shown only when their record is
gone. ` + account,
		Example: `  shakedown dns list --zone shop.example`,
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return list(cmd.Context(), d, o) },
	}
	cmd.Flags().StringArrayVar(&o.zones, "zone", nil, "`name` or id of a zone; may be repeated (default all)")
	cmd.Flags().StringVar(&o.registry.Prefix, "txt-prefix", "", "`text` before the names of TXT records, as in the registry of the files")
	cmd.Flags().StringVar(&o.registry.Suffix, "txt-suffix", "", "`text` after their first labels")
	cmd.Flags().StringVar(&o.registry.Wildcard, "txt-wildcard", "", "`text` that stands for * in them")
	return cmd
}

func list(ctx context.Context, d *kit.Deps, o listOptions) error {
	if err := o.registry.Check(); err != nil {
		return kit.Usagef("shakedown dns list", "%w", err)
	}
	progress := d.Progress()
	s, err := app.NewSyncer(ctx, d.Now, progress)
	if err != nil {
		return err
	}
	progress.Step("read zones")
	contents, err := o.read(ctx, s.Provider)
	progress.Done(err)
	if err != nil {
		return err
	}
	return d.Show(listView(dns.List(contents, o.registry)))
}

// read reads the zones that are named, which must be there, or all.
func (o listOptions) read(ctx context.Context, p dns.Provider) ([]dns.Contents, error) {
	zones, err := p.Zones(ctx)
	if err != nil {
		return nil, err
	}
	for _, wanted := range o.zones {
		if !slices.ContainsFunc(zones, func(z dns.Zone) bool { return is(z, wanted) }) {
			return nil, events.Errorf(events.KindNotFound, "shakedown dns list", "there is no hosted zone %s in this account", wanted)
		}
	}
	var contents []dns.Contents
	for _, z := range zones {
		if len(o.zones) > 0 && !slices.ContainsFunc(o.zones, func(wanted string) bool { return is(z, wanted) }) {
			continue
		}
		records, err := p.Records(ctx, z)
		if err != nil {
			return nil, err
		}
		contents = append(contents, dns.Contents{Zone: z, Records: records})
	}
	return contents, nil
}

// is says whether the zone has the id or the name.
func is(z dns.Zone, wanted string) bool {
	return z.ID == wanted || z.Name.API() == strings.TrimSuffix(strings.ToLower(wanted), ".")+"."
}
