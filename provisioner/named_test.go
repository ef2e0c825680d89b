package provisioner

import (
	"errors"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// TestNamed: a kubeconfig is taken from a request if a file of the server names it, with
// the same context.
func TestNamed(t *testing.T) {
	existing := func(path, context string) Document {
		d := NewDocument("eks")
		d.Spec = Spec{Driver: DriverExisting, Existing: &Existing{Kubeconfig: path, Context: context}}
		return d
	}
	s := Service{deps: Deps{Documents: []Document{NewDocument("demo"), existing("/etc/kube/eks", "prod")}}}
	for _, c := range []struct {
		name string
		d    Document
		want bool
	}{
		{"no kubeconfig", NewDocument("other"), true},
		{"of a file", existing("/etc/kube/eks", "prod"), true},
		{"another context", existing("/etc/kube/eks", ""), false},
		{"another kubeconfig", existing("/etc/kube/other", "prod"), false},
	} {
		if err := s.named(c.d); (err == nil) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestNamedHint: what is typed as it says registers this cluster, and makes no other.
func TestNamedHint(t *testing.T) {
	d := NewDocument("eks")
	d.Spec = Spec{Driver: DriverExisting, Existing: &Existing{Kubeconfig: "/etc/kube/other", Context: "prod"}}
	e, ok := errors.AsType[*events.Error]((&Service{}).named(d))
	const want = "shakedown cluster create eks --driver existing --kubeconfig /etc/kube/other --context prod --standalone"
	if !ok || !strings.Contains(e.Advice, want) {
		t.Errorf("error %+v, want the hint %q", e, want)
	}
}
