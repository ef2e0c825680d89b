package envs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// ReasonTerminating is the reason of a destroy that does not come to its end.
const ReasonTerminating = "Terminating"

// destroy deletes the namespace, if it is ours, and waits until it is gone.
func (s *Service) destroy(ctx context.Context, rows events.Table[request], req request, t *teller) (outcome, error) {
	now, err := s.Cluster.Observe(ctx, req.Name)
	if err != nil {
		return outcome{}, err
	}
	gone := outcome{destroyed: &events.EnvironmentDestroyed{Name: req.Name, Reason: req.Reason}}
	switch {
	case now.Namespace == nil && req.Begun:
		return gone, nil
	case now.Namespace == nil:
		return rejected(req.Name, Origin{}, notFound(req.Name)), nil
	}
	if err := refuse(*now.Namespace, req.Name, Origin{}); err != nil {
		return rejected(req.Name, Origin{}, err), nil
	}
	if err := s.begin(ctx, rows, req); err != nil {
		return outcome{}, err
	}
	t.step("delete", "")
	if !now.Terminating {
		if err := s.Cluster.Remove(ctx, *now.Namespace); err != nil {
			return outcome{}, err
		}
	}
	if err := s.awaitGone(ctx, *now.Namespace); err != nil {
		return s.heldOutcome(req, err)
	}
	return gone, nil
}

// heldOutcome is a failure when the namespace stays, and the error otherwise.
func (s *Service) heldOutcome(req request, err error) (outcome, error) {
	held, ok := errors.AsType[*heldError](err)
	if !ok {
		return outcome{}, err
	}
	return outcome{failed: &events.EnvironmentFailed{Name: req.Name, Reason: ReasonTerminating, Message: held.Error()}}, nil
}

func notFound(name string) error {
	return events.Errorf(events.KindNotFound, "shakedown env list", "there is no environment %s", name)
}

// heldError says what keeps a namespace from going away.
type heldError struct {
	namespace string
	after     time.Duration
	holders   []string
}

// Error names the holders.
func (e *heldError) Error() string {
	text := fmt.Sprintf("namespace %s is still there %s after it was to be deleted", e.namespace, e.after)
	if len(e.holders) == 0 {
		return text
	}
	return text + "; it is held by: " + strings.Join(e.holders, "; ")
}

// awaitGone waits for the end of a namespace. Errors: *heldError after the
// deadline.
func (s *Service) awaitGone(ctx context.Context, ns Live) error {
	limited, cancel := context.WithTimeout(ctx, s.Config.DestroyDeadline)
	defer cancel()
	err := s.Cluster.AwaitGone(limited, ns.Name, ns.UID)
	if err == nil || ctx.Err() != nil || !errors.Is(limited.Err(), context.DeadlineExceeded) {
		return err
	}
	holders, err := s.Cluster.Holders(ctx, ns.Name)
	if err != nil {
		holders = []string{"unknown: " + err.Error()}
	}
	return &heldError{namespace: ns.Name, after: s.Config.DestroyDeadline, holders: holders}
}
