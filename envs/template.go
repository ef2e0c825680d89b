package envs

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// Origin is where an environment came from, when CI asked for it.
type Origin struct {
	Template string `json:"template,omitempty"`
	Project  string `json:"project,omitempty"`
	Revision string `json:"revision,omitempty"`
	// Seeded is "DataCopy/run" of the copy that filled it, "" when none did yet.
	Seeded string `json:"seeded,omitempty"`
}

// FromBuild makes the request that a CI build stands for: the template with its
// name and the images replaced. Errors: *events.Error of KindNotFound when there
// is no such template, of KindInvalid when a component is not in it.
func FromBuild(templates map[string]Document, b events.BuildSucceeded) (events.EnvironmentCreate, error) {
	doc, ok := templates[b.Template]
	if !ok {
		return events.EnvironmentCreate{}, events.Errorf(events.KindNotFound,
			"the server reads its templates at start, from --specs", "no template %q; %s", b.Template, known("templates", templates))
	}
	doc.Spec.Components = maps.Clone(doc.Spec.Components)
	for _, name := range slices.Sorted(maps.Keys(b.Components)) {
		comp, ok := doc.Spec.Components[name]
		if !ok {
			return events.EnvironmentCreate{}, events.Errorf(events.KindInvalid, "name the components as the template does",
				"template %s has no component %q; %s", b.Template, name, known("components", doc.Spec.Components))
		}
		comp.Image = b.Components[name]
		doc.Spec.Components[name] = comp
	}
	doc.Metadata.Name = buildName(b)
	raw, err := json.Marshal(doc)
	if err != nil {
		return events.EnvironmentCreate{}, err
	}
	return events.EnvironmentCreate{
		Name: doc.Metadata.Name, Spec: raw, Template: b.Template, Project: b.Project, Revision: b.Revision,
	}, nil
}

// buildName is the name asked for, or the template and the revision: of a commit
// hash the first seven digits, of anything else the whole.
func buildName(b events.BuildSucceeded) string {
	if b.Environment != "" {
		return Slug(b.Environment)
	}
	revision := strings.ToLower(b.Revision)
	if len(revision) >= 7 && !strings.ContainsFunc(revision, func(r rune) bool { return !isDigit(r) && (r < 'a' || r > 'f') }) {
		revision = revision[:7]
	}
	if revision == "" {
		return Slug(b.Template)
	}
	return Slug(b.Template + "-" + revision)
}

func known[T any](what string, m map[string]T) string {
	if len(m) == 0 {
		return "there are no " + what
	}
	return what + ": " + strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
