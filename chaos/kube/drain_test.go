package kube

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos/node"
	"github.com/shakedown-dev/shakedown/events"
)

// drained is the pods of a node, one of each sort.
func drained() []core.Pod {
	with := func(name string, change func(*core.Pod)) core.Pod {
		p := aPod(name, "uid-"+name, "1")
		change(&p)
		return p
	}
	emptyDir := func(p *core.Pod) {
		p.Spec.Volumes = []core.Volume{{Name: "x", VolumeSource: core.VolumeSource{EmptyDir: &core.EmptyDirVolumeSource{}}}}
	}
	return []core.Pod{
		with("owned", func(*core.Pod) {}),
		with("bare", func(p *core.Pod) { p.OwnerReferences = nil }),
		with("data", emptyDir),
		with("daemon", func(p *core.Pod) {
			emptyDir(p)
			p.OwnerReferences = []metav1.OwnerReference{controller("DaemonSet", "agent")}
		}),
		with("orphan", func(p *core.Pod) { p.OwnerReferences = []metav1.OwnerReference{controller("DaemonSet", "gone")} }),
		with("static", func(p *core.Pod) {
			emptyDir(p)
			p.OwnerReferences, p.Annotations = nil, map[string]string{core.MirrorPodAnnotationKey: "x"}
		}),
		with("finished", func(p *core.Pod) { p.OwnerReferences, p.Status.Phase = nil, core.PodSucceeded }),
	}
}

// TestRules: rules are what each pod meets by the parameters: a drain takes nothing that is not
// allowed, and says by which parameter it would be.
func TestRules(t *testing.T) {
	routes := map[string]http.HandlerFunc{
		"GET /api/v1/pods": answers(podList("5", drained()...)),
		"GET /apis/apps/v1/namespaces/shop/daemonsets/agent": answers(map[string]any{
			"kind": "DaemonSet", "apiVersion": "apps/v1", "metadata": map[string]any{"name": "agent"},
		}),
	}
	c, a := newAPI(t, routes)
	const (
		daemon  = "daemon skip (of a DaemonSet)"
		static  = "static skip (a static pod, which the kubelet keeps by itself)"
		unasked = "nobody has asked whether its namespace lets faults in"
	)
	for _, tc := range []struct {
		rules node.Rules
		want  []string
	}{
		{node.Rules{}, []string{
			"owned evict ()", "bare refuse (no controller would replace it (use params.force to override))",
			"data refuse (it has an emptyDir (use params.deleteEmptyDirData to override))", daemon,
			"orphan refuse (GET /apis/apps/v1/namespaces/shop/daemonsets/gone)", static, "finished skip (it has ended)",
		}},
		{node.Rules{Force: true}, []string{
			"owned evict ()", "bare evict (no controller would replace it)",
			"data refuse (it has an emptyDir (use params.deleteEmptyDirData to override))", daemon,
			"orphan evict ()", static, "finished skip (it has ended)",
		}},
		{node.Rules{DeleteEmptyDirData: true}, []string{
			"owned evict ()", "bare refuse (no controller would replace it (use params.force to override))",
			"data evict ()", daemon, "orphan refuse (GET /apis/apps/v1/namespaces/shop/daemonsets/gone)", static, "finished skip (it has ended)",
		}},
		{node.Rules{Namespaces: []string{"bank"}}, []string{
			"owned skip (" + unasked + ")", "bare skip (" + unasked + ")", "data skip (" + unasked + ")", daemon,
			"orphan skip (" + unasked + ")", static, "finished skip (it has ended)",
		}},
	} {
		pods, err := c.PodsOn(t.Context(), "n1", tc.rules)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range pods {
			got = append(got, p.Name+" "+string(p.Action)+" ("+p.Why+")")
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%+v: %s", tc.rules, d)
		}
	}
	if n := a.count("GET /api/v1/pods"); n != 4 {
		t.Errorf("the pods were listed %d times", n)
	}
}

// drainAPI is an API server with one node and pods that can be evicted.
type drainAPI struct {
	mu     sync.Mutex
	pods   map[string]core.Pod
	denied map[string]int // how often evictions of a pod are still denied
	evict  []string
	uid    string
	broken int // how many more times a pod cannot be read
	// stays is what becomes of a pod that is evicted and does not end.
	stays func(*core.Pod)
}

func newDrainAPI(t *testing.T, pods ...core.Pod) (*Cluster, *drainAPI) {
	t.Helper()
	d := &drainAPI{pods: make(map[string]core.Pod), denied: make(map[string]int), uid: "uid-n1"}
	routes := map[string]http.HandlerFunc{
		"GET /api/v1/nodes/n1": func(w http.ResponseWriter, _ *http.Request) { write(w, aNode(d.uid, "1", cordoned)) },
		"GET /api/v1/pods":     d.list,
		"GET /apis/apps/v1/namespaces/shop/daemonsets/agent": answers(map[string]any{
			"kind": "DaemonSet", "apiVersion": "apps/v1", "metadata": map[string]any{"name": "agent"},
		}),
	}
	for _, p := range pods {
		d.pods[p.Name] = p
		routes["GET /api/v1/namespaces/shop/pods/"+p.Name] = func(w http.ResponseWriter, _ *http.Request) { d.get(w, p.Name) }
		routes["POST /api/v1/namespaces/shop/pods/"+p.Name+"/eviction"] = func(w http.ResponseWriter, r *http.Request) { d.evictOne(w, r, p.Name) }
	}
	c, _ := newAPI(t, routes)
	return c, d
}

func (d *drainAPI) list(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var pods []core.Pod
	for _, p := range d.pods {
		pods = append(pods, p)
	}
	write(w, podList("5", pods...))
}

func (d *drainAPI) get(w http.ResponseWriter, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, there := d.pods[name]
	switch {
	case !there:
		status(w, http.StatusNotFound, metav1.StatusReasonNotFound, "gone")
	case d.broken > 0 && p.DeletionTimestamp != nil:
		if d.broken--; d.broken == 0 {
			delete(d.pods, name)
		}
		status(w, http.StatusInternalServerError, metav1.StatusReasonInternalError, "etcd")
	default:
		write(w, p)
	}
}

func (d *drainAPI) evictOne(w http.ResponseWriter, r *http.Request, name string) {
	var asked struct {
		DeleteOptions metav1.DeleteOptions `json:"deleteOptions"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		status(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.evict = append(d.evict, name)
	p := d.pods[name]
	switch pre := asked.DeleteOptions.Preconditions; {
	case pre == nil || pre.UID == nil || *pre.UID != p.UID || *pre.ResourceVersion != p.ResourceVersion:
		status(w, http.StatusConflict, metav1.StatusReasonConflict, "another version")
	case d.denied[name] != 0:
		d.denied[name]--
		w.WriteHeader(http.StatusTooManyRequests)
		write(w, metav1.Status{
			TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: http.StatusTooManyRequests,
			Reason: metav1.StatusReasonTooManyRequests, Message: "Cannot evict pod as it would violate the pod's disruption budget.",
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: "DisruptionBudget", Message: "The disruption budget api needs 1 healthy pods and has 1 currently"}}},
		})
	case d.broken > 0 || d.stays != nil:
		now := metav1.Now()
		p.DeletionTimestamp = &now
		if d.stays != nil {
			d.stays(&p)
		}
		d.pods[name] = p
		w.WriteHeader(http.StatusCreated)
		write(w, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess})
	default:
		delete(d.pods, name)
		w.WriteHeader(http.StatusCreated)
		write(w, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess})
	}
}

// said is the fates in a line each.
func said(fates []node.Fate) []string {
	var all []string
	for _, f := range fates {
		all = append(all, strings.TrimSpace(f.Pod.Name+" "+string(f.State)+" "+f.Why))
	}
	return all
}

func TestDrain(t *testing.T) {
	pods := drained()
	owned, daemon, static := pods[0], pods[3], pods[5]
	second := aPod("second", "uid-second", "3")
	for _, tc := range []struct {
		name    string
		pods    []core.Pod
		alter   func(*drainAPI)
		within  time.Duration
		want    []string
		problem string
	}{
		{
			name: "all that may go goes", pods: []core.Pod{owned, second, daemon, static},
			want: []string{"daemon skipped of a DaemonSet", "owned evicted", "second evicted", "static skipped a static pod, which the kubelet keeps by itself"},
		},
		{
			name: "a budget that gives way", pods: []core.Pod{owned, second}, alter: func(d *drainAPI) { d.denied["owned"] = 2 },
			want: []string{"owned evicted", "second evicted"},
		},
		{
			name: "a budget that does not", pods: []core.Pod{owned, second}, alter: func(d *drainAPI) { d.denied["owned"] = -1 }, within: 2500 * time.Millisecond,
			want: []string{
				"owned blocked remove: a disruption budget does not allow it: Cannot evict pod as it would violate the pod's disruption budget. " +
					"The disruption budget api needs 1 healthy pods and has 1 currently", "second evicted",
			}, problem: "owned",
		},
		{
			name: "a pod that may not go", pods: []core.Pod{owned, pods[1]},
			want: []string{"bare blocked no controller would replace it (use params.force to override)", "owned evicted"}, problem: "may not take pod shop/bare",
		},
		{
			name: "a server that stumbles while a pod ends", pods: []core.Pod{owned}, alter: func(d *drainAPI) { d.broken = 2 },
			want: []string{"owned evicted"},
		},
		{
			name: "a pod that does not end", pods: []core.Pod{owned, second}, alter: func(d *drainAPI) { d.stays = lingering("", "example.com/backup") }, within: 1500 * time.Millisecond,
			want: []string{
				"owned still ending since 2026-11-29T20:06:15Z with a grace of 3s; finalizers: example.com/backup",
				"second still ending since 2026-11-29T20:06:15Z with a grace of 3s; finalizers: example.com/backup",
			}, problem: "to terminate",
		},
		{
			name: "a pod that cannot be read any more", pods: []core.Pod{owned}, alter: func(d *drainAPI) { d.broken = 1000 }, within: 1500 * time.Millisecond,
			want: []string{"owned still ending it cannot be read now: etcd"}, problem: "to terminate",
		},
		{
			name: "another node of its name", pods: []core.Pod{owned}, alter: func(d *drainAPI) { d.uid = "uid-other" }, problem: "another one has its name",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, d := newDrainAPI(t, tc.pods...)
			if tc.alter != nil {
				tc.alter(d)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if tc.within > 0 {
				ctx, cancel = context.WithTimeout(t.Context(), tc.within)
			}
			defer cancel()
			fates, err := c.Drain(ctx, nodeVictim(), node.Rules{}, nil)
			if (err == nil) != (tc.problem == "") || err != nil && !strings.Contains(err.Error(), tc.problem) {
				t.Errorf("error %v, want %q", err, tc.problem)
			}
			if diff := cmp.Diff(tc.want, said(fates)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDrainWithoutALease evicts nobody.
func TestDrainWithoutALease(t *testing.T) {
	c, d := newDrainAPI(t, drained()[0])
	lost := events.WithFence(t.Context(), func() error { return errors.New("the lease is lost") })
	fates, err := c.Drain(lost, nodeVictim(), node.Rules{}, nil)
	if err == nil || len(d.evict) > 0 || len(fates) != 1 || fates[0].State != node.Blocked {
		t.Errorf("error %v, evicted %v, fates %v", err, d.evict, fates)
	}
}
