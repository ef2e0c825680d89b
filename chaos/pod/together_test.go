package pod

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

// addWeb adds a Deployment "web" of n pods to the namespace.
func (f *fakeCluster) addWeb(n int) {
	web := Ref{Kind: "Deployment", Name: "web", UID: "deployment-web"}
	f.survey.Owners[web.UID] = Owner{Ref: web, Known: true, Desired: n, Replicas: n, Updated: n, Ready: n}
	for range n {
		f.survey.Pods = append(f.survey.Pods, f.pod(web))
	}
}

func (f *fakeCluster) uids() (all []string) {
	for _, p := range f.survey.Pods {
		all = append(all, p.UID)
	}
	return all
}

// TestFaultsAtOnceShareWhatIsAllowed: six faults that are asked for at the same moment, of
// two servers and on two owners, hit no more than one may: what guards allow is counted over
// all open faults, each of which sees the others.
func TestFaultsAtOnceShareWhatIsAllowed(t *testing.T) {
	for _, tc := range []struct {
		name  string
		make  func() *fakeCluster
		guard string
	}{
		{"a disruption budget of one", func() *fakeCluster {
			f := newFake(4)
			f.addWeb(4)
			f.survey.Budgets = []Budget{{Name: "all", Allowed: 1, Fresh: true, Covers: f.uids()}}
			return f
		}, GuardBudgets},
		{"the last replica", func() *fakeCluster { return newFake(2) }, GuardReplicas},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := tc.make()
			f.sterile = true // what was hit stays away, and its fault open
			r := chaostest.New(t)
			for _, owner := range []string{"a", "b"} {
				r.Serve(r.Deps(owner, Kinds(f)...))
			}
			const faults = 6
			for i := range faults {
				ask := request(fmt.Sprintf("f%d", i))
				ask.Run, ask.Seed = "run", uint64(i+1)
				r.Ask(ask)
			}
			eventstest.Eventually(t, "each has an answer", func() bool {
				return len(chaostest.Of(r, events.FaultInjectedTopic))+len(chaostest.Of(r, events.FaultRefusedTopic)) == faults
			})
			refused := chaostest.Of(r, events.FaultRefusedTopic)
			if n := f.killed(); n > 1 || len(refused) < faults-1 {
				t.Errorf("%d pods were killed, and %d faults refused", n, len(refused))
			}
			if !slices.ContainsFunc(refused, func(e events.FaultRefused) bool { return strings.Contains(e.Reason, tc.guard) }) {
				t.Errorf("no refusal names the guard %s: %+v", tc.guard, refused)
			}
		})
	}
}
