package work_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/work"
)

const (
	childAccess = "SHAKEDOWN_WORK_ACCESS"
	childOwner  = "SHAKEDOWN_WORK_OWNER"
	// childDies is the number of the checkpoint at which the child ends; 0 is never.
	childDies = "SHAKEDOWN_WORK_DIES"
	died      = 3
	// steps is how many steps a job has.
	steps = 3
)

// mortal works on a job step by step: each step is an event, written with the
// state. It does the next step that is not done, whoever did those before.
func mortal(at func(string)) work.Handler[job] {
	return func(ctx context.Context, c *work.Claim[job]) error {
		for c.Row().Body.Steps < steps {
			n := c.Row().Body.Steps + 1
			if _, err := c.Update(ctx, func(r *work.Row[job]) error {
				r.Body.Steps = n
				return work.Post(r, events.EnvironmentProgressedTopic, fact(r.ID, n), events.EnvironmentProgressed{Name: r.ID, Done: n})
			}); err != nil {
				return err
			}
			at("stepped")
			if err := c.Flush(ctx); err != nil {
				return err
			}
			at("flushed")
		}
		return c.End(ctx, func(r *work.Row[job]) error {
			return work.Post(r, events.EnvironmentDestroyedTopic, fact(r.ID, steps+1), events.EnvironmentDestroyed{Name: r.ID})
		})
	}
}

func fact(id string, n int) events.Meta {
	return events.Meta{ID: events.Digest(id, strconv.Itoa(n)), Source: "mortal", Time: time.Now(), Correlation: id}
}

// TestWorkChild is a server that works until it is killed, or dies by itself. It
// does nothing unless another test starts it.
func TestWorkChild(t *testing.T) {
	raw := os.Getenv(childAccess)
	if raw == "" {
		return
	}
	var access natsbus.Access
	if err := json.Unmarshal([]byte(raw), &access); err != nil {
		t.Fatal(err)
	}
	dies, _ := strconv.Atoi(os.Getenv(childDies))
	var mu sync.Mutex
	at := func(string) {
		mu.Lock()
		defer mu.Unlock()
		if dies--; dies == 0 {
			os.Exit(died) // no defer runs and nothing is flushed, as with kill -9
		}
	}
	q := open(t, natsbustest.Connect(t, access), os.Getenv(childOwner), func(c *work.Config[job]) { c.Checkpoint = at })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	q.Run(ctx, func(ctx context.Context, c *work.Claim[job]) error {
		if c.Row().Body.Want == "stop" {
			cancel()
			return nil
		}
		return mortal(at)(ctx, c)
	})
}

func child(t testing.TB, access natsbus.Access, owner string, dies int) *exec.Cmd {
	t.Helper()
	raw, err := json.Marshal(access)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(os.Args[0], "-test.run=^TestWorkChild$")
	c.Env = append(os.Environ(), childAccess+"="+string(raw), childOwner+"="+owner, childDies+"="+strconv.Itoa(dies))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() }) // it may be gone already
	return c
}

// TestKilledAtEveryStep ends a server at each of its steps. The same server, come
// back, or another one goes on; every event is published once and no row is left.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	access := natsbustest.Start(t, t.TempDir()).Access()
	bus := natsbustest.Connect(t, access)
	for n := 1; ; n++ {
		id, heir := fmt.Sprint("row-", n), []string{"mortal", "other"}[n%2]
		q := open(t, bus, heir)
		if err := q.Add(t.Context(), id, asked("e-"+id, 0), job{}); err != nil {
			t.Fatal(err)
		}
		c := child(t, access, "mortal", n)
		if !diesBefore(t, c, q, id) {
			if n <= 3*steps {
				t.Errorf("the child went through %d steps only", n)
			}
			break
		}
		stop := run(t, q, mortal(func(string) {}))
		empty(t, bus)
		stop()
		wantEvents(t, bus, id)
	}
}

// diesBefore waits until the child has died, or has done all its work.
func diesBefore(t *testing.T, c *exec.Cmd, q *work.Queue[job], id string) bool {
	t.Helper()
	over := make(chan struct{})
	go func() { defer close(over); _ = c.Wait() }() // how it ended is read from its state
	dead := false
	eventstest.Eventually(t, "the child dies or is done", func() bool {
		select {
		case <-over:
			dead = true
			return true
		default:
		}
		_, err := q.Get(t.Context(), id)
		return errors.Is(err, events.ErrNotFound)
	})
	if !dead {
		_ = c.Process.Kill() // it has nothing left to do, or dies right after its last step
		<-over
		return c.ProcessState.ExitCode() == died
	}
	return true
}

// wantEvents wants each event of the row in the stream, once.
func wantEvents(t testing.TB, bus *natsbus.Bus, id string) {
	t.Helper()
	got := map[string]int{}
	err := bus.Watch(t.Context(), events.Filter{Correlation: id, Since: time.Unix(0, 0), UntilCaughtUp: true},
		func(e events.Envelope) bool { got[e.ID]++; return true })
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= steps+1; n++ {
		if have := got[fact(id, n).ID]; have != 1 {
			t.Errorf("event %d of %s was published %d times, want once", n, id, have)
		}
	}
}

// TestKilledAnywhere kills and stops servers at random while rows keep coming. In
// the end every row was done, with each of its events published once.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	rounds := 15
	if soak := os.Getenv("SHAKEDOWN_SOAK"); soak != "" {
		rounds, _ = strconv.Atoi(soak)
	}
	access := natsbustest.Start(t, t.TempDir()).Access()
	bus := natsbustest.Connect(t, access)
	q := open(t, bus, "observer")
	random := rand.New(rand.NewPCG(7, 11)) // repeatable choices; the moments differ
	servers := []*exec.Cmd{child(t, access, "server-0", 0), child(t, access, "server-1", 0)}
	var ids []string
	for n := range rounds {
		for i := range 4 {
			id := fmt.Sprint("row-", n, "-", i)
			ids = append(ids, id)
			if err := q.Add(t.Context(), id, asked("e-"+id, 0), job{}); err != nil {
				t.Fatal(err)
			}
		}
		i := random.IntN(len(servers))
		events.Wait(t.Context(), time.Duration(random.IntN(150))*time.Millisecond) // the moment is the point
		servers[i] = strike(t, access, servers[i], fmt.Sprint("server-", i), random)
	}
	empty(t, bus)
	for _, id := range ids {
		wantEvents(t, bus, id)
	}
}

// strike kills the server and starts it again, or stops it for longer than its
// lease and lets it go on.
func strike(t *testing.T, access natsbus.Access, c *exec.Cmd, owner string, random *rand.Rand) *exec.Cmd {
	t.Helper()
	if random.IntN(2) == 0 {
		_ = c.Process.Kill() // a child that has died already is struck again
		_ = c.Wait()
		return child(t, access, owner, 0)
	}
	if err := c.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	events.Wait(t.Context(), 1200*time.Millisecond)
	if err := c.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	return c
}
