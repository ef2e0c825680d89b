package pod

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// Strike kills a container, which the kubelet starts again at once.
func (f *fakeCluster) Strike(ctx context.Context, s Strike) error {
	if f.denied != nil || s.Try {
		return f.denied
	}
	if err := events.CheckFence(ctx); err != nil {
		return chaos.Untouched(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.struckUntil, _ = ctx.Deadline()
	i := slices.IndexFunc(f.survey.Pods, func(p Pod) bool { return p.UID == s.Pod.UID && p.Name == s.Pod.Name })
	if i < 0 {
		return chaos.ErrGone
	}
	p := f.survey.Pods[i]
	if _, there := p.helper(s.Helper); there {
		return nil
	}
	p.Helpers = append(slices.Clone(p.Helpers), Helper{Name: s.Helper, Ended: &Ending{Code: f.helperCode, Message: "as the test says"}})
	if f.put(i, p); f.helperCode != 0 {
		return nil
	}
	f.kills[s.Pod.UID]++
	c := p.Containers[0]
	c.Running, c.Ready, c.Ended = false, false, &Ending{ID: c.ID, Code: killedCode, Reason: "Error"}
	p.Ready, p.Containers = false, []Container{c}
	f.put(i, p)
	c.ID, c.Restarts, c.Running = fmt.Sprintf("%s-again-%d", c.Name, f.made), c.Restarts+1, true
	p.Containers = []Container{c}
	f.put(i, p)
	c.Ready = true
	p.Ready, p.Containers = true, []Container{c}
	f.put(i, p)
	return f.killError
}

// put changes a pod and shows that.
func (f *fakeCluster) put(i int, p Pod) {
	f.survey.Pods[i] = p
	f.show(Change{Pod: p})
}

// CountPods counts a cluster that is larger than the namespace.
func (f *fakeCluster) CountPods(context.Context, int) (int, error) {
	return f.clusterPods, f.countError
}

func (f *fakeCluster) Scalers(context.Context, string) ([]Autoscaler, error) {
	return f.scalers, f.surveyError
}

func (f *fakeCluster) Scale(_ context.Context, v events.Victim) (Scale, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, there := f.survey.Owners[v.UID]
	if !there {
		return Scale{}, chaos.ErrGone
	}
	return Scale{Replicas: o.Desired, Note: o.Held, Version: strconv.FormatInt(o.Generation, 10)}, nil
}

func (f *fakeCluster) Rescale(ctx context.Context, v events.Victim, from, to Scale) error {
	if err := events.CheckFence(ctx); err != nil {
		return chaos.Untouched(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	o, there := f.survey.Owners[v.UID]
	if f.changedBetween > 0 {
		f.changedBetween--
		o.Generation++
		f.survey.Owners[v.UID] = o
	}
	switch {
	case !there:
		return chaos.ErrGone
	case strconv.FormatInt(o.Generation, 10) != from.Version:
		return ErrChanged
	case f.killError != nil && !f.killsAnyway:
		return f.killError
	}
	if o.Desired > 0 && to.Replicas == 0 {
		f.kills[v.UID]++
	}
	o.Desired, o.Held, o.Generation = to.Replicas, to.Note, o.Generation+1
	f.survey.Owners[v.UID] = o
	f.fill(o)
	return f.killError
}

// fill lets an owner have as many pods as it is to have.
func (f *fakeCluster) fill(o Owner) {
	have := podsOf(f.survey, o.Ref)
	for _, p := range have[min(o.Desired, len(have)):] {
		f.lose(p)
	}
	for range o.Desired - len(have) {
		if !f.sterile {
			p := f.pod(o.Ref)
			p.Restart = o.Restart
			f.survey.Pods = append(f.survey.Pods, p)
			f.show(Change{Pod: p})
		}
	}
}

// lose takes a pod away.
func (f *fakeCluster) lose(p Pod) {
	i := slices.IndexFunc(f.survey.Pods, func(o Pod) bool { return o.UID == p.UID })
	p.Terminating = true
	f.put(i, p)
	f.survey.Pods = slices.Delete(f.survey.Pods, i, i+1)
	f.show(Change{Pod: p, Gone: true})
}

// scaleTo is somebody else who scales the owner.
func (f *fakeCluster) scaleTo(uid string, replicas int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.survey.Owners[uid]
	o.Desired, o.Generation = replicas, o.Generation+1
	f.survey.Owners[uid] = o
	f.fill(o)
}

func (f *fakeCluster) Restart(ctx context.Context, v events.Victim, fault string, generation int64) error {
	if err := events.CheckFence(ctx); err != nil {
		return chaos.Untouched(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	o, there := f.survey.Owners[v.UID]
	switch {
	case !there:
		return chaos.ErrGone
	case o.Restart == fault:
		return nil
	case o.Generation != generation:
		return ErrChanged
	}
	f.kills[v.UID]++
	o.Restart, o.Generation, o.Updated, o.Available = fault, o.Generation+1, 0, 0
	f.showOwner(o)
	o.Observed = o.Generation
	for _, old := range podsOf(f.survey, o.Ref) {
		if p := f.pod(o.Ref); !f.sterile {
			p.Restart, o.Updated, o.Available = fault, o.Updated+1, o.Available+1
			f.survey.Pods = append(f.survey.Pods, p)
			f.show(Change{Pod: p})
			f.lose(old)
		}
		if f.unready {
			o.Stalled = "it has timed out progressing"
		}
		f.showOwner(o)
	}
	return f.killError
}

func (f *fakeCluster) showOwner(o Owner) {
	f.survey.Owners[o.UID] = o
	f.show(Change{Owner: &o})
}

func (f *fakeCluster) WatchOwner(ctx context.Context, _ string, owner Ref, opened func(), show func(Change)) error {
	f.mu.Lock()
	now, since := f.survey.Owners[owner.UID], f.log.Revision()
	f.mu.Unlock()
	show(Change{Owner: &now, At: time.Now()})
	return f.log.Watch(ctx, since, opened, func(c Change) {
		if c.Owner != nil && c.Owner.UID == owner.UID {
			show(c)
		}
	})
}
