package migrate

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
)

// Chaoskube makes a schedule of chaoskube's flags, as they stand on its command line.
func Chaoskube(args []string) (Result, error) {
	flags, err := readFlags(args)
	if err != nil {
		return Result{}, err
	}
	var r Result
	d := blank("chaoskube", cmp.Or(flags.take("timezone"), "UTC"))
	if err := r.chaoskube(&d, flags); err != nil {
		return Result{}, err
	}
	r.Documents = append(r.Documents, d)
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		r.differ("--%s=%s has no counterpart and is left out", name, flags[name])
	}
	r.differ("a namespace counts as an environment of the same name, and labels must be on the component in its Environment document")
	r.differ("chaoskube takes one pod of all that fit, in each interval; here each component has its own chance, once a day")
	r.always()
	return r, nil
}

func (r *Result) chaoskube(d *spec.Document, flags flags) error {
	m := d.Spec.Monkey
	r.namespaces(d, flags.take("namespaces"))
	if len(d.Spec.Environments.Names) == 0 {
		return errors.New("the flags name no namespace that is to be hit, such as --namespaces=shop: every environment of every project would be chosen")
	}
	m.OptIn.Labels = r.equalities("labels", flags.take("labels"))
	m.OptIn.Annotations = r.equalities("annotations", flags.take("annotations"))
	if len(m.OptIn.Labels)+len(m.OptIn.Annotations) == 0 {
		m.OptIn.Labels = map[string]string{optInLabel: "enabled"}
		r.differ("chaoskube takes every pod that does not opt out; here a component opts in by the label %s=enabled", optInLabel)
	}
	if err := errors.Join(r.interval(m, flags.take("interval")), r.times(m, flags.take("excluded-times-of-day")),
		r.weekdays(m, flags.take("excluded-weekdays")), r.daysOfYear(d, flags.take("excluded-days-of-year"))); err != nil {
		return err
	}
	r.kill(m, flags)
	return nil
}

// namespaces are those that are named; what is left out needs no name.
func (r *Result) namespaces(d *spec.Document, text string) {
	for _, name := range list(text) {
		if strings.HasPrefix(name, "!") {
			r.differ("--namespaces leaves out %s, which is not needed: a schedule names its environments", name[1:])
			continue
		}
		d.Spec.Environments.Names = append(d.Spec.Environments.Names, label(name))
	}
}

// equalities are the parts of a selector that ask for a value.
func (r *Result) equalities(flag, text string) map[string]string {
	var found map[string]string
	for _, part := range list(text) {
		key, value, ok := strings.Cut(strings.Replace(part, "==", "=", 1), "=")
		if !ok || strings.ContainsAny(key, "!( ") {
			r.differ("--%s has the part %q, which is not of the form key=value, and it is left out", flag, part)
			continue
		}
		if found == nil {
			found = map[string]string{}
		}
		found[key] = value
	}
	return found
}

func (r *Result) interval(m *spec.Monkey, text string) error {
	interval, err := time.ParseDuration(cmp.Or(text, "10m"))
	if err != nil || interval <= 0 {
		return fmt.Errorf("--interval is %q, want a duration such as 10m", text)
	}
	m.Mean = max(1, interval.Hours()/24)
	if interval < 24*time.Hour {
		r.differ("--interval is %s; a schedule hits a component once a day at most, so the mean is one working day", interval)
	}
	return nil
}

// times turns the one time that is left out into hours.
func (r *Result) times(m *spec.Monkey, text string) error {
	all := list(text)
	if len(all) == 0 {
		m.Hours = "00:00-23:59"
		return nil
	}
	first, err := spec.ParseHours(all[0])
	if err != nil {
		return fmt.Errorf("--excluded-times-of-day: %w", err)
	}
	m.Hours = first.To.String() + "-" + first.From.String()
	for _, more := range all[1:] {
		r.differ("--excluded-times-of-day has %s, too; a schedule has one span of hours: put the others into a freeze", more)
	}
	return nil
}

func (r *Result) weekdays(m *spec.Monkey, text string) error {
	out, err := spec.ParseWeekdays(list(text))
	if err != nil {
		return fmt.Errorf("--excluded-weekdays: %w", err)
	}
	m.Weekdays = nil
	for d := range time.Weekday(7) {
		if !out[d] {
			m.Weekdays = append(m.Weekdays, d.String()[:3])
		}
	}
	if len(m.Weekdays) == 0 {
		return errors.New("--excluded-weekdays leaves out every day")
	}
	return nil
}

// daysOfYear turns days such as Dec24 into holidays of every year.
func (r *Result) daysOfYear(d *spec.Document, text string) error {
	var lines []string
	for _, one := range list(text) {
		at, err := time.Parse("Jan2 2006", one+" 2024") // a leap year
		if err != nil {
			return fmt.Errorf("--excluded-days-of-year has %q, want days such as Dec24", one)
		}
		lines = append(lines, "BEGIN:VEVENT", "UID:"+one, "DTSTAMP:20240101T000000Z", "SUMMARY:"+one,
			"DTSTART;VALUE=DATE:"+at.Format("20060102"), "RRULE:FREQ=YEARLY", "END:VEVENT")
	}
	if len(lines) == 0 {
		return nil
	}
	lines = append(append([]string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//shakedown//import//EN"}, lines...), "END:VCALENDAR", "")
	d.Spec.Holidays.Calendars = []spec.Calendar{{Text: strings.Join(lines, "\n")}}
	return nil
}

// kill reads how, and whether, something is killed.
func (r *Result) kill(m *spec.Monkey, flags flags) {
	if grace := flags.take("grace-period"); grace != "" && !strings.HasPrefix(grace, "-") {
		m.Faults[0].Params = fmt.Appendf(nil, `{"gracePeriod":%q}`, grace)
	}
	if n := flags.take("max-kill"); n != "" && n != "1" {
		r.differ("--max-kill is %s, over all that fit; here one pod of a component is hit (count of the fault says more)", n)
	}
	if dry := flags.take("dry-run"); dry != "false" && flags.take("no-dry-run") != "true" {
		r.differ("dry run is on (the default of chaoskube): nothing was killed so far, and this schedule injects faults as soon as it is applied")
	}
}
