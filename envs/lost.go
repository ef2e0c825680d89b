package envs

import (
	"context"
	"errors"
	"maps"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// reasonLost is the reason of environment.destroyed when nobody has asked us for it: its
// namespace was deleted by somebody else.
const reasonLost = "lost"

// lookout is what a server remembers that looks at all environments again and again.
type lookout struct {
	// warned are what was warned of: "UID/end", and the UIDs of unadopted namespaces.
	warned map[string]bool
	// known are the UIDs of the namespaces that were there, by name.
	known map[string]string
}

// identity is what tells the cluster from others, "" when that cannot be read. A server may
// be given another cluster, and nothing that it lacks is gone.
//
// Source: https://opentelemetry.io/docs/specs/semconv/registry/attributes/k8s/ (k8s.cluster.uid).
func (s *Service) identity(ctx context.Context) string {
	now, err := s.observe(ctx, "kube-system")
	if err != nil || now.Namespace == nil {
		return ""
	}
	return now.Namespace.UID
}

// remembered are the UIDs of the namespaces that the queue knows in the cluster, by name.
func remembered(ctx context.Context, q *queue, cluster string) (map[string]string, error) {
	pasts, err := q.Pasts(ctx)
	if err != nil && !errors.Is(err, work.ErrUnreadable) {
		return nil, err
	}
	uids := map[string]string{}
	for _, p := range pasts {
		if e, err := endOfPast(p); err == nil && e != nil && e.UID != "" && cluster != "" && e.Cluster == cluster {
			uids[p.ID] = e.UID
		}
	}
	return uids, nil
}

// findLost says of environments that were there before, and are not seen, that they are
// gone. One that was made anew is there.
func (s *Service) findLost(ctx context.Context, q *queue, before map[string]string, seen []Seen, l *lookout) error {
	there, ours := map[string]string{}, map[string]string{}
	for _, e := range seen {
		name := e.Namespace.Name
		there[name] = e.Namespace.UID
		if e.Namespace.ours(s.owner(name)) {
			ours[name] = e.Namespace.UID
		}
	}
	var errs []error
	known := maps.Clone(l.known)
	maps.Copy(known, before)
	for name, uid := range known {
		if there[name] == uid || ours[name] != "" {
			continue
		}
		kept, err := s.lost(ctx, q, name, uid)
		if errs = append(errs, err); kept {
			ours[name] = uid
		}
	}
	err := errors.Join(errs...)
	if err == nil {
		l.known = ours
	}
	return err
}

// lost publishes that an environment is gone, unless a request of ours is why, which says
// so itself; one that was given up before its end says why in its stead. It says whether
// the namespace is there after all: somebody has changed the labels by which we list ours.
func (s *Service) lost(ctx context.Context, q *queue, name, uid string) (kept bool, err error) {
	now, err := s.observe(ctx, name)
	if err != nil || now.Namespace != nil && now.Namespace.UID == uid {
		return err == nil, err
	}
	if _, err := q.Get(ctx, name); !errors.Is(err, events.ErrNotFound) {
		return false, err
	}
	past, err := q.Past(ctx, name)
	if err != nil && !errors.Is(err, events.ErrNotFound) {
		return false, err
	}
	last, err := endOfPast(past)
	if err != nil || last != nil && (last.Outcome == outcomeDestroyed || last.UID != "" && last.UID != uid) {
		return false, err
	}
	meta := s.deps.Stamp.About("", "lost "+uid)
	meta.Correlation, meta.Causation = past.Asked.Correlation, past.Asked.ID
	gone := events.EnvironmentDestroyed{Name: name, Reason: last.gone()}
	if err := events.EnvironmentDestroyedTopic.Publish(ctx, s.deps.Bus, meta, gone); err != nil {
		return false, err
	}
	s.deps.Log.Warn("environment is gone, and no request was worked on", "env", name, "uid", uid, "reason", gone.Reason)
	return false, q.Forget(ctx, name)
}
