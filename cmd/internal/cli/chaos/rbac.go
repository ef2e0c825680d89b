package chaos

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
)

type rbacOptions struct {
	namespaces        []string
	account, accounts string
}

func newRBAC(d *kit.Deps) *cobra.Command {
	var o rbacOptions
	cmd := &cobra.Command{
		Use: "rbac PATH... --namespace NAMESPACE", Short: "Print the Role that the faults of experiments need, and no more",
		Long: `Print the Role that the service chaos needs in each namespace for the faults of these
experiments, and no more, with a binding to its service account. What other services
need is not in it.`,
		Example: `  shakedown chaos rbac experiments/ --namespace shop | kubectl apply -f -`,
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return rbac(d, &o, args) },
	}
	cmd.Flags().StringSliceVar(&o.namespaces, "namespace", nil, "namespace that faults are let into; may be repeated")
	cmd.Flags().StringVar(&o.account, "service-account", "shakedown-chaos", "service account of the service chaos")
	cmd.Flags().StringVar(&o.accounts, "service-account-namespace", "shakedown", "namespace of the service account")
	return cmd
}

func rbac(d *kit.Deps, o *rbacOptions, paths []string) error {
	if len(o.namespaces) == 0 {
		return kit.Usagef("shakedown chaos rbac", "give each namespace that faults are let into with --namespace")
	}
	documents, err := d.Specs().Read(paths...)
	if err != nil {
		return err
	}
	var used []string
	for _, file := range spec.Of[*app.ExperimentFile](documents) {
		for _, step := range file.Spec.Method {
			used = append(used, step.Fault)
		}
	}
	if len(used) == 0 {
		return kit.Invalid("name files with documents of kind Experiment", "no fault is in %d documents", len(documents))
	}
	objects := roles(neededBy(used, app.FaultKinds().Kinds), o)
	return d.Show(kit.Result{Value: objects, Draw: func(w io.Writer) { drawObjects(w, objects) }})
}

// neededBy are the permissions that these kinds need together.
func neededBy(used []string, kinds []events.FaultKind) []events.Permission {
	var all []events.Permission
	for _, k := range kinds {
		if slices.Contains(used, k.Name) {
			all = append(all, k.Needs...)
		}
	}
	return events.MergePermissions(all)
}

// object is one of Kubernetes.
type object struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Metadata   named     `json:"metadata"`
	Rules      []rule    `json:"rules,omitempty"`
	Role       *roleRef  `json:"roleRef,omitempty"`
	Subjects   []subject `json:"subjects,omitempty"`
}

type named struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}

type rule struct {
	Groups    []string `json:"apiGroups"`
	Resources []string `json:"resources"`
	Verbs     []string `json:"verbs"`
}

type roleRef struct {
	Group string `json:"apiGroup"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

type subject struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

const (
	roleName  = "shakedown-chaos"
	rbacGroup = "rbac.authorization.k8s.io"
)

// roles are a Role in each namespace, and a ClusterRole for what is needed in the whole
// cluster, with their bindings.
func roles(needs []events.Permission, o *rbacOptions) []object {
	var objects []object
	who := []subject{{Kind: "ServiceAccount", Name: o.account, Namespace: o.accounts}}
	if rules := rulesOf(needs, true); len(rules) > 0 {
		objects = append(objects, bound("Cluster", "", rules, who)...)
	}
	for _, namespace := range o.namespaces {
		objects = append(objects, bound("", namespace, rulesOf(needs, false), who)...)
	}
	return objects
}

// bound is a role with its binding; prefix is "Cluster" or "".
func bound(prefix, namespace string, rules []rule, who []subject) []object {
	name := named{Name: roleName, Namespace: namespace}
	return []object{
		{APIVersion: rbacGroup + "/v1", Kind: prefix + "Role", Metadata: name, Rules: rules},
		{
			APIVersion: rbacGroup + "/v1", Kind: prefix + "RoleBinding", Metadata: name,
			Role: &roleRef{Group: rbacGroup, Kind: prefix + "Role", Name: roleName}, Subjects: who,
		},
	}
}

func rulesOf(needs []events.Permission, cluster bool) []rule {
	var rules []rule
	for _, p := range needs {
		if p.Cluster == cluster {
			rules = append(rules, rule{Groups: []string{p.Group}, Resources: []string{p.Resource}, Verbs: p.Verbs})
		}
	}
	return rules
}

func drawObjects(w io.Writer, objects []object) {
	for i, o := range objects {
		if i > 0 {
			fmt.Fprintln(w, "---")
		}
		if err := kit.WriteYAML(w, o); err != nil {
			fmt.Fprintln(w, "#", err)
		}
	}
}
