package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/kube"
	"github.com/shakedown-dev/shakedown/chaos/node"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
	experimentspec "github.com/shakedown-dev/shakedown/experiments/spec"
)

// chaosService injects faults and reverts them.
func chaosService() Service {
	var o chaosOptions
	return Service{
		Name: "chaos", Summary: "faults, their guards, the undo ledger and the emergency stop",
		Needs: []Need{clusterNeed()},
		Flags: func(flags *pflag.FlagSet) {
			flags.StringSliceVar(&o.config.AllowedNamespaces, "allow-namespace", nil,
				"namespace that is not ours and may be broken; may be repeated")
			flags.IntVar(&o.limits.Namespace, "max-namespace-share", 80, "`percent` of the pods of a namespace that all open faults together may hit")
			flags.IntVar(&o.limits.Cluster, "max-cluster-share", 66, "`percent` of the pods of the cluster that all open faults together may hit")
			flags.StringVar(&o.nodes.Allowed, "allow-nodes", "",
				"label `selector` of nodes that may be broken with all that is on them, besides those with the label "+events.LabelChaos+"="+events.ChaosAllowed)
			flags.StringVar(&o.nodes.Self.Node, "own-node", "", "`name` of the node that this server runs on, which is never broken; found out when absent")
			flags.StringVar(&o.helper, "helper-image", kube.DefaultHelper, "image of the helper that kills containers, which nodes must be able to pull")
		},
		open: func(_ context.Context, a *App) (runner, error) { return openChaos(a, o) },
	}
}

// chaosOptions are what an operator may set.
type chaosOptions struct {
	config chaos.Config
	limits pod.Limits
	helper string
	nodes  node.Options
}

func openChaos(a *App, o chaosOptions) (runner, error) {
	if err := o.limits.Check(); err != nil {
		return nil, err
	}
	cluster, err := kube.New(a.kube, a.options.Now)
	if err != nil {
		return nil, fmt.Errorf("open cluster for chaos: %w", err)
	}
	if o.nodes.Allowed != "" {
		if _, err := kube.Selector(o.nodes.Allowed); err != nil {
			return nil, events.Errorf(events.KindInvalid, "give a label selector of nodes, such as pool=chaos", "--allow-nodes: %w", err)
		}
	}
	o.nodes.Self, o.nodes.Installation = a.self(o.nodes.Self), a.installation
	power := node.Provisioner{Caller: a.bus, Stamp: a.stamp("chaos"), Server: a.kube.Host}
	o.config.ReadOnly = a.options.Answering
	return chaos.New(chaos.Deps{
		Config: o.config, Bus: a.bus, Caller: a.bus, Store: a.bus, Stamp: a.stamp("chaos"), Kinds: slices.Concat(pod.KindsWithin(cluster.WithHelper(o.helper), o.limits), node.Kinds(cluster, power, o.nodes)),
		Owner: a.owner, Installation: a.installation, Log: a.options.Log, Registerer: a.registry, Checkpoint: a.checkpoint("chaos"),
	})
}

// FaultKinds are the kinds of faults that every server offers, for commands
// without one. A server answers the same by events.FaultKindsCall.
func FaultKinds() events.FaultKinds { return chaos.Catalogue(faultKinds()) }

// faultKinds are the tables of all families of faults, joined. Without a cluster they
// can be described and check requests, no more.
func faultKinds() []chaos.Kind {
	return slices.Concat(pod.Kinds(nil), node.Kinds(nil, nil, node.Options{}))
}

// faultChecks let the kinds of faults check the steps of a method.
func faultChecks() experimentspec.Checks {
	var names []string
	for _, k := range FaultKinds().Kinds {
		names = append(names, k.Name)
	}
	return experimentspec.Checks{Faults: names, Fault: func(f experimentspec.Fault) events.Problems {
		return chaos.CheckStep(faultKinds(), stepOf(f))
	}}
}

// slowInject is how long chaos may take to inject a step of a method, as its kind says.
func slowInject(f experimentspec.Fault) time.Duration {
	return chaos.InjectTime(faultKinds(), stepOf(f))
}

// stepOf is a step of a method in the words of chaos.
func stepOf(f experimentspec.Fault) chaos.Step {
	t := f.Target
	return chaos.Step{Kind: f.Fault, Params: f.Params, Duration: f.Duration, Target: events.FaultTarget{
		Labels: t.Selector(), Count: orNone(t.Count), Percent: orNone(t.Percent), PerOwner: orNone(t.PerOwner),
	}}
}

func orNone(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
