package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

// carryOut takes the steps one after the other. After a failure those of later stages are
// not tried, since they may need what has failed; after an interruption none is. The error
// is that of the first step that failed.
func (p Plan) carryOut(ctx context.Context, do func(context.Context, Step) (Outcome, error)) (Plan, error) {
	var first error
	failedIn := -1
	for i := range p {
		s := &p[i]
		if !s.Acts() {
			continue
		}
		if ctx.Err() != nil || first != nil && s.stage != failedIn {
			s.Outcome = NotTried
			continue
		}
		err := s.take(ctx, do)
		if err != nil && first == nil {
			first, failedIn = err, s.stage
		}
	}
	return p, p.partly(first)
}

// take takes the step and notes how that ended.
func (s *Step) take(ctx context.Context, do func(context.Context, Step) (Outcome, error)) error {
	outcome, err := do(ctx, *s)
	if s.Outcome = outcome; err == nil {
		return nil
	}
	s.Outcome, s.Problem = Failed, err.Error()
	if _, stopped := errors.AsType[kit.Interrupted](err); stopped {
		s.Outcome = Interrupted
	}
	return err
}

// partly is the error of a plan of which a part was done: the exit code says so. One of
// which nothing was done ended as its first step.
func (p Plan) partly(first error) error {
	if first == nil || p.count(Done)+p.count(Asked) == 0 {
		return first
	}
	var parts []string
	for _, o := range []Outcome{Done, Asked, Failed, Interrupted, NotTried} {
		if n := p.count(o); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return events.Errorf(events.KindPartial, kit.HintOf(first), "partly done: %s: %w", strings.Join(parts, ", "), first)
}

func (p Plan) count(o Outcome) (n int) {
	for _, s := range p {
		if s.Outcome == o {
			n++
		}
	}
	return n
}

// refusal is the error of the first step that cannot be taken, nil when all can.
func (p Plan) refusal() error {
	for _, s := range p {
		if s.Action == Refuse {
			return s.refused
		}
	}
	return nil
}

// notTried is the plan of which nothing was begun.
func (p Plan) notTried() Plan {
	for i := range p {
		if p[i].Acts() {
			p[i].Outcome = NotTried
		}
	}
	return p
}
