package kit

import (
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// YesNo shows whether something is so.
func YesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// OrDash shows an empty value as "-".
func OrDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Duration is a duration that may not have been measured.
func Duration(d *events.Duration) string {
	if d == nil {
		return "-"
	}
	return d.Std().Round(10 * time.Millisecond).String()
}

// Bounds is a length of time between its best and its worst case, or else as it was measured
// before there were bounds.
func Bounds(b *events.Bounds, d *events.Duration) string {
	if b == nil {
		return Duration(d)
	}
	return b.String()
}

// Time is a time in UTC, "-" for none.
func Time(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// Age is how long ago an RFC 3339 time was, in kubectl's short form.
func Age(created string, now time.Time) string {
	t, err := time.Parse(time.RFC3339, created)
	if err != nil {
		return "-"
	}
	d := now.Sub(t)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

// Size is a number of bytes for people.
func Size(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, prefix := float64(n), 0
	for value >= unit && prefix < 6 {
		value /= unit
		prefix++
	}
	return fmt.Sprintf("%.1f %ciB", value, " KMGTPE"[prefix])
}

// Shorten keeps the beginning of a text that is longer than the limit, in bytes.
func Shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "..."
}
