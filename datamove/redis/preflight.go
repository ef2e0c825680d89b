package redis

import (
	"context"
	"errors"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
)

// checked is what preflight has found and decided.
type checked struct {
	findings  []datamove.Finding
	functions functions
	mode      string
}

// preflight asks both ends and changes nothing.
func (r *run) preflight(ctx context.Context, before before) (checked, error) {
	f := r.facts()
	f.before = before
	var err error
	if f.rights, err = r.rights(ctx); err != nil {
		return checked{}, err
	}
	if len(f.rights) == 0 {
		if err = r.checkInside(ctx, &f); err != nil {
			return checked{}, err
		}
	}
	c := checked{functions: f.functions}
	c.mode, c.findings = decide(f)
	return c, nil
}

func (r *run) checkInside(ctx context.Context, f *facts) (err error) {
	if err := r.checkDatabases(ctx); err != nil {
		return err
	}
	if f.unfitted, err = r.unfitted(ctx); err != nil {
		return err
	}
	if f.functions, err = r.findFunctions(ctx); err != nil {
		return err
	}
	if !f.before.wrote() && f.existing != datamove.ExistingMerge {
		if err := r.findExisting(ctx, f); err != nil {
			return err
		}
	}
	if err := r.findBig(ctx, f); err != nil {
		return err
	}
	f.replicaLogin, err = r.replicaLogin(ctx)
	return err
}

// findBig samples keys for big ones, and whether such keys may be written.
func (r *run) findBig(ctx context.Context, f *facts) (err error) {
	f.big, err = r.sampleBig(ctx, func(p pair, keys []string) error {
		found, err := r.mayWrite(ctx, p.to, keys)
		if len(f.rights) == 0 {
			f.rights = found
		}
		return err
	})
	return err
}

// checkDatabases finds those that an end does not have, before anything is done.
func (r *run) checkDatabases(ctx context.Context) error {
	for _, p := range r.pairs {
		for _, b := range []*base{p.from, p.to} {
			if _, err := b.size(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// errEnough ends a scan early.
var errEnough = errors.New("enough was seen")

// findExisting counts keys of the target that the filter takes; it stops at the first.
func (r *run) findExisting(ctx context.Context, f *facts) error {
	for _, p := range r.pairs {
		n, err := p.to.size(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		for _, node := range p.to.nodes {
			err := r.firstKey(ctx, p.to, node, func(key string) { f.existingKeys, f.exampleKey = n, key })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) firstKey(ctx context.Context, b *base, node *goredis.Client, found func(string)) error {
	batches := make(chan []string, 1)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() { done <- r.scanner.scan(ctx, b, node, batches); close(batches) }()
	for keys := range batches {
		found(keys[0])
		cancel(errEnough)
	}
	if err := <-done; !errors.Is(context.Cause(ctx), errEnough) {
		return err
	}
	return nil
}
