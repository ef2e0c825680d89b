package calendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/monkey/calendar"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall/walltest"
)

// file is a calendar with the lines, those of an event in "E" and "/E".
func file(lines ...string) []byte {
	text := strings.Join(lines, "\r\n")
	for short, long := range map[string]string{"\nE\r": "\nBEGIN:VEVENT\r", "\n/E\r": "\nEND:VEVENT\r"} {
		text = strings.ReplaceAll("\n"+text+"\r\n", short, long)[1:]
		text = strings.TrimSuffix(text, "\r\n")
	}
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n" + text + "\r\nEND:VCALENDAR\r\n")
}

func span(t testing.TB, from, to string, zone *time.Location) wall.Span {
	t.Helper()
	return wall.Span{From: walltest.Date(t, from).Begins(zone), To: walltest.Date(t, to).Begins(zone)}
}

func TestRead(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		from, to string
		lines    []string
		want     []string
	}{
		{
			"the end of days is exclusive", "2027-12-01", "2028-01-10",
			[]string{"E", "UID:1", "SUMMARY:Christmas", "DTSTART;VALUE=DATE:20271225", "DTEND;VALUE=DATE:20271227", "/E"},
			[]string{"Christmas 2027-12-25T00:00:00+01:00 2027-12-27T00:00:00+01:00"},
		},
		{
			"one day without an end, and without an id", "2027-12-01", "2028-01-10",
			[]string{"E", "SUMMARY:a", "DTSTART;VALUE=DATE:20271231", "/E", "E", "SUMMARY:b", "DTSTART;VALUE=DATE:20280101", "/E"},
			[]string{"a 2027-12-31T00:00:00+01:00 2028-01-01T00:00:00+01:00", "b 2028-01-01T00:00:00+01:00 2028-01-02T00:00:00+01:00"},
		},
		{
			"the same day at both ends", "2027-12-01", "2028-01-10",
			[]string{"E", "SUMMARY:a", "DTSTART;VALUE=DATE:20271231", "DTEND;VALUE=DATE:20271231", "/E"},
			[]string{"a 2027-12-31T00:00:00+01:00 2028-01-01T00:00:00+01:00"},
		},
		{
			"every year, with its leap day", "2027-01-01", "2032-12-31",
			[]string{"E", "UID:1", "SUMMARY:leap", "DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY", "/E"},
			[]string{"leap 2028-02-29T00:00:00+01:00 2028-03-01T00:00:00+01:00", "leap 2032-02-29T00:00:00+01:00 2032-03-01T00:00:00+01:00"},
		},
		{
			"a time stays when clocks are changed", "2027-03-22", "2027-04-06",
			[]string{"E", "UID:1", "SUMMARY:release", "DTSTART;TZID=Europe/Berlin:20270322T090000", "DTEND;TZID=Europe/Berlin:20270322T110000", "RRULE:FREQ=WEEKLY", "/E"},
			[]string{
				"release 2027-03-22T09:00:00+01:00 2027-03-22T11:00:00+01:00",
				"release 2027-03-29T09:00:00+02:00 2027-03-29T11:00:00+02:00",
				"release 2027-04-05T09:00:00+02:00 2027-04-05T11:00:00+02:00",
			},
		},
		{
			"in another zone", "2027-06-01", "2027-06-03",
			[]string{"E", "UID:1", "SUMMARY:x", "DTSTART;TZID=America/New_York:20270601T200000", "DURATION:PT2H", "/E"},
			[]string{"x 2027-06-02T02:00:00+02:00 2027-06-02T04:00:00+02:00"},
		},
		{
			"in no zone", "2027-06-01", "2027-06-03",
			[]string{"E", "UID:1", "SUMMARY:x", "DTSTART:20270601T200000", "DURATION:P1D", "/E"},
			[]string{"x 2027-06-01T20:00:00+02:00 2027-06-02T20:00:00+02:00"},
		},
		{
			"exceptions as dates, one of a list, and of times by their date", "2027-06-01", "2027-06-08",
			[]string{
				"E", "UID:1", "SUMMARY:d", "DTSTART;VALUE=DATE:20270601", "RRULE:FREQ=DAILY;COUNT=5",
				"EXDATE;VALUE=DATE:20270602,20270603", "/E",
				"E", "UID:2", "SUMMARY:t", "DTSTART;TZID=Europe/Berlin:20270601T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20270602", "/E",
			},
			[]string{
				"d 2027-06-01T00:00:00+02:00 2027-06-02T00:00:00+02:00", "t 2027-06-01T09:00:00+02:00 2027-06-01T10:00:00+02:00",
				"t 2027-06-03T09:00:00+02:00 2027-06-03T10:00:00+02:00",
				"d 2027-06-04T00:00:00+02:00 2027-06-05T00:00:00+02:00", "d 2027-06-05T00:00:00+02:00 2027-06-06T00:00:00+02:00",
			},
		},
		{
			"exceptions in their zones", "2027-03-26", "2027-03-31",
			[]string{
				"E", "UID:1", "SUMMARY:t", "DTSTART;TZID=Europe/Berlin:20270326T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5",
				"EXDATE:20270327T080000Z", "EXDATE;TZID=America/New_York:20270328T030000", "EXDATE;TZID=Europe/Berlin:20270330T090000", "/E",
			},
			[]string{"t 2027-03-26T09:00:00+01:00 2027-03-26T10:00:00+01:00", "t 2027-03-29T09:00:00+02:00 2027-03-29T10:00:00+02:00"},
		},
		{
			"a day that is left out as a time of its zone", "2027-02-16", "2027-02-20",
			[]string{"E", "UID:1", "SUMMARY:d", "DTSTART;VALUE=DATE:20270216", "RRULE:FREQ=DAILY;COUNT=4", "EXDATE;TZID=Europe/Berlin:20270218T000000", "/E"},
			[]string{
				"d 2027-02-16T00:00:00+01:00 2027-02-17T00:00:00+01:00", "d 2027-02-17T00:00:00+01:00 2027-02-18T00:00:00+01:00",
				"d 2027-02-19T00:00:00+01:00 2027-02-20T00:00:00+01:00",
			},
		},
		{
			"a day that is left out as a moment in UTC", "2027-02-16", "2027-02-19",
			[]string{"E", "UID:1", "SUMMARY:d", "DTSTART;VALUE=DATE:20270216", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20270216T230000Z", "/E"},
			[]string{"d 2027-02-16T00:00:00+01:00 2027-02-17T00:00:00+01:00", "d 2027-02-18T00:00:00+01:00 2027-02-19T00:00:00+01:00"},
		},
		{
			"one repetition moved, one cancelled", "2027-06-01", "2027-06-30",
			[]string{
				"E", "UID:1", "SUMMARY:w", "DTSTART;VALUE=DATE:20270601", "RRULE:FREQ=WEEKLY;COUNT=4", "/E",
				"E", "UID:1", "SUMMARY:moved", "RECURRENCE-ID;VALUE=DATE:20270608", "DTSTART;VALUE=DATE:20270610", "/E",
				"E", "UID:1", "SUMMARY:off", "RECURRENCE-ID;VALUE=DATE:20270615", "DTSTART;VALUE=DATE:20270615", "STATUS:CANCELLED", "/E",
			},
			[]string{
				"w 2027-06-01T00:00:00+02:00 2027-06-02T00:00:00+02:00", "moved 2027-06-10T00:00:00+02:00 2027-06-11T00:00:00+02:00",
				"w 2027-06-22T00:00:00+02:00 2027-06-23T00:00:00+02:00",
			},
		},
		{
			"cancelled does not count, transparent does", "2027-06-01", "2027-06-30",
			[]string{
				"E", "UID:1", "SUMMARY:a", "DTSTART;VALUE=DATE:20270601", "STATUS:CANCELLED", "/E",
				"E", "UID:2", "SUMMARY:b", "DTSTART;VALUE=DATE:20270601", "TRANSP:TRANSPARENT", "/E",
			},
			[]string{"b 2027-06-01T00:00:00+02:00 2027-06-02T00:00:00+02:00"},
		},
		{
			"until, by its moment and by its date", "2027-06-01", "2027-06-30",
			[]string{
				"E", "UID:1", "SUMMARY:m", "DTSTART;TZID=Europe/Berlin:20270601T003000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20270602T223000Z", "/E",
				"E", "UID:2", "SUMMARY:d", "DTSTART;TZID=Europe/Berlin:20270610T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20270611", "/E",
			},
			[]string{
				"m 2027-06-01T00:30:00+02:00 2027-06-01T01:30:00+02:00", "m 2027-06-02T00:30:00+02:00 2027-06-02T01:30:00+02:00", "m 2027-06-03T00:30:00+02:00 2027-06-03T01:30:00+02:00",
				"d 2027-06-10T09:00:00+02:00 2027-06-10T10:00:00+02:00", "d 2027-06-11T09:00:00+02:00 2027-06-11T10:00:00+02:00",
			},
		},
		{
			"a first Monday, a date more, and what began before", "2027-06-02", "2027-07-06",
			[]string{
				"E", "UID:1", "SUMMARY:p", "DTSTART;VALUE=DATE:20270104", "DTEND;VALUE=DATE:20270106", "RRULE:FREQ=MONTHLY;BYDAY=1MO", "RDATE;VALUE=DATE:20270620", "/E",
				"E", "UID:2", "SUMMARY:long", "DTSTART;VALUE=DATE:20270401", "DTEND;VALUE=DATE:20270603", "/E",
			},
			[]string{
				"long 2027-04-01T00:00:00+02:00 2027-06-03T00:00:00+02:00",
				"p 2027-06-07T00:00:00+02:00 2027-06-09T00:00:00+02:00", "p 2027-06-20T00:00:00+02:00 2027-06-22T00:00:00+02:00",
				"p 2027-07-05T00:00:00+02:00 2027-07-07T00:00:00+02:00",
			},
		},
		{
			"a zone after the name of a program", "2027-06-01", "2027-06-02",
			[]string{"E", "UID:1", "SUMMARY:x", "DTSTART;TZID=\"/freeassociation.sourceforge.net/Europe/Berlin\":20270601T200000", "DURATION:PT1H", "/E"},
			[]string{"x 2027-06-01T20:00:00+02:00 2027-06-01T21:00:00+02:00"},
		},
		{
			"folded lines, other components and empty lines", "2027-06-01", "2027-06-02",
			[]string{
				"BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "END:VTIMEZONE", "", "E", "UID:1", "SUMMARY:fold", " ed", "DTSTART;VALUE=DATE:202706", " 01",
				"BEGIN:VALARM", "ACTION:DISPLAY", "END:VALARM", "/E",
			},
			[]string{"folded 2027-06-01T00:00:00+02:00 2027-06-02T00:00:00+02:00"},
		},
		{"none", "2027-06-01", "2027-06-02", []string{"X-WR-CALNAME:empty"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			z := walltest.Zone(t, "Europe/Berlin")
			found, err := calendar.Read(file(tc.lines...), z, span(t, tc.from, tc.to, z))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range found {
				got = append(got, e.Summary+" "+e.From.In(z).Format(time.RFC3339)+" "+e.To.In(z).Format(time.RFC3339))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReadRefuses: what cannot be read, or would have to be guessed, is an error.
func TestReadRefuses(t *testing.T) {
	t.Parallel()
	whole := string(file("E", "UID:1", "DTSTART;VALUE=DATE:20270601", "/E"))
	event := func(lines ...string) string {
		return string(file(append(append([]string{"E", "UID:1"}, lines...), "/E")...))
	}
	for name, tc := range map[string]struct{ text, want string }{
		"empty":                   {"", "is not a whole iCalendar file"},
		"a page of an error":      {"<html>503</html>", "is not a whole iCalendar file"},
		"ends in an event":        {whole[:strings.Index(whole, "END:VEVENT")], "is not a whole iCalendar file"},
		"ends before its end":     {strings.TrimSuffix(whole, "END:VCALENDAR\r\n"), "is not a whole iCalendar file"},
		"a parameter and no more": {event("DTSTART;VALUE=DATE"), "is not an iCalendar file"},
		"no start":                {event("SUMMARY:x"), `event "x": has 0 DTSTART`},
		"two starts":              {event("DTSTART:20270601T000000", "DTSTART:20270602T000000"), "has 2 DTSTART"},
		"a broken start":          {event("DTSTART:soon"), `"soon" is neither a date nor a time`},
		"an unknown zone":         {event("DTSTART;TZID=W. Europe Standard Time:20270601T090000"), `its zone "W. Europe Standard Time" is not known`},
		"the zone of a machine":   {event("DTSTART;TZID=Local:20270601T090000"), `its zone "Local" is not known`},
		"ends before it begins":   {event("DTSTART;VALUE=DATE:20270602", "DTEND;VALUE=DATE:20270601"), "ends before it begins"},
		"a date and a time":       {event("DTSTART;VALUE=DATE:20270602", "DTEND:20270603T000000Z"), "has a date at one end and a time at the other"},
		"a broken rule":           {event("DTSTART;VALUE=DATE:20270602", "RRULE:FREQ=SOMETIMES"), `RRULE "FREQ=SOMETIMES"`},
		"a rule out of bounds":    {event("DTSTART;VALUE=DATE:20270602", "RRULE:FREQ=YEARLY;BYMONTH=13"), "bymonth must be between"},
		"a rule within a day":     {event("DTSTART:20270602T000000Z", "RRULE:FREQ=SECONDLY"), "repeats within a day"},
		"a rule of exceptions":    {event("DTSTART;VALUE=DATE:20270602", "EXRULE:FREQ=DAILY"), "EXRULE is not supported"},
		"a range":                 {event("DTSTART;VALUE=DATE:20270602", "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20270602"), "RANGE is not supported"},
		"periods":                 {event("DTSTART:20270602T000000Z", "RDATE;VALUE=PERIOD:20270603T000000Z/PT1H"), "periods is not supported"},
		"a broken duration":       {event("DTSTART:20270602T000000Z", "DURATION:long"), `"long" is not a duration`},
		"a line without end":      {event("DTSTART:20270602T000000Z", "SUMMARY:"+strings.Repeat("x", 70_000)), "a line of it is too long"},
		"too large":               {strings.Repeat("X", calendar.MaxSize+1), "has more than 4 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := calendar.Read([]byte(tc.text), walltest.Zone(t, "Europe/Berlin"), span(t, "2027-01-01", "2028-01-01", walltest.Zone(t, "Europe/Berlin")))
			if err == nil || !strings.Contains(err.Error(), tc.want) || found != nil {
				t.Errorf("%d events and %v, want the error %q", len(found), err, tc.want)
			}
		})
	}
}

// FuzzRead: nothing that can be read takes a time outside of what is asked for.
func FuzzRead(f *testing.F) {
	f.Add([]byte("E\nUID:1\nDTSTART;VALUE=DATE:20270601\nRRULE:FREQ=DAILY\nEXDATE:20270602\n/E"))
	f.Add([]byte("E\nDTSTART;TZID=Europe/Berlin:20270601T090000\nDURATION:PT1H\n/E"))
	f.Add([]byte("E\nDTSTART;VALUE\n/E"))
	z := walltest.Zone(f, "Europe/Berlin")
	within := span(f, "2027-01-01", "2028-01-01", z)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, text := range [][]byte{raw, file(strings.Split(string(raw), "\n")...)} {
			found, err := calendar.Read(text, z, within)
			if err != nil {
				continue
			}
			for _, e := range found {
				if !e.Overlaps(within) {
					t.Errorf("%q takes %v", text, e)
				}
			}
		}
	})
}
