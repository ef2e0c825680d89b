package doctor

import (
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// replicaCheckups reports what fewer servers store than could; nothing when there is one
// server, or nobody says.
func replicaCheckups(usage events.StoreUsage) []checkup {
	if usage.Replicas < 2 {
		return nil
	}
	var fewer []string
	for _, u := range usage.Buckets {
		if u.Replicas < usage.Replicas {
			fewer = append(fewer, fmt.Sprintf("%s (%d)", u.Bucket, u.Replicas))
		}
	}
	found := fmt.Sprintf("%d of each stream and bucket", usage.Replicas)
	if len(fewer) > 0 {
		err := events.Errorf(events.KindUnavailable, "restart shakedown serve when every NATS server is up: it raises them when it starts",
			"the NATS cluster could store %d of each, and has fewer of %s", usage.Replicas, strings.Join(fewer, ", "))
		return []checkup{newCheckup("store", "replicas", "", err)}
	}
	return []checkup{newCheckup("store", "replicas", found, nil)}
}
