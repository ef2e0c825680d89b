package s3

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/shakedown-dev/shakedown/datamove"
)

// end is one end of a copy: a bucket and what is needed to reach it.
type end struct {
	location
	side   string // "source" or "target", for errors
	access datamove.Access
	client *s3.Client
	// connections are those of the client.
	connections *http.Transport
	limit       *limiter
	retry       *retrier
	now         func() time.Time
	// timeout is how long a request may stand still.
	timeout time.Duration
	learned learned
}

// learned is what answers of the server have shown.
type learned struct {
	// countsTags says that the server counts the tags of what it sends; until then every
	// object is asked for them.
	countsTags atomic.Bool
	// opaque says that the server has given a single upload an ETag that is not the MD5
	// of its content.
	opaque atomic.Bool
	// noClass says that the server has refused a storage class.
	noClass atomic.Bool
}

// close ends the idle connections.
func (e *end) close() { e.connections.CloseIdleConnections() }

// key is the whole key of what lies below the prefix.
func (e *end) key(rel string) string { return e.prefix + rel }

// name is how errors call an object.
func (e *end) name(rel string) string { return e.String() + e.key(rel) }

// String is how errors call the bucket: "source s3://bucket/".
func (e *end) String() string { return fmt.Sprintf("%s s3://%s/", e.side, e.bucket) }

// try does one request, again while its error may pass; see retrier.
func (e *end) try(ctx context.Context, what string, request func(ctx context.Context) error) error {
	return e.retry.try(ctx, what, e.now, []*limiter{e.limit}, request)
}

// tryBoth does one request that needs both ends.
func tryBoth(ctx context.Context, what string, a, b *end, request func(ctx context.Context) error) error {
	return a.retry.try(ctx, what, a.now, slices.Compact([]*limiter{a.limit, b.limit}), request)
}

// quick bounds a request that moves no content.
func (e *end) quick(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, e.timeout, context.DeadlineExceeded)
}

// long bounds a request in which the server moves so many bytes.
func (e *end) long(ctx context.Context, size int64) (context.Context, context.CancelFunc) {
	const slowest = 2 << 20 // bytes a second
	return context.WithTimeout(ctx, e.timeout+time.Duration(size/slowest)*time.Second)
}
