package logs

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// polls is how many logs are read in turn at the same time, beyond Options.Streams.
const polls = 16

// Stream shows the lines of an environment to the sink until all of them were shown, or,
// when it follows, until ctx ends. Errors: that of the sink and of ctx; *events.Error of
// KindInvalid for a query that cannot be meant, of KindNotFound for an environment or a
// component that is not there, of KindRefused when the cluster does not let us read.
func Stream(ctx context.Context, cluster Cluster, environment string, o Options, sink Sink) (Totals, error) {
	if err := o.Query.Validate(); err != nil {
		return Totals{}, err
	}
	if err := checkComponents(ctx, cluster, environment, o.Query.Components); err != nil {
		return Totals{}, err
	}
	e := newEngine(cluster, environment, o, sink)
	err := e.run(ctx)
	e.totals.Unleveled = e.unleveled.Load()
	return e.totals, err
}

// engine is one stream.
type engine struct {
	Options
	cluster     Cluster
	environment string
	sink        Sink
	totals      Totals
	unleveled   atomic.Int64
	merge       *merge
	// slots are for logs that stay open, turns for those that are read in turn.
	slots, turns chan struct{}
	// fail ends the stream with an error; over is closed when the query's end has passed.
	fail context.CancelCauseFunc
	over chan struct{}

	running sync.WaitGroup
	// sources are the containers by their keys; only the watch changes them.
	sources map[key]*source
}

func newEngine(cluster Cluster, environment string, o Options, sink Sink) *engine {
	o.Follow = o.follows()
	o.Levels = o.Levels || o.Query.Level != Unknown
	window := o.Window
	if !o.Follow { // whatever is there is waited for, but for a connection that hangs
		window = max(window, patience)
	}
	return &engine{
		Options: o, cluster: cluster, environment: environment, sink: sink, merge: newMerge(window, o.Now),
		slots: make(chan struct{}, o.Streams), turns: make(chan struct{}, polls), sources: map[key]*source{},
		over: make(chan struct{}),
	}
}

func (e *engine) run(ctx context.Context) error {
	ctx, e.fail = context.WithCancelCause(ctx)
	defer e.fail(nil)
	if e.Tail >= 0 {
		if err := e.tail(ctx); err != nil || !e.Follow {
			return err
		}
	}
	if e.Follow && !e.Query.Until.IsZero() {
		end := time.AfterFunc(e.Query.Until.Sub(e.Now())+e.Window, func() { close(e.over) })
		defer end.Stop()
	}
	e.running.Go(func() { e.watch(ctx) })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.running.Wait()
		e.merge.end()
	}()
	err := e.merged(ctx)
	e.fail(err)
	<-ended
	return err
}

// isOver says whether the query's end has passed: nothing is followed any more, and what is
// there is read to that end.
func (e *engine) isOver() bool {
	select {
	case <-e.over:
		return true
	default:
		return false
	}
}

// untilOver is a context that ends when the query's end has passed, too. The function ends
// it.
func (e *engine) untilOver(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		select {
		case <-e.over:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() { cancel(); waiting.Wait() }
}

// watch reads each container that there is, and, when it follows, each that comes.
func (e *engine) watch(ctx context.Context) {
	watching, stop := e.untilOver(ctx)
	defer stop()
	first := true
	err := e.cluster.Watch(watching, e.environment, func(all []Container) bool {
		e.update(all)
		if first && len(e.sources) == 0 && e.Follow && e.Empty != nil {
			e.Empty()
		}
		first = false
		e.start(ctx)
		return e.Follow
	})
	if err != nil {
		e.fail(err)
	}
}

// start reads the containers that are new. The streams of all of them are open before the
// first has sent a line.
func (e *engine) start(ctx context.Context) {
	var fresh []*source
	for _, s := range e.sources {
		if s.stream == nil {
			s.stream = e.merge.stream()
			fresh = append(fresh, s)
		}
	}
	for _, s := range fresh {
		e.running.Go(func() { s.run(ctx) })
	}
}

// update takes in the containers as they are now.
func (e *engine) update(all []Container) {
	there := make(map[key]bool, len(all))
	for _, c := range all {
		if !e.Query.wantsFrom(c.Source) {
			continue
		}
		there[c.key()] = true
		if s, known := e.sources[c.key()]; known {
			s.update(c)
			continue
		}
		e.sources[c.key()] = newSource(e, c)
		e.totals.Containers++
	}
	for k, s := range e.sources {
		if there[k] {
			continue
		}
		s.leave()
		if s.stream != nil { // it ends by itself
			delete(e.sources, k)
		}
	}
}

// merged shows the lines in the order of time.
func (e *engine) merged(ctx context.Context) error {
	for {
		l, ok, until, over := e.merge.take()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case ok:
			if err := e.show(l); err != nil {
				return err
			}
			continue
		}
		if err := e.sink.Flush(); err != nil || over {
			return err
		}
		e.await(ctx, until)
	}
}

func (e *engine) show(l Line) error {
	if l.Gap != nil {
		e.totals.Gaps++
	} else {
		e.totals.Lines++
	}
	return e.sink.Line(l)
}

// await waits until the merge has changed, or for a time; a zero one is never.
func (e *engine) await(ctx context.Context, until time.Time) {
	if !until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, until.Sub(e.Now()))
		defer cancel()
	}
	select {
	case <-e.merge.changed:
	case <-ctx.Done():
	}
}

// slot waits until a log may be opened, and says whether it may stay open. Errors: that
// of ctx.
func (e *engine) slot(ctx context.Context) (stays bool, release func(), err error) {
	from := e.slots
	if e.Follow {
		select {
		case e.slots <- struct{}{}:
			return true, func() { <-e.slots }, nil
		default:
			from = e.turns
		}
	}
	select {
	case from <- struct{}{}:
		return false, func() { <-from }, nil
	case <-ctx.Done():
		return false, nil, ctx.Err()
	}
}

// refusal is the error of a request that is of no use again.
func refusal(err error) bool { return events.KindOf(err) == events.KindRefused }
