package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// openDataDir makes the data directory and the name by which this server holds
// leases: it stays the same over restarts, so that what a dead process held is
// claimed at once.
func (a *App) openDataDir(context.Context) error {
	if err := os.MkdirAll(a.options.DataDir, 0o700); err != nil {
		return events.Errorf(events.KindInternal, "choose another folder with --data-dir", "make data directory: %w", err)
	}
	info, err := os.Stat(a.options.DataDir)
	if err != nil {
		return events.Errorf(events.KindInternal, "choose another folder with --data-dir", "look at the data directory: %w", err)
	}
	if info.Mode().Perm()&0o002 != 0 { // secrets and kubeconfigs are read from it
		return events.Errorf(events.KindRefused, "chmod o-w "+a.options.DataDir+", or choose another folder with --data-dir",
			"everybody on this machine can write to the data directory %s", a.options.DataDir)
	}
	if err := a.options.leaveDemo(); err != nil {
		return err
	}
	if a.options.NATS.URL != "" {
		a.owner = a.options.NewID()
		return nil
	}
	owner, err := stableID(filepath.Join(a.options.DataDir, "owner"), a.options.NewID)
	a.owner = owner
	return err
}

func stableID(path string, newID func() string) (string, error) {
	if raw, err := os.ReadFile(path); err == nil && len(raw) > 0 { //nolint:gosec // our own file
		return string(raw), nil
	}
	id := newID()
	if err := os.WriteFile(path, []byte(id), 0o600); err != nil {
		return "", fmt.Errorf("write server id: %w", err)
	}
	return id, nil
}

// openBus connects to NATS: the server that was named, or one of our own.
func (a *App) openBus(ctx context.Context) error {
	access := a.options.NATS
	if access.URL == "" {
		server, err := natsbus.StartEmbedded(ctx, natsbus.Embedded{Dir: a.options.DataDir, Log: a.options.Log})
		if err != nil {
			return err
		}
		a.cleanup.add("nats server", server.Stop)
		access = server.Access()
	}
	metrics, err := busMetrics(a.registry)
	if err != nil {
		return err
	}
	a.bus, err = natsbus.Connect(ctx, natsbus.Config{Access: access, Name: "shakedown", Log: a.options.Log, Metrics: metrics})
	if err != nil {
		return err
	}
	a.cleanup.add("nats connection", func(context.Context) error { return a.bus.Close() })
	for _, w := range a.bus.Warnings() {
		a.options.Log.Warn("the connection to nats is not safe", "reason", w.Message, "hint", w.Advice)
	}
	return nil
}

// keepBus waits until ctx ends, or the connection to NATS for good.
func (a *App) keepBus(ctx context.Context) error {
	select {
	case <-a.bus.Lost():
		return a.bus.Err()
	case <-ctx.Done():
		return nil
	}
}

// cause is why the app has ended: without NATS every service fails, which only follows.
func (a *App) cause(err error) error {
	lost := a.bus.Err()
	if lost == nil {
		return err
	}
	if !errors.Is(err, lost) {
		a.options.Log.Warn("a service failed without nats", "error", err)
	}
	return lost
}

// Bus is the connection that the services use.
func (a *App) Bus() *natsbus.Bus { return a.bus }
