package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Table is a KV whose values are JSON of one type.
type Table[T any] struct{ kv KV }

// OpenTable opens a bucket of the store as a table.
func OpenTable[T any](ctx context.Context, s Store, bucket Bucket) (Table[T], error) {
	kv, err := s.KV(ctx, bucket)
	if err != nil {
		return Table[T]{}, fmt.Errorf("open bucket %s: %w", bucket.Name, err)
	}
	return Table[T]{kv: kv}, nil
}

// Get reads a row and its revision. Errors: ErrNotFound.
func (t Table[T]) Get(ctx context.Context, key string) (T, uint64, error) {
	var row T
	raw, rev, err := t.kv.Get(ctx, key)
	if err != nil {
		return row, 0, err
	}
	return row, rev, decodeRow(key, raw, &row)
}

// Create writes a new row. Errors: ErrExists.
func (t Table[T]) Create(ctx context.Context, key string, row T) error {
	raw, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("encode row %s: %w", key, err)
	}
	_, err = t.kv.Create(ctx, key, raw)
	return err
}

// Modify reads the row, lets change alter it and writes it back, again from the
// start when someone else wrote in between. An error of change ends it and
// nothing is written. It returns the row as written. Errors: ErrNotFound.
func (t Table[T]) Modify(ctx context.Context, key string, change func(*T) error) (T, error) {
	for {
		row, rev, err := t.Get(ctx, key)
		if err != nil {
			return row, err
		}
		if err := change(&row); err != nil {
			return row, err
		}
		raw, err := json.Marshal(row)
		if err != nil {
			return row, fmt.Errorf("encode row %s: %w", key, err)
		}
		_, err = t.kv.Update(ctx, key, raw, rev)
		if !errors.Is(err, ErrConflict) {
			return row, err
		}
	}
}

// Delete removes the row, whatever its revision. A row that is not there is no error.
func (t Table[T]) Delete(ctx context.Context, key string) error {
	err := t.kv.Delete(ctx, key, 0)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// List reads all rows in the order of their keys.
func (t Table[T]) List(ctx context.Context) ([]T, error) {
	entries, err := t.kv.List(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]T, len(entries))
	for i, e := range entries {
		if err := decodeRow(e.Key, e.Value, &rows[i]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// Change is a row of a Table as it is now, or the news that it is gone.
type Change[T any] struct {
	Key string
	// Row is the zero value when the row was deleted.
	Row      T
	Revision uint64
	Deleted  bool
}

// Watch shows every row that is there, then calls caughtUp once, then shows each
// change, as KV.Watch does. A row that cannot be decoded ends it with an error.
func (t Table[T]) Watch(ctx context.Context, show func(Change[T]) bool, caughtUp func()) error {
	var broken error
	err := t.kv.Watch(ctx, func(e Entry) bool {
		c := Change[T]{Key: e.Key, Revision: e.Revision, Deleted: e.Deleted}
		if !e.Deleted {
			if broken = decodeRow(e.Key, e.Value, &c.Row); broken != nil {
				return false
			}
		}
		return show(c)
	}, caughtUp)
	return errors.Join(err, broken)
}

func decodeRow[T any](key string, raw []byte, row *T) error {
	if err := json.Unmarshal(raw, row); err != nil {
		return fmt.Errorf("decode row %s: %w", key, err)
	}
	return nil
}
