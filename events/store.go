package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Errors of a KV. They are matched with errors.Is.
var (
	ErrNotFound = errors.New("no such key")
	ErrExists   = errors.New("key exists already")
	ErrConflict = errors.New("key was changed by someone else")
)

// Store opens the buckets in which services keep their state.
type Store interface {
	// KV opens the bucket, made on first use.
	KV(ctx context.Context, bucket string) (KV, error)
}

// KV is one bucket with compare-and-set. Keys are tokens as Key makes them. A
// read sees every write that returned before it began.
type KV interface {
	// Get reads a value and its revision. Errors: ErrNotFound.
	Get(ctx context.Context, key string) ([]byte, uint64, error)
	// Create writes a value that must not exist yet. Errors: ErrExists.
	Create(ctx context.Context, key string, value []byte) (uint64, error)
	// Update replaces the value of the given revision. Errors: ErrConflict.
	Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)
	// Delete removes the value of the given revision; 0 takes any. Errors: ErrConflict.
	Delete(ctx context.Context, key string, revision uint64) error
	// Keys lists the keys in order.
	Keys(ctx context.Context) ([]string, error)
}

// Table is a KV whose values are JSON of one type.
type Table[T any] struct{ kv KV }

// OpenTable opens a bucket of the store as a table.
func OpenTable[T any](ctx context.Context, s Store, bucket string) (Table[T], error) {
	kv, err := s.KV(ctx, bucket)
	if err != nil {
		return Table[T]{}, fmt.Errorf("open bucket %s: %w", bucket, err)
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
	if err := json.Unmarshal(raw, &row); err != nil {
		return row, rev, fmt.Errorf("decode row %s: %w", key, err)
	}
	return row, rev, nil
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

// List reads all rows in the order of their keys. Rows that vanish meanwhile
// are left out.
func (t Table[T]) List(ctx context.Context) ([]T, error) {
	keys, err := t.kv.Keys(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]T, 0, len(keys))
	for _, key := range keys {
		row, _, err := t.Get(ctx, key)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
