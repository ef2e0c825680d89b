package envs

import (
	"time"

	"github.com/shakedown-dev/shakedown/events/work"
)

// queueName names the queue of requests: one row a name, with what was asked for
// last. What it remembers of ended requests says which environments there were.
const queueName = "envs_queue"

// The queue, its rows and the claims on them.
type (
	queue = work.Queue[request]
	row   = work.Row[request]
	claim = work.Claim[request]
)

// request is what was asked for last for one name.
type request struct {
	// Document is the environment that is wanted; nil when it is to be destroyed,
	// for Reason.
	Document *Document `json:"document,omitempty"`
	Origin   Origin    `json:"origin,omitzero"`
	// over is the id of the open request of others that this one may supersede. It is
	// not stored.
	over   string
	Reason string `json:"reason,omitempty"`
	// WithForeign lets a destroy take along what is not ours.
	WithForeign bool `json:"withForeign,omitempty"`
	// Force lets a destroy go on while runs of experiments break the environment.
	Force bool `json:"force,omitempty"`
	// Waits is since when the request waits for runs to end, zero when it does not.
	Waits time.Time `json:"waits,omitzero"`
	// Ends is the end of its time for which it is to be destroyed, "" for any.
	Ends string `json:"ends,omitempty"`
	// Begun says that the change, or the deletion, may have begun.
	Begun bool `json:"begun,omitempty"`
	// Deleted says that a request of whose place this one has taken had begun the deletion,
	// and that nothing was made anew since.
	Deleted bool `json:"deleted,omitempty"`
	// Failing is since when attempts have failed, the time left out in which they came
	// further.
	Failing time.Time `json:"failing,omitzero"`
	// Provisioned is the id of environment.provisioned, "" before it is published;
	// Seed is how the copy ended that it asked for, nil before that.
	Provisioned string   `json:"provisioned,omitempty"`
	Seed        *seedEnd `json:"seed,omitempty"`
	// End is how it ended, nil before.
	End *end `json:"end,omitempty"`
}

// seedEnd is how the copy that fills an environment has ended.
type seedEnd struct {
	// Copy is the id of its run; Problem is why the environment is not filled, "" when
	// it is.
	Copy    string `json:"copy,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// The verbs of requests.
const (
	verbCreate  = "create"
	verbDestroy = "destroy"
)

func (r request) verb() string {
	if r.Document == nil {
		return verbDestroy
	}
	return verbCreate
}
