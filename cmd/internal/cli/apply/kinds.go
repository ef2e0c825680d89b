package apply

import (
	"context"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
)

// kind is how documents of one kind are applied. One without functions asks for something
// that is done once or by rules, so there is nothing to apply.
type kind struct {
	name string
	// note says what becomes of a document without functions.
	note string
	// compare asks what applying the document would change, and present only whether there
	// is something to delete; nothing is changed.
	compare, present ask
	apply, remove    act
}

type (
	ask func(context.Context, *target, spec.Document) (state, error)
	act func(context.Context, *target, spec.Document) (Outcome, error)
)

// kinds are all kinds of documents, in the order of need: environments are in clusters,
// copies fill environments as policies allow it, and experiments break environments.
func kinds() []kind {
	const fromSpecs = "a server reads it from --specs"
	return []kind{
		{name: "Cluster", compare: compareCluster, present: hasCluster, apply: applyCluster, remove: removeCluster},
		{name: "Policy", note: fromSpecs},
		{name: "DataCopy", note: fromSpecs + ", and shakedown data copy -f FILE runs it once"},
		{name: "Notifier", note: fromSpecs},
		{name: "Hostnames", note: "shakedown dns sync -f FILE changes the zones"},
		{name: "Environment", compare: compareEnvironment, present: hasEnvironment, apply: applyEnvironment, remove: removeEnvironment},
		{name: "Experiment", note: fromSpecs + ", and shakedown experiment run FILE runs it once"},
		{name: "Schedule", compare: compareSchedule, present: hasSchedule, apply: applySchedule, remove: removeSchedule},
	}
}

// kindOf is the kind of a document; of one that is not known here there is nothing to apply.
func kindOf(d spec.Document) kind {
	for _, k := range kinds() {
		if k.name == d.Kind {
			return k
		}
	}
	return kind{name: d.Kind}
}

// survey asks for the state of each document that has one.
func survey(ctx context.Context, t *target, documents []spec.Document, question func(kind) ask) (map[key]state, error) {
	now := map[key]state{}
	for _, d := range documents {
		about := question(kindOf(d))
		if about == nil {
			continue
		}
		found, err := about(ctx, t, d)
		if err != nil {
			return nil, err
		}
		now[keyOf(d)] = found
	}
	return now, nil
}
