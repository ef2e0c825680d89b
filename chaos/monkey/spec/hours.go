package spec

import (
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// Hours are the times of day from which and up to which something starts. When To is not
// after From they end on the next day.
type Hours struct{ From, To wall.Clock }

// ParseHours reads a span such as 09:00-16:00.
func ParseHours(text string) (Hours, error) {
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		return Hours{}, fmt.Errorf("%q is not a span of time such as 09:00-16:00", text)
	}
	var h Hours
	var err error
	if h.From, err = wall.ParseClock(strings.TrimSpace(from)); err != nil {
		return Hours{}, err
	}
	if h.To, err = wall.ParseClock(strings.TrimSpace(to)); err != nil {
		return Hours{}, err
	}
	switch {
	case h.From == h.To || h.From%(24*60) == h.To%(24*60):
		return Hours{}, fmt.Errorf("%q may mean no time or the whole day; write 00:00-23:59 for nearly all of it, or the hours that you mean", text)
	case h.From == 24*60:
		return Hours{}, fmt.Errorf("%q begins at 24:00; write 00:00 and the day after it", text)
	}
	return h, nil
}

// OverMidnight says whether the hours end on the day after that on which they begin.
func (h Hours) OverMidnight() bool { return h.To < h.From }

// On is the time that begins on the day in the zone. It is empty on a day whose clock goes
// forward over all of it.
func (h Hours) On(d wall.Date, zone *time.Location) wall.Span {
	end := d
	if h.OverMidnight() {
		end++
	}
	return wall.Span{From: h.From.On(d, zone), To: h.To.On(end, zone)}
}

// ParseWeekdays reads days and spans of days, such as Mon-Fri or Sat-Mon.
func ParseWeekdays(texts []string) (map[time.Weekday]bool, error) {
	days := map[time.Weekday]bool{}
	for _, text := range texts {
		from, to, span := strings.Cut(text, "-")
		first, err := weekday(from)
		if err != nil {
			return nil, err
		}
		last := first
		if span {
			if last, err = weekday(to); err != nil {
				return nil, err
			}
		}
		for d := first; ; d = (d + 1) % 7 {
			days[d] = true
			if d == last {
				break
			}
		}
	}
	return days, nil
}

func weekday(text string) (time.Weekday, error) {
	short := strings.ToLower(strings.TrimSpace(text))
	for d := range time.Weekday(7) {
		if name := strings.ToLower(d.String()); short == name || short == name[:3] {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%q is not a day of the week such as Mon", text)
}
