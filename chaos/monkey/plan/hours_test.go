package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall/walltest"
)

// TestHours: hours mean what they say over midnight, the week's end, the year's end, leap
// days and changes of clocks, in every zone.
func TestHours(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, zone, hours, weekdays, from, to string
		want                                  []string
	}{
		{
			"over midnight and the week's end", "Europe/Berlin", "22:00-06:00", "Fri-Sun", "2027-06-03", "2027-06-07",
			[]string{"2027-06-04T22:00:00+02:00 8h0m0s", "2027-06-05T22:00:00+02:00 8h0m0s", "2027-06-06T22:00:00+02:00 8h0m0s"},
		},
		{
			"Saturday to Monday", "UTC", "09:00-10:00", "Sat-Mon", "2027-06-03", "2027-06-08",
			[]string{"2027-06-05T09:00:00Z 1h0m0s", "2027-06-06T09:00:00Z 1h0m0s", "2027-06-07T09:00:00Z 1h0m0s"},
		},
		{"a night with an hour less", "Europe/Berlin", "22:00-06:00", "Sat", "2027-03-27", "2027-03-28", []string{"2027-03-27T22:00:00+01:00 7h0m0s"}},
		{"a night with an hour more", "Europe/Berlin", "22:00-06:00", "Sat", "2027-10-30", "2027-10-31", []string{"2027-10-30T22:00:00+02:00 9h0m0s"}},
		{"the hour that comes twice", "Europe/Berlin", "02:00-03:00", "Sun", "2027-10-31", "2027-10-31", []string{"2027-10-31T02:00:00+02:00 2h0m0s"}},
		{"the hour that is missing", "Europe/Berlin", "02:00-03:00", "Sun", "2027-03-28", "2027-03-28", []string{"the clock goes forward over the hours"}},
		{"from a missing hour", "Europe/Berlin", "02:30-04:00", "Sun", "2027-03-28", "2027-03-28", []string{"2027-03-28T03:00:00+02:00 1h0m0s"}},
		{"a year's end", "Pacific/Kiritimati", "23:00-01:00", "Mon-Sun", "2027-12-31", "2027-12-31", []string{"2027-12-31T23:00:00+14:00 2h0m0s"}},
		{"a leap day", "Etc/GMT+12", "09:00-17:00", "Mon-Sun", "2028-02-29", "2028-02-29", []string{"2028-02-29T09:00:00-12:00 8h0m0s"}},
		{"up to midnight", "Asia/Tokyo", "16:00-24:00", "Mon-Sun", "2027-06-01", "2027-06-01", []string{"2027-06-01T16:00:00+09:00 8h0m0s"}},
		{"a day that is none", "Europe/Berlin", "09:00-17:00", "Mon", "2027-06-06", "2027-06-06", []string{"Sunday is no working day"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := planner(t, monkey(func(s *spec.Spec) {
				s.TimeZone, s.Monkey.Hours, s.Monkey.Weekdays = tc.zone, tc.hours, []string{tc.weekdays}
			}))
			var got []string
			for _, d := range p.Days(walltest.Date(t, tc.from), walltest.Date(t, tc.to), nil) {
				for _, o := range d.Open {
					got = append(got, o.From.Format(time.RFC3339)+" "+o.Long().String())
				}
				if d.Why != "" && tc.from == tc.to {
					got = append(got, d.Why)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("hours (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStartsAreWithinHours: in every zone, whatever is closed, each start is in what is
// open of its day, which begins on its date.
func TestStartsAreWithinHours(t *testing.T) {
	t.Parallel()
	zones := []string{"Pacific/Kiritimati", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu", "Europe/Berlin", "UTC", "America/St_Johns", "America/Santiago"}
	for offset := -14; offset <= 12; offset++ {
		zones = append(zones, fmt.Sprintf("Etc/GMT%+d", offset))
	}
	for _, name := range zones {
		for _, hours := range []string{"09:00-17:00", "22:00-06:00", "00:00-23:59", "01:30-03:30"} {
			p := planner(t, monkey(func(s *spec.Spec) {
				s.TimeZone, s.Monkey.Hours, s.Monkey.Mean, s.Monkey.Weekdays = name, hours, 1, []string{"Mon-Sun"}
				s.Freezes.Dates = []spec.Days{"2027-03-10", "2027-12-24..2028-01-01"}
			}))
			for _, d := range p.Days(walltest.Date(t, "2027-02-25"), walltest.Date(t, "2028-03-02"), groups(1, 1)) {
				inside := func(s plan.Start) bool {
					return slices.ContainsFunc(d.Open, func(o wall.Span) bool { return o.Has(s.At) })
				}
				for _, s := range d.Starts {
					frozen := wall.DateAt(s.At, p.Zone())
					if !inside(s) || frozen >= walltest.Date(t, "2027-12-24") && frozen <= walltest.Date(t, "2028-01-01") || frozen == walltest.Date(t, "2027-03-10") {
						t.Fatalf("%s %s: a start at %s on %s, open is %v", name, hours, s.At, d.Date, d.Open)
					}
				}
				if len(d.Open) > 0 && wall.DateAt(d.Open[0].From, p.Zone()) != d.Date && !strings.HasPrefix(hours, "22") {
					t.Fatalf("%s %s: %s opens at %s", name, hours, d.Date, d.Open[0].From)
				}
				if (len(d.Open) > 0) != (len(d.Starts) == 1) {
					t.Fatalf("%s %s: %d starts on %s", name, hours, len(d.Starts), d.Date)
				}
			}
		}
	}
}
