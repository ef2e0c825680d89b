package work_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/work"
)

// A service records what was asked for, works on it under a lease, and publishes
// the outcome with the last write.
func ExampleQueue() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	bus, closeBus, err := exampleBus(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer closeBus()
	type request struct{ Name, Reason string }
	deps := work.Deps{Store: bus, Bus: bus, Owner: "server-1", Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	queue, err := work.Open(ctx, deps, work.DefaultConfig[request]("removals"))
	if err != nil {
		fmt.Println(err)
		return
	}
	asked := events.Meta{ID: "event-1", Source: "ci", Time: time.Now()}
	fmt.Println("first: ", queue.Add(ctx, "pr-1", asked, request{Name: "pr-1", Reason: "merged"}))
	fmt.Println("second:", queue.Add(ctx, "pr-1", asked, request{Name: "pr-1", Reason: "merged"}))

	stamp := events.Stamp{Source: "example", Now: time.Now}
	queue.Run(ctx, func(ctx context.Context, c *work.Claim[request]) error {
		effect, done := c.Deadline(ctx, 10*time.Second)
		defer done()
		if err := events.CheckFence(effect); err != nil {
			return err // another server has the row by now
		}
		fmt.Println("remove", c.Row().Body.Name)
		err := c.End(ctx, func(r *work.Row[request]) error {
			fact := events.EnvironmentDestroyed{Name: r.Body.Name, Reason: r.Body.Reason}
			return work.Post(r, events.EnvironmentDestroyedTopic, stamp.After(r.Asked, "outcome"), fact)
		})
		cancel()
		return err
	})
	// Output:
	// first:  <nil>
	// second: record request for removals pr-1: the request was taken before
	// remove pr-1
}

func exampleBus(ctx context.Context) (*natsbus.Bus, func(), error) {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		return nil, nil, err
	}
	server, err := natsbus.StartEmbedded(ctx, natsbus.Embedded{Dir: dir})
	if err != nil {
		return nil, nil, err
	}
	bus, err := natsbus.Connect(ctx, natsbus.Config{Access: server.Access()})
	if err != nil {
		return nil, nil, err
	}
	return bus, func() {
		_ = bus.Close() // the example is over
		_ = server.Stop(context.WithoutCancel(ctx))
		_ = os.RemoveAll(dir)
	}, nil
}
