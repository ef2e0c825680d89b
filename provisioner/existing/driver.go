package existing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/discovery"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// callTimeout bounds one call of the API server.
const callTimeout = 10 * time.Second

// Config is what a Driver needs.
type Config struct {
	// DataDir is where clusters are remembered, below existing.
	DataDir string
	// Now is the time, for records.
	Now func() time.Time
}

// Driver remembers clusters.
type Driver struct {
	dir string
	now func() time.Time
}

var _ provisioner.Driver = (*Driver)(nil)

// New returns a driver that remembers clusters below the data directory.
func New(c Config) (*Driver, error) {
	dir, err := filepath.Abs(filepath.Join(c.DataDir, "existing"))
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w", c.DataDir, err)
	}
	return &Driver{dir: dir, now: c.Now}, nil
}

// registration is what is remembered of a cluster.
type registration struct {
	Name       string    `json:"name"`
	Kubeconfig string    `json:"kubeconfig"`
	Context    string    `json:"context"`
	Created    time.Time `json:"created"`
}

// Name implements provisioner.Driver.
func (*Driver) Name() string { return provisioner.DriverExisting }

// Check implements provisioner.Driver: the file must hold the context, and the
// context must lead to an API server that lets its user in.
func (d *Driver) Check(ctx context.Context, doc provisioner.Document) []provisioner.Check {
	r, err := register(doc)
	if err != nil {
		return []provisioner.Check{refused("kubeconfig", err, "kubectl config get-contexts")}
	}
	checks := []provisioner.Check{{Name: "kubeconfig", OK: true, Found: r.Kubeconfig + ", context " + r.Context}}
	version, _, err := r.look(ctx)
	if err != nil {
		return append(checks, refused("API server", err, "kubectl --context "+r.Context+" get nodes"))
	}
	return append(checks, provisioner.Check{Name: "API server", OK: true, Found: version})
}

// refused is a check that failed.
func refused(name string, err error, hint string) provisioner.Check {
	return provisioner.Check{Name: name, Found: err.Error(), Hint: hint}
}

// Create implements provisioner.Driver.
func (d *Driver) Create(ctx context.Context, doc provisioner.Document, p provisioner.Progress) (provisioner.Status, error) {
	r, err := register(doc)
	if err != nil {
		return provisioner.Status{}, err
	}
	r.Created = d.now().UTC()
	err = provisioner.Step(p, "reach "+r.Context, func() error {
		_, _, err := r.look(ctx)
		return err
	})
	if err != nil {
		return provisioner.Status{}, fmt.Errorf("cluster %s: %w", r.Name, err)
	}
	if err := d.save(r); err != nil {
		return provisioner.Status{}, err
	}
	return r.status(ctx), nil
}

// register resolves what a document points to.
func register(doc provisioner.Document) (registration, error) {
	e := doc.Spec.Existing
	path, err := filepath.Abs(e.Kubeconfig)
	if err != nil {
		return registration{}, err
	}
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return registration{}, events.Errorf(events.KindInvalid, "name the kubeconfig file of the cluster",
			"kubeconfig %s: %w", path, err)
	}
	r := registration{Name: doc.Metadata.Name, Kubeconfig: path, Context: e.Context}
	if r.Context == "" {
		r.Context = config.CurrentContext
	}
	if config.Contexts[r.Context] == nil {
		return registration{}, events.Errorf(events.KindInvalid, "kubectl --kubeconfig "+path+" config get-contexts",
			"kubeconfig %s has no context %q", path, r.Context)
	}
	return r, nil
}

// path is the file of a registration.
func (d *Driver) path(name string) string { return filepath.Join(d.dir, name+".json") }

// save writes a registration, whole or not at all.
func (d *Driver) save(r registration) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	temp := d.path(r.Name) + ".new"
	if err := os.WriteFile(temp, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, d.path(r.Name))
}

// load reads a registration.
func (d *Driver) load(name string) (registration, error) {
	var r registration
	raw, err := os.ReadFile(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return r, provisioner.NotFound(name)
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("registration of cluster %s: %w", name, err)
	}
	return r, nil
}

// List implements provisioner.Driver.
func (d *Driver) List(ctx context.Context) ([]provisioner.Status, error) {
	files, err := filepath.Glob(filepath.Join(d.dir, "*.json"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var list []provisioner.Status
	for _, file := range files {
		status, err := d.Show(ctx, strings.TrimSuffix(filepath.Base(file), ".json"))
		if err != nil {
			return nil, err
		}
		list = append(list, status)
	}
	return list, nil
}

// Show implements provisioner.Driver.
func (d *Driver) Show(ctx context.Context, name string) (provisioner.Status, error) {
	r, err := d.load(name)
	if err != nil {
		return provisioner.Status{}, err
	}
	return r.status(ctx), nil
}

// Kubeconfig implements provisioner.Driver: it is the file with nothing but the
// context that was chosen, and with the keys that the file points to.
func (d *Driver) Kubeconfig(_ context.Context, name string) ([]byte, error) {
	r, err := d.load(name)
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.LoadFromFile(r.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig of cluster %s: %w", name, err)
	}
	config.CurrentContext = r.Context
	if err := api.MinifyConfig(config); err != nil {
		return nil, fmt.Errorf("kubeconfig of cluster %s: %w", name, err)
	}
	if err := clientcmd.ResolveLocalPaths(config); err != nil {
		return nil, err
	}
	if err := api.FlattenConfig(config); err != nil {
		return nil, fmt.Errorf("kubeconfig of cluster %s: %w", name, err)
	}
	return clientcmd.Write(*config)
}

// Destroy implements provisioner.Driver: the cluster is forgotten, not touched.
func (d *Driver) Destroy(_ context.Context, name string, p provisioner.Progress) error {
	return provisioner.Step(p, "forget "+name, func() error {
		err := os.Remove(d.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			return provisioner.NotFound(name)
		}
		return err
	})
}

// status looks at the cluster as it is now.
func (r registration) status(ctx context.Context) provisioner.Status {
	status := provisioner.Status{
		Name: r.Name, Driver: provisioner.DriverExisting, State: provisioner.StateReady,
		Created: r.Created, Nodes: []provisioner.Node{},
	}
	version, nodes, err := r.look(ctx)
	if err != nil {
		status.State, status.Reason = provisioner.StateBroken, err.Error()
		return status
	}
	status.Version = version
	if config, err := r.client().ClientConfig(); err == nil {
		status.Server = config.Host
	}
	var missing []string
	for _, n := range nodes {
		node := describe(n)
		status.Nodes = append(status.Nodes, node)
		if !node.Ready {
			missing = append(missing, node.Name)
		}
	}
	if len(missing) > 0 {
		status.State, status.Reason = provisioner.StateDegraded, "not Ready: "+strings.Join(missing, ", ")
	}
	return status
}

// client is the configuration of a client for the context that was chosen.
func (r registration) client() clientcmd.ClientConfig {
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		&clientcmd.ClientConfigLoadingRules{ExplicitPath: r.Kubeconfig},
		&clientcmd.ConfigOverrides{CurrentContext: r.Context},
	)
}

// look asks the API server for its version and its nodes.
func (r registration) look(ctx context.Context) (string, []corev1.Node, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	config, err := r.client().ClientConfig()
	if err != nil {
		return "", nil, err
	}
	config.Timeout = callTimeout
	transport, err := rest.HTTPClientFor(config)
	if err != nil {
		return "", nil, err
	}
	defer utilnet.CloseIdleConnectionsFor(transport.Transport)
	client, err := coreclient.NewForConfigAndClient(config, transport)
	if err != nil {
		return "", nil, err
	}
	unreachable := func(err error) error {
		return events.Errorf(events.KindUnavailable, "kubectl --kubeconfig "+r.Kubeconfig+" --context "+r.Context+" get nodes",
			"API server %s: %w", config.Host, err)
	}
	version, err := discovery.NewDiscoveryClient(client.RESTClient()).ServerVersion()
	if err != nil {
		return "", nil, unreachable(err)
	}
	nodes, err := client.Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", nil, unreachable(err)
	}
	return version.GitVersion, nodes.Items, nil
}

// describe is a node as the API server knows it. Whether its machine is on,
// only its being Ready tells.
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
