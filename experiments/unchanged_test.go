package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

func shop() events.Environment {
	return events.Environment{
		Name: "shop", Namespace: "shop", Revision: "r1", Created: "2026-01-02T03:04:05Z", Phase: "ready",
		Components: []events.EnvironmentComponent{{Name: "api", Image: "api:v1", Replicas: 2, Ready: 2, Version: "t1"}},
	}
}

// TestChangedEnvironmentIsNoEvidence: what somebody changed, destroyed or made anew while
// a run broke it has not passed.
func TestChangedEnvironmentIsNoEvidence(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*events.Environment)
		word   record.Word
		reason string
	}{
		{"the same", func(*events.Environment) {}, record.Passed, ""},
		{"more replicas", func(e *events.Environment) { e.Components[0].Replicas = 3 }, record.Passed, ""},
		{"fewer Ready", func(e *events.Environment) { e.Components[0].Ready = 1 }, record.Inconclusive, "environment shop was not whole when the run was judged: api had 2 pods Ready when the run began, and has 1 of 2"},
		{"scaled down", func(e *events.Environment) { e.Components[0].Replicas, e.Components[0].Ready = 1, 1 }, record.Inconclusive, "api had 2 pods Ready when the run began, and has 1 of 1"},
		{"another image", func(e *events.Environment) { e.Components[0].Image = "api:v2" }, record.Inconclusive, `component api ran image "api:v1", and now "api:v2"`},
		{"another image than is wanted", func(e *events.Environment) {
			e.Components[0].Deployed = &events.EnvironmentDeployed{Image: "api:v2", Replicas: 2, Ready: 2}
		}, record.Inconclusive, `component api ran image "api:v1", and now "api:v2"`},
		{"a component missing", func(e *events.Environment) { e.Components[0].Missing = true }, record.Inconclusive, `component api ran image "api:v1", and now ""`},
		{"another template", func(e *events.Environment) { e.Components[0].Version = "t2" }, record.Inconclusive, "component api was rolled out anew"},
		{"another revision", func(e *events.Environment) { e.Revision = "r2" }, record.Inconclusive, `revision "r1" became "r2"`},
		{"one more component", func(e *events.Environment) {
			e.Components = append(e.Components, events.EnvironmentComponent{Name: "web"})
		}, record.Inconclusive, "1 component became 2"},
		{"made anew", func(e *events.Environment) { e.Created = "2026-01-02T03:05:00Z" }, record.Inconclusive, "it was made at 2026-01-02T03:05:00Z"},
		{"going away", func(e *events.Environment) { e.Phase = events.EnvironmentDestroying }, record.Inconclusive, "it is being destroyed"},
		{"gone", nil, record.Inconclusive, "environment shop was destroyed during the run"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.answerShop(tc.change)
			r.server(func(d *Deps) { d.Config.EnvironmentTimeout = 2 * time.Minute }) // there is an answer
			raw, _ := json.Marshal(quick(nil))
			r.request(events.RunStart{Run: "run-e", Spec: raw, Environment: "shop", Trigger: "command"})
			wantVerdict(t, r.finished("run-e"), tc.word, tc.reason)
		})
	}
}

// answerShop answers for envs: with the shop first, and then with what change makes of it;
// nil destroys it.
func (r *rig) answerShop(change func(*events.Environment)) {
	var asked atomic.Int64
	r.environments(func() (events.EnvironmentAnswer, error) {
		e := shop()
		switch {
		case asked.Add(1) == 1:
		case change == nil:
			return events.EnvironmentAnswer{}, events.Errorf(events.KindNotFound, "", "there is no environment shop")
		default:
			change(&e)
		}
		return events.EnvironmentAnswer{Environment: e}, nil
	})
}

// environments answers for envs which environment there is, whatever is asked for.
func (r *rig) environments(answer func() (events.EnvironmentAnswer, error)) {
	r.t.Helper()
	sub, err := events.EnvironmentShowCall.Answer(r.t.Context(), r.bus, r.chaos.stamp(),
		func(context.Context, events.EnvironmentQuery) (events.EnvironmentAnswer, error) { return answer() })
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(sub.Wait)
}

// bare is what runs in a namespace that is no environment of ours.
func bare() record.Environment {
	return record.Environment{Namespace: "shop", Created: "2026-01-02T03:04:05Z", Components: []events.EnvironmentComponent{
		{Name: "Deployment/api", Image: "api:v1", Replicas: 2, Ready: 2, Version: "t1"}, {Name: "DaemonSet/log", Image: "log:v1", Version: "t2"},
	}}
}

// TestChangedNamespaceIsNoEvidence: the same holds for a run that names a namespace.
func TestChangedNamespaceIsNoEvidence(t *testing.T) {
	t.Parallel()
	forbidden := errors.New("you may not")
	gone := events.Errorf(events.KindNotFound, "", "there is no namespace shop")
	for _, tc := range []struct {
		name   string
		change func(*record.Environment)
		err    error
		word   record.Word
		reason string
	}{
		{name: "the same", word: record.Passed},
		{name: "more replicas", change: func(e *record.Environment) { e.Components[0].Replicas = 3 }, word: record.Passed},
		{name: "another image", change: func(e *record.Environment) { e.Components[1].Image = "log:v2" }, word: record.Inconclusive, reason: `namespace shop was changed during the run: workload DaemonSet/log ran image "log:v1", and now "log:v2"`},
		{name: "another template", change: func(e *record.Environment) { e.Components[0].Version = "t9" }, word: record.Inconclusive, reason: "workload Deployment/api was rolled out anew"},
		{name: "one less", change: func(e *record.Environment) { e.Components = e.Components[:1] }, word: record.Inconclusive, reason: `workload DaemonSet/log ran image "log:v1", and now ""`},
		{name: "one more", change: func(e *record.Environment) {
			e.Components = append(e.Components, events.EnvironmentComponent{Name: "StatefulSet/db"})
		}, word: record.Inconclusive, reason: "2 workloads became 3"},
		{name: "made anew", change: func(e *record.Environment) { e.Created = "2026-01-02T03:05:00Z" }, word: record.Inconclusive, reason: "it was made at 2026-01-02T03:05:00Z"},
		{name: "gone", err: gone, word: record.Inconclusive, reason: "namespace shop was destroyed during the run"},
		{name: "not told", err: forbidden, word: record.Inconclusive, reason: "whether namespace shop was changed during the run could not be found out: you may not"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			var asked atomic.Int64
			r.workloads = func() (record.Environment, error) {
				now := bare()
				switch {
				case asked.Add(1) == 1:
				case tc.err != nil:
					return record.Environment{}, tc.err
				case tc.change != nil:
					tc.change(&now)
				}
				return now, nil
			}
			r.server(nil)
			r.start("run-n", quick(nil))
			wantVerdict(t, r.finished("run-n"), tc.word, tc.reason)
		})
	}
}

// TestVictimOfNoWorkload: where a victim belongs to nothing that is compared, nobody can say
// that it is unchanged.
func TestVictimOfNoWorkload(t *testing.T) {
	t.Parallel()
	for name, components := range map[string][]events.EnvironmentComponent{
		"no workload": nil, "another workload": {{Name: "Rollout/api", Image: "api:v1", Version: "t1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.workloads = func() (record.Environment, error) {
				return record.Environment{Namespace: "shop", Created: "2026-01-02T03:04:05Z", Components: components}, nil
			}
			r.server(nil)
			r.start("run-n", quick(nil))
			wantVerdict(t, r.finished("run-n"), record.Inconclusive, "victim api-1 is of no workload that is compared")
		})
	}
}

// TestNamespaceThatCannotBeRead is broken by nobody.
func TestNamespaceThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for reason, err := range map[string]error{
		"there is no namespace shop":                    events.Errorf(events.KindNotFound, "", "there is no namespace shop"),
		"namespace shop could not be read: you may not": errors.New("you may not"),
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.workloads = func() (record.Environment, error) { return record.Environment{}, err }
			r.server(nil)
			r.start("run-n", quick(nil))
			wantVerdict(t, r.finished("run-n"), record.NotRun, reason)
			if kills, _ := r.chaos.state(); kills != 0 {
				t.Errorf("%d kills", kills)
			}
		})
	}
}
