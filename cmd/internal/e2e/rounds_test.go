//go:build real

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// roundsSeed repeats the choices of a run that printed its seed; the moments differ.
const roundsSeed = "SHAKEDOWN_ROUNDS_SEED"

// askAgain is the pause before it is asked again what has happened, and askTimeout how long
// one answer may take: a server that is killed leaves questions unanswered.
const (
	askAgain   = 500 * time.Millisecond
	askTimeout = 10 * time.Second
)

// targets are the environments that faults hit, scratch those that come and go.
const targets, scratch = 3, 2

// TestKilledReplicas kills and stops two replicas of `serve chaos envs` while the three
// servers of their NATS cluster are killed one after the other, and requests keep coming.
// In the end each request had one outcome, no fault was injected twice, and nothing was
// done for a request that was over.
func TestKilledReplicas(t *testing.T) {
	count, seed := 3, uint64(time.Now().UnixNano()) //nolint:gosec // any number will do
	if soak := os.Getenv("SHAKEDOWN_SOAK"); soak != "" {
		count, _ = strconv.Atoi(soak)
	}
	if again := os.Getenv(roundsSeed); again != "" {
		seed, _ = strconv.ParseUint(again, 10, 64)
	}
	t.Logf("%d rounds; to repeat the choices: %s=%d", count, roundsSeed, seed)
	r := newTrial(t, seed)
	for i := range targets {
		r.create(fmt.Sprintf("target-%d", i), environment)
	}
	r.await()
	r.calm(false)
	for n := range count {
		r.round(n)
	}
	r.calm(true)
	r.await()
	r.judge(count)
}

// trial is two replicas with what was asked of them.
type trial struct {
	t        *testing.T
	random   *rand.Rand
	nats     *natsCluster
	witness  *witness
	bus      *natsbus.Bus
	replicas [2]*replica
	strikes  [2]chan syscall.Signal
	account  account
	began    time.Time
}

func newTrial(t *testing.T, seed uint64) *trial {
	t.Helper()
	r := &trial{t: t, random: rand.New(rand.NewPCG(seed, 0)), nats: startNATS(t), began: time.Now()} //nolint:gosec // to be repeated
	var kubeconfig string
	r.witness, kubeconfig = watchEffects(t)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	for i := range r.replicas {
		r.strikes[i] = make(chan syscall.Signal)
		r.replicas[i] = &replica{
			t: t, dir: t.TempDir(), url: r.nats.url(), kubeconfig: kubeconfig,
			random: rand.New(rand.NewPCG(seed, uint64(i)+1)), //nolint:gosec // to be repeated
		}
		running.Go(func() { r.replicas[i].keep(ctx, r.strikes[i]) })
	}
	t.Cleanup(func() { stop(); running.Wait(); r.logs() })
	r.bus = r.connect()
	return r
}

// connect waits until the first replica has made what there is to connect to.
func (r *trial) connect() (bus *natsbus.Bus) {
	r.t.Helper()
	r.until("nobody lets us in", func(ctx context.Context) (err error) {
		bus, err = natsbus.Connect(ctx, natsbus.Config{Access: natsbus.Access{URL: r.nats.url()}, Name: "e2e"})
		return err
	})
	r.t.Cleanup(func() { _ = bus.Close() })
	return bus
}

// until tries again until it works: a cluster without a leader takes nothing.
func (r *trial) until(what string, try func(context.Context) error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	var last error
	for ctx.Err() == nil {
		err := try(ctx)
		if err == nil {
			return
		}
		if ctx.Err() == nil {
			last = err
		}
		tick(ctx)
	}
	r.t.Fatalf("%s within %s: %v", what, patience, last)
}

// round asks for something, and then strikes a replica and a NATS server.
func (r *trial) round(n int) {
	r.t.Helper()
	r.inject(fmt.Sprintf("fault-%d", n), fmt.Sprintf("target-%d", n%targets))
	if name := fmt.Sprintf("scratch-%d", r.random.IntN(scratch)); r.random.IntN(2) == 0 {
		r.create(name, func(name string) envs.Document { return withoutProbes(environment(name)) })
	} else {
		r.destroy(name)
	}
	r.wait(1500)
	victim, with := r.random.IntN(len(r.replicas)), syscall.SIGKILL
	if r.random.IntN(2) == 0 {
		with = syscall.SIGSTOP
	}
	select {
	case r.strikes[victim] <- with:
	case <-time.After(3 * time.Second): // it is stopped already, for long
	}
	r.nats.kill(n % nodes)
	r.wait(1500)
	r.nats.start(r.t, n%nodes)
	r.nats.await(r.t, n%nodes)
}

func (r *trial) wait(most int) {
	events.Wait(r.t.Context(), time.Duration(r.random.IntN(most))*time.Millisecond) // the moment is the point
}

func (r *trial) inject(id, target string) {
	r.t.Helper()
	m := stamp().First(id)
	r.account.faults = append(r.account.faults, asked{id: id, name: target, at: m.Time})
	request := events.FaultInject{
		Fault: id, Run: id, Kind: "pod-kill", Environment: target, Namespace: target, Params: json.RawMessage(`{"gracePeriod":"0s"}`),
		Target: events.FaultTarget{Labels: events.LabelComponent + "=api", Count: 1}, Budget: events.Duration(30 * time.Second),
	}
	r.until("a fault is not taken", func(ctx context.Context) error { return events.FaultInjectTopic.Publish(ctx, r.bus, m, request) })
}

func (r *trial) create(name string, document func(string) envs.Document) {
	r.t.Helper()
	raw, err := json.Marshal(document(name))
	if err != nil {
		r.t.Fatal(err)
	}
	m := r.request(name)
	r.until("an environment is not taken", func(ctx context.Context) error {
		return events.EnvironmentCreateTopic.Publish(ctx, r.bus, m, events.EnvironmentCreate{Name: name, Spec: raw})
	})
}

func (r *trial) destroy(name string) {
	r.t.Helper()
	m := r.request(name)
	r.until("a destroy is not taken", func(ctx context.Context) error {
		return events.EnvironmentDestroyTopic.Publish(ctx, r.bus, m, events.EnvironmentDestroy{Name: name, Reason: "asked"})
	})
}

// request notes a request for an environment. Its correlation is its id.
func (r *trial) request(name string) events.Meta {
	m := stamp().First(fmt.Sprintf("%s-%d", name, len(r.account.requests)))
	r.account.requests = append(r.account.requests, asked{id: m.Correlation, name: name, at: m.Time})
	return m
}

// calm says whether replicas that are started get a signal at some step.
func (r *trial) calm(calm bool) {
	for _, replica := range r.replicas {
		replica.calm.Store(calm)
	}
}

// await waits until all that was asked for has an outcome.
func (r *trial) await() {
	r.t.Helper()
	r.until("not all has an outcome", func(ctx context.Context) error {
		outcomes, about, err := r.outcomes(ctx)
		if err != nil {
			events.Wait(ctx, askAgain)
			return err
		}
		r.account.note(outcomes, about)
		if open := r.account.open(); len(open) > 0 {
			events.Wait(ctx, askAgain)
			return fmt.Errorf("none of %v; events about the first: %v", open, about[open[0]])
		}
		return nil
	})
}

// outcomes are when requests ended, by their ids, as their events say; about are the types of
// all events.
func (r *trial) outcomes(ctx context.Context) (found map[string][]time.Time, about map[string][]string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	found, about = map[string][]time.Time{}, map[string][]string{}
	filter := events.Filter{Since: r.began.Add(-time.Minute), UntilCaughtUp: true}
	err = r.bus.Watch(ctx, filter, func(e events.Envelope) bool {
		about[e.CorrelationID] = append(about[e.CorrelationID], e.Type)
		if isOutcome(e) {
			found[e.CorrelationID] = append(found[e.CorrelationID], e.Time)
		}
		return true
	})
	if err == nil {
		err = ctx.Err() // what was seen until then is not all
	}
	return found, about, err
}

func isOutcome(e events.Envelope) bool {
	switch e.Type {
	case events.FaultRefusedTopic.Type(), events.FaultRevertedTopic.Type(), events.EnvironmentReadyTopic.Type(),
		events.EnvironmentFailedTopic.Type(), events.EnvironmentRejectedTopic.Type(), events.EnvironmentDestroyedTopic.Type():
		return true
	case events.EnvironmentProgressedTopic.Type():
		_, p, err := events.EnvironmentProgressedTopic.Parse(e)
		return err == nil && p.Step == events.StepSuperseded
	}
	return false
}

// judge compares what happened with what may happen.
func (r *trial) judge(count int) {
	r.t.Helper()
	r.until("chaos does not answer", func(ctx context.Context) error {
		answer, err := events.LedgerListCall.Ask(ctx, r.bus, stamp().First(""), events.LedgerQuery{})
		r.account.ledger = answer.Entries
		return err
	})
	r.account.effects = r.witness.seen()
	for _, v := range r.account.violations() {
		r.t.Error(v)
	}
	for _, bucket := range []string{"chaos_faults", "envs_queue"} {
		r.wantEmpty(bucket)
	}
	if letters, err := r.bus.DeadLetters(r.t.Context()); err != nil || len(letters) > 0 {
		r.t.Errorf("dead letters %+v, %v", letters, err)
	}
	kills := 0
	for _, e := range r.account.effects {
		if e.pod != "" {
			kills++
		}
	}
	r.t.Logf("%d rounds, %d requests for environments, %d effects, %d pods killed", count, len(r.account.requests), len(r.account.effects), kills)
	if kills == 0 {
		r.t.Error("no fault was injected, so nothing was tried")
	}
}

// wantEmpty waits until no row is left: the last write of a row follows its outcome.
func (r *trial) wantEmpty(bucket string) {
	r.t.Helper()
	r.until("rows are left in "+bucket, func(ctx context.Context) error {
		kv, err := r.bus.KV(ctx, events.Bucket{Name: bucket, AsIs: true})
		if err != nil {
			return err
		}
		rows, err := kv.List(ctx)
		if err == nil && len(rows) > 0 {
			err = fmt.Errorf("%d rows, such as %s", len(rows), rows[0].Key)
		}
		return err
	})
}

// logs are kept when something is wrong.
func (r *trial) logs() {
	for i, replica := range r.replicas {
		r.t.Logf("replica %d was killed %d times and stopped %d times", i, replica.kills, replica.stops)
		if raw, err := os.ReadFile(filepath.Join(replica.dir, "log")); err == nil && r.t.Failed() {
			r.t.Logf("log of replica %d, the end:\n%s", i, raw[max(0, len(raw)-20_000):])
		}
	}
	if r.t.Failed() {
		r.groups()
	}
}

// groups shows what the groups have left to take.
func (r *trial) groups() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.t.Context()), 10*time.Second)
	defer cancel()
	stream, err := natsbustest.JetStream(r.t, natsbus.Access{URL: r.nats.url()}).Stream(ctx, "SHAKEDOWN")
	if err != nil {
		r.t.Log(err)
		return
	}
	r.t.Logf("stream: %+v", stream.CachedInfo().State)
	for c := range stream.ListConsumers(ctx).Info() {
		r.t.Logf("%s: %d to take, %d taken, %d taken again, %d wait; delivered %+v, done %+v", c.Name, c.NumPending, c.NumAckPending, c.NumRedelivered, c.NumWaiting, c.Delivered, c.AckFloor)
	}
}
