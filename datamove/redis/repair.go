package redis

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/datamove/pace"
	"github.com/shakedown-dev/shakedown/events"
)

// Verify compares without copying. See datamove.Adapter.
func (a *Adapter) Verify(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	return a.work(ctx, j, p, (*run).verify)
}

func (r *run) verify(ctx context.Context, part *datamove.Part) error {
	if err := r.comparable(); err != nil {
		return err
	}
	if r.to.server.replica {
		r.tally.notes.Warn("the target is a replica of %s", r.to.server.master)
	}
	from, err := r.from.first.Time(ctx).Result()
	if err != nil {
		return r.from.fault("ask for the time", err)
	}
	part.Cut = datamove.Cut{Time: from.UTC(), Method: modeScan, Position: r.from.server.position()}
	functions, err := r.functions(ctx)
	if err != nil {
		return err
	}
	part.LeftOut = append(part.LeftOut, functions.leftOut...)
	if err := r.compareFunctions(ctx, part, seen{functions: functions}); err != nil {
		return err
	}
	if err := r.compareAll(ctx, part, nil); err != nil {
		return err
	}
	part.Cut.Until = r.job.Now().UTC()
	return r.compareOthers(ctx, part)
}

// comparable refuses what would compare a thing with itself.
func (r *run) comparable() error {
	for _, f := range sameEnds(r.facts()) {
		if f.Severity == datamove.Refusal {
			return outcome.Refusal([]datamove.Finding{f})
		}
	}
	return nil
}

// compareAll compares every database. With a journal, what differs is copied again
// a few times.
func (r *run) compareAll(ctx context.Context, part *datamove.Part, j *journal) error {
	r.step("compare")
	before, err := r.topologies(ctx)
	if err != nil {
		return err
	}
	for _, p := range r.pairs {
		c := &comparer{run: r, pair: p, sums: sums{}}
		total, err := p.from.size(ctx)
		if err != nil {
			return err
		}
		c.total = total
		if err := c.all(ctx); err != nil {
			return err
		}
		if err := r.settle(ctx, c, j); err != nil {
			return err
		}
		part.Units = append(part.Units, c.unit())
		r.checkpoint("compared")
	}
	after, err := r.topologies(ctx)
	if err != nil {
		return err
	}
	for i, s := range []*side{r.from, r.to} {
		if !settled(before[i], after[i]) {
			return events.Errorf(events.KindUnavailable, "wait until the slots of the cluster have settled",
				"slots of the %s %s moved between its nodes during the comparison", s.name, s.access)
		}
	}
	if n := r.tally.again.Load() + r.tally.removed.Load(); n > 0 && part.Cut.Consistent {
		part.Cut.Consistent = false
		r.tally.notes.Warn("the copy was of one moment, but for %s copied again or removed afterwards", some(n, "key"))
	}
	return nil
}

// settle looks at suspects again, after copying them again where that is allowed,
// until all is the same or the tries are used up.
func (r *run) settle(ctx context.Context, c *comparer, j *journal) error {
	for try := range repairs + 1 {
		if len(c.suspects) == 0 {
			return nil
		}
		found := c.suspects
		c.suspects = nil
		// Keys may expire on one side a little before the other.
		if err := pace.Wait(ctx, ttlTolerance); err != nil {
			return err
		}
		if j != nil && try > 0 {
			if err := r.repair(ctx, c, j, found, try == 1); err != nil {
				return err
			}
		}
		for some := range slices.Chunk(found, batchKeys) {
			l, err := c.compare(ctx, keysOf(some), try == repairs)
			if err != nil {
				return err
			}
			c.sums.merge(l.sums)
			c.suspects = append(c.suspects, l.suspects...)
		}
	}
	return nil
}

// shown is a key as a report can have it: quoted where it is not text.
func shown(key string) string {
	if utf8.ValidString(key) {
		return key
	}
	return strconv.Quote(key)
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
	k, err := r.copier(ctx, j, c.pair)
	if err != nil {
		return err
	}
	k.again = true
	for keys := range slices.Chunk(again, batchKeys) {
		n, err := k.copyKeys(ctx, keys)
		if err != nil {
			return err
		}
		r.tally.bytes.Add(n)
	}
	if first {
		r.tally.again.Add(int64(len(again)))
	}
	return nil
}

func (r *run) removeOurs(ctx context.Context, p pair, j *journal, found []suspect, gone map[uint64]bool) error {
	if len(gone) == 0 {
		return nil
	}
	if err := j.wrote(gone); err != nil {
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

// unit is the database in the report; what still differs is named.
func (c *comparer) unit() datamove.Unit {
	u := c.sums.unit(c.pair.name())
	u.Copied = c.pair.copied.Load()
	slices.SortFunc(c.suspects, func(a, b suspect) int { return strings.Compare(a.key, b.key) })
	for _, s := range c.suspects {
		c.tally.notes.Differ(datamove.Difference{Unit: u.Name, ID: shown(s.key), What: s.what, Detail: s.detail})
	}
	c.tally.notes.DifferUnlisted(c.more)
	u.Equal = u.Equal && len(c.suspects) == 0 && c.more == 0
	return u
}
