package logs

import (
	"path"
	"regexp"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Query says which lines are wanted. Its zero value wants all.
type Query struct {
	// Since and Until bound the times of lines; zero is no bound.
	Since, Until time.Time
	// Components, Pods and Containers are patterns as path.Match has them; of none, all.
	Components, Pods, Containers []string
	// Grep wants lines that one of the expressions matches; Invert wants all others.
	Grep   []*regexp.Regexp
	Invert bool
	// Level wants lines that are at least as grave. Those of no known level are left out.
	Level Level
}

// Validate reports what cannot be meant. Errors: *events.Error of KindInvalid.
func (q Query) Validate() error {
	if !q.Until.IsZero() && q.Until.Before(q.Since) {
		return events.Errorf(events.KindInvalid, "exchange the two", "until %s is before since %s",
			q.Until.UTC().Format(time.RFC3339), q.Since.UTC().Format(time.RFC3339))
	}
	if q.Invert && len(q.Grep) == 0 {
		return events.Errorf(events.KindInvalid, "say what the lines must not have", "there is nothing to invert")
	}
	for _, pattern := range slices.Concat(q.Components, q.Pods, q.Containers) {
		if _, err := path.Match(pattern, ""); err != nil {
			return events.Errorf(events.KindInvalid, "write it as api-*", "read pattern %q: %w", pattern, err)
		}
	}
	return nil
}

// Filters says whether lines are chosen by what they say.
func (q Query) Filters() bool { return len(q.Grep) > 0 || q.Level != Unknown }

// wantsFrom says whether lines of a container are wanted.
func (q Query) wantsFrom(s Source) bool {
	return fits(q.Components, s.Component) && fits(q.Pods, s.Pod) && fits(q.Containers, s.Container)
}

func fits(patterns []string, name string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

// inTime says whether a time is in the bounds. A line without one is.
func (q Query) inTime(at time.Time) bool {
	return at.IsZero() || !at.Before(q.Since) && (q.Until.IsZero() || !at.After(q.Until))
}

// wants says whether a line is wanted. Its level must be known if the query asks for one.
func (q Query) wants(l Line) bool { return q.inTime(l.Time) && l.Level >= q.Level && q.says(l.Text) }

// says says whether a text is one of those that are wanted.
func (q Query) says(text string) bool {
	if len(q.Grep) == 0 {
		return true
	}
	text = Readable(text)
	found := slices.ContainsFunc(q.Grep, func(e *regexp.Regexp) bool { return e.MatchString(text) })
	return found != q.Invert
}
