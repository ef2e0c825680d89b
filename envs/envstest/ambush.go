package envstest

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/envs"
)

// ambush is laid for the first change of the verb that a service makes to the object. Right
// before that the foreigner does something to it.
type ambush struct {
	verb Verb
	at   At
	text string
	do   func(context.Context, *foreigner) error
}

// String is what the script says of it.
func (a *ambush) String() string {
	return fmt.Sprintf("ambush before %s of %s: %s", a.verb, a.at, a.text)
}

func drawAmbush(draw chooser, name string) *ambush {
	at := pick(draw, namespaceAt(name), At{name, envs.Ref{Kind: Deployment, Name: "api"}}, At{name, envs.Ref{Kind: Service, Name: "web"}})
	a := &ambush{verb: pick(draw, Create, Update, Remove), at: at}
	labels := drawLabels(draw, name)
	switch {
	case a.verb == Create:
		a.text, a.do = fmt.Sprint("make it ", labels), func(ctx context.Context, f *foreigner) error { return f.make(ctx, at, labels) }
	case at.Kind != Namespace && draw(2) == 0:
		a.text, a.do = "make it anew", func(ctx context.Context, f *foreigner) error { return f.raze(ctx, at, true) }
	default:
		a.text, a.do = "take it over", func(ctx context.Context, f *foreigner) error { return f.seize(ctx, at, theirs()) }
	}
	return a
}

// spring springs the ambushes that are laid for the change.
func (r *round) spring(verb Verb, at At) {
	for _, a := range r.drawn(verb, at) {
		r.stage.tally.add(sprung)
		// A service may end meanwhile, and nobody else does what is begun here.
		ctx, cancel := patient(context.Background())
		if err := a.do(ctx, r.foreigner); err != nil {
			r.problem("%s: %v", a, err)
		}
		cancel()
	}
}

// drawn takes the ambushes for the change off those that are laid.
func (r *round) drawn(verb Verb, at At) (found []*ambush) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var left []*ambush
	for _, a := range r.laid {
		if a.verb == verb && a.at == at {
			found = append(found, a)
		} else {
			left = append(left, a)
		}
	}
	r.laid = left
	return found
}
