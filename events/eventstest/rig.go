package eventstest

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Rig is a bus under test, with what the suite must do to it.
type Rig struct {
	Bus    events.Bus
	Caller events.Caller
	Store  events.Store
	// Member is a second connection to the same server.
	Member events.Bus
	Dead   Dead
	// Raw stores bytes that need not be an event under the subject.
	Raw func(ctx context.Context, subject string, body []byte) error
	// Stored is how many messages the server has of a bucket of objects.
	Stored func(bucket string) uint64
	// Restart stops the server and starts it again with what it had stored. The
	// connections stay as they are and have to find it.
	Restart func()
	// Patient are two members of a group that has longer to acknowledge than a busy machine
	// stalls, and how long that is.
	Patient func() (one, other events.Bus, ackWait time.Duration)
	// Attempts is how often a handler is called for an event that always fails.
	// The waits between must be short.
	Attempts int
}

// Dead is where events go that a group could not handle.
type Dead interface {
	List(ctx context.Context) ([]DeadLetter, error)
	Replay(ctx context.Context, id string) error
	Drop(ctx context.Context, id string) error
}

// DeadLetter is what the suite looks at.
type DeadLetter struct {
	ID, Group, EventID, Reason string
	Attempts                   int
	Body                       []byte
}

// part is one test of the contract.
type part struct {
	name string
	test func(*testing.T, Rig)
}

// Suite runs every test of the contract, each on a rig of its own.
func Suite(t *testing.T, open func(t *testing.T) Rig) {
	run(t, slices.Concat(watches(), others()), open)
}

// Watches runs the tests of Bus.Watch alone.
func Watches(t *testing.T, open func(t *testing.T) Rig) { run(t, watches(), open) }

func run(t *testing.T, parts []part, open func(t *testing.T) Rig) {
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.test(t, open(t))
		})
	}
}

func watches() []part {
	return []part{
		{"a watch shows what the filter takes, in order", testWatch},
		{"a watch of stored events ends", testWatchStored},
		{"a watch goes on after a server restart", testWatchRestart},
	}
}

func others() []part {
	return []part{
		{"each event delivered twice has one effect", testTwice},
		{"events out of order are all delivered", testOutOfOrder},
		{"an event published twice is delivered once", testDedup},
		{"a handler that panics after its effect is called again", testPanic},
		{"a server restart in mid-stream loses nothing", testRestart},
		{"every group gets every event and its members share", testGroups},
		{"a long handler keeps its event", testLongHandler},
		{"a handler that overruns its time is told", testTimeout},
		{"the end of a subscription gives its events back", testGiveBack},
		{"what is no event is a dead letter at once", testUnparsable},
		{"a permanent error is a dead letter at once", testPermanent},
		{"the last failed attempt is a dead letter", testExhausted},
		{"a replay goes to the group that failed", testReplay},
		{"a dropped dead letter is gone", testDrop},
		{"compare and set has one winner", testCompareAndSet},
		{"a row that many modify loses no change", testModify},
		{"state survives a server restart", testStateRestart},
		{"a list has every value in the order of the keys", testList},
		{"a list sees what was written before, while others write", testListWhileWritten},
		{"a watch of a bucket shows what is there and each change", testKVWatch},
		{"a watch of a bucket ends when show says so", testKVWatchEnds},
		{"a watch of a bucket goes on after server restarts", testKVWatchRestart},
		{"a bucket with a TTL loses what is old", testKVExpires},
		{"a watch of a table shows rows", testTableWatch},
		{"objects of all sizes are put, replaced and deleted", testObjects},
		{"objects written at once are whole", testObjectsAtOnce},
		{"objects survive a server restart", testObjectsRestart},
		{"objects expire", testObjectsExpire},
		{"a call is answered", testCall},
		{"an answer's error reaches the asker", testCallError},
		{"a call that nobody answers fails quickly", testCallNobody},
		{"a slow answer holds up no other", testCallSlow},
		{"what never works is refused", testRefused},
	}
}

// within is a context for one wait.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// subscribe ends the subscription with the test, and waits for it.
func subscribe(t *testing.T, bus events.Bus, s events.Subscription) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	if s.Type == "" {
		s.Type = topic().Type()
	}
	sub, err := bus.Subscribe(ctx, s)
	if err != nil {
		cancel()
		t.Fatalf("subscribe %s: %v", s.Group, err)
	}
	t.Cleanup(func() { cancel(); sub.Wait() })
}

// topic is the one that the suite uses; its payload does not matter.
func topic() events.Topic[events.EnvironmentDestroy] { return events.EnvironmentDestroyTopic }

// event is an event of the topic with the id, about the environment.
func event(t *testing.T, id, environment string) events.Envelope {
	t.Helper()
	e, err := topic().Envelope(events.Meta{ID: id, Source: "shakedown/eventstest", Time: time.Now(), Correlation: environment},
		events.EnvironmentDestroy{Name: environment})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func publish(t *testing.T, bus events.Bus, list ...events.Envelope) {
	t.Helper()
	for _, e := range list {
		if err := bus.Publish(within(t), e); err != nil {
			t.Fatalf("publish %s: %v", e.ID, err)
		}
	}
}

// ledger applies effects as services do: once for each event id, whatever is
// delivered.
type ledger struct {
	kv                  events.KV
	delivered, repeated atomic.Int64
}

func newLedger(t *testing.T, store events.Store) *ledger {
	t.Helper()
	kv, err := store.KV(within(t), events.Bucket{Name: "effects"})
	if err != nil {
		t.Fatal(err)
	}
	return &ledger{kv: kv}
}

// apply has the effect of the event, unless it was there already.
func (l *ledger) apply(ctx context.Context, e events.Envelope) error {
	l.delivered.Add(1)
	_, err := l.kv.Create(ctx, events.Key(e.ID), []byte(e.Subject))
	if isExists(err) {
		l.repeated.Add(1)
		return nil
	}
	return err
}

// effects is how many events have had their effect.
func (l *ledger) effects(t *testing.T) int {
	t.Helper()
	entries, err := l.kv.List(within(t))
	if err != nil {
		t.Fatalf("list effects: %v", err)
	}
	return len(entries)
}
