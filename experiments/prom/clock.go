package prom

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/common/model"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// clock keeps the last measurement of the clock of a Prometheus.
type clock struct {
	mu    sync.Mutex
	asked time.Time
	last  *record.Clock
}

// lasts is how long a measurement is good for.
const lasts = 2 * time.Second

// clock is how far the clock of Prometheus is ahead of ours: it told its time between our
// question and its answer. Nil when it did not.
func (c *Client) measureClock(ctx context.Context) *record.Clock {
	c.clock.mu.Lock()
	defer c.clock.mu.Unlock()
	if c.config.Now == nil {
		return nil
	}
	before := c.config.Now()
	if before.Sub(c.clock.asked) < lasts {
		return c.clock.last
	}
	c.clock.asked, c.clock.last = before, nil
	answer, problem := c.instant(ctx, "time()", time.Time{})
	after := c.config.Now()
	if s, ok := answer.(*model.Scalar); problem == nil && ok {
		theirs := time.UnixMilli(int64(float64(s.Value) * 1000))
		c.clock.last = record.Ahead(theirs.Sub(after), theirs.Add(time.Millisecond).Sub(before))
	}
	return c.clock.last
}
