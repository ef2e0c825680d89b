package chaostest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// Log is every change that a fake cluster shows to those that watch it, in order. The
// zero value is empty.
type Log[C any] struct {
	mu      sync.Mutex
	all     []C
	changed chan struct{}
}

// Add shows a change.
func (l *Log[C]) Add(c C) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, c)
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// Revision is that of the last change.
func (l *Log[C]) Revision() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strconv.Itoa(len(l.all))
}

// Watch shows the changes after a revision until ctx ends.
func (l *Log[C]) Watch(ctx context.Context, since string, opened func(), show func(C)) error {
	next, err := strconv.Atoi(since)
	if err != nil {
		return fmt.Errorf("watch since revision %q: %w", since, err)
	}
	opened()
	for {
		more, changed := l.after(next)
		for _, c := range more {
			show(c)
		}
		next += len(more)
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// after lists the changes from the next on; changed closes at the one after them.
func (l *Log[C]) after(next int) (more []C, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return slices.Clone(l.all[next:]), l.changed
}
