package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	on := map[string]string{"monkey": "on"}
	member := func(project, environment, component string, change ...func(*plan.Member)) plan.Member {
		m := plan.Member{Name: environment + "/" + component, Project: project, Environment: environment, Component: component, Labels: on, Zone: "z1", ScalingGroup: "asg"}
		for _, c := range change {
			c(&m)
		}
		return m
	}
	members := []plan.Member{
		member("shop", "staging", "cart"), member("shop", "staging", "api"), member("shop", "pr-1", "api"),
		member("other", "other", "api"),
		member("shop", "staging", "db", func(m *plan.Member) { m.Labels = nil }),
		member("shop", "staging", "web-canary"),
		member("shop", "staging", "mail", func(m *plan.Member) { m.Lacks = "no experiment states a hypothesis" }),
		member("shop", "pr-1", "zoneless", func(m *plan.Member) { m.Zone, m.ScalingGroup = "", "" }),
	}
	left := map[string]string{
		"staging/db": "has not opted in", "staging/web-canary": "is an exception of the schedule", "staging/mail": "no experiment states a hypothesis",
	}
	zoneless := map[string]string{"pr-1/zoneless": ""}
	for grouping, want := range map[string][]plan.Group{
		spec.GroupProject:     {{Name: "shop", Members: []string{"pr-1/api", "pr-1/zoneless", "staging/api", "staging/cart"}}},
		spec.GroupEnvironment: {{Name: "pr-1", Members: []string{"pr-1/api", "pr-1/zoneless"}}, {Name: "staging", Members: []string{"staging/api", "staging/cart"}}},
		spec.GroupComponent: {
			{Name: "pr-1/api", Members: []string{"pr-1/api"}},
			{Name: "pr-1/zoneless", Members: []string{"pr-1/zoneless"}},
			{Name: "staging/api", Members: []string{"staging/api"}},
			{Name: "staging/cart", Members: []string{"staging/cart"}},
		},
		spec.GroupZone:    {{Name: "z1", Members: []string{"pr-1/api", "staging/api", "staging/cart"}}},
		spec.GroupScaling: {{Name: "asg", Members: []string{"pr-1/api", "staging/api", "staging/cart"}}},
	} {
		d := monkey(func(s *spec.Spec) {
			s.Monkey.Grouping, s.Monkey.Except = grouping, []spec.Exception{{Component: "*-canary"}}
		})
		groups, why := plan.Groups(d, members)
		if diff := cmp.Diff(want, groups); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", grouping, diff)
		}
		for name := range zoneless {
			if why[name] != "" {
				delete(why, name)
			}
		}
		if diff := cmp.Diff(left, why); diff != "" {
			t.Errorf("left out by %s (-want +got):\n%s", grouping, diff)
		}
	}
}

func TestChosenEnvironments(t *testing.T) {
	t.Parallel()
	m := plan.Member{Name: "a/b", Project: "shop", Environment: "a", Component: "b", EnvironmentLabels: map[string]string{"tier": "test"}, Labels: map[string]string{"monkey": "on"}}
	for name, tc := range map[string]struct {
		environments spec.Environments
		want         int
	}{
		"its project":       {spec.Environments{Project: "shop"}, 1},
		"another project":   {spec.Environments{Project: "sho"}, 0},
		"its name":          {spec.Environments{Names: []string{"c", "a"}}, 1},
		"other names":       {spec.Environments{Names: []string{"c"}}, 0},
		"its label":         {spec.Environments{Labels: map[string]string{"tier": "test"}}, 1},
		"another value":     {spec.Environments{Labels: map[string]string{"tier": "prod"}}, 0},
		"an absent label":   {spec.Environments{Labels: map[string]string{"tiers": ""}}, 0},
		"all of them":       {spec.Environments{Project: "shop", Names: []string{"a"}, Labels: map[string]string{"tier": "test"}}, 1},
		"all of them but 1": {spec.Environments{Project: "other", Names: []string{"a"}, Labels: map[string]string{"tier": "test"}}, 0},
	} {
		groups, left := plan.Groups(monkey(func(s *spec.Spec) { s.Environments = tc.environments }), []plan.Member{m})
		if len(groups) != tc.want || len(left) != 0 {
			t.Errorf("%s: groups %v, left out %v", name, groups, left)
		}
	}
}

func TestOneProject(t *testing.T) {
	t.Parallel()
	members := []plan.Member{
		{Name: "a/x", Project: "shop", Environment: "a", EnvironmentLabels: map[string]string{"tier": "test"}},
		{Name: "b/x", Project: "bank", Environment: "b", EnvironmentLabels: map[string]string{"tier": "test"}},
	}
	for name, tc := range map[string]struct {
		environments spec.Environments
		want         string
	}{
		"a project":               {spec.Environments{Project: "shop"}, ""},
		"a label of two projects": {spec.Environments{Labels: map[string]string{"tier": "test"}}, `chooses environments of several projects: b of "bank" and a of "shop"`},
		"the same in one project": {spec.Environments{Project: "shop", Labels: map[string]string{"tier": "test"}}, ""},
		"names of another one":    {spec.Environments{Project: "shop", Names: []string{"a", "b"}}, `names environment b, which belongs to project "bank"`},
		"names of two projects":   {spec.Environments{Names: []string{"a", "b"}}, ""},
	} {
		err := plan.OneProject(monkey(func(s *spec.Spec) { s.Environments = tc.environments }), members)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
