package redis

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

// Verify compares without copying. See datamove.Adapter.
func (a *Adapter) Verify(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	return a.work(ctx, j, p, (*run).verify)
}

func (r *run) verifyFunctions(ctx context.Context, part *datamove.Part) error {
	found, err := r.findFunctions(ctx)
	if err != nil {
		return err
	}
	r.tally.notes.LeaveOut(found.leftOut...)
	return r.compareFunctions(ctx, part, found)
}

func (r *run) verify(ctx context.Context, part *datamove.Part) error {
	if err := r.refuseSameEnds(); err != nil {
		return err
	}
	unfitted, err := r.unfitted(ctx)
	if err = cmp.Or(err, outcome.Invalid(unfitted)); err != nil {
		return err
	}
	if r.to.server.replica {
		r.tally.notes.Warn("the target is a replica of %s", r.to.server.master)
	}
	from, err := r.from.time(ctx)
	if err != nil {
		return err
	}
	part.Snapshot = datamove.Snapshot{Time: from.UTC(), Method: modeScan, Position: r.from.server.position()}
	if err := r.verifyFunctions(ctx, part); err != nil {
		return err
	}
	if err := r.compareAll(ctx, part, nil); err != nil {
		return err
	}
	part.Snapshot.Until = r.job.Now().UTC()
	return r.compareExtraDatabases(ctx, part)
}

// refuseSameEnds refuses what would compare a thing with itself.
func (r *run) refuseSameEnds() error {
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
	r.observer.Step("compare")
	before, err := r.topologies(ctx)
	if err != nil {
		return err
	}
	for _, p := range r.pairs {
		unit, err := r.compareOne(ctx, p, j)
		if err != nil {
			return err
		}
		part.Units = append(part.Units, unit)
		r.observer.Reached("compared")
	}
	if err := r.refuseUnsettled(ctx, before); err != nil {
		return err
	}
	if n := r.tally.again.Load() + r.tally.removed.Load(); n > 0 && part.Snapshot.Consistent {
		part.Snapshot.Consistent = false
		r.tally.notes.Warn("the copy was of one moment, but for %s copied again or removed afterwards", keysText(n))
	}
	return nil
}

// refuseUnsettled is an error when slots have moved since the topologies before.
func (r *run) refuseUnsettled(ctx context.Context, before [2]string) error {
	after, err := r.topologies(ctx)
	if err != nil {
		return err
	}
	for i, e := range []*end{r.from, r.to} {
		if !settled(before[i], after[i]) {
			return events.Errorf(events.KindUnavailable, "wait until the slots of the cluster have settled",
				"slots of the %s %s moved between its nodes during the comparison", e.name, e.access)
		}
	}
	return nil
}

// compareOne compares a database.
func (r *run) compareOne(ctx context.Context, p pair, j *journal) (datamove.Unit, error) {
	total, err := p.from.size(ctx)
	if err != nil {
		return datamove.Unit{}, err
	}
	c := &comparer{
		pair: p, masks: r.masks(), skew: r.skew, scanner: r.scanner, tally: &r.tally, observer: r.observer, total: total,
		merges: r.merges(), bigKey: r.bigKey(), sums: sums{},
	}
	if err := c.all(ctx); err != nil {
		return datamove.Unit{}, err
	}
	if err := r.settle(ctx, c, j); err != nil {
		return datamove.Unit{}, err
	}
	return c.unit(), nil
}

// unit is the database in the report; what still differs is named.
func (c *comparer) unit() datamove.Unit {
	u := c.sums.unit(c.pair.name())
	u.Copied = c.pair.copied.Load()
	slices.SortFunc(c.suspects.list, func(a, b suspect) int { return strings.Compare(a.key, b.key) })
	for _, s := range c.suspects.list {
		c.tally.notes.Differ(datamove.Difference{Unit: u.Name, ID: printable(s.key), What: s.what, Detail: s.detail})
	}
	c.tally.notes.DifferUnlisted(c.suspects.more)
	u.Equal = u.Equal && len(c.suspects.list) == 0 && c.suspects.more == 0
	return u
}

// printable is a key as a report can have it: quoted where it is not text.
func printable(key string) string {
	if utf8.ValidString(key) {
		return key
	}
	return strconv.Quote(key)
}
