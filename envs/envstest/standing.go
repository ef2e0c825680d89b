package envstest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// standing is what stands of ours under a name.
type standing struct {
	// owner is the installation, "" for none.
	owner string
	// project is that of the environment, "" for one by hand.
	project string
	// objects are those in the namespace, with the digest that each carries.
	objects map[At]string
	// ends is the end of its time, zero for none.
	ends time.Time
}

// over says whether the time of the environment is over.
func (s standing) over(now time.Time) bool { return !s.ends.IsZero() && s.ends.Before(now) }

// standingOf is what stands of ours among what is there. What is the foreigner's is not.
func (r *round) standingOf(name string, seen map[At]Thing) standing {
	at := namespaceAt(name)
	ns, there := seen[at]
	owner := events.Owner{Installation: ns.Labels[events.LabelInstallation], Environment: name}
	if _, foreign := r.foreigner.left[at]; !there || foreign || !owner.Owns(ns.Labels) {
		return standing{}
	}
	s := endOf(ns)
	s.owner, s.project, s.objects = owner.Installation, ns.Annotations[envs.AnnotationProject], map[At]string{}
	for at, t := range seen {
		if _, foreign := r.foreigner.left[at]; !foreign && at.Kind != Namespace && owner.Owns(t.Labels) {
			s.objects[at] = t.Annotations[envs.AnnotationDigest]
		}
	}
	return s
}

// endOf is the end of the time of a namespace, and nothing else.
func endOf(namespace Thing) standing {
	end, err := time.Parse(time.RFC3339, namespace.Annotations[envs.AnnotationEnds])
	if err != nil {
		return standing{}
	}
	return standing{ends: end}
}

// expected is what stands after what was asked for has ended as it did. It is not sure
// where something else has changed it, or a request has ended half way. Of two installations
// nobody knows in which order they have come: one stands where the other has left.
func (r *round) expected(name string) (want standing, sure bool) {
	before := r.stands[name]
	want = before
	sure = !r.foreigner.touched[name] && !before.over(r.stage.now())
	for _, i := range r.stage.installations {
		its, half := r.leftBy(i, name, before)
		sure = sure && !half
		if its.owner != "" || want.owner == i.id {
			want = its
		}
	}
	return want, sure
}

// leftBy is what the installation has left of its own under the name, and whether it may be
// half of that.
func (r *round) leftBy(i *installation, name string, before standing) (its standing, half bool) {
	if before.owner == i.id {
		its = before
	}
	for _, q := range r.requestsOf(i, name) {
		switch q.end.word {
		case ready:
			its, half = standing{owner: i.id, objects: digests(*q.doc, i.id)}, false
		case destroyed:
			its, half = standing{}, false
		case failed, superseded:
			half = true
		}
	}
	return its, half
}

// requestsOf are those of an installation for a name, in the order in which they have
// ended.
func (r *round) requestsOf(i *installation, name string) []*request {
	found := slices.DeleteFunc(slices.Clone(r.requests), func(q *request) bool { return q.by != i || q.name != name })
	slices.SortFunc(found, func(a, b *request) int { return cmp.Compare(a.end.order, b.end.order) })
	return found
}

// checkOwn compares what stands of ours with what was said of it.
func (r *round) checkOwn(name string, seen map[At]Thing) {
	want, sure := r.expected(name)
	if !sure {
		r.stage.tally.add(disturbed)
		return
	}
	r.stage.tally.add(compared)
	got := r.standingOf(name, seen)
	if got.owner != want.owner {
		r.problem("namespace %s belongs to installation %q, want %q", name, got.owner, want.owner)
		return
	}
	for _, at := range slices.SortedFunc(maps.Keys(want.objects), compareAt) {
		if got.objects[at] != want.objects[at] {
			r.problem("%s is missing, or not as it was asked for", at)
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(seen), compareAt) {
		_, foreign := r.foreigner.left[at]
		if _, wanted := want.objects[at]; !foreign && !wanted && (at.Kind != Namespace || want.owner == "") {
			r.problem("%s is there, and nobody has asked for it", at)
		}
	}
}

// take makes what is there what stands. Whatever is not of the installation that has the
// namespace is the foreigner's from now on.
func (r *round) take(name string, seen map[At]Thing) {
	now := r.standingOf(name, seen)
	r.stands[name] = now
	for at, t := range seen {
		_, ours := now.objects[at]
		if _, foreign := r.foreigner.left[at]; !foreign && !ours && (at.Kind != Namespace || now.owner == "") {
			r.foreigner.left[at] = t
		}
	}
}

func compareAt(a, b At) int {
	return cmp.Or(cmp.Compare(a.Space, b.Space), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}
