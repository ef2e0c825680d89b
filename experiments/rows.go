package experiments

import (
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
	// Late is why the run is not begun: its request came too late.
	Late string `json:"late,omitempty"`
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

// overdue says whether the run has waited too long for its turn, so that it ends without
// one.
func (r Row) overdue(now time.Time, timeout time.Duration) bool {
	return r.Late != "" || now.Sub(r.Queued) > timeout
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
