package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/checksum"
)

// The bounds of the search for rows that differ.
const (
	narrowRows = 2000 // rows whose hashes are held at once
)

// sourceSum is the checksum of a span of the source: asked of it, or computed from
// its masked rows.
func (r *run) sourceSum(ctx context.Context, s *tableState, at span) (checksum.Sum, error) {
	if !s.plan.masked {
		return sumOf(ctx, r.conn(), s.plan.selectSum(s.plan.table.quoted(), s.plan.condition(at)))
	}
	k := &hashSink{}
	err := r.hashes(ctx, s, at, k)
	return k.total, err
}

// hashes gives the hashes of the rows of a span of the source, as they are sent.
func (r *run) hashes(ctx context.Context, s *tableState, at span, k *hashSink) error {
	k.row = newMaskedRow(s.plan, s.plan.transforms(r.job.Mask))
	k.plan = s.plan
	return r.view.readers[0].stream(ctx, s.plan.selectRows(at), k)
}

// narrow lists the rows of a table that differ.
func (r *run) narrow(ctx context.Context, s *tableState) error {
	if s.plan.key == nil {
		r.notes.Differ(datamove.Difference{Unit: s.plan.table.id(), What: "changed", Detail: "the table has no key by which rows could be named"})
		return nil
	}
	for _, d := range s.done {
		if d.source == d.target {
			continue
		}
		if err := r.narrowSpan(ctx, s, d.span); err != nil {
			return err
		}
	}
	return nil
}

// narrowSpan halves a span until its rows can be held, and leaves out halves that
// are the same.
func (r *run) narrowSpan(ctx context.Context, s *tableState, at span) error {
	source, err := r.sourceSum(ctx, s, at)
	if err != nil {
		return err
	}
	target, err := sumOf(ctx, r.target, s.plan.selectSum(s.plan.target, at.where(s.plan.key)))
	if err != nil || source == target {
		return err
	}
	if max(source.Items, target.Items) <= narrowRows {
		return r.narrowRows(ctx, s, at)
	}
	middle, err := r.middle(ctx, s, at, source.Items, target.Items)
	if err != nil {
		return err
	}
	if err := r.narrowSpan(ctx, s, span{at.low, middle}); err != nil {
		return err
	}
	return r.narrowSpan(ctx, s, span{middle, at.high})
}

// middle is the key in the middle of the side that has more rows.
func (r *run) middle(ctx context.Context, s *tableState, at span, source, target int64) (bound, error) {
	names := s.plan.printedKey()
	q, from, rows, where := querier(r.conn()), s.plan.table.quoted(), source, s.plan.condition(at)
	if target > source {
		q, from, rows, where = r.target, s.plan.target, target, at.where(s.plan.key)
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
func (r *run) narrowRows(ctx context.Context, s *tableState, at span) error {
	source := map[string]uint64{}
	keys := map[string]bound{}
	k := &hashSink{each: func(key bound, hash uint64) {
		name := string(key.marshal())
		source[name], keys[name] = hash, key
	}}
	if err := r.hashes(ctx, s, at, k); err != nil {
		return err
	}
	target, err := r.targetHashes(ctx, s, at, keys)
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
		r.notes.Differ(d)
	}
	return nil
}

// printedKey are the columns of the key as the server prints them: the driver makes
// numbers of digits, and prints those in another way.
func (p *tablePlan) printedKey() []string {
	out := make([]string, len(p.key))
	for i, c := range p.key {
		out[i] = c.printed(quoteName(c.name))
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
func (r *run) targetHashes(ctx context.Context, s *tableState, at span, keys map[string]bound) (map[string]uint64, error) {
	names := append(s.plan.printedKey(), s.plan.hash.row())
	rows, err := r.target.QueryContext(ctx, "SELECT "+strings.Join(names, ",")+" FROM "+s.plan.target+at.where(s.plan.key))
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
