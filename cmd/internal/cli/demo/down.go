package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
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
	if err := foreignDown(ctx, d); err != nil {
		return err
	}
	if err := sandboxDown(ctx, d); err != nil {
		return err
	}
	if !exists(app.DemoMark(d.Data())) {
		fmt.Fprintf(d.Err, "the server's state in %s stays: it was used for more than the demo\n", d.Data())
	}
	if err := clearFolder(d.Data()); err != nil {
		return events.Errorf(events.KindInternal, "remove the folder by hand", "remove what the demo wrote: %w", err)
	}
	return d.Show(kit.Done(map[string]string{"demo": "removed"}, "the demo is gone"))
}

// foreignDown removes the environment of the demo from a cluster that is not ours. It
// does so in this process: the server may have ended long ago.
func foreignDown(ctx context.Context, d *kit.Deps) error {
	f, err := readForeign(d.Data())
	if err != nil || f == nil {
		return err
	}
	if err := destroyOwn(ctx, d, kit.InProcess(f.options())); err != nil {
		return fmt.Errorf("remove the demo's environment from the cluster of %s: %w", f.Kubeconfig, err)
	}
	return nil
}

// environmentsDown reports the environments of a demo of an earlier version, which did
// not note its cluster: those of the sandbox go with it.
func environmentsDown(ctx context.Context, d *kit.Deps) error {
	if exists(filepath.Join(d.Data(), "clusters", cluster)) || exists(foreignFile(d.Data())) {
		return nil
	}
	return ignore(destroyOwn(ctx, d, new(kit.Server)), events.KindUnavailable)
}

// destroyOwn destroys the environment that this demo noted, and reports those that only
// look like a demo's: they may be somebody else's.
func destroyOwn(ctx context.Context, d *kit.Deps, server *kit.Server) error {
	name, err := readName(d.Data())
	if err != nil {
		return err
	}
	return d.WithSession(ctx, server, func(s *kit.Session) error {
		answer, err := kit.Ask(ctx, s, events.EnvironmentListCall, events.Nothing{})
		if err != nil {
			return err
		}
		own, alike := divide(answer.Environments, name)
		for _, other := range alike {
			fmt.Fprintf(d.Err, "environment %s stays: this demo has not noted that it made it; if it is yours: shakedown env destroy %s\n", other, other)
		}
		for _, name := range own {
			if err := env.Destroy(ctx, d, s, events.EnvironmentDestroy{Name: name, Reason: "asked", Force: true}, true); err != nil {
				return err
			}
		}
		return nil
	})
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
	if events.KindOf(err) == kind {
		return nil
	}
	return err
}
