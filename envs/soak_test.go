package envs_test

import (
	"cmp"
	"context"
	"maps"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/envs/envstest"
)

// TestSoakForeign plays rounds in which others use the cluster, too: 50, or as many as
// SHAKEDOWN_SOAK says, by a seed of their own. SEED=n plays those of a seed again.
func TestSoakForeign(t *testing.T) {
	t.Parallel()
	rounds, seed := 50, uint64(1)
	if soak, err := strconv.Atoi(os.Getenv("SHAKEDOWN_SOAK")); err == nil {
		rounds, seed = soak, uint64(time.Now().UnixNano())
	}
	if again, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seed = again
	}
	envstest.Test(t, world{envs.NewFake()}, propertyConfig(), rounds, 50, seed)
}

// propertyConfig has an installation look for what is over now and again; each look costs
// the bus a few requests.
func propertyConfig() envs.Config {
	c := envs.DefaultConfig()
	c.ExpiryEvery = 500 * time.Millisecond
	return c
}

// world is the fake cluster as others see it.
type world struct{ *envs.FakeCluster }

// Client is the fake with somebody who comes before each change.
func (w world) Client(before func(envstest.Verb, envstest.At)) (envs.Cluster, error) {
	return client{w.FakeCluster, before}, nil
}

func thing(l envs.Live) envstest.Thing {
	return envstest.Thing{
		At: envstest.At{Space: cmp.Or(l.Namespace, l.Name), Ref: l.Ref}, UID: l.UID,
		Labels: l.Labels, Annotations: l.Annotations, Rest: l.ResourceVersion,
	}
}

// change lets somebody change an object, and is what he has written, if he has.
func (w world) change(at envstest.At, how func(now *envs.Live) *envs.Live) (envstest.Thing, bool, error) {
	var written *envs.Live
	w.Else(at.Space, at.Ref, func(now *envs.Live) (*envs.Live, bool) {
		written = how(now)
		return written, written != nil
	})
	if written == nil {
		return envstest.Thing{}, false, nil
	}
	return thing(*written), true, nil
}

// Make makes what is not there.
func (w world) Make(_ context.Context, at envstest.At, labels map[string]string) (envstest.Thing, bool, error) {
	return w.change(at, func(now *envs.Live) *envs.Live {
		if now != nil {
			return nil
		}
		return &envs.Live{Labels: maps.Clone(labels)}
	})
}

// Label labels what is there.
func (w world) Label(_ context.Context, at envstest.At, uid string, labels map[string]string) (envstest.Thing, bool, error) {
	return w.change(at, func(now *envs.Live) *envs.Live {
		if now == nil || uid != "" && now.UID != uid {
			return nil
		}
		all := map[string]string{}
		maps.Copy(all, now.Labels)
		maps.Copy(all, labels)
		maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
		now.Labels = all
		return now
	})
}

// Delete deletes what is there.
func (w world) Delete(_ context.Context, at envstest.At, uid string) error {
	w.Else(at.Space, at.Ref, func(now *envs.Live) (*envs.Live, bool) {
		return nil, now != nil && (uid == "" || now.UID == uid)
	})
	return nil
}

// Read reads a namespace.
func (w world) Read(_ context.Context, space string) ([]envstest.Thing, error) {
	var all []envstest.Thing
	for _, l := range w.All(space) {
		all = append(all, thing(l))
	}
	return all, nil
}

// client is the fake as a service has it.
type client struct {
	*envs.FakeCluster
	before func(envstest.Verb, envstest.At)
}

func (c client) Apply(ctx context.Context, o envs.Object, old envs.Live, check envs.Check) (envs.Live, error) {
	verb := envstest.Update
	if old.UID == "" {
		verb = envstest.Create
	}
	c.before(verb, envstest.At{Space: cmp.Or(o.Namespace, o.Name), Ref: o.Ref})
	return c.FakeCluster.Apply(ctx, o, old, check)
}

func (c client) Mark(ctx context.Context, old envs.Live, m envs.Marks, check envs.Check) (envs.Live, error) {
	c.before(envstest.Update, envstest.At{Space: cmp.Or(old.Namespace, old.Name), Ref: old.Ref})
	return c.FakeCluster.Mark(ctx, old, m, check)
}

func (c client) Remove(ctx context.Context, o envs.Live, check envs.Check) error {
	c.before(envstest.Remove, envstest.At{Space: cmp.Or(o.Namespace, o.Name), Ref: o.Ref})
	return c.FakeCluster.Remove(ctx, o, check)
}
