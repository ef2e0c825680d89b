package sandbox

import (
	"context"
	"fmt"
)

// addOn is an object that every sandbox has.
type addOn struct {
	path   string
	object map[string]any
}

// bootstrap gives the cluster its DNS service and the rights of those users
// that Kubernetes itself does not know.
func bootstrap(ctx context.Context, a *api, c *record) error {
	for _, o := range addOns(c) {
		if err := a.apply(ctx, o.path, o.object); err != nil {
			return fmt.Errorf("applying %s: %w", o.path, err)
		}
	}
	return nil
}

// addOns are the objects, in the order in which they are made.
func addOns(c *record) []addOn {
	watch := []string{"get", "list", "watch"}
	objects := []addOn{
		clusterRole(userDNS, []rule{
			{APIGroups: []string{""}, Resources: []string{"services", "pods", "namespaces"}, Verbs: watch},
			{APIGroups: []string{"discovery.k8s.io"}, Resources: []string{"endpointslices"}, Verbs: watch},
		}),
		binding(userDNS, "system:coredns-sandbox", userDNS),
		clusterRole(userPrometheus, []rule{
			{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: watch},
		}),
		binding(userPrometheus, userPrometheus, userPrometheus),
		binding("system:kubelet-api-admin", "kube-apiserver-kubelets", userAPIServer),
	}
	return append(objects, dnsObjects(c)...)
}

// rule is a right.
type rule struct {
	APIGroups []string `json:"apiGroups"`
	Resources []string `json:"resources"`
	Verbs     []string `json:"verbs"`
}

const rbacPath = "/apis/rbac.authorization.k8s.io/v1/"

// clusterRole is a role with these rights.
func clusterRole(name string, rules []rule) addOn {
	return addOn{path: rbacPath + "clusterroles/" + name, object: map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
		"metadata": map[string]any{"name": name}, "rules": rules,
	}}
}

// binding grants the role to a user.
func binding(role, name, user string) addOn {
	return addOn{path: rbacPath + "clusterrolebindings/" + name, object: map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
		"metadata": map[string]any{"name": name},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
		"subjects": []map[string]any{{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}},
	}}
}

// dnsObjects are the service that pods ask for names, and its one endpoint: the
// DNS server runs on the control plane's machine, which is never switched off.
func dnsObjects(c *record) []addOn {
	type port struct {
		Name     string `json:"name"`
		Port     int    `json:"port"`
		Protocol string `json:"protocol"`
	}
	ports := []port{{"dns", 53, "UDP"}, {"dns-tcp", 53, "TCP"}}
	return []addOn{
		{path: "/api/v1/namespaces/kube-system/services/kube-dns", object: map[string]any{
			"apiVersion": "v1", "kind": "Service",
			"metadata": map[string]any{"name": "kube-dns", "labels": map[string]string{"k8s-app": "kube-dns"}},
			"spec":     map[string]any{"clusterIP": c.Subnet.dns(), "ports": ports},
		}},
		{path: "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns-control", object: map[string]any{
			"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
			"metadata":  map[string]any{"name": "kube-dns-control", "labels": map[string]string{"kubernetes.io/service-name": "kube-dns"}},
			"endpoints": []map[string]any{{"addresses": []string{c.Subnet.control().String()}}},
			"ports":     ports,
		}},
	}
}
