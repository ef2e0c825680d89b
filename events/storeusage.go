package events

import "strings"

// BucketUsage is what a bucket, or a stream of events, stores.
type BucketUsage struct {
	// Bucket is the name of a KV, "objects/" and that of a bucket of objects, or
	// "stream/" and that of a stream.
	Bucket string `json:"bucket"`
	// Bytes is what is stored, Quota what may be; both in bytes. Quota is 0 when
	// there is no bound.
	Bytes int64 `json:"bytes"`
	Quota int64 `json:"quota,omitempty"`
	// Values counts what is stored, the marks of deleted values included.
	Values int64 `json:"values"`
	// Replicas is how many servers store it.
	Replicas int `json:"replicas,omitempty"`
}

// Share is the part of the quota that is used, 0 when there is no quota.
func (u BucketUsage) Share() float64 {
	if u.Quota <= 0 {
		return 0
	}
	return float64(u.Bytes) / float64(u.Quota)
}

// DropsOldest says that what is full loses its oldest values, and refuses nothing.
func (u BucketUsage) DropsOldest() bool { return strings.HasPrefix(u.Bucket, StreamUsage) }

// StreamUsage is how the names of streams begin in BucketUsage.
const StreamUsage = "stream/"

// StoreUsage is what all buckets store, ordered by name.
type StoreUsage struct {
	Buckets []BucketUsage `json:"buckets"`
	// Replicas is how many servers could store each of them, as far as is useful; 0 when
	// that is not known.
	Replicas int `json:"replicas,omitempty"`
	// Installation is the id of all who share the store, "" when none has one yet.
	Installation string `json:"installation,omitempty"`
}

// StoreUsageCall asks what the buckets store. Whoever runs services answers it.
var StoreUsageCall = ask[Nothing, StoreUsage]("v1.store.usage.show")
