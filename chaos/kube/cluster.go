package kube

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"
	scalingv2 "k8s.io/client-go/kubernetes/typed/autoscaling/v2"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	policyv1 "k8s.io/client-go/kubernetes/typed/policy/v1"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Cluster is a Kubernetes API. It is safe for concurrent use.
type Cluster struct {
	core   corev1.CoreV1Interface
	apps   appsv1.AppsV1Interface
	policy policyv1.PolicyV1Interface
	// scaling knows the autoscalers.
	scaling scalingv2.AutoscalingV2Interface
	now     func() time.Time
	// helperImage is the image of the helper that kills containers.
	helperImage string
	mu          sync.Mutex
	// owners remember what is above a ReplicaSet, by its UID.
	owners map[string]pod.Ref
}

var _ pod.Cluster = (*Cluster)(nil)

// New makes the adapter. It calls nothing.
func New(config *rest.Config, now func() time.Time) (*Cluster, error) {
	config = kube.ForClient(config)
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for %s: %w", config.Host, err)
	}
	c := &Cluster{now: now, owners: make(map[string]pod.Ref), helperImage: DefaultHelper}
	if err := c.connect(config, client); err != nil {
		return nil, fmt.Errorf("make a client for %s: %w", config.Host, err)
	}
	return c, nil
}

func (c *Cluster) connect(config *rest.Config, client *http.Client) (err error) {
	if c.core, err = corev1.NewForConfigAndClient(config, client); err != nil {
		return err
	}
	if c.apps, err = appsv1.NewForConfigAndClient(config, client); err != nil {
		return err
	}
	if c.scaling, err = scalingv2.NewForConfigAndClient(config, client); err != nil {
		return err
	}
	c.policy, err = policyv1.NewForConfigAndClient(config, client)
	return err
}

// WithHelper is the cluster with another image for the helper; "" leaves it.
func (c *Cluster) WithHelper(image string) *Cluster {
	c.helperImage = cmp.Or(image, c.helperImage)
	return c
}

// maxOwners bounds what is remembered of ReplicaSets.
const maxOwners = 4096

func (c *Cluster) remember(uid string, above pod.Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.owners) >= maxOwners {
		clear(c.owners)
	}
	c.owners[uid] = above
}

func (c *Cluster) recall(uid string) (pod.Ref, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ref, ok := c.owners[uid]
	return ref, ok
}

// top follows the controllers of an object up to the last: the Deployment above
// a ReplicaSet. With an error it is not known, and asked for again next time.
func (c *Cluster) top(ctx context.Context, object metav1.Object) (pod.Ref, error) {
	controller := metav1.GetControllerOf(object)
	if controller == nil {
		return pod.Ref{}, nil
	}
	ref := refTo(controller)
	if ref.Kind != "ReplicaSet" {
		return ref, nil
	}
	if above, ok := c.recall(ref.UID); ok {
		return above, nil
	}
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	set, err := c.apps.ReplicaSets(object.GetNamespace()).Get(ctx, ref.Name, metav1.GetOptions{})
	if err != nil {
		return pod.Ref{}, translate("get replicaset "+ref.Name, err)
	}
	if string(set.UID) != ref.UID {
		return pod.Ref{}, fmt.Errorf("get replicaset %s: %w: another one has its name", ref.Name, chaos.ErrGone)
	}
	above := ref
	if deployment := metav1.GetControllerOf(set); deployment != nil {
		above = refTo(deployment)
	}
	c.remember(ref.UID, above)
	return above, nil
}

func refTo(o *metav1.OwnerReference) pod.Ref {
	return pod.Ref{Kind: o.Kind, Name: o.Name, UID: string(o.UID)}
}
