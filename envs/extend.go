package envs

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// extend lets an environment live on, from now. Errors: *events.Error of KindNotFound; of
// KindInvalid when it is not said for how long, or that would be shorter than now; of
// KindRefused when it is not ours.
func (s *Service) extend(ctx context.Context, q *queue, e events.EnvironmentExtend) (events.Environment, error) {
	none := events.Environment{}
	now, err := s.standing(ctx, e.Name)
	if err != nil {
		return none, err
	}
	if err := s.find(now.Namespace, e.Name); err != nil {
		return none, err
	}
	end, err := extended(*now.Namespace, e, s.deps.Stamp.Now())
	if err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	ours := func(l Live) error { return refuse(l, s.owner(e.Name), Origin{}) }
	later := Marks{Annotations: map[string]string{AnnotationEnds: endText(end)}}
	namespace, err := s.deps.Cluster.Mark(ctx, *now.Namespace, later, ours)
	if err != nil {
		return none, err
	}
	return s.look(ctx, q, Seen{Namespace: namespace})
}

// standing reads what is there of the name, whoever has made it. Errors: *events.Error of
// KindNotFound when there is no namespace, or it is going away.
func (s *Service) standing(ctx context.Context, name string) (Current, error) {
	if !events.IsDNSLabel(name) {
		return Current{}, notFound(name)
	}
	now, err := s.observe(ctx, name)
	if err == nil && (now.Namespace == nil || now.Terminating) {
		err = notFound(name)
	}
	return now, err
}

// extended is the end of the environment's time when it is extended now.
func extended(namespace Live, e events.EnvironmentExtend, now time.Time) (time.Time, error) {
	span := e.For.Std()
	if span == 0 {
		span, _ = time.ParseDuration(namespace.Annotations[AnnotationTTL]) // none without a ttl
	}
	old, ok := ends(namespace)
	switch {
	case !ok && namespace.Annotations[AnnotationTTL] == "":
		return now, events.Errorf(events.KindInvalid, "", "environment %s has no ttl: it lives until somebody destroys it", e.Name)
	case span <= 0:
		return now, events.Errorf(events.KindInvalid, "shakedown env extend "+e.Name+" --for 24h", "it is not said for how long environment %s is to live", e.Name)
	case ok && now.Add(span).Before(old):
		return now, events.Errorf(events.KindInvalid, "give a longer time with --for", "environment %s lives until %s already", e.Name, endText(old))
	}
	return now.Add(span), nil
}
