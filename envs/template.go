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
	// Ends is the end of its time, as AnnotationEnds has it.
	Ends string `json:"ends,omitempty"`
	// Installation is who makes it. It is not stored: who does the work knows it.
	Installation string `json:"-"`
}

// FromBuild makes the request that a CI build stands for: the template with its
// name and the images replaced. Errors: *events.Error of KindNotFound when there
// is no such template, of KindRefused when it belongs to another project, of
// KindInvalid when a component is not in it.
func FromBuild(templates map[string]Document, b events.BuildSucceeded) (events.EnvironmentCreate, error) {
	doc, ok := templates[b.Template]
	if !ok {
		return events.EnvironmentCreate{}, events.Errorf(events.KindNotFound,
			"the server reads its templates at start, from --specs", "no template %q; %s", b.Template, known("templates", templates))
	}
	if err := refuseTemplate(doc, b); err != nil {
		return events.EnvironmentCreate{}, err
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

// buildName is the name asked for, or the template and the revision. A commit hash is
// shortened to its first digits and a mark of the whole, so that two never share a name.
func buildName(b events.BuildSucceeded) string {
	if b.Environment != "" {
		return events.Slug(b.Environment)
	}
	revision := b.Revision
	if isHash(revision) {
		revision = strings.ToLower(revision)
	}
	if len(revision) > longHash && isHash(revision) {
		revision = revision[:events.MarkLength] + events.Mark(revision)
	}
	if revision == "" {
		return events.Slug(b.Template)
	}
	return events.Slug(b.Template + "-" + revision)
}

// longHash is the length up to which a commit hash counts as shortened already.
const longHash = 12

// isHash says whether a revision looks like a commit hash, short or long. A revision of
// digits alone is a date or a number.
func isHash(revision string) bool {
	isHex := func(r rune) bool { return isDigit(r) || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F' }
	return len(revision) >= events.MarkLength && strings.ContainsFunc(revision, func(r rune) bool { return !isDigit(r) }) &&
		!strings.ContainsFunc(revision, func(r rune) bool { return !isHex(r) })
}

func known[T any](what string, m map[string]T) string {
	if len(m) == 0 {
		return "there are no " + what
	}
	return what + ": " + strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
