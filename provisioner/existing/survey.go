package existing

import (
	"context"
	"errors"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// callTimeout bounds one survey of a cluster.
const callTimeout = 5 * time.Second

// answer is what an API server says of its cluster.
type answer struct {
	server, version string
	nodes           []corev1.Node
}

// survey asks the API server for its version and its nodes.
func survey(ctx context.Context, r registration) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if _, err := r.load(); err != nil {
		return answer{}, err
	}
	config, err := kube.Config(r.Kubeconfig, r.Context)
	if err != nil {
		return answer{}, err
	}
	client, err := kube.New(config)
	if err != nil {
		return answer{}, err
	}
	defer client.Close()
	found, err := ask(ctx, client)
	if e, ok := errors.AsType[*events.Error](err); ok {
		own := *e
		own.Advice = "kubectl --kubeconfig " + r.Kubeconfig + " --context " + r.Context + " get nodes"
		return answer{}, &own
	}
	return found, err
}

func ask(ctx context.Context, client *kube.Client) (answer, error) {
	version, err := client.Version(ctx)
	if err != nil {
		return answer{}, err
	}
	var nodes corev1.NodeList
	if err := client.Core.Get().Resource("nodes").Do(ctx).Into(&nodes); err != nil {
		return answer{}, kube.Explain(client.Host, err, "list", "nodes")
	}
	return answer{server: client.Host, version: version, nodes: nodes.Items}, nil
}

// status is the cluster as the survey found it; err is why it found nothing.
func status(r registration, a answer, err error) provisioner.Status {
	s := provisioner.Status{
		Name: r.Name, Driver: provisioner.DriverExisting, State: provisioner.StateReady,
		Version: a.version, Server: a.server, Created: r.Created, Nodes: []provisioner.Node{},
		Existing: &provisioner.Existing{Kubeconfig: r.Kubeconfig, Context: r.Context, Exec: r.Exec},
	}
	if err != nil {
		s.State, s.Reason = provisioner.StateBroken, err.Error()
		if e, ok := errors.AsType[*events.Error](err); ok && e.Kind == events.KindRefused {
			s.Reason += " (" + e.Advice + ")"
		}
		return s
	}
	var missing []string
	for _, n := range a.nodes {
		node := describe(n)
		s.Nodes = append(s.Nodes, node)
		if !node.Ready {
			missing = append(missing, node.Name)
		}
	}
	if len(missing) > 0 {
		s.State, s.Reason = provisioner.StateDegraded, "not Ready: "+strings.Join(missing, ", ")
	}
	return s
}

// describe is a node as the API server knows it. Whether its machine is on can
// only be concluded from its being Ready.
func describe(n corev1.Node) provisioner.Node {
	node := provisioner.Node{
		Name: n.Name, ProviderID: n.Spec.ProviderID,
		Zone: n.Labels[corev1.LabelTopologyZone], InstanceType: n.Labels[corev1.LabelInstanceTypeStable],
	}
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			node.Ready = c.Status == corev1.ConditionTrue
		}
	}
	for _, a := range n.Status.Addresses {
		if a.Type == corev1.NodeInternalIP {
			node.Address = a.Address
		}
	}
	node.Powered = node.Ready
	return node
}
