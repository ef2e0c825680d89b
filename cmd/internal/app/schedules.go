package app

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos/monkey"
	"github.com/shakedown-dev/shakedown/chaos/monkey/calendar"
	schedulespec "github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	experimentspec "github.com/shakedown-dev/shakedown/experiments/spec"
)

// schedules is the kind of the documents of schedules.
func schedules() map[string]func() spec.Validator {
	return map[string]func() spec.Validator{schedulespec.Kind: func() spec.Validator { return &ScheduleFile{} }}
}

// ScheduleFile is a Schedule document whose faults are checked by their kinds as soon as
// the file is read.
type ScheduleFile struct{ schedulespec.Document }

// Validate reports all that is wrong with the document.
func (s *ScheduleFile) Validate() events.Problems { return s.Document.Validate(drawnChecks()) }

// drawnChecks let the kinds of faults check what is drawn from.
func drawnChecks() schedulespec.Checks {
	checks := faultChecks()
	return schedulespec.Checks{Faults: checks.Faults, Fault: func(f schedulespec.Fault) events.Problems {
		return checks.Fault(experimentspec.Fault{Fault: f.Fault, Params: f.Params, Duration: f.Duration})
	}}
}

// Schedules are those of the documents. The calendars that they name by a path from the
// folder of their file are read into them.
func Schedules(documents []spec.Document) ([]schedulespec.Document, error) {
	var all []schedulespec.Document
	for _, d := range documents {
		file, ok := d.Value.(*ScheduleFile)
		if !ok {
			continue
		}
		schedule, err := withCalendars(d, file.Document)
		if err != nil {
			return nil, err
		}
		all = append(all, schedule)
	}
	return all, nil
}

func withCalendars(d spec.Document, schedule schedulespec.Document) (schedulespec.Document, error) {
	path := d.Where
	if i := strings.LastIndex(path, ":"); i >= 0 {
		path = path[:i]
	}
	for _, closed := range []*schedulespec.Closed{&schedule.Spec.Holidays, &schedule.Spec.Freezes} {
		closed.Calendars = slices.Clone(closed.Calendars)
		for i, c := range closed.Calendars {
			if c.File == "" {
				continue
			}
			text, err := readCalendar(filepath.Join(filepath.Dir(path), c.File))
			if err != nil {
				return schedule, events.Errorf(events.KindInvalid, "mend the path; it starts at the folder of the schedule's file",
					"%s: read calendar %s: %w", d.Where, c.File, err)
			}
			closed.Calendars[i] = schedulespec.Calendar{Text: text}
		}
	}
	return schedule, nil
}

func readCalendar(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > calendar.MaxSize {
		return "", fmt.Errorf("it has more than %d MiB", calendar.MaxSize>>20)
	}
	raw, err := os.ReadFile(path)
	return string(raw), err
}

// PlannedExperiments are the experiments of the documents as schedules need to know them.
func PlannedExperiments(documents []spec.Document) ([]monkey.Experiment, error) {
	var all []monkey.Experiment
	for _, file := range spec.Of[*ExperimentFile](documents) {
		raw, err := json.Marshal(file.Document)
		if err != nil {
			return nil, fmt.Errorf("encode experiment %s: %w", file.Metadata.Name, err)
		}
		e := monkey.Experiment{
			Name: file.Metadata.Name, Labels: file.Metadata.Labels, Document: raw,
			Template: file.Spec.Environments.Template, EnvironmentLabels: file.Spec.Environments.Labels,
		}
		for _, f := range file.Spec.Method {
			e.Components = append(e.Components, f.Target.Component)
		}
		all = append(all, e)
	}
	return all, nil
}

// PlannedEnvironments are the environments that the documents ask for.
func PlannedEnvironments(documents []spec.Document) []events.Environment {
	var all []events.Environment
	for _, d := range spec.Of[*envs.Document](documents) {
		e := events.Environment{Name: d.Metadata.Name, Namespace: d.Metadata.Name, Template: d.Metadata.Name, Project: d.Spec.Project, Labels: d.Metadata.Labels}
		for name, c := range d.Spec.Components {
			e.Components = append(e.Components, events.EnvironmentComponent{Name: name, Image: c.Image, Labels: c.Labels, Annotations: c.Annotations})
		}
		slices.SortFunc(e.Components, func(a, b events.EnvironmentComponent) int { return strings.Compare(a.Name, b.Name) })
		all = append(all, e)
	}
	return all
}
