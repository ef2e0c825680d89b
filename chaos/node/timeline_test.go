package node

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// TestPowerTimeline: after the power is back, a pod that the API server still calls Ready
// counts when its containers are others, or when another pod has come for it.
func TestPowerTimeline(t *testing.T) {
	const second = time.Second
	dawn := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(d time.Duration) moment { return moment{at: dawn.Add(d)} }
	node := Node{Name: "n", UID: "uid-n", Ready: true}
	down := node
	down.Ready = false
	p := pod.Pod{Namespace: "shop", Name: "api-1", UID: "uid-1", Owner: api(), Node: "n", Ready: true, Life: "first"}
	other := pod.Pod{Namespace: "shop", Name: "api-2", UID: "uid-2", Owner: api(), Node: "m", Ready: true, Life: "x"}
	lost, again, unready, next := p, p, p, other
	unready.Ready, again.Life, next.UID = false, "second", "uid-3"
	v := victim{Node: node, pods: []Pod{{Pod: lost}}, lost: []Pod{{Pod: lost}}}
	surveys := map[string]pod.Survey{"shop": {Pods: []pod.Pod{p, other}}}
	entry := v.entry()
	entry.Sent, entry.Hit = dawn, true
	order := chaos.Order{
		Kept: encode(keep([]victim{v}, surveys, "demo")), Victims: []chaos.Victim{entry},
		Marks: []events.RecoveryMarked{{Victim: "uid-n", Mark: markPowerOff, Role: events.RoleSent, At: dawn}},
	}
	kill := newKill(nil, nil, Options{}).(kill).fault //nolint:forcetypeassert // it makes one
	line := newTimeline(kill, order, start{nodes: []Node{node}, namespaces: surveys})
	for i, step := range []struct {
		change change
		mark   string
		healed string
	}{
		{change{node: node, when: at(second)}, "", "node n was not seen not Ready; the API server notices that after the node monitor's grace period"},
		{change{node: down, when: at(20 * second)}, markNotReady, "node n is not Ready: nobody says why"},
		{change{node: node, when: at(30 * second)}, markBack, "Deployment/api of namespace shop has 1 ready pods, and had 2"},
		{change{pod: unready, when: at(31 * second)}, "", "Deployment/api of namespace shop has 1 ready pods, and had 2"},
		{change{pod: p, when: at(32 * second)}, "", "Deployment/api of namespace shop has 1 ready pods, and had 2"},
		{change{pod: again, when: at(33 * second)}, markHealed, ""},
		{change{pod: again, gone: true, when: at(34 * second)}, "", "Deployment/api of namespace shop has 1 ready pods, and had 2"},
		{change{pod: next, when: at(35 * second)}, "", ""},
	} {
		var want []chaos.Mark
		if step.mark != "" {
			want = []chaos.Mark{{Victim: "uid-n", Name: step.mark, Object: "n", Node: "n", At: step.change.when.at}}
		}
		if d := cmp.Diff(want, line.see(step.change)); d != "" {
			t.Errorf("step %d: %s", i, d)
		}
		if s := line.standing()[0]; s.Healed != step.healed {
			t.Errorf("step %d: standing %+v, want %q", i, s, step.healed)
		}
	}
}

// TestAnotherNodeOfItsName is the node that has come back, once the first was missed, and
// not before.
func TestAnotherNodeOfItsName(t *testing.T) {
	f := newFake()
	f.only("worker-1")
	survey, err := f.kind(KillName).Survey(t.Context(), request(KillName), 7)
	if err != nil {
		t.Fatal(err)
	}
	victims, err := survey.Victims()
	if err != nil {
		t.Fatal(err)
	}
	victims[0].Hit, victims[0].Sent = true, time.Now()
	kill := newKill(f, f, Options{}).(kill).fault //nolint:forcetypeassert // it makes one
	line := newTimeline(kill, chaos.Order{Kept: survey.Kept(), Victims: victims}, start{nodes: f.nodes})
	again := f.nodes[1]
	again.UID = "uid-again"
	var got []string
	for _, c := range []change{{node: f.nodes[1], gone: true}, {node: again}} {
		c.when.at = time.Now()
		for _, m := range line.see(c) {
			got = append(got, m.Name)
		}
	}
	if d := cmp.Diff([]string{markNotReady, markBack}, got); d != "" {
		t.Error(d)
	}
}
