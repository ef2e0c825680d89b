package kube

import (
	"context"
	"maps"
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/envs/logs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Cluster is a Kubernetes cluster as envs/logs needs it.
type Cluster struct {
	api *kube.Client
	// opening has a place for each log that is being opened.
	opening chan struct{}
}

var _ logs.Cluster = (*Cluster)(nil)

// New makes a client of the cluster that the configuration leads to. It does not
// connect, and copies the configuration.
func New(config *rest.Config) (*Cluster, error) {
	own := rest.CopyConfig(config)
	if own.Proxy == nil && own.Transport == nil {
		own.Proxy = http.ProxyFromEnvironment // as it is anyway; named, the transport is not shared
	}
	own.Wrap(slim)
	api, err := kube.New(own)
	if err != nil {
		return nil, err
	}
	return &Cluster{api: api, opening: make(chan struct{}, openings)}, nil
}

// buffered is how much of a log may wait on this side of a connection.
const buffered = 128 << 10

// slim keeps an HTTP/2 connection from reading ahead more than that, which would be 4 MiB
// for each log.
func slim(transport http.RoundTripper) http.RoundTripper {
	if t, ok := transport.(*http.Transport); ok {
		t.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: buffered}
	}
	return transport
}

// Close closes the connections that are idle.
func (c *Cluster) Close() { c.api.Close() }

// explain turns an error of the API server into one line for people.
func (c *Cluster) explain(err error, verb, what string) error {
	return kube.Explain(c.api.Host, err, verb, what)
}

// Components are those of the document that the namespace has, or those that its pods
// name when that cannot be read.
func (c *Cluster) Components(ctx context.Context, environment string) ([]string, error) {
	missing := events.Errorf(events.KindNotFound, "shakedown env list", "there is no environment %s", environment)
	if !events.IsDNSLabel(environment) {
		return nil, missing
	}
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	var namespace corev1.Namespace
	err := c.api.Core.Get().Resource("namespaces").Name(environment).Do(ctx).Into(&namespace)
	switch {
	case apierrors.IsNotFound(err):
		return nil, missing
	case err != nil:
		return nil, c.explain(err, "get", "namespace "+environment)
	case !events.IsOf(namespace.Labels, environment):
		return nil, missing
	}
	document, err := envs.Parse([]byte(namespace.Annotations[envs.AnnotationSpec]))
	if err != nil {
		return c.componentsOfPods(ctx, environment)
	}
	return slices.Sorted(maps.Keys(document.Spec.Components)), nil
}

func (c *Cluster) componentsOfPods(ctx context.Context, environment string) ([]string, error) {
	var list corev1.PodList
	if err := c.api.Core.Get().Namespace(environment).Resource("pods").Do(ctx).Into(&list); err != nil {
		return nil, c.explain(err, "list", "pods in namespace "+environment)
	}
	names := map[string]bool{}
	for _, p := range list.Items {
		if name := p.Labels[events.LabelComponent]; name != "" {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}
