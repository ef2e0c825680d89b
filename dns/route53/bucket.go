package route53

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/shakedown-dev/shakedown/events"
)

// bucket lets so many requests a second through, and some more at once after a pause.
type bucket struct {
	now  func() time.Time
	each time.Duration
	// burst is how far behind the clock next may stay.
	burst time.Duration
	mu    sync.Mutex
	// next is when the next request may be made.
	next time.Time
}

func newBucket(rate float64, burst int, now func() time.Time) *bucket {
	each := time.Duration(float64(time.Second) / rate)
	return &bucket{now: now, each: each, burst: time.Duration(burst-1) * each}
}

// reserve takes the next place, and says how long to wait for it.
func (b *bucket) reserve() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	b.next = events.Later(b.next, now.Add(-b.burst))
	wait := b.next.Sub(now)
	b.next = b.next.Add(b.each)
	return wait
}

// limited makes each request, also one that is tried again, when the bucket lets it.
type limited struct {
	client aws.HTTPClient
	bucket *bucket
}

// Do waits for its place and makes the request.
func (l *limited) Do(r *http.Request) (*http.Response, error) {
	if wait := l.bucket.reserve(); wait > 0 && !events.Wait(r.Context(), wait) {
		return nil, context.Cause(r.Context())
	}
	if err := events.CheckFence(r.Context()); err != nil {
		return nil, err
	}
	return l.client.Do(r)
}
