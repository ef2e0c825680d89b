//go:build real

package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func (r *rig) nodes(t *testing.T) {
	got := r.run(t, "get", "nodes", "-o", `jsonpath={range .items[*]}{.metadata.name} {.metadata.labels.topology\.kubernetes\.io/region} {.metadata.labels.topology\.kubernetes\.io/zone} {.metadata.labels.node\.kubernetes\.io/instance-type} {.spec.providerID} {.status.nodeInfo.kubeletVersion}{"\n"}{end}`)
	var want strings.Builder
	for i, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c"} {
		name := workerName(r.name, i)
		fmt.Fprintf(&want, "%s us-east-1 %s m5.large %s %s\n", name, zone, providerID(name, zone), KubernetesVersion)
	}
	if diff := cmp.Diff(want.String(), got); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
}

// services asks the service by name from a pod of every node, until every pod
// has answered: so each node reaches each of the others.
func (r *rig) services(t *testing.T) {
	pods := r.pods(t)
	for _, pod := range pods {
		seen := map[string]bool{}
		eventually(t, "every pod answers "+pod, func() bool {
			if answer, err := r.try(t, "exec", pod, "--", "/probe", "get", "http://echo.default.svc.cluster.local"); err == nil {
				seen[strings.TrimSpace(answer)] = true
			}
			return len(seen) == len(pods)
		})
	}
	address := r.run(t, "get", "service", "echo", "-o", "jsonpath={.spec.clusterIP}")
	fetch(t, "http://"+address)
	ip := r.run(t, "get", "pod", pods[0], "-o", "jsonpath={.status.podIP}")
	if got := strings.TrimSpace(fetch(t, "http://"+ip+":8080")); got != pods[0] {
		t.Errorf("pod %s answers from this machine as %q", pods[0], got)
	}
}

func (r *rig) logs(t *testing.T) {
	pod := r.pods(t)[0]
	if got := r.run(t, "logs", pod); !strings.Contains(got, "serving as "+pod) {
		t.Errorf("logs of %s: %q", pod, got)
	}
}

func (r *rig) crashLoop(t *testing.T) {
	eventually(t, "the container was restarted", func() bool {
		return r.run(t, "get", "pod", "crash", "-o", "jsonpath={.status.containerStatuses[0].restartCount}") >= "1"
	})
	if got := r.run(t, "logs", "crash"); !strings.Contains(got, "crashing as asked") {
		t.Errorf("logs of the crashing pod: %q", got)
	}
}

// secrets checks the modes of every file with a key.
func (r *rig) secrets(t *testing.T) {
	root := newLayout(r.driver.dataDir, r.name).dir
	found := 0
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || strings.Contains(path, "/var/") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(raw), "PRIVATE KEY") && !strings.Contains(string(raw), "client-key-data") {
			return err
		}
		found++
		info, err := entry.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil || found < 10 {
		t.Errorf("found %d files with keys: %v", found, err)
	}
}
