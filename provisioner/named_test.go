package provisioner

import "testing"

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
		{"another kubeconfig", existing("/root/.kube/config", "prod"), false},
	} {
		if err := s.named(c.d); (err == nil) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
