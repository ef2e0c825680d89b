package envs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// await watches until the environment is ready, or surely will not be.
func (s *Service) await(ctx context.Context, asked row, got applied, watch *follower, p *progress) (outcome, error) {
	config := s.deps.Config
	config.Deadline += asked.Body.Document.holds()
	w := newWaiter(config, got.generations, s.deps.Stamp.Now())
	timer := time.NewTimer(config.Deadline)
	defer timer.Stop()
	if err := watch.first(ctx, callTime); err != nil {
		return outcome{}, fmt.Errorf("watch environment %s: %w", asked.ID, err)
	}
	p.wait(watch.last)
	for {
		d := w.decide(watch.last, s.deps.Stamp.Now())
		switch {
		case d.ready:
			return s.readiness(asked, got, watch.last), nil
		case d.finding != nil:
			o, err := s.diagnosis(ctx, asked.ID, *d.finding)
			return o.seen(got, watch.last), err
		}
		timer.Reset(d.again)
		select {
		case <-ctx.Done():
			return outcome{}, context.Cause(ctx)
		case err := <-watch.failed:
			return outcome{}, fmt.Errorf("watch environment %s: %w", asked.ID, err)
		case watch.last = <-watch.newest:
			p.wait(watch.last)
		case <-timer.C:
		}
	}
}

func (s *Service) readiness(asked row, got applied, last Snapshot) outcome {
	now := s.deps.Stamp.Now()
	o := outcome{ready: &events.EnvironmentReady{
		Environment: got.scene(last).view(PhaseReady),
		Took:        events.Duration(max(0, now.Sub(asked.Asked.Time)).Round(time.Millisecond)),
	}}
	return o.seen(got, last)
}

// scene is what was applied, with what was seen of it last.
func (a applied) scene(last Snapshot) scene {
	return scene{Seen: Seen{Namespace: a.namespace, Deployments: last.Deployments}, Pods: last.Pods, looked: true}
}

// seen is the outcome of a request whose environment was watched to its end.
func (o outcome) seen(got applied, last Snapshot) outcome {
	o.uid, o.cluster, o.watched = got.namespace.UID, got.cluster, true
	if o.failed != nil {
		o.failed.Serving = slices.Sorted(maps.Keys(got.scene(last).outdated()))
	}
	return o
}

// diagnosis is the outcome of an environment that does not become ready. A cluster
// that does not answer any more is the error instead: what was seen last may be old.
func (s *Service) diagnosis(ctx context.Context, name string, f Finding) (outcome, error) {
	if _, err := s.observe(ctx, name); err != nil {
		return outcome{}, err
	}
	if f.Pod != "" {
		ctx, cancel := context.WithTimeout(ctx, callTime)
		defer cancel()
		f = f.With(s.deps.Cluster.Evidence(ctx, name, f.Pod, f.Container))
	}
	return outcome{failed: &events.EnvironmentFailed{Name: name, Component: f.Component, Reason: f.Reason, Message: f.Message}}, nil
}

// errUnseen says that a cluster did not show what is in it in time.
var errUnseen = errors.New("the cluster does not answer")

// follower follows an environment and keeps the newest snapshot only.
type follower struct {
	newest chan Snapshot
	// last is the snapshot that was taken from newest last.
	last   Snapshot
	taken  bool
	failed chan error
	stop   context.CancelFunc
	wg     sync.WaitGroup
}

func follow(ctx context.Context, cluster Watcher, owner events.Owner) *follower {
	ctx, stop := context.WithCancel(ctx)
	f := &follower{newest: make(chan Snapshot, 1), failed: make(chan error, 1), stop: stop}
	f.wg.Go(func() {
		if err := cluster.Watch(ctx, owner, f.show); err != nil {
			f.failed <- err
		}
	})
	return f
}

// first waits for the first snapshot, unless it was taken before.
func (f *follower) first(ctx context.Context, limit time.Duration) error {
	if f.taken {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errUnseen)
	defer cancel()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case err := <-f.failed:
		return err
	case f.last = <-f.newest:
		f.taken = true
		return nil
	}
}

// show replaces a snapshot that was not taken yet. It is the only sender.
func (f *follower) show(snapshot Snapshot) bool {
	select {
	case <-f.newest:
	default:
	}
	f.newest <- snapshot
	return true
}

func (f *follower) close() {
	f.stop()
	f.wg.Wait()
}
