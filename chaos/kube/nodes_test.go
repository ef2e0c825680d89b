package kube

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/node"
	"github.com/shakedown-dev/shakedown/events"
)

func aNode(uid, version string, change func(*core.Node)) core.Node {
	n := core.Node{
		TypeMeta:   metav1.TypeMeta{Kind: "Node", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Name: "n1", UID: types.UID(uid), ResourceVersion: version, Labels: map[string]string{"pool": "a"}, Annotations: map[string]string{"theirs": "stays"}},
		Status: core.NodeStatus{
			Conditions: []core.NodeCondition{{Type: core.NodeReady, Status: core.ConditionTrue, Reason: "KubeletReady"}},
			Addresses:  []core.NodeAddress{{Type: core.NodeInternalIP, Address: "10.0.0.1"}},
		},
	}
	if change != nil {
		change(&n)
	}
	return n
}

func marked(fault string, before bool) func(*core.Node) {
	return func(n *core.Node) {
		raw, err := json.Marshal(node.Mark{Fault: fault, Unschedulable: before})
		if err != nil {
			panic(err)
		}
		n.Annotations[markAnnotation], n.Spec.Unschedulable = string(raw), true
	}
}

func cordoned(n *core.Node) { n.Spec.Unschedulable = true }

func nodeVictim() events.Victim {
	return events.Victim{Kind: "node", ID: "uid-n1", Name: "n1", Node: "n1"}
}

func TestNodes(t *testing.T) {
	list := core.NodeList{TypeMeta: metav1.TypeMeta{Kind: "NodeList", APIVersion: "v1"}, ListMeta: metav1.ListMeta{ResourceVersion: "9"}}
	list.Items = append(list.Items, aNode("uid-n1", "1", marked("f1", true)), aNode("uid-n2", "2", func(n *core.Node) {
		n.Name, n.Labels = "n2", map[string]string{"pool": "b"}
		n.Status.Conditions[0].Status, n.Status.Conditions[0].Message = core.ConditionUnknown, "Kubelet stopped posting"
	}), aNode("uid-n3", "3", func(n *core.Node) {
		n.Name, n.Annotations[markAnnotation], n.Status.Conditions = "n3", "x", nil
	}))
	c, _ := newAPI(t, map[string]http.HandlerFunc{"GET /api/v1/nodes": answers(list)})
	got, revision, err := c.Nodes(t.Context(), "pool=a", "pool=b")
	if err != nil || revision != "9" {
		t.Fatal(revision, err)
	}
	a, address := map[string]string{"pool": "a"}, []string{"10.0.0.1"}
	want := []node.Node{
		{Name: "n1", UID: "uid-n1", Labels: a, Ready: true, Unschedulable: true, Selected: true, Addresses: address, Mark: &node.Mark{Fault: "f1", Unschedulable: true}},
		{Name: "n2", UID: "uid-n2", Labels: map[string]string{"pool": "b"}, Granted: true, Addresses: address, Trouble: "KubeletReady: Kubelet stopped posting"},
		{Name: "n3", UID: "uid-n3", Labels: a, Selected: true, Addresses: address, Trouble: "it has no condition Ready", Mark: &node.Mark{Fault: `that wrote "x"`}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got, _, err := c.Nodes(t.Context(), "pool=a", ""); err != nil || got[0].Granted || got[1].Granted {
		t.Errorf("without a selector of the operator: %+v, %v", got, err)
	}
}

// patches answers each patch with the next code, and remembers them.
type patches struct {
	mu    sync.Mutex
	seen  []string
	codes []int
	// then is the node after a conflict.
	then func()
}

func (p *patches) serve(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, string(raw))
	code := http.StatusOK
	if len(p.codes) > 0 {
		code, p.codes = p.codes[0], p.codes[1:]
	}
	switch {
	case err != nil || r.Header.Get("Content-Type") != string(types.MergePatchType):
		status(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, "not a merge patch")
	case code == http.StatusConflict:
		if p.then != nil {
			p.then()
		}
		status(w, code, metav1.StatusReasonConflict, "changed")
	case code != http.StatusOK:
		status(w, code, metav1.StatusReasonForbidden, "you may not")
	default:
		write(w, aNode("uid-n1", "8", nil))
	}
}

func TestCordonAndUncordon(t *testing.T) {
	const (
		cordon  = `{"metadata":{"annotations":{"shakedown.dev/cordoned-by":"{\"fault\":\"f1\"}"},"resourceVersion":"7","uid":"uid-n1"},"spec":{"unschedulable":true}}`
		keeping = `{"metadata":{"annotations":{"shakedown.dev/cordoned-by":"{\"fault\":\"f1\",\"unschedulable\":true}"},"resourceVersion":"7","uid":"uid-n1"},"spec":{"unschedulable":true}}`
		back    = `{"metadata":{"annotations":{"shakedown.dev/cordoned-by":null},"resourceVersion":"7","uid":"uid-n1"},"spec":{"unschedulable":null}}`
		unmark  = `{"metadata":{"annotations":{"shakedown.dev/cordoned-by":null},"resourceVersion":"7","uid":"uid-n1"}}`
	)
	uncordoned := func(n *core.Node) { marked("f1", false)(n); n.Spec.Unschedulable = false }
	for _, tc := range []struct {
		name      string
		node      core.Node
		uncordon  bool
		codes     []int
		patches   []string
		is        error
		untouched bool
	}{
		{name: "cordon", node: aNode("uid-n1", "7", nil), patches: []string{cordon}},
		{name: "cordon what was cordoned by hand", node: aNode("uid-n1", "7", cordoned), patches: []string{keeping}},
		{name: "cordon again", node: aNode("uid-n1", "7", marked("f1", false))},
		{name: "cordon what another fault has", node: aNode("uid-n1", "7", marked("f0", false)), is: node.ErrMarked},
		{name: "cordon another node of its name", node: aNode("uid-other", "7", nil), is: chaos.ErrGone},
		{name: "cordon is refused", node: aNode("uid-n1", "7", nil), codes: []int{http.StatusForbidden}, patches: []string{cordon}, is: chaos.ErrForbidden},
		{name: "cordon while it changes", node: aNode("uid-n1", "7", nil), codes: []int{http.StatusConflict}, patches: []string{cordon, cordon}},
		{name: "uncordon", node: aNode("uid-n1", "7", marked("f1", false)), uncordon: true, patches: []string{back}},
		{name: "uncordon while it changes", node: aNode("uid-n1", "7", marked("f1", false)), uncordon: true, codes: []int{http.StatusConflict}, patches: []string{back, back}},
		{name: "leave a cordon from before", node: aNode("uid-n1", "7", marked("f1", true)), uncordon: true, patches: []string{unmark}},
		{name: "leave what somebody has uncordoned", node: aNode("uid-n1", "7", uncordoned), uncordon: true, patches: []string{unmark}},
		{name: "leave what another fault has", node: aNode("uid-n1", "7", marked("f0", false)), uncordon: true},
		{name: "leave a cordon without a mark", node: aNode("uid-n1", "7", cordoned), uncordon: true},
		{name: "leave another node of its name", node: aNode("uid-other", "7", marked("f1", false)), uncordon: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &patches{codes: tc.codes}
			c, _ := newAPI(t, map[string]http.HandlerFunc{"GET /api/v1/nodes/n1": answers(tc.node), "PATCH /api/v1/nodes/n1": p.serve})
			act := c.Cordon
			if tc.uncordon {
				act = c.Uncordon
			}
			if err := act(t.Context(), nodeVictim(), "f1"); !errors.Is(err, tc.is) || tc.is == nil && err != nil {
				t.Errorf("error %v, want %v", err, tc.is)
			}
			if d := cmp.Diff(tc.patches, p.seen); d != "" {
				t.Error(d)
			}
			lost := events.WithFence(t.Context(), func() error { return errors.New("the lease is lost") })
			before := len(p.seen)
			if err := act(lost, nodeVictim(), "f1"); len(p.seen) > before || len(tc.patches) > 0 && !chaos.IsUntouched(err) {
				t.Errorf("without a lease: %v, %d patches", err, len(p.seen)-before)
			}
		})
	}
}

// TestUncordonGone: there is nothing to do for a node that is not there.
func TestUncordonGone(t *testing.T) {
	c, _ := newAPI(t, nil)
	if err := c.Uncordon(t.Context(), nodeVictim(), "f1"); err != nil {
		t.Error(err)
	}
	if err := c.Cordon(t.Context(), nodeVictim(), "f1"); !errors.Is(err, chaos.ErrGone) {
		t.Error(err)
	}
}
