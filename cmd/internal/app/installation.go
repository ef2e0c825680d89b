package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

// The bucket of the id, its one key, and its quota in bytes.
const (
	installationKey   = "installation"
	installationQuota = 1 << 20
)

// openInstallation reads the id of the installation: of all servers and commands that
// share this store. The first of them makes it, and it stays for as long as the store. What
// only reads the store has no use for it.
func (a *App) openInstallation(ctx context.Context) (err error) {
	if a.options.Reading {
		return nil
	}
	if a.installation, err = installation(ctx, a.bus, a.options.NewID); err != nil {
		return fmt.Errorf("read the id of the installation: %w", err)
	}
	return nil
}

func installation(ctx context.Context, store events.Store, newID func() string) (string, error) {
	kv, err := store.KV(ctx, events.Bucket{Name: installationKey, Quota: installationQuota})
	if err != nil {
		return "", err
	}
	id, _, err := kv.Get(ctx, installationKey)
	if !errors.Is(err, events.ErrNotFound) {
		return string(id), err
	}
	id = []byte(newID())
	if _, err = kv.Create(ctx, installationKey, id); errors.Is(err, events.ErrExists) {
		id, _, err = kv.Get(ctx, installationKey) // another server was quicker
	}
	return string(id), err
}
