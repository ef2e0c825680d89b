package logs

import (
	"context"
	"slices"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
)

// tail shows the newest lines of those that are there.
func (e *engine) tail(ctx context.Context) error {
	err := e.cluster.Watch(ctx, e.environment, func(all []Container) bool {
		e.update(all)
		return false
	})
	if err != nil {
		return err
	}
	all := make([]*source, 0, len(e.sources))
	for _, s := range e.sources {
		all = append(all, s)
	}
	found := newest{most: e.Tail}
	events.Parallel(len(all), polls, func(i int) { all[i].history(ctx, &found) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, l := range found.sorted() {
		if err := e.show(l); err != nil {
			return err
		}
	}
	return e.sink.Flush()
}

// newest keeps the newest lines of those that it gets.
type newest struct {
	most  int
	mu    sync.Mutex
	lines []Line
}

// add takes a line. Twice as many as are wanted are kept before the oldest go.
func (n *newest) add(l Line) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, l)
	if len(n.lines) >= 2*n.most+polls {
		n.trim()
	}
}

// trim leaves the newest. The order of lines of the same time stays.
func (n *newest) trim() {
	slices.SortStableFunc(n.lines, func(a, b Line) int { return a.Time.Compare(b.Time) })
	n.lines = slices.Clone(n.lines[max(0, len(n.lines)-n.most):])
}

func (n *newest) sorted() []Line {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.trim()
	return n.lines
}

// pieceOfLine is how much of a line the runtime writes into one entry of the log.
const pieceOfLine = 16 << 10

// isTorn says whether the first of the lines at the end of a log may lack its beginning:
// they have as many entries as were asked for, and are fewer lines.
func isTorn(lines []Line, asked int) bool {
	entries := 0
	for _, l := range lines {
		entries += 1 + len(l.Text)/pieceOfLine
	}
	return len(lines) < asked && entries >= asked
}
