package datamove

import (
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
}
