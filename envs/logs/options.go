package logs

import (
	"context"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Options say how the logs of an environment are read.
type Options struct {
	Query Query
	// Follow goes on with what is written, and with containers that are started, until ctx
	// ends or the query's Until has passed.
	Follow bool
	// Previous reads the instance that a container has had before, too. It is read anyway
	// when it died in the last minutes.
	Previous bool
	// Tail is how many lines of those that are there at the beginning are shown, the newest
	// of all containers that the query wants; a negative one shows all.
	Tail int
	// Levels finds out the level of each line, also when the query does not ask for one.
	Levels bool
	// Window is how long a line waits for older ones of other containers.
	Window time.Duration
	// Streams is how many logs are read at the same time. When there are more, those beyond
	// it are read in turn, so that their lines come later than the window.
	Streams int
	// Now is our clock.
	Now func() time.Time
	// Empty, when it is set, is called once if no container fits when a stream begins that
	// follows.
	Empty func()
}

// DefaultOptions show everything that there is and go on with what comes.
func DefaultOptions(now func() time.Time) Options {
	return Options{Follow: true, Tail: -1, Window: 500 * time.Millisecond, Streams: 512, Now: now}
}

// follows says whether there is anything to wait for.
func (o Options) follows() bool {
	return o.Follow && (o.Query.Until.IsZero() || o.Query.Until.After(o.Now()))
}

// checkComponents reports components that the environment does not have. Errors:
// *events.Error of KindNotFound; those of Cluster.Components.
func checkComponents(ctx context.Context, cluster Cluster, environment string, wanted []string) error {
	known, err := cluster.Components(ctx, environment)
	if err != nil {
		return err
	}
	for _, pattern := range wanted {
		if !slices.ContainsFunc(known, func(name string) bool { return fits([]string{pattern}, name) }) {
			return events.Errorf(events.KindNotFound, "shakedown env show "+environment,
				"environment %s has no component %s%s", environment, pattern, events.Suggest(pattern, known))
		}
	}
	return nil
}

// Sink takes the lines of a stream, one at a time.
type Sink interface {
	Line(l Line) error
	// Flush is called when no other line follows at once.
	Flush() error
}

// Totals are what a stream came to.
type Totals struct {
	// Lines and Gaps were shown.
	Lines, Gaps int
	// Unleveled lines were left out, since a level was asked for and they have none.
	Unleveled int64
	// Containers were read.
	Containers int
}
