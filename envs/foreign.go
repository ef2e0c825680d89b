package envs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// foreignShown bounds the names in a refusal.
const foreignShown = 10

// Foreign is what is in a namespace of ours and was made by somebody else.
type Foreign struct {
	// Objects are in order.
	Objects []Ref
	// Unlisted are the kinds of objects that cannot be listed, each with the reason.
	Unlisted []string
}

// keepForeign refuses to destroy an environment in which somebody else has put
// something, or may have: a namespace takes along all that is in it. What was deleted
// already is no matter of ours. Errors: *events.Error of KindRefused, or those of the
// cluster.
func (s *Service) keepForeign(ctx context.Context, asked row, now Current) error {
	if asked.Body.WithForeign || now.Terminating {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	found, err := s.deps.Cluster.Foreign(ctx, s.owner(asked.ID))
	if err != nil {
		return err
	}
	return found.without(secretsOf(*now.Namespace)).refuse(asked.ID)
}

// refuse names what is foreign.
func (f Foreign) refuse(environment string) error {
	var found []string
	if len(f.Objects) > 0 {
		names := make([]string, len(f.Objects))
		for i, r := range f.Objects {
			names[i] = r.String()
		}
		found = append(found, "objects that are not ours: "+bounded(names))
	}
	if len(f.Unlisted) > 0 {
		found = append(found, "kinds of objects that cannot be listed: "+bounded(f.Unlisted))
	}
	if len(found) == 0 {
		return nil
	}
	return events.Errorf(events.KindRefused,
		"remove them yourself, or with all that is there: shakedown env destroy "+environment+" --with-foreign",
		"namespace %s has %s", environment, strings.Join(found, "; and "))
}

func bounded(names []string) string {
	if more := len(names) - foreignShown; more > 0 {
		names = append(slices.Clone(names[:foreignShown]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// without leaves out objects that belong to the environment.
func (f Foreign) without(own []Ref) Foreign {
	f.Objects = slices.DeleteFunc(slices.Clone(f.Objects), func(r Ref) bool { return slices.Contains(own, r) })
	return f
}

// secretsOf are the Secrets that components of the environment read variables from.
func secretsOf(namespace Live) []Ref {
	doc, err := Parse([]byte(namespace.Annotations[AnnotationSpec]))
	if err != nil {
		return nil
	}
	var refs []Ref
	for _, c := range doc.Spec.Components {
		for _, v := range c.Env {
			if v.Secret != "" {
				refs = append(refs, Ref{Kind: "Secret", Name: v.Secret})
			}
		}
	}
	return refs
}
