package pod

import (
	"errors"
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
		{"a part", 10, 6, 0, 0, crowd{limits: usual}, true, true, "6 of at least 10 pods that run in the cluster"},
		{"one of one", 1, 1, 0, 0, crowd{limits: usual}, true, true, "1 of at least 1"},
		{"more than the bound of the cluster", 10, 7, 0, 0, crowd{limits: usual}, true, false, "more than 66 %"},
		{"of a larger cluster", 10, 7, 0, 0, crowd{limits: usual, pods: 100}, true, true, "7 of at least 100 pods"},
		{"the bound of the namespace itself", 10, 8, 0, 0, crowd{limits: usual, pods: 100}, true, true, "8 of at least 100"},
		{"more than that", 10, 9, 0, 0, crowd{limits: usual, pods: 100}, false, true, "9 of at least 100"},
		{"together with another fault", 10, 5, 4, 0, crowd{limits: usual, pods: 100}, false, true, "9 of at least 100"},
		{"together with one elsewhere", 10, 5, 0, 2, crowd{limits: usual}, true, false, "7 of the 10 pods"},
		{"together with one elsewhere, of a larger cluster", 10, 5, 0, 2, crowd{limits: usual, pods: 100}, true, true, "7 of at least 100"},
		{"one, beside one elsewhere", 3, 1, 0, 1, crowd{limits: usual, pods: 6}, true, true, "2 of at least 6"},
		{"no bound, and some elsewhere", 3, 1, 0, 4, crowd{limits: Limits{100, 100}}, true, true, "5 of at least 3"},
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

// TestAwayCountsWhatGoesWithVictims: an outage elsewhere hits all pods of its owner, and a
// drained node takes pods of many namespaces.
func TestAwayCountsWhatGoesWithVictims(t *testing.T) {
	elsewhere := events.FaultInject{Namespace: "other"}
	others := []chaos.Order{
		{Request: elsewhere, Victims: []chaos.Victim{{Victim: events.Victim{Namespace: "other", UID: "d"}, Takes: []string{"other/1", "other/2", "other/3"}}}},
		{Request: elsewhere, Victims: []chaos.Victim{{Victim: events.Victim{Namespace: "other", UID: "p"}}}},
		{Request: request("f2"), Victims: []chaos.Victim{{Victim: events.Victim{Namespace: "shop", UID: "q"}}}},
		{Request: elsewhere, Victims: []chaos.Victim{{Victim: events.Victim{ID: "n", Node: "n"}, Takes: []string{"shop/4", "bank/5", "other/6"}}}},
	}
	if n := away(others, "shop"); n != 6 {
		t.Errorf("%d pods, want 6", n)
	}
	if all := taken(others); !all["4"] || !all["q"] || !all["d"] {
		t.Errorf("taken are %v", all)
	}
}

// TestPodsOfANodeCount: a fault of pods counts those that an open fault of a node takes.
func TestPodsOfANodeCount(t *testing.T) {
	f := newFake(4)
	a := aim{guards: shareGuards(crowd{limits: Limits{}.withDefaults(), pods: 100}), request: request("f1"), seen: f.survey, pods: f.survey.Pods[:1]}
	node := chaos.Victim{Victim: events.Victim{Kind: "node", ID: "n", Node: "node-1"}}
	for _, p := range f.survey.Pods[1:] {
		node.Takes = append(node.Takes, p.Namespace+"/"+p.UID)
	}
	d := a.Decide([]chaos.Order{{Request: request("f2"), Victims: []chaos.Victim{node}}})
	if d[0].Allowed || !strings.Contains(d[0].Seen, "4 of the 4 pods") {
		t.Errorf("decision %+v", d[0])
	}
}

// TestClusterIsCounted as far as it may be needed, and not where its bound is none.
func TestClusterIsCounted(t *testing.T) {
	for _, tc := range []struct {
		name      string
		pods, hit int
		limit     int
		counted   bool
	}{
		{"one", 10, 1, 66, true},
		{"nobody", 10, 0, 66, false},
		{"a namespace that is large enough", 400, 1, 66, false},
		{"no bound", 10, 1, 100, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(tc.pods)
			f.countError = errors.New("forbidden")
			w := count(t.Context(), f, Limits{80, tc.limit}, f.survey, f.survey.Pods[:tc.hit])
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
