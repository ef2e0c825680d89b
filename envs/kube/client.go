package kube

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// callTimeout bounds one request that is no watch.
const callTimeout = 30 * time.Second

// Cluster is a Kubernetes cluster as envs needs it.
type Cluster struct {
	core, apps rest.Interface
	// plain reads resources of any group as JSON.
	plain  rest.Interface
	params runtime.ParameterCodec
	host   string
}

var _ envs.Cluster = (*Cluster)(nil)

// New makes a client of the cluster that the configuration leads to. It does not
// connect. The configuration is copied, and its limits of requests per second
// are lifted: the API server's own fairness limits us.
func New(config *rest.Config) (*Cluster, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("set up the types of Kubernetes: %w", err)
		}
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	base := rest.CopyConfig(config)
	base.QPS, base.Burst, base.RateLimiter = -1, 0, nil
	// client-go would print the API server's warnings to stderr.
	base.WarningHandler, base.WarningHandlerWithContext = rest.NoWarnings{}, nil
	if base.UserAgent == "" {
		base.UserAgent = events.Manager
	}
	base.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	base.ContentType = runtime.ContentTypeProtobuf
	base.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	http, err := rest.HTTPClientFor(base)
	if err != nil {
		return nil, fmt.Errorf("set up the connection to %s: %w", config.Host, err)
	}
	c := &Cluster{params: runtime.NewParameterCodec(scheme), host: config.Host}
	for _, g := range []struct {
		client  *rest.Interface
		path    string
		version schema.GroupVersion
		plain   bool
	}{
		{client: &c.core, path: "/api", version: corev1.SchemeGroupVersion},
		{client: &c.apps, path: "/apis", version: appsv1.SchemeGroupVersion},
		{client: &c.plain, path: "/api", version: corev1.SchemeGroupVersion, plain: true},
	} {
		one := rest.CopyConfig(base)
		one.APIPath, one.GroupVersion = g.path, &g.version
		if g.plain {
			one.ContentType, one.AcceptContentTypes = runtime.ContentTypeJSON, runtime.ContentTypeJSON
		}
		if *g.client, err = rest.RESTClientForConfigAndClient(one, http); err != nil {
			return nil, fmt.Errorf("set up the client for %s: %w", g.version, err)
		}
	}
	return c, nil
}

// brief bounds a request that is no watch.
func brief(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, callTimeout)
}

// resource is where a kind of object is found.
type resource struct {
	client rest.Interface
	plural string
}

func (c *Cluster) resource(kind string) (resource, error) {
	switch kind {
	case "Namespace":
		return resource{c.core, "namespaces"}, nil
	case "Service":
		return resource{c.core, "services"}, nil
	case "Deployment":
		return resource{c.apps, "deployments"}, nil
	}
	return resource{}, fmt.Errorf("envs has no objects of kind %s", kind)
}
