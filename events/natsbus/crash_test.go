package natsbus_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

const (
	crashAccess = "SHAKEDOWN_CRASH_ACCESS"
	crashWhen   = "SHAKEDOWN_CRASH_WHEN"
)

// TestCrashChild is the process that dies in its handler; it does nothing unless
// TestProcessDies starts it.
func TestCrashChild(t *testing.T) {
	raw, when := os.Getenv(crashAccess), os.Getenv(crashWhen)
	if raw == "" {
		return
	}
	var access natsbus.Access
	if err := json.Unmarshal([]byte(raw), &access); err != nil {
		t.Fatal(err)
	}
	bus := natsbustest.Connect(t, access)
	kv, err := bus.KV(t.Context(), events.Bucket{Name: "effects"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = bus.Subscribe(t.Context(), events.Subscription{
		Type: events.StopEngagedTopic.Type(), Group: "mortal",
		Handle: func(ctx context.Context, e events.Envelope) error {
			if when == "after" {
				if _, err := kv.Create(ctx, events.Key(e.ID), nil); err != nil {
					return err
				}
			}
			os.Exit(3) // no defer runs and nothing is flushed, as with kill -9
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	<-t.Context().Done()
}

// TestProcessDies kills a process between effect and acknowledgement, and before
// the effect: the event comes again, soon, and has one effect.
func TestProcessDies(t *testing.T) {
	for _, c := range []struct {
		when  string
		found bool
	}{{"before", false}, {"after", true}} {
		t.Run(c.when+" the effect", func(t *testing.T) {
			t.Parallel()
			access := natsbustest.Start(t, t.TempDir()).Access()
			bus := natsbustest.Connect(t, access)
			if err := events.StopEngagedTopic.Publish(t.Context(), bus, stamp().First("all"), events.StopEngaged{}); err != nil {
				t.Fatal(err)
			}
			dieInChild(t, access, c.when)
			kv, err := bus.KV(t.Context(), events.Bucket{Name: "effects"})
			if err != nil {
				t.Fatal(err)
			}
			found := make(chan bool, 4)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			sub, err := bus.Subscribe(ctx, events.Subscription{
				Type: events.StopEngagedTopic.Type(), Group: "mortal",
				Handle: func(ctx context.Context, e events.Envelope) error {
					_, err := kv.Create(ctx, events.Key(e.ID), nil)
					found <- err != nil
					return nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			select {
			case got := <-found:
				if got != c.found {
					t.Errorf("effect found: %v, want %v", got, c.found)
				}
			case <-ctx.Done():
				t.Error("the event is lost")
			}
			cancel()
			sub.Wait()
		})
	}
}

// TestProcessDiesInEveryAttempt: an event that kills whoever takes it ends among
// the dead letters, and is not skipped unseen.
func TestProcessDiesInEveryAttempt(t *testing.T) {
	t.Parallel()
	access := natsbustest.Start(t, t.TempDir()).Access()
	bus := natsbustest.Connect(t, access)
	if err := events.StopEngagedTopic.Publish(t.Context(), bus, stamp().First("all"), events.StopEngaged{}); err != nil {
		t.Fatal(err)
	}
	for range attempts {
		dieInChild(t, access, "before")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	sub, err := bus.Subscribe(ctx, events.Subscription{
		Type: events.StopEngagedTopic.Type(), Group: "mortal",
		Handle: func(context.Context, events.Envelope) error {
			t.Error("the handler is called once too often")
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var list []natsbus.DeadLetter
	for tick := time.NewTicker(10 * time.Millisecond); len(list) == 0 && ctx.Err() == nil; <-tick.C {
		if list, err = bus.DeadLetters(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if len(list) != 1 || !strings.Contains(list[0].Reason, "did not end") {
		t.Errorf("got %+v", list)
	}
	cancel()
	sub.Wait()
}

func dieInChild(t *testing.T, access natsbus.Access, when string) {
	t.Helper()
	raw, err := json.Marshal(access)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), crashAccess+"="+string(raw), crashWhen+"="+when)
	out, err := child.CombinedOutput()
	if child.ProcessState == nil || child.ProcessState.ExitCode() != 3 {
		t.Fatalf("the child did not die as it should: %v\n%s", err, out)
	}
}
