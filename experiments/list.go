package experiments

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// recent are the runs that this server has ended and the mirror of ended runs has not
// shown yet.
type recent struct {
	mu   sync.Mutex
	runs []events.RunSummary
}

// maxRecent is more runs than end while the mirror is behind.
const maxRecent = 64

func (r *recent) add(s events.RunSummary) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs = append(r.runs, s)
	r.runs = r.runs[max(0, len(r.runs)-maxRecent):]
}

// drop leaves a run to the mirror.
func (r *recent) drop(run string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs = slices.DeleteFunc(r.runs, func(s events.RunSummary) bool { return s.Run == run })
}

func (r *recent) all() []events.RunSummary {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.runs)
}

// mirrored is what the mirror shows of an ended run, from now on.
func (s *Service) mirrored(p work.Past) (events.RunSummary, error) {
	s.recent.drop(p.ID)
	return summaryOf(p)
}

// summaryOf is what the queue remembers of an ended run.
func summaryOf(p work.Past) (events.RunSummary, error) {
	var s events.RunSummary
	if err := json.Unmarshal(p.Summary, &s); err != nil {
		return s, fmt.Errorf("read summary of run %s: %w", p.ID, err)
	}
	return s, nil
}

func newestFirst(a, b events.RunSummary) int {
	return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.Run, a.Run))
}

const defaultLimit = 100

// list answers run.list: the newest first, those under way with their present phase.
func (s *Service) list(ctx context.Context, q events.RunsQuery) (events.RunsAnswer, error) {
	runs, err := s.summaries(ctx)
	var problem string
	switch {
	case errors.Is(err, work.ErrUnreadable):
		problem = unread(err, q.Environment)
	case err != nil:
		return events.RunsAnswer{}, err
	}
	runs = slices.DeleteFunc(runs, func(r events.RunSummary) bool {
		return q.Experiment != "" && q.Experiment != r.Experiment || q.Environment != "" && !in(r, q) ||
			q.Open && r.Phase == record.PhaseFinished
	})
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	return events.RunsAnswer{Runs: runs[:min(q.Limit, len(runs))], Problem: problem, Retention: &events.RunRetention{
		Kept: s.finished.Len(), MaxRuns: s.cfg.MaxRuns, Keep: events.Duration(s.cfg.Keep),
	}}, nil
}

// unread names the runs that cannot be read and may be in the environment that is asked for,
// "" for any: one that says that it is elsewhere is not meant.
func unread(err error, environment string) string {
	var named []string
	for _, row := range work.Unreadables(err) {
		if place := placeOf(row.Raw); environment == "" || place == "" || place == environment {
			named = append(named, row.Error())
		}
	}
	return strings.Join(named, "; ")
}

// placeOf is where the run of a row breaks things, as far as that can be read; "" if not.
func placeOf(raw []byte) string {
	var row struct {
		Body struct {
			Request struct{ Environment, Namespace string }
		}
	}
	if err := json.Unmarshal(raw, &row); err != nil {
		return ""
	}
	return cmp.Or(row.Body.Request.Environment, row.Body.Request.Namespace)
}

// in says whether a run is one in the environment that is asked for. An open one that names
// a namespace breaks the environment of that name, too.
func in(r events.RunSummary, q events.RunsQuery) bool {
	return r.Environment == q.Environment || q.Open && r.Environment == "" && r.Namespace == q.Environment
}

// summaries are all runs, the newest first. Open runs are read before the ended ones, so
// that none is missed on its way from one to the other. Errors: work.ErrUnreadable,
// beside the runs that can be read.
func (s *Service) summaries(ctx context.Context) ([]events.RunSummary, error) {
	open, err := s.queue.Open(ctx)
	if err != nil && !errors.Is(err, work.ErrUnreadable) {
		return nil, fmt.Errorf("list runs under way: %w", err)
	}
	last := s.recent.all()
	runs := s.finished.All()
	seen := make(map[string]bool, len(runs))
	for _, r := range runs {
		seen[r.Run] = true
	}
	for _, row := range open {
		last = append(last, row.Body.summary())
	}
	for _, r := range last {
		if !seen[r.Run] {
			seen[r.Run] = true
			runs = append(runs, r)
		}
	}
	slices.SortFunc(runs, newestFirst)
	return runs, err
}
