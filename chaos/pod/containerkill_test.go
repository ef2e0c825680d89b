package pod

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
)

func containerRequest(params string) events.FaultInject {
	req := requestOf(newContainerKill(ground{}))
	req.Params = json.RawMessage(params)
	return req
}

// TestContainerIsRefused has one row for each reason not to kill a container, each named
// before anything is touched.
func TestContainerIsRefused(t *testing.T) {
	change := func(alter func(*Pod)) func(*fakeCluster) {
		return func(f *fakeCluster) {
			for i := range f.survey.Pods {
				alter(&f.survey.Pods[i])
			}
		}
	}
	for _, tc := range []struct {
		name    string
		params  string
		prepare func(*fakeCluster)
		reason  string
	}{
		{"several containers", "", change(func(p *Pod) { p.Containers = append(p.Containers, Container{Name: "log"}) }), "has the containers app, log: say which one"},
		{"no such container", `{"container":"web"}`, nil, "has no container web; it has app"},
		{"process ids of the node", "", change(func(p *Pod) { p.SharesPIDs = "shares the process ids of its node (hostPID)" }), "hostPID"},
		{"it does not run", "", change(func(p *Pod) { p.Containers[0].Running = false }), "does not run"},
		{"it is not started again", "", change(func(p *Pod) { p.Containers[0].Once = true }), "is not started again"},
		{"no helper is let in", "", func(f *fakeCluster) { f.denied = errors.Join(chaos.ErrForbidden, errors.New("violates PodSecurity")) }, "violates PodSecurity"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(3)
			if tc.prepare != nil {
				tc.prepare(f)
			}
			r := serve(t, f)
			r.Ask(containerRequest(tc.params))
			refused := chaostest.Await(r, events.FaultRefusedTopic)
			if !strings.Contains(refused.Reason, tc.reason) || refused.Advice == "" {
				t.Errorf("refused: %+v", refused)
			}
			if n := f.killed(); n > 0 {
				t.Errorf("%d containers were killed", n)
			}
		})
	}
}

// TestHelperThatDoesNothing is no effect, and the fault ends at once.
func TestHelperThatDoesNothing(t *testing.T) {
	f := newFake(3)
	f.helperCode = 5
	r := serve(t, f)
	r.Ask(containerRequest(""))
	reverted := chaostest.Await(r, events.FaultRevertedTopic)
	if reverted.Recovered || !strings.Contains(reverted.Reason, "ended with code 5: as the test says") {
		t.Errorf("reverted: %+v", reverted)
	}
	for _, m := range chaostest.Of(r, events.RecoveryMarkedTopic) {
		if m.Role != events.RoleSent {
			t.Errorf("mark %+v", m)
		}
	}
}

// order is a container-kill of the first pod, hit a second ago.
func containerOrder(f *fakeCluster) (chaos.Order, Pod) {
	p, at := f.survey.Pods[0], time.Now().Add(-time.Second)
	v := p.containerVictim("")
	v.Sent, v.Hit = at, true
	kept, err := json.Marshal(keptContainers{Containers: map[string]Container{v.ID: p.Containers[0]}})
	if err != nil {
		panic(err)
	}
	return chaos.Order{
		Request: containerRequest(""), Victims: []chaos.Victim{v}, Kept: kept,
		Marks: []events.RecoveryMarked{{Victim: v.ID, Mark: MarkHelperAccepted, Role: events.RoleSent, At: at}},
	}, p
}

// TestContainerLine has one row for each thing that may become of a container. Only a kill
// of the one that was there is the effect.
func TestContainerLine(t *testing.T) {
	killed := &Ending{ID: "app-of-api-1", Code: 137, Reason: "Error"}
	again := Container{Name: "app", ID: "other", Restarts: 1, Running: true, Ready: true, Ended: killed}
	change := func(alter func(*Container)) Container {
		c := again
		alter(&c)
		return c
	}
	for _, tc := range []struct {
		name      string
		container Container
		helper    Helper
		gone      bool
		marks     []string
		effect    string
		healed    string
		final     bool
	}{
		{"runs on", Container{Name: "app", ID: "app-of-api-1", Running: true, Ready: true}, Helper{}, false, nil, "was not seen to end", "was not seen to end", false},
		{"killed", change(func(c *Container) { c.ID, c.Running, c.Ready = killed.ID, false, false }), Helper{}, false, []string{MarkContainerEnded}, "", "does not run again", false},
		{"started", change(func(c *Container) { c.Ready = false }), Helper{}, false, []string{MarkContainerEnded, MarkContainerStarted}, "", "is not ready", false},
		{"ready", again, Helper{}, false, []string{MarkContainerEnded, MarkContainerStarted, MarkContainerReady}, "", "", false},
		{"ended by itself", change(func(c *Container) { c.Ended = &Ending{ID: killed.ID, Code: 1, Reason: "Error"} }), Helper{}, false, nil, "not by a kill: Error, exit code 1", "not by a kill", false},
		{"out of memory", change(func(c *Container) { c.Ended = &Ending{ID: killed.ID, Code: 137, Reason: "OOMKilled"} }), Helper{}, false, nil, "OOMKilled", "OOMKilled", false},
		{"a later one was killed", change(func(c *Container) { c.Ended = &Ending{ID: "later", Code: 137, Reason: "Error"} }), Helper{}, false, nil, "ended, and not by a kill", "ended", false},
		{"the helper waits", Container{Name: "app", ID: "app-of-api-1", Running: true}, Helper{Waiting: "ErrImagePull: no"}, false, nil, "waits: ErrImagePull: no", "ErrImagePull", false},
		{"the helper was too late", Container{Name: "app", ID: "app-of-api-1", Running: true}, Helper{Ended: &Ending{Code: 3, Message: "too late"}}, false, nil, "code 3: too late", "too late", true},
		{"the pod is gone", again, Helper{}, true, nil, "is gone", "is gone", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(3)
			o, p := containerOrder(f)
			l := beginContainers(o, f.survey)
			p.Containers = []Container{tc.container}
			if tc.helper != (Helper{}) {
				tc.helper.Name = helperName("f1", o.Victims[0].Victim)
				p.Helpers = []Helper{tc.helper}
			}
			var marks []string
			for _, m := range l.see(Change{Pod: p, Gone: tc.gone, At: time.Now()}) {
				marks = append(marks, m.Name)
			}
			if strings.Join(marks, " ") != strings.Join(tc.marks, " ") {
				t.Errorf("marks %v, want %v", marks, tc.marks)
			}
			s := l.standing()[0]
			if !says(s.Effect, tc.effect) || !says(s.Healed, tc.healed) || s.Final != tc.final {
				t.Errorf("standing %+v", s)
			}
		})
	}
}

// says wants the part in the text, and no text for none.
func says(text, part string) bool {
	return (text == "") == (part == "") && strings.Contains(text, part)
}

// TestContainerEffect looks for the helper of an injection whose answer was lost.
func TestContainerEffect(t *testing.T) {
	for _, tc := range []struct {
		name string
		put  []Helper
		in   bool
		seen string
	}{
		{"none", nil, false, "no helper is in its pod"},
		{"it has not begun", []Helper{{Waiting: "ContainerCreating"}}, true, ""},
		{"it has killed", []Helper{{Ended: &Ending{}}}, true, ""},
		{"it has failed", []Helper{{Ended: &Ending{Code: 4, Message: "nothing there"}}}, false, "nothing there"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(3)
			o, _ := containerOrder(f)
			for i := range tc.put {
				tc.put[i].Name = helperName("f1", o.Victims[0].Victim)
			}
			f.survey.Pods[0].Helpers = tc.put
			in, seen, err := newContainerKill(on(f)).Effect(t.Context(), o, o.Victims[0].Victim)
			if in != tc.in || !says(seen, tc.seen) || err != nil {
				t.Errorf("%v, %q, %v", in, seen, err)
			}
		})
	}
}

// TestHelperThatHasNotEnded keeps the fault open as long as it may act, and is residue then.
func TestHelperThatHasNotEnded(t *testing.T) {
	f := newFake(3)
	o, _ := containerOrder(f)
	f.survey.Pods[0].Helpers = []Helper{{Name: helperName("f1", o.Victims[0].Victim), Waiting: "ErrImagePull"}}
	o.Victims[0].Sent = time.Now()
	residue, err := newContainerKill(on(f)).Revert(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "may act for another") {
		t.Errorf("residue %v, error %v: the fault would be closed while the helper may still kill", residue, err)
	}
	o.Victims[0].Sent = time.Now().Add(-helperTime)
	residue, err = newContainerKill(on(f)).Revert(t.Context(), o)
	if err != nil || len(residue) != 1 || !strings.Contains(residue[0], "ErrImagePull") {
		t.Errorf("residue %v, error %v", residue, err)
	}
}

// TestHelperHasItsTimeFromTheLedger: a slow store makes no later end than others know of.
func TestHelperHasItsTimeFromTheLedger(t *testing.T) {
	f := newFake(3)
	o, _ := containerOrder(f)
	o.Victims[0].Sent = time.Now().Add(-10 * time.Second)
	if err := newContainerKill(on(f)).Inject(t.Context(), o, o.Victims[0].Victim); err != nil {
		t.Fatal(err)
	}
	if end := o.Victims[0].Sent.Add(helperTime); !f.struckUntil.Equal(end) {
		t.Errorf("the helper may act until %s, and the ledger says %s", f.struckUntil, end)
	}
}
