package node

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

func namesOf(nodes []Node) []string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	return names
}

func home(pods ...pod.Pod) pod.Survey {
	s := pod.Survey{Namespace: pod.Namespace{Name: "shop"}}
	for _, p := range pods {
		p.Selected, p.Running = true, true
		s.Pods = append(s.Pods, p)
	}
	return s
}

func TestChoose(t *testing.T) {
	nodes := []Node{{Name: "a", UID: "1", Selected: true}, {Name: "b", UID: "2", Selected: true}, {Name: "c", UID: "3"}}
	on := func(node string) pod.Pod { return pod.Pod{Node: node, Owner: api()} }
	daemon := pod.Pod{Node: "b", Owner: agent()}
	static := pod.Pod{Node: "b", Owner: pod.Ref{Kind: staticOwner, Name: "b", UID: "2"}}
	pending, going := on(""), on("b")
	going.Terminating = true
	for _, tc := range []struct {
		name    string
		home    pod.Survey
		count   int
		want    []string
		problem string
	}{
		{"only where something runs", home(on("a")), 0, []string{"a"}, ""},
		{"not what is not selected", home(on("c")), 0, nil, "1 node is wanted; of 3 nodes 2 match \"x\", and 0 of these run a pod of namespace shop"},
		{"pods of DaemonSets, of the kubelet, pending or going say nothing", home(daemon, static, pending, going), 0, nil, "0 of these"},
		{"two", home(on("a"), on("b")), 2, []string{"a", "b"}, ""},
		{"two, and one would prove less", home(on("a")), 2, nil, "2 nodes are wanted"},
		{"no pods", home(), 0, nil, "0 of these"},
	} {
		got, err := Choose(nodes, tc.home, events.FaultTarget{Labels: "x", Count: tc.count}, 7)
		if tc.problem != "" {
			if !errors.Is(err, chaos.ErrNoTarget) || !strings.Contains(err.Error(), tc.problem) {
				t.Errorf("%s: %v", tc.name, err)
			}
			continue
		}
		names := namesOf(got)
		if len(names) == 2 && names[0] > names[1] {
			names[0], names[1] = names[1], names[0]
		}
		if d := cmp.Diff(tc.want, names); d != "" || err != nil {
			t.Errorf("%s: %v %s", tc.name, err, d)
		}
	}
}

// TestChooseIsFair: for the same seed the order of the list does not matter, and over
// many seeds each node is drawn about as often.
func TestChooseIsFair(t *testing.T) {
	var nodes []Node
	var pods []pod.Pod
	for _, name := range []string{"a", "b", "c", "d"} {
		nodes = append(nodes, Node{Name: name, UID: name, Selected: true})
		pods = append(pods, pod.Pod{Node: name, Owner: api()})
	}
	drawn := make(map[string]int)
	for seed := range uint64(4000) {
		first, err := Choose(nodes, home(pods...), events.FaultTarget{}, seed)
		if err != nil {
			t.Fatal(err)
		}
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
		second, err := Choose(nodes, home(pods...), events.FaultTarget{}, seed)
		if d := cmp.Diff(first, second); d != "" || err != nil {
			t.Fatal(err, d)
		}
		drawn[first[0].Name]++
	}
	for name, n := range drawn {
		if n < 850 || n > 1150 {
			t.Errorf("%s was drawn %d times of 4000", name, n)
		}
	}
}

func TestTarget(t *testing.T) {
	for _, name := range kindNames() {
		kind := newFake().kind(name)
		for key, change := range map[string]func(*events.FaultInject){
			"namespace":        func(r *events.FaultInject) { r.Namespace = "" },
			"target.labels":    func(r *events.FaultInject) { r.Target.Labels = "" },
			"target.component": func(r *events.FaultInject) { r.Target.Labels = events.LabelComponent + "=api" },
			"target.count":     func(r *events.FaultInject) { r.Target.Count = -1 },
			"target.percent":   func(r *events.FaultInject) { r.Target.Percent = 50 },
			"target.perOwner":  func(r *events.FaultInject) { r.Target.PerOwner = 1 },
			"params.runs":      func(r *events.FaultInject) { r.Params = []byte(`{"runs": " "}`) },
		} {
			req := request(name)
			change(&req)
			if p := kind.Check(req); len(p) != 1 || p[0].Key != key || p[0].Message == "" {
				t.Errorf("%s: %v, want a problem of %s", name, p, key)
			}
		}
	}
	req := request(DrainName)
	req.Params = []byte(`{"timeout": "2h"}`)
	if p := newFake().kind(DrainName).Check(req); len(p) != 1 || p[0].Key != "params.timeout" {
		t.Errorf("a timeout of two hours: %v", p)
	}
}
