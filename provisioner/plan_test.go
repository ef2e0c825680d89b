package provisioner_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

func TestPlan(t *testing.T) {
	ready := func(change func(*provisioner.Status)) *provisioner.Status {
		s := &provisioner.Status{
			Name: "demo", Driver: "sandbox", State: provisioner.StateReady,
			Version: "v1.36.3", Nodes: make([]provisioner.Node, 3),
		}
		change(s)
		return s
	}
	for _, test := range []struct {
		name    string
		desired func(*provisioner.Document)
		current *provisioner.Status
		want    []provisioner.Action
		refused string
	}{
		{"nothing there", func(*provisioner.Document) {}, nil, []provisioner.Action{"check", "create"}, ""},
		{"as wanted", func(*provisioner.Document) {}, ready(func(*provisioner.Status) {}), nil, ""},
		{"a node is off", func(*provisioner.Document) {}, ready(func(s *provisioner.Status) { s.State = provisioner.StateDegraded }), nil, ""},
		{"same version", func(d *provisioner.Document) { d.Spec.Kubernetes.Version = "v1.36.3" }, ready(func(*provisioner.Status) {}), nil, ""},
		{"half made", func(*provisioner.Document) {}, ready(func(s *provisioner.Status) { s.State, s.Reason = provisioner.StateBroken, "half made" }), nil, "cannot be used: half made"},
		{"another driver", func(*provisioner.Document) {}, ready(func(s *provisioner.Status) { s.Driver = "existing" }), nil, "exists with driver existing, not sandbox"},
		{"more nodes", func(d *provisioner.Document) { d.Spec.Nodes = 5 }, ready(func(*provisioner.Status) {}), nil, "exists with 3 nodes, not 5"},
		{"another version", func(d *provisioner.Document) { d.Spec.Kubernetes.Version = "v1.37.0" }, ready(func(*provisioner.Status) {}), nil, "exists with Kubernetes v1.36.3, not v1.37.0"},
		{"as registered", existing("/k", ""), registered(), nil, ""},
		{"as registered, a program allowed", existing("/k", "c"), withExec(registered()), nil, ""},
		{"registered from another file", existing("/other", "c"), registered(), nil, "exists with kubeconfig /k (context c), not /other (context c)"},
		{"registered with another context", existing("/k", "d"), registered(), nil, "exists with kubeconfig /k (context c), not /k (context d)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			steps, err := provisioner.NewPlan(document(test.desired), test.current)
			var got []provisioner.Action
			for _, s := range steps {
				got = append(got, s.Action)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
			refusal(t, err, test.refused)
		})
	}
}

// existing asks for a cluster that is there.
func existing(file, context string) func(*provisioner.Document) {
	return func(d *provisioner.Document) {
		d.Spec = provisioner.Spec{Driver: "existing", Existing: &provisioner.Existing{Kubeconfig: file, Context: context}}
	}
}

// registered is one that is registered.
func registered() *provisioner.Status {
	return &provisioner.Status{
		Name: "demo", Driver: "existing", State: provisioner.StateReady, Existing: &provisioner.Existing{Kubeconfig: "/k", Context: "c"},
	}
}

// withExec is the same, and a person has allowed the program by which it logs in.
func withExec(s *provisioner.Status) *provisioner.Status {
	s.Existing.Exec = true
	return s
}

// refusal checks that err refuses with these words, or is nil without any.
func refusal(t *testing.T, err error, words string) {
	t.Helper()
	if words == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	var e *events.Error
	if !errors.As(err, &e) || e.Kind != events.KindRefused || !strings.Contains(e.Message, words) || e.Advice == "" {
		t.Errorf("error %v, want a refusal with %q and a hint", err, words)
	}
}
