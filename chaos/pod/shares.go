package pod

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// The names of the guards of shares.
const (
	GuardNamespaceShare = "namespace-share"
	GuardClusterShare   = "cluster-share"
)

// Limits bound how much of what runs may be hit at once, over all open faults, in percent.
// 0 means the usual bound, 100 none. One pod may always be hit.
type Limits struct{ Namespace, Cluster int }

func (l Limits) withDefaults() Limits {
	return Limits{Namespace: cmp.Or(l.Namespace, 80), Cluster: cmp.Or(l.Cluster, 66)}
}

// Check says which bound is none. Errors: *events.Error of KindInvalid.
func (l Limits) Check() error {
	for flag, percent := range map[string]int{"max-namespace-share": l.Namespace, "max-cluster-share": l.Cluster} {
		if percent < 0 || percent > 100 {
			return events.Errorf(events.KindInvalid, "shakedown up --help", "--%s is %d, want 0 (the usual bound) to 100", flag, percent)
		}
	}
	return nil
}

// Counter counts the pods that run in the whole cluster.
type Counter interface {
	// CountPods stops when there are enough of them. Errors: any.
	CountPods(ctx context.Context, enough int) (int, error)
}

// crowd is what the guards of the shares know beside the survey.
type crowd struct {
	limits Limits
	// pods are those of the cluster that were counted, 0 for none; unread is why not.
	pods   int
	unread error
}

// othersMost is how many pods other faults may hit before the pods that are counted of the
// cluster are too few to let in one more.
const othersMost = 200

// count counts as many pods of the cluster as may be needed to decide. Which other faults
// are open is not known yet.
func count(ctx context.Context, c Counter, l Limits, seen Survey, victims []Pod) crowd {
	w := crowd{limits: l}
	if enough := (len(victims) + othersMost) * 100 / l.Cluster; len(victims) > 0 && l.Cluster < 100 && running(seen) < enough {
		w.pods, w.unread = c.CountPods(ctx, enough)
	}
	return w
}

// bound is the aim with the guards of the shares.
func (g ground) bound(ctx context.Context, a aim) aim {
	w := count(ctx, g, g.limits, a.seen, a.pods)
	a.guards = append(slices.Clip(a.guards), shareGuards(w)...)
	return a
}

// bounded are the guards for people, with those of the shares.
func bounded(guards []guard) []events.GuardInfo {
	return chaos.GuardInfos(append(slices.Clip(guards), shareGuards(crowd{})...))
}

// beyond says whether so many of all are more than the limit; none are more than 100 %.
func beyond(hit, all, limit int) bool { return hit > 1 && limit < 100 && hit*100 > limit*all }

// running counts the pods that run.
func running(s Survey) int {
	n := 0
	for _, p := range s.Pods {
		if p.Running {
			n++
		}
	}
	return n
}

// shareGuards bound the blast radius.
func shareGuards(w crowd) []guard {
	return []guard{
		{Name: GuardNamespaceShare, Question: "do all open faults together leave enough of the namespace?", Decide: w.namespaceShare},
		{Name: GuardClusterShare, Question: "do all open faults together leave enough of the cluster?", Decide: w.clusterShare},
	}
}

// here counts the pods of the namespace that are hit by this fault or another one.
func (e evidence) here() int {
	n := 0
	for _, p := range e.survey.Pods {
		if p.Running && (isVictim(e, p) || e.elsewhere(p)) {
			n++
		}
	}
	return n
}

func (w crowd) namespaceShare(e evidence) events.GuardDecision {
	hit, all := e.here(), running(e.survey)
	if beyond(hit, all, w.limits.Namespace) {
		return chaos.No("ask for less, or raise --max-namespace-share", "%d of the %d pods that run in namespace %s would be hit, more than %d %%",
			hit, all, e.request.Namespace, w.limits.Namespace)
	}
	return chaos.Yes("%d of the %d pods that run in namespace %s, at most %d %%", hit, all, e.request.Namespace, w.limits.Namespace)
}

func (w crowd) clusterShare(e evidence) events.GuardDecision {
	hit, all := e.here()+e.away, max(w.pods, running(e.survey))
	switch {
	case !beyond(hit, all, w.limits.Cluster):
		return chaos.Yes("%d of at least %d pods that run in the cluster, at most %d %%", hit, all, w.limits.Cluster)
	case w.unread != nil:
		return chaos.No("let the server list pods in all namespaces", "%d pods would be hit, and those of the cluster could not be counted: %v", hit, w.unread)
	}
	return chaos.No("ask for less, wait until other faults are closed, or raise --max-cluster-share",
		"%d of the %d pods that were counted in the cluster would be hit, more than %d %%", hit, all, w.limits.Cluster)
}

// away counts the pods that other faults hit in other namespaces.
func away(others []chaos.Order, namespace string) int {
	n := 0
	for _, o := range others {
		for _, v := range o.Victims {
			pods := v.Takes
			if len(pods) == 0 {
				pods = []string{v.Namespace + "/" + v.UID}
			}
			for _, p := range pods {
				if in, _, _ := strings.Cut(p, "/"); in != namespace {
					n++
				}
			}
		}
	}
	return n
}

// ownersWhole refuses to hit what has not recovered from something else.
func ownersWhole(e evidence) events.GuardDecision {
	if why, missing := e.survey.gap(PartOwners); missing {
		return chaos.No("check that the server may list deployments, replicasets, statefulsets and daemonsets", "%s", why)
	}
	for _, ref := range ownersOf(e.victims) {
		o := e.survey.Owners[ref.UID]
		if ready := readyOf(e.survey, ref); o.Known && ready < o.Desired {
			return chaos.No("wait until it is whole: kubectl get pods -n "+e.request.Namespace,
				"%s has %d of %d replicas ready: it has not recovered from what was before", ref, ready, o.Desired)
		}
	}
	return chaos.Yes("every owner has all its replicas ready")
}

func readyOf(s Survey, owner Ref) int {
	n := 0
	for _, p := range podsOf(s, owner) {
		if p.serves() {
			n++
		}
	}
	return n
}
