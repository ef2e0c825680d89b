package eventstest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// large is more than one message may hold on any server that we run.
const large = 9 << 20

// noise is data that does not repeat itself.
func noise(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(data) // never fails
	return data
}

func objects(t *testing.T, r Rig) events.Objects {
	t.Helper()
	bucket, err := r.Store.Objects(within(t), events.Bucket{Name: "records"})
	if err != nil {
		t.Fatal(err)
	}
	return bucket
}

func putObject(t *testing.T, bucket events.Objects, name string, data []byte) {
	t.Helper()
	if err := bucket.Put(within(t), name, data); err != nil {
		t.Fatalf("put %s: %v", name, err)
	}
}

func expectObject(t *testing.T, bucket events.Objects, name string, want []byte) {
	t.Helper()
	got, err := bucket.Get(within(t), name)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got %d bytes of %s, %v, want %d", len(got), name, err, len(want))
	}
}

func expectNoObject(t *testing.T, bucket events.Objects, name string) {
	t.Helper()
	if data, err := bucket.Get(within(t), name); !errors.Is(err, events.ErrNotFound) {
		t.Fatalf("got %d bytes of %s, %v, want %v", len(data), name, err, events.ErrNotFound)
	}
}

// testObjects puts, replaces and deletes objects of all sizes; in the end nothing
// is stored.
func testObjects(t *testing.T, r Rig) {
	bucket := objects(t, r)
	expectNoObject(t, bucket, "a")
	if err := bucket.Delete(within(t), "a"); err != nil {
		t.Errorf("delete what is not there: %v", err)
	}
	for _, size := range []int{10, 0, large, 3 << 10, 1 << 20, 1} {
		data := noise(size)
		putObject(t, bucket, "a", data)
		expectObject(t, bucket, "a", data)
	}
	big := noise(1 << 20)
	putObject(t, bucket, "b", big)
	if err := bucket.Delete(within(t), "a"); err != nil {
		t.Fatal(err)
	}
	expectNoObject(t, bucket, "a")
	expectObject(t, objects(t, r), "b", big)
	if err := bucket.Delete(within(t), "b"); err != nil {
		t.Fatal(err)
	}
	expectNoObject(t, bucket, "b")
	if n := r.Stored("records"); n != 0 {
		t.Errorf("%d messages are left of objects that were deleted", n)
	}
	if _, err := bucket.Get(within(t), "a b"); events.KindOf(err) != events.KindInvalid {
		t.Errorf("a name with a space: got %v", err)
	}
	if err := bucket.Put(within(t), "a.b", nil); events.KindOf(err) != events.KindInvalid {
		t.Errorf("a name with a dot: got %v", err)
	}
}

// testObjectsAtOnce: of many puts, gets and deletes of one name at the same time,
// each get has what one put wrote, and the last object is whole.
func testObjectsAtOnce(t *testing.T, r Rig) {
	const writers, each = 3, 4
	bucket := objects(t, r)
	size := func(i int) int { return 1 + i%3*(200<<10) } // with chunks and without
	whole := func(data []byte) bool {
		return len(data) > 0 && len(data) == size(int(data[0])) && bytes.Count(data, data[:1]) == len(data)
	}
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				n := w*each + i
				if err := bucket.Put(within(t), "a", bytes.Repeat([]byte{byte(n)}, size(n))); err != nil {
					t.Errorf("put: %v", err)
				}
				data, err := bucket.Get(within(t), "a")
				if !errors.Is(err, events.ErrNotFound) && (err != nil || !whole(data)) {
					t.Errorf("got %d bytes, %v, which nobody has put", len(data), err)
				}
				if i == each/2 {
					if err := bucket.Delete(within(t), "a"); err != nil {
						t.Errorf("delete: %v", err)
					}
				}
			}
		})
	}
	group.Wait()
	last := bytes.Repeat([]byte{2}, size(2))
	putObject(t, bucket, "a", last)
	expectObject(t, bucket, "a", last)
	if err := bucket.Delete(within(t), "a"); err != nil {
		t.Fatal(err)
	}
	if n := r.Stored("records"); n != 0 {
		t.Errorf("%d messages are left when the object is gone", n)
	}
}

func testObjectsRestart(t *testing.T, r Rig) {
	bucket := objects(t, r)
	data := noise(2 << 20)
	putObject(t, bucket, "a", data)
	r.Restart()
	Eventually(t, "an object can be written", func() bool { return bucket.Put(within(t), "b", data) == nil })
	expectObject(t, bucket, "a", data)
	expectObject(t, bucket, "b", data)
}

func testObjectsExpire(t *testing.T, r Rig) {
	bucket, err := r.Store.Objects(within(t), events.Bucket{Name: "records", TTL: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	putObject(t, bucket, "a", noise(1<<20))
	Eventually(t, "the object has expired", func() bool {
		_, err := bucket.Get(within(t), "a")
		return errors.Is(err, events.ErrNotFound)
	})
	Eventually(t, "nothing is left of it", func() bool { return r.Stored("records") == 0 })
}
