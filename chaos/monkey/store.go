package monkey

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// The buckets and the duty of the service.
const (
	scheduleBucket = "monkey_schedules"
	planBucket     = "monkey_plans"
	startBucket    = "monkey_starts"
	duty           = "monkey"
)

// scheduleRow is a schedule as it was applied.
type scheduleRow struct {
	Document spec.Document `json:"document"`
	Applied  time.Time     `json:"applied"`
	By       string        `json:"by,omitempty"`
}

func (r scheduleRow) name() string { return r.Document.Metadata.Name }

// planRow is the plan of a day. It is written once.
type planRow struct {
	Schedule string   `json:"schedule"`
	Hash     string   `json:"hash"`
	TimeZone string   `json:"timeZone"`
	Chance   float64  `json:"chance,omitempty"`
	Day      plan.Day `json:"day"`
	// Groups and Left are what it was drawn from; Experiments are what cron starts.
	Groups      []plan.Group      `json:"groups,omitempty"`
	Left        map[string]string `json:"left,omitempty"`
	Experiments []string          `json:"experiments,omitempty"`
	Made        time.Time         `json:"made"`
}

func (r planRow) key() string { return planKey(r.Schedule, r.Day.Date, r.Hash) }

// planKey has the hash of the document, so that a document that was changed has plans of
// its own.
func planKey(schedule string, date wall.Date, hash string) string {
	return schedule + "_" + date.String() + "_" + hash
}

// startRow is what became of a start. It is created once, before anything is done; who
// creates it decides.
type startRow struct {
	Start events.PlanStart `json:"start"`
	// Date and Hash are those of its plan.
	Date     string    `json:"date"`
	Hash     string    `json:"hash"`
	Recorded time.Time `json:"recorded"`
	// Runs are those that are asked for; Done says that they were.
	Runs []events.RunStart `json:"runs,omitempty"`
	Done bool              `json:"done,omitempty"`
}

// store are the buckets, with mirrors of them in memory.
type store struct {
	schedules events.Table[scheduleRow]
	plans     events.Table[planRow]
	starts    events.Table[startRow]

	allSchedules *work.Mirror[scheduleRow]
	allPlans     *work.Mirror[planRow]
	allStarts    *work.Mirror[startRow]
}

func (s *Service) openStore(ctx context.Context) (*store, error) {
	st := &store{}
	var err error
	if st.schedules, st.allSchedules, err = openTable[scheduleRow](ctx, s.deps, events.Bucket{Name: scheduleBucket}); err != nil {
		return nil, err
	}
	if st.plans, st.allPlans, err = openTable[planRow](ctx, s.deps, events.Bucket{Name: planBucket, TTL: s.deps.Config.Keep}); err != nil {
		return nil, err
	}
	st.starts, st.allStarts, err = openTable[startRow](ctx, s.deps, events.Bucket{Name: startBucket, TTL: s.deps.Config.Keep})
	return st, err
}

func openTable[T any](ctx context.Context, d Deps, b events.Bucket) (events.Table[T], *work.Mirror[T], error) {
	table, err := events.OpenTable[T](ctx, d.Store, b)
	if err != nil {
		return table, nil, err
	}
	kv, err := d.Store.KV(ctx, b)
	if err != nil {
		return table, nil, fmt.Errorf("open bucket %s: %w", b.Name, err)
	}
	return table, work.NewMirror(kv, func(e events.Entry) (T, error) {
		var row T
		err := json.Unmarshal(e.Value, &row)
		return row, err
	}, d.Log), nil
}

// follow keeps the mirrors until ctx ends.
func (st *store) follow(ctx context.Context, group *sync.WaitGroup) {
	group.Go(func() { st.allSchedules.Run(ctx) })
	group.Go(func() { st.allPlans.Run(ctx) })
	group.Go(func() { st.allStarts.Run(ctx) })
}

// whole waits until the mirrors have what is there. It says whether they do.
func (st *store) whole(ctx context.Context) bool {
	for _, ready := range []<-chan struct{}{st.allSchedules.Ready(), st.allPlans.Ready(), st.allStarts.Ready()} {
		select {
		case <-ready:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
