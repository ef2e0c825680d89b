package calendar

import (
	"bytes"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
)

// Entry is an event to be written.
type Entry struct {
	// UID stays the same when the entry is written again.
	UID                  string
	At                   time.Time
	Long                 time.Duration
	Summary, Description string
}

// Write writes a calendar that people can subscribe to. Stamp is when it was made. One
// without entries is allowed by nothing in RFC 5545, and is written all the same, since
// there may be nothing to come.
func Write(name string, entries []Entry, stamp time.Time) ([]byte, error) {
	if len(entries) == 0 {
		return fold([]byte("BEGIN:VCALENDAR\r\nPRODID:" + product + "\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")), nil
	}
	c := ical.NewCalendar()
	c.Props.SetText(ical.PropVersion, "2.0")
	c.Props.SetText(ical.PropProductID, product)
	c.Props.SetText("X-WR-CALNAME", name)
	for _, e := range entries {
		event := ical.NewEvent()
		event.Props.SetText(ical.PropUID, e.UID)
		event.Props.SetDateTime(ical.PropDateTimeStamp, stamp.UTC())
		event.Props.SetDateTime(ical.PropDateTimeStart, e.At.UTC())
		event.Props.SetDateTime(ical.PropDateTimeEnd, e.At.Add(e.Long).UTC())
		event.Props.SetText(ical.PropSummary, e.Summary)
		event.Props.SetText(ical.PropDescription, e.Description)
		event.Props.SetText(ical.PropTransparency, "TRANSPARENT")
		c.Children = append(c.Children, event.Component)
	}
	var out bytes.Buffer
	if err := ical.NewEncoder(&out).Encode(c); err != nil {
		return nil, fmt.Errorf("write calendar %s: %w", name, err)
	}
	return fold(out.Bytes()), nil
}

const product = "-//shakedown//schedules//EN"

// fold breaks lines of more than 75 bytes, as RFC 5545 asks, and never within a letter.
func fold(text []byte) []byte {
	const most = 75
	var out bytes.Buffer
	for line := range bytes.SplitSeq(bytes.TrimSuffix(text, []byte("\r\n")), []byte("\r\n")) {
		room := most
		for len(line) > room {
			end := room
			for end > 1 && !utf8.RuneStart(line[end]) {
				end--
			}
			out.Write(line[:end])
			out.WriteString("\r\n ")
			line, room = line[end:], most-1
		}
		out.Write(line)
		out.WriteString("\r\n")
	}
	return out.Bytes()
}
