package wall_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall/walltest"
)

func TestAt(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, zone, reading, want string }{
		{"a usual one", "Europe/Berlin", "2027-01-01 12:00", "2027-01-01T11:00:00Z"},
		{"one that never comes", "Europe/Berlin", "2027-03-28 02:30", "2027-03-28T01:00:00Z moved"},
		{"the first that never comes", "Europe/Berlin", "2027-03-28 02:00", "2027-03-28T01:00:00Z moved"},
		{"the first that comes again", "Europe/Berlin", "2027-03-28 03:00", "2027-03-28T01:00:00Z"},
		{"one that comes twice", "Europe/Berlin", "2027-10-31 02:30", "2027-10-31T00:30:00Z twice"},
		{"the first after both", "Europe/Berlin", "2027-10-31 03:00", "2027-10-31T02:00:00Z"},
		{"no midnight", "Africa/Cairo", "2027-04-30 00:00", "2027-04-29T22:00:00Z moved"},
		{"half an hour back", "Australia/Lord_Howe", "2027-04-04 01:45", "2027-04-03T14:45:00Z twice"},
		{"half an hour forward", "Australia/Lord_Howe", "2027-10-03 02:15", "2027-10-02T15:30:00Z moved"},
		{"a day that never came", "Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00:00Z moved"},
		{"a zone without changes", "Etc/GMT-14", "2027-01-01 00:00", "2026-12-31T10:00:00Z"},
		{"UTC", "UTC", "2027-01-01 00:00", "2027-01-01T00:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			reading, err := time.Parse("2006-01-02 15:04", tc.reading)
			if err != nil {
				t.Fatal(err)
			}
			m := wall.At(reading, walltest.Zone(t, tc.zone))
			got := m.At.UTC().Format(time.RFC3339)
			if m.Moved {
				got += " moved"
			}
			if m.Twice {
				got += " twice"
			}
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// TestReadingsComeBack: what a clock shows means the moment at which it shows it, or the
// first of two.
func TestReadingsComeBack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Etc/GMT+12", "Etc/GMT-14", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "Antarctica/Troll", "America/Nuuk"} {
		z := walltest.Zone(t, name)
		for at := time.Date(2026, 12, 31, 0, 7, 0, 0, time.UTC); at.Year() < 2029; at = at.Add(17 * time.Minute) {
			reading := wall.Reading(at, z)
			if want := at.In(z).Format("2006-01-02 15:04:05"); reading.Format("2006-01-02 15:04:05") != want {
				t.Fatalf("%s: the clock shows %s at %s, want %s", name, reading, at, want)
			}
			m := wall.At(reading, z)
			if m.Moved || !m.At.Equal(at) && (!m.Twice || !m.At.Before(at)) {
				t.Fatalf("%s: %s is %+v, want %s", name, reading, m, at)
			}
			if !wall.Reading(m.At, z).Equal(reading) {
				t.Fatalf("%s: the clock shows %s at %s, want %s", name, wall.Reading(m.At, z), m.At, reading)
			}
		}
	}
}

func TestZoneRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Local", "Europe/Atlantis", "CEST", "+02:00", "../etc/passwd", "europe\x00"} {
		if z, err := wall.Zone(name); err == nil {
			t.Errorf("%q is the zone %v", name, z)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1969-12-31", "1970-01-01", "2028-02-29", "2027-12-31", "2100-03-01"} {
		d, err := wall.ParseDate(text)
		if err != nil || d.String() != text {
			t.Errorf("%s is %s, %v", text, d, err)
		}
		if got := wall.DateOf(d.Reading().Add(24*time.Hour - time.Nanosecond)); got != d {
			t.Errorf("the end of %s is on %s", d, got)
		}
	}
	for _, text := range []string{"2027-02-29", "2027-2-1", "today", "2027-01-01T00:00:00Z", ""} {
		if d, err := wall.ParseDate(text); err == nil {
			t.Errorf("%q is %s", text, d)
		}
	}
	tokyo := walltest.Zone(t, "Asia/Tokyo")
	if got := wall.DateAt(time.Date(2027, 6, 1, 20, 0, 0, 0, time.UTC), tokyo); got.String() != "2027-06-02" {
		t.Errorf("it is %s in Tokyo", got)
	}
	if got := walltest.Date(t, "2027-06-06").Weekday(); got != time.Sunday {
		t.Errorf("2027-06-06 is a %s", got)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wall.Clock{"00:00": 0, "09:30": 570, "23:59": 1439, "24:00": 1440} {
		if c, err := wall.ParseClock(text); err != nil || c != want || c.String() != text {
			t.Errorf("%s is %d (%s), %v", text, c, c, err)
		}
	}
	for _, text := range []string{"", "9:00", "09:0", "09", "24:01", "25:00", "12:60", "-1:00", "12:-1", "+1:00", "09:00:00"} {
		if c, err := wall.ParseClock(text); err == nil {
			t.Errorf("%q is %s", text, c)
		}
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2027, 1, 1, hour, 0, 0, 0, time.UTC) }
	span := func(from, to int) wall.Span { return wall.Span{From: at(from), To: at(to)} }
	for name, tc := range map[string]struct{ without, want []wall.Span }{
		"nothing":                 {nil, []wall.Span{span(9, 17)}},
		"the middle":              {[]wall.Span{span(12, 13)}, []wall.Span{span(9, 12), span(13, 17)}},
		"both ends and beyond":    {[]wall.Span{span(16, 20), span(0, 10)}, []wall.Span{span(10, 16)}},
		"all":                     {[]wall.Span{span(9, 17)}, nil},
		"all in two that overlap": {[]wall.Span{span(8, 13), span(12, 18)}, nil},
		"what touches it":         {[]wall.Span{span(7, 9), span(17, 18)}, []wall.Span{span(9, 17)}},
		"what takes no time":      {[]wall.Span{span(12, 12), span(14, 13)}, []wall.Span{span(9, 17)}},
	} {
		got := span(9, 17).Without(tc.without)
		if len(got) == 0 {
			got = nil
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("without %s (-want +got):\n%s", name, diff)
		}
	}
}
