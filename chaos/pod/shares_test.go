package pod

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
)

func TestShares(t *testing.T) {
	usual := Limits{}.withDefaults()
	for _, tc := range []struct {
		name              string
		pods, hit, others int
		away              int
		crowd             crowd
		namespace         bool
		cluster           bool
		seen              string
	}{
		{"a part", 10, 6, 0, 0, crowd{limits: usual}, true, true, "6 of at least 10 pods of the cluster"},
		{"one of one", 1, 1, 0, 0, crowd{limits: usual}, true, true, "1 of at least 1"},
		{"more than the bound of the cluster", 10, 7, 0, 0, crowd{limits: usual}, true, false, "more than 66 %"},
		{"of a larger cluster", 10, 7, 0, 0, crowd{limits: usual, known: true, pods: 100}, true, true, "7 of 100 pods"},
		{"the bound of the namespace itself", 10, 8, 0, 0, crowd{limits: usual, known: true, pods: 100}, true, true, "8 of 100"},
		{"more than that", 10, 9, 0, 0, crowd{limits: usual, known: true, pods: 100}, false, true, "9 of 100"},
		{"together with another fault", 10, 5, 4, 0, crowd{limits: usual, known: true, pods: 100}, false, true, "9 of 100"},
		{"together with one elsewhere", 10, 5, 0, 2, crowd{limits: usual}, true, false, "7 of at least 10"},
		{"not counted", 10, 7, 0, 0, crowd{limits: usual, unread: errors.New("forbidden")}, true, false, "could not be counted: forbidden"},
		{"no bound", 10, 10, 0, 0, crowd{limits: Limits{100, 100}}, true, true, "10 of at least 10"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(tc.pods)
			e := evidence{request: request("f1"), survey: f.survey, victims: f.survey.Pods[:tc.hit], others: map[string]bool{}, away: tc.away}
			for _, p := range f.survey.Pods[tc.hit : tc.hit+tc.others] {
				e.others[p.UID] = true
			}
			ns, cl := tc.crowd.namespaceShare(e), tc.crowd.clusterShare(e)
			if ns.Allowed != tc.namespace || cl.Allowed != tc.cluster || !strings.Contains(cl.Seen, tc.seen) {
				t.Errorf("namespace %+v, cluster %+v", ns, cl)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	for _, tc := range []struct {
		limits Limits
		good   bool
	}{{Limits{1, 100}, true}, {Limits{-1, 50}, false}, {Limits{50, 101}, false}, {Limits{}.withDefaults(), true}} {
		if err := tc.limits.Check(); (err == nil) != tc.good {
			t.Errorf("%+v: %v", tc.limits, err)
		}
	}
}

// TestAwayCountsThePodsOfOwners: an outage elsewhere hits all pods of its owner.
func TestAwayCountsThePodsOfOwners(t *testing.T) {
	kept, err := json.Marshal(keptOwners{Owners: map[string]keptOwner{"d": {Known: []string{"1", "2", "3"}}}})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := events.FaultInject{Namespace: "other"}
	others := []chaos.Order{
		{Request: elsewhere, Kept: kept, Victims: []chaos.Victim{{Victim: events.Victim{UID: "d"}}}},
		{Request: elsewhere, Victims: []chaos.Victim{{Victim: events.Victim{UID: "p"}}}},
		{Request: request("f2"), Victims: []chaos.Victim{{Victim: events.Victim{UID: "q"}}}},
	}
	if n := away(others, "shop"); n != 4 {
		t.Errorf("%d pods, want 4", n)
	}
}

// TestClusterIsCountedWhenItDecides, and not before.
func TestClusterIsCountedWhenItDecides(t *testing.T) {
	for _, tc := range []struct {
		hit     int
		counted bool
	}{{1, false}, {6, false}, {7, true}} {
		t.Run(fmt.Sprint(tc.hit), func(t *testing.T) {
			f := newFake(10)
			f.countError = errors.New("forbidden")
			w := countIfNeeded(t.Context(), f, Limits{}.withDefaults(), f.survey, f.survey.Pods[:tc.hit])
			if (w.unread != nil) != tc.counted {
				t.Errorf("%+v", w)
			}
		})
	}
}

// TestNotWholeIsNotHit: what has not recovered is not hit again.
func TestNotWholeIsNotHit(t *testing.T) {
	f := newFake(4)
	f.survey.Pods[3].Ready = false
	r := serve(t, f)
	r.Ask(request("f1"))
	if refused := chaostest.Await(r, events.FaultRefusedTopic); !strings.Contains(refused.Reason, GuardWhole) {
		t.Errorf("refused: %+v", refused)
	}
	if n := f.killed(); n > 0 {
		t.Errorf("%d pods were killed", n)
	}
}
