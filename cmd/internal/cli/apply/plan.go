package apply

import (
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// Action is what a document takes.
type Action string

// The actions of a plan.
const (
	Create Action = "create"
	Update Action = "update"
	// Await waits for what is as its document says, and not ready.
	Await     Action = "await"
	Unchanged Action = "unchanged"
	// Nothing is for a document that a server reads from --specs, and nobody applies.
	Nothing Action = "nothing"
	// Refuse is for a document that cannot be applied.
	Refuse Action = "refuse"
	Delete Action = "delete"
	// Absent is for a document of which there is nothing to delete.
	Absent Action = "absent"
)

// Outcome is how a step ended, "" for one that does nothing.
type Outcome string

// The outcomes of steps.
const (
	Done Outcome = "done"
	// Asked is for a step whose end nobody waits for.
	Asked       Outcome = "asked"
	Failed      Outcome = "failed"
	Interrupted Outcome = "interrupted"
	NotTried    Outcome = "not tried"
)

// Step is a document with what it takes.
type Step struct {
	Action Action `json:"action"`
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	// Where is "file:line" of the document.
	Where string `json:"where"`
	// Why says more of the action; Hint is what helps when it is refused.
	Why     string                     `json:"why,omitempty"`
	Hint    string                     `json:"hint,omitempty"`
	Changes []events.EnvironmentChange `json:"changes,omitempty"`
	Outcome Outcome                    `json:"outcome,omitempty"`
	// Problem is why the outcome is not "done".
	Problem string `json:"problem,omitempty"`

	stage    int
	document spec.Document
	refused  error
}

// Acts says whether the step changes something or waits for something.
func (s Step) Acts() bool {
	return slices.Contains([]Action{Create, Update, Await, Delete}, s.Action)
}

// differs says whether what is there is not what the document says.
func (s Step) differs() bool { return slices.Contains([]Action{Create, Update, Refuse}, s.Action) }

// Plan are the steps in the order in which they are taken.
type Plan []Step

// key names what a document is about.
type key struct{ kind, name string }

func keyOf(d spec.Document) key { return key{d.Kind, d.Name} }

// state is what there is of a document.
type state struct {
	exists bool
	// why says more of what is missing.
	why string
	// changes lead from what is there to the document.
	changes []events.EnvironmentChange
	// unready is why it is not ready although it is as the document says, "" when it is.
	unready string
	// waiting says that a request for it waits, "" when none does.
	waiting string
	// refused is why it cannot be applied, nil when it can.
	refused *events.Error
}

// notes are the texts that there are, in one line.
func notes(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), "; ")
}

// newPlan compares the documents with what there is. Kinds stand in the order of need,
// and a document that may need another one comes in a later stage.
func newPlan(documents []spec.Document, kinds []kind, now map[key]state) Plan {
	var plan Plan
	for stage, k := range kinds {
		for _, d := range documents {
			if d.Kind == k.name {
				plan = append(plan, k.step(stage, d, now[keyOf(d)]))
			}
		}
	}
	return plan
}

// step is what the document takes.
func (k kind) step(stage int, d spec.Document, now state) Step {
	s := Step{Kind: d.Kind, Name: d.Name, Where: d.Where, Why: now.why, Changes: now.changes, stage: stage, document: d}
	switch {
	case k.apply == nil:
		s.Action, s.Why = Nothing, k.note
	case now.refused != nil:
		s.Action, s.Why, s.Hint, s.refused = Refuse, now.refused.Message, now.refused.Advice, now.refused
	case !now.exists:
		s.Action = Create
	case len(now.changes) > 0:
		s.Action = Update
	case now.unready != "":
		s.Action, s.Why = Await, now.unready
	default:
		s.Action = Unchanged
	}
	s.Why = notes(s.Why, now.waiting)
	return s
}

// newRemoval is the plan that deletes what the documents are about, in the reverse order.
func newRemoval(documents []spec.Document, kinds []kind, now map[key]state) Plan {
	plan := newPlan(documents, kinds, now)
	slices.Reverse(plan)
	for i := range plan {
		s := &plan[i]
		s.stage, s.Changes = len(kinds)-s.stage, nil
		switch {
		case s.Action == Nothing:
		case now[keyOf(s.document)].exists:
			s.Action, s.Why = Delete, ""
		default:
			s.Action, s.Why = Absent, ""
		}
	}
	return plan
}

// twice reports documents about the same thing: which of them is meant, nobody can say.
func twice(documents []spec.Document) (problems events.Problems) {
	seen := map[key]string{}
	for _, d := range documents {
		if first, again := seen[keyOf(d)]; again {
			problems = append(problems, events.Problem{
				Where: d.Where, Key: "metadata.name", Message: d.Kind + " " + d.Name + " is there twice, first at " + first,
			})
			continue
		}
		seen[keyOf(d)] = d.Where
	}
	return problems
}
