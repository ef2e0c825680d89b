package sandbox

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// testRecord is a sandbox of two nodes.
func testRecord() *record {
	return &record{Name: "demo", Subnet: 64, Nodes: newNodes("demo", 64, 2), Tools: map[string]string{}}
}

func TestMachinesKnowTheWayToEachOther(t *testing.T) {
	c, l := testRecord(), newLayout("/data", "demo")
	want := network{
		Address: "10.64.0.12/24", Uplink: "/data/clusters/demo/machines/demo-control", Port: "port2",
		Routes: []route{{Network: "10.64.128.0/24", Via: "10.64.0.11"}},
	}
	if diff := cmp.Diff(want, workerSpec(c, l, 1).Network); diff != "" {
		t.Errorf("network of the second worker (-want +got):\n%s", diff)
	}
	pods := []route{{Network: "10.64.128.0/24", Via: "10.64.0.11"}, {Network: "10.64.129.0/24", Via: "10.64.0.12"}}
	want = network{Address: "10.64.0.2/24", Routes: pods, Switch: &switchSpec{
		HostLink: l.hostLink(), HostAddress: "10.64.0.1/24",
		HostRoutes: append([]route{{Network: "10.64.16.0/20", Via: "10.64.0.2"}}, pods...),
	}}
	if diff := cmp.Diff(want, controlSpec(c, l).Network); diff != "" {
		t.Errorf("network of the control plane (-want +got):\n%s", diff)
	}
}

func TestConfigurationFilesAreJSON(t *testing.T) {
	c := testRecord()
	a, err := newCredentials("demo", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	control, err := controlFiles(c, a)
	if err != nil {
		t.Fatal(err)
	}
	worker, err := workerFiles(c, a, c.Nodes[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []files{control, worker} {
		for path, content := range f {
			if ext := filepath.Ext(path); (ext == ".json" || ext == ".kubeconfig" || ext == ".conflist") && !json.Valid(content) {
				t.Errorf("%s is no JSON:\n%s", path, content)
			}
		}
	}
	if _, ok := worker[kubeDir+"ca.key"]; ok {
		t.Error("a worker has the key of the authority")
	}
}
