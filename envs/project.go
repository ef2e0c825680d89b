package envs

import (
	"context"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

// refuseOrigin keeps the builds of a project from an environment that is not its own:
// one of another project, or one without a project, which was made by hand.
func refuseOrigin(l Live, from Origin) error {
	owner := l.Annotations[AnnotationProject]
	if l.Kind != kindNamespace || from.Project == "" || owner == from.Project {
		return nil
	}
	return notOf(from.Project, l.Name, owner)
}

// notOf refuses a build of a project for the environment of somebody else.
func notOf(project, environment, owner string) error {
	text := "was made by hand, and not by project " + project
	if owner != "" {
		text = fmt.Sprintf("belongs to project %s, not to %s", owner, project)
	}
	return events.Errorf(events.KindRefused, "name another environment in the call of the CI webhook, or destroy this one before",
		"environment %s %s", environment, text)
}

// refuseTemplate keeps the builds of a project from the template of another.
func refuseTemplate(d Document, b events.BuildSucceeded) error {
	if d.Spec.Project == "" || d.Spec.Project == b.Project {
		return nil
	}
	return events.Errorf(events.KindRefused, "name a template of your own project in the call of the CI webhook",
		"template %s belongs to project %s, not to %s", b.Template, d.Spec.Project, b.Project)
}

// project is whose environment it is after the request: that of the build, else that of
// the document, else whose it was. A change by hand takes it away from nobody.
func (r request) project(now Current) string {
	switch {
	case r.Origin.Project != "":
		return r.Origin.Project
	case r.Document.Spec.Project != "":
		return r.Document.Spec.Project
	case now.Namespace != nil:
		return now.Namespace.Annotations[AnnotationProject]
	}
	return ""
}

// othersError says that an open request for the name is not one of the project that
// asks.
type othersError struct {
	// id is that of the open request, and owner its project, "" for one by hand.
	id, owner string
	destroys  bool
}

// Error is for the log.
func (e *othersError) Error() string {
	return "the open request " + e.id + " is not one of the project"
}

// mayFollow says whether a request may supersede the open one: one by hand any, one of
// a project those of its own. That of others is first compared with the namespace.
func mayFollow(open row, next request) error {
	from := next.Origin.Project
	if from == "" || open.Asked.ID == next.over {
		return nil
	}
	e := &othersError{id: open.Asked.ID, destroys: open.Body.Document == nil}
	if !e.destroys {
		e.owner = open.Body.project(Current{})
	}
	if !e.destroys && e.owner == from {
		return nil
	}
	return e
}

// add records the request. One that an open request of others refuses is compared
// with the namespace, which knows whose it is; without one the open request does.
// Errors: as work.Queue.Add, and *events.Error of KindRefused.
func (s *Service) add(ctx context.Context, q *queue, name string, m events.Meta, asked request) error {
	err := q.Add(ctx, name, m, asked)
	others, ok := errors.AsType[*othersError](err)
	if !ok {
		return err
	}
	now, err := s.observe(ctx, name)
	switch {
	case err != nil:
		return err
	case now.Namespace != nil:
		err = refuse(*now.Namespace, s.owner(name), asked.Origin)
	case !others.destroys:
		err = notOf(asked.Origin.Project, name, others.owner)
	}
	if err != nil {
		return err
	}
	asked.over = others.id
	return q.Add(ctx, name, m, asked)
}
