package s3

import (
	"math/rand/v2"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
)

// Options bound how long an Adapter tolerates what goes wrong. Zero values are defaults.
type Options struct {
	// Patience is how long one request is tried again while the server says that
	// there are too many (default 5m).
	Patience time.Duration
	// Down is how long one request is tried again while the server does not answer
	// or fails (default 1m).
	Down time.Duration
	// Timeout is how long a request may stand still (default 1m).
	Timeout time.Duration
	// Rand spreads the pauses between tries; nil for a seed of its own. It is used
	// under a lock.
	Rand *rand.Rand
	// CopyLimit is the largest object that the server copies in one request
	// (default 5 GiB, which is that of S3).
	CopyLimit int64
}

// Adapter copies objects.
type Adapter struct {
	opts  Options
	retry *retrier
}

var _ datamove.Adapter = (*Adapter)(nil)

// New returns an Adapter.
func New(o Options) *Adapter {
	if o.Patience == 0 {
		o.Patience = 5 * time.Minute
	}
	if o.Down == 0 {
		o.Down = time.Minute
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.CopyLimit == 0 {
		o.CopyLimit = copyLimit
	}
	if o.Rand == nil {
		o.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return &Adapter{opts: o, retry: &retrier{patience: o.Patience, down: o.Down, jitter: &jitter{rand: o.Rand}}}
}

// Bounds of S3 itself.
const (
	copyLimit = 5 << 30
	partLimit = 10_000
	partMin   = 5 << 20
	keyLimit  = 1024
)
