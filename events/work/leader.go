package work

import (
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// leaderBucket has one row for each duty.
const leaderBucket = "leaders"

// Leader gives one duty to one server at a time. Its lease is fenced like that of
// every row: a server that was silent for too long has stopped acting by its own
// clock before another one begins.
type Leader struct {
	queue *Queue[struct{}]
	duty  string
}

// OpenLeader makes the duty known. Every server that may have it calls this.
func OpenLeader(ctx context.Context, d Deps, duty string, lease time.Duration) (*Leader, error) {
	c := DefaultConfig[struct{}](leaderBucket)
	c.Lease = lease
	c.Turns = func(open []Row[struct{}], _ time.Time) ([]string, time.Time) { return []string{duty}, time.Time{} }
	q, err := Open(ctx, d, c)
	if err != nil {
		return nil, err
	}
	err = q.Add(ctx, duty, events.Meta{ID: duty, Source: leaderBucket, Time: d.Now()}, struct{}{})
	if err != nil && !errors.Is(err, ErrKnown) {
		return nil, err
	}
	return &Leader{queue: q, duty: duty}, nil
}

// Term is the time for which a server has the duty.
type Term struct{ claim *Claim[struct{}] }

// Deadline bounds one effect of the duty, as Claim.Deadline does.
func (t Term) Deadline(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return t.claim.Deadline(ctx, limit)
}

// errResigned gives the duty back.
var errResigned = errors.New("the duty was given back")

// Run calls lead whenever this server has the duty, until ctx ends. The context of
// lead ends with the cause ErrLost when the duty may have gone to another server.
// When lead returns the duty is free, and after a pause anyone may take it.
func (l *Leader) Run(ctx context.Context, lead func(ctx context.Context, t Term) error) {
	l.queue.Run(ctx, func(ctx context.Context, c *Claim[struct{}]) error {
		if err := lead(ctx, Term{c}); err != nil {
			return err
		}
		return errResigned
	})
}
