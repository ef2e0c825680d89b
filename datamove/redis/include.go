package redis

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/datamove"
)

// unfitted refuses includes that fit no key of the source. It lists as many as needed.
func (r *run) unfitted(ctx context.Context) ([]datamove.Finding, error) {
	open := r.job.Store.Filter().Unfitted()
	see := func(keys []string) error {
		for _, k := range keys {
			open.See(k)
		}
		if open.None() {
			return errEnough
		}
		return nil
	}
	if open.None() {
		return nil, nil
	}
	for _, p := range r.pairs {
		for _, node := range p.from.nodes {
			if err := p.from.eachPage(ctx, node, see); errors.Is(err, errEnough) {
				return nil, nil
			} else if err != nil {
				return nil, err
			}
		}
	}
	return open.Findings("a key"), nil
}
