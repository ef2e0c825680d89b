package events

import (
	"strconv"
	"strings"
	"time"
)

// Bounds is a length of time as far as it is known: from the best case to the worst.
type Bounds struct {
	Least Duration `json:"least"`
	// Most is nil when nobody read where it ended: it is at least Least.
	Most *Duration `json:"most,omitempty"`
}

// Within says whether even the worst case is no longer than d.
func (b Bounds) Within(d time.Duration) bool { return b.Most != nil && b.Most.Std() <= d }

// Beyond says whether even the best case is longer than d.
func (b Bounds) Beyond(d time.Duration) bool { return b.Least.Std() > d }

// String is the length in words: "3.2 to 4.6 s", "at least 7.5 s", "at most 2 s".
func (b Bounds) String() string {
	switch {
	case b.Most == nil:
		return "at least " + span(b.Least)
	case *b.Most == b.Least:
		return span(b.Least)
	case b.Least == 0:
		return "at most " + span(*b.Most)
	}
	least, most := span(b.Least), span(*b.Most)
	if least == most {
		return most
	}
	if strings.HasSuffix(least, " s") && strings.HasSuffix(most, " s") {
		least = strings.TrimSuffix(least, " s")
	}
	return least + " to " + most
}

// span is a length for people: seconds with hundredths, or what time.Duration says of more
// than a minute.
func span(d Duration) string {
	if d.Std().Abs() >= time.Minute {
		return d.Std().Round(time.Second).String()
	}
	const hundredth = 10 * time.Millisecond
	return strconv.FormatFloat(float64(d.Std().Round(hundredth)/hundredth)/100, 'f', -1, 64) + " s"
}
