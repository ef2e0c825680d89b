package datamove

import (
	"time"

	"github.com/shakedown-dev/shakedown/events/work"
)

// queueName names the queue of the copies that were asked for by event, one row a
// run.
const queueName = "datamove_queue"

// The queue, its rows and the claims on them.
type (
	queue = work.Queue[request]
	row   = work.Row[request]
	claim = work.Claim[request]
)

// request is a copy that was asked for by event.
type request struct {
	// Document says what is copied, for Environment, "" for none.
	Document    Document `json:"document"`
	Environment string   `json:"environment,omitempty"`
	// Provisioned is the event that asked for a seed, "" when a person did.
	Provisioned string `json:"provisioned,omitempty"`
	// Failed is how many attempts have failed.
	Failed int `json:"failed,omitempty"`
	// Server is the identity of the folder that has the state of the copy, that of the
	// server that has begun it. Left is when it stopped in mid-copy, zero while it works
	// or when it was killed.
	Server string    `json:"server,omitempty"`
	Left   time.Time `json:"left,omitzero"`
	// Elsewhere says that another server has begun it before this one.
	Elsewhere bool `json:"elsewhere,omitempty"`
}

// begunBy is the request when a server with the folder begins to work on it.
func (r request) begunBy(folder string) request {
	r.Elsewhere = r.Elsewhere || r.Server != "" && r.Server != folder
	r.Server, r.Left = folder, time.Time{}
	return r
}

// turns lets a copy wait for the server that has begun it and was stopped: it is
// likely to come back, and only there the copy can be resumed. After some time
// anyone may begin it anew.
func turns(folder string, wait time.Duration) func(open []row, now time.Time) ([]string, time.Time) {
	return func(open []row, now time.Time) (ids []string, again time.Time) {
		for _, r := range open {
			until := r.Body.Left.Add(wait)
			if r.Body.Server != folder && !r.Body.Left.IsZero() && now.Before(until) {
				if again.IsZero() || until.Before(again) {
					again = until
				}
				continue
			}
			ids = append(ids, r.ID)
		}
		return ids, again
	}
}
