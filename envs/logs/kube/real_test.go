//go:build real

package kube

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/envs/logs"
	"github.com/shakedown-dev/shakedown/events"
)

// read follows the logs of the rig over the way that can be cut.
func (r *rig) read(s *sink) (stop func() logs.Totals) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan logs.Totals, 1)
	c := connect(r.t, r.way.config)
	go func() {
		totals, err := logs.Stream(ctx, c, r.name, logs.DefaultOptions(time.Now), s)
		if ctx.Err() == nil {
			r.t.Error(err)
		}
		done <- totals
	}()
	return func() logs.Totals {
		cancel()
		return <-done
	}
}

// numbers are how often each number of a pod was shown, and the gaps.
func (s *sink) numbers() (shown map[string]int, gaps []logs.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown = map[string]int{}
	number := regexp.MustCompile(`"path":"/cart/(n\d+)"`)
	for _, l := range s.lines {
		if l.Gap != nil {
			gaps = append(gaps, l)
		} else if m := number.FindStringSubmatch(l.Text); m != nil {
			shown[l.Pod+" "+m[1]]++
		}
	}
	return shown, gaps
}

// TestNothingIsLostOverCuts: pods are visited while the connections are cut again and
// again, one of them is deleted and another one started; each visit is shown once.
func TestNothingIsLostOverCuts(t *testing.T) {
	r := newRig(t, "logs-cuts")
	for _, pod := range []string{"cart-1", "cart-2", "cart-3"} {
		r.start(pod, "cart")
	}
	for _, pod := range []string{"cart-1", "cart-2", "cart-3"} {
		r.awaitPod(pod)
	}
	s := newSink()
	stop := r.read(s)
	visited := r.storm()
	r.await("what was visited", func() (bool, error) { return len(s.missing(visited)) == 0, nil })
	totals := stop()
	shown, gaps := s.numbers()
	for visit, n := range shown {
		if n != 1 {
			t.Errorf("%s was shown %d times", visit, n)
		}
	}
	for _, g := range gaps {
		if g.Pod != "cart-3" { // a connection may have been cut when it went
			t.Errorf("a gap of %s where nothing was lost: %+v", g.Pod, *g.Gap)
		}
	}
	t.Logf("%d visits, %+v", len(visited), totals)
}

// missing are visits that were not shown, and for which there is no gap.
func (s *sink) missing(visited []string) (list []string) {
	shown, gaps := s.numbers()
	for _, visit := range visited {
		inGap := slices.ContainsFunc(gaps, func(g logs.Line) bool { return strings.HasPrefix(visit, g.Pod+" ") })
		if shown[visit] == 0 && !inGap {
			list = append(list, visit)
		}
	}
	return list
}

// storm visits the pods for some seconds and cuts the connections meanwhile. It returns
// what was answered.
func (r *rig) storm() (visited []string) {
	r.t.Helper()
	var mu sync.Mutex
	var visitors sync.WaitGroup
	ctx, cancel := context.WithTimeout(r.t.Context(), 12*time.Second)
	defer cancel()
	for _, pod := range []string{"cart-1", "cart-2", "cart-3", "cart-4"} {
		visitors.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if !r.visit(pod, n) { // it is not there yet, or not any more
					events.Wait(ctx, 100*time.Millisecond)
					continue
				}
				mu.Lock()
				visited = append(visited, fmt.Sprintf("%s n%d", pod, n))
				mu.Unlock()
			}
		})
	}
	for i := 0; events.Wait(ctx, time.Second); i++ {
		r.way.cut()
		switch i {
		case 3:
			r.start("cart-4", "cart")
		case 5:
			if err := r.client.CoreV1().Pods(r.name).Delete(ctx, "cart-3", metav1.DeleteOptions{}); err != nil {
				r.t.Error(err)
			}
		}
	}
	visitors.Wait()
	return visited
}

// TestLastWordsOfEachStart: a container that ends at once and is started again shows what
// each of its starts wrote.
func TestLastWordsOfEachStart(t *testing.T) {
	r := newRig(t, "logs-crash")
	s := newSink()
	stop := r.read(s)
	r.start("cart-1", "nonsense")
	wanted := 0
	for _, l := range s.await(t, 6) { // two lines at each start
		if l.Gap == nil && l.Text == `error: no command "nonsense"` {
			wanted++
		}
	}
	if wanted != 3 {
		t.Errorf("the error of 3 starts was shown %d times", wanted)
	}
	stop()
}
