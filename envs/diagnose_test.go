package envs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestDiagnose(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	pod := func(c Container) Snapshot {
		c.Name, c.Image = "api", "shop:v9"
		return Snapshot{Pods: []Pod{{Name: "api-1", Component: "api", Containers: []Container{c}}}}
	}
	for name, test := range map[string]struct {
		in       Snapshot
		evidence Evidence
		reason   string
		message  string
		stuck    bool
	}{
		"nothing": {in: Snapshot{Pods: []Pod{{Ready: true}}}},
		"evicted": {in: Snapshot{Pods: []Pod{{Finished: true}}}},
		"no image": {
			in:       pod(Container{State: Waiting, Reason: "ImagePullBackOff", Message: `Back-off pulling image "shop:v9"`}),
			evidence: Evidence{Warnings: map[string]string{"Failed": `Failed to pull image "shop:v9": not found`}},
			reason:   "ImagePullBackOff", stuck: true,
			message: `container api of component api cannot start: image shop:v9: Back-off pulling image "shop:v9"; Failed to pull image "shop:v9": not found`,
		},
		"no image, reported at once": {
			in:     pod(Container{State: Waiting, Reason: "ErrImagePull", Message: "failed to pull:\n  not found"}),
			reason: "ErrImagePull", stuck: true,
			message: "container api of component api cannot start: image shop:v9: failed to pull: not found",
		},
		"image name": {
			in:     pod(Container{State: Waiting, Reason: "InvalidImageName", Message: "couldn't parse image name: invalid reference format"}),
			reason: "InvalidImageName", stuck: true,
			message: "container api of component api cannot start: image shop:v9: couldn't parse image name: invalid reference format",
		},
		"config": {
			in:     pod(Container{State: Waiting, Reason: "CreateContainerConfigError", Message: `secret "x" not found`}),
			reason: "CreateContainerConfigError", stuck: true,
			message: `container api of component api cannot start: secret "x" not found`,
		},
		"crash loop": {
			in:       pod(Container{State: Waiting, Reason: "CrashLoopBackOff", Restarts: 3, Exit: &Exit{Code: 2, Reason: "Error"}}),
			evidence: Evidence{Log: []string{"starting", "panic: no database"}},
			reason:   "CrashLoopBackOff", stuck: true,
			message: "container api of component api ends with exit code 2, restarted 3 times; its last log lines:\n  starting\n  panic: no database",
		},
		"silent crash": {
			in:     pod(Container{State: Terminated, Exit: &Exit{Code: 0, Reason: "Completed"}, Restarts: 1}),
			reason: "CrashLoopBackOff", stuck: true,
			message: "container api of component api ends with exit code 0, restarted once; it logged nothing",
		},
		"no such command": {
			in:     pod(Container{State: Waiting, Reason: "CrashLoopBackOff", Restarts: 1, Exit: &Exit{Code: 128, Reason: "StartError", Message: "exec: /none:\nno such file"}}),
			reason: "CrashLoopBackOff", stuck: true,
			message: "container api of component api ends with exit code 128 (exec: /none: no such file), restarted once; it logged nothing",
		},
		"runs again since a moment": {
			in:     pod(Container{State: Running, Since: now.Add(-time.Second), Restarts: 1, Exit: &Exit{Code: 1}}),
			reason: "CrashLoopBackOff", stuck: true,
			message: "container api of component api ends with exit code 1, restarted once; it logged nothing",
		},
		"runs again since long": {
			in:     pod(Container{State: Running, Since: now.Add(-time.Minute), Restarts: 1, Exit: &Exit{Code: 1}}),
			reason: "NotReady", message: "container api of component api runs and is not Ready",
		},
		"out of memory": {
			in:     pod(Container{State: Waiting, Reason: "CrashLoopBackOff", Restarts: 2, Exit: &Exit{Code: 137, Reason: "OOMKilled"}}),
			reason: "OOMKilled", stuck: true,
			message: "container api of component api was killed because it used more memory than its limit (exit code 137), restarted 2 times; it logged nothing",
		},
		"not ready": {
			in:       pod(Container{State: Running, Since: now}),
			evidence: Evidence{Warnings: map[string]string{"Unhealthy": "Readiness probe failed: HTTP probe failed with statuscode: 503"}},
			reason:   "NotReady",
			message:  "container api of component api runs and is not Ready; Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",
		},
		"starting": {
			in:     pod(Container{State: Waiting, Reason: "ContainerCreating"}),
			reason: "NotReady", message: "container api of component api has not started: ContainerCreating",
		},
		"unschedulable": {
			in:     Snapshot{Pods: []Pod{{Name: "api-1", Component: "api", Unschedulable: "0/3 nodes are available: 3 Insufficient cpu."}}},
			reason: "Unschedulable", stuck: true,
			message: "pod api-1 of component api fits on no node: 0/3 nodes are available: 3 Insufficient cpu.",
		},
		"quota": {
			in:     Snapshot{Deployments: []Deployment{{Name: "api", Refused: `pods "api-1" is forbidden: exceeded quota: q`}}},
			reason: "FailedCreate", stuck: true,
			message: `no pod of component api can be made: pods "api-1" is forbidden: exceeded quota: q`,
		},
		"old pod": {
			in:     Snapshot{Pods: []Pod{{Name: "api-0", Component: "api", Terminating: true, Ready: true, Node: "n1"}}},
			reason: "OldPodTerminating", message: "pod api-0 of component api is still shutting down on node n1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := Diagnose(test.in, now)
			if test.reason == "" {
				if len(found) > 0 {
					t.Fatalf("found %v, want nothing", found)
				}
				return
			}
			if len(found) != 1 {
				t.Fatalf("found %v, want one", found)
			}
			got := found[0].With(test.evidence)
			if diff := cmp.Diff([]any{test.reason, test.message, test.stuck}, []any{got.Reason, got.Message, got.Stuck()}); diff != "" {
				t.Errorf("finding (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDiagnoseNamesEachCauseOnceGravestFirst(t *testing.T) {
	t.Parallel()
	bad := Container{Name: "api", State: Waiting, Reason: "ErrImagePull"}
	got := Diagnose(Snapshot{Pods: []Pod{
		{Name: "web-1", Component: "web", Unschedulable: "no"},
		{Name: "api-1", Component: "api", Containers: []Container{bad}},
		{Name: "api-2", Component: "api", Containers: []Container{bad}},
	}}, time.Time{})
	want := []Finding{{Component: "api", Pod: "api-1", Reason: "ErrImagePull"}, {Component: "web", Pod: "web-1", Reason: "Unschedulable"}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Finding{}), cmpopts.IgnoreFields(Finding{}, "Message", "Container")); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
