package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/env"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/demo"
	"github.com/shakedown-dev/shakedown/events"
)

// downTimeout bounds the removal of everything.
const downTimeout = 2 * time.Minute

func newDown(d *kit.Deps) *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "Remove everything that the demo made", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return down(cmd.Context(), d) },
	}
}

// down stops the server, destroys the sandbox and removes what the demo wrote. A
// cluster that is not ours keeps running; its environment is destroyed.
func down(ctx context.Context, d *kit.Deps) error {
	ctx, cancel := context.WithTimeout(ctx, downTimeout)
	defer cancel()
	if err := environmentsDown(ctx, d); err != nil {
		return err
	}
	if _, err := demo.StopServer(ctx, d.Data()); err != nil {
		return err
	}
	if err := sandboxDown(ctx, d); err != nil {
		return err
	}
	if err := clearFolder(d.Data()); err != nil {
		return events.Errorf(events.KindInternal, "remove the folder by hand", "remove what the demo wrote: %w", err)
	}
	return d.Show(kit.Done(map[string]string{"demo": "removed"}, "the demo is gone"))
}

// environmentsDown removes the environments of the demo from a cluster that stays:
// those of the sandbox go with it.
func environmentsDown(ctx context.Context, d *kit.Deps) error {
	if _, err := os.Stat(filepath.Join(d.Data(), "clusters", cluster)); err == nil {
		return nil
	}
	err := d.WithSession(ctx, new(kit.Server), func(s *kit.Session) error {
		answer, err := kit.Ask(ctx, s, events.EnvironmentListCall, events.Nothing{})
		if err != nil {
			return err
		}
		for _, e := range answer.Environments {
			if e.Project != "shop" || e.Template != "shop" {
				continue
			}
			if err := env.Destroy(ctx, d, s, e.Name, true); err != nil {
				return err
			}
		}
		return nil
	})
	return ignore(err, events.KindUnavailable)
}

// sandboxDown destroys the demo's sandbox, if there is one.
func sandboxDown(ctx context.Context, d *kit.Deps) error {
	clusters, err := d.Clusters()
	if err != nil {
		return err
	}
	if err := ignore(clusters.Destroy(ctx, cluster, d.Steps()), events.KindNotFound); err != nil {
		return fmt.Errorf("remove the demo's cluster: %w", err)
	}
	return nil
}

// ignore is the error, or nil if it is of the kind.
func ignore(err error, kind events.Kind) error {
	if e, ok := errors.AsType[*events.Error](err); ok && e.Kind == kind {
		return nil
	}
	return err
}
