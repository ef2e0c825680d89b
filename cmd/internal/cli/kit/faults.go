package kit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// FaultKinds are the kinds of faults of the server that runs, which may be of another
// version, or of this program where none does.
func (d *Deps) FaultKinds(ctx context.Context, server *Server) (events.FaultKinds, error) {
	var kinds events.FaultKinds
	session, err := d.Running(ctx, server, func(ctx context.Context, s *Session) (err error) {
		kinds, err = Ask(ctx, s, events.FaultKindsCall, events.Nothing{})
		return err
	})
	switch {
	case err != nil:
		return kinds, err
	case session == nil:
		return app.FaultKinds(), nil
	}
	return kinds, session.Close()
}

// CheckFaults compares the experiments among the documents with the kinds of faults of the
// server that runs, or of this program. Errors: also events.Problems.
func (d *Deps) CheckFaults(ctx context.Context, server *Server, documents []spec.Document) error {
	if len(spec.Of[*app.ExperimentFile](documents)) == 0 {
		return nil
	}
	kinds, err := d.FaultKinds(ctx, server)
	if err != nil {
		return err
	}
	return unknownFaults(documents, kinds.Kinds).Err()
}

// unknownFaults are the faults of the documents that the server does not have.
func unknownFaults(documents []spec.Document, kinds []events.FaultKind) (problems events.Problems) {
	known := make([]string, 0, len(kinds))
	for _, k := range kinds {
		known = append(known, k.Name)
	}
	for _, doc := range documents {
		file, ok := doc.Value.(*app.ExperimentFile)
		if !ok {
			continue
		}
		for i, step := range file.Spec.Method {
			if !slices.Contains(known, step.Fault) {
				problems.Add(fmt.Sprintf("%s: spec.method[%d].fault", doc.Where, i),
					"the server that runs does not know %q; it has %s", step.Fault, strings.Join(known, ", "))
			}
		}
	}
	return problems
}
