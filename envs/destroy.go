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
func (s *Service) destroy(ctx context.Context, c *claim, p *progress) (outcome, error) {
	asked := c.Row()
	now, err := s.observe(ctx, asked.ID)
	if err != nil {
		return outcome{}, err
	}
	gone := outcome{destroyed: &events.EnvironmentDestroyed{Name: asked.ID, Reason: asked.Body.Reason}}
	switch {
	case now.Namespace == nil && asked.Body.deletes():
		return gone, nil
	case now.Namespace == nil:
		return rejected(asked.ID, Origin{}, notFound(asked.ID)), nil
	}
	if err := refuse(*now.Namespace, s.owner(asked.ID), Origin{}); err != nil {
		return rejected(asked.ID, Origin{}, err), nil
	}
	if err := refuseExpiry(*now.Namespace, asked.Body); err != nil && !now.Terminating {
		return rejected(asked.ID, Origin{}, err), nil
	}
	switch err := s.keepForeign(ctx, asked, now); {
	case isFinal(err):
		return rejected(asked.ID, Origin{}, err), nil
	case err != nil:
		return outcome{}, err
	}
	p.step("delete", "")
	if err := s.begin(ctx, c, now); err != nil {
		return outcome{}, err
	}
	return gone, s.awaitGone(ctx, *now.Namespace)
}

// deletes says that the environment may be gone because we have begun to delete it, for this
// request or for one whose place it has taken.
func (r request) deletes() bool {
	if r.verb() == verbDestroy {
		return r.Begun || r.Deleted
	}
	return r.Deleted && !r.Begun // a create that has begun may have made it anew
}

// begin notes that the deletion is about to start, so that a server which finds
// the namespace gone after a crash knows who it was, and starts it.
func (s *Service) begin(ctx context.Context, c *claim, now Current) error {
	if err := noteBegun(ctx, c); err != nil {
		return err
	}
	if now.Terminating {
		return nil
	}
	return s.remove(ctx, c, *now.Namespace)
}

func notFound(name string) error {
	return events.Errorf(events.KindNotFound, "shakedown env list", "there is no environment %s", name)
}

// heldError says what keeps a namespace from going away.
type heldError struct {
	namespace, uid string
	after          time.Duration
	holders        []string
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
// deadline, when the namespace was still there then.
func (s *Service) awaitGone(ctx context.Context, ns Live) error {
	limited, cancel := context.WithTimeout(ctx, s.deps.Config.DestroyDeadline)
	defer cancel()
	err := s.deps.Cluster.AwaitGone(limited, ns.Name, ns.UID)
	if err == nil || ctx.Err() != nil || !errors.Is(limited.Err(), context.DeadlineExceeded) {
		return err
	}
	return s.held(ctx, ns)
}

// held says what holds a namespace, if it is still there.
func (s *Service) held(ctx context.Context, ns Live) error {
	now, err := s.observe(ctx, ns.Name)
	if err != nil || now.Namespace == nil || now.Namespace.UID != ns.UID {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	holders, err := s.deps.Cluster.Holders(ctx, ns.Name)
	if err != nil {
		holders = []string{"unknown: " + err.Error()}
	}
	return &heldError{namespace: ns.Name, uid: ns.UID, after: s.deps.Config.DestroyDeadline, holders: holders}
}
