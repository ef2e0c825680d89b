package cron_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/monkey/cron"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall/walltest"
)

func parse(t testing.TB, text, in string) cron.Expression {
	t.Helper()
	e, err := cron.Parse(text, walltest.Zone(t, in))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// shown is the start as its moment, and what is remarkable of it.
func shown(s cron.Start) string {
	text := s.At.Format(time.RFC3339)
	if s.Moved {
		text += " moved from " + s.Reading.Format("15:04")
	}
	if s.Twice {
		text += " first of two"
	}
	return text
}

// TestStarts has the days on which clocks are changed, and days that are not everywhere.
func TestStarts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, expression, zone, from, to string
		want                             []string
	}{
		{
			"a missing hour", "30 2 * * *", "Europe/Berlin", "2027-03-27", "2027-03-30",
			[]string{"2027-03-27T02:30:00+01:00", "2027-03-28T03:00:00+02:00 moved from 02:30", "2027-03-29T02:30:00+02:00"},
		},
		{
			"an hour that comes twice", "30 2 * * *", "Europe/Berlin", "2027-10-30", "2027-11-02",
			[]string{"2027-10-30T02:30:00+02:00", "2027-10-31T02:30:00+02:00 first of two", "2027-11-01T02:30:00+01:00"},
		},
		{
			"no midnight", "0 0 * * *", "Africa/Cairo", "2027-04-29", "2027-05-02",
			[]string{"2027-04-29T00:00:00+02:00", "2027-04-30T01:00:00+03:00 moved from 00:00", "2027-05-01T00:00:00+03:00"},
		},
		{
			"no midnight, of that day alone", "0 0 * * *", "Africa/Cairo", "2027-04-30", "2027-05-01",
			[]string{"2027-04-30T01:00:00+03:00 moved from 00:00"},
		},
		{
			"moved to where something starts anyway", "0,30 2,3 * * *", "Europe/Berlin", "2027-03-28", "2027-03-29",
			[]string{"2027-03-28T03:00:00+02:00", "2027-03-28T03:30:00+02:00"},
		},
		{
			"every quarter in an hour that comes twice", "*/15 2 * * *", "Europe/Berlin", "2027-10-31", "2027-11-01",
			[]string{
				"2027-10-31T02:00:00+02:00 first of two", "2027-10-31T02:15:00+02:00 first of two",
				"2027-10-31T02:30:00+02:00 first of two", "2027-10-31T02:45:00+02:00 first of two",
			},
		},
		{
			"both day fields are OR", "0 9 1-7 * 1", "Europe/Berlin", "2027-06-01", "2027-07-01",
			[]string{
				"2027-06-01T09:00:00+02:00", "2027-06-02T09:00:00+02:00", "2027-06-03T09:00:00+02:00", "2027-06-04T09:00:00+02:00",
				"2027-06-05T09:00:00+02:00", "2027-06-06T09:00:00+02:00", "2027-06-07T09:00:00+02:00",
				"2027-06-14T09:00:00+02:00", "2027-06-21T09:00:00+02:00", "2027-06-28T09:00:00+02:00",
			},
		},
		{"the first Monday", "0 9 * * MON#1", "Europe/Berlin", "2027-06-01", "2027-07-01", []string{"2027-06-07T09:00:00+02:00"}},
		{"the last Friday", "0 9 * * FRI#L", "Europe/Berlin", "2027-06-01", "2027-07-01", []string{"2027-06-25T09:00:00+02:00"}},
		{"the last day", "0 9 L 2 *", "Pacific/Kiritimati", "2027-01-01", "2028-12-31", []string{"2027-02-28T09:00:00+14:00", "2028-02-29T09:00:00+14:00"}},
		{"seconds", "30 0 9 * * *", "Etc/GMT+12", "2027-12-31", "2028-01-02", []string{"2027-12-31T09:00:30-12:00", "2028-01-01T09:00:30-12:00"}},
		{"over the week's end", "0 9 * * SAT-MON", "UTC", "2027-06-01", "2027-06-09", []string{"2027-06-05T09:00:00Z", "2027-06-06T09:00:00Z", "2027-06-07T09:00:00Z"}},
		{"Sunday is 0 and 7", "0 9 * * 7", "UTC", "2027-06-01", "2027-06-09", []string{"2027-06-06T09:00:00Z"}},
		{"a leap day far away", "0 9 29 2 *", "UTC", "2096-03-01", "2104-03-01", []string{"2104-02-29T09:00:00Z"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			z := walltest.Zone(t, tc.zone)
			from, to := walltest.Date(t, tc.from).Begins(z), walltest.Date(t, tc.to).Begins(z)
			var got []string
			for _, s := range parse(t, tc.expression, tc.zone).Between(from, to, 100) {
				got = append(got, shown(s))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("starts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOneStartEachDay: in every zone of a long list, each day of two years has one start.
func TestOneStartEachDay(t *testing.T) {
	t.Parallel()
	zones := []string{
		"Etc/GMT+12", "Etc/GMT-14", "America/St_Johns", "America/Sao_Paulo", "America/Santiago", "Africa/Cairo", "Africa/Casablanca",
		"Asia/Kathmandu", "Asia/Beirut", "Asia/Gaza", "Australia/Lord_Howe", "Europe/Dublin", "Antarctica/Troll", "Pacific/Chatham", "Pacific/Apia",
	}
	for _, name := range zones {
		z := walltest.Zone(t, name)
		for _, expression := range []string{"0 0 * * *", "30 2 * * *", "15 1 * * *", "45 23 * * *", "59 59 2 * * *"} {
			e := parse(t, expression, name)
			first := walltest.Date(t, "2027-01-01")
			starts := e.Between(first.Begins(z), (first + 731).Begins(z), 2000)
			if len(starts) != 731 {
				t.Errorf("%s in %s: %d starts in 731 days", expression, name, len(starts))
			}
			for i, s := range starts {
				if wall.DateAt(s.At, z) != first+wall.Date(i) {
					t.Errorf("%s in %s: start %d is %s, want one on %s", expression, name, i, shown(s), first+wall.Date(i))
					break
				}
			}
		}
	}
}

// TestDaysAreWhole: what starts on each of the days is what starts in all of them.
func TestDaysAreWhole(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Africa/Cairo", "America/Santiago", "Australia/Lord_Howe", "Europe/Berlin", "Asia/Beirut"} {
		z := walltest.Zone(t, name)
		for _, expression := range []string{"0 0 * * *", "*/20 0-3 * * *", "30 2 * * *"} {
			e, first, last := parse(t, expression, name), walltest.Date(t, "2027-01-01"), walltest.Date(t, "2028-01-01")
			var days []cron.Start
			for d := first; d < last; d++ {
				days = append(days, e.Between(d.Begins(z), (d+1).Begins(z), 100)...)
			}
			if diff := cmp.Diff(e.Between(first.Begins(z), last.Begins(z), 100_000), days, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
				t.Errorf("%s in %s (-whole +days):\n%s", expression, name, diff)
			}
		}
	}
}

// TestNoSecondStart: whoever asks again in the hour that comes twice gets nothing anew.
func TestNoSecondStart(t *testing.T) {
	t.Parallel()
	e, z := parse(t, "30 2 * * *", "Europe/Berlin"), walltest.Zone(t, "Europe/Berlin")
	first := time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC) // 02:30 in summer time
	next := e.Between(first.Add(time.Second), first.Add(30*time.Hour), 10)
	if len(next) != 1 || shown(next[0]) != "2027-11-01T02:30:00+01:00" {
		t.Errorf("after the first 02:30 come %v", next)
	}
	if again := e.Between(first, first.Add(time.Second), 10); len(again) != 1 || !again[0].At.Equal(first.In(z)) {
		t.Errorf("at the first 02:30 comes %v", again)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"":                                     "has 0 fields",
		"* * * *":                              "has 4 fields",
		"0 0 9 * * * 2027":                     "has 7 fields",
		"@daily":                               "is a short form",
		"@every 1h":                            "is a short form",
		"TZ=Europe/Berlin 0 9 * * *":           "write that as timeZone",
		"CRON_TZ=UTC 0 9 * * *":                "write that as timeZone",
		"0 17-9 * * *":                         `"17-9" of the field for the hour is reversed`,
		"50-10 * * * *":                        "of the field for the minute is reversed",
		"0 9 * OCT-MAR *":                      "of the field for the month is reversed",
		"0 9 20-10 * *":                        "of the field for the day of the month is reversed",
		"30-10 0 9 * * *":                      "of the field for the second is reversed",
		"0 9 30 2 *":                           "never comes",
		"0 24 * * *":                           "is not a cron expression",
		"60 9 * * *":                           "is not a cron expression",
		"0 9 * * MON#6":                        "is not a cron expression",
		"H H * * *":                            "is not a cron expression",
		"0 9 * * " + strings.Repeat("1,", 600): "is not a cron expression",
	} {
		if _, err := cron.Parse(expression, time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", expression, err, want)
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]int{"0 9 1-7 * 1": 1, "0 9 * * 1": 0, "0 9 1 * *": 0, "0 9 * * MON#1": 0, "0 9 */2 * 1": 1, "0 9 L * *": 0, "0 9 L * 1": 1} {
		if got := parse(t, expression, "UTC").Notes(); len(got) != want {
			t.Errorf("%s: notes %v, want %d", expression, got, want)
		}
	}
}

func TestShortest(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]time.Duration{
		"* * * * *": time.Minute, "*/10 * * * * *": 10 * time.Second, "0 9 * * *": 24 * time.Hour, "0 9,10 * * 1": time.Hour,
	} {
		if got := parse(t, expression, "UTC").Shortest(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)); got != want {
			t.Errorf("%s: %s, want %s", expression, got, want)
		}
	}
}

// FuzzParse: whatever is read comes in order, each moment once.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0 9 * * *", "*/5 * * * MON#1", "1 2 3 4 5 6", "0 0 L 2 *", "0 0 15W * *"} {
		f.Add(seed)
	}
	berlin := walltest.Zone(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := cron.Parse(text, berlin)
		if err != nil {
			return
		}
		from := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
		starts := e.Between(from, from.AddDate(1, 0, 0), 50)
		if !slices.IsSortedFunc(starts, func(a, b cron.Start) int { return a.At.Compare(b.At) }) {
			t.Errorf("%q: %v is out of order", text, starts)
		}
		for i := 1; i < len(starts); i++ {
			if starts[i].At.Equal(starts[i-1].At) {
				t.Errorf("%q: %s comes twice", text, starts[i].At)
			}
		}
	})
}
