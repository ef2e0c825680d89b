package existing

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	apiversion "k8s.io/apimachinery/pkg/version"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// callTimeout bounds one survey of a cluster.
const callTimeout = 10 * time.Second

// answer is what an API server says of its cluster.
type answer struct {
	server, version string
	nodes           []corev1.Node
}

// survey asks the API server for its version and its nodes.
func survey(ctx context.Context, r registration) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	config, err := r.client().ClientConfig()
	if err != nil {
		return answer{}, err
	}
	transport, err := rest.HTTPClientFor(config)
	if err != nil {
		return answer{}, err
	}
	defer utilnet.CloseIdleConnectionsFor(transport.Transport)
	client, err := coreclient.NewForConfigAndClient(config, transport)
	if err != nil {
		return answer{}, err
	}
	found, err := ask(ctx, client)
	if err != nil {
		return answer{}, events.Errorf(events.KindUnavailable, "kubectl --kubeconfig "+r.Kubeconfig+" --context "+r.Context+" get nodes",
			"API server %s: %w", config.Host, err)
	}
	found.server = config.Host
	return found, nil
}

func ask(ctx context.Context, client *coreclient.CoreV1Client) (answer, error) {
	raw, err := client.RESTClient().Get().AbsPath("/version").Do(ctx).Raw()
	if err != nil {
		return answer{}, err
	}
	var version apiversion.Info
	if err := json.Unmarshal(raw, &version); err != nil {
		return answer{}, fmt.Errorf("its version: %w", err)
	}
	nodes, err := client.Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return answer{}, err
	}
	return answer{version: version.GitVersion, nodes: nodes.Items}, nil
}

// status is the cluster as the survey found it; err is why it found nothing.
func status(r registration, a answer, err error) provisioner.Status {
	s := provisioner.Status{
		Name: r.Name, Driver: provisioner.DriverExisting, State: provisioner.StateReady,
		Version: a.version, Server: a.server, Created: r.Created, Nodes: []provisioner.Node{},
	}
	if err != nil {
		s.State, s.Reason = provisioner.StateBroken, err.Error()
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
