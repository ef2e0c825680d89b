package doctor

import (
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

// nearlyFull is the share of a quota above which a bucket is reported.
const nearlyFull = 0.8

// storeCheckups reports the buckets that are nearly full, or the fullest when none is.
func storeCheckups(usage events.StoreUsage) []checkup {
	var list []checkup
	var fullest events.BucketUsage
	for _, u := range usage.Buckets {
		if u.Share() >= fullest.Share() {
			fullest = u
		}
		if u.Share() > nearlyFull && !u.DropsOldest() {
			list = append(list, newCheckup("store", u.Bucket, "", events.Errorf(events.KindUnavailable,
				"delete what is not needed any more, or give it a shorter retention", "%s; new values are refused when it is full", share(u))))
		}
	}
	if list == nil && len(usage.Buckets) > 0 {
		list = []checkup{newCheckup("store", fullest.Bucket, share(fullest)+"; the others less", nil)}
	}
	return list
}

// retentionCheckups reports which finished runs are kept; nothing when nobody says.
func retentionCheckups(r *events.RunRetention) []checkup {
	if r == nil {
		return nil
	}
	kept := fmt.Sprintf("%d of at most %d are kept, each for %s", r.Kept, r.MaxRuns, r.Keep)
	return []checkup{newCheckup("store", "finished runs", kept, nil)}
}

func share(u events.BucketUsage) string {
	if u.Quota <= 0 {
		return fmt.Sprintf("%.1f MiB, without a quota", float64(u.Bytes)/(1<<20))
	}
	return fmt.Sprintf("%.0f %% of its quota of %.0f MiB is used", 100*u.Share(), float64(u.Quota)/(1<<20))
}
