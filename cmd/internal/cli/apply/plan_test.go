package apply

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
)

func doc(kind, name string) spec.Document {
	return spec.Document{Kind: kind, Name: name, Where: name + ".yaml:1"}
}

// folder has documents of all kinds, in no order.
func folder() []spec.Document {
	return []spec.Document{
		doc("Experiment", "kill"), doc("Environment", "b"), doc("Policy", "p"), doc("Environment", "a"), doc("DataCopy", "seed"), doc("Cluster", "c"),
	}
}

func (p Plan) String() (text string) {
	for _, s := range p {
		text += fmt.Sprintf("%s %s %s\n", s.Action, s.Kind, s.Name)
	}
	return text
}

// TestEveryKindHasARow: a kind of documents that a service adds is applied, or said to
// have nothing to apply.
func TestEveryKindHasARow(t *testing.T) {
	t.Parallel()
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
		if (k.apply == nil) == (k.note == "") || (k.apply == nil) != (k.compare == nil) || (k.apply == nil) != (k.remove == nil) || (k.apply == nil) != (k.present == nil) {
			t.Errorf("the row of %s is not whole", k.name)
		}
	}
	for name := range app.Kinds() {
		if !slices.Contains(names, name) {
			t.Errorf("%s has no row", name)
		}
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	env, changes := key{"Environment", "a"}, []events.EnvironmentChange{{Verb: "create", Object: "deployment/api"}}
	for name, test := range map[string]struct {
		now  state
		want Action
	}{
		"not there":         {state{}, Create},
		"parts are there":   {state{changes: changes}, Create},
		"differs":           {state{exists: true, changes: changes}, Update},
		"not ready":         {state{exists: true, unready: "failed"}, Await},
		"differs, failed":   {state{exists: true, changes: changes, unready: "failed"}, Update},
		"as it should be":   {state{exists: true}, Unchanged},
		"somebody else's":   {state{refused: events.Errorf(events.KindRefused, "", "no")}, Refuse},
		"cannot be changed": {state{exists: true, refused: events.Errorf(events.KindRefused, "", "no")}, Refuse},
	} {
		plan := newPlan([]spec.Document{doc("Environment", "a")}, kinds(), map[key]state{env: test.now})
		if len(plan) != 1 || plan[0].Action != test.want || (plan.refusal() != nil) != (test.want == Refuse) {
			t.Errorf("%s: %v, want %s", name, plan, test.want)
		}
	}
}

// TestOrder: what others need comes first, and goes last; in a kind the order of the
// files stays.
func TestOrder(t *testing.T) {
	t.Parallel()
	want := "create Cluster c\nnothing Policy p\nnothing DataCopy seed\ncreate Environment b\nunchanged Environment a\nnothing Experiment kill\n"
	now := map[key]state{{"Environment", "a"}: {exists: true}}
	if diff := cmp.Diff(want, newPlan(folder(), kinds(), now).String()); diff != "" {
		t.Errorf("apply (-want +got):\n%s", diff)
	}
	want = "nothing Experiment kill\ndelete Environment a\nabsent Environment b\nnothing DataCopy seed\nnothing Policy p\nabsent Cluster c\n"
	if diff := cmp.Diff(want, newRemoval(folder(), kinds(), now).String()); diff != "" {
		t.Errorf("delete (-want +got):\n%s", diff)
	}
}

func TestTwice(t *testing.T) {
	t.Parallel()
	again := doc("Environment", "a")
	again.Where = "other.yaml:9"
	if got := twice(append(folder(), doc("Cluster", "a"))); len(got) > 0 {
		t.Errorf("problems %v, want none", got)
	}
	const want = "other.yaml:9: metadata.name: Environment a is there twice, first at a.yaml:1"
	if got := twice(append(folder(), again)).Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
