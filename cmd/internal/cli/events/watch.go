package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/html"
)

type watchOptions struct {
	server      kit.Server
	types       []string
	correlation string
	since       time.Duration
	// stored ends the watch after the events that are stored.
	stored bool
}

func newWatch(d *kit.Deps) *cobra.Command {
	return watchCommand(d, &watchOptions{}, &cobra.Command{
		Use: "watch", Short: "Show events as they happen, until interrupted", Args: cobra.NoArgs,
	})
}

func newList(d *kit.Deps) *cobra.Command {
	return watchCommand(d, &watchOptions{stored: true, since: time.Hour}, &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List stored events, oldest first", Args: cobra.NoArgs,
	})
}

func watchCommand(d *kit.Deps, o *watchOptions, cmd *cobra.Command) *cobra.Command {
	flags := cmd.Flags()
	flags.StringSliceVar(&o.types, "type", nil, "`type` of events, such as v1.envs.environment.ready; may be repeated")
	flags.StringVar(&o.correlation, "correlation", "", "run or environment that the events belong to")
	flags.DurationVar(&o.since, "since", o.since, "how far back to begin")
	o.server.Flags(flags)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return watch(cmd.Context(), d, o) }
	return cmd
}

// watch writes one line an event; with -o json one object a line, since a stream has
// no end at which a list could be closed.
func watch(ctx context.Context, d *kit.Deps, o *watchOptions) error {
	return d.WithSession(ctx, &o.server, func(s *kit.Session) error {
		var unwritten error
		err := s.Bus.Watch(ctx, o.filter(d.Now()), func(e events.Envelope) bool {
			unwritten = write(d, e)
			return unwritten == nil
		})
		return errors.Join(unwritten, err)
	})
}

func (o *watchOptions) filter(now time.Time) events.Filter {
	filter := events.Filter{Correlation: o.correlation, UntilCaughtUp: o.stored}
	if o.since > 0 {
		filter.Since = now.Add(-o.since)
	}
	for _, t := range o.types {
		filter.Types = append(filter.Types, events.Prefix+strings.TrimPrefix(t, events.Prefix))
	}
	return filter
}

func write(d *kit.Deps, e events.Envelope) error {
	switch d.Output {
	case "json":
		return json.NewEncoder(d.Out).Encode(e)
	case "yaml":
		if _, err := fmt.Fprintln(d.Out, "---"); err != nil {
			return err
		}
		return kit.WriteYAML(d.Out, e)
	default:
		_, err := fmt.Fprintf(d.Out, "%s  %-34s %-24s %s\n", e.Time.UTC().Format("15:04:05.000"),
			strings.TrimPrefix(e.Type, events.Prefix), html.Plain(kit.OrDash(e.CorrelationID)), html.Plain(kit.Shorten(string(e.Data), 160)))
		return err
	}
}
