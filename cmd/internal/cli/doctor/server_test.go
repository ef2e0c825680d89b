package doctor

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/golden"
)

// TestServerRows compares all that doctor says of a server with golden files.
func TestServerRows(t *testing.T) {
	t.Parallel()
	bucket := func(name string, megabytes int64, replicas int) events.BucketUsage {
		return events.BucketUsage{Bucket: name, Bytes: megabytes << 20, Quota: 100 << 20, Replicas: replicas}
	}
	runs := &events.RunRetention{Kept: 12, MaxRuns: 20000, Keep: events.Duration(90 * 24 * time.Hour)}
	services := []events.ServiceState{{Name: "envs", Runs: true}, {Name: "experiments", Lacks: "a Prometheus", Advice: "give --prometheus URL"}}
	unsafe := events.Errorf(events.KindInvalid, "connect to tls://HOST:PORT", "the connection to nats at nats://nats:4222 is not encrypted")
	for name, s := range map[string]server{
		"well": {usage: events.StoreUsage{
			Installation: "in-1", Replicas: 3, Buckets: []events.BucketUsage{bucket("ledger", 10, 3), bucket("runs", 20, 3)},
		}, services: services[:1], runs: runs},
		"alone":           {usage: events.StoreUsage{Installation: "in-1", Replicas: 1, Buckets: []events.BucketUsage{bucket("ledger", 10, 1)}}},
		"earlier-version": {usage: events.StoreUsage{Buckets: []events.BucketUsage{bucket("ledger", 10, 0)}}},
		"unwell": {unsafe: []*events.Error{unsafe}, usage: events.StoreUsage{
			Installation: "in-1", Replicas: 3, Buckets: []events.BucketUsage{bucket("ledger", 90, 1), bucket("runs", 20, 3)},
		}, services: services, runs: runs},
		"silent": {err: errors.New("nobody answers"), unsafe: []*events.Error{unsafe}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var page bytes.Buffer
			view(s.checkups()).Draw(&page)
			golden.Equal(t, name+".golden", page.Bytes())
		})
	}
}
