package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

func newEventsCmd(f *factory) *cobra.Command {
	return group("events", "What the services say to each other, and what none could handle",
		newEventsWatchCmd(f), newEventsListCmd(f),
		group("dlq", "The dead letters: events that a group could not handle",
			newDeadListCmd(f), newDeadShowCmd(f), newDeadReplayCmd(f), newDeadDropCmd(f)))
}

type eventsOptions struct {
	server      serverFlags
	types       []string
	correlation string
	since       time.Duration
}

func (o *eventsOptions) add(cmd *cobra.Command, since time.Duration) {
	cmd.Flags().StringSliceVar(&o.types, "type", nil, "`type` of events, such as v1.envs.environment.ready; may be repeated")
	cmd.Flags().StringVar(&o.correlation, "correlation", "", "run or environment that the events belong to")
	cmd.Flags().DurationVar(&o.since, "since", since, "how far back to begin")
	o.server.add(cmd.Flags())
}

func (o *eventsOptions) filter(now time.Time) events.Filter {
	filter := events.Filter{Correlation: o.correlation}
	if o.since > 0 {
		filter.Since = now.Add(-o.since)
	}
	for _, t := range o.types {
		filter.Types = append(filter.Types, events.Prefix+strings.TrimPrefix(t, events.Prefix))
	}
	return filter
}

func newEventsWatchCmd(f *factory) *cobra.Command {
	var o eventsOptions
	cmd := &cobra.Command{
		Use: "watch", Short: "Show events as they happen, until interrupted", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.watchEvents(cmd.Context(), &o, false) },
	}
	o.add(cmd, 0)
	return cmd
}

func newEventsListCmd(f *factory) *cobra.Command {
	var o eventsOptions
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List stored events, oldest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.watchEvents(cmd.Context(), &o, true) },
	}
	o.add(cmd, time.Hour)
	return cmd
}

// watchEvents writes one line an event; with -o json one object a line, since a
// stream has no end at which a list could be closed.
func (f *factory) watchEvents(ctx context.Context, o *eventsOptions, stored bool) error {
	return f.withSession(ctx, &o.server, func(s *session) error {
		filter := o.filter(f.Now())
		filter.UntilCaughtUp = stored
		return s.bus.Watch(ctx, filter, func(e events.Envelope) bool { return f.showEvent(e) == nil })
	})
}

func (f *factory) showEvent(e events.Envelope) error {
	switch f.output {
	case "json":
		return json.NewEncoder(f.Out).Encode(e)
	case "yaml":
		fmt.Fprintln(f.Out, "---")
		return writeYAML(f.Out, e)
	default:
		_, err := fmt.Fprintf(f.Out, "%s  %-34s %-24s %s\n", e.Time.UTC().Format("15:04:05.000"),
			strings.TrimPrefix(e.Type, events.Prefix), orDash(e.CorrelationID), shorten(string(e.Data), 160))
		return err
	}
}

func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "..."
}

// deadCmd is a command that works on the dead letters.
func deadCmd(f *factory, cmd *cobra.Command, work func(context.Context, *session, []string) error) *cobra.Command {
	var server serverFlags
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.withSession(cmd.Context(), &server, func(s *session) error { return work(cmd.Context(), s, args) })
	}
	server.add(cmd.Flags())
	return cmd
}

func newDeadListCmd(f *factory) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List dead letters, oldest first", Args: cobra.NoArgs}
	return deadCmd(f, cmd, func(ctx context.Context, s *session, _ []string) error {
		letters, err := s.bus.DeadLetters(ctx)
		if err != nil {
			return err
		}
		return f.show(result{value: letters, draw: func(w io.Writer) {
			rows := make([][]string, 0, len(letters))
			for _, l := range letters {
				rows = append(rows, []string{l.ID, l.Group, strings.TrimPrefix(l.Type, events.Prefix), strconv.Itoa(l.Attempts), timeText(l.Died), shorten(l.Reason, 80)})
			}
			table(w, "no dead letters", "ID GROUP TYPE ATTEMPTS DIED REASON", rows)
		}})
	})
}

func newDeadShowCmd(f *factory) *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show a dead letter with its event", Args: cobra.ExactArgs(1)}
	return deadCmd(f, cmd, func(ctx context.Context, s *session, args []string) error {
		letter, err := s.bus.DeadLetter(ctx, args[0])
		if err != nil {
			return err
		}
		return f.show(deadLetterResult(letter))
	})
}

func deadLetterResult(l natsbus.DeadLetter) result {
	return result{value: l, draw: func(w io.Writer) {
		fmt.Fprintf(w, "%s could not be handled by %s after %d attempts\nreason: %s\npublished: %s\ndied: %s\n\n%s\n",
			l.Type, l.Group, l.Attempts, l.Reason, timeText(l.Published), timeText(l.Died), l.Body)
	}}
}

func newDeadReplayCmd(f *factory) *cobra.Command {
	cmd := &cobra.Command{Use: "replay ID", Short: "Deliver a dead letter again, to the group that failed", Args: cobra.ExactArgs(1)}
	return deadCmd(f, cmd, func(ctx context.Context, s *session, args []string) error {
		return f.deadDone(args[0], "replayed", s.bus.Replay(ctx, args[0]))
	})
}

func newDeadDropCmd(f *factory) *cobra.Command {
	cmd := &cobra.Command{Use: "drop ID", Short: "Drop a dead letter for good", Args: cobra.ExactArgs(1)}
	return deadCmd(f, cmd, func(ctx context.Context, s *session, args []string) error {
		return f.deadDone(args[0], "dropped", s.bus.Drop(ctx, args[0]))
	})
}

func (f *factory) deadDone(id, what string, err error) error {
	if err != nil {
		return err
	}
	return f.show(result{
		value: map[string]string{"id": id, "done": what},
		draw:  func(w io.Writer) { fmt.Fprintf(w, "%s %s\n", what, id) },
	})
}
