package chaos

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// fakeCluster is a namespace in memory whose controller replaces what is killed.
type fakeCluster struct {
	mu      sync.Mutex
	survey  Survey
	log     []Change
	changed chan struct{}
	kills   map[string]int
	made    int
	// killError is what a kill answers, after it was done when killsAnyway.
	killError   error
	killsAnyway bool
	// lingers keeps victims terminating; sterile makes no replacements; unready
	// makes ones that do not get ready.
	lingers, sterile, unready bool
	surveyError, watchError   error
	// beforeKill is called before each kill.
	beforeKill func()
}

// newFake makes a namespace "shop" of ours with a Deployment "api" of n pods.
func newFake(n int) *fakeCluster {
	f := &fakeCluster{changed: make(chan struct{}), kills: make(map[string]int)}
	api := Ref{Kind: "Deployment", Name: "api", UID: "deployment-api"}
	f.survey = Survey{
		Namespace: Namespace{Name: "shop", Labels: map[string]string{
			OptInLabel: OptInValue, ManagedByLabel: ManagedBy, EnvironmentLabel: "shop",
		}},
		Owners: map[string]Owner{api.UID: {Ref: api, Known: true, Desired: n, Replicas: n, Updated: n, Ready: n}},
	}
	for range n {
		f.survey.Pods = append(f.survey.Pods, f.pod(api))
	}
	return f
}

func (f *fakeCluster) pod(owner Ref) Pod {
	f.made++
	name := fmt.Sprintf("%s-%d", owner.Name, f.made)
	return Pod{
		Namespace: "shop", Name: name, UID: "uid-" + name, Owner: owner, Node: "node-1",
		Selected: true, Running: true, Scheduled: true, Started: true, Ready: true,
	}
}

func (f *fakeCluster) Survey(context.Context, string, string) (Survey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.survey
	s.Pods = slices.Clone(s.Pods)
	s.Revision = strconv.Itoa(len(f.log))
	return s, f.surveyError
}

func (f *fakeCluster) Kill(_ context.Context, v events.Victim, _ *time.Duration) error {
	if f.beforeKill != nil {
		f.beforeKill()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.killError != nil && !f.killsAnyway {
		return f.killError
	}
	f.kills[v.UID]++
	i := slices.IndexFunc(f.survey.Pods, func(p Pod) bool { return p.UID == v.UID })
	if i < 0 {
		return ErrGone
	}
	p := f.survey.Pods[i]
	p.Terminating, p.Ready = true, false
	f.survey.Pods[i] = p
	f.show(Change{Pod: p})
	if !f.lingers {
		f.survey.Pods = slices.Delete(f.survey.Pods, i, i+1)
		f.show(Change{Pod: p, Gone: true})
	}
	if !f.sterile {
		f.replace(p)
	}
	return f.killError
}

func (f *fakeCluster) replace(p Pod) {
	next := f.pod(p.Owner)
	ready := next
	next.Scheduled, next.Started, next.Ready, next.Running = false, false, false, false
	f.show(Change{Pod: next})
	next.Scheduled = true
	f.show(Change{Pod: next})
	if f.unready {
		next.Trouble = "container api: CrashLoopBackOff"
		f.survey.Pods = append(f.survey.Pods, next)
		f.show(Change{Pod: next})
		return
	}
	f.survey.Pods = append(f.survey.Pods, ready)
	f.show(Change{Pod: ready})
}

func (f *fakeCluster) show(c Change) {
	c.At = time.Now()
	f.log = append(f.log, c)
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fakeCluster) Watch(ctx context.Context, since Survey, opened func(), show func(Change)) error {
	if f.watchError != nil {
		return f.watchError
	}
	next, err := strconv.Atoi(since.Revision)
	if err != nil {
		return err
	}
	opened()
	for {
		f.mu.Lock()
		waiting, changed := slices.Clone(f.log[next:]), f.changed
		f.mu.Unlock()
		for _, c := range waiting {
			show(c)
		}
		next += len(waiting)
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// mostKills is how often the most killed pod was killed, and how many were.
func (f *fakeCluster) mostKills() (most, pods int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.kills {
		most = max(most, n)
	}
	return most, len(f.kills)
}

// request asks for one api pod.
func request(fault string) events.FaultInject {
	return events.FaultInject{
		Fault: fault, Run: "run-" + fault, Kind: PodKillName, Environment: "shop", Namespace: "shop",
		Target: events.FaultTarget{Labels: "app=api"}, Seed: 42, Budget: events.Duration(20 * time.Second),
	}
}

// clockStamp makes metadata with the real clock and counted ids.
func clockStamp(t testing.TB) events.Stamp {
	t.Helper()
	var mu sync.Mutex
	n := 0
	return events.Stamp{Source: "chaos-test", Now: time.Now, NewID: func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("id-%d", n)
	}}
}
