package existing

import (
	"path/filepath"
	"strconv"

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
	r := registration{Name: doc.Metadata.Name, Kubeconfig: path, Context: e.Context, Exec: e.Exec}
	if r.Context == "" {
		r.Context = config.CurrentContext
	}
	if config.Contexts[r.Context] == nil {
		return registration{}, events.Errorf(events.KindInvalid, "kubectl --kubeconfig "+path+" config get-contexts",
			"kubeconfig %s has no context %q", path, r.Context)
	}
	return r, r.refuseExec(config)
}

// refuseExec refuses a kubeconfig whose user logs in by a program, unless a person has
// allowed that: whoever can write a Cluster file, or the kubeconfig that it names, would
// run what he likes.
func (r registration) refuseExec(config *api.Config) error {
	user := config.AuthInfos[config.Contexts[r.Context].AuthInfo]
	if r.Exec || user == nil || user.Exec == nil && user.AuthProvider == nil {
		return nil
	}
	program := "an authentication provider"
	if user.Exec != nil {
		program = "the program " + strconv.Quote(user.Exec.Command)
	}
	way := provisioner.Existing{Kubeconfig: r.Kubeconfig, Context: r.Context}.Command(r.Name) + " --allow-exec"
	if !r.Created.IsZero() { // what is registered cannot be registered again
		way = "shakedown cluster destroy " + r.Name + ", which only forgets it, then " + way
	}
	return events.Errorf(events.KindRefused, "if you trust it: "+way,
		"kubeconfig %s, context %s: its user logs in by %s, which nobody has allowed", r.Kubeconfig, r.Context, program)
}

// load reads the kubeconfig again, which may have changed since it was registered.
func (r registration) load() (*api.Config, error) {
	config, err := clientcmd.LoadFromFile(r.Kubeconfig)
	switch {
	case err != nil:
		return nil, err
	case config.Contexts[r.Context] == nil:
		return nil, events.Errorf(events.KindInvalid, "kubectl --kubeconfig "+r.Kubeconfig+" config get-contexts",
			"kubeconfig %s has no context %q any more", r.Kubeconfig, r.Context)
	}
	return config, r.refuseExec(config)
}

// kubeconfig is a file of its own for the context that was chosen.
func (r registration) kubeconfig() ([]byte, error) {
	config, err := r.load()
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
