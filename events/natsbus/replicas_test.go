package natsbus_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// openAll opens a bucket of each sort.
func openAll(t *testing.T, bus *natsbus.Bus) {
	t.Helper()
	if _, err := bus.KV(t.Context(), events.Bucket{Name: "rows"}); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.Objects(t.Context(), events.Bucket{Name: "records"}); err != nil {
		t.Fatal(err)
	}
}

// replicasOf are those of each bucket and stream.
func replicasOf(t *testing.T, bus *natsbus.Bus) map[string]int {
	t.Helper()
	usage, err := bus.Usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	replicas := map[string]int{}
	for _, u := range usage.Buckets {
		replicas[u.Bucket] = u.Replicas
	}
	return replicas
}

func allHave(n int) map[string]int {
	return map[string]int{"stream/events": n, "stream/dead-letters": n, "rows": n, "objects/records": n}
}

// setReplicas is what an operator does with a stream.
func setReplicas(t *testing.T, js jetstream.JetStream, stream string, n int) {
	t.Helper()
	have, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	config := have.CachedInfo().Config
	config.Replicas = n
	if _, err := js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
}

// TestReplicas: in a cluster of three each stream and bucket is stored by all. What is
// stored by fewer is raised by who opens it next, and what was written stays.
func TestReplicas(t *testing.T) {
	t.Parallel()
	access := natsbus.Access{URL: natsbustest.ServeCluster(t).URL()}
	bus := natsbustest.Connect(t, access)
	openAll(t, bus)
	if diff := cmp.Diff(allHave(3), replicasOf(t, bus)); diff != "" {
		t.Error(diff)
	}
	kv, err := bus.KV(t.Context(), events.Bucket{Name: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Create(t.Context(), "row", []byte("1")); err != nil {
		t.Fatal(err)
	}
	js := natsbustest.JetStream(t, access)
	for _, name := range []string{"SHAKEDOWN", "SHAKEDOWN_DEAD", "KV_shakedown_rows", "SHAKEDOWN_OBJECTS_records"} {
		setReplicas(t, js, name, 1)
	}
	visitor := natsbustest.Connect(t, access, func(c *natsbus.Config) { c.Visit = true })
	if diff := cmp.Diff(allHave(1), replicasOf(t, visitor)); diff != "" {
		t.Errorf("after a visit: %s", diff)
	}
	openAll(t, natsbustest.Connect(t, access))
	if diff := cmp.Diff(allHave(3), replicasOf(t, bus)); diff != "" {
		t.Errorf("opened again: %s", diff)
	}
	if value, _, err := kv.Get(t.Context(), "row"); err != nil || string(value) != "1" {
		t.Errorf("the row is %q, %v", value, err)
	}
}

// TestPossibleReplicas counts the servers that store streams.
func TestPossibleReplicas(t *testing.T) {
	t.Parallel()
	if n := natsbustest.Open(t).PossibleReplicas(t.Context()); n != 1 {
		t.Errorf("%d of one server", n)
	}
	bus := natsbustest.Connect(t, natsbus.Access{URL: natsbustest.ServeCluster(t).URL()})
	until(t, func() error { // a server that is busy may not have answered
		if n := bus.PossibleReplicas(t.Context()); n != 3 {
			return fmt.Errorf("%d of three servers", n)
		}
		return nil
	})
}

// TestOneServer has one replica of everything, and a visitor makes nothing.
func TestOneServer(t *testing.T) {
	t.Parallel()
	access := natsbus.Access{URL: natsbustest.Serve(t, natsbustest.Options(t)).ClientURL()}
	if _, err := natsbus.Connect(t.Context(), natsbus.Config{Access: access, Visit: true}); events.KindOf(err) != events.KindUnavailable {
		t.Errorf("a visit before any server has run: %v", err)
	}
	bus := natsbustest.Connect(t, access)
	openAll(t, bus)
	if diff := cmp.Diff(allHave(1), replicasOf(t, bus)); diff != "" {
		t.Error(diff)
	}
}

// TestServersLost ends one server after the other: nothing that was stored is lost, and
// what is new is stored.
func TestServersLost(t *testing.T) {
	t.Parallel()
	cluster := natsbustest.ServeCluster(t)
	bus := natsbustest.Connect(t, natsbus.Access{URL: cluster.URL()})
	openAll(t, bus)
	kv, err := bus.KV(t.Context(), events.Bucket{Name: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range cluster.Servers {
		cluster.Shut(i)
		cluster.Await(t)
		key := "row-" + strconv.Itoa(i)
		until(t, func() error {
			_, err := kv.Create(t.Context(), key, nil)
			if errors.Is(err, events.ErrExists) { // an earlier answer was lost
				return nil
			}
			return err
		})
		until(t, func() error {
			return events.StopEngagedTopic.Publish(t.Context(), bus, events.Meta{ID: key, Source: "shakedown/test", Time: time.Now()}, events.StopEngaged{})
		})
		cluster.Restart(t, i)
		cluster.Await(t)
	}
	until(t, func() error {
		rows, err := kv.List(t.Context())
		if err == nil && len(rows) != len(cluster.Servers) {
			t.Fatalf("%d rows are left", len(rows))
		}
		return err
	})
}

// until tries again until it works: a cluster takes a while to agree on a leader.
func until(t *testing.T, try func() error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatal(err)
		}
	}
}
