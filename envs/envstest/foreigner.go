package envstest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// gone is an installation that is no more.
const gone = "gone"

// foreigner is everybody else in the cluster, with the book of what is theirs.
type foreigner struct {
	world World
	mu    sync.Mutex
	// left are the things as he has left them, and made are those of the present step.
	left map[At]Thing
	made map[At]bool
	// was is what was ever foreign in the present step, in the words of a refusal, and seen
	// are the installations that the labels of foreign namespaces have named, by namespace.
	was  map[string]bool
	seen map[string]map[string]bool
	// projects are those that foreign namespaces name, by namespace: who adopts one gets the
	// environment of that project.
	projects map[string]map[string]bool
	// touched are the namespaces in which he has changed what is not his in this step.
	touched map[string]bool
	// given are the things of his that an installation was asked to adopt, and did: what
	// is in them nobody but he has chosen, such as a selector that cannot be changed.
	given map[At]bool
}

func newForeigner(w World) *foreigner {
	f := &foreigner{world: w, left: map[At]Thing{}, given: map[At]bool{}}
	f.next()
	return f
}

// next begins a step.
func (f *foreigner) next() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made, f.was, f.touched = map[At]bool{}, map[string]bool{}, map[string]bool{}
	f.seen, f.projects = map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, thing := range f.left {
		f.know(thing)
	}
}

// know notes that a thing is foreign.
func (f *foreigner) know(t Thing) {
	f.left[t.At] = t
	f.was[t.String()] = true
	if t.Kind != Namespace || !events.IsOf(t.Labels, t.Space) {
		return
	}
	if f.seen[t.Space] == nil {
		f.seen[t.Space], f.projects[t.Space] = map[string]bool{}, map[string]bool{}
	}
	f.projects[t.Space][t.Annotations[envs.AnnotationProject]] = true
	f.seen[t.Space][t.Labels[events.LabelInstallation]] = true
}

// make makes an object, if there is room for it.
func (f *foreigner) make(ctx context.Context, at At, labels map[string]string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.write(at)(f.world.Make(ctx, at, labels))
}

// write notes what the foreigner has written.
func (f *foreigner) write(at At) func(Thing, bool, error) error {
	return func(t Thing, ok bool, err error) error {
		if err != nil {
			return fmt.Errorf("write %s as somebody else: %w", at, err)
		}
		if ok {
			f.made[at] = true
			f.know(t)
		}
		return nil
	}
}

// edit changes an object of his own.
func (f *foreigner) edit(ctx context.Context, at At, labels map[string]string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	his, ok := f.left[at]
	if !ok {
		return nil
	}
	made := f.made[at]
	err := f.write(at)(f.world.Label(ctx, at, his.UID, labels))
	f.made[at] = made
	return err
}

// remove deletes an object of his own, with all that is in it.
func (f *foreigner) remove(ctx context.Context, at At) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	his, ok := f.left[at]
	if !ok {
		return nil
	}
	return f.delete(ctx, at, his.UID)
}

func (f *foreigner) delete(ctx context.Context, at At, uid string) error {
	if err := f.world.Delete(ctx, at, uid); err != nil {
		return fmt.Errorf("delete %s as somebody else: %w", at, err)
	}
	maps.DeleteFunc(f.left, func(a At, _ Thing) bool { return a == at || at.Kind == Namespace && a.Space == at.Space })
	return nil
}

// seize makes an object his own by its labels, whosever it is.
func (f *foreigner) seize(ctx context.Context, at At, labels map[string]string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.touched[at.Space] = true
	return f.write(at)(f.world.Label(ctx, at, "", labels))
}

// raze deletes an object, whosever it is, and makes one of the name if that is said.
func (f *foreigner) raze(ctx context.Context, at At, again bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.touched[at.Space] = true
	if err := f.delete(ctx, at, ""); err != nil || !again {
		return err
	}
	return f.write(at)(f.world.Make(ctx, at, nil))
}

// disown takes the installation off all that is in a namespace, as an earlier version of
// ours would have left it.
func (f *foreigner) disown(ctx context.Context, space string) error {
	things, err := f.world.Read(ctx, space)
	for _, t := range things {
		if events.IsOf(t.Labels, space) {
			err = f.seize(ctx, t.At, map[string]string{events.LabelInstallation: ""})
		}
		if err != nil {
			return err
		}
	}
	return err
}

// touches says that somebody changes what is ours in the namespace.
func (f *foreigner) touches(space string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.touched[space] = true
}

// in are his things in the namespace, in order.
func (f *foreigner) in(space string) []Thing {
	var all []Thing
	for _, t := range f.left {
		if t.Space == space {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b Thing) int { return compareAt(a.At, b.At) })
	return all
}
