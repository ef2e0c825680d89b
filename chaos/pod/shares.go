package pod

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

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

// Counter counts the pods of the whole cluster. It is asked only when those of the
// namespace are not enough to decide.
type Counter interface {
	CountPods(ctx context.Context) (int, error)
}

// crowd is what the guards of the shares know beside the survey.
type crowd struct {
	limits Limits
	// known says that all pods of the cluster were counted; unread is why not.
	known  bool
	pods   int
	unread error
}

// countIfNeeded counts the cluster's pods when the victims are more of the namespace than
// they may be of the cluster.
func countIfNeeded(ctx context.Context, c Counter, l Limits, seen Survey, victims []Pod) crowd {
	w := crowd{limits: l}
	if len(victims) > 1 && beyond(len(victims), running(seen), l.Cluster) {
		w.pods, w.unread = c.CountPods(ctx)
		w.known = w.unread == nil
	}
	return w
}

// bound is the aim with the guards of the shares.
func (g ground) bound(ctx context.Context, a aim) aim {
	w := countIfNeeded(ctx, g, g.limits, a.seen, a.pods)
	a.guards = append(slices.Clip(a.guards), shareGuards(w)...)
	return a
}

// bounded are the guards for people, with those of the shares.
func bounded(guards []guard) []events.GuardInfo {
	return chaos.GuardInfos(append(slices.Clip(guards), shareGuards(crowd{})...))
}

// beyond says whether so many of all are more than the limit.
func beyond(hit, all, limit int) bool { return hit > 1 && hit*100 > limit*all }

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
	hit, all, least := e.here()+e.away, running(e.survey), "at least "
	if w.known {
		all, least = max(w.pods, all), ""
	}
	switch {
	case !beyond(hit, all, w.limits.Cluster):
		return chaos.Yes("%d of %s%d pods of the cluster, at most %d %%", hit, least, all, w.limits.Cluster)
	case w.unread != nil:
		return chaos.No("let the server list pods in all namespaces", "%d pods would be hit, and those of the cluster could not be counted: %v", hit, w.unread)
	}
	return chaos.No("ask for less, wait until other faults are closed, or raise --max-cluster-share",
		"%d of %s%d pods of the cluster would be hit, more than %d %%", hit, least, all, w.limits.Cluster)
}

// away counts what other faults hit in other namespaces: pods, or those of owners.
func away(others []chaos.Order, namespace string) int {
	n := 0
	for _, o := range others {
		if o.Request.Namespace == namespace {
			continue
		}
		var kept keptOwners
		_ = json.Unmarshal(o.Kept, &kept) // of another kind it is none
		for _, v := range o.Victims {
			n += max(1, len(kept.Owners[v.UID].Known))
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
