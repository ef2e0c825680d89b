package eventstest

import (
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// Empty deletes all that is in a bucket that exists, as its age does.
func Empty(t testing.TB, store events.Store, bucket string) {
	t.Helper()
	kv, err := store.KV(t.Context(), events.Bucket{Name: bucket, AsIs: true})
	if err != nil {
		t.Fatal(err)
	}
	all, err := kv.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("there is nothing in %s", bucket)
	}
	for _, e := range all {
		if err := kv.Delete(t.Context(), e.Key, 0); err != nil {
			t.Fatal(err)
		}
	}
}
