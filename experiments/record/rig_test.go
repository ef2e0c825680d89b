package record

import (
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// at is so many seconds after the first sample.
func at(seconds float64) time.Time {
	return time.Date(2027, 6, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

// seconds are those of at.
func seconds(t time.Time) float64 { return t.Sub(at(0)).Seconds() }

// samples has one sample a second: "g" is good, "b" bad, "B" worse, "?" without a value and
// "." not taken.
func samples(shown string) (all []Sample) {
	for i, c := range shown {
		s := Sample{At: at(float64(i))}
		switch c {
		case 'g':
			s.Value, s.OK = new(1.0), true
		case 'b':
			s.Value = new(0.5)
		case 'B':
			s.Value = new(0.25)
		case '?':
			s.Problem = &ProbeProblem{Kind: ProblemTimeout, Message: "no answer"}
		case '.':
			continue
		}
		all = append(all, s)
	}
	return all
}

// scraped are samples whose raw data are as old as is said, in seconds.
func scraped(all []Sample, ages ...float64) []Sample {
	for i := range all {
		all[i].Age = new(events.Duration(ages[i] * float64(time.Second)))
	}
	return all
}

// probe is one that measures when it is asked.
func probe(must, shown string) ProbeSeries {
	return ProbeSeries{Name: "success", Must: must, Compare: ">=", Value: 1, Samples: samples(shown)}
}

// killed is a run that kills one pod: sent at 2.5 s, in effect by 2.8 s, healed by 6.1 s,
// closed at 7 s and judged at 10 s.
func killed(probes ...ProbeSeries) Record {
	mark := func(name string, role events.Role, happened, heard float64) Mark {
		return Mark{Mark: name, Role: role, At: at(happened), Heard: at(heard), Source: SourceWatch, Victim: "v"}
	}
	sent := mark("sent", events.RoleSent, 2.6, 2.6)
	sent.Sent = at(2.5)
	return Record{
		Schema:     Schema,
		Experiment: spec.Document{Spec: spec.Spec{Interval: events.Duration(time.Second), Method: []spec.Fault{{}}}},
		Phases:     []Phase{{Name: PhaseJudging, Started: at(10)}},
		Probes:     probes,
		Steps: []Step{{
			Requested: at(2.4), Injected: at(2.6), Closed: at(7), Outcome: OutcomeInjected, Recovered: true,
			Victims: []events.Victim{{ID: "v"}},
		}},
		Recovery: []Mark{sent, mark("gone", events.RoleEffect, 2.7, 2.8), mark("back", events.RoleHealed, 6, 6.1)},
	}
}

// text is a length as "from the least to the most", "?" where nobody knows.
func text(b *events.Bounds) string {
	switch {
	case b == nil:
		return "none"
	case b.Most == nil:
		return fmt.Sprintf("%s to ?", b.Least.Std())
	}
	return fmt.Sprintf("%s to %s", b.Least.Std(), b.Most.Std())
}

// stretches are times without a value.
func stretches(all []Stretch) string {
	var texts []string
	for _, s := range all {
		t := fmt.Sprintf("%g to %g", seconds(s.From), seconds(s.To))
		if s.Problem != nil {
			t += " " + string(s.Problem.Kind)
		}
		texts = append(texts, t)
	}
	return strings.Join(texts, ", ")
}
