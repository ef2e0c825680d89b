package doctor

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

func TestStoreCheckups(t *testing.T) {
	of := func(bucket string, megabytes int64) events.BucketUsage {
		return events.BucketUsage{Bucket: bucket, Bytes: megabytes << 20, Quota: 100 << 20}
	}
	for _, c := range []struct {
		name    string
		buckets []events.BucketUsage
		want    []string
	}{
		{"no bucket", nil, nil},
		{"room everywhere", []events.BucketUsage{of("a", 10), of("b", 80), {Bucket: "c", Bytes: 1 << 30}}, []string{"b true 80 % of its quota of 100 MiB is used; the others less"}},
		{"two nearly full", []events.BucketUsage{of("a", 81), of("b", 10), of("c", 100)}, []string{
			"a false 81 % of its quota of 100 MiB is used; new values are refused when it is full",
			"c false 100 % of its quota of 100 MiB is used; new values are refused when it is full",
		}},
		{"events drop the oldest", []events.BucketUsage{of("a", 10), of("stream/events", 100)}, []string{"stream/events true 100 % of its quota of 100 MiB is used; the others less"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, line := range storeCheckups(events.StoreUsage{Buckets: c.buckets}) {
				ok := "false"
				if line.OK {
					ok = "true"
				}
				got = append(got, line.Name+" "+ok+" "+line.Found)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRetentionCheckups(t *testing.T) {
	if got := retentionCheckups(nil); got != nil {
		t.Errorf("%+v of a server that does not say", got)
	}
	got := retentionCheckups(&events.RunRetention{Kept: 12, MaxRuns: 20000, Keep: events.Duration(90 * 24 * time.Hour)})
	if len(got) != 1 || !got[0].OK || got[0].Found != "12 of at most 20000 are kept, each for 2160h0m0s" {
		t.Errorf("%+v", got)
	}
}
