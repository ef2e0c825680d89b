package kube

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

const strikePath = "PUT " + podPath + "/ephemeralcontainers"

func strike() pod.Strike {
	return pod.Strike{Pod: victim(), Container: "api", Helper: "shakedown-1", Within: 20 * time.Second}
}

// running is a pod whose container runs.
func running(change func(*core.Pod)) core.Pod {
	p := aPod("api-1", "u1", "5")
	p.Status.ContainerStatuses = []core.ContainerStatus{{
		Name: "api", ContainerID: "containerd://a", Ready: true, State: core.ContainerState{Running: &core.ContainerStateRunning{}},
	}}
	if change != nil {
		change(&p)
	}
	return p
}

func TestStrike(t *testing.T) {
	yes := true
	for _, tc := range []struct {
		name     string
		get, put http.HandlerFunc
		want     error
		puts     int
	}{
		{"accepted", answers(running(nil)), answers(running(nil)), nil, 1},
		{"gone", refuses(404, metav1.StatusReasonNotFound), nil, chaos.ErrGone, 0},
		{"another pod of that name", answers(running(func(p *core.Pod) { p.UID = "u2" })), nil, chaos.ErrGone, 0},
		{"terminating", answers(running(func(p *core.Pod) { p.DeletionTimestamp = &metav1.Time{Time: time.Now()} })), nil, pod.ErrTerminating, 0},
		{"the container does not run", answers(aPod("api-1", "u1", "5")), nil, pod.ErrChanged, 0},
		{"process ids of the node", answers(running(func(p *core.Pod) { p.Spec.HostPID = true })), nil, pod.ErrChanged, 0},
		{"shared process ids", answers(running(func(p *core.Pod) { p.Spec.ShareProcessNamespace = &yes })), nil, pod.ErrChanged, 0},
		{"not let in", answers(running(nil)), refuses(403, metav1.StatusReasonForbidden), chaos.ErrForbidden, 1},
		{"gone in between", answers(running(nil)), refuses(404, metav1.StatusReasonNotFound), chaos.ErrGone, 1},
		{"sent before", answers(running(func(p *core.Pod) {
			p.Spec.EphemeralContainers = []core.EphemeralContainer{{EphemeralContainerCommon: core.EphemeralContainerCommon{Name: "shakedown-1"}}}
		})), nil, nil, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, a := newAPI(t, map[string]http.HandlerFunc{"GET " + podPath: tc.get, strikePath: tc.put})
			err := c.Strike(t.Context(), strike())
			if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if n := a.count(strikePath); n != tc.puts {
				t.Errorf("%d helpers were sent, want %d", n, tc.puts)
			}
		})
	}
}

// TestStrikeSends: what is sent is the version that was read, with one more container.
func TestStrikeSends(t *testing.T) {
	type request struct {
		pod   core.Pod
		query string
	}
	for _, try := range []bool{false, true} {
		sent := make(chan request, 1)
		c, _ := newAPI(t, map[string]http.HandlerFunc{
			"GET " + podPath: answers(running(nil)),
			strikePath: func(w http.ResponseWriter, r *http.Request) {
				var p core.Pod
				if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
					t.Error(err)
				}
				sent <- request{p, r.URL.Query().Get("dryRun")}
				write(w, running(nil))
			},
		})
		noon := time.UnixMilli(1_800_000_000_000)
		c.now = func() time.Time { return noon }
		s := strike()
		s.Try = try
		if err := c.WithHelper("registry.example/helper:v7").Strike(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		got := <-sent
		if got.pod.UID != "u1" || got.pod.ResourceVersion != "5" || (got.query == "All") != try {
			t.Errorf("uid %q, version %q, dryRun %q", got.pod.UID, got.pod.ResourceVersion, got.query)
		}
		root, no := int64(0), false
		want := []core.EphemeralContainer{{
			TargetContainerName: "api",
			EphemeralContainerCommon: core.EphemeralContainerCommon{
				Name: "shakedown-1", Image: "registry.example/helper:v7", ImagePullPolicy: core.PullIfNotPresent,
				Args:                     []string{"kill", "-until", "1800000020000"},
				TerminationMessagePolicy: core.TerminationMessageFallbackToLogsOnError,
				SecurityContext: &core.SecurityContext{
					RunAsUser: &root, RunAsNonRoot: &no,
					Capabilities: &core.Capabilities{Drop: []core.Capability{"ALL"}, Add: []core.Capability{"SYS_PTRACE"}},
				},
			},
		}}
		if d := cmp.Diff(want, got.pod.Spec.EphemeralContainers); d != "" {
			t.Error(d)
		}
	}
}

// TestHelperActsWithinTheLease: the deadline of the call is that of the helper.
func TestHelperActsWithinTheLease(t *testing.T) {
	c, _ := newAPI(t, nil)
	noon := time.UnixMilli(1_800_000_000_000)
	c.now = func() time.Time { return noon }
	for _, tc := range []struct {
		deadline time.Duration
		want     time.Time
	}{{time.Second, noon.Add(time.Second)}, {time.Minute, noon.Add(20 * time.Second)}} {
		ctx := deadlineOf{t.Context(), noon.Add(tc.deadline)}
		if got := c.until(ctx, 20*time.Second); !got.Equal(tc.want) {
			t.Errorf("until %s, want %s", got, tc.want)
		}
	}
}

// TestStrikeReadsAgain: the pod changed between the read and the update.
func TestStrikeReadsAgain(t *testing.T) {
	var puts atomic.Int32
	c, a := newAPI(t, map[string]http.HandlerFunc{
		"GET " + podPath: answers(running(nil)),
		strikePath: func(w http.ResponseWriter, _ *http.Request) {
			if puts.Add(1) < 3 {
				status(w, 409, metav1.StatusReasonConflict, "the object has been modified")
				return
			}
			write(w, running(nil))
		},
	})
	if err := c.Strike(t.Context(), strike()); err != nil || a.count("GET "+podPath) != 3 {
		t.Errorf("error %v, read %d times", err, a.count("GET "+podPath))
	}
}

func TestContainersOf(t *testing.T) {
	never := core.ContainerRestartPolicyNever
	p := aPod("api-1", "u1", "5")
	p.Spec.Containers = []core.Container{{Name: "api"}, {Name: "log"}, {Name: "job", RestartPolicy: &never}}
	p.Status.ContainerStatuses = []core.ContainerStatus{
		{
			Name: "api", ContainerID: "b", RestartCount: 1, Ready: true, State: core.ContainerState{Running: &core.ContainerStateRunning{}},
			LastTerminationState: core.ContainerState{Terminated: &core.ContainerStateTerminated{ContainerID: "a", ExitCode: 137, Reason: "Error"}},
		},
		{Name: "log", ContainerID: "c", State: core.ContainerState{Terminated: &core.ContainerStateTerminated{ContainerID: "c", ExitCode: 1, Reason: "Error", Message: " no \n"}}},
	}
	p.Spec.EphemeralContainers = []core.EphemeralContainer{
		{EphemeralContainerCommon: core.EphemeralContainerCommon{Name: "shakedown-1"}},
		{EphemeralContainerCommon: core.EphemeralContainerCommon{Name: "shakedown-2"}},
		{EphemeralContainerCommon: core.EphemeralContainerCommon{Name: "debugger-x"}},
	}
	p.Status.EphemeralContainerStatuses = []core.ContainerStatus{
		{Name: "shakedown-1", State: core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: "ErrImagePull", Message: "no such image"}}},
	}
	want := pod.Pod{
		Containers: []pod.Container{
			{Name: "api", ID: "b", Restarts: 1, Running: true, Ready: true, Ended: &pod.Ending{ID: "a", Code: 137, Reason: "Error"}},
			{Name: "log", ID: "c", Ended: &pod.Ending{ID: "c", Code: 1, Reason: "Error", Message: "no"}},
			{Name: "job", Once: true},
		},
		Helpers: []pod.Helper{
			{Name: "shakedown-1", Waiting: "ErrImagePull: no such image"},
			{Name: "shakedown-2", Waiting: "the kubelet has not seen it"},
		},
	}
	seen := podOf(&p, pod.Ref{})
	if d := cmp.Diff(want, pod.Pod{Containers: seen.Containers, Helpers: seen.Helpers}); d != "" {
		t.Error(d)
	}
	p.Spec.RestartPolicy = core.RestartPolicyNever
	if seen := podOf(&p, pod.Ref{}); !seen.Containers[0].Once {
		t.Error("a container of a pod that is never restarted counts as one that is")
	}
}

// TestNothingIsChangedWithoutTheLease: the fence is asked between reading and writing.
func TestNothingIsChangedWithoutTheLease(t *testing.T) {
	c, a := newAPI(t, map[string]http.HandlerFunc{
		"GET " + podPath: answers(running(nil)), "GET " + ownerPath: answers(anOwner(nil)),
	})
	lost := errors.New("the lease is lost")
	ctx := events.WithFence(t.Context(), func() error { return lost })
	for name, err := range map[string]error{
		"strike":  c.Strike(ctx, strike()),
		"rescale": c.Rescale(ctx, theOwner(), pod.Scale{Replicas: 3, Version: "5"}, pod.Scale{Note: "n"}),
		"restart": c.Restart(ctx, theOwner(), "f1", 1),
	} {
		if !errors.Is(err, lost) || !chaos.IsUntouched(err) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if n := a.count(strikePath) + a.count("PATCH "+ownerPath); n > 0 {
		t.Errorf("%d changes were sent", n)
	}
}
