package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/work"
)

// TestTheFakeIsAKind: what the engine is tested with keeps the contract.
func TestTheFakeIsAKind(t *testing.T) {
	for _, duration := range []time.Duration{0, time.Second} {
		t.Run(duration.String(), func(t *testing.T) {
			chaostest.TestKind(t, func(*testing.T) chaostest.Target {
				l := lasting(newLamps(3), duration)
				return chaostest.Target{
					Kind: l, Request: requestFor(duration), Replace: l.replace,
					Hits: func() int { _, victims := l.mostHits(); return victims },
				}
			})
		})
	}
}

// TestNothingIsInjectedAfterTheDeadline: the guards let the fault in in time, and what lies
// between them and the injection takes longer than the fault is wanted.
func TestNothingIsInjectedAfterTheDeadline(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	req := request("f1")
	req.Deadline = time.Now().Add(2 * time.Second)
	d := r.Deps("a", l)
	d.Checkpoint = func(step string) {
		if step == "sending" {
			events.Wait(t.Context(), time.Until(req.Deadline))
		}
	}
	r.Serve(d)
	r.Ask(req)
	if past := r.Closed(); past.Outcome != chaos.OutcomeRefused || !strings.Contains(past.Note, chaos.GuardFresh) {
		t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
	}
	if most, _ := l.mostHits(); most > 0 {
		t.Error("a lamp was put out when nobody wanted that any more")
	}
}

func TestInjectRecovers(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	if past := r.Closed(); past.Outcome != chaos.OutcomeRecovered {
		t.Fatalf("outcome %q, note %q", past.Outcome, past.Note)
	}
	var marks []string
	for _, m := range chaostest.Of(r, events.RecoveryMarkedTopic) {
		marks = append(marks, fmt.Sprint(m.Victim, " ", m.Mark, " ", m.Role, " ", m.Label))
	}
	want := []string{"lamp-1 switched sent Switch turned", "lamp-1 dark effect Lamp dark", "lamp-1 lit healed Lamp lit"}
	if d := cmp.Diff(want, marks); d != "" {
		t.Error("marks:", d)
	}
	injected := chaostest.Await(r, events.FaultInjectedTopic)
	if injected.Seed != 42 || len(injected.Victims) != 1 || len(injected.Decisions) != len(chaos.Guards())+1 {
		t.Errorf("injected: %+v", injected)
	}
	if reverted := chaostest.Await(r, events.FaultRevertedTopic); !reverted.Recovered || len(reverted.Residue) > 0 {
		t.Errorf("reverted: %+v", reverted)
	}
	checkEvents(t, r)
}

// TestDurationIsHeld: the fault is reverted when its duration is over, not before,
// and the recovery has its budget from then on.
func TestDurationIsHeld(t *testing.T) {
	const duration = 300 * time.Millisecond
	r, l := chaostest.New(t), lasting(newLamps(3), duration)
	r.Serve(r.Deps("a", l))
	r.Ask(requestFor(duration))
	if past := r.Closed(); past.Outcome != chaos.OutcomeRecovered {
		t.Fatalf("outcome %q, note %q", past.Outcome, past.Note)
	}
	injected := chaostest.Await(r, events.FaultInjectedTopic)
	for _, m := range chaostest.Of(r, events.RecoveryMarkedTopic) {
		if held := m.At.Sub(injected.At); m.Role == events.RoleHealed && held < duration {
			t.Errorf("reverted after %s", held)
		}
	}
}

// TestLongInjection takes longer than the lease, which is renewed beside it.
func TestLongInjection(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	d := r.Deps("a", l)
	d.Config.Lease = time.Second
	l.injectTimeout = eventstest.Patience
	l.before = func(ctx context.Context) { events.Wait(ctx, 5*d.Config.Lease/2) }
	r.Serve(d)
	r.Serve(r.Deps("b", l))
	r.Ask(request("f1"))
	if past := r.Closed(); past.Outcome != chaos.OutcomeRecovered {
		t.Fatalf("outcome %q, note %q", past.Outcome, past.Note)
	}
}

func TestSameRequestTwiceInjectsOnce(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	r.Serve(r.Deps("a", l))
	r.Serve(r.Deps("b", l))
	req := request("f1")
	for _, id := range []string{"first", "second", "third"} {
		m := events.Meta{ID: id, Source: "test", Time: time.Now(), Correlation: req.Run}
		if err := events.FaultInjectTopic.Publish(t.Context(), r.Bus, m, req); err != nil {
			t.Fatal(err)
		}
	}
	r.Closed()
	if _, victims := l.mostHits(); victims != 1 {
		t.Errorf("%d victims were hit, want 1", victims)
	}
	if n := len(chaostest.Of(r, events.FaultRefusedTopic)); n > 0 {
		t.Errorf("refused %d times", n)
	}
}

// TestNoFalseGreen has one row for each way in which nothing was injected.
func TestNoFalseGreen(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(*lamps, *events.FaultInject)
		reason  string
	}{
		{"no target", func(l *lamps, _ *events.FaultInject) {
			l.noTarget = fmt.Errorf("%w: it is empty", chaos.ErrNoTarget)
		}, "no target: it is empty"},
		{"refused by the server", func(l *lamps, _ *events.FaultInject) {
			l.injectError = chaos.Untouched(chaos.ErrForbidden)
		}, chaos.ErrForbidden.Error()},
		{"gone since the survey", func(l *lamps, _ *events.FaultInject) { l.injectError = chaos.Untouched(chaos.ErrGone) }, chaos.ErrGone.Error()},
		{"answer lost, victim untouched", func(l *lamps, _ *events.FaultInject) { l.injectError = errors.New("connection reset") }, "connection reset"},
		{"survey refused", func(l *lamps, _ *events.FaultInject) { l.surveyError = chaos.ErrForbidden }, chaos.ErrForbidden.Error()},
		{"watch refused", func(l *lamps, _ *events.FaultInject) { l.followError = chaos.ErrForbidden }, "watch the target in namespace shop"},
		{"unknown fault", func(_ *lamps, q *events.FaultInject) { q.Kind = "meteor" }, `no fault "meteor"`},
		{"no run", func(_ *lamps, q *events.FaultInject) { q.Run = "" }, "run"},
		{"no budget", func(_ *lamps, q *events.FaultInject) { q.Budget = 0 }, "budget"},
		{"no duration", func(l *lamps, _ *events.FaultInject) { l.duration = events.DurationRequired }, "duration: is missing"},
		{"bad parameter", func(_ *lamps, q *events.FaultInject) { q.Params = json.RawMessage(`{"after":1}`) }, "params.after"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r, l, req := chaostest.New(t), newLamps(3), request("f1")
			tc.prepare(l, &req)
			r.Serve(r.Deps("a", l))
			r.Ask(req)
			failed := chaostest.Await(r, events.FaultFailedTopic)
			if !strings.Contains(failed.Reason, tc.reason) || len(failed.Victims) > 0 {
				t.Errorf("failed: %+v", failed)
			}
			if past := r.Closed(); past.Outcome != chaos.OutcomeFailed {
				t.Errorf("outcome %q", past.Outcome)
			}
			if reverted := chaostest.Await(r, events.FaultRevertedTopic); reverted.Recovered {
				t.Errorf("reverted: %+v", reverted)
			}
			if n := len(chaostest.Of(r, events.FaultInjectedTopic)); n > 0 {
				t.Errorf("injected was published %d times", n)
			}
		})
	}
}

func TestLostAnswerButInjected(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	l.injectError, l.injectsAnyway = errors.New("connection reset"), true
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	if failed := chaostest.Await(r, events.FaultFailedTopic); len(failed.Victims) != 1 {
		t.Errorf("failed: %+v", failed)
	}
	if past := r.Closed(); past.Outcome != chaos.OutcomeFailed {
		t.Errorf("past: %+v", past)
	}
	marks := chaostest.Of(r, events.RecoveryMarkedTopic)
	if marks[0].Role != events.RoleSent || marks[0].Since.IsZero() {
		t.Error("the first mark hides that its time is not known")
	}
	if marks[len(marks)-1].Role != events.RoleHealed {
		t.Errorf("marks: %+v", marks)
	}
}

func TestNotRecovered(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	l.dark, l.stuck = true, true
	r.Serve(r.Deps("a", l))
	req := request("f1")
	req.Budget = events.Duration(300 * time.Millisecond)
	r.Ask(req)
	reverted := chaostest.Await(r, events.FaultRevertedTopic)
	if reverted.Recovered || !strings.Contains(reverted.Reason, "lamp-1 is dark") || len(reverted.Residue) != 1 {
		t.Errorf("reverted: %+v", reverted)
	}
}

func TestRefusedTouchesNothing(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	delete(l.labels, events.LabelChaos)
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	refused := chaostest.Await(r, events.FaultRefusedTopic)
	if !strings.Contains(refused.Reason, chaos.GuardOptIn) || refused.Advice == "" || len(refused.Decisions) != len(chaos.Guards())+1 {
		t.Errorf("refused: %+v", refused)
	}
	if _, victims := l.mostHits(); victims != 0 {
		t.Errorf("%d victims were hit", victims)
	}
	if past := r.Closed(); past.Outcome != chaos.OutcomeRefused {
		t.Errorf("outcome %q", past.Outcome)
	}
}

// TestRefusalByTheServer: one that touches nothing is a refusal by name; one after
// the first victim is a fault that is in effect in part.
func TestRefusalByTheServer(t *testing.T) {
	for _, tc := range []struct {
		name       string
		refuseFrom int
		outcome    string
	}{
		{"at the first victim", 1, chaos.OutcomeRefused},
		{"at the second", 2, chaos.OutcomeFailed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, l := chaostest.New(t), newLamps(3)
			l.count, l.refuseFrom = 2, tc.refuseFrom
			r.Serve(r.Deps("a", l))
			r.Ask(request("f1"))
			if past := r.Closed(); past.Outcome != tc.outcome || !strings.Contains(past.Note, "it is night") {
				t.Errorf("past: %+v", past)
			}
			if _, victims := l.mostHits(); victims != tc.refuseFrom-1 {
				t.Errorf("%d victims were hit", victims)
			}
			refused := chaostest.Of(r, events.FaultRefusedTopic)
			if tc.outcome == chaos.OutcomeRefused && (len(refused) != 1 || refused[0].Advice != "wait for the morning") {
				t.Errorf("refused: %+v", refused)
			}
		})
	}
}

func TestOpenFaultBlocksItsTarget(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	l.dark = true
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	chaostest.Await(r, events.FaultInjectedTopic)
	r.Ask(request("f2"))
	if refused := chaostest.Await(r, events.FaultRefusedTopic); !strings.Contains(refused.Reason, chaos.GuardNoOtherRun) {
		t.Errorf("refused: %+v", refused)
	}
}

// TestOneOpenFaultForEachTarget asks for many faults on one target at the same
// moment, in two servers.
func TestOneOpenFaultForEachTarget(t *testing.T) {
	r, l := chaostest.New(t), newLamps(5)
	l.dark = true
	r.Serve(r.Deps("a", l))
	r.Serve(r.Deps("b", l))
	const faults = 8
	for i := range faults {
		r.Ask(request(fmt.Sprintf("f%d", i)))
	}
	eventstest.Eventually(t, "every fault is decided", func() bool {
		return len(chaostest.Of(r, events.FaultInjectedTopic))+len(chaostest.Of(r, events.FaultRefusedTopic)) == faults
	})
	if most, victims := l.mostHits(); victims > 1 || most > 1 {
		t.Errorf("%d victims with one lock were hit, one of them %d times", victims, most)
	}
}

// TestLostLease takes the lease away from a server: it lets go of the fault.
func TestLostLease(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	l.dark = true
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	eventstest.Eventually(t, "the recovery is watched", func() bool {
		open := r.Open()
		return len(open) == 1 && open[0].Body.State == chaos.StateRecovering
	})
	table, err := events.OpenTable[work.Row[chaos.Entry]](t.Context(), r.Bus, events.Bucket{Name: chaos.LedgerName})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Modify(t.Context(), "f1", func(row *work.Row[chaos.Entry]) error {
		row.Lease = work.Lease{Owner: "another", Epoch: row.Lease.Epoch + 1, TTL: events.Duration(time.Hour)}
		row.Body.EndAsked = "now"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	eventstest.Eventually(t, "the victims are not watched any more", func() bool { return l.followersClosed() > 0 })
	if row := r.Open()[0]; row.Body.State != chaos.StateRecovering || row.Lease.Owner != "another" {
		t.Errorf("row: %+v", row)
	}
}

func TestMetrics(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	d := r.Deps("a", l)
	registry := prometheus.NewRegistry()
	d.Registerer = registry
	r.Serve(d)
	r.Ask(request("f1"))
	r.Closed()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch f.GetName() {
			case "shakedown_chaos_faults_total":
				got = append(got, fmt.Sprint(m.GetLabel()[1].GetValue(), m.GetCounter().GetValue()))
			case "shakedown_chaos_recovery_seconds":
				got = append(got, fmt.Sprint("recoveries", m.GetHistogram().GetSampleCount()))
			}
		}
	}
	if diff := cmp.Diff([]string{"recovered1", "recoveries1"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestShutdownClosesEntries(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	l.dark = true
	stop := r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	chaostest.Await(r, events.FaultInjectedTopic)
	stop()
	if past := r.Closed(); past.Outcome != chaos.OutcomeEnded {
		t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
	}
	if reverted := chaostest.Await(r, events.FaultRevertedTopic); reverted.Recovered {
		t.Errorf("reverted: %+v", reverted)
	}
}

func TestTwoKindsOfOneName(t *testing.T) {
	r, l := chaostest.New(t), newLamps(1)
	if _, err := chaos.New(r.Deps("a", l, l)); err == nil || !strings.Contains(err.Error(), blackout) {
		t.Errorf("error %v", err)
	}
}

// TestNeedsAnInstallation: without one nothing is ours, and every fault would be refused
// for a reason that is not the case.
func TestNeedsAnInstallation(t *testing.T) {
	d := chaostest.New(t).Deps("a", newLamps(1))
	d.Installation = ""
	if _, err := chaos.New(d); err == nil {
		t.Error("a service that owns nothing starts")
	}
}

// TestKindsAreAnswered: a call gives what commands without a server have.
func TestKindsAreAnswered(t *testing.T) {
	r, l := chaostest.New(t), newLamps(1)
	r.Serve(r.Deps("a", l))
	got := ask(t, r, events.FaultKindsCall, events.Nothing{})
	if d := cmp.Diff(chaos.Catalogue([]chaos.Kind{l}), got); d != "" {
		t.Error(d)
	}
	if len(got.Guards) != len(chaos.Guards()) || !slices.ContainsFunc(got.Kinds, func(k events.FaultKind) bool { return k.Name == blackout }) {
		t.Errorf("kinds: %+v", got)
	}
}
