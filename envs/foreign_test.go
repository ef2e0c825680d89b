package envs

import (
	"fmt"
	"strings"
	"testing"

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

// TestDestroyKnowsSecretsOfComponents: a Secret that a component reads belongs to the
// environment, although somebody else has put it there.
func TestDestroyKnowsSecretsOfComponents(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	doc := small("shop", "v1")
	api := doc.Spec.Components["api"]
	api.Env = map[string]Variable{"A": {Text: "b"}, "PASSWORD": {Secret: "db", Key: "password"}}
	doc.Spec.Components["api"] = api
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(doc)))
	r.cluster.change(func() { r.cluster.quicker(Ref{"Secret", "db"}) })
	want(t, events.EnvironmentDestroyedTopic, r.outcome(r.destroy("shop")))
}
