package spec

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/cron"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
)

// Bounds of a document.
const (
	maxMean     = 1000
	maxDeadline = events.Duration(24 * time.Hour)
	// shortest is the time between two starts of cron.
	shortest = time.Minute
	// maxName bounds the name, of which those of runs are made.
	maxName = 50
	// maxDates bounds a span of days.
	maxDates = 366
)

// Checks are what a document leaves to the kinds of faults. The zero value accepts
// whatever stands there.
type Checks struct {
	// Faults are the names of the kinds; without them a fault is left to whoever injects it.
	Faults []string
	// Fault reports what is wrong with a fault whose kind is among Faults. Keys are relative
	// to it.
	Fault func(f Fault) events.Problems
}

// Validate reports everything that is wrong with the document.
func (d Document) Validate(c Checks) events.Problems {
	v := &validator{checks: c}
	v.found = d.Check(Kind)
	s := d.Spec
	v.found.Check(len(d.Metadata.Name) <= maxName, "metadata.name", "has %d characters, want at most %d: the names of runs are made of it", len(d.Metadata.Name), maxName)
	v.what(s)
	zone := v.zone(s.TimeZone)
	v.environments(s.Environments)
	if s.Monkey != nil {
		v.monkey("spec.monkey", *s.Monkey)
	}
	if s.Cron != "" {
		v.cron(s, zone)
	}
	v.closed("spec.holidays", s.Holidays)
	v.closed("spec.freezes", s.Freezes)
	v.oneOf("spec.concurrency", s.Concurrency, "", ConcurrencyForbid, ConcurrencyQueue, ConcurrencyReplace)
	v.oneOf("spec.catchUp", s.CatchUp, "", CatchUpNone, CatchUpOnce)
	if t := s.StartingDeadline; t < 0 || t > maxDeadline || t != 0 && t < events.Duration(time.Minute) {
		v.found.Add("spec.startingDeadline", "is %s, want 1m to %s", t, maxDeadline)
	}
	return v.found
}

type validator struct {
	found  events.Problems
	checks Checks
}

// what checks that exactly one of monkey and cron is there, with what belongs to it.
func (v *validator) what(s Spec) {
	v.found.Check(s.Monkey != nil || s.Cron != "", "spec", "has neither monkey nor cron: nothing would ever start")
	v.found.Check(s.Monkey == nil || s.Cron == "", "spec", "has both monkey and cron; make two schedules of it")
	named := len(s.Experiments) + len(s.Suites)
	if s.Monkey == nil && s.Cron != "" {
		v.found.Check(named > 0, "spec", "has cron and neither experiments nor suites: nothing would be started")
	}
	if s.Monkey != nil {
		v.found.Check(named == 0, "spec", "has monkey, which draws faults, and experiments or suites, which only cron starts")
	}
	v.names("spec.experiments", s.Experiments)
	v.names("spec.suites", s.Suites)
}

func (v *validator) names(key string, names []string) {
	for i, name := range names {
		at := fmt.Sprintf("%s[%d]", key, i)
		v.found.CheckDNSLabel(at, name)
		v.found.Check(slices.Index(names, name) == i, at, "%q is there twice", name)
	}
}

func (v *validator) zone(name string) *time.Location {
	if name == "" {
		v.found.Add("spec.timeZone", "is missing: write a name such as Europe/Berlin, or UTC")
		return time.UTC
	}
	zone, err := wall.Zone(name)
	if err != nil {
		v.found.Add("spec.timeZone", "%v", err)
		return time.UTC
	}
	return zone
}

func (v *validator) environments(e Environments) {
	const key = "spec.environments"
	v.found.Check(e.Project != "" || len(e.Names) > 0 || len(e.Labels) > 0, key,
		"chooses nothing: name a project, names or labels, since an empty choice would mean every environment of every project")
	v.names(key+".names", e.Names)
	v.labels(key+".labels", e.Labels)
}

// labels checks that no key of labels is empty.
func (v *validator) labels(key string, labels map[string]string) {
	for k := range labels {
		v.found.Check(strings.TrimSpace(k) != "", key, "has an empty key")
	}
}

func (v *validator) cron(s Spec, zone *time.Location) {
	const key = "spec.cron"
	e, err := cron.Parse(s.Cron, zone)
	if err != nil {
		v.found.Add(key, "%v", err)
		return
	}
	if t := e.Shortest(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)); t < shortest {
		v.found.Add(key, "starts something every %s, want at most once a minute", t)
	}
}

func (v *validator) closed(key string, c Closed) {
	for i, d := range c.Dates {
		at := fmt.Sprintf("%s.dates[%d]", key, i)
		first, last, err := d.Span()
		switch {
		case err != nil:
			v.found.Add(at, "%v", err)
		case last-first >= maxDates:
			v.found.Add(at, "%q has %d days, want at most %d", d, last-first+1, maxDates)
		}
	}
	for i, source := range c.Calendars {
		v.calendar(fmt.Sprintf("%s.calendars[%d]", key, i), source)
	}
}

func (v *validator) calendar(key string, c Calendar) {
	given := 0
	for _, text := range []string{c.URL, c.File, c.Text} {
		if text != "" {
			given++
		}
	}
	v.found.Check(given == 1, key, "needs exactly one of url, file and text")
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		ok := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
		v.found.Check(ok, key+".url", "%q is not an address such as https://example.com/holidays.ics", c.URL)
		v.found.Check(!ok || u.User == nil, key+".url", "has a password in it, which everybody could read who may list schedules")
	}
	if c.File != "" {
		v.found.Check(filepath.IsLocal(c.File), key+".file", "%q is not a path within the folder of this file", c.File)
	}
}

func (v *validator) oneOf(key, value string, allowed ...string) {
	if slices.Contains(allowed, value) {
		return
	}
	known := slices.DeleteFunc(allowed, func(a string) bool { return a == "" })
	if value == "" {
		v.found.Add(key, "is missing, want one of %s", strings.Join(known, ", "))
		return
	}
	v.found.Add(key, "is %q, want one of %s%s", value, strings.Join(known, ", "), suggestion(value, known))
}

// suggestion is the name that is near, "" when none is.
func suggestion(value string, known []string) string {
	if s := events.Suggest(value, known); strings.Contains(s, "did you mean") {
		return s
	}
	return ""
}
