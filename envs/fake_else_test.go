package envs

import (
	"maps"
	"slices"
)

// FakeCluster is the fake for tests outside the package.
type FakeCluster = fakeCluster

// NewFake makes an empty one.
func NewFake() *FakeCluster { return newFake() }

// Else lets somebody else change an object. change gets what there is, nil for nothing, and
// returns what there is to be, nil for nothing, and whether that is a change. Without its
// namespace there is no room for an object.
func (c *fakeCluster) Else(namespace string, r Ref, change func(*Live) (*Live, bool)) {
	c.change(func() {
		ns, old := c.namespaces[namespace], c.there(r, namespace)
		if ns == nil && r.Kind != kindNamespace {
			return
		}
		now, changed := change(old)
		switch {
		case !changed:
		case now == nil:
			c.drop(namespace, r)
		default:
			now.Ref, now.ResourceVersion = r, c.next()
			c.keep(ns, namespace, now)
		}
	})
}

// keep puts an object in its place.
func (c *fakeCluster) keep(ns *fakeNamespace, namespace string, now *Live) {
	if now.UID == "" {
		now.UID = "else/" + now.ResourceVersion
	}
	switch {
	case now.Kind != kindNamespace:
		now.Namespace = namespace
		ns.objects[now.Ref] = *now
	case ns == nil:
		c.make(now.Name, *now)
	default:
		ns.live = *now
	}
}

// drop deletes an object, and a namespace with all that is in it.
func (c *fakeCluster) drop(namespace string, r Ref) {
	if r.Kind == kindNamespace {
		delete(c.namespaces, namespace)
		return
	}
	delete(c.namespaces[namespace].objects, r)
	delete(c.namespaces[namespace].manifests, r)
}

// All is a namespace and all that is in it; none when there is no such namespace.
func (c *fakeCluster) All(namespace string) []Live {
	c.mu.Lock()
	defer c.mu.Unlock()
	ns := c.namespaces[namespace]
	if ns == nil {
		return nil
	}
	return append(slices.Collect(maps.Values(ns.objects)), ns.live)
}
