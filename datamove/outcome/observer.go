package outcome

import (
	"sync"

	"github.com/shakedown-dev/shakedown/datamove"
)

// Observer reports how far a run is: to people, and to tests that end the process
// there. Either may be missing. The zero value reports to nobody. Several goroutines
// may use it.
type Observer struct {
	progress datamove.Progress
	reached  func(step string)

	mu   sync.Mutex
	done map[string]int64
}

// Observe is the Observer of a job.
func Observe(j datamove.Job, p datamove.Progress) *Observer {
	return &Observer{progress: p, reached: j.Checkpoint, done: map[string]int64{}}
}

// Step says what is done now.
func (o *Observer) Step(name string) {
	if o.progress != nil {
		o.progress.Step(name)
	}
}

// Add reports that so many more items of a unit are done, of an estimated total. The
// counts that a unit has in Progress never go back.
func (o *Observer) Add(unit string, items, total, bytes int64) {
	if o.progress == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done[unit] += items
	o.progress.Count(unit, o.done[unit], total, bytes)
}

// Reached says that something is done; see Job.Checkpoint.
func (o *Observer) Reached(step string) {
	if o.reached != nil {
		o.reached(step)
	}
}
