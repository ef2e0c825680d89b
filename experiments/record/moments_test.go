package record

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// TestSent: what chaos said goes first, but nothing was sent before it was asked for.
func TestSent(t *testing.T) {
	for _, tc := range []struct {
		name               string
		alter              func(*Record)
		sent, by, injected time.Time
	}{
		{"said", func(*Record) {}, at(2.5), at(2.5), at(2.6)},
		{"not said", func(r *Record) { r.Recovery[0].Sent = time.Time{} }, at(2.4), at(2.6), at(2.6)},
		{"said to be before it was asked for", func(r *Record) { r.Recovery[0].Sent = at(2) }, at(2.4), at(2), at(2.6)},
		{"two victims", func(r *Record) {
			second := r.Recovery[0]
			second.At, second.Sent = at(2.5), at(2.45)
			r.Recovery = append(r.Recovery, second)
		}, at(2.45), at(2.45), at(2.5)},
		{"accepted before the mark was made", func(r *Record) { r.Steps[0].Injected = at(2.55) }, at(2.5), at(2.5), at(2.55)},
		{"the mark of another step", func(r *Record) { r.Recovery[0].Step = 1 }, at(2.4), at(2.6), at(2.6)},
		{"no step", func(r *Record) { r.Steps, r.Recovery = nil, nil }, time.Time{}, time.Time{}, time.Time{}},
	} {
		r := killed(probe(spec.MustHold, "g"))
		tc.alter(&r)
		if sent, by, injected := r.Sent(0), r.SentBy(0), r.Injected(0); !sent.Equal(tc.sent) || !by.Equal(tc.by) || !injected.Equal(tc.injected) {
			t.Errorf("%s: sent from %s to %s, accepted at %s", tc.name, sent, by, injected)
		}
	}
}

// TestEffect is when the last victim was heard to be hit.
func TestEffect(t *testing.T) {
	r := killed()
	r.Steps[0].Victims = append(r.Steps[0].Victims, events.Victim{UID: "w"})
	if got := r.Effect(r.Steps[0]); !got.IsZero() {
		t.Errorf("one victim was not seen hit, and the effect is at %s", got)
	}
	second := Mark{Role: events.RoleEffect, At: at(3), Victim: "w"}
	r.Recovery = append(r.Recovery, second)
	if got := r.Effect(r.Steps[0]); !got.Equal(at(3)) {
		t.Errorf("the effect is at %s", got)
	}
	second.At = at(2.9)
	r.Recovery = append(r.Recovery, second) // heard again, of something earlier
	if got := r.Effect(r.Steps[0]); !got.Equal(at(2.9)) {
		t.Errorf("the effect is at %s", got)
	}
}

// TestEnds: the budget of a fault that lasts begins when it was to end.
func TestEnds(t *testing.T) {
	r := killed()
	if got := r.Ends(0); !got.Equal(at(2.6)) || r.Lasts(at(5)) != 0 {
		t.Errorf("a fault without a duration ends at %s", got)
	}
	r.Experiment.Spec.Method[0].Duration = events.Duration(4 * time.Second)
	if got := r.Ends(0); !got.Equal(at(6.6)) || r.Lasts(at(5)) != 4*time.Second {
		t.Errorf("a fault of 4 s ends at %s", got)
	}
	if got := r.Ends(1); !got.IsZero() {
		t.Errorf("what was not injected ends at %s", got)
	}
}

// TestLaterSteps: a time belongs to the latest injection before it.
func TestLaterSteps(t *testing.T) {
	r := killed()
	r.Steps = append(r.Steps, Step{Index: 1, Requested: at(8), Injected: at(8.2), Outcome: OutcomeInjected})
	for _, tc := range []struct{ t, injected, sent time.Time }{
		{at(1), at(2.6), at(2.5)}, {at(5), at(2.6), at(2.5)}, {at(8.1), at(2.6), at(2.5)}, {at(8.2), at(8.2), at(8)}, {at(9), at(8.2), at(8)},
	} {
		if in, sent := r.InjectedBefore(tc.t), r.SentBefore(tc.t); !in.Equal(tc.injected) || !sent.Equal(tc.sent) {
			t.Errorf("at %s: injected %s, sent %s", tc.t, in, sent)
		}
	}
	if last := r.LastClosed(); !last.IsZero() {
		t.Errorf("a fault is open, and all are closed at %s", last)
	}
	if open := r.OpenSteps(); len(open) != 1 || open[0].Index != 1 {
		t.Errorf("open: %+v", open)
	}
	r.Steps[1].Closed = at(9)
	if last := r.LastClosed(); !last.Equal(at(9)) {
		t.Errorf("all are closed at %s", last)
	}
	r.Steps = append(r.Steps, Step{Index: 2})
	if last := r.LastClosed(); !last.Equal(at(9)) {
		t.Errorf("with a step that never came all are closed at %s", last)
	}
}

// TestOpen: what failed is reverted, too, and what was refused hit nothing.
func TestOpen(t *testing.T) {
	for _, tc := range []struct {
		name string
		step Step
		want bool
	}{
		{"not asked for", Step{}, false},
		{"asked for", Step{Requested: at(1)}, true},
		{"injected", Step{Requested: at(1), Outcome: OutcomeInjected}, true},
		{"failed", Step{Requested: at(1), Outcome: OutcomeFailed}, true},
		{"refused", Step{Requested: at(1), Outcome: OutcomeRefused}, false},
		{"closed", Step{Requested: at(1), Closed: at(2), Outcome: OutcomeInjected}, false},
	} {
		if got := tc.step.Open(); got != tc.want {
			t.Errorf("%s: open %v", tc.name, got)
		}
	}
}

// TestMarked: a fault that did not recover has no healed mark to wait for.
func TestMarked(t *testing.T) {
	r := killed()
	if !r.Marked(r.Steps[0]) || r.Proved(r.Steps[0], events.RoleHealed) != 1 {
		t.Error("all marks are there, and it is not marked")
	}
	r.Recovery = r.Recovery[:2]
	if r.Marked(r.Steps[0]) || r.Proved(r.Steps[0], events.RoleHealed) != 0 {
		t.Error("it recovered, and nothing shows that it healed")
	}
	r.Steps[0].Recovered = false
	if !r.Marked(r.Steps[0]) {
		t.Error("it did not recover, and a mark of that is awaited")
	}
	r.Recovery = r.Recovery[:1]
	if r.Marked(r.Steps[0]) {
		t.Error("nothing shows that it was in effect")
	}
}

// TestProves: records from before there were roles have those of the marks' names.
func TestProves(t *testing.T) {
	roles := []events.Role{events.RoleSent, events.RoleEffect, events.RoleHealed}
	for _, tc := range []struct {
		name string
		mark Mark
		want []events.Role
	}{
		{"a role", Mark{Mark: "x", Role: events.RoleEffect}, []events.Role{events.RoleEffect}},
		{"a role goes before the name", Mark{Mark: events.MarkVictimGone, Role: events.RoleSent}, []events.Role{events.RoleSent}},
		{"a label and no role", Mark{Mark: events.MarkVictimGone, Label: "Victim gone"}, nil},
		{"old, accepted", Mark{Mark: events.MarkKillAccepted}, []events.Role{events.RoleSent}},
		{"old, gone", Mark{Mark: events.MarkVictimGone}, []events.Role{events.RoleEffect}},
		{"old, ready", Mark{Mark: events.MarkReplacementReady}, []events.Role{events.RoleHealed}},
		{"of a probe", Mark{Mark: MarkFirstBad}, nil},
	} {
		var got []events.Role
		for _, role := range roles {
			if tc.mark.Proves(role) {
				got = append(got, role)
			}
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: %s", tc.name, d)
		}
	}
}

// TestEnoughIsRead: evidence of the recovery is of after the close at 7 s, and of the fault
// of after its effect at 2.8 s.
func TestEnoughIsRead(t *testing.T) {
	r := killed(probe(spec.MustHold, "ggggggggggg"), probe(spec.MustHold, "gggggggg"))
	if !r.RestoredBy(1) || r.RestoredBy(2) {
		t.Error("the second probe has one sample since the close")
	}
	if !r.ReadBy(r.Steps[0], 5) || r.ReadBy(r.Steps[0], 6) {
		t.Error("the second probe has five samples since the effect")
	}
	if r.SampleCount() != 19 {
		t.Errorf("%d samples", r.SampleCount())
	}
	r.Steps[0].Closed, r.Recovery = time.Time{}, nil
	if r.RestoredBy(0) || r.ReadBy(r.Steps[0], 0) {
		t.Error("a fault that is open, or was not seen in effect, counts")
	}
	if (Record{}).RestoredBy(0) {
		t.Error("without a probe something was restored")
	}
}

// TestSlack is that of the slowest probe.
func TestSlack(t *testing.T) {
	slow := ProbeSeries{Samples: scraped(samples("g"), 0), Scrape: events.Duration(5 * time.Second), Reach: events.Duration(10 * time.Second)}
	r := killed(probe(spec.MustHold, "ggg"), slow)
	if got := r.Slack(3); got != 22*time.Second {
		t.Errorf("%s, want 3 times 4 s and the window", got)
	}
}

func TestTarget(t *testing.T) {
	r := killed()
	r.Experiment.Spec.Method[0].Target.Component = "api"
	for _, tc := range []struct {
		name string
		step Step
		want string
	}{
		{"a component", Step{Target: events.FaultTarget{Labels: "a=b"}}, "api"},
		{"the label of one", Step{Index: 1, Target: events.FaultTarget{Labels: events.LabelComponent + "=db"}}, "db"},
		{"labels", Step{Index: 1, Target: events.FaultTarget{Labels: "a=b"}}, "victims with a=b"},
	} {
		if got := r.Target(tc.step); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestParse: what was written is read; what another version has written is refused.
func TestParse(t *testing.T) {
	r := killed(probe(spec.MustHold, "gggbbb?gggg"))
	r.Measure()
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r, got); d != "" {
		t.Error(d)
	}
	r.Schema = "shakedown.dev/run/v9"
	if raw, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	var e *events.Error
	if _, err := Parse(raw); !errors.As(err, &e) || e.Kind != events.KindInvalid || e.Hint() == "" {
		t.Errorf("another schema: %v", err)
	}
	if _, err := Parse(raw[:len(raw)/2]); err == nil {
		t.Error("half a record was read")
	}
}
