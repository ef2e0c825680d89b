package experiments

import (
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// Row is what the queue keeps of a run until it has ended.
type Row struct {
	Run     string          `json:"run"`
	Request events.RunStart `json:"request"`
	// Event is the id of the event that asked for it.
	Event string `json:"event,omitempty"`
	// Experiment is the name in the document.
	Experiment string `json:"experiment"`
	// Queued and Order say whose turn it is within an environment.
	Queued time.Time `json:"queued"`
	Order  int       `json:"order,omitempty"`
	// Late is why the run is not begun: its request came too late, or it is over.
	Late string `json:"late,omitempty"`
	// Abort is why somebody wants the run to end, "" when nobody does. Whoever works on the
	// run never writes it.
	Abort string `json:"abort,omitempty"`
	// Command is the process that runs it for one command, "" for any server: with the
	// command the run is over.
	Command string `json:"command,omitempty"`
	// Environment is known when an event brought it, or once it was asked for.
	Environment *record.Environment `json:"environment,omitempty"`
	Phase       string              `json:"phase"`
	Step        int                 `json:"step,omitempty"`
	// Since is when the phase was entered; Began is when the run was first claimed,
	// Times how often it was begun; Deadline is its end at the latest.
	Since    time.Time      `json:"since,omitzero"`
	Began    time.Time      `json:"began,omitzero"`
	Times    int            `json:"times,omitempty"`
	Deadline time.Time      `json:"deadline,omitzero"`
	End      verdict.Ending `json:"end,omitzero"`
	// Unstored is why the record of the run could not be stored.
	Unstored string `json:"unstored,omitempty"`
	// Finished is the run in one line, once it has its verdict.
	Finished *events.RunSummary `json:"finished,omitempty"`
}

// place is where the run breaks things; runs in one place take turns.
func (r Row) place() string {
	if r.Request.Environment != "" {
		return r.Request.Environment
	}
	return r.Request.Namespace
}

// overdue says whether the run ends without its turn: it has waited too long for it, or
// somebody wants it to end.
func (r Row) overdue(now time.Time, timeout time.Duration) bool {
	return r.Late != "" || r.Abort != "" || now.Sub(r.Queued) > timeout
}

// over is why a run that has injected nothing is not begun any more, "" when it may be: the
// command is gone that it was run for, or all its time has passed since it was begun.
func (r Row) over(process string, now time.Time) string {
	switch {
	case r.Command != "" && r.Command != process:
		return "the command that it was run for has ended"
	case !r.Deadline.IsZero() && !now.Before(r.Deadline):
		return fmt.Sprintf("it was interrupted while %s, and its time was over at %s", r.Phase, r.Deadline.UTC().Format(time.RFC3339))
	}
	return ""
}

// before says whether r's turn comes before o's.
func (r Row) before(o Row) bool {
	if !r.Queued.Equal(o.Queued) {
		return r.Queued.Before(o.Queued)
	}
	if r.Order != o.Order {
		return r.Order < o.Order
	}
	return r.Run < o.Run
}

func (r Row) summary() events.RunSummary {
	if r.Finished != nil {
		return *r.Finished
	}
	s := events.RunSummary{
		Run: r.Run, Experiment: r.Experiment, Environment: r.Request.Environment, Namespace: r.Request.Namespace,
		Phase: r.Phase, Started: r.Queued,
	}
	if r.Environment != nil {
		s.Namespace = r.Environment.Namespace
	}
	return s
}

// The buckets of the service: the queue with what it remembers of ended runs, and the
// records of all runs.
const (
	queueName   = "experiments_queue"
	recordsName = "experiments_records"
)

// queueConfig says how runs are queued.
func (s *Service) queueConfig() work.Config[Row] {
	c := work.DefaultConfig[Row](queueName)
	c.Lease, c.Parallel, c.MaxAge, c.Keep = s.cfg.LeaseTTL, s.cfg.Parallel, s.cfg.MaxAge, s.cfg.Keep
	c.AsIs = s.cfg.OneShot
	c.Turns = func(open []work.Row[Row], now time.Time) ([]string, time.Time) {
		return turns(open, now, s.cfg.QueueTimeout)
	}
	c.Summary = func(r work.Row[Row]) any { return r.Body.summary() }
	c.Load = func(_, working int) { s.metrics.running.Set(float64(working)) }
	return c
}
