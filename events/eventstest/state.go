package eventstest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

func kv(t *testing.T, r Rig) events.KV {
	t.Helper()
	return kvOf(t, r, "state")
}

func kvOf(t *testing.T, r Rig, name string) events.KV {
	t.Helper()
	bucket, err := r.Store.KV(within(t), events.Bucket{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return bucket
}

func testCompareAndSet(t *testing.T, r Rig) {
	const n = 16
	bucket := kv(t, r)
	race := func(what string, lost error, write func(ctx context.Context, value []byte) error) {
		t.Helper()
		var won atomic.Int64
		var racers sync.WaitGroup
		for i := range n {
			racers.Go(func() {
				err := write(within(t), []byte(strconv.Itoa(i)))
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, lost) {
					t.Errorf("%s: got %v, want %v", what, err, lost)
				}
			})
		}
		racers.Wait()
		if won.Load() != 1 {
			t.Errorf("%s: %d winners, want one", what, won.Load())
		}
	}
	revision := func() uint64 {
		_, rev, err := bucket.Get(within(t), "row")
		if err != nil {
			t.Fatal(err)
		}
		return rev
	}
	create := func(ctx context.Context, value []byte) error { _, err := bucket.Create(ctx, "row", value); return err }
	race("create", events.ErrExists, create)
	before := revision()
	race("update", events.ErrConflict, func(ctx context.Context, value []byte) error {
		_, err := bucket.Update(ctx, "row", value, before)
		return err
	})
	before = revision()
	race("delete", events.ErrConflict, func(ctx context.Context, _ []byte) error { return bucket.Delete(ctx, "row", before) })
	if _, _, err := bucket.Get(within(t), "row"); !errors.Is(err, events.ErrNotFound) {
		t.Errorf("got %v, want %v", err, events.ErrNotFound)
	}
	race("create again", events.ErrExists, create)
}

type row struct{ Count int }

func testModify(t *testing.T, r Rig) {
	const workers, each = 8, 20
	table, err := events.OpenTable[row](within(t), r.Store, events.Bucket{Name: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Create(within(t), "shared", row{}); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range each {
				if _, err := table.Modify(within(t), "shared", func(r *row) error { r.Count++; return nil }); err != nil {
					t.Errorf("modify: %v", err)
				}
			}
		})
	}
	group.Wait()
	if got, _, err := table.Get(within(t), "shared"); err != nil || got.Count != workers*each {
		t.Errorf("got %+v, %v, want %d", got, err, workers*each)
	}
}

func testStateRestart(t *testing.T, r Rig) {
	table, err := events.OpenTable[row](within(t), r.Store, events.Bucket{Name: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	var want []row
	for i := range 10 {
		if err := table.Create(within(t), "row"+strconv.Itoa(i), row{i}); err != nil {
			t.Fatal(err)
		}
		want = append(want, row{i})
	}
	if err := table.Delete(within(t), "row9"); err != nil {
		t.Fatal(err)
	}
	r.Restart()
	var got []row
	Eventually(t, "the rows can be listed", func() bool { got, err = table.List(within(t)); return err == nil })
	if !slices.Equal(got, want[:9]) {
		t.Errorf("got %v, want %v", got, want[:9])
	}
	if err := table.Create(within(t), "row0", row{}); !errors.Is(err, events.ErrExists) {
		t.Errorf("got %v, want %v", err, events.ErrExists)
	}
}
