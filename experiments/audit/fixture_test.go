package audit

import (
	"encoding/json"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func second(n float64) time.Time { return noon().Add(time.Duration(n * float64(time.Second))) }

func silent(record.ProbeSeries, record.ProblemKind) string { return "" }

// killed is the record of a run that killed one of two pods, judged and sealed: availability
// shows value(s) at each second s after the kill, and the pods are whole again after 3 s.
func killed(t testing.TB, value func(s int) float64) record.Record {
	t.Helper()
	doc := spec.Document{Header: events.NewHeader(spec.Kind, "kill-one-api")}
	doc.Spec = spec.Spec{
		Hypothesis: []spec.Probe{
			{Name: "availability", Parts: map[string]json.RawMessage{"prometheus": json.RawMessage(`{"query":"min(up)","compare":">=","value":1}`)}},
			{Name: "whole", Must: spec.MustRecover, Parts: map[string]json.RawMessage{"ready": json.RawMessage(`{"labels":"app=api"}`)}},
		},
		Method: []spec.Fault{{Fault: "pod-kill", Target: spec.Target{Component: "api"}, Seed: 1<<63 + 1}},
	}
	r := record.Record{
		Schema: record.Schema, Tool: "v0.1.0", Run: "run-1", Name: "kill-one-api", Experiment: doc.WithDefaults(),
		Environment: record.Environment{Namespace: "shop", Labels: map[string]string{"tier": "<demo>"}},
		Trigger:     record.Trigger{Kind: "command", By: "zoë"}, Queued: second(-9), Started: second(-8),
		Phases: []record.Phase{{Name: record.PhaseBaseline, Started: second(-8), Ended: second(-0.2)}, {Name: record.PhaseJudging, Started: second(15), Ended: second(15.1)}},
		Steps: []record.Step{{
			Fault: "run-1-1", Kind: "pod-kill", Requested: second(-0.2), Injected: noon(), Closed: second(3.2), Outcome: record.OutcomeInjected, Recovered: true,
			Decisions: []events.GuardDecision{{Guard: "opt-in", Allowed: true, Seen: "shop allows it"}},
			Victims:   []events.Victim{{Kind: "pod", ID: "uid-1", Name: "api-1", Namespace: "shop", UID: "uid-1"}},
		}},
		Notes: []record.Note{{At: second(-8), Text: "a remark"}},
	}
	availability := record.ProbeSeries{Name: "availability", Kind: "prometheus", Must: spec.MustHold, Query: "min(up)", Compare: ">=", Value: 1, MaxAge: events.Duration(15 * time.Second)}
	whole := record.ProbeSeries{Name: "whole", Kind: "ready", Must: spec.MustRecover, Query: "all wanted replicas are Ready", Compare: ">="}
	for s := -8; s <= 15; s++ {
		v := 1.0
		if s >= 0 {
			v = value(s)
		}
		ready := 2.0
		if s >= 0 && s < 3 {
			ready = 1
		}
		age := events.Duration(300 * time.Millisecond)
		availability.Add(record.Sample{At: second(float64(s) + 0.5), Value: &v, OK: v >= 1, Age: &age, Oldest: &age})
		whole.Add(record.Sample{At: second(float64(s) + 0.5), Value: &ready, Wanted: new(2.0), OK: ready >= 2})
	}
	r.Probes = []record.ProbeSeries{availability, whole}
	for i, role := range []events.Role{events.RoleSent, events.RoleEffect, events.RoleHealed} {
		r.Recovery = append(r.Recovery, record.Mark{
			Mark: string(role), Role: role, Label: string(role), At: second(float64(i)), Heard: second(float64(i)), Source: record.SourceWatch, Victim: "uid-1",
		})
	}
	verdict.Conclude(&r, verdict.Ending{}, second(15.2), silent)
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	return r
}

func held(int) float64 { return 1 }

// broke is an availability that was 0 from the second to the fourth second.
func broke(s int) float64 {
	if s >= 1 && s < 4 {
		return 0
	}
	return 1
}

func encode(t testing.TB, r record.Record) []byte {
	t.Helper()
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
