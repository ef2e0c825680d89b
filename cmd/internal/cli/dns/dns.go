// Package dns has the commands on hostnames. They work in this process: nothing else
// changes zones.
package dns

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// New is the command dns with those below it.
func New(d *kit.Deps) *cobra.Command {
	return kit.Group("dns", "Hostnames: records of Route 53, of which only ours are ever changed", newList(d), newPlan(d), newSync(d))
}

const account = `The account is that of the AWS SDK's own settings, such as AWS_PROFILE.`

// options name the documents.
type options struct{ paths []string }

func (o *options) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&o.paths, "file", "f", nil, "`PATH` of a file or a folder with Hostnames, or - for stdin; may be repeated")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml") // the flag is there
}

// sources are what the documents want. Those of other kinds are passed over.
func (o *options) sources(d *kit.Deps) ([]dns.Source, error) {
	if len(o.paths) == 0 {
		return nil, kit.Invalid("give -f PATH", "no file or folder was given")
	}
	documents, err := d.Specs().Read(o.paths...)
	if err != nil {
		return nil, err
	}
	var sources []dns.Source
	seen := map[dns.Owner]bool{}
	for _, document := range spec.Of[*dns.Document](documents) {
		s := document.Source()
		if seen[s.Owner] {
			return nil, kit.Invalid("give one of them another name", "two documents of the owner %s are called %s", s.Owner.ID, document.Metadata.Name)
		}
		seen[s.Owner] = true
		sources = append(sources, s)
	}
	if len(sources) == 0 {
		return nil, kit.Invalid("shakedown schema "+dns.Kind, "there is no document of kind %s", dns.Kind)
	}
	return sources, nil
}

// plan reads the zones and compares them with the documents.
func (o *options) plan(ctx context.Context, d *kit.Deps, p *kit.Progress) (dns.Syncer, dns.Plan, error) {
	sources, err := o.sources(d)
	if err != nil {
		return dns.Syncer{}, dns.Plan{}, err
	}
	s, err := app.NewSyncer(ctx, d.Now, p)
	if err != nil {
		return s, dns.Plan{}, err
	}
	p.Step("read zones")
	contents, err := dns.Read(ctx, s.Provider, sources)
	p.Done(err)
	if err != nil {
		return s, dns.Plan{}, err
	}
	return s, dns.NewPlan(contents, sources), nil
}

// refused ends a sync of which nothing could be done.
func refused(n int) error {
	return events.Errorf(events.KindRefused, "shakedown dns plan -f PATH says more", "nothing was changed: %s refused", html.Plural(n, "record"))
}
