package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/shakedown-dev/shakedown/chaos/node"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

var _ node.Cluster = (*Cluster)(nil)

// markAnnotation is where a drain marks a node that it has cordoned.
const markAnnotation = events.LabelPrefix + "cordoned-by"

// Nodes reads all nodes.
func (c *Cluster) Nodes(ctx context.Context, selector, granted string) ([]node.Node, string, error) {
	chosen, err := Selector(selector)
	if err != nil {
		return nil, "", err
	}
	allowed := labels.Nothing()
	if granted != "" {
		if allowed, err = Selector(granted); err != nil {
			return nil, "", err
		}
	}
	list, err := c.core.Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, "", translate("list nodes", err)
	}
	nodes := make([]node.Node, 0, len(list.Items))
	for i := range list.Items {
		n := nodeOf(&list.Items[i])
		n.Selected, n.Granted = chosen.Matches(labels.Set(n.Labels)), allowed.Matches(labels.Set(n.Labels))
		nodes = append(nodes, n)
	}
	return nodes, list.ResourceVersion, nil
}

// Node reads one node.
func (c *Cluster) Node(ctx context.Context, name string) (node.Node, error) {
	n, err := c.core.Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return node.Node{}, translate("get node "+name, err)
	}
	return nodeOf(n), nil
}

// NodeOf is the name of the node that a pod is on.
func (c *Cluster) NodeOf(ctx context.Context, namespace, pod string) (string, error) {
	p, err := c.core.Pods(namespace).Get(ctx, pod, metav1.GetOptions{})
	if err != nil {
		return "", translate("get pod "+pod, err)
	}
	return p.Spec.NodeName, nil
}

// WatchNodes follows all nodes.
func (c *Cluster) WatchNodes(ctx context.Context, revision string, opened func(), show func(node.Change)) error {
	there := make(map[string]node.Node)
	report := func(o runtime.Object, gone bool, when kube.Moment) {
		if n, ok := o.(*core.Node); ok {
			seen := nodeOf(n)
			there[seen.Name] = seen
			if gone {
				delete(there, seen.Name)
			}
			show(node.Change{Node: seen, Gone: gone, At: when.At, Since: when.Since})
		}
	}
	feed := kube.Feed{
		Source: kube.Source{
			List: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
				return c.core.Nodes().List(ctx, o)
			},
			Watch: c.core.Nodes().Watch,
		},
		From: revision, Opened: opened, Now: c.now, Changed: report,
		Listed: func(all []runtime.Object, when kube.Moment) {
			gone := there
			there = make(map[string]node.Node)
			for _, o := range all {
				report(o, false, when)
			}
			for name, n := range gone {
				if _, still := there[name]; !still {
					show(node.Change{Node: n, Gone: true, At: when.At, Since: when.Since})
				}
			}
		},
	}
	if err := feed.Follow(ctx); err != nil {
		return translate("watch nodes", err)
	}
	return nil
}

// nodeOf is the node in the words of chaos; whether selectors match is left to the caller.
func nodeOf(n *core.Node) node.Node {
	seen := node.Node{
		Name: n.Name, UID: string(n.UID), Labels: n.Labels, Unschedulable: n.Spec.Unschedulable,
		Terminating: n.DeletionTimestamp != nil, Trouble: "it has no condition Ready", Mark: markOf(n),
	}
	for _, a := range n.Status.Addresses {
		seen.Addresses = append(seen.Addresses, a.Address)
	}
	for _, c := range n.Status.Conditions {
		if c.Type == core.NodeReady {
			seen.Ready, seen.Trouble = c.Status == core.ConditionTrue, strings.TrimSuffix(c.Reason+": "+c.Message, ": ")
		}
	}
	if seen.Ready {
		seen.Trouble = ""
	}
	return seen
}

// markOf reads the mark of a drain. One that cannot be read is nobody's that we know.
func markOf(n *core.Node) *node.Mark {
	raw, marked := n.Annotations[markAnnotation]
	if !marked {
		return nil
	}
	m := new(node.Mark)
	if err := json.Unmarshal([]byte(raw), m); err != nil || m.Fault == "" {
		m = &node.Mark{Fault: fmt.Sprintf("that wrote %.60q", raw)}
	}
	return m
}
