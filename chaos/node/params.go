package node

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// params are the parameters of both kinds; those that a kind does not take stay zero.
type params struct {
	rules   Rules
	grace   *time.Duration
	timeout time.Duration
	runs    string
	// least are the nodes of each role of a victim that must stay healthy, and leastInZone
	// those of its zone.
	least, leastInZone int
}

const (
	defaultTimeout = 2 * time.Minute
	maxTimeout     = time.Hour
	// everyPod selects all pods.
	everyPod = "!" + events.LabelPrefix + "nothing"
)

// sharedParams are those of every fault of nodes.
func sharedParams() chaos.Params[params] {
	return chaos.Params[params]{
		chaos.Text("runs", "label selector: only nodes that run such a pod of the run's namespace are drawn; absent: any of its pods that is not of a DaemonSet",
			notBlank, func(p *params, s string) { p.runs = s }),
		chaos.Count("minHealthy", "how many other nodes of each role of the victim must stay healthy (default 1)", 1,
			func(p *params, n int) { p.least = n }),
		chaos.Count("minHealthyInZone", "how many other nodes of the victim's zone must stay healthy (default 0)", 0,
			func(p *params, n int) { p.leastInZone = n }),
	}
}

func notBlank(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("is an empty selector; leave it out")
	}
	return nil
}

// drainParams are those of a drain.
func drainParams() chaos.Params[params] {
	return append(chaos.Params[params]{
		chaos.Flag("deleteEmptyDirData", "evicts pods with an emptyDir, whose data is lost (default false)",
			func(p *params, on bool) { p.rules.DeleteEmptyDirData = on }),
		chaos.Flag("force", "evicts pods that no controller replaces (default false)",
			func(p *params, on bool) { p.rules.Force = on }),
		chaos.Seconds("gracePeriod", "how long each pod may take to end, in whole seconds; absent: as the pod says",
			func(p *params, d time.Duration) { p.grace = &d }),
		chaos.Seconds("timeout", "how long the drain may take, 1s to 1h (default 2m); one that takes longer has failed",
			func(p *params, d time.Duration) { p.timeout = d }),
	}, sharedParams()...)
}

// read reads the parameters, with what is usual where nothing is given.
func read(ps chaos.Params[params], r events.FaultInject) (params, events.Problems) {
	p := params{timeout: -1}
	given, problems := ps.Parse(r.Params)
	if len(problems) > 0 {
		return p, problems
	}
	given.timeout = cmp.Or(given.timeout, defaultTimeout)
	given.runs = cmp.Or(given.runs, everyPod)
	given.least = max(given.least, 1)
	var wrong events.Problems
	wrong.Check(given.timeout <= maxTimeout, "params.timeout", "is %s, want at most %s", given.timeout, maxTimeout)
	return given, wrong
}

// checkTarget says what is wrong with the choice of nodes.
func checkTarget(r events.FaultInject) events.Problems {
	var p events.Problems
	t := r.Target
	p.Check(r.Namespace != "", "namespace", "is missing: only nodes that run something of it are drawn")
	p.Check(t.Labels != "", "target.labels", "is missing: a selector without labels would take every node")
	p.Check(!strings.HasPrefix(t.Labels, events.LabelComponent+"="), "target.component",
		"chooses pods, and nodes have no component: choose by the labels of nodes, and give params: {runs: %q}", t.Labels)
	p.Check(t.Count >= 0, "target.count", "must not be negative")
	p.Check(t.Percent == 0, "target.percent", "is not for nodes: give a count")
	p.Check(t.PerOwner == 0, "target.perOwner", "is not for nodes: they have no owner")
	return p
}
