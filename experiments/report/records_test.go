package report

import (
	"math"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// The records of the five verdicts, as the demo gives them, with fixed times and ids.

func t0() time.Time { return time.Date(2026, 3, 14, 15, 9, 26, 535e6, time.UTC) }

func at(seconds float64) time.Time {
	return t0().Add(time.Duration(math.Round(seconds*1e3)) * time.Millisecond)
}

func seconds(s float64) events.Duration {
	return events.Duration(time.Duration(math.Round(s*1e3)) * time.Millisecond)
}

func records() map[string]record.Record {
	return map[string]record.Record{
		"passed": sealed(passedRecord()), "failed": sealed(failedRecord()), "inconclusive": sealed(inconclusiveRecord()),
		"not-run": sealed(notRunRecord()), "aborted": sealed(abortedRecord()),
	}
}

func sealed(r record.Record) record.Record {
	if err := r.Seal(); err != nil {
		panic(err)
	}
	return r
}

const availability = `sum(rate(shop_load_requests_total{namespace="shop-4f2c1d9",code="200"}[5s]))
  /
sum(rate(shop_load_requests_total{namespace="shop-4f2c1d9"}[5s]))`

func baseRecord(name, description string) record.Record {
	return record.Record{
		Schema: record.Schema, Tool: "v0.1.0", Run: "run-7c1e-" + name, Name: name,
		Experiment: spec.Document{
			Header: events.NewHeader(spec.Kind, name),
			Spec: spec.Spec{
				Description: description, On: "environment.ready", Interval: seconds(1), Observe: seconds(10),
				Baseline: spec.Baseline{Duration: seconds(5), Samples: 5},
				Recovery: spec.Recovery{Budget: seconds(60), Samples: 3},
				Method: []spec.Fault{{
					Fault: "pod-kill", Target: spec.Target{Component: "api", Count: new(1)}, GracePeriod: new(seconds(0)), Seed: 42,
				}},
			},
		},
		Environment: record.Environment{
			Name: "shop-4f2c1d9", Namespace: "shop-4f2c1d9", Template: "shop", Project: "shop", Revision: "4f2c1d9b7a",
			Labels: map[string]string{"team": "shop", "tier": "demo"},
			Components: []events.EnvironmentComponent{
				{Name: "api", Image: "shakedown.dev/shop:v1", Replicas: 3, Ready: 3},
				{Name: "cart", Image: "shakedown.dev/shop:v1", Replicas: 1, Ready: 1},
				{Name: "web", Image: "shakedown.dev/shop:v1", Replicas: 2, Ready: 2},
			},
		},
		Trigger: record.Trigger{Kind: "shakedown.v1.envs.environment.ready", Event: "01J9ZK3V7Q", By: "shop"},
		Queued:  at(-8), Started: at(-7.2), Ended: at(14.8),
		Phases: []record.Phase{
			{Name: record.PhaseBaseline, Started: at(-6.5), Ended: at(-0.2)},
			{Name: record.PhaseInjecting, Started: at(-0.2), Ended: at(0)},
			{Name: record.PhaseObserving, Started: at(0), Ended: at(10)},
			{Name: record.PhaseRecovering, Started: at(10), Ended: at(14.5)},
		},
	}
}

// series samples once a second, from six seconds before the fault.
func series(name, kind, query, must string, want float64, to int, show func(second int) record.Sample) record.ProbeSeries {
	p := record.ProbeSeries{
		Name: name, Kind: kind, Must: must, Query: query, Compare: ">=", Value: want, Resolution: seconds(1), MaxAge: seconds(5),
	}
	if kind == "ready" {
		p.MaxAge = 0
	}
	for s := -6; s <= to; s++ {
		sample := show(s)
		sample.At = at(float64(s) + 0.4)
		p.Samples = append(p.Samples, sample)
	}
	return p
}

func good(v float64) record.Sample {
	return record.Sample{Value: &v, OK: true, Age: new(seconds(0.6))}
}

func within(least, most float64) *events.Bounds {
	return &events.Bounds{Least: seconds(least), Most: new(seconds(most))}
}

func bad(v float64) record.Sample { return record.Sample{Value: &v, Age: new(seconds(0.6))} }

func without(kind record.ProblemKind, text string) record.Sample {
	return record.Sample{Problem: &record.ProbeProblem{Kind: kind, Message: text}}
}

func readyOf(ready, wanted float64) record.Sample {
	return record.Sample{Value: &ready, Wanted: &wanted, OK: ready >= wanted}
}

func apiVictim() events.Victim {
	return events.Victim{
		Namespace: "shop-4f2c1d9", Name: "api-6d8f7c9b5-x2x7k", UID: "0b6f2f0e-6f0b-4f3e-9a41-3f6b8f7f2a10",
		Owner: "Deployment/api", Node: "node-2",
	}
}

func guards(refused string) []events.GuardDecision {
	all := []events.GuardDecision{
		{Guard: "stop", Allowed: true, Seen: "the emergency stop is released"},
		{Guard: "opt-in", Allowed: true, Seen: "namespace shop-4f2c1d9 has shakedown.dev/chaos=allowed"},
		{Guard: "namespace", Allowed: true, Seen: "shop-4f2c1d9 is managed by shakedown"},
		{Guard: "replicas", Allowed: true, Seen: "Deployment/api: 3 ready, 1 to be killed, 2 remain; no PodDisruptionBudget"},
		{Guard: "rollout", Allowed: true, Seen: "Deployment/api: generation 1 observed, 3 of 3 updated"},
		{Guard: "other-run", Allowed: true, Seen: "no other open fault on Deployment/api"},
	}
	for i := range all {
		if all[i].Guard == refused {
			all[i] = events.GuardDecision{
				Guard: refused, Seen: "Deployment/cart: 1 ready, 1 to be killed, 0 remain",
				Advice: "run at least 2 replicas of cart, or set allowOutage: true",
			}
		}
	}
	return all
}

func podMarks(v events.Victim, replacement string, times [5]float64) (marks []record.Mark) {
	for i, name := range []string{
		events.MarkKillAccepted, events.MarkReplacementScheduled, events.MarkVictimGone,
		events.MarkReplacementStarted, events.MarkReplacementReady,
	} {
		m := record.Mark{
			Mark: name, At: at(times[i]), After: seconds(times[i]), Source: record.SourceWatch,
			Victim: v.UID, Object: replacement, Node: "node-3",
		}
		if name == events.MarkKillAccepted || name == events.MarkVictimGone {
			m.Object, m.Node = v.Name, v.Node
		}
		marks = append(marks, m)
	}
	return marks
}

func passedRecord() record.Record {
	r := baseRecord("kill-one-api", "One of three api pods dies under load; shoppers do not notice.")
	r.Probes = []record.ProbeSeries{
		series("availability", "prometheus", availability, spec.MustHold, 0.99, 14, func(s int) record.Sample {
			if s == 1 || s == 2 {
				return good(0.9962)
			}
			return good(1)
		}),
		series("api is whole", "ready", "all wanted replicas of component api are Ready", spec.MustRecover, 0, 14, func(s int) record.Sample {
			if s == 0 || s == 1 || s == 2 {
				return readyOf(2, 3)
			}
			return readyOf(3, 3)
		}),
	}
	r.Probes[1].Outages = []record.Outage{{
		Started: at(0.4), Ended: at(3.4), Duration: seconds(3), Resolution: seconds(1), Worst: new(2.0), Samples: 3,
		Out: within(2, 3.4), Back: within(2.4, 3.6),
	}}
	r.Probes[0].Pace, r.Probes[0].Reach, r.Probes[0].Floor, r.Probes[0].Out = seconds(1), seconds(5), seconds(6.2), within(0, 6.2)
	r.Probes[1].Pace, r.Probes[1].Floor, r.Probes[1].Out = seconds(1), seconds(1.1), within(2, 3.4)
	v := apiVictim()
	r.Steps = []record.Step{{
		Fault: "run-7c1e-kill-one-api-0", Kind: "pod-kill", Target: events.FaultTarget{Labels: "app.kubernetes.io/name=api", Count: 1},
		Seed: 42, Requested: at(-0.18), Injected: at(0), Closed: at(2.91), Outcome: record.OutcomeInjected,
		Decisions: guards(""), Victims: []events.Victim{v}, Recovered: true,
	}}
	r.Recovery = append(podMarks(v, "api-6d8f7c9b5-9qkzp", [5]float64{0, 0.018, 0.412, 1.204, 2.871}),
		record.Mark{
			Mark: record.MarkFirstBad, At: at(0.4), After: seconds(0.4), Source: record.SourceProbe,
			Resolution: seconds(1), Probe: "api is whole",
		},
		record.Mark{
			Mark: record.MarkSLIBack, At: at(3.4), After: seconds(3.4), Source: record.SourceProbe,
			Resolution: seconds(1), Probe: "api is whole",
		})
	r.Summary = record.Summary{
		Detection: new(seconds(0.58)), Recovery: new(seconds(3.051)), Restored: new(seconds(3.6)), Outage: new(seconds(3.4)),
		DetectionBounds: within(0, 0.58), RecoveryBounds: within(2.871, 3.051), RestoredBounds: within(2.4, 3.6), OutageBounds: within(2, 3.4),
		Samples: 42, Victims: 1,
	}
	r.Verdict = record.Verdict{Word: record.Passed, Reason: "the fault was in effect on 1 victim, 1 of 2 probes never broke for longer than 6.2s, all hold again"}
	r.Evidence = evidence(10, "")
	return r
}

func evidence(met int, seen string) (all []record.Requirement) {
	for i, row := range [][3]string{
		{"baseline held", "every probe good for 5 samples in a row over 5s before the injection", "2 probes good"},
		{"one clock", "whoever dates the samples of a probe has our clock, to within one interval, and keeps pace with it", "all within an interval"},
		{"fault in effect", "every step of the method in effect on at least one victim", "1 in effect, 1 victim"},
		{"effect seen on every victim", "the fault seen in effect on every victim, as its kind says", "1 of 1 victim"},
		{"every sample readable", "all of the time from the injection to the end read by every probe that must hold", "all readable"},
		{"enough samples during the fault", "distinct samples of every probe that are younger than the effect of every step", "availability 14, api is whole 14"},
		{"fault closed without residue", "chaos reports every fault closed, with nothing left behind", "1 of 1 closed"},
		{"hypothesis held", "every sample of every probe that must hold good from the injection to the end", "availability: no outage longer than 6.2s"},
		{"target healed", "the target of every fault healed within 1m0s, as its kind says", "healed"},
		{"steady state back within the budget", "every probe good for 3 samples in a row at the end", "back"},
	} {
		r := record.Requirement{Name: row[0], Wanted: row[1], Seen: row[2], Met: i != met}
		if i == met {
			r.Seen = seen
		} else if i > met && met < 7 {
			r.Met, r.Seen = false, "not reached"
		}
		all = append(all, r)
	}
	return all
}

func failedRecord() record.Record {
	r := baseRecord("kill-only-cart", "The only cart pod dies; is 99.9 % availability kept?")
	r.Experiment.Spec.Method[0] = spec.Fault{Fault: "pod-kill", Target: spec.Target{Component: "cart"}, AllowOutage: true}
	r.Probes = []record.ProbeSeries{
		series("availability", "prometheus", availability, spec.MustHold, 0.999, 14, func(s int) record.Sample {
			if dip := map[int]float64{1: 0.91, 2: 0.6421, 3: 0.4118, 4: 0.3877, 5: 0.5214, 6: 0.7703, 7: 0.9422}; dip[s] > 0 {
				return bad(dip[s])
			}
			return good(1)
		}),
		series("checkout latency", "prometheus", `histogram_quantile(0.99, sum by (le) (rate(shop_load_duration_seconds_bucket{namespace="shop-4f2c1d9",route="/checkout"}[5s])))`,
			spec.MustRecover, 0.25, 14, func(s int) record.Sample {
				switch {
				case s >= 2 && s <= 4:
					return without(record.ProblemNotANumber, "the query gave NaN: no checkout was counted in the range")
				case s == 1, s == 5:
					return bad(0.4 + float64(s)/20)
				}
				return good(0.08 + 0.01*float64((s*s)%3))
			}),
	}
	r.Probes[1].Compare = "<="
	r.Probes[0].Outages = []record.Outage{{Started: at(1.4), Ended: at(8.4), Duration: seconds(7), Resolution: seconds(1), Worst: new(0.3877), Samples: 7, Out: within(1, 8.6), Back: within(2.4, 8.6)}}
	r.Probes[0].Pace, r.Probes[0].Reach, r.Probes[0].Floor, r.Probes[0].Out = seconds(1), seconds(5), seconds(6.2), within(1, 8.6)
	r.Probes[1].Outages = []record.Outage{{Started: at(1.4), Ended: at(6.4), Duration: seconds(5), Resolution: seconds(1), Worst: new(0.65), Samples: 5}}
	v := events.Victim{Namespace: "shop-4f2c1d9", Name: "cart-5c9d4f6b7-m4wtq", UID: "e3a1c7b2-55d0-4f0c-8f0e-9a1a3c0d77aa", Owner: "Deployment/cart", Node: "node-1"}
	r.Steps = []record.Step{{
		Fault: "run-7c1e-kill-only-cart-0", Kind: "pod-kill", Target: events.FaultTarget{Labels: "app.kubernetes.io/name=cart"},
		Seed: 9127364512, Requested: at(-0.18), Injected: at(0), Closed: at(3.6), Outcome: record.OutcomeInjected,
		Decisions: guards(""), Victims: []events.Victim{v}, Recovered: true,
	}}
	probe := func(name, mark string, s float64) record.Mark {
		return record.Mark{Mark: mark, At: at(s), After: seconds(s), Source: record.SourceProbe, Resolution: seconds(1), Probe: name}
	}
	r.Recovery = append(podMarks(v, "cart-5c9d4f6b7-t8hcl", [5]float64{0, 0.021, 0.533, 1.377, 3.52}),
		probe("availability", record.MarkFirstBad, 1.4), probe("availability", record.MarkSLIBack, 8.4),
		probe("checkout latency", record.MarkFirstBad, 1.4), probe("checkout latency", record.MarkSLIBack, 6.4))
	r.Summary = record.Summary{
		Detection: new(seconds(1.58)), Recovery: new(seconds(3.7)), Restored: new(seconds(8.58)), Outage: new(seconds(8.6)),
		DetectionBounds: within(0.4, 1.58), RecoveryBounds: within(3.52, 3.7), RestoredBounds: within(2.4, 8.58), OutageBounds: within(1, 8.6),
		Samples: 42, Problems: 3, Victims: 1,
	}
	r.Verdict = record.Verdict{
		Word:   record.Failed,
		Reason: "availability did not hold: 0.91 at +1.4s, want >= 0.999, out for 1 to 8.6 s",
		Advice: "Run at least two replicas of cart and spread them over nodes: its only pod was killed, so nobody could answer until the replacement was Ready.",
	}
	r.Evidence = evidence(7, "availability did not hold: 0.91 at +1.4s, want >= 0.999, out for 1 to 8.6 s")
	r.Notes = []record.Note{{At: at(-6.9), Text: "the file allows the outage (allowOutage: true)"}}
	return r
}

func inconclusiveRecord() record.Record {
	r := baseRecord("typo-in-metric", "A hypothesis on a metric that does not exist.")
	r.Ended, r.Phases = at(2.1), r.Phases[:1]
	r.Phases[0].Ended = at(1.8)
	r.Probes = []record.ProbeSeries{
		series("orders per second", "prometheus", `sum(rate(shop_ordrs_total{namespace="shop-4f2c1d9"}[5s]))`, spec.MustHold, 1, 1, func(int) record.Sample {
			return without(record.ProblemNoData, `no series matches shop_ordrs_total{namespace="shop-4f2c1d9"}`)
		}),
	}
	r.Summary = record.Summary{Samples: 8, Problems: 8}
	r.Verdict = record.Verdict{
		Word:   record.Inconclusive,
		Reason: `baseline held: no: orders per second: 0 good in a row over 0s, before that no-data (no series matches shop_ordrs_total{namespace="shop-4f2c1d9"})`,
		Advice: "Check the query in Prometheus: the metric does not exist. Nothing was killed.",
	}
	r.Evidence = evidence(0, "orders per second: 0 good in a row over 0s, no data")
	return r
}

func notRunRecord() record.Record {
	r := baseRecord("kill-only-cart-guarded", "The only cart pod, without leave to take the last replica.")
	r.Experiment.Spec.Method[0] = spec.Fault{Fault: "pod-kill", Target: spec.Target{Component: "cart"}}
	r.Ended = at(0.2)
	r.Phases = r.Phases[:2]
	r.Probes = []record.ProbeSeries{series("availability", "prometheus", availability, spec.MustHold, 0.999, -1, func(int) record.Sample { return good(1) })}
	r.Steps = []record.Step{{
		Fault: "run-7c1e-0", Kind: "pod-kill", Target: events.FaultTarget{Labels: "app.kubernetes.io/name=cart"}, Seed: 7,
		Requested: at(-0.18), Outcome: record.OutcomeRefused, Reason: "Deployment/cart would have no ready replica left",
		Advice: "run at least 2 replicas of cart, or set allowOutage: true", Decisions: guards("replicas"),
	}}
	r.Summary = record.Summary{Samples: 6}
	r.Verdict = record.Verdict{
		Word: record.NotRun, Guard: "replicas", Reason: "the guard replicas refused: Deployment/cart: 1 ready, 1 to be killed, 0 remain",
		Advice: "Run at least 2 replicas of cart, or set allowOutage: true where the outage is what you want to see.",
	}
	r.Evidence = evidence(2, "no fault in effect")
	return r
}

func abortedRecord() record.Record {
	r := passedRecord()
	r.Name, r.Run = "kill-one-api-stopped", "run-7c1e-stopped"
	r.Ended = at(5.2)
	r.Phases = []record.Phase{r.Phases[0], r.Phases[1], {Name: record.PhaseObserving, Started: at(0), Ended: at(4.6)}, {Name: record.PhaseReverting, Started: at(4.6), Ended: at(5.2)}}
	for i := range r.Probes {
		r.Probes[i].Samples = r.Probes[i].Samples[:11]
	}
	r.Summary.Samples, r.Summary.Restored = 22, nil
	r.Verdict = record.Verdict{Word: record.Aborted, Reason: "the emergency stop was pulled by ana: payment provider has an incident"}
	r.Evidence = evidence(5, "availability 5, api is whole 5")
	r.Notes = []record.Note{{At: at(4.6), Text: "stop engaged by ana: payment provider has an incident"}}
	return r
}
