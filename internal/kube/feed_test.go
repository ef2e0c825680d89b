package kube

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
)

// script is a source whose lists and watches go as written: each call takes the
// next step.
type script struct {
	t     *testing.T
	steps []step
	calls []string
}

// step answers one call: a list with objects, or a watch with events, each after a
// pause, that then ends, or never does.
type step struct {
	err    error
	list   []string
	events []watch.Event
	after  time.Duration
	stays  bool
}

func (s *script) next(call string, o metav1.ListOptions) step {
	s.calls = append(s.calls, strings.TrimSuffix(call+" "+o.ResourceVersion, " "))
	if len(s.steps) == 0 {
		return step{stays: true}
	}
	one := s.steps[0]
	s.steps = s.steps[1:]
	return one
}

func (s *script) source() Source {
	return Source{
		List: func(_ context.Context, o metav1.ListOptions) (runtime.Object, error) {
			one := s.next("list", o)
			list := &corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: fmt.Sprint(len(s.calls), "0")}}
			for _, name := range one.list {
				list.Items = append(list.Items, *pod(name, ""))
			}
			return list, one.err
		},
		Watch: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			one := s.next("watch", o)
			if one.err != nil {
				return nil, one.err
			}
			stream := make(chan watch.Event)
			go func() {
				defer close(stream)
				for _, e := range one.events {
					<-time.After(one.after) // virtual time
					select {
					case stream <- e:
					case <-ctx.Done():
						return
					}
				}
				if one.stays {
					<-ctx.Done()
				}
			}()
			return watch.NewProxyWatcher(stream), nil
		},
	}
}

func pod(name, version string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: version}}
}

func added(name, version string) watch.Event {
	return watch.Event{Type: watch.Added, Object: pod(name, version)}
}

func gone(name, version string) watch.Event {
	return watch.Event{Type: watch.Deleted, Object: pod(name, version)}
}

func bookmark(version string) watch.Event {
	return watch.Event{Type: watch.Bookmark, Object: pod("", version)}
}

func broken(err *apierrors.StatusError) watch.Event {
	return watch.Event{Type: watch.Error, Object: &err.ErrStatus}
}

// follow runs the script until nothing happens any more, and returns what was
// shown with the seconds at which, and since when where the watch was lost.
func follow(t *testing.T, s *script, from string) (shown []string, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	began := time.Now()
	show := func(what string, when Moment) {
		text := fmt.Sprintf("%s at %s", what, when.At.Sub(began))
		if !when.Since.IsZero() {
			text += fmt.Sprintf(" since %s", when.Since.Sub(began))
		}
		shown = append(shown, text)
	}
	f := Feed{
		Source: s.source(), From: from, Now: time.Now,
		Opened: func() { shown = append(shown, "opened") },
		Listed: func(all []runtime.Object, when Moment) {
			names := make([]string, 0, len(all))
			for _, o := range all {
				names = append(names, o.(*corev1.Pod).Name)
			}
			show("list "+strings.Join(names, ","), when)
		},
		Changed: func(o runtime.Object, deleted bool, when Moment) {
			show(map[bool]string{false: "+", true: "-"}[deleted]+o.(*corev1.Pod).Name, when)
		},
	}
	done := make(chan error, 1)
	go func() { done <- f.Follow(ctx) }()
	<-time.After(time.Hour) // virtual: the script is over long before
	cancel()
	return shown, <-done
}

func TestFollow(t *testing.T) {
	t.Parallel()
	tooOld := apierrors.NewResourceExpired("too old")
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("no"))
	for name, test := range map[string]struct {
		from        string
		steps       []step
		shown, call []string
		refused     bool
	}{
		"lists and watches": {
			steps: []step{{list: []string{"a", "b"}}, {after: time.Second, events: []watch.Event{added("c", "11"), gone("a", "12")}, stays: true}},
			shown: []string{"list a,b at 0s", "opened", "+c at 1s", "-a at 2s"},
			call:  []string{"list", "watch 10"},
		},
		"from a version": {
			from: "7", steps: []step{{after: time.Second, events: []watch.Event{added("a", "8")}, stays: true}},
			shown: []string{"opened", "+a at 1s"}, call: []string{"watch 7"},
		},
		"a watch that ends goes on where it was": {
			steps: []step{
				{list: []string{"a"}},
				{after: 10 * time.Second, events: []watch.Event{added("b", "11"), bookmark("15")}},
				{after: 10 * time.Second, events: []watch.Event{added("c", "16")}, stays: true},
			},
			shown: []string{"list a at 0s", "opened", "+b at 10s", "+c at 30s"},
			call:  []string{"list", "watch 10", "watch 15"},
		},
		"what comes soon after a gap may be old": {
			steps: []step{
				{list: []string{"a"}},
				{after: 10 * time.Second, events: []watch.Event{added("b", "11")}},
				{err: errors.New("connection refused")},
				{events: []watch.Event{added("c", "12")}, stays: true},
			},
			shown: []string{"list a at 0s", "opened", "+b at 10s", "+c at 10.05s since 10s"},
			call:  []string{"list", "watch 10", "watch 11", "watch 11"},
		},
		"too old to go on": {
			steps: []step{
				{list: []string{"a"}},
				{after: 10 * time.Second, events: []watch.Event{added("b", "11"), broken(tooOld)}},
				{list: []string{"c"}},
				{after: time.Second, events: []watch.Event{added("d", "31")}, stays: true},
			},
			shown: []string{"list a at 0s", "opened", "+b at 10s", "list c at 20.05s since 20s", "+d at 21.05s"},
			call:  []string{"list", "watch 10", "list", "watch 30"},
		},
		"too old from the beginning": {
			from: "7", steps: []step{{err: tooOld}, {list: []string{"a"}}},
			shown: []string{"list a at 50ms since 0s", "opened"}, call: []string{"watch 7", "list", "watch 20"},
		},
		"a server that is away is waited for": {
			steps: []step{{err: errors.New("refused")}, {err: apierrors.NewInternalError(errors.New("etcd"))}, {list: []string{"a"}}},
			shown: []string{"list a at 150ms", "opened"}, call: []string{"list", "list", "list", "watch 30"},
		},
		"a refusal ends it": {
			steps: []step{{list: []string{"a"}}, {err: forbidden}}, refused: true,
			shown: []string{"list a at 0s"}, call: []string{"list", "watch 10"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t, steps: test.steps}
				shown, err := follow(t, s, test.from)
				if IsRefused(err) != test.refused || err != nil && !test.refused {
					t.Errorf("error %v, want refused %v", err, test.refused)
				}
				if diff := cmp.Diff(test.shown, shown); diff != "" {
					t.Errorf("shown (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.call, s.calls); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
			})
		})
	}
}
