package natsbus_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// fill creates values until the bucket refuses one.
func fill(t *testing.T, kv events.KV, size int) (written int, refused error) {
	t.Helper()
	for ; written < 10_000; written++ {
		if _, err := kv.Create(t.Context(), fmt.Sprintf("row-%05d", written), make([]byte, size)); err != nil {
			return written, err
		}
	}
	t.Fatal("the bucket takes more than its quota")
	return 0, nil
}

func expectFull(t *testing.T, err error, bucket string) {
	t.Helper()
	e, ok := errors.AsType[*events.Error](err)
	if !ok || e.Kind != events.KindUnavailable || e.Hint() == "" || !strings.Contains(err.Error(), "bucket "+bucket+" is full") {
		t.Errorf("got %v, want that bucket %s is full, with a hint", err, bucket)
	}
}

// TestFullBucket fills a bucket: new values are refused, changes and deletions of
// those that are there are not, and other buckets do not notice.
func TestFullBucket(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	bus := natsbustest.Open(t)
	ledger, err := bus.KV(ctx, events.Bucket{Name: "ledger", Quota: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	other, err := bus.KV(ctx, events.Bucket{Name: "other", Quota: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	n, err := fill(t, ledger, 10_000)
	expectFull(t, err, "ledger")
	if want := 1 << 20 * 9 / 10 / 10_000; n < want-10 || n > want {
		t.Errorf("%d values fit, want nearly %d", n, want)
	}
	for i := range 5 { // each as a ledger grows: by a thousand bytes
		key := fmt.Sprintf("row-%05d", i)
		_, revision, err := ledger.Get(ctx, key)
		if err == nil {
			_, err = ledger.Update(ctx, key, make([]byte, 11_000), revision)
		}
		if err != nil {
			t.Errorf("change of a value in a full bucket: %v", err)
		}
	}
	if _, err := other.Create(ctx, "row", make([]byte, 10_000)); err != nil {
		t.Errorf("another bucket: %v", err)
	}
	for i := range 5 {
		if err := ledger.Delete(ctx, fmt.Sprintf("row-%05d", i), 0); err != nil {
			t.Errorf("delete from a full bucket: %v", err)
		}
	}
	if _, err := ledger.Create(ctx, "again", make([]byte, 10_000)); err != nil {
		t.Errorf("create when there is room again: %v", err)
	}
}

// TestFullObjects fills a bucket of objects; nothing is left of a Put that was
// refused, and an object can still be replaced.
func TestFullObjects(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	bus := natsbustest.Open(t)
	objects, err := bus.Objects(ctx, events.Bucket{Name: "records", Quota: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if err := objects.Put(ctx, "a", make([]byte, 100_000)); err != nil {
		t.Fatal(err)
	}
	expectFull(t, objects.Put(ctx, "b", make([]byte, 2<<20)), "objects/records")
	if err := objects.Put(ctx, "a", make([]byte, 100_000)); err != nil {
		t.Errorf("replace an object: %v", err)
	}
	usage, err := bus.Usage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range usage.Buckets {
		if u.Bucket == "objects/records" && (u.Values != 1 || u.Quota != 1<<20 || u.Share() > 0.2) {
			t.Errorf("got %+v, want one object of 100 kB", u)
		}
	}
	if len(usage.Buckets) != 3 {
		t.Errorf("got %+v, want the bucket and the two streams", usage.Buckets)
	}
}

// TestSmallStore runs on a server that may store little: the room of a bucket that
// was opened is its own, and what does not fit is refused when it is opened.
func TestSmallStore(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	const streams, ledgerQuota, spare = 2<<30 + 256<<20, 1 << 20, 512 << 10
	external := natsbustest.Serve(t, &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		JetStreamMaxStore: streams + ledgerQuota + spare,
	})
	bus := natsbustest.Connect(t, natsbus.Access{URL: external.ClientURL()})
	ledger, err := bus.KV(ctx, events.Bucket{Name: "ledger", Quota: ledgerQuota})
	if err != nil {
		t.Fatal(err)
	}
	work, err := bus.KV(ctx, events.Bucket{Name: "work", Quota: spare})
	if err != nil {
		t.Fatal(err)
	}
	_, err = bus.KV(ctx, events.Bucket{Name: "more", Quota: 1 << 20})
	if e, ok := errors.AsType[*events.Error](err); !ok || e.Kind != events.KindUnavailable || e.Hint() == "" {
		t.Errorf("a bucket for which there is no room: got %v", err)
	}
	_, err = fill(t, work, 10_000)
	expectFull(t, err, "work")
	n, err := fill(t, ledger, 10_000)
	expectFull(t, err, "ledger")
	if n < 80 {
		t.Errorf("%d values fit into the ledger, though its quota was its own", n)
	}
	if err := errors.Join(work.Delete(ctx, "row-00000", 0), ledger.Delete(ctx, "row-00000", 0)); err != nil {
		t.Errorf("delete in a full store: %v", err)
	}
}

// TestObjectBeyondMaxPayload stores 5 MB on a server that takes messages of 1 MiB.
func TestObjectBeyondMaxPayload(t *testing.T) {
	t.Parallel()
	external := natsbustest.Serve(t, &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true, MaxPayload: 1 << 20,
	})
	objects, err := natsbustest.Connect(t, natsbus.Access{URL: external.ClientURL()}).Objects(t.Context(), events.Bucket{Name: "records"})
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat([]byte("shakedown"), 5_000_000/9)
	if err := objects.Put(t.Context(), "large", want); err != nil {
		t.Fatal(err)
	}
	if got, err := objects.Get(t.Context(), "large"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
	}
}
