package envs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// TestDestroyKeepsWhatIsForeign: what somebody else has put into an environment is
// named, and nothing is deleted until that is asked for.
func TestDestroyKeepsWhatIsForeign(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		add  func(*fakeCluster)
		want string
	}{
		"object":   {func(c *fakeCluster) { c.quicker(Ref{kindDeployment, "by-hand"}) }, "objects that are not ours: deployment/by-hand"},
		"unlisted": {func(c *fakeCluster) { c.unlisted = []string{"secrets (no right)"} }, "kinds of objects that cannot be listed: secrets (no right)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.start()
			want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
			r.cluster.change(func() { test.add(r.cluster) })
			r.wantUnchanged(func() {
				no := want(t, events.EnvironmentRejectedTopic, r.outcome(r.destroy("shop")))
				if no.Kind != events.KindRefused || no.Reason != "namespace shop has "+test.want || !strings.Contains(no.Advice, "shakedown env destroy shop --with-foreign") {
					t.Errorf("rejected: %+v", no)
				}
			})
			cause := publish(r, events.EnvironmentDestroyTopic, events.EnvironmentDestroy{Name: "shop", WithForeign: true})
			want(t, events.EnvironmentDestroyedTopic, r.outcome(cause))
		})
	}
}

// TestForeignIsBounded: a refusal names some objects and counts the others.
func TestForeignIsBounded(t *testing.T) {
	t.Parallel()
	var f Foreign
	for i := range foreignShown + 2 {
		f.Objects = append(f.Objects, Ref{"Secret", fmt.Sprint("s", i)})
	}
	err := f.refuse("shop")
	if err == nil || !strings.HasSuffix(err.Error(), "secret/s9, and 2 more") {
		t.Errorf("error %v", err)
	}
	if err := f.without(f.Objects).refuse("shop"); err != nil {
		t.Errorf("nothing is foreign: %v", err)
	}
}

// TestSecretsOfComponents: a Secret that a component reads belongs to the environment.
func TestSecretsOfComponents(t *testing.T) {
	t.Parallel()
	o := Object{Ref: Ref{kindDeployment, "api"}, Manifest: []byte(`{"spec":{"template":{"spec":{"containers":[
		{"env":[{"name":"A","value":"b"},{"name":"P","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}]}]}}}}`)}
	if diff := cmp.Diff([]Ref{{"Secret", "db"}}, o.secrets()); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}
