package monkey

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
)

// apply stores a schedule. It must be valid, its calendars must be readable, what it names
// must be there, and something must be able to start within a year.
func (s *Service) apply(ctx context.Context, e events.ScheduleApply) (events.ScheduleApplied, error) {
	d, err := spec.Parse(e.Document)
	if err != nil {
		return events.ScheduleApplied{}, err
	}
	if problems := d.Validate(s.deps.Checks); len(problems) > 0 {
		return events.ScheduleApplied{}, events.Errorf(events.KindInvalid, "shakedown schema Schedule", "schedule %s: %w", d.Metadata.Name, problems)
	}
	if err := s.possible(ctx, d); err != nil {
		return events.ScheduleApplied{}, err
	}
	row := scheduleRow{Document: d, Applied: s.now(), By: e.By}
	change, err := s.put(ctx, row, e.Try)
	if err != nil {
		return events.ScheduleApplied{}, fmt.Errorf("store schedule %s: %w", d.Metadata.Name, err)
	}
	answer := events.ScheduleApplied{Schedule: s.public(row), Change: change}
	if e.Try || change == unchanged {
		return answer, nil
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return answer, events.ScheduleAppliedTopic.Publish(ctx, s.deps.Bus, s.deps.Stamp.First(d.Metadata.Name), answer)
}

// What became of a schedule that was applied.
const (
	created   = "created"
	updated   = "updated"
	unchanged = "unchanged"
)

// possible refuses what could never start anything.
func (s *Service) possible(ctx context.Context, d spec.Document) error {
	d = d.WithDefaults()
	zone, err := wall.Zone(d.Spec.TimeZone)
	if err != nil {
		return err
	}
	const year = 366
	today := wall.DateAt(s.now(), zone)
	planner, err := open(ctx, s.deps.Calendars, d, today, year)
	if err != nil {
		return err
	}
	if err := planner.Never(today); err != nil {
		return events.Errorf(events.KindInvalid, "shakedown chaos plan --days 366 -f FILE", "%w", err)
	}
	if !isMonkey(d) {
		if _, err := started(d, s.deps.Experiments); err != nil {
			return err
		}
	}
	_, err = s.members(ctx, d)
	return err
}

// put writes the row unless it is there as it is; with try it only says what it would do.
func (s *Service) put(ctx context.Context, row scheduleRow, try bool) (string, error) {
	for {
		old, _, err := s.store.schedules.Get(ctx, row.name())
		if errors.Is(err, events.ErrNotFound) {
			if try {
				return created, nil
			}
			if err = s.store.schedules.Create(ctx, row.name(), row); errors.Is(err, events.ErrExists) {
				continue
			}
			return created, err
		}
		if err != nil || same(old.Document, row.Document) {
			return unchanged, err
		}
		if !try {
			_, err = s.store.schedules.Modify(ctx, row.name(), func(r *scheduleRow) error {
				*r = row
				return nil
			})
		}
		if !errors.Is(err, events.ErrNotFound) {
			return updated, err
		}
	}
}

func same(a, b spec.Document) bool {
	one, _ := json.Marshal(a)
	two, _ := json.Marshal(b) // documents that were read can be written
	return bytes.Equal(one, two)
}

// remove deletes a schedule. What it has asked for goes on.
func (s *Service) remove(ctx context.Context, e events.ScheduleQuery) (events.ScheduleDeleted, error) {
	deleted := events.ScheduleDeleted(e)
	if _, _, err := s.store.schedules.Get(ctx, events.Key(e.Name)); err != nil {
		return deleted, missing(e.Name, err)
	}
	if err := s.store.schedules.Delete(ctx, e.Name); err != nil {
		return deleted, fmt.Errorf("delete schedule %s: %w", e.Name, err)
	}
	s.problem(e.Name, "")
	return deleted, events.ScheduleDeletedTopic.Publish(ctx, s.deps.Bus, s.deps.Stamp.First(e.Name), deleted)
}

func missing(name string, err error) error {
	if errors.Is(err, events.ErrNotFound) {
		return notFound("shakedown schedule list", "there is no schedule %s", name)
	}
	return fmt.Errorf("read schedule %s: %w", name, err)
}

func (s *Service) list(context.Context, events.Nothing) (events.SchedulesAnswer, error) {
	var answer events.SchedulesAnswer
	for _, row := range s.store.allSchedules.All() {
		answer.Schedules = append(answer.Schedules, s.public(row))
	}
	slices.SortFunc(answer.Schedules, func(a, b events.Schedule) int { return cmp.Compare(a.Name, b.Name) })
	return answer, nil
}

func (s *Service) show(ctx context.Context, e events.ScheduleQuery) (events.Schedule, error) {
	row, _, err := s.store.schedules.Get(ctx, events.Key(e.Name))
	if err != nil {
		return events.Schedule{}, missing(e.Name, err)
	}
	return s.public(row), nil
}

// public is the schedule as others see it.
func (s *Service) public(row scheduleRow) events.Schedule {
	raw, _ := json.Marshal(row.Document) // a document that was read can be written
	return events.Schedule{
		Name: row.name(), Hash: row.Document.Hash(), Document: raw, Applied: row.Applied, By: row.By, Problem: s.problemOf(row.name()),
	}
}
