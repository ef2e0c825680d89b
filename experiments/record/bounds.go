package record

import (
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// bounds is a length of time between two lengths. Without most it may be of any length
// from the least on.
func bounds(least time.Duration, most *time.Duration) *events.Bounds {
	b := &events.Bounds{Least: events.Duration(max(0, least))}
	if most != nil {
		b.Most = duration(max(*most, b.Least.Std()))
	}
	return b
}

// longest takes the longer of two lengths in the best and in the worst case.
func longest(a, b *events.Bounds) *events.Bounds {
	if a == nil || b == nil {
		return nil
	}
	c := events.Bounds{Least: max(a.Least, b.Least)}
	if a.Most != nil && b.Most != nil {
		c.Most = new(max(*a.Most, *b.Most))
	}
	return &c
}
