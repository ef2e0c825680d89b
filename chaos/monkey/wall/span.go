package wall

import (
	"slices"
	"time"
)

// Span is the time from From up to and without To.
type Span struct{ From, To time.Time }

// Long is how long it takes.
func (s Span) Long() time.Duration { return max(0, s.To.Sub(s.From)) }

// Has says whether the moment is in it.
func (s Span) Has(at time.Time) bool { return !at.Before(s.From) && at.Before(s.To) }

// Overlaps says whether a moment is in both.
func (s Span) Overlaps(other Span) bool {
	return s.Long() > 0 && other.Long() > 0 && s.From.Before(other.To) && other.From.Before(s.To)
}

// Without is what is left of the span when others are taken out of it, in order.
func (s Span) Without(others []Span) []Span {
	left := []Span{s}
	for _, o := range others {
		var next []Span
		for _, l := range left {
			next = append(next, l.without(o)...)
		}
		left = next
	}
	slices.SortFunc(left, func(a, b Span) int { return a.From.Compare(b.From) })
	return slices.DeleteFunc(left, func(s Span) bool { return s.Long() == 0 })
}

// without may leave spans that take no time.
func (s Span) without(o Span) []Span {
	if !s.Overlaps(o) {
		return []Span{s}
	}
	return []Span{{s.From, o.From}, {o.To, s.To}}
}
