package existing

import (
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// resolve finds out what a document points to.
func resolve(doc provisioner.Document) (registration, error) {
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

// kubeconfig is a file of its own for the context that was chosen.
func (r registration) kubeconfig() ([]byte, error) {
	config, err := clientcmd.LoadFromFile(r.Kubeconfig)
	if err != nil {
		return nil, err
	}
	config.CurrentContext = r.Context
	if err := api.MinifyConfig(config); err != nil {
		return nil, err
	}
	if err := clientcmd.ResolveLocalPaths(config); err != nil {
		return nil, err
	}
	if err := api.FlattenConfig(config); err != nil {
		return nil, err
	}
	return clientcmd.Write(*config)
}
