package redis

import (
	"context"
	"slices"

	"github.com/shakedown-dev/shakedown/datamove/pace"
)

// settle compares suspects again, after copying them again where that is allowed,
// until all is the same or the tries are used up.
func (r *run) settle(ctx context.Context, c *comparer, j *journal) error {
	for try := range repairs + 1 {
		found := c.suspects.list
		if len(found) == 0 {
			return nil
		}
		c.suspects.list = nil
		// Keys may expire on one side a little before the other.
		if err := pace.Wait(ctx, ttlTolerance); err != nil {
			return err
		}
		if j != nil && try > 0 {
			if err := r.repair(ctx, c, j, found, try == 1); err != nil {
				return err
			}
		}
		if err := c.compareAgain(ctx, found, try == repairs); err != nil {
			return err
		}
	}
	return nil
}

// compareAgain compares suspects; those that still are become the list.
func (c *comparer) compareAgain(ctx context.Context, found []suspect, final bool) error {
	for some := range slices.Chunk(found, batchKeys) {
		again, err := c.compare(ctx, keysOf(some), final)
		if err != nil {
			return err
		}
		c.sums.merge(again.sums)
		c.suspects.list = append(c.suspects.list, again.suspects...)
	}
	return nil
}

func keysOf(found []suspect) []string {
	out := make([]string, len(found))
	for i, s := range found {
		out[i] = s.key
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// repair copies again what differs, and removes from the target what this run
// wrote and the source has no more. First says that the keys are counted.
func (r *run) repair(ctx context.Context, c *comparer, j *journal, found []suspect, first bool) error {
	var again []string
	gone := map[uint64]bool{}
	for _, s := range found {
		switch {
		case s.what == extra:
			gone[fingerprint(c.pair.to.number, s.key)] = false
		case !r.tally.isLeft(s.key): // those cannot be copied
			again = append(again, s.key)
		}
	}
	if err := r.removeOurs(ctx, c.pair, j, found, gone); err != nil {
		return err
	}
	if err := r.copyAgain(ctx, r.newCopier(j, c.pair), again); err != nil {
		return err
	}
	if first {
		r.tally.again.Add(int64(len(again)))
	}
	return nil
}

// copyAgain copies keys that were copied before.
func (r *run) copyAgain(ctx context.Context, c *copier, again []string) error {
	c.again = true
	for keys := range slices.Chunk(again, batchKeys) {
		n, err := c.copyKeys(ctx, keys)
		if err != nil {
			return err
		}
		r.tally.bytes.Add(n)
	}
	return nil
}

func (r *run) removeOurs(ctx context.Context, p pair, j *journal, found []suspect, gone map[uint64]bool) error {
	if len(gone) == 0 {
		return nil
	}
	if err := j.keys.has(gone); err != nil {
		return err
	}
	var remove []string
	for _, s := range found {
		if s.what == extra && (r.replicated || gone[fingerprint(p.to.number, s.key)]) {
			remove = append(remove, s.key)
		}
	}
	there, err := p.from.exist(ctx, remove)
	if err != nil {
		return err
	}
	i := 0
	remove = slices.DeleteFunc(remove, func(string) bool { i++; return there[i-1] })
	r.tally.removed.Add(int64(len(remove)))
	return p.to.unlink(ctx, remove)
}
