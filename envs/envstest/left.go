package envstest

import (
	"reflect"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// checkForeign compares what is the foreigner's with how he has left it. What went with an
// environment, and what was adopted, is his no more.
func (r *round) checkForeign(name string, seen map[At]Thing) {
	over := r.stands[name].over(r.stage.now()) || endOf(r.foreigner.left[namespaceAt(name)]).over(r.stage.now())
	for _, left := range r.foreigner.in(name) {
		now, there := seen[left.At]
		there = there && now.UID == left.UID
		switch {
		case there && reflect.DeepEqual(now, left):
			r.stage.tally.add(kept)
		case there && r.wasAdopted(left, now):
			r.foreigner.given[left.At] = true
			delete(r.foreigner.left, left.At)
		case !there && r.mayBeGone(left, over):
			delete(r.foreigner.left, left.At)
		case there:
			r.problem("%s of somebody else was changed (-as he left it +now):\n%s", left.At, cmp.Diff(left, now))
			r.foreigner.left[left.At] = now
		default:
			r.problem("%s of somebody else is gone", left.At)
			delete(r.foreigner.left, left.At)
		}
	}
}

// wasAdopted says whether the object is that of an installation that was asked to adopt it.
func (r *round) wasAdopted(left, now Thing) bool {
	return slices.ContainsFunc(r.adopts, func(a adoption) bool {
		return a.takes(left) && events.Owner{Installation: a.by.id, Environment: a.name}.Owns(now.Labels)
	})
}

// takes says whether the adoption is one of the object: by its labels it is that of the
// installation that is named, or of none.
func (a adoption) takes(t Thing) bool {
	named := events.Owner{Installation: a.from, Environment: a.name}
	return a.name == t.Space && (events.IsUnadopted(t.Labels, a.name) || named.Owns(t.Labels))
}

// mayBeGone says whether the object lay in an environment that was destroyed, and that was
// asked for with what is foreign, or he has put it there meanwhile, or it was adopted; or it
// was adopted into one that is wanted without it. An environment whose time is over is destroyed without a word.
func (r *round) mayBeGone(left Thing, over bool) bool {
	adopted := slices.ContainsFunc(r.adopts, func(a adoption) bool { return a.takes(left) })
	made := r.foreigner.made[left.At] && left.Kind != Namespace
	return over && (made || adopted) || slices.ContainsFunc(r.requests, func(q *request) bool {
		return q.destroys(left.Space) && (q.withForeign && left.Kind != Namespace || made || adopted) || adopted && q.prunes(left)
	})
}

// prunes says whether the request wants the environment without the component of the object.
func (q *request) prunes(t Thing) bool {
	if q.name != t.Space || q.doc == nil || t.Kind == Namespace {
		return false
	}
	_, wanted := q.doc.Spec.Components[t.Name]
	return !wanted
}

// destroys says whether the request has deleted the namespace, or may have.
func (q *request) destroys(space string) bool {
	return q.name == space && q.doc == nil && (q.end.word == destroyed || q.end.word == superseded)
}
