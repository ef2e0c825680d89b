package redis

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/shakedown-dev/shakedown/datamove/checksum"
)

// groups compares what a stream has beside its entries.
func (p *pieces) groups(ctx context.Context) error {
	from, err := p.pair.from.stream(ctx, p.key)
	if err != nil {
		return err
	}
	to, err := p.pair.to.stream(ctx, p.key)
	if err != nil {
		return err
	}
	both7 := p.pair.from.end.server.atLeast(7, 0) && p.pair.to.end.server.atLeast(7, 0)
	if p.detail = from.differs(to, both7); p.detail != "" {
		return nil
	}
	for _, g := range from.groups {
		same, err := p.samePending(ctx, g.name)
		if err != nil {
			return err
		}
		if !same {
			p.detail = fmt.Sprintf("the pending entries of group %q", g.name)
			return nil
		}
	}
	return nil
}

// differs says what is not the same, "" for nothing.
func (s streamState) differs(o streamState, counters bool) string {
	switch {
	case s.lastID != o.lastID:
		return "the last id of the stream"
	case counters && (s.added != o.added || s.maxDeleted != o.maxDeleted):
		return "the counters of the stream"
	case len(s.groups) != len(o.groups):
		return "the groups of the stream"
	}
	for i, g := range s.groups {
		h := o.groups[i]
		if g.name != h.name || g.lastID != h.lastID || counters && g.read != h.read || g.pending != h.pending || !slices.Equal(g.consumers, h.consumers) {
			return fmt.Sprintf("group %q", g.name)
		}
	}
	return ""
}

// samePending compares pending entries by id, consumer and number of deliveries.
func (p *pieces) samePending(ctx context.Context, name string) (bool, error) {
	var sums [2]checksum.Sum
	for i, b := range []*base{p.pair.from, p.pair.to} {
		err := b.eachPending(ctx, p.key, name, func(found []pending) error {
			for _, f := range found {
				sums[i].Add(elementSum([]string{f.id, f.consumer, strconv.FormatInt(f.times, 10)}))
			}
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	return sums[source] == sums[target], nil
}
