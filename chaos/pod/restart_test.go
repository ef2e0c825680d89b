package pod

import (
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
)

func TestRestartableGuard(t *testing.T) {
	for _, tc := range []struct {
		name    string
		owner   func(*Owner)
		outage  bool
		allowed bool
		seen    string
	}{
		{"a rolling update", nil, false, true, "Deployment/api rolls out 3 replicas"},
		{"paused", func(o *Owner) { o.Paused = true }, false, false, "is paused"},
		{"on delete", func(o *Owner) { o.OnDelete = true }, false, false, "OnDelete"},
		{"a partition", func(o *Owner) { o.Partition = 2 }, false, false, "partition"},
		{"no replicas", func(o *Owner) { o.Desired = 0 }, false, false, "has 0 replicas"},
		{"another kind", func(o *Owner) { o.Kind = "PodSet" }, false, false, "cannot be rolled out"},
		{"recreate", func(o *Owner) { o.Recreate = true }, false, false, "Recreate"},
		{"recreate, which is allowed", func(o *Owner) { o.Recreate = true }, true, true, "the request allows the outage"},
		{"the only one of a StatefulSet", func(o *Owner) { o.Kind, o.Desired, o.AtOnce = "StatefulSet", 1, 1 }, false, false, "may end all its 1 pods"},
		{"the only one of a Deployment", func(o *Owner) { o.Desired = 1 }, false, true, "rolls out 1 replicas"},
		{"the only one, without a surge", func(o *Owner) { o.Desired, o.AtOnce = 1, 1 }, false, false, "may end all its 1 pods"},
		{"all at once", func(o *Owner) { o.AtOnce = 3 }, false, false, "may end all its 3 pods"},
		{"all but one", func(o *Owner) { o.AtOnce = 2 }, false, true, "rolls out 3 replicas"},
		{"the only one of a DaemonSet, which is allowed", func(o *Owner) { o.Kind, o.Desired, o.AtOnce = "DaemonSet", 1, 1 }, true, true, "the request allows the outage"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := allowed()
			o := e.survey.Owners[apiUID]
			if tc.owner != nil {
				tc.owner(&o)
			}
			e.survey.Owners[apiUID], e.request.AllowOutage = o, tc.outage
			e.victims[0].Owner = o.Ref
			d := restartable(e)
			if d.Allowed != tc.allowed || !strings.Contains(d.Seen, tc.seen) || !d.Allowed && d.Advice == "" {
				t.Errorf("decision %+v", d)
			}
		})
	}
}

// TestRestartWhileRollingIsRefused by the guard of all faults.
func TestRestartWhileRollingIsRefused(t *testing.T) {
	f := newFake(3)
	o := f.survey.Owners[apiUID]
	o.Generation = 2
	f.survey.Owners[apiUID] = o
	r := serve(t, f)
	r.Ask(requestOf(newRestart(ground{})))
	if refused := chaostest.Await(r, events.FaultRefusedTopic); !strings.Contains(refused.Reason, GuardNoRollout) {
		t.Errorf("refused: %+v", refused)
	}
	if n := f.killed(); n > 0 {
		t.Errorf("%d owners were restarted", n)
	}
}

// TestStalledRolloutIsOver: a rollout that has given up is waited for no longer.
func TestStalledRolloutIsOver(t *testing.T) {
	f := newFake(3)
	f.sterile, f.unready = true, true
	r := serve(t, f)
	r.Ask(requestOf(newRestart(ground{})))
	reverted := chaostest.Await(r, events.FaultRevertedTopic)
	if reverted.Recovered || !strings.Contains(reverted.Reason, "has given up: it has timed out") {
		t.Errorf("reverted: %+v", reverted)
	}
}

// TestRestartLine has one row for each thing that may become of a rollout.
func TestRestartLine(t *testing.T) {
	started := Pod{UID: "new", Name: "api-new", Owner: Ref{"Deployment", "api", apiUID}, Started: true, Restart: "f1"}
	complete := Owner{
		Ref: started.Owner, Known: true, Generation: 2, Observed: 2, Desired: 3, Replicas: 3, Updated: 3, Ready: 3, Available: 3, Restart: "f1",
	}
	owner := func(alter func(*Owner)) Change {
		o := complete
		alter(&o)
		return Change{Owner: &o}
	}
	pod := func(alter func(*Pod)) Change {
		p := started
		alter(&p)
		return Change{Pod: p}
	}
	as := owner(func(*Owner) {})
	for _, tc := range []struct {
		name    string
		changes []Change
		marks   string
		effect  string
		healed  string
		final   bool
	}{
		{"nothing", nil, "", "no pod of the new template", "was not seen since", false},
		{"a pod, then the owner", []Change{pod(func(*Pod) {}), as}, MarkNewStarted + " " + MarkRolledOut, "", "", false},
		{"the owner, then a pod", []Change{as, pod(func(*Pod) {})}, MarkNewStarted + " " + MarkRolledOut, "", "", false},
		{"a pod of the former template", []Change{pod(func(p *Pod) { p.Restart = "" }), as}, "", "no pod of the new template", "no pod of the new template", false},
		{"a pod that does not run", []Change{pod(func(p *Pod) { p.Started = false }), as}, "", "no pod of the new template", "no pod of the new template", false},
		{"pods of the former version", []Change{pod(func(*Pod) {}), owner(func(o *Owner) { o.Replicas = 4 })}, MarkNewStarted, "", "a rollout is going on", false},
		{"not available", []Change{pod(func(*Pod) {}), owner(func(o *Owner) { o.Available = 2 })}, MarkNewStarted, "", "2 of 3 updated replicas are available", false},
		{"as it was before", []Change{pod(func(*Pod) {}), owner(func(o *Owner) { o.Generation, o.Observed, o.Restart = 1, 1, "" })}, MarkNewStarted, "", "does not carry the fault", false},
		{"rolled back", []Change{pod(func(*Pod) {}), owner(func(o *Owner) { o.Generation, o.Observed, o.Restart = 3, 3, "" })}, MarkNewStarted, "", "somebody else has changed it", true},
		{"given up", []Change{pod(func(*Pod) {}), owner(func(o *Owner) { o.Stalled, o.Updated = "timed out", 1 })}, MarkNewStarted, "", "has given up", true},
		{"gone", []Change{pod(func(*Pod) {}), {Owner: &complete, Gone: true}}, MarkNewStarted, "", "is gone", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := complete.victim("shop")
			v.Sent, v.Hit = time.Now(), true
			kept := `{"owners":{"` + apiUID + `":{"replicas":3,"generation":1}}}`
			l := beginRestart(chaos.Order{Request: requestOf(newRestart(ground{})), Victims: []chaos.Victim{v}, Kept: []byte(kept)}, Survey{})
			var marks []string
			for _, c := range tc.changes {
				c.At = time.Now()
				for _, m := range l.see(c) {
					marks = append(marks, m.Name)
				}
			}
			if got := strings.Join(marks, " "); got != tc.marks {
				t.Errorf("marks %q, want %q", got, tc.marks)
			}
			s := l.standing()[0]
			if !says(s.Effect, tc.effect) || !says(s.Healed, tc.healed) || s.Final != tc.final {
				t.Errorf("standing %+v", s)
			}
		})
	}
}
