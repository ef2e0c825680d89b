package eventstest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// must fails the test when a write did not work.
func must(t *testing.T, revision uint64, err error) uint64 {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

// list reads the bucket as key=value.
func list(t *testing.T, kv events.KV) []string {
	t.Helper()
	entries, err := kv.List(within(t))
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	var out []string
	for _, e := range entries {
		if e.Deleted {
			t.Errorf("the list has %s, which was deleted", e.Key)
		}
		out = append(out, e.Key+"="+string(e.Value))
	}
	return out
}

func testList(t *testing.T, r Rig) {
	bucket := kv(t, r)
	if got := list(t, bucket); len(got) > 0 {
		t.Errorf("an empty bucket lists %v", got)
	}
	var first uint64
	for _, key := range []string{"b", "c", "a", "d"} {
		rev, err := bucket.Create(within(t), key, []byte("1"))
		first = max(first, must(t, rev, err))
	}
	rev, err := bucket.Update(within(t), "d", []byte("2"), first)
	must(t, rev, err)
	for key, revision := range map[string]uint64{"b": 0, "d": rev} {
		if err := bucket.Delete(within(t), key, revision); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := list(t, bucket), []string{"a=1", "c=1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	rev, err = bucket.Create(within(t), "b", []byte("again"))
	must(t, rev, err)
	entries, err := bucket.List(within(t))
	if err != nil || len(entries) != 3 || entries[1].Key != "b" || entries[1].Revision != rev {
		t.Errorf("got %+v, %v, want b with revision %d in the middle", entries, err, rev)
	}
	for _, key := range []string{"a", "b", "c"} {
		if err := bucket.Delete(within(t), key, 0); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, bucket); len(got) > 0 {
		t.Errorf("a bucket from which all was deleted lists %v", got)
	}
}

// testListWhileWritten: every key is written again and again; a list that misses
// one, or has an older value than the last write that returned before it began,
// is wrong.
func testListWhileWritten(t *testing.T, r Rig) {
	const keys, rounds, writers = 40, 60, 4
	bucket := kv(t, r)
	var mu sync.Mutex
	written := make(map[string]int)
	write := func(key string, n int, revision uint64) uint64 {
		rev, err := bucket.Update(within(t), key, []byte(strconv.Itoa(n)), revision)
		if err != nil {
			t.Errorf("write %s: %v", key, err)
		}
		mu.Lock()
		defer mu.Unlock()
		written[key] = n
		return rev
	}
	var group sync.WaitGroup
	done := make(chan struct{})
	for w := range writers {
		revisions := make(map[string]uint64)
		for i := w; i < keys; i += writers {
			key := fmt.Sprintf("key-%02d", i)
			revisions[key] = write(key, 0, 0)
		}
		group.Go(func() {
			for n := 1; n <= rounds; n++ {
				for key, rev := range revisions {
					revisions[key] = write(key, n, rev)
				}
			}
		})
	}
	go func() { group.Wait(); close(done) }()
	for ended := false; !ended && !t.Failed(); {
		select {
		case <-done:
			ended = true // and list once more
		default:
		}
		mu.Lock()
		before := maps.Clone(written)
		mu.Unlock()
		expectAtLeast(t, bucket, before)
	}
	<-done
}

func expectAtLeast(t *testing.T, bucket events.KV, want map[string]int) {
	t.Helper()
	entries, err := bucket.List(within(t))
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	got := make(map[string]int)
	for _, e := range entries {
		got[e.Key], err = strconv.Atoi(string(e.Value))
		if err != nil {
			t.Fatal(err)
		}
	}
	for key, n := range want {
		if have, ok := got[key]; !ok || have < n {
			t.Errorf("%s: the list has %d (%v), though %d was written before", key, have, ok, n)
		}
	}
}
