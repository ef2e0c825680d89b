package envs

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// unanswered is a cluster behind a network that loses what is sent: the calls that
// it names have no answer and end with their context.
type unanswered struct {
	*fakeCluster
	calls []string
	// after is how long everything is answered before.
	after time.Time
}

func (u *unanswered) lost(ctx context.Context, call string) error {
	if !slices.Contains(u.calls, call) || time.Now().Before(u.after) {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (u *unanswered) Observe(ctx context.Context, name string) (Current, error) {
	if err := u.lost(ctx, "observe"); err != nil {
		return Current{}, err
	}
	return u.fakeCluster.Observe(ctx, name)
}

func (u *unanswered) Apply(ctx context.Context, o Object, old Live, check Check) (Live, error) {
	if err := u.lost(ctx, "apply"); err != nil {
		return Live{}, err
	}
	return u.fakeCluster.Apply(ctx, o, old, check)
}

func (u *unanswered) Remove(ctx context.Context, o Live, check Check) error {
	if err := u.lost(ctx, "remove"); err != nil {
		return err
	}
	return u.fakeCluster.Remove(ctx, o, check)
}

func (u *unanswered) Watch(ctx context.Context, owner events.Owner, show func(Snapshot) bool) error {
	if u.lost(ctx, "watch") != nil {
		return nil
	}
	return u.fakeCluster.Watch(ctx, owner, show)
}

func (u *unanswered) AwaitGone(ctx context.Context, name, uid string) error {
	if err := u.lost(ctx, "awaitGone"); err != nil {
		return err
	}
	return u.fakeCluster.AwaitGone(ctx, name, uid)
}

func (u *unanswered) Evidence(ctx context.Context, namespace, pod, container string) Evidence {
	if u.lost(ctx, "evidence") != nil {
		return Evidence{}
	}
	return u.fakeCluster.Evidence(ctx, namespace, pod, container)
}

func (u *unanswered) Holders(ctx context.Context, namespace string) ([]string, error) {
	if err := u.lost(ctx, "holders"); err != nil {
		return nil, err
	}
	return u.fakeCluster.Holders(ctx, namespace)
}

// TestUnanswered: a request whose calls have no answer fails within a bound, however
// long each of its attempts takes, and says that the cluster is not reached.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	all := []string{"observe", "apply", "remove", "watch", "awaitGone", "evidence", "holders"}
	for name, test := range map[string]struct {
		calls   []string
		after   time.Duration
		destroy bool
		// reason and within are what is wanted.
		reason string
		within time.Duration
	}{
		"everything":             {all, 0, false, "Unavailable", 2 * time.Minute},
		"everything of a delete": {all, 0, true, "Unavailable", 2 * time.Minute},
		"apply":                  {[]string{"apply"}, 0, false, "Unavailable", 2 * time.Minute},
		"remove":                 {[]string{"remove"}, 0, true, "Unavailable", 2 * time.Minute},
		"watch":                  {[]string{"watch"}, 0, false, "Unavailable", 2 * time.Minute},
		"all but the first":      {all, time.Minute, false, "Unavailable", 8 * time.Minute},
		"the end of a delete":    {all, time.Second, true, "Unavailable", 6 * time.Minute},
		"what holds a namespace": {[]string{"awaitGone", "holders"}, 0, true, ReasonTerminating, 6 * time.Minute},
		"only the evidence":      {[]string{"evidence"}, 0, false, "ImagePullBackOff", 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := &unanswered{fakeCluster: newFake(), calls: test.calls, after: time.Now().Add(test.after)}
				image := map[bool]string{true: "slow", false: "missing"}[test.after > 0]
				if got := failedWithin(t, u, small("shop", image).WithDefaults(), test.destroy, test.within); got.Reason != test.reason {
					t.Errorf("failed: %+v, want the reason %s", got, test.reason)
				}
			})
		})
	}
}

// failedWithin asks for the environment or for its end, and is how the request has
// failed after that time of the bubble's clock.
func failedWithin(t *testing.T, u *unanswered, doc Document, destroy bool, within time.Duration) events.EnvironmentFailed {
	t.Helper()
	asked := request{Document: &doc}
	if destroy {
		asked = request{Reason: "asked"}
		makeOwn(t, u.fakeCluster, doc)
	}
	m, q := onMemory(t, u)
	if err := q.Add(t.Context(), "shop", events.Meta{ID: "asked", Time: time.Now()}, asked); err != nil {
		t.Fatal(err)
	}
	events.Wait(t.Context(), within)
	ended := m.of(events.EnvironmentFailedTopic.Type())
	if len(ended) != 1 {
		t.Fatalf("%d outcomes after %s, want one", len(ended), within)
	}
	return want(t, events.EnvironmentFailedTopic, ended[0])
}

// makeOwn makes the namespace of an environment, as one that we have made.
func makeOwn(t *testing.T, c *fakeCluster, d Document) {
	t.Helper()
	c.change(func() {
		if _, err := c.apply(d.namespace(made(), "2027-01-01T00:00:00Z"), Live{}, nil); err != nil {
			t.Fatal(err)
		}
		c.stuck = true
	})
}
