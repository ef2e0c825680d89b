package provisioner_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// What the process that is killed reads of its environment.
const (
	childAccess = "SHAKEDOWN_PROVISIONER_ACCESS"
	childDir    = "SHAKEDOWN_PROVISIONER_DIR"
	childDies   = "SHAKEDOWN_PROVISIONER_DIES"
)

// TestChild is a server that ends at a checkpoint. It does nothing unless another
// test starts it.
func TestChild(t *testing.T) {
	raw := os.Getenv(childAccess)
	if raw == "" {
		return
	}
	var access natsbus.Access
	if err := json.Unmarshal([]byte(raw), &access); err != nil {
		t.Fatal(err)
	}
	dies, _ := strconv.ParseInt(os.Getenv(childDies), 10, 64)
	var steps atomic.Int64
	at := func(step string) {
		if steps.Add(1) == dies {
			os.Exit(3) // no defer runs and nothing is flushed, as with kill -9
		}
		_, _ = os.Stdout.WriteString(step + "\n")
	}
	driver := newFolder(os.Getenv(childDir))
	driver.half = func(context.Context) error { at("half"); return nil }
	serve(t, natsbustest.Connect(t, access), "server", driver, at)
	select {}
}

// TestKilledAtEveryStep ends a server at each checkpoint of a create and of a
// destroy. The next server goes on; the request has one outcome, and nothing is
// left half made or half destroyed.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"create", "destroy"} {
		again := true
		for n := 1; again; n++ {
			t.Run(fmt.Sprintf("%s, step %d", verb, n), func(t *testing.T) { again = killedAt(t, verb, n) && !t.Failed() })
		}
	}
}

// killedAt ends a server at its nth checkpoint and reports whether it has so many.
func killedAt(t *testing.T, verb string, n int) bool {
	t.Helper()
	access, dir := natsbustest.Start(t, t.TempDir()).Access(), t.TempDir()
	bus := natsbustest.Connect(t, access)
	driver := newFolder(dir)
	if verb == "destroy" {
		if err := os.WriteFile(driver.path("demo"), []byte(provisioner.StateReady), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := rig{bus: bus, stamp: stamp(), events: eventstest.Watch(t, bus, events.Filter{})}
	steps := child(t, access, dir, n)
	r.answered(t)
	if verb == "create" {
		r.create(t, document(func(*provisioner.Document) {}))
	} else {
		r.destroy(t, "demo")
	}
	died := !reached(steps, "remembered")
	if died {
		serve(t, bus, "server", driver, nil)
	}
	r.ended(t)
	states := map[string]int{"create": 1, "destroy": 0}
	if got := r.list(t); len(got) != states[verb] || len(got) > 0 && got[0].State != "ready" {
		t.Errorf("%d clusters: %+v", len(got), got)
	}
	if count := r.outcomes(); count != 1 {
		t.Errorf("%d outcomes, want 1:\n%s", count, r.events)
	}
	return died
}

// child starts a server in a process of its own and returns what it prints: the
// checkpoints that it has passed.
func child(t *testing.T, access natsbus.Access, dir string, dies int) *bufio.Scanner {
	t.Helper()
	raw, err := json.Marshal(access)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(os.Args[0], "-test.run=^TestChild$")
	c.Env = append(os.Environ(), childAccess+"="+string(raw), childDir+"="+dir, childDies+"="+strconv.Itoa(dies))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	return bufio.NewScanner(out)
}

// reached waits for the step, and reports whether the child did not end before it.
func reached(steps *bufio.Scanner, step string) bool {
	for steps.Scan() {
		if steps.Text() == step {
			return true
		}
	}
	return false
}

// answered waits until the server answers calls, and so takes requests.
func (r rig) answered(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		_, err := events.ClusterListCall.Ask(t.Context(), r.bus, r.stamp.First(""), events.Nothing{})
		if err == nil {
			return
		}
		if time.Now().After(end) || !events.Wait(t.Context(), 20*time.Millisecond) {
			t.Fatalf("the server does not answer: %v", err)
		}
	}
}

// ended waits for an outcome.
func (r rig) ended(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(patience); r.outcomes() == 0; {
		if time.Now().After(end) || !events.Wait(t.Context(), 10*time.Millisecond) {
			t.Fatalf("no outcome:\n%s", r.events)
		}
	}
}

func (r rig) outcomes() int {
	count := 0
	for _, e := range r.events.Seen() {
		switch e.Type {
		case events.ClusterReadyTopic.Type(), events.ClusterFailedTopic.Type(), events.ClusterDestroyedTopic.Type():
			count++
		}
	}
	return count
}
