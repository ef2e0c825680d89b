package redis

import (
	"context"
	"fmt"
	"time"
)

// sameClock is the difference that is taken for the error of measuring it.
const sameClock = 5 * time.Millisecond

// ttlTolerance is how far apart two expiries of the same key may be.
const ttlTolerance = 50 * time.Millisecond

// skew is how far the target's clock is ahead of the source's.
type skew time.Duration

// measureSkew is the best of several tries, by the shortest time that both answers took.
func measureSkew(ctx context.Context, from, to *end, now func() time.Time) (skew, error) {
	best, shortest := time.Duration(0), time.Hour
	for range 5 {
		began := now()
		a, err := from.time(ctx)
		if err != nil {
			return 0, err
		}
		middle := now()
		b, err := to.time(ctx)
		if err != nil {
			return 0, err
		}
		ended := now()
		if took := ended.Sub(began); took < shortest {
			best, shortest = offset(began, middle, ended, a, b), took
		}
	}
	if best.Abs() <= max(sameClock, shortest/2) {
		return 0, nil
	}
	return skew(best), nil
}

// time is what the server's clock says.
func (e *end) time(ctx context.Context) (time.Time, error) {
	at, err := e.first.Time(ctx).Result()
	return at, e.wrap("ask for the time", err)
}

// offset is how far clock b is ahead of clock a, read in the middle of the
// stretches began to middle and middle to ended.
func offset(began, middle, ended, a, b time.Time) time.Duration {
	between := (ended.Sub(middle) + middle.Sub(began)) / 2
	return b.Sub(a) - between
}

// shift is an expiry of the source as the target's clock has it; -1 stays.
func (s skew) shift(at int64) int64 {
	if at < 0 {
		return at
	}
	return at + time.Duration(s).Milliseconds()
}

// differs says how an expiry of the source differs from that of the target, "" for not.
func (s skew) differs(from, to int64) string {
	switch {
	case from == noExpiry && to == noExpiry:
		return ""
	case from == noExpiry:
		return "expiry: only the target's expires"
	case to == noExpiry:
		return "expiry: only the source's expires"
	}
	if d := time.Duration(to-s.shift(from)) * time.Millisecond; d.Abs() > ttlTolerance {
		return fmt.Sprintf("expiry: %s from the source's", d)
	}
	return ""
}
