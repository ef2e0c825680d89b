package envs

import (
	"context"

	"github.com/shakedown-dev/shakedown/events"
)

// adopt makes an environment that of this installation: one that names none, or names
// the installation that it is to be taken away from. The namespace comes first, so that
// one of two who adopt it at once gets it, then what is in it; doing it again goes on
// where it ended. Errors: *events.Error of KindNotFound; of KindRefused when it belongs
// to another installation.
func (s *Service) adopt(ctx context.Context, q *queue, e events.EnvironmentAdopt) (events.Environment, error) {
	none := events.Environment{}
	now, err := s.standing(ctx, e.Name)
	if err != nil {
		return none, err
	}
	if !events.IsOf(now.Namespace.Labels, e.Name) {
		return none, notFound(e.Name)
	}
	namespace, err := s.take(ctx, *now.Namespace, e)
	if err != nil {
		return none, err
	}
	for _, o := range now.Objects {
		if s.refuseAdoption(o, e) != nil {
			continue // it is foreign, and stays so
		}
		if _, err := s.take(ctx, o, e); err != nil {
			return none, err
		}
	}
	s.deps.Log.Info("environment adopted", "env", e.Name, "from", e.From)
	return s.look(ctx, q, Seen{Namespace: namespace})
}

// take puts our installation on an object, unless it is there already.
func (s *Service) take(ctx context.Context, l Live, e events.EnvironmentAdopt) (Live, error) {
	check := func(l Live) error { return s.refuseAdoption(l, e) }
	if err := check(l); err != nil || l.ours(s.owner(e.Name)) {
		return l, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	ours := Marks{Labels: map[string]string{events.LabelInstallation: s.deps.Installation}}
	return s.deps.Cluster.Mark(ctx, l, ours, check)
}

// refuseAdoption refuses what belongs to others than the one that is named.
func (s *Service) refuseAdoption(l Live, e events.EnvironmentAdopt) error {
	named := events.Owner{Installation: e.From, Environment: e.Name}
	if l.unadopted(e.Name) || l.ours(named) {
		return nil
	}
	return refuse(l, s.owner(e.Name), Origin{})
}
