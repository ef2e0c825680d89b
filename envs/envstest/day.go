package envstest

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// day plays the steps of a day, until something is wrong.
func (r *round) day(ctx context.Context) {
	for range steps {
		if len(r.problems) == 0 {
			r.play(ctx)
		}
	}
}

// morning looks at what is there after a night: what was, but environments whose time is
// over, and in which nothing is foreign.
func (r *round) morning(ctx context.Context, n night) {
	if len(r.problems) > 0 {
		return
	}
	r.note("night: " + string(n))
	r.begin(nil)
	ctx, cancel := patient(ctx)
	defer cancel()
	for _, name := range r.names {
		if err := r.expire(ctx, name); err != nil {
			r.problem("%v", err)
		}
	}
	r.settle(ctx)
}

// expire waits until an environment is gone whose time is over. With something foreign in
// it, or of one that is no installation's, it stays.
func (r *round) expire(ctx context.Context, name string) error {
	stood := r.stands[name]
	if !stood.over(r.stage.now()) {
		return nil
	}
	if len(r.foreigner.in(name)) > 0 {
		stood.ends = time.Time{} // for the look at what is there
		r.stands[name] = stood
		return nil
	}
	for {
		things, err := r.stage.world.Read(ctx, name)
		if err != nil {
			return err
		}
		if len(things) == 0 {
			r.stands[name] = standing{}
			r.stage.tally.add(expired)
			return nil
		}
		if !events.Wait(ctx, 20*time.Millisecond) {
			return ctx.Err()
		}
	}
}
