// Package notify has the commands on notifiers.
package notify

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/chaos/notify"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// New is the command notify with those below it.
func New(d *kit.Deps) *cobra.Command {
	return kit.Group("notify", "Notifiers: who is told what chaos does", newTest(d))
}

type options struct{ paths []string }

func newTest(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "test -f PATH", Short: "Send one message to each notifier of the files, now",
		Long: `Send one message to each notifier of the files, now, from this process: so that what is
wrong with an address or a token is found before somebody misses a message. The variables
that the notifiers name are those of this process; a server has its own.`,
		Example: `  shakedown notify test -f examples/notify`,
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return test(cmd.Context(), d, &o) },
	}
	cmd.Flags().StringArrayVarP(&o.paths, "file", "f", nil, "`PATH` of a file or a folder with Notifiers, or - for stdin; may be repeated")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml") // the flag is there
	return cmd
}

// sent is what became of the message to one notifier.
type sent struct {
	Notifier string `json:"notifier"`
	Sent     bool   `json:"sent"`
	Problem  string `json:"problem,omitempty"`
}

func test(ctx context.Context, d *kit.Deps, o *options) error {
	if len(o.paths) == 0 {
		return kit.Invalid("give -f PATH", "no file or folder was given")
	}
	documents, err := d.Specs().Read(o.paths...)
	if err != nil {
		return err
	}
	notifiers := spec.Of[*notify.Document](documents)
	if len(notifiers) == 0 {
		return kit.Invalid("name files with documents of kind "+notify.Kind, "no document of kind %s is in the files", notify.Kind)
	}
	all, failed := make([]sent, 0, len(notifiers)), 0
	for _, n := range notifiers {
		one := sent{Notifier: n.Metadata.Name}
		if err := notify.Try(ctx, *n, d.Env, message(d)); err != nil {
			one.Problem = err.Error()
			failed++
		}
		one.Sent = one.Problem == ""
		all = append(all, one)
	}
	if err := d.Show(view(all)); err != nil || failed == 0 {
		return err
	}
	return events.Errorf(events.KindPartial, "", "%d of %d notifiers were not told", failed, len(all))
}

func message(d *kit.Deps) notify.Message {
	return notify.Message{
		What: "test", At: d.Now(), Title: "Test of Shakedown by " + d.User, Text: "Nothing has happened: somebody tries whether messages arrive here.",
	}
}

func view(all []sent) kit.Result {
	return kit.Result{Value: all, Draw: func(w io.Writer) {
		for _, one := range all {
			if one.Sent {
				fmt.Fprintf(w, "%s: sent\n", one.Notifier)
				continue
			}
			fmt.Fprintf(w, "not sent: %s\n", one.Problem)
		}
	}}
}
