package doctor

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

func TestReplicaCheckups(t *testing.T) {
	buckets := []events.BucketUsage{{Bucket: "runs", Replicas: 3}, {Bucket: "ledger", Replicas: 1}, {Bucket: "stream/events", Replicas: 2}}
	for _, c := range []struct {
		name  string
		usage events.StoreUsage
		want  []string
	}{
		{"nobody says", events.StoreUsage{Buckets: buckets}, nil},
		{"one server", events.StoreUsage{Buckets: buckets, Replicas: 1}, nil},
		{"as many as there are", events.StoreUsage{Buckets: buckets[:1], Replicas: 3}, []string{"3 of each stream and bucket"}},
		{"fewer", events.StoreUsage{Buckets: buckets, Replicas: 3}, []string{
			"the NATS cluster could store 3 of each, and has fewer of ledger (1), stream/events (2)",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, line := range replicaCheckups(c.usage) {
				got = append(got, line.Found)
				if line.OK == (line.Hint != "") {
					t.Errorf("hint %q", line.Hint)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
