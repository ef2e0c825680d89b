package node

import (
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

func TestClusterAt(t *testing.T) {
	of := func(name, server string, power bool) events.Cluster {
		return events.Cluster{Name: name, Server: server, Switch: power}
	}
	const server = "https://127.0.0.1:6443"
	for _, tc := range []struct {
		name     string
		clusters []events.Cluster
		want     string
	}{
		{"none", nil, ""},
		{"another", []events.Cluster{of("a", "https://127.0.0.1:6444", true)}, ""},
		{"one", []events.Cluster{of("a", "https://127.0.0.1:6444", true), of("b", server+"/", true)}, "b"},
		{"one without switches", []events.Cluster{of("a", server, false)}, "a"},
		{"registered a second time", []events.Cluster{of("a", server, false), of("b", server, true)}, "b"},
		{"two that have switches", []events.Cluster{of("a", server, true), of("b", server, true)}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := clusterAt(tc.clusters, server)
			if got.Name != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("cluster %q, error %v, want %q", got.Name, err, tc.want)
			}
		})
	}
}
