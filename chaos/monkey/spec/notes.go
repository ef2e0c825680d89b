package spec

import (
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos/monkey/cron"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// Notes are what somebody may not expect of a document that is valid.
func (d Document) Notes() []string {
	var notes []string
	if zone, err := wall.Zone(d.Spec.TimeZone); err == nil && d.Spec.Cron != "" {
		if e, err := cron.Parse(d.Spec.Cron, zone); err == nil {
			notes = e.Notes()
		}
	}
	if m := d.Spec.Monkey; m != nil {
		notes = append(notes, hourNotes(*m)...)
	}
	for _, c := range append(d.Spec.Holidays.Calendars, d.Spec.Freezes.Calendars...) {
		if strings.HasPrefix(c.URL, "http://") {
			notes = append(notes, c.URL+" is read without encryption: who is on the way can take holidays out")
		}
	}
	return notes
}

// hourNotes say of hours over midnight what they mean.
func hourNotes(m Monkey) []string {
	h, err := ParseHours(m.Hours)
	if err != nil || !h.OverMidnight() {
		return nil
	}
	long := (h.To - h.From + 24*60) / 60
	return []string{fmt.Sprintf("the hours %s end on the next day, after about %d hours, and count for the day on which they begin", m.Hours, long)}
}
