package events_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// stamp is that of a service of the examples: time and ids are inputs.
func stamp() events.Stamp {
	return events.Stamp{Source: "example", Now: time.Now, NewID: func() string { return "id-1" }}
}

// open starts a NATS server in this process and connects to it.
func open(ctx context.Context) (bus *natsbus.Bus, done func(), err error) {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		return nil, nil, err
	}
	server, err := natsbus.StartEmbedded(ctx, natsbus.Embedded{Dir: dir})
	if err != nil {
		return nil, nil, err
	}
	bus, err = natsbus.Connect(ctx, natsbus.Config{Access: server.Access()})
	if err != nil {
		return nil, nil, err
	}
	return bus, func() {
		_ = bus.Close() // the example is over
		_ = server.Stop(context.WithoutCancel(ctx))
		_ = os.RemoveAll(dir)
	}, nil
}

// An event is published once, however often its publisher tries, and reaches one
// member of each group.
func ExampleTopic() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	bus, done, err := open(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	heard := make(chan string)
	sub, err := events.EnvironmentDestroyTopic.Subscribe(ctx, bus, "envs",
		func(_ context.Context, m events.Meta, e events.EnvironmentDestroy) error {
			heard <- fmt.Sprintf("destroy %s, because %s asked", e.Name, m.Source)
			return nil
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	request := stamp().First("pr-1")
	for range 2 {
		if err := events.EnvironmentDestroyTopic.Publish(ctx, bus, request, events.EnvironmentDestroy{Name: "pr-1"}); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(<-heard)
	cancel()
	sub.Wait()
	// Output: destroy pr-1, because example asked
}

// A call asks the one service that knows. Its errors arrive as *Error, with the
// hint for the user.
func ExampleCall() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	bus, done, err := open(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	sub, err := events.EnvironmentShowCall.Answer(ctx, bus, stamp(),
		func(_ context.Context, q events.EnvironmentQuery) (events.EnvironmentAnswer, error) {
			return events.EnvironmentAnswer{}, events.Errorf(events.KindNotFound, "shakedown env list", "there is no environment %s", q.Name)
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = events.EnvironmentShowCall.Ask(ctx, bus, stamp().First(""), events.EnvironmentQuery{Name: "pr-1"})
	if e, ok := errors.AsType[*events.Error](err); ok {
		fmt.Printf("%s: %s\nhint: %s\n", e.Kind, e.Message, e.Hint())
	}
	cancel()
	sub.Wait()
	// Output:
	// not-found: there is no environment pr-1
	// hint: shakedown env list
}

// State is changed by compare-and-set: of two who read the same row, one can write.
func ExampleStore() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	bus, done, err := open(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	kv, err := bus.KV(ctx, events.Bucket{Name: "counters"})
	if err != nil {
		fmt.Println(err)
		return
	}
	revision, err := kv.Create(ctx, "runs", []byte("1"))
	fmt.Println("create:", err)
	_, err = kv.Update(ctx, "runs", []byte("2"), revision)
	fmt.Println("first: ", err)
	_, err = kv.Update(ctx, "runs", []byte("2"), revision)
	fmt.Println("second:", errors.Is(err, events.ErrConflict))
	// Output:
	// create: <nil>
	// first:  <nil>
	// second: true
}

// Documents of every kind begin with the same header and are read strictly.
func ExampleParseDocument() {
	type ship struct {
		events.Header
		Spec struct {
			Masts int `json:"masts"`
		} `json:"spec"`
	}
	raw := `{"apiVersion": "shakedown.dev/v1", "kind": "Boat", "metadata": {"name": "HMS Beagle"}, "spec": {"masts": 3}}`
	d, err := events.ParseDocument[ship]("Ship", []byte(raw))
	fmt.Println(d.Spec.Masts, err)
	fmt.Println(d.Check("Ship"))
	_, err = events.ParseDocument[ship]("Ship", []byte(`{"spec": {"masts": "three"}}`))
	fmt.Println(err)
	// Output:
	// 3 <nil>
	// kind: is "Boat", want "Ship"
	// metadata.name: "HMS Beagle" is not a DNS label: at most 63 of a-z, 0-9 and '-', not '-' at either end
	// read Ship: spec.masts: is of type string, want whole number
}
