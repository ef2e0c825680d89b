package plan

import (
	"cmp"
	"maps"
	"path"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// Member is something that may be hit: a component of an environment, or a node.
type Member struct {
	// Name is that of no other member, such as "staging/api".
	Name string `json:"name"`

	Project     string `json:"project,omitempty"`
	Environment string `json:"environment,omitempty"`
	Component   string `json:"component,omitempty"`
	// Zone and ScalingGroup are those of a node.
	Zone         string `json:"zone,omitempty"`
	ScalingGroup string `json:"scalingGroup,omitempty"`

	// EnvironmentLabels are those of its environment.
	EnvironmentLabels map[string]string `json:"environmentLabels,omitempty"`
	Labels            map[string]string `json:"labels,omitempty"`
	Annotations       map[string]string `json:"annotations,omitempty"`
	// Lacks says why it cannot be hit although it was chosen, "" when it can.
	Lacks string `json:"lacks,omitempty"`
}

// Group is what is hit at most once a day, with the names of its members, in order.
type Group struct {
	Name    string   `json:"name"`
	Members []string `json:"members"`
}

// Groups sorts the members that the schedule chooses into groups, and says why it leaves
// out others that are in its environments.
func Groups(d spec.Document, members []Member) (groups []Group, left map[string]string) {
	byName, left := map[string][]string{}, map[string]string{}
	for _, m := range members {
		if !Chosen(d.Spec.Environments, m) {
			continue
		}
		name := groupOf(d.Spec.Monkey.Grouping, m)
		if why := cmp.Or(leftOut(*d.Spec.Monkey, m), m.Lacks); why != "" {
			left[m.Name] = why
			continue
		}
		if name == "" {
			left[m.Name] = "has no " + d.Spec.Monkey.Grouping
			continue
		}
		byName[name] = append(byName[name], m.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		slices.Sort(byName[name])
		groups = append(groups, Group{name, slices.Compact(byName[name])})
	}
	return groups, left
}

// OneProject refuses a choice of environments that reaches into several projects, or names
// one of another project.
func OneProject(d spec.Document, members []Member) error {
	e := d.Spec.Environments
	projects := map[string]string{} // an environment of each
	for _, m := range members {
		if e.Project != "" && m.Project != e.Project && slices.Contains(e.Names, m.Environment) {
			return refused(d, "names environment %s, which belongs to project %q, and its project is %s", m.Environment, m.Project, e.Project)
		}
		if Chosen(e, m) && len(e.Names) == 0 {
			projects[m.Project] = m.Environment
		}
	}
	if len(projects) > 1 {
		names := slices.Sorted(maps.Keys(projects))
		return refused(d, "chooses environments of several projects: %s of %q and %s of %q", projects[names[0]], names[0], projects[names[1]], names[1])
	}
	return nil
}

func refused(d spec.Document, format string, args ...any) error {
	return events.Errorf(events.KindInvalid, "name one project and what belongs to it in spec.environments", "schedule "+d.Metadata.Name+" "+format, args...)
}

// Chosen says whether the member is in one of the environments.
func Chosen(e spec.Environments, m Member) bool {
	return (e.Project == "" || e.Project == m.Project) &&
		(len(e.Names) == 0 || slices.Contains(e.Names, m.Environment)) &&
		has(m.EnvironmentLabels, e.Labels)
}

// has says whether all of the wanted labels are there.
func has(labels, wanted map[string]string) bool {
	for key, value := range wanted {
		if is, ok := labels[key]; !ok || is != value {
			return false
		}
	}
	return true
}

// leftOut says why a chosen member is not hit, "" when it may be.
func leftOut(m spec.Monkey, member Member) string {
	if !has(member.Labels, m.OptIn.Labels) || !has(member.Annotations, m.OptIn.Annotations) {
		return "has not opted in"
	}
	for _, e := range m.Except {
		if fits(e.Project, member.Project) && fits(e.Environment, member.Environment) && fits(e.Component, member.Component) {
			return "is an exception of the schedule"
		}
	}
	return ""
}

// fits says whether a pattern means the name; none means every name.
func fits(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return pattern == "" || err != nil || ok // a pattern that cannot be read leaves out
}

func groupOf(grouping string, m Member) string {
	switch grouping {
	case spec.GroupProject:
		return m.Project
	case spec.GroupEnvironment:
		return m.Environment
	case spec.GroupComponent:
		if m.Component == "" {
			return ""
		}
		return m.Environment + "/" + m.Component
	case spec.GroupZone:
		return m.Zone
	}
	return m.ScalingGroup
}
