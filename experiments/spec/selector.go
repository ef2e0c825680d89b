package spec

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// Selector chooses environments. Empty fields take everything.
type Selector struct {
	Template string            `json:"template,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
}

// Wants says whether the environment's readiness starts the experiment.
func (d Document) Wants(e events.Environment) bool {
	s := d.Spec.Environments
	if d.Spec.On != OnReady || s.Template != "" && s.Template != e.Template {
		return false
	}
	for key := range maps.Keys(s.Labels) {
		if v, ok := e.Labels[key]; !ok || v != s.Labels[key] {
			return false
		}
	}
	return true
}

// Selector is the label selector of what the target may hit.
func (t Target) Selector() string {
	if t.Component != "" {
		return events.LabelComponent + "=" + t.Component
	}
	return t.Labels
}

// checkSelector checks the syntax of a Kubernetes label selector: "a=b,c!=d,e in
// (f,g),h,!i". An empty one would select everything and is an error.
func checkSelector(s string) error {
	name := `([a-zA-Z0-9]([-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?)`
	key := `([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?` + name
	values := `\(\s*` + name + `?(\s*,\s*` + name + `?)*\s*\)`
	one := `\s*(!\s*` + key + `|` + key + `(\s*(=|==|!=)\s*` + name + `?|\s+(in|notin)\s*` + values + `)?)\s*`
	if strings.TrimSpace(s) == "" {
		return errors.New("is an empty selector: it would select everything")
	}
	if !regexp.MustCompile(`^` + one + `(,` + one + `)*$`).MatchString(s) {
		return fmt.Errorf("%q is not a label selector such as app=shop,tier in (web,api)", s)
	}
	return nil
}

// CheckSelection reports what is wrong with a choice of pods: a component or a label
// selector, not both.
func CheckSelection(component, labels string) events.Problems {
	switch {
	case component != "" && labels != "":
		return events.Problems{{Message: "has both component and labels"}}
	case component == "" && labels == "":
		return events.Problems{{Message: "has neither component nor labels"}}
	case component != "" && !events.IsDNSLabel(component):
		return events.Problems{{Key: "component", Message: fmt.Sprintf("%q is not a DNS label", component)}}
	case labels != "":
		if err := checkSelector(labels); err != nil {
			return events.Problems{{Key: "labels", Message: err.Error()}}
		}
	}
	return nil
}
