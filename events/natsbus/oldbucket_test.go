package natsbus_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestOldBucket opens a bucket as version 0.1 made it, with a value, one that was
// deleted and the mark of it, which had no TTL.
func TestOldBucket(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	access := natsbustest.Start(t, t.TempDir()).Access()
	js := natsbustest.JetStream(t, access)
	_, err := js.CreateStream(ctx, jetstream.StreamConfig{
		Name: "KV_shakedown_rows", Subjects: []string{"$KV.shakedown_rows.>"}, MaxMsgsPerSubject: 1, AllowRollup: true, DenyDelete: true,
		Discard: jetstream.DiscardNew,
	})
	if err != nil {
		t.Fatal(err)
	}
	old, err := js.KeyValue(ctx, "shakedown_rows")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"kept", "gone"} {
		if _, err := old.Create(ctx, key, []byte("1")); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Delete(ctx, "gone"); err != nil {
		t.Fatal(err)
	}
	kv, err := natsbustest.Connect(t, access).KV(ctx, events.Bucket{Name: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := kv.List(ctx)
	if err != nil || len(entries) != 1 || entries[0].Key != "kept" {
		t.Fatalf("got %+v, %v", entries, err)
	}
	if err := kv.Delete(ctx, "kept", entries[0].Revision); err != nil {
		t.Errorf("delete with a mark that has a TTL: %v", err)
	}
	stream, err := js.Stream(ctx, "KV_shakedown_rows")
	if err != nil {
		t.Fatal(err)
	}
	if got := stream.CachedInfo().State.Msgs; got != 1 {
		t.Errorf("%d messages are stored, want only the mark of the value deleted now", got)
	}
}

// TestBucketAsIs: who opens a bucket as it is leaves the age at which others let values
// go; who asks for another age gets it.
func TestBucketAsIs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	access := natsbustest.Start(t, t.TempDir()).Access()
	bus, js := natsbustest.Connect(t, access), natsbustest.JetStream(t, access)
	for _, step := range []struct {
		want events.Bucket
		age  time.Duration
	}{
		{events.Bucket{Name: "ends", TTL: time.Hour, AsIs: true}, time.Hour}, // there is none yet
		{events.Bucket{Name: "ends", TTL: 2 * time.Hour}, 2 * time.Hour},
		{events.Bucket{Name: "ends", TTL: time.Minute, Quota: 1 << 20, AsIs: true}, 2 * time.Hour},
		{events.Bucket{Name: "ends", TTL: time.Minute}, time.Minute},
	} {
		if _, err := bus.KV(ctx, step.want); err != nil {
			t.Fatal(err)
		}
		if _, err := bus.Objects(ctx, step.want); err != nil {
			t.Fatal(err)
		}
		wantBounds(t, js, step.want, step.age)
	}
}

// wantBounds wants both kinds of buckets with the age, and not with a quota of 1 MiB.
func wantBounds(t *testing.T, js jetstream.JetStream, asked events.Bucket, age time.Duration) {
	t.Helper()
	for _, name := range []string{"KV_shakedown_ends", "SHAKEDOWN_OBJECTS_ends"} {
		stream, err := js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if got := stream.CachedInfo().Config; got.MaxAge != age || got.MaxBytes == 1<<20 {
			t.Errorf("%s after %+v: age %s, quota %d", name, asked, got.MaxAge, got.MaxBytes)
		}
	}
}
