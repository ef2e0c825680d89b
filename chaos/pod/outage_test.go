package pod

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

const apiUID = "deployment-api"

func outageRequest(duration time.Duration) events.FaultInject {
	req := requestOf(newOutage(ground{}))
	req.Duration = events.Duration(duration)
	return req
}

func TestNoteDown(t *testing.T) {
	n := note{Fault: "f1", Replicas: 3}
	other := note{Fault: "f2", Replicas: 3}.String()
	for _, tc := range []struct {
		name string
		now  Scale
		want Scale
		err  error
	}{
		{"as it was", Scale{Replicas: 3, Version: "5"}, Scale{Note: n.String(), Version: "5"}, nil},
		{"done already", Scale{Note: n.String()}, Scale{Note: n.String()}, nil},
		{"scaled since the survey", Scale{Replicas: 4}, Scale{}, ErrChanged},
		{"held by another fault", Scale{Note: other}, Scale{}, ErrChanged},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := n.down(tc.now)
			if !errors.Is(err, tc.err) || err == nil && got != tc.want {
				t.Errorf("%+v, error %v", got, err)
			}
		})
	}
}

// TestNoteUp: what others have done is never overwritten.
func TestNoteUp(t *testing.T) {
	n := note{Fault: "f1", Replicas: 3}
	other := note{Fault: "f2", Replicas: 5}.String()
	for _, tc := range []struct {
		name   string
		surely bool
		now    Scale
		want   Scale
	}{
		{"held by us", true, Scale{Note: n.String(), Version: "5"}, Scale{Replicas: 3, Version: "5"}},
		{"held by us, and its answer was lost", false, Scale{Note: n.String()}, Scale{Replicas: 3}},
		{"somebody has scaled it", true, Scale{Replicas: 2, Note: n.String()}, Scale{Replicas: 2}},
		{"somebody has removed the note", true, Scale{}, Scale{Replicas: 3}},
		{"it was surely not hit, and has none", false, Scale{}, Scale{}},
		{"done already", true, Scale{Replicas: 3}, Scale{Replicas: 3}},
		{"held by another fault", true, Scale{Note: other}, Scale{Note: other}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := n.up(tc.surely, tc.now); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}

// TestNoteLeft: what somebody else has made of it is said, and nothing else.
func TestNoteLeft(t *testing.T) {
	n := note{Fault: "f1", Replicas: 3}
	for _, tc := range []struct {
		name   string
		before Scale
		held   bool
		want   string
	}{
		{"held by us", Scale{Note: n.String()}, true, ""},
		{"scaled by somebody", Scale{Replicas: 2, Note: n.String()}, true, "was scaled to 2 replicas by somebody else"},
		{"scaled, and the note removed", Scale{Replicas: 2}, true, "was scaled to 2 replicas by somebody else"},
		{"as it was, and the note removed", Scale{Replicas: 3}, true, ""},
		{"the note removed", Scale{}, true, ""},
		{"an autoscaler after the end", Scale{Replicas: 5}, false, ""},
		{"scaled to zero after the end", Scale{}, false, "has 0 replicas, and not by this fault"},
		{"another fault", Scale{Note: "f2"}, true, "is held by another fault: f2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := n.left("Deployment/api", tc.before, tc.held); !says(got, tc.want) {
				t.Errorf("left %q, want %q", got, tc.want)
			}
		})
	}
}

func TestOutageScalesBack(t *testing.T) {
	f := newTown()
	f.changedBetween = 2
	r := serve(t, f)
	r.Ask(outageRequest(20 * time.Millisecond))
	if past := r.Closed(); past.Outcome != chaos.OutcomeRecovered {
		t.Fatalf("outcome %q, note %q", past.Outcome, past.Note)
	}
	checkScale(t, f, 3)
}

// checkScale wants the replicas, and nothing of ours left.
func checkScale(t *testing.T, f *fakeCluster, replicas int) {
	t.Helper()
	now, err := f.Scale(t.Context(), events.Victim{UID: apiUID})
	if err != nil || now.Replicas != replicas || now.Note != "" {
		t.Errorf("%+v, error %v, want %d replicas and no note", now, err, replicas)
	}
}

// TestOthersScaleMeanwhile: their number stays, and the fault says so.
func TestOthersScaleMeanwhile(t *testing.T) {
	f := newTown()
	r := serve(t, f)
	r.Ask(outageRequest(time.Minute))
	chaostest.Await(r, events.FaultInjectedTopic)
	f.scaleTo(apiUID, 2)
	r.Revert("run-f1", "f1", "the test has seen enough")
	reverted := chaostest.Await(r, events.FaultRevertedTopic)
	if len(reverted.Residue) != 1 || !strings.Contains(reverted.Residue[0], "was scaled to 2 replicas by somebody else") {
		t.Errorf("reverted: %+v", reverted)
	}
	checkScale(t, f, 2)
}

// TestOthersScaleDuringTheHold: what they have done is said when the fault is closed, too,
// long after its end was due.
func TestOthersScaleDuringTheHold(t *testing.T) {
	f := newTown()
	r := serve(t, f)
	r.Ask(outageRequest(2 * time.Second))
	chaostest.Await(r, events.FaultInjectedTopic)
	f.scaleTo(apiUID, 4)
	reverted := chaostest.Await(r, events.FaultRevertedTopic)
	if len(reverted.Residue) != 1 || !strings.Contains(reverted.Residue[0], "was scaled to 4 replicas by somebody else") {
		t.Errorf("reverted: %+v", reverted)
	}
	checkScale(t, f, 4)
}

// TestStopScalesBack: the end of a fault is asked for while it is in effect.
func TestStopScalesBack(t *testing.T) {
	f := newTown()
	r := serve(t, f)
	r.Ask(outageRequest(time.Minute))
	chaostest.Await(r, events.FaultInjectedTopic)
	r.Revert("run-f1", "f1", "enough")
	if reverted := chaostest.Await(r, events.FaultRevertedTopic); len(reverted.Residue) > 0 {
		t.Errorf("reverted: %+v", reverted)
	}
	checkScale(t, f, 3)
}

func TestOutageNotRecovered(t *testing.T) {
	f := newTown()
	f.sterile = true
	r := serve(t, f)
	req := outageRequest(time.Millisecond)
	req.Budget = events.Duration(300 * time.Millisecond)
	r.Ask(req)
	reverted := chaostest.Await(r, events.FaultRevertedTopic)
	if reverted.Recovered || !strings.Contains(reverted.Reason, "has 0 ready pods, and had 3") {
		t.Errorf("reverted: %+v", reverted)
	}
	checkScale(t, f, 3)
}

// TestOutageIsRevertedAfterACrash ends the process at each checkpoint of an outage and
// starts it again: what was scaled down is scaled back, once, and nothing of ours stays.
func TestOutageIsRevertedAfterACrash(t *testing.T) {
	for i, step := range outageSteps(t) {
		t.Run(fmt.Sprintf("%02d-%s", i+1, step), func(t *testing.T) {
			t.Parallel()
			r, f := chaostest.New(t), newTown()
			l := chaostest.NewLife(i + 1)
			stop := r.Serve(l.Mortal(r.Deps("a", Kinds(f)...)))
			r.Ask(outageRequest(20 * time.Millisecond))
			select {
			case <-l.Died:
			case <-time.After(eventstest.Patience):
				t.Fatalf("step %d was not reached: %v", i+1, l.Steps())
			}
			stop()
			r.Serve(r.Deps("a", Kinds(f)...))
			past := r.Closed()
			if n := f.killed(); n > 1 {
				t.Errorf("%d owners were scaled down", n)
			}
			checkScale(t, f, 3)
			if reverted := chaostest.Of(r, events.FaultRevertedTopic); len(reverted) > 0 && len(reverted[0].Residue) > 0 {
				t.Errorf("past %+v, reverted %+v", past, reverted)
			}
		})
	}
}

// outageSteps are the checkpoints of an outage that goes well.
func outageSteps(t *testing.T) []string {
	t.Helper()
	r, l := chaostest.New(t), chaostest.NewLife(0)
	stop := r.Serve(l.Mortal(r.Deps("a", Kinds(newTown())...)))
	r.Ask(outageRequest(20 * time.Millisecond))
	r.Closed()
	stop()
	if steps := l.Steps(); slices.Contains(steps, "held") {
		return steps
	}
	t.Fatalf("checkpoint held was not passed: %v", l.Steps())
	return nil
}

func TestScalersGuard(t *testing.T) {
	for _, tc := range []struct {
		name    string
		owner   func(*Owner)
		scalers []Autoscaler
		unread  error
		allowed bool
		seen    string
	}{
		{"nobody scales", nil, nil, nil, true, "Deployment/api has 3 replicas"},
		{"an autoscaler keeps out", nil, []Autoscaler{{Name: "h", Kind: "Deployment", Target: "api", Least: 1}}, nil, true, "leaves it alone while it has none"},
		{"that of another owner", nil, []Autoscaler{{Name: "h", Kind: "StatefulSet", Target: "api"}, {Name: "h", Kind: "Deployment", Target: "cart"}}, nil, true, "has 3 replicas"},
		{"an autoscaler from zero", nil, []Autoscaler{{Name: "h", Kind: "Deployment", Target: "api"}}, nil, false, "minReplicas 0"},
		{"KEDA", nil, []Autoscaler{{Name: "h", Kind: "Deployment", Target: "api", Least: 1, Above: Ref{"ScaledObject", "api", "s"}}}, nil, false, "ScaledObject/api (KEDA)"},
		{"another scaler", nil, []Autoscaler{{Name: "h", Kind: "Deployment", Target: "api", Least: 1, Above: Ref{"Elastic", "x", "s"}}}, nil, false, "belongs to Elastic/x"},
		{"an operator", func(o *Owner) { o.Above = Ref{"Shop", "main", "s"} }, nil, nil, false, "is managed by Shop/main"},
		{"a DaemonSet", func(o *Owner) { o.Kind = "DaemonSet" }, nil, nil, false, "cannot be scaled to zero"},
		{"held by another fault", func(o *Owner) { o.Held = "f0" }, nil, nil, false, "is held at 0 replicas by a fault already: f0"},
		{"has none", func(o *Owner) { o.Desired = 0 }, nil, nil, false, "has 0 replicas already"},
		{"not read", nil, nil, chaos.ErrForbidden, false, "could not be read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := allowed()
			o := e.survey.Owners[apiUID]
			if tc.owner != nil {
				tc.owner(&o)
			}
			e.survey.Owners[apiUID] = o
			e.victims[0].Owner = o.Ref
			d := nobodyScales(e, tc.scalers, tc.unread)
			if d.Allowed != tc.allowed || !strings.Contains(d.Seen, tc.seen) || !d.Allowed && d.Advice == "" {
				t.Errorf("decision %+v", d)
			}
		})
	}
}

// TestOutageAsksForTheOutage: without allowOutage the last replicas are kept.
func TestOutageAsksForTheOutage(t *testing.T) {
	f := newTown()
	r := serve(t, f)
	req := outageRequest(time.Second)
	req.AllowOutage = false
	r.Ask(req)
	if refused := chaostest.Await(r, events.FaultRefusedTopic); !strings.Contains(refused.Reason, GuardReplicas) {
		t.Errorf("refused: %+v", refused)
	}
	checkScale(t, f, 3)
}

func TestOwnersAreDrawn(t *testing.T) {
	s := Survey{Namespace: Namespace{Name: "shop"}}
	for _, owner := range []string{"c", "a", "b"} {
		for i := range 3 {
			s.Pods = append(s.Pods, Pod{
				Name: fmt.Sprint(owner, i), UID: fmt.Sprint(owner, i), Owner: Ref{"Deployment", owner, owner}, Selected: true, Running: true,
			})
		}
	}
	s.Pods = append(s.Pods, Pod{Name: "bare", UID: "bare", Selected: true, Running: true})
	for _, tc := range []struct {
		name   string
		target events.FaultTarget
		want   int
		err    string
	}{
		{"one", events.FaultTarget{}, 1, ""},
		{"two", events.FaultTarget{Count: 2}, 2, ""},
		{"all", events.FaultTarget{Percent: 100}, 3, ""},
		{"too many", events.FaultTarget{Count: 4}, 0, "4 owners of pods are wanted, but only 3"},
		{"too small a share", events.FaultTarget{Percent: 10}, 0, "less than one"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			first, err := chooseOwners(s, tc.target, 5)
			if len(first) != tc.want || (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Fatalf("%v, %v", first, err)
			}
			slices.Reverse(s.Pods)
			if again, _ := chooseOwners(s, tc.target, 5); !slices.Equal(first, again) {
				t.Errorf("other owners for the same seed: %v, %v", first, again)
			}
		})
	}
}

// TestOwnersHaveNoPerOwner: the number of owners is count.
func TestOwnersHaveNoPerOwner(t *testing.T) {
	req := outageRequest(time.Second)
	req.Target.PerOwner = 1
	if p := newOutage(ground{}).Check(req); len(p) != 1 || p[0].Key != "target.perOwner" {
		t.Errorf("problems %v", p)
	}
}
