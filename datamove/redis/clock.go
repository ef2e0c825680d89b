package redis

import (
	"context"
	"time"
)

// sameClock is the difference that is taken for the error of measuring it.
const sameClock = 5 * time.Millisecond

// ttlTolerance is how far apart two expiries of the same key may be.
const ttlTolerance = 50 * time.Millisecond

// skew measures how far the target's clock is ahead of the source's: the best of
// several tries, by the shortest time that both answers took.
func (r *run) skew(ctx context.Context) (time.Duration, error) {
	best, shortest := time.Duration(0), time.Hour
	for range 5 {
		began := r.job.Now()
		a, err := r.from.first.Time(ctx).Result()
		if err != nil {
			return 0, r.from.fault("ask for the time", err)
		}
		middle := r.job.Now()
		b, err := r.to.first.Time(ctx).Result()
		if err != nil {
			return 0, r.to.fault("ask for the time", err)
		}
		ended := r.job.Now()
		if took := ended.Sub(began); took < shortest {
			best, shortest = offset(began, middle, ended, a, b), took
		}
	}
	if best.Abs() <= max(sameClock, shortest/2) {
		return 0, nil
	}
	return best, nil
}

// offset is how far clock b is ahead of clock a, read in the middle of the
// stretches began to middle and middle to ended.
func offset(began, middle, ended, a, b time.Time) time.Duration {
	between := (ended.Sub(middle) + middle.Sub(began)) / 2
	return b.Sub(a) - between
}

// shift is an expiry of the source as the target's clock has it; -1 stays.
func (r *run) shift(at int64) int64 {
	if at < 0 {
		return at
	}
	return at + r.clock.Milliseconds()
}
