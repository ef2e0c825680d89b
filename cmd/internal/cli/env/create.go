package env

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

type createOptions struct {
	server  kit.Server
	file    string
	name    string
	images  map[string]string
	wait    bool
	timeout time.Duration
}

func newCreate(d *kit.Deps) *cobra.Command {
	var o createOptions
	cmd := &cobra.Command{
		Use: "create [NAME] -f FILE", Short: "Create an environment, or make it match its file again",
		Long: `Create an environment from an Environment file, or make an existing one match it.
The command shows what happens and ends when every component is Ready, or says
which container is not, and why.`,
		Example: `  shakedown env create -f examples/shop/environment.yaml
  shakedown env create shop-pr-7 -f environment.yaml --image api=registry.example/api:4f1c2e9`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.name = args[0]
			}
			return create(cmd.Context(), d, &o)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.file, "file", "f", "", "Environment `file`, or - for stdin")
	flags.StringToStringVar(&o.images, "image", nil, "image of a component, as `component=image`; may be repeated")
	kit.WaitFlags(flags, &o.wait, "wait until the environment is ready", &o.timeout, 10*time.Minute, "how long to wait")
	o.server.Flags(flags)
	o.server.StandaloneFlags(flags, services()...)
	return cmd
}

func create(ctx context.Context, d *kit.Deps, o *createOptions) error {
	if err := o.server.CheckWait("shakedown env create", o.wait); err != nil {
		return err
	}
	document, err := readDocument(d, o)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("encode environment %s: %w", document.Metadata.Name, err)
	}
	SayNotes(d, document)
	request := events.EnvironmentCreate{Name: document.Metadata.Name, Spec: raw}
	return d.WithSession(ctx, &o.server, func(s *kit.Session) error {
		if _, err := kit.Ask(ctx, s, events.EnvironmentListCall, events.Nothing{}); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, o.timeout)
		defer cancel()
		ready, err := Create(ctx, d, s, request, o.wait)
		if err != nil || !o.wait {
			return err
		}
		return d.Show(showView(events.EnvironmentAnswer{Environment: ready.Environment}))
	})
}

// Create publishes the request and, if wait is set, follows it to its end. Without waiting
// there is no answer.
func Create(
	ctx context.Context, d *kit.Deps, s *kit.Session, request events.EnvironmentCreate, wait bool,
) (events.EnvironmentReady, error) {
	meta := s.Stamp.First(request.Name + "-" + d.NewID())
	publish := func(ctx context.Context) error {
		return events.EnvironmentCreateTopic.Publish(ctx, s.Bus, meta, request)
	}
	if !wait {
		return events.EnvironmentReady{}, publish(ctx)
	}
	return followCreate(ctx, d, s, request.Name, meta.Correlation, publish)
}
