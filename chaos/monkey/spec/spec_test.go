package spec_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
)

func monkey(change func(*spec.Document)) spec.Document {
	d := spec.Document{Header: events.NewHeader(spec.Kind, "shop"), Spec: spec.Spec{
		TimeZone: "Europe/Berlin", Environments: spec.Environments{Project: "shop"},
		Monkey: &spec.Monkey{
			Mean: 5, Hours: "09:00-16:00", Grouping: spec.GroupEnvironment,
			OptIn: spec.OptIn{Labels: map[string]string{"monkey": "on"}}, Faults: []spec.Fault{{Fault: "pod-kill"}},
		},
	}}
	change(&d)
	return d
}

func cron(text string) func(*spec.Document) {
	return func(d *spec.Document) {
		d.Spec.Monkey, d.Spec.Cron, d.Spec.Experiments = nil, text, []string{"kill-one"}
	}
}

// checks know one fault, which wants a duration.
func checks() spec.Checks {
	return spec.Checks{Faults: []string{"pod-kill"}, Fault: func(f spec.Fault) (p events.Problems) {
		p.Check(f.Duration == 0, "duration", "pod-kill takes none")
		return p
	}}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*spec.Document)
		want   string
	}{
		{"a monkey", func(*spec.Document) {}, ""},
		{"cron", cron("0 9 * * 1-5"), ""},
		{"both day fields", cron("0 9 1-7 * 1"), ""},
		{"neither", func(d *spec.Document) { d.Spec.Monkey = nil }, "spec: has neither monkey nor cron: nothing would ever start"},
		{
			"both", func(d *spec.Document) { d.Spec.Cron = "0 9 * * *"; d.Spec.Suites = []string{"a"} },
			"spec: has both monkey and cron; make two schedules of it\nspec: has monkey, which draws faults, and experiments or suites, which only cron starts",
		},
		{"cron and nothing to start", func(d *spec.Document) { cron("0 9 * * *")(d); d.Spec.Experiments = nil }, "spec: has cron and neither experiments nor suites: nothing would be started"},
		{"a name twice", func(d *spec.Document) { cron("0 9 * * *")(d); d.Spec.Experiments = []string{"a", "a"} }, `spec.experiments[1]: "a" is there twice`},
		{"a long name", func(d *spec.Document) { d.Metadata.Name = strings.Repeat("a", 51) }, "metadata.name: has 51 characters, want at most 50: the names of runs are made of it"},
		{"no zone", func(d *spec.Document) { d.Spec.TimeZone = "" }, "spec.timeZone: is missing: write a name such as Europe/Berlin, or UTC"},
		{"an unknown zone", func(d *spec.Document) { d.Spec.TimeZone = "Europe/Atlantis" }, `spec.timeZone: "Europe/Atlantis" is not a time zone that is known: write a name such as Europe/Berlin, or UTC`},
		{
			"an empty choice of environments", func(d *spec.Document) { d.Spec.Environments = spec.Environments{} },
			"spec.environments: chooses nothing: name a project, names or labels, since an empty choice would mean every environment of every project",
		},
		{"a label without key", func(d *spec.Document) { d.Spec.Environments.Labels = map[string]string{" ": "x"} }, "spec.environments.labels: has an empty key"},
		{"no opt-in", func(d *spec.Document) { d.Spec.Monkey.OptIn = spec.OptIn{} }, "spec.monkey.optIn: is empty: name a label or an annotation, since nothing is hit that has not asked for it"},
		{"an empty exception", func(d *spec.Document) { d.Spec.Monkey.Except = []spec.Exception{{}} }, "spec.monkey.except[0]: is empty: it would leave out everything"},
		{"a mean below the gap", func(d *spec.Document) { d.Spec.Monkey.Gap = 6 }, "spec.monkey.mean: is 5, which is less than the gap of 6: no chance can bring that about"},
		{"a mean of the gap", func(d *spec.Document) { d.Spec.Monkey.Gap = 5 }, ""},
		{"no mean", func(d *spec.Document) { d.Spec.Monkey.Mean = 0 }, "spec.monkey.mean: is missing: write how many working days pass between two faults in a group, on average"},
		{"a mean below one day", func(d *spec.Document) { d.Spec.Monkey.Mean = 0.5 }, "spec.monkey.mean: is 0.5, want 1 to 1000 working days"},
		{"a gap below one day", func(d *spec.Document) { d.Spec.Monkey.Gap = -1 }, "spec.monkey.gap: is -1, want at least 1"},
		{"no hours", func(d *spec.Document) { d.Spec.Monkey.Hours = "" }, "spec.monkey.hours: is missing: write a span of time such as 09:00-16:00"},
		{"hours of no length", func(d *spec.Document) { d.Spec.Monkey.Hours = "09:00-09:00" }, `spec.monkey.hours: "09:00-09:00" may mean no time or the whole day; write 00:00-23:59 for nearly all of it, or the hours that you mean`},
		{"hours of a whole day", func(d *spec.Document) { d.Spec.Monkey.Hours = "00:00-00:00" }, `spec.monkey.hours: "00:00-00:00" may mean no time or the whole day; write 00:00-23:59 for nearly all of it, or the hours that you mean`},
		{"hours from 0 to 24", func(d *spec.Document) { d.Spec.Monkey.Hours = "00:00-24:00" }, `spec.monkey.hours: "00:00-24:00" may mean no time or the whole day; write 00:00-23:59 for nearly all of it, or the hours that you mean`},
		{"hours from 24", func(d *spec.Document) { d.Spec.Monkey.Hours = "24:00-08:00" }, `spec.monkey.hours: "24:00-08:00" begins at 24:00; write 00:00 and the day after it`},
		{"one time", func(d *spec.Document) { d.Spec.Monkey.Hours = "9" }, `spec.monkey.hours: "9" is not a span of time such as 09:00-16:00`},
		{"hours over midnight", func(d *spec.Document) { d.Spec.Monkey.Hours = "22:00-06:00" }, ""},
		{"a day that is none", func(d *spec.Document) { d.Spec.Monkey.Weekdays = []string{"Mon-Frei"} }, `spec.monkey.weekdays: "Frei" is not a day of the week such as Mon`},
		{"long names of days", func(d *spec.Document) { d.Spec.Monkey.Weekdays = []string{"sunday-Thu", " SAT"} }, ""},
		{"a grouping that is near", func(d *spec.Document) { d.Spec.Monkey.Grouping = "components" }, `spec.monkey.grouping: is "components", want one of project, environment, component, zone, autoScalingGroup, did you mean component?`},
		{"no grouping", func(d *spec.Document) { d.Spec.Monkey.Grouping = "" }, "spec.monkey.grouping: is missing, want one of project, environment, component, zone, autoScalingGroup"},
		{"no fault", func(d *spec.Document) { d.Spec.Monkey.Faults = nil }, "spec.monkey.faults: has no fault: nothing would be done"},
		{"a fault unknown to this version", func(d *spec.Document) { d.Spec.Monkey.Faults[0].Fault = "node-melt" }, `spec.monkey.faults[0].fault: "node-melt" is not a fault of this version; there are pod-kill`},
		{"a fault without a name", func(d *spec.Document) { d.Spec.Monkey.Faults[0].Fault = "" }, "spec.monkey.faults[0].fault: is missing; there are pod-kill"},
		{"what its kind refuses", func(d *spec.Document) { d.Spec.Monkey.Faults[0].Duration = 5 }, "spec.monkey.faults[0].duration: pod-kill takes none"},
		{"count and percent", func(d *spec.Document) { d.Spec.Monkey.Faults[0].Count, d.Spec.Monkey.Faults[0].Percent = 1, 20 }, "spec.monkey.faults[0]: has both count and percent"},
		{"a negative count", func(d *spec.Document) { d.Spec.Monkey.Faults[0].Count = -1 }, "spec.monkey.faults[0].count: is -1, want at least 1"},
		{"more than all", func(d *spec.Document) { d.Spec.Monkey.Faults[0].Percent = 101 }, "spec.monkey.faults[0].percent: is 101, want 1 to 100"},
		{"a weight", func(d *spec.Document) { d.Spec.Monkey.Faults[0].Weight = -1 }, "spec.monkey.faults[0].weight: is -1, want 1 to 1000"},
		{"a broken cron", cron("0 17-9 * * *"), `spec.cron: "17-9" of the field for the hour is reversed: its end comes before its beginning`},
		{"too often", cron("*/30 * * * * *"), "spec.cron: starts something every 30s, want at most once a minute"},
		{"a day that is no date", func(d *spec.Document) { d.Spec.Holidays.Dates = []spec.Days{"2027-02-29"} }, `spec.holidays.dates[0]: "2027-02-29" is not a date such as 2027-12-24`},
		{"days reversed", func(d *spec.Document) { d.Spec.Freezes.Dates = []spec.Days{"2027-12-31..2027-12-24"} }, `spec.freezes.dates[0]: "2027-12-31..2027-12-24" is reversed: its end comes before its beginning`},
		{"days for ever", func(d *spec.Document) { d.Spec.Freezes.Dates = []spec.Days{"2027-01-01..2030-01-01"} }, `spec.freezes.dates[0]: "2027-01-01..2030-01-01" has 1097 days, want at most 366`},
		{"a calendar that is nowhere", func(d *spec.Document) { d.Spec.Holidays.Calendars = []spec.Calendar{{}} }, "spec.holidays.calendars[0]: needs exactly one of url, file and text"},
		{"a calendar at two places", func(d *spec.Document) { d.Spec.Holidays.Calendars = []spec.Calendar{{URL: "https://a/b", File: "c"}} }, "spec.holidays.calendars[0]: needs exactly one of url, file and text"},
		{"an address that is none", func(d *spec.Document) { d.Spec.Holidays.Calendars = []spec.Calendar{{URL: "ftp://a/b"}} }, `spec.holidays.calendars[0].url: "ftp://a/b" is not an address such as https://example.com/holidays.ics`},
		{"a password", func(d *spec.Document) { d.Spec.Holidays.Calendars = []spec.Calendar{{URL: "https://u:p@a/b"}} }, "spec.holidays.calendars[0].url: has a password in it, which everybody could read who may list schedules"},
		{"a path to elsewhere", func(d *spec.Document) { d.Spec.Holidays.Calendars = []spec.Calendar{{File: "../x.ics"}} }, `spec.holidays.calendars[0].file: "../x.ics" is not a path within the folder of this file`},
		{"concurrency", func(d *spec.Document) { d.Spec.Concurrency = "allow" }, `spec.concurrency: is "allow", want one of forbid, queue, replace`},
		{"catchUp", func(d *spec.Document) { d.Spec.CatchUp = "all" }, `spec.catchUp: is "all", want one of none, once`},
		{"a deadline that is short", func(d *spec.Document) { d.Spec.StartingDeadline = 5 }, "spec.startingDeadline: is 5ns, want 1m to 24h0m0s"},
		{"a deadline that is long", func(d *spec.Document) { d.Spec.StartingDeadline = events.Duration(25 * time.Hour) }, "spec.startingDeadline: is 25h0m0s, want 1m to 24h0m0s"},
		{
			"several at once", func(d *spec.Document) { d.Spec.TimeZone = ""; d.Spec.Monkey.Hours = ""; d.Metadata.Name = "A" },
			"metadata.name: \"A\" is not a DNS label: at most 63 of a-z, 0-9 and '-', not '-' at either end\n" +
				"spec.timeZone: is missing: write a name such as Europe/Berlin, or UTC\nspec.monkey.hours: is missing: write a span of time such as 09:00-16:00",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, monkey(tc.change).Validate(checks()).Error()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*spec.Document){
		"":                            func(*spec.Document) {},
		"the first Monday of a month": cron("0 9 1-7 * 1"),
		"end on the next day":         func(d *spec.Document) { d.Spec.Monkey.Hours = "17:00-09:00" },
		"is read without encryption":  func(d *spec.Document) { d.Spec.Freezes.Calendars = []spec.Calendar{{URL: "http://a/b.ics"}} },
	} {
		notes := strings.Join(monkey(change).Notes(), "\n")
		if (want == "") != (notes == "") || !strings.Contains(notes, want) {
			t.Errorf("notes %q, want %q", notes, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	d := monkey(func(*spec.Document) {})
	got := d.WithDefaults().Spec
	want := d.Spec
	want.Concurrency, want.CatchUp, want.StartingDeadline = spec.ConcurrencyQueue, spec.CatchUpNone, events.Duration(15*time.Minute)
	m := *want.Monkey
	m.Gap, m.Weekdays, m.Faults = 1, []string{"Mon-Fri"}, []spec.Fault{{Fault: "pod-kill", Weight: 1}}
	want.Monkey = &m
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("monkey (-want +got):\n%s", diff)
	}
	if d.Spec.Monkey.Gap != 0 || d.Spec.Monkey.Faults[0].Weight != 0 {
		t.Error("the document itself was changed")
	}
	if got := monkey(cron("0 9 * * *")).WithDefaults().Spec.Concurrency; got != spec.ConcurrencyForbid {
		t.Errorf("cron has concurrency %s", got)
	}
}

// TestHash: what decides about a plan changes the hash, and nothing else does.
func TestHash(t *testing.T) {
	t.Parallel()
	hash := func(change func(*spec.Document)) string { return monkey(change).Hash() }
	same := hash(func(*spec.Document) {})
	for name, change := range map[string]func(*spec.Document){
		"a default that is written": func(d *spec.Document) { d.Spec.Monkey.Gap = 1 },
		"another description":       func(d *spec.Document) { d.Spec.Description = "x" },
		"labels":                    func(d *spec.Document) { d.Metadata.Labels = map[string]string{"a": "b"} },
	} {
		if hash(change) != same {
			t.Errorf("%s changes the hash", name)
		}
	}
	for name, change := range map[string]func(*spec.Document){
		"another name":   func(d *spec.Document) { d.Metadata.Name = "x" },
		"another mean":   func(d *spec.Document) { d.Spec.Monkey.Mean = 6 },
		"another choice": func(d *spec.Document) { d.Spec.Environments.Project = "x" },
	} {
		if hash(change) == same {
			t.Errorf("%s leaves the hash as it is", name)
		}
	}
}

// TestParse: what is written is read again, and nothing unknown is.
func TestParse(t *testing.T) {
	t.Parallel()
	d := monkey(func(d *spec.Document) {
		d.Spec.Holidays.Dates = []spec.Days{"2027-12-24..2027-12-26"}
		d.Spec.Monkey.Faults[0].Params = json.RawMessage(`{"gracePeriod":"0s"}`)
	})
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	got, err := spec.Parse(raw)
	if diff := cmp.Diff(d, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := spec.Parse([]byte(`{"kind":"Schedule","spec":{"monky":{}}}`)); err == nil {
		t.Error("an unknown field is read")
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	first, last, err := spec.Days("2027-12-24 .. 2027-12-26").Span()
	if err != nil || first.String() != "2027-12-24" || last != first+2 {
		t.Errorf("%s to %s, %v", first, last, err)
	}
	if first, last, err = spec.Days("2027-12-24").Span(); err != nil || first != last {
		t.Errorf("%s to %s, %v", first, last, err)
	}
}

func TestWeekdays(t *testing.T) {
	t.Parallel()
	days, err := spec.ParseWeekdays([]string{"Fri-Mon", "Wed"})
	want := map[time.Weekday]bool{time.Friday: true, time.Saturday: true, time.Sunday: true, time.Monday: true, time.Wednesday: true}
	if diff := cmp.Diff(want, days); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func FuzzHours(f *testing.F) {
	for _, seed := range []string{"09:00-16:00", "22:00-06:00", "00:00-24:00", "-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := spec.ParseHours(text)
		if err != nil {
			return
		}
		if long := h.On(wall.Date(20_000), time.UTC).Long(); long <= 0 || long >= 24*time.Hour {
			t.Errorf("%q takes %s", text, long)
		}
	})
}
