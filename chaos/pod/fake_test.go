package pod

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
)

// fakeCluster is a namespace in memory whose controller replaces what is killed.
type fakeCluster struct {
	mu     sync.Mutex
	survey Survey
	log    chaostest.Log[Change]
	kills  map[string]int
	grace  *time.Duration
	made   int
	// killError is what a kill answers, after it was done when killsAnyway.
	killError   error
	killsAnyway bool
	// lingers keeps victims terminating; sterile makes no replacements; unready
	// makes ones that do not get ready.
	lingers, sterile, unready bool
	surveyError, watchError   error
	// beforeKill is called before each kill.
	beforeKill func()
	// denied is why no helper is let in; helperCode is how one ends.
	denied     error
	helperCode int
	// struckUntil is when the last helper may act at the latest.
	struckUntil time.Time
	// scalers are the autoscalers; changedBetween is how often an owner changes before it is scaled.
	scalers []Autoscaler
	// clusterPods is how many pods the cluster has.
	clusterPods    int
	countError     error
	changedBetween int
}

// newFake makes a namespace "shop" of ours with a Deployment "api" of n pods.
func newFake(n int) *fakeCluster {
	f := &fakeCluster{clusterPods: 100, kills: make(map[string]int)}
	api := Ref{Kind: "Deployment", Name: "api", UID: "deployment-api"}
	f.survey = Survey{
		Namespace: Namespace{Name: "shop", Labels: map[string]string{
			events.LabelChaos: events.ChaosAllowed, events.LabelManagedBy: events.Manager, events.LabelEnvironment: "shop",
			events.LabelInstallation: chaostest.Installation,
		}},
		Owners: map[string]Owner{api.UID: {Ref: api, Known: true, Desired: n, Replicas: n, Updated: n, Ready: n, Available: n}},
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
		Containers: []Container{{Name: "app", ID: "app-of-" + name, Running: true, Ready: true}},
	}
}

func (f *fakeCluster) Survey(context.Context, string, string) (Survey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.survey
	s.Pods, s.Owners, s.Budgets = slices.Clone(s.Pods), maps.Clone(s.Owners), slices.Clone(s.Budgets)
	s.Revision, s.At = f.log.Revision(), time.Now()
	return s, f.surveyError
}

func (f *fakeCluster) Kill(ctx context.Context, v events.Victim, grace *time.Duration) error {
	if f.beforeKill != nil {
		f.beforeKill()
	}
	if err := events.CheckFence(ctx); err != nil {
		return chaos.Untouched(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.killError != nil && !f.killsAnyway {
		return f.killError
	}
	i := slices.IndexFunc(f.survey.Pods, func(p Pod) bool { return p.UID == v.UID })
	switch {
	case i < 0:
		return chaos.ErrGone
	case f.survey.Pods[i].Terminating:
		return ErrTerminating
	}
	f.kills[v.UID]++
	f.grace = grace
	p := f.survey.Pods[i]
	for i, b := range f.survey.Budgets { // their controller counts what is missing
		if b.covers(p.UID) && p.Ready {
			f.survey.Budgets[i].Allowed = max(0, b.Allowed-1)
		}
	}
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

// Evict is a kill that the budgets must allow.
func (f *fakeCluster) Evict(ctx context.Context, v events.Victim, grace *time.Duration) error {
	f.mu.Lock()
	for _, b := range f.survey.Budgets {
		if b.covers(v.UID) && b.Allowed == 0 {
			f.mu.Unlock()
			return fmt.Errorf("%w: %s", ErrBudget, b.Name)
		}
	}
	f.mu.Unlock()
	return f.Kill(ctx, v, grace)
}

// impostor puts another pod of its name into the place of a pod.
func (f *fakeCluster) impostor(v events.Victim) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, p := range f.survey.Pods {
		if p.UID == v.UID {
			f.survey.Pods[i].UID = "another-" + p.UID
		}
	}
	if o, there := f.survey.Owners[v.UID]; there {
		delete(f.survey.Owners, v.UID)
		o.UID = "another-" + o.UID
		f.survey.Owners[o.UID] = o
	}
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
	f.log.Add(c)
}

func (f *fakeCluster) Watch(ctx context.Context, since Survey, opened func(), show func(Change)) error {
	if f.watchError != nil {
		return f.watchError
	}
	return f.log.Watch(ctx, since.Revision, opened, func(c Change) {
		if c.Owner == nil {
			show(c)
		}
	})
}

// killed is how many pods were killed.
func (f *fakeCluster) killed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.kills)
}

// on is the cluster with the usual bounds.
func on(f *fakeCluster) ground { return ground{f, Limits{}.withDefaults()} }

// newTown is newFake with a Deployment beside it, so that "api" is a small share.
func newTown() *fakeCluster {
	const n = 3
	f := newFake(n)
	other := Ref{Kind: "Deployment", Name: "other", UID: "deployment-other"}
	f.survey.Owners[other.UID] = Owner{Ref: other, Known: true, Desired: 2 * n, Replicas: 2 * n, Updated: 2 * n, Ready: 2 * n, Available: 2 * n}
	for range 2 * n {
		p := f.pod(other)
		p.Selected = false
		f.survey.Pods = append(f.survey.Pods, p)
	}
	return f
}

// requestOf asks for one victim of a kind.
func requestOf(kind chaos.Kind) events.FaultInject {
	req, about := request("f1"), kind.Describe()
	req.Kind = about.Name
	if about.Duration == events.DurationRequired {
		req.Duration, req.AllowOutage = events.Duration(time.Millisecond), true
	}
	return req
}

// request asks for one api pod.
func request(fault string) events.FaultInject {
	return events.FaultInject{
		Fault: fault, Run: "run-" + fault, Kind: KillName, Environment: "shop", Namespace: "shop",
		Target: events.FaultTarget{Labels: "app=api"}, Seed: 42, Budget: events.Duration(20 * time.Second),
	}
}
