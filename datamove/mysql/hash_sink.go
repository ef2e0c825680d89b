package mysql

import (
	"context"
	"slices"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/checksum"
	"github.com/shakedown-dev/shakedown/datamove/mysql/wire"
)

// hashSink is a sink that hashes rows and, when each is set, calls it with every one.
type hashSink struct {
	plan  *tablePlan
	row   *maskedRow
	total checksum.Sum
	each  func(key bound, hash uint64)

	at int
	// sent is the hash as the source sends it, where nothing is masked.
	sent []byte
	held []byte
}

var _ wire.Sink = (*hashSink)(nil)

func newHashSink(p *tablePlan, m datamove.Masker) *hashSink {
	return &hashSink{plan: p, row: newMaskedRow(p, p.transforms(m))}
}

// Cell takes the next value.
func (k *hashSink) Cell(_ context.Context, value []byte) error {
	i := k.at
	k.at++
	switch {
	case i < len(k.plan.columns):
		_, _, err := k.row.set(i, value)
		return err
	case k.plan.masked:
		k.row.number(value)
	default:
		k.sent = append(k.sent[:0], value...)
	}
	return nil
}

// Begin starts a large value, which is held.
func (k *hashSink) Begin(context.Context, uint64) error { k.held = k.held[:0]; return nil }

// Part holds some of it.
func (k *hashSink) Part(_ context.Context, value []byte) error {
	k.held = append(k.held, value...)
	return nil
}

// End takes the whole of it.
func (k *hashSink) End(ctx context.Context) error { return k.Cell(ctx, k.held) }

// Row ends a row.
func (k *hashSink) Row(context.Context) error {
	hash, err := k.sum()
	if err != nil {
		return err
	}
	k.total.Add(hashed(hash))
	if k.each != nil {
		k.each(k.key(), hash)
	}
	k.at = 0
	return nil
}

// sum is what the source says, or what the client computes for masked rows.
func (k *hashSink) sum() (uint64, error) {
	if !k.plan.masked {
		return parseHash(k.plan, k.sent)
	}
	return k.row.sum(), nil
}

func (k *hashSink) key() bound {
	var out bound
	for _, kc := range k.plan.key {
		for i, c := range k.plan.columns {
			if c.name == kc.name {
				out = append(out, slices.Clone(k.row.cells[i].value))
			}
		}
	}
	return out
}
