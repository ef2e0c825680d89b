package envs

import "github.com/shakedown-dev/shakedown/events"

// owner is whose the objects of an environment of this installation are.
func (s *Service) owner(environment string) events.Owner {
	return events.Owner{Installation: s.deps.Installation, Environment: environment}
}

// ours says whether the object carries the labels of the owner.
func (l Live) ours(owner events.Owner) bool { return owner.Owns(l.Labels) }

// unadopted says whether an earlier version has made the object, which named no
// installation.
func (l Live) unadopted(environment string) bool { return events.IsUnadopted(l.Labels, environment) }

// refuse says why an object may not be changed for the environment.
func refuse(l Live, owner events.Owner, from Origin) error {
	switch {
	case l.ours(owner):
		return refuseOrigin(l, from)
	case events.IsOf(l.Labels, owner.Environment):
		return notAdopted(l, owner)
	}
	missing := events.LabelManagedBy + "=" + events.Manager
	if l.Labels[events.LabelManagedBy] == events.Manager {
		missing = events.LabelEnvironment + "=" + owner.Environment
	}
	if l.Kind == kindNamespace {
		return events.Errorf(events.KindRefused, "choose another name for the environment, or remove the namespace yourself",
			"namespace %s exists and is not ours: it lacks the label %s", l.Name, missing)
	}
	return events.Errorf(events.KindRefused, "choose another name for the component, or remove the object yourself",
		"%s in namespace %s exists and is not ours: it lacks the label %s", l.Ref, l.Namespace, missing)
}

// notAdopted refuses what another installation has made for an environment of the name,
// or an earlier version that named none.
func notAdopted(l Live, owner events.Owner) error {
	adopt := "shakedown env adopt " + owner.Environment
	why, named := owner.Others(l.Labels)
	if !named {
		return events.Errorf(events.KindRefused, adopt, "%s exists and %s (this installation is %s)", l.place(), why, owner.Installation)
	}
	return events.Errorf(events.KindRefused,
		"choose another name for the environment, or, if that installation is gone: "+adopt+" --from "+l.Labels[events.LabelInstallation],
		"%s exists and %s", l.place(), why)
}

// place is the object with the namespace that it is in.
func (l Live) place() string {
	if l.Kind == kindNamespace {
		return "namespace " + l.Name
	}
	return l.String() + " in namespace " + l.Namespace
}
