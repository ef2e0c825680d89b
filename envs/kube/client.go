package kube

import (
	"fmt"

	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Cluster is a Kubernetes cluster as envs needs it.
type Cluster struct{ api *kube.Client }

var _ envs.Cluster = (*Cluster)(nil)

// New makes a client of the cluster that the configuration leads to. It does not
// connect, and copies the configuration.
func New(config *rest.Config) (*Cluster, error) {
	api, err := kube.New(config)
	if err != nil {
		return nil, err
	}
	return &Cluster{api: api}, nil
}

// explain turns an error of the API server into one line for people.
func (c *Cluster) explain(err error, verb, what string) error {
	return kube.Explain(c.api.Host, err, verb, what)
}

// resource is where a kind of object is found.
type resource struct {
	client rest.Interface
	plural string
}

func (c *Cluster) resource(kind string) (resource, error) {
	switch kind {
	case "Namespace":
		return resource{c.api.Core, "namespaces"}, nil
	case "Service":
		return resource{c.api.Core, "services"}, nil
	case "Deployment":
		return resource{c.api.Apps, "deployments"}, nil
	}
	return resource{}, fmt.Errorf("envs has no objects of kind %s", kind)
}
