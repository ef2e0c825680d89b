package envs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// never is the annotation of an environment that is destroyed only when somebody asks.
const never = "never"

// expiryDuty is the duty of the one server that looks for environments whose time is over,
// or that are gone.
const expiryDuty = "envs_expiry"

// errBusy says that a request for the environment is open, so that its time is looked at
// again when that has ended.
var errBusy = errors.New("a request for the environment is open")

// expiry is the end of the environment's time after the request: its ttl after that was
// made. One whose ttl is the same as before keeps a later end, which somebody has extended.
func expiry(asked row, now Current) string {
	ttl := asked.Body.Document.Spec.TTL
	if ttl == 0 {
		return never
	}
	end := asked.Asked.Time.Add(ttl.Std())
	if now.Namespace != nil && now.Namespace.Annotations[AnnotationTTL] == ttl.String() {
		if old, ok := ends(*now.Namespace); ok && old.After(end) {
			end = old
		}
	}
	return endText(end)
}

func endText(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// ends is the end of an environment's time, if it has one.
func ends(namespace Live) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, namespace.Annotations[AnnotationEnds])
	return t, err == nil
}

// endsText is the same for people and machines, "" for never.
func endsText(namespace Live) string {
	t, ok := ends(namespace)
	if !ok {
		return ""
	}
	return endText(t)
}

// openExpiry makes the duty known.
func (s *Service) openExpiry(ctx context.Context) (*work.Leader, error) {
	d := s.deps
	return work.OpenLeader(ctx, work.Deps{Store: d.Store, Bus: d.Bus, Owner: d.Owner, Now: d.Stamp.Now, Log: d.Log}, expiryDuty, d.Config.Lease)
}

// watchExpiry looks at all environments again and again, while this server has the duty:
// whose time is over, and which are gone.
func (s *Service) watchExpiry(q *queue) func(context.Context, work.Term) error {
	return func(ctx context.Context, _ work.Term) error {
		l := &lookout{warned: map[string]bool{}, known: map[string]string{}}
		for {
			if err := s.lookAtAll(ctx, q, l); err != nil {
				s.deps.Log.Warn("environments whose time is over, or that are gone, cannot be looked for", "error", err)
			}
			if !events.Wait(ctx, s.deps.Config.ExpiryEvery) {
				return nil
			}
		}
	}
}

// lookAtAll reads what the queue remembers before what is there: what it remembers then
// was there before.
func (s *Service) lookAtAll(ctx context.Context, q *queue, l *lookout) error {
	before, err := remembered(ctx, q, s.identity(ctx))
	if err != nil {
		return err
	}
	seen, err := s.deps.Cluster.List(ctx)
	if err != nil {
		return err
	}
	return errors.Join(s.expireAll(ctx, q, seen, l.warned), s.findLost(ctx, q, before, seen, l))
}

func (s *Service) expireAll(ctx context.Context, q *queue, seen []Seen, warned map[string]bool) error {
	var errs []error
	for _, e := range seen {
		end, ok := ends(e.Namespace)
		left := end.Sub(s.deps.Stamp.Now())
		switch {
		case !ok || e.Terminating || left > s.deps.Config.ExpiryWarning:
		case e.Namespace.ours(s.owner(e.Namespace.Name)):
			errs = append(errs, s.expire(ctx, q, e.Namespace, end, left, warned))
		case e.Namespace.unadopted(e.Namespace.Name):
			s.warnUnadopted(e.Namespace, warned)
		}
	}
	return errors.Join(errs...)
}

// warnUnadopted says once that an environment lives on, since it is nobody's.
func (s *Service) warnUnadopted(namespace Live, warned map[string]bool) {
	if warned[namespace.UID] {
		return
	}
	warned[namespace.UID] = true
	s.deps.Log.Warn("environment does not expire, since no installation has adopted it", "env", namespace.Name,
		"ends", endsText(namespace), "hint", "shakedown env adopt "+namespace.Name)
}

// expire puts a destroy into the queue when the time of an environment is over, and warns
// when it is nearly over. Either has an id of its own, so that it is done once; one for
// which a request is open is looked at again.
func (s *Service) expire(ctx context.Context, q *queue, namespace Live, end time.Time, left time.Duration, warned map[string]bool) error {
	about := namespace.UID + "/" + endText(end)
	if left <= 0 {
		asked := request{Reason: "expired", Ends: endText(end)}
		return s.accept(ctx, q, namespace.Name, s.deps.Stamp.About("", "expired "+about), asked)
	}
	if warned[about] {
		return nil
	}
	warned[about] = true
	s.deps.Log.Info("environment expires", "env", namespace.Name, "ends", endText(end))
	return events.EnvironmentExpiringTopic.Publish(ctx, s.deps.Bus, s.deps.Stamp.About("", "expiring "+about), events.EnvironmentExpiring{
		Name: namespace.Name, Ends: endText(end),
	})
}

// refuseExpiry refuses to destroy an environment that lives longer than the one who asked
// has seen.
func refuseExpiry(namespace Live, asked request) error {
	now := endsText(namespace)
	if asked.Ends == "" || asked.Ends == now {
		return nil
	}
	return events.Errorf(events.KindRefused, "", "environment %s was to be destroyed because its time was over at %s, and %s", namespace.Name, asked.Ends, livesText(now))
}

func livesText(end string) string {
	if end == "" {
		return "it has no end now"
	}
	return fmt.Sprintf("it lives until %s now", end)
}
