package events

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// deadCommand is a command that works on the dead letters. Its one argument, if it
// takes one, is the id of a letter.
func deadCommand(d *kit.Deps, cmd *cobra.Command, work func(ctx context.Context, s *kit.Session, id string) error) *cobra.Command {
	var server kit.Server
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return d.WithSession(cmd.Context(), &server, func(s *kit.Session) error {
			return work(cmd.Context(), s, strings.Join(args, ""))
		})
	}
	server.Flags(cmd.Flags())
	return cmd
}

func newDeadList(d *kit.Deps) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List dead letters, oldest first", Args: cobra.NoArgs}
	return deadCommand(d, cmd, func(ctx context.Context, s *kit.Session, _ string) error {
		letters, err := s.Bus.DeadLetters(ctx)
		if err != nil {
			return err
		}
		return d.Show(deadListView(letters))
	})
}

func newDeadShow(d *kit.Deps) *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show a dead letter with its event", Args: cobra.ExactArgs(1)}
	return deadCommand(d, cmd, func(ctx context.Context, s *kit.Session, id string) error {
		letter, err := s.Bus.DeadLetter(ctx, id)
		if err != nil {
			return err
		}
		return d.Show(deadView(letter))
	})
}

func newDeadReplay(d *kit.Deps) *cobra.Command {
	cmd := &cobra.Command{Use: "replay ID", Short: "Deliver a dead letter again, to the group that failed", Args: cobra.ExactArgs(1)}
	return deadCommand(d, cmd, func(ctx context.Context, s *kit.Session, id string) error {
		return done(d, id, "replayed", s.Bus.Replay(ctx, id))
	})
}

func newDeadDrop(d *kit.Deps) *cobra.Command {
	cmd := &cobra.Command{Use: "drop ID", Short: "Drop a dead letter for good", Args: cobra.ExactArgs(1)}
	return deadCommand(d, cmd, func(ctx context.Context, s *kit.Session, id string) error {
		return done(d, id, "dropped", s.Bus.Drop(ctx, id))
	})
}

func done(d *kit.Deps, id, what string, err error) error {
	if err != nil {
		return err
	}
	return d.Show(kit.Done(map[string]string{"id": id, "done": what}, "%s %s", what, id))
}

func deadListView(letters []natsbus.DeadLetter) kit.Result {
	return kit.Result{Value: letters, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(letters))
		for _, l := range letters {
			rows = append(rows, []string{
				l.ID, l.Group, strings.TrimPrefix(l.Type, events.Prefix), strconv.Itoa(l.Attempts), kit.Time(l.Died), kit.Shorten(l.Reason, 80),
			})
		}
		kit.Table(w, "no dead letters", "ID GROUP TYPE ATTEMPTS DIED REASON", rows)
	}}
}

func deadView(l natsbus.DeadLetter) kit.Result {
	return kit.Result{Value: l, Draw: func(w io.Writer) {
		fmt.Fprintf(w, "%s could not be handled by %s after %d attempts\nreason: %s\npublished: %s\ndied: %s\n\n%s\n",
			l.Type, l.Group, l.Attempts, l.Reason, kit.Time(l.Published), kit.Time(l.Died), l.Body)
	}}
}
