package envs

import (
	"strings"
	"testing"
	"time"
)

func up(name string, n int) (Deployment, []Pod) {
	d := Deployment{Name: name, Generation: 2, Observed: 2, Wanted: n, Replicas: n, Updated: n, Ready: n, Available: n}
	var pods []Pod
	for range n {
		pods = append(pods, Pod{Component: name, Ready: true})
	}
	return d, pods
}

func TestWaiterReady(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Snapshot)
		want   bool
	}{
		"ready":           {func(*Snapshot) {}, true},
		"evicted pod":     {func(s *Snapshot) { s.Pods = append(s.Pods, Pod{Component: "api", Finished: true}) }, true},
		"old spec":        {func(s *Snapshot) { s.Deployments[0].Generation = 1 }, false},
		"old status":      {func(s *Snapshot) { s.Deployments[0].Observed = 1 }, false},
		"one not updated": {func(s *Snapshot) { s.Deployments[0].Updated = 1 }, false},
		"old replica":     {func(s *Snapshot) { s.Deployments[0].Replicas = 3 }, false},
		"unavailable":     {func(s *Snapshot) { s.Deployments[0].Available = 1 }, false},
		"pod not ready":   {func(s *Snapshot) { s.Pods[0].Ready = false }, false},
		"pod going":       {func(s *Snapshot) { s.Pods = append(s.Pods, Pod{Component: "api", Ready: true, Terminating: true}) }, false},
		"pod gone soon":   {func(s *Snapshot) { s.Pods = append(s.Pods, Pod{Component: "api", Finished: true, Terminating: true}) }, false},
		"pod too many":    {func(s *Snapshot) { s.Pods = append(s.Pods, Pod{Component: "api", Ready: true}) }, false},
		"pod missing":     {func(s *Snapshot) { s.Pods = s.Pods[1:] }, false},
		"pruned pod":      {func(s *Snapshot) { s.Pods = append(s.Pods, Pod{Component: "old", Ready: true}) }, false},
		"pruned one":      {func(s *Snapshot) { s.Deployments = append(s.Deployments, Deployment{Name: "old"}) }, false},
		"none":            {func(s *Snapshot) { *s = Snapshot{} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, pods := up("api", 2)
			s := Snapshot{Deployments: []Deployment{d}, Pods: pods}
			test.change(&s)
			w := newWaiter(DefaultConfig(), map[string]int64{"api": 2}, time.Time{})
			if got := w.decide(s, time.Time{}).ready; got != test.want {
				t.Errorf("ready = %v, want %v", got, test.want)
			}
		})
	}
}

func TestWaiterGivesUp(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	waiting := func(reason string) Snapshot {
		return Snapshot{
			Deployments: []Deployment{{Name: "api", Wanted: 1}},
			Pods:        []Pod{{Component: "api", Containers: []Container{{Name: "api", State: Waiting, Reason: reason}}}},
		}
	}
	fresh := func() *waiter { return newWaiter(DefaultConfig(), map[string]int64{"api": 0}, begin) }

	t.Run("a cause that lasts", func(t *testing.T) {
		t.Parallel()
		w := fresh()
		if v := w.decide(waiting("ErrImagePull"), begin); v.finding != nil || v.again != 20*time.Second {
			t.Fatalf("at once: %+v", v)
		}
		if v := w.decide(waiting("ImagePullBackOff"), begin.Add(15*time.Second)); v.finding != nil || v.again != 5*time.Second {
			t.Fatalf("within the grace: %+v", v)
		}
		if v := w.decide(waiting("ErrImagePull"), begin.Add(20*time.Second)); v.finding == nil || v.finding.Reason != "ErrImagePull" {
			t.Fatalf("after the grace: %+v", v)
		}
	})
	t.Run("a cause that passes", func(t *testing.T) {
		t.Parallel()
		w := fresh()
		w.decide(waiting("ErrImagePull"), begin)
		w.decide(waiting("ContainerCreating"), begin.Add(15*time.Second))
		if v := w.decide(waiting("ErrImagePull"), begin.Add(25*time.Second)); v.finding != nil || v.again != 20*time.Second {
			t.Fatalf("the grace did not begin anew: %+v", v)
		}
	})
	t.Run("the deadline", func(t *testing.T) {
		t.Parallel()
		w := fresh()
		v := w.decide(waiting("ContainerCreating"), begin.Add(5*time.Minute))
		if v.finding == nil || v.finding.Reason != ReasonNotReady || !strings.Contains(v.finding.Message, "not ready after 5m0s (ready replicas: api 0 of 1): container api") {
			t.Fatalf("%+v", v.finding)
		}
		if v := fresh().decide(Snapshot{}, begin.Add(time.Hour)); v.finding == nil || v.finding.Reason != ReasonDeadline {
			t.Fatalf("nothing seen: %+v", v.finding)
		}
	})
}
