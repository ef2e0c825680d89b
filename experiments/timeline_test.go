package experiments

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

func TestTimelineOfAPassedRun(t *testing.T) {
	s := simulate(1, heals, at(5*time.Second, value("whole", 2)), at(7*time.Second, value("whole", 3)))
	s.want(t, record.Passed, "the fault was in effect on 1 victim, 1 of 2 probes never broke")
	want := []string{"0s baseline", "4s injecting", "4.1s observing", "14.5s recovering", "14.5s judging"}
	if diff := cmp.Diff(want, s.journal); diff != "" {
		t.Error(diff)
	}
	sum := s.st.rec.Summary
	got := []string{sum.DetectionBounds.String(), sum.RecoveryBounds.String(), sum.RestoredBounds.String(), sum.OutageBounds.String()}
	if diff := cmp.Diff([]string{"at most 0.5 s", "2.9 to 3 s", "1.4 to 2.5 s", "1 to 2.5 s"}, got); diff != "" {
		t.Error(diff)
	}
	var marks []string
	for _, m := range s.st.rec.Recovery {
		marks = append(marks, m.After.String()+" "+m.Mark)
	}
	wantMarks := []string{
		"0s kill-accepted", "400ms victim-gone", "500ms replacement-scheduled", "800ms replacement-started",
		"900ms first-bad-sample", "2.9s replacement-ready", "2.9s sli-back",
	}
	if diff := cmp.Diff(wantMarks, marks); diff != "" {
		t.Error(diff)
	}
}

func TestTimelines(t *testing.T) {
	sec := time.Second
	quick := func(then ...happening) func(int, time.Duration) []happening {
		return after(append([]happening{at(100*time.Millisecond, injected(0))}, then...)...)
	}
	gone := at(200*time.Millisecond, marked(0, events.MarkVictimGone))
	ready := at(3*sec, marked(0, events.MarkReplacementReady))
	for _, tc := range []struct {
		name   string
		steps  int
		chaos  func(int, time.Duration) []happening
		script []happening
		word   record.Word
		reason string
		advice string
		last   string
	}{
		{name: "nothing breaks", chaos: heals, word: record.Passed, reason: "2 of 2 probes never broke"},
		{name: "two steps", steps: 2, chaos: heals, word: record.Passed, reason: "the fault was in effect on 2 victims"},
		{
			name: "hold breaks for three seconds", chaos: heals, word: record.Failed, reason: "out for 2 to 4 s", advice: "drain",
			script: []happening{at(6*sec, value("availability", 0.5)), at(9*sec, value("availability", 1))},
		},
		{
			name: "hold breaks and stays", chaos: heals, word: record.Failed, reason: "did not hold",
			script: []happening{at(6*sec, value("availability", 0))}, last: "39.1s judging",
		},
		{
			name: "recover comes back late", chaos: heals, word: record.Failed, reason: "whole was not back within 30s",
			script: []happening{at(6*sec, value("whole", 2)), at(36*sec, value("whole", 3))},
		},
		{
			name: "recover never comes back", chaos: heals, word: record.Failed, reason: "whole was not back within 30s",
			script: []happening{at(6*sec, value("whole", 2))},
		},
		{
			name: "target does not heal", word: record.Failed, reason: "did not heal within 30s (0 of 1 Ready)",
			chaos: quick(gone, at(30*sec, closed(0, false))),
		},
		{
			name: "metric that does not exist", chaos: heals, word: record.Inconclusive, advice: "does the metric exist",
			reason: "availability: 0 good in a row over 0s, before that no-data",
			script: []happening{at(0, trouble("availability", record.ProblemNoData))}, last: "17s judging",
		},
		{
			name: "baseline does not hold", chaos: heals, word: record.Inconclusive, advice: "did not hold before anything was broken",
			reason: "0.5 at 10:00:17.000, want >= 0.99",
			script: []happening{at(0, value("availability", 0.5))}, last: "17s judging",
		},
		{
			name: "environment settles within the grace", chaos: heals, word: record.Passed, reason: "in effect on 1 victim",
			script: []happening{at(0, trouble("availability", record.ProblemNoData)), at(10*sec, value("availability", 1))},
		},
		{name: "no sample ever", chaos: heals, word: record.Inconclusive, reason: "baseline held", script: []happening{at(0, blackout(true))}},
		{
			name: "stale for a moment while it must hold", chaos: heals, word: record.Inconclusive, reason: "availability: nothing was read for 2s from 10:00:04.500: stale",
			script: []happening{at(6*sec, trouble("availability", record.ProblemStale)), at(7*sec, value("availability", 1))},
		},
		{
			name: "a breach that was measured outranks what was not read", chaos: heals, word: record.Failed, reason: "availability did not hold: 0.1",
			script: []happening{at(6*sec, trouble("availability", record.ProblemTimeout)), at(7*sec, value("availability", 0.1)), at(8*sec, value("availability", 1))},
		},
		{
			name: "recover may be unreadable for a moment", chaos: heals, word: record.Passed, reason: "in effect on 1 victim",
			script: []happening{at(6*sec, trouble("whole", record.ProblemAPI)), at(7*sec, value("whole", 3))},
		},
		{
			name: "recover unreadable at the end", chaos: heals, word: record.Inconclusive, reason: "the last sample has no value",
			script: []happening{at(14*sec, trouble("whole", record.ProblemAPI))},
		},
		{
			name: "recover unreadable most of the time", chaos: heals, word: record.Inconclusive, reason: "whole: nothing was read for 15.5s",
			script: []happening{at(5*sec, trouble("whole", record.ProblemAPI)), at(20*sec, value("whole", 3))},
		},
		{
			name: "no samples for a while", chaos: heals, word: record.Inconclusive, reason: "availability: nothing was read for 5s",
			script: []happening{at(9*sec, blackout(true)), at(13*sec, blackout(false))},
		},
		{name: "guard refuses", chaos: after(at(sec, refused(0))), word: record.NotRun, reason: `guard "enough-ready" refused: 1 of 1 ready`, advice: "run two"},
		{
			name: "guard refuses the second step", steps: 2, word: record.Inconclusive, reason: `step 2: guard "enough-ready" refused`,
			chaos: func(step int, from time.Duration) []happening {
				if step == 1 {
					return after(at(sec, refused(1)))(step, from)
				}
				return heals(step, from)
			},
		},
		{name: "API server refuses the delete", chaos: after(at(sec, failed(0)), at(sec, closed(0, false))), word: record.Inconclusive, reason: "the API server refused the delete", last: "5s judging"},
		{
			name: "fails in part", word: record.Inconclusive, reason: "step 1 (pod-kill) failed",
			chaos: after(at(sec, failed(0, "uid-0")), at(4*sec, closed(0, true))), last: "8s judging",
		},
		{name: "chaos is silent", chaos: silent, word: record.Inconclusive, reason: "chaos did not answer within 30s", advice: "ledger"},
		{name: "late answer after the revert", chaos: after(at(35*sec, injected(0)), at(36*sec, closed(0, true))), word: record.Inconclusive, reason: "chaos did not answer"},
		{name: "chaos does not close", chaos: quick(gone), word: record.Inconclusive, reason: "chaos did not close the fault of step 1"},
		{name: "effect never seen", chaos: quick(ready, at(3*sec, closed(0, true))), word: record.Inconclusive, reason: "effect seen on every victim"},
		{name: "marks come late", chaos: quick(at(3*sec, closed(0, true)), at(5*sec, marked(0, events.MarkVictimGone)), at(5*sec, marked(0, events.MarkReplacementReady))), word: record.Passed},
		{name: "closing comes first of all", chaos: after(at(sec, closed(0, true)), at(2*sec, marked(0, events.MarkVictimGone)), at(3*sec, injected(0))), word: record.Passed},
		{name: "residue", chaos: quick(gone, ready, at(3*sec, closed(0, true, "pod/leftover"))), word: record.Inconclusive, reason: "pod/leftover"},
		{name: "stop in the baseline", chaos: heals, script: []happening{at(2*sec, stop())}, word: record.Aborted, reason: "emergency stop while baseline: too hot", last: "2s judging"},
		{
			name: "stop while injecting", chaos: after(at(2*sec, closed(0, false))),
			script: []happening{at(5*sec, stop())}, word: record.Aborted, reason: "while injecting", last: "6s judging",
		},
		{
			name: "stop while observing", chaos: quick(gone, at(6*sec, closed(0, true))),
			script: []happening{at(7*sec, stop())}, word: record.Aborted, reason: "while observing: too hot", last: "10s judging",
		},
		{
			name: "stop while recovering", chaos: quick(gone, at(20*sec, closed(0, false))),
			script: []happening{at(15*sec, stop())}, word: record.Aborted, reason: "while recovering", last: "24s judging",
		},
		{
			name: "stop that nobody confirms", chaos: quick(gone), word: record.Aborted, advice: "ledger",
			script: []happening{at(7*sec, stop())}, reason: "chaos did not confirm",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := simulate(max(1, tc.steps), tc.chaos, tc.script...)
			s.want(t, tc.word, tc.reason)
			if got := s.st.rec.Verdict.Advice; !strings.Contains(got, tc.advice) {
				t.Errorf("advice %q, want %q", got, tc.advice)
			}
			if got := s.journal[len(s.journal)-1]; tc.last != "" && got != tc.last {
				t.Errorf("ended with %q, want %q", got, tc.last)
			}
		})
	}
}

func TestAdviceForASingleReplica(t *testing.T) {
	s := simulate(1, heals, at(6*time.Second, value("availability", 0)), at(9*time.Second, value("availability", 1)))
	s.st.rec.Environment.Components = []events.EnvironmentComponent{{Name: "api", Replicas: 1}}
	verdict.Conclude(&s.st.rec, verdict.Ending{}, s.time(), kinds().Advise)
	if got, want := s.st.rec.Verdict.Advice, "run more than one replica of api"; got != want {
		t.Errorf("advice %q, want %q", got, want)
	}
}

func TestAFullRecordFitsIntoTheStore(t *testing.T) {
	s := simulate(1, heals)
	problem := record.Sample{At: s.time(), Problem: &record.ProbeProblem{Kind: record.ProblemSeveralSeries, Message: strings.Repeat("x", record.MaxMessage+3)}}
	s.st.row.Phase = record.PhaseObserving
	for range 2 * record.Full {
		s.st.add(batch{problem, problem})
	}
	raw, err := json.Marshal(events.RunAnswer{Record: must(json.Marshal(s.st.rec))})
	if err != nil || len(raw) > 1<<20-1<<12 {
		t.Errorf("the record has %d bytes: %v", len(raw), err)
	}
	if m := s.cfg.next(s.st, s.time()); m.to != record.PhaseReverting || !strings.Contains(m.end.Aborted, "full") {
		t.Errorf("a full record leads to %+v", m)
	}
}

func must(raw []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return raw
}
