//go:build real

package kube_test

import (
	"testing"

	rbac "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// TestRealNeedsAreEnough lets every kind of fault go its way with the rights that it says
// it needs, in its namespace alone.
func TestRealNeedsAreEnough(t *testing.T) {
	for _, kind := range pod.Kinds(nil) {
		about := kind.Describe()
		t.Run(about.Name, func(t *testing.T) {
			s := newSuite(t, nil)
			s.deploy(3, nil)
			s.stand()
			s.serve(s.onlyAllowed(about.Needs))
			s.ask(s.requestOf(about))
			if reverted := await(s, events.FaultRevertedTopic); !reverted.Recovered || len(reverted.Residue) > 0 {
				t.Errorf("reverted: %+v; refused: %+v", reverted, of(s, events.FaultRefusedTopic))
			}
		})
	}
}

// onlyAllowed is a user with these rights in the namespace, and no others.
func (s *suite) onlyAllowed(needs []events.Permission) *rest.Config {
	s.t.Helper()
	role := &rbac.Role{ObjectMeta: metav1.ObjectMeta{Name: "chaos"}}
	for _, p := range needs {
		role.Rules = append(role.Rules, rbac.PolicyRule{APIGroups: []string{p.Group}, Resources: []string{p.Resource}, Verbs: p.Verbs})
	}
	user := "chaos-" + s.namespace
	binding := &rbac.RoleBinding{
		ObjectMeta: role.ObjectMeta,
		Subjects:   []rbac.Subject{{Kind: rbac.UserKind, APIGroup: rbac.GroupName, Name: user}},
		RoleRef:    rbac.RoleRef{APIGroup: rbac.GroupName, Kind: "Role", Name: role.Name},
	}
	if _, err := s.client.RbacV1().Roles(s.namespace).Create(s.t.Context(), role, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.client.RbacV1().RoleBindings(s.namespace).Create(s.t.Context(), binding, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	config := rest.CopyConfig(s.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user}
	return config
}
