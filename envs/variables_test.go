package envs

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVariablesArriveAsWritten: Kubernetes puts in other variables for $(NAME) where they
// stand before, and makes one dollar of two. It must not do so with ours.
func TestVariablesArriveAsWritten(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"DB_URL": "mysql://$(DB_USER)@db/$(ZONE)", "DB_USER": "app", "ZONE": "eu", "Z_URL": "$(ZONE)", "PRICE": "$(5)", "COST": "$$(ZONE)",
		"END": "5$", "MANY": "$$$$(", "SHELL": "$HOME ${HOME}",
	}
	d := shop()
	d.Spec.Components = map[string]Component{"api": {Image: "shop:v1", Env: want}}
	got := map[string]string{}
	for _, v := range variables(t, d.WithDefaults().Objects(Origin{}, "now")) {
		got[v.Name] = expand(v.Value, got)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what arrives (-want +got):\n%s", diff)
	}
}

type variable struct{ Name, Value string }

// variables are those of the first container of the first Deployment.
func variables(t *testing.T, objects []Object) []variable {
	t.Helper()
	var m struct {
		Spec struct {
			Template struct {
				Spec struct{ Containers []struct{ Env []variable } }
			}
		}
	}
	if err := json.Unmarshal(objects[1].Manifest, &m); err != nil {
		t.Fatal(err)
	}
	return m.Spec.Template.Spec.Containers[0].Env
}

// expand is what Kubernetes makes of a value when the variables before it are known.
//
// Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
func expand(value string, known map[string]string) string {
	return regexp.MustCompile(`\$\$|\$\([^)]*\)`).ReplaceAllStringFunc(value, func(found string) string {
		if found == "$$" {
			return "$"
		}
		if text, ok := known[found[2:len(found)-1]]; ok {
			return text
		}
		return found
	})
}
