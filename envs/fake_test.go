package envs

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
)

// fakeCluster is a cluster in memory. A Deployment is rolled out at once, unless
// its image says otherwise: "slow" waits for release, "missing" has no image,
// "invalid" is not taken, "exits" runs for a second and ends, again and again. A pod is
// available when it has been Ready for minReadySeconds, and those of the version before
// stay until then.
type fakeCluster struct {
	mu         sync.Mutex
	version    int
	namespaces map[string]*fakeNamespace
	changed    chan struct{}
	// writes are the changes that Apply and Remove have made, in order.
	writes []string
	// applies counts every Apply, changing or not.
	applies int
	// lists counts every List.
	lists int
	// unlisted are kinds of objects that Foreign cannot list.
	unlisted []string
	// down makes every call fail; stuck keeps namespaces from going.
	down, stuck, released bool
	// before is called under the lock before each change, as somebody who is quicker;
	// nil is left out.
	before func(verb string, r Ref)
}

type fakeNamespace struct {
	live        Live
	terminating bool
	objects     map[Ref]Live
	manifests   map[Ref]string
	deployments map[string]fakeDeployment
}

func newFake() *fakeCluster {
	c := &fakeCluster{namespaces: map[string]*fakeNamespace{}, changed: make(chan struct{})}
	c.make("kube-system", Live{Ref: Ref{kindNamespace, "kube-system"}, UID: "cluster"})
	return c
}

// change runs f under the lock and wakes every watcher.
func (c *fakeCluster) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.changed)
	c.changed = make(chan struct{})
}

// await blocks until the condition holds under the lock, or ctx ends.
func (c *fakeCluster) await(ctx context.Context, holds func() bool) error {
	for {
		c.mu.Lock()
		ok, changed := holds(), c.changed
		c.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (c *fakeCluster) foreign(name string) {
	c.change(func() { c.make(name, Live{Ref: Ref{kindNamespace, name}, UID: "foreign"}) })
}

func (c *fakeCluster) make(name string, live Live) *fakeNamespace {
	ns := &fakeNamespace{live: live, objects: map[Ref]Live{}, manifests: map[Ref]string{}, deployments: map[string]fakeDeployment{}}
	c.namespaces[name] = ns
	return ns
}

func (c *fakeCluster) written() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.writes)
}

func (c *fakeCluster) outage() error {
	if c.down {
		return events.Errorf(events.KindUnavailable, "", "cannot reach the API server")
	}
	return nil
}

func (c *fakeCluster) Observe(_ context.Context, name string) (Current, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ns := c.namespaces[name]
	if ns == nil || c.down {
		return Current{}, c.outage()
	}
	live := ns.live
	now := Current{Namespace: &live, Terminating: ns.terminating}
	for r, o := range ns.objects {
		if live.Labels[events.LabelManagedBy] == events.Manager && (r.Kind == kindDeployment || r.Kind == kindService) {
			now.Objects = append(now.Objects, o)
		}
	}
	return now, nil
}

func (c *fakeCluster) Apply(_ context.Context, o Object, old Live, check Check) (live Live, err error) {
	c.change(func() { live, err = c.apply(o, old, check) })
	return live, err
}

func (c *fakeCluster) apply(o Object, old Live, check Check) (Live, error) {
	c.applies++
	c.race("apply", o.Ref)
	ns, now := c.namespaces[o.Namespace], c.there(o.Ref, o.Namespace)
	switch {
	case c.down:
		return Live{}, c.outage()
	case strings.Contains(string(o.Manifest), `"image":"invalid"`):
		return Live{}, events.Errorf(events.KindInvalid, "", "the API server does not take %s", o.Ref)
	case o.Kind != kindNamespace && (ns == nil || ns.terminating):
		return Live{}, events.Errorf(events.KindUnavailable, "", "namespace %s is not there", o.Namespace)
	}
	if err := c.conflict(now, old, check); err != nil {
		return Live{}, err
	}
	if o.Kind == kindNamespace {
		if ns = c.namespaces[o.Name]; ns == nil {
			ns = c.make(o.Name, Live{})
		}
	}
	return c.store(ns, now, o), nil
}

// conflict is what the API server and the adapter make of a change to an old version,
// or of a create, where there is now what there is.
func (c *fakeCluster) conflict(now *Live, old Live, check Check) error {
	switch {
	case now == nil && old.UID == "":
		return nil
	case now == nil:
		return events.Errorf(events.KindUnavailable, "", "%s is gone", old.Ref)
	case now.UID == old.UID && now.ResourceVersion == old.ResourceVersion:
		return nil
	}
	if err := check(*now); err != nil {
		return err
	}
	if old.UID != "" && old.UID != now.UID {
		return events.Errorf(events.KindUnavailable, "", "%s was made anew", old.Ref)
	}
	return nil
}

// store writes the object, unless it has that form.
func (c *fakeCluster) store(ns *fakeNamespace, now *Live, o Object) Live {
	if now != nil && ns.manifests[o.Ref] == string(o.Manifest) {
		return *now
	}
	fresh := liveOf(o)
	fresh.Generation, fresh.ResourceVersion = 1, c.next()
	fresh.UID += "/" + fresh.ResourceVersion
	if now != nil {
		fresh.UID, fresh.Generation = now.UID, now.Generation+1
	}
	ns.manifests[o.Ref] = string(o.Manifest)
	if o.Kind == kindNamespace {
		ns.live = fresh
	} else {
		ns.objects[o.Ref] = fresh
	}
	if o.Kind == kindDeployment {
		ns.deployments[o.Name] = deploymentOf(o).after(ns.deployments[o.Name])
	}
	c.writes = append(c.writes, "apply "+o.String())
	return fresh
}

// next is the version of what is written now.
func (c *fakeCluster) next() string { c.version++; return strconv.Itoa(c.version) }

func (c *fakeCluster) race(verb string, r Ref) {
	if c.before != nil {
		c.before(verb, r)
	}
}

// there is what there is of that name, nil when nothing is.
func (c *fakeCluster) there(r Ref, namespace string) *Live {
	if r.Kind == kindNamespace {
		namespace = r.Name
	}
	ns := c.namespaces[namespace]
	if ns == nil {
		return nil
	}
	live, ok := ns.objects[r]
	if r.Kind == kindNamespace {
		live, ok = ns.live, true
	}
	if !ok {
		return nil
	}
	return &live
}

func (c *fakeCluster) Remove(_ context.Context, o Live, check Check) (err error) {
	c.change(func() {
		c.race("remove", o.Ref)
		now := c.there(o.Ref, o.Namespace)
		if err = c.outage(); err != nil || now == nil {
			return
		}
		if err = c.conflict(now, o, check); err != nil {
			return
		}
		c.writes = append(c.writes, "remove "+o.String())
		if o.Kind == kindNamespace {
			c.namespaces[o.Name].terminating = true
			if !c.stuck {
				delete(c.namespaces, o.Name)
			}
			return
		}
		delete(c.namespaces[o.Namespace].objects, o.Ref)
		delete(c.namespaces[o.Namespace].manifests, o.Ref)
	})
	return err
}

func (c *fakeCluster) Preview(_ context.Context, o Object, old Live, check Check) (Preview, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.there(o.Ref, o.Namespace)
	switch {
	case c.down:
		return Preview{}, c.outage()
	case now == nil:
		return Preview{}, events.Errorf(events.KindUnavailable, "", "%s is gone", old.Ref)
	}
	if err := check(*now); err != nil {
		return Preview{}, err
	}
	return Preview{Is: c.manifest(*now), Wanted: o.Manifest}, nil
}

// manifest is what was applied last, with the labels and annotations that are there now.
func (c *fakeCluster) manifest(now Live) []byte {
	ns := c.namespaces[cmp.Or(now.Namespace, now.Name)]
	var m fields
	mustRead([]byte(ns.manifests[now.Ref]), &m)
	m["metadata"].(fields)["labels"], m["metadata"].(fields)["annotations"] = now.Labels, now.Annotations
	return mustJSON(m)
}

func (c *fakeCluster) Mark(_ context.Context, old Live, m Marks, check Check) (live Live, err error) {
	c.change(func() {
		c.race("mark", old.Ref)
		now := c.there(old.Ref, old.Namespace)
		if err = c.outage(); err != nil {
			return
		}
		if err = c.conflict(now, old, check); err != nil {
			return
		}
		live = *now
		live.Labels, live.Annotations = merged(now.Labels, m.Labels), merged(now.Annotations, m.Annotations)
		live.ResourceVersion = c.next()
		c.writes = append(c.writes, "mark "+old.String())
		c.replace(live)
	})
	return live, err
}

func merged(old, values map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, old)
	maps.Copy(all, values)
	return all
}

// replace puts an object in the place of the one that is there.
func (c *fakeCluster) replace(live Live) {
	if live.Kind == kindNamespace {
		c.namespaces[live.Name].live = live
		return
	}
	c.namespaces[live.Namespace].objects[live.Ref] = live
}

func (c *fakeCluster) Foreign(_ context.Context, owner events.Owner) (Foreign, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := Foreign{Unlisted: c.unlisted}
	if ns := c.namespaces[owner.Environment]; ns != nil {
		for r, live := range ns.objects {
			if !live.ours(owner) {
				found.Objects = append(found.Objects, r)
			}
		}
	}
	return found, c.outage()
}

func (c *fakeCluster) Watch(ctx context.Context, owner events.Owner, show func(Snapshot) bool) error {
	for {
		c.mu.Lock()
		s, changed := c.snapshot(owner.Environment, owner.Installation), c.changed
		c.mu.Unlock()
		if !show(s) {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-c.tick(owner.Environment):
		}
	}
}

func (c *fakeCluster) AwaitGone(ctx context.Context, name, uid string) error {
	return c.await(ctx, func() bool { ns := c.namespaces[name]; return ns == nil || ns.live.UID != uid })
}

func (c *fakeCluster) List(context.Context) (found []Seen, err error) {
	c.change(func() { found, err = c.list() })
	return found, err
}

func (c *fakeCluster) list() (found []Seen, err error) {
	c.lists++
	for _, name := range slices.Sorted(maps.Keys(c.namespaces)) {
		if ns := c.namespaces[name]; events.IsOf(ns.live.Labels, name) {
			all := c.snapshot(name, ns.live.Labels[events.LabelInstallation])
			found = append(found, Seen{Namespace: ns.live, Terminating: ns.terminating, Deployments: all.Deployments})
		}
	}
	return found, c.outage()
}

func (c *fakeCluster) Evidence(context.Context, string, string, string) Evidence {
	return Evidence{Log: []string{"last words"}}
}

func (c *fakeCluster) Holders(context.Context, string) ([]string, error) {
	return []string{"configmaps/held has the finalizers example.com/hold"}, nil
}
