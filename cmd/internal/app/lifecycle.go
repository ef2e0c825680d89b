package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// cleanup is a stack of named endings, run last in first out, once.
type cleanup struct {
	once  sync.Once
	steps []ending
	err   error
}

type ending struct {
	name string
	end  func(context.Context) error
}

func (c *cleanup) add(name string, end func(context.Context) error) {
	c.steps = append(c.steps, ending{name, end})
}

// run ends everything and reports what could not be ended. It may be called again.
func (c *cleanup) run(ctx context.Context) error {
	c.once.Do(func() {
		for _, step := range slices.Backward(c.steps) {
			if err := step.end(ctx); err != nil {
				c.err = errors.Join(c.err, fmt.Errorf("stop %s: %w", step.name, err))
			}
		}
	})
	return c.err
}
