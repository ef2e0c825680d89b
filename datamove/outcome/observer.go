package outcome

import "github.com/shakedown-dev/shakedown/datamove"

// Observer reports how far a run is: to people, and to tests that end the process
// there. Either may be missing. The zero value reports to nobody.
type Observer struct {
	progress datamove.Progress
	reached  func(step string)
}

// Observe is the Observer of a job.
func Observe(j datamove.Job, p datamove.Progress) Observer {
	return Observer{progress: p, reached: j.Checkpoint}
}

// Step says what is done now.
func (o Observer) Step(name string) {
	if o.progress != nil {
		o.progress.Step(name)
	}
}

// Count says how far a unit is; see datamove.Progress.
func (o Observer) Count(unit string, done, total, bytes int64) {
	if o.progress != nil {
		o.progress.Count(unit, done, total, bytes)
	}
}

// Reached says that something is done; see Job.Checkpoint.
func (o Observer) Reached(step string) {
	if o.reached != nil {
		o.reached(step)
	}
}
