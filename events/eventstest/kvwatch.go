package eventstest

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// seen is what a watch of a bucket has shown; the zero value means that it has
// caught up.
type seen = events.Entry

// watchKV collects what a watch shows, in the background.
func watchKV(t *testing.T, bucket events.KV) <-chan seen {
	t.Helper()
	entries := make(chan seen, 10_000)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- bucket.Watch(ctx, func(e events.Entry) bool { entries <- e; return true }, func() { entries <- seen{} })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("watch: %v", err)
		}
	})
	return entries
}

// expectEntries waits for entries, written key=value, -key for a deletion and a
// dot for having caught up.
func expectEntries(t *testing.T, entries <-chan seen, want ...string) {
	t.Helper()
	for _, w := range want {
		e := Receive(t, "entry "+w, entries)
		got := e.Key + "=" + string(e.Value)
		switch {
		case e.Key == "":
			got = "."
		case e.Deleted:
			got = "-" + e.Key
		}
		if got != w {
			t.Fatalf("got %s, want %s", got, w)
		}
	}
}

func testKVWatch(t *testing.T, r Rig) {
	bucket := kv(t, r)
	expectEntries(t, watchKV(t, bucket), ".")
	write := func(rev uint64, err error) uint64 { t.Helper(); return must(t, rev, err) }
	b := write(bucket.Create(within(t), "b", []byte("1")))
	a := write(bucket.Create(within(t), "a", []byte("1")))
	write(bucket.Create(within(t), "gone", []byte("1")))
	if err := bucket.Delete(within(t), "gone", 0); err != nil {
		t.Fatal(err)
	}
	entries := watchKV(t, bucket)
	expectEntries(t, entries, "b=1", "a=1", ".")
	a = write(bucket.Update(within(t), "a", []byte("2"), a))
	expectEntries(t, entries, "a=2")
	if err := bucket.Delete(within(t), "a", a); err != nil {
		t.Fatal(err)
	}
	expectEntries(t, entries, "-a")
	write(bucket.Update(within(t), "b", []byte("2"), b))
	write(bucket.Create(within(t), "a", nil))
	expectEntries(t, entries, "b=2", "a=")
	if len(entries) > 0 {
		t.Errorf("the watch shows %v too", <-entries)
	}
}

func testKVWatchEnds(t *testing.T, r Rig) {
	bucket := kv(t, r)
	for _, key := range []string{"a", "b", "c"} {
		if _, err := bucket.Create(within(t), key, nil); err != nil {
			t.Fatal(err)
		}
	}
	var shown []string
	err := bucket.Watch(within(t), func(e events.Entry) bool {
		shown = append(shown, e.Key)
		return e.Key != "b"
	}, func() { t.Error("the watch has caught up, though it was ended before") })
	if err != nil || len(shown) != 2 {
		t.Errorf("got %v, %v, want a and b", shown, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := bucket.Watch(ctx, func(events.Entry) bool { return true }, cancel); err != nil {
		t.Errorf("got %v when the context ended", err)
	}
}

// testKVWatchRestart writes and deletes across restarts: what the watch has shown
// comes to the same as what is stored, and it catches up once only.
func testKVWatchRestart(t *testing.T, r Rig) {
	bucket := kv(t, r)
	entries := watchKV(t, bucket)
	expectEntries(t, entries, ".")
	want := make(map[string]string)
	for i := range 60 {
		key := "key-" + strconv.Itoa(i%7)
		if i%20 == 10 {
			r.Restart()
		}
		if i%5 == 4 {
			retry(t, func(ctx context.Context) error { return bucket.Delete(ctx, key, 0) })
			delete(want, key)
			continue
		}
		want[key] = strconv.Itoa(i)
		retry(t, func(ctx context.Context) error { return put(ctx, bucket, key, []byte(want[key])) })
	}
	got := make(map[string]string)
	last := make(map[string]uint64)
	Eventually(t, "the watch has shown what is stored", func() bool {
		for len(entries) > 0 {
			e := <-entries
			if e.Key == "" || e.Revision < last[e.Key] {
				t.Errorf("entry %q with revision %d came after revision %d", e.Key, e.Revision, last[e.Key])
			}
			last[e.Key], got[e.Key] = e.Revision, string(e.Value)
			if e.Deleted {
				delete(got, e.Key)
			}
		}
		return maps.Equal(got, want)
	})
}

// put writes the value whatever is there.
func put(ctx context.Context, bucket events.KV, key string, value []byte) error {
	_, revision, err := bucket.Get(ctx, key)
	switch {
	case errors.Is(err, events.ErrNotFound):
		_, err = bucket.Create(ctx, key, value)
	case err == nil:
		_, err = bucket.Update(ctx, key, value, revision)
	}
	return err
}

// retry does it again until it works: a write may be lost with the server.
func retry(t *testing.T, do func(ctx context.Context) error) {
	t.Helper()
	var err error
	Eventually(t, "a write works", func() bool { err = do(within(t)); return err == nil })
}

// testKVExpires: a value leaves Get, List and Watch when it has reached its age.
func testKVExpires(t *testing.T, r Rig) {
	bucket, err := r.Store.KV(within(t), events.Bucket{Name: "fleeting", TTL: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Create(within(t), "a", []byte("1")); err != nil {
		t.Fatal(err)
	}
	entries := watchKV(t, bucket)
	expectEntries(t, entries, "a=1", ".", "-a")
	if _, _, err := bucket.Get(within(t), "a"); !errors.Is(err, events.ErrNotFound) {
		t.Errorf("got %v, want %v", err, events.ErrNotFound)
	}
	if got := list(t, bucket); len(got) > 0 {
		t.Errorf("got %v, want nothing", got)
	}
	if _, err := bucket.Create(within(t), "a", []byte("2")); err != nil {
		t.Errorf("create again: %v", err)
	}
	expectEntries(t, entries, "a=2")
}

func testTableWatch(t *testing.T, r Rig) {
	table, err := events.OpenTable[row](within(t), r.Store, events.Bucket{Name: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Create(within(t), "a", row{1}); err != nil {
		t.Fatal(err)
	}
	var got []events.Change[row]
	err = table.Watch(within(t), func(c events.Change[row]) bool {
		got = append(got, c)
		return !c.Deleted
	}, func() {
		if err := table.Delete(within(t), "a"); err != nil {
			t.Error(err)
		}
	})
	if err != nil || len(got) != 2 || got[0].Row != (row{1}) || !got[1].Deleted || got[1].Key != "a" {
		t.Errorf("got %+v, %v, want the row and its end", got, err)
	}
	if _, err := kvOf(t, r, "rows").Create(within(t), "b", []byte("no JSON")); err != nil {
		t.Fatal(err)
	}
	if err := table.Watch(within(t), func(events.Change[row]) bool { return true }, nil); err == nil {
		t.Error("a row that cannot be decoded was passed over")
	}
}
