package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/checksum"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
)

// The bounds of the search for rows that differ.
const (
	narrowRows = 2000 // rows whose hashes are held at once
)

// comparer compares rows of tables on both sides.
type comparer struct {
	source *reader
	target *sql.DB
	mask   datamove.Masker
	notes  *outcome.Notes
}

func (r *run) comparer() comparer {
	return comparer{source: r.view.readers[0], target: r.target, mask: r.job.Mask, notes: &r.notes}
}

// sourceSum is the checksum of a span of the source: asked of it, or computed from
// its masked rows.
func (c comparer) sourceSum(ctx context.Context, s *tableState, at span) (checksum.Sum, error) {
	if !s.plan.masked {
		return sumOf(ctx, c.source.conn, s.plan.selectSum(s.plan.table.quoted(), s.plan.condition(at)))
	}
	k := newHashSink(s.plan, c.mask)
	err := c.source.stream(ctx, s.plan.selectRows(at), k)
	return k.total, err
}

// narrow lists the rows of a table that differ.
func (c comparer) narrow(ctx context.Context, s *tableState) error {
	if s.plan.key == nil {
		c.notes.Differ(datamove.Difference{Unit: s.plan.table.id(), What: "changed", Detail: "the table has no key by which rows could be named"})
		return nil
	}
	for _, d := range s.done {
		if d.source == d.target {
			continue
		}
		if err := c.narrowSpan(ctx, s, d.span); err != nil {
			return err
		}
	}
	return nil
}

// narrowSpan halves a span until its rows can be held, and leaves out halves that
// are the same.
func (c comparer) narrowSpan(ctx context.Context, s *tableState, at span) error {
	source, err := c.sourceSum(ctx, s, at)
	if err != nil {
		return err
	}
	target, err := sumOf(ctx, c.target, s.plan.selectSum(s.plan.target, at.where(s.plan.key)))
	if err != nil || source == target {
		return err
	}
	if max(source.Items, target.Items) <= narrowRows {
		return c.narrowRows(ctx, s, at)
	}
	middle, err := c.middle(ctx, s, at, source.Items, target.Items)
	if err != nil {
		return err
	}
	if err := c.narrowSpan(ctx, s, span{at.low, middle}); err != nil {
		return err
	}
	return c.narrowSpan(ctx, s, span{middle, at.high})
}

// middle is the key in the middle of the side that has more rows.
func (c comparer) middle(ctx context.Context, s *tableState, at span, source, target int64) (bound, error) {
	names := s.plan.printedKey()
	q, from, rows, where := querier(c.source.conn), s.plan.table.quoted(), source, s.plan.condition(at)
	if target > source {
		q, from, rows, where = c.target, s.plan.target, target, at.where(s.plan.key)
	}
	found, err := q.QueryContext(ctx, "SELECT "+strings.Join(names, ",")+" FROM "+from+where+order(s.plan.key)+fmt.Sprintf(" LIMIT 1 OFFSET %d", rows/2-1))
	if err != nil {
		return nil, err
	}
	defer found.Close()
	b := make(bound, len(names))
	targets := make([]any, len(b))
	for i := range b {
		targets[i] = &b[i]
	}
	if !found.Next() {
		return nil, fmt.Errorf("the rows of %s changed while they were compared", from)
	}
	if err := found.Scan(targets...); err != nil {
		return nil, err
	}
	return b, found.Err()
}

// narrowRows compares a few rows one by one.
func (c comparer) narrowRows(ctx context.Context, s *tableState, at span) error {
	source := map[string]uint64{}
	keys := map[string]bound{}
	k := newHashSink(s.plan, c.mask)
	k.each = func(key bound, hash uint64) {
		name := string(key.marshal())
		source[name], keys[name] = hash, key
	}
	if err := c.source.stream(ctx, s.plan.selectRows(at), k); err != nil {
		return err
	}
	target, err := c.targetHashes(ctx, s, at, keys)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		d := datamove.Difference{Unit: s.plan.table.id(), ID: keys[name].String()}
		was, inSource := source[name]
		is, inTarget := target[name]
		switch {
		case !inTarget:
			d.What = "missing"
		case !inSource && s.plan.merge:
			s.kept.Add(hashed(is))
			continue
		case !inSource:
			d.What = "extra"
		case was != is:
			d.What = "changed"
		default:
			continue
		}
		c.notes.Differ(d)
	}
	return nil
}

// printedKey are the columns of the key as the server prints them: the driver makes
// numbers of digits, and prints those in another way.
func (p *tablePlan) printedKey() []string {
	out := make([]string, len(p.key))
	for i, c := range p.key {
		out[i] = c.printed(syntax.QuoteName(c.name))
	}
	return out
}

// printed is the text of a number, whatever the driver makes of numbers.
func (c column) printed(value string) string {
	if c.numeric() {
		return "CAST(" + value + " AS CHAR)"
	}
	return value
}

// targetHashes are the hashes of the rows of the target; keys gets theirs.
func (c comparer) targetHashes(ctx context.Context, s *tableState, at span, keys map[string]bound) (map[string]uint64, error) {
	names := append(s.plan.printedKey(), s.plan.hash.row())
	rows, err := c.target.QueryContext(ctx, "SELECT "+strings.Join(names, ",")+" FROM "+s.plan.target+at.where(s.plan.key))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]uint64{}
	for rows.Next() {
		key := make(bound, len(s.plan.key))
		targets := make([]any, 0, len(names))
		for i := range key {
			targets = append(targets, &key[i])
		}
		var hash uint64
		if err := rows.Scan(append(targets, &hash)...); err != nil {
			return nil, err
		}
		name := string(key.marshal())
		out[name], keys[name] = hash, key
	}
	return out, rows.Err()
}
