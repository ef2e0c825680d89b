package chaos

import (
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }

// allowed is evidence that every guard says yes to.
func allowed() Evidence {
	return Evidence{
		Request: events.FaultInject{Fault: "f1", Run: "run-f1", Kind: "blackout", Environment: "shop", Namespace: "shop"},
		Scopes: []Scope{{Kind: "namespace", Name: "shop", Allow: "label it", Labels: map[string]string{
			events.LabelChaos: events.ChaosAllowed, events.LabelManagedBy: events.Manager, events.LabelEnvironment: "shop",
			events.LabelInstallation: "here",
		}}},
		Victims:      []Victim{{Victim: events.Victim{Kind: "lamp", ID: "lamp-1"}, Locks: []string{"shop/lamp-1", "shop/owner"}}},
		Installation: "here", Now: noon(),
	}
}

func TestGuards(t *testing.T) {
	for _, tc := range []struct {
		guard, name string
		alter       func(*Evidence)
		allowed     bool
		seen        string
	}{
		{GuardStop, "released", func(*Evidence) {}, true, "released"},
		{GuardStop, "engaged", func(e *Evidence) { e.Stop = events.StopState{Engaged: true, Reason: "fire"} }, false, "fire"},

		{GuardArmed, "not protected", func(*Evidence) {}, true, "is not protected"},
		{GuardArmed, "said not to be", func(e *Evidence) { e.Scopes[0].Labels[events.LabelProtected] = "false" }, true, "is not protected"},
		{GuardArmed, "protected", func(e *Evidence) { e.Scopes[0].Labels[events.LabelProtected] = "true" }, false, "is protected"},
		{GuardArmed, "armed", func(e *Evidence) {
			e.Scopes[0].Labels[events.LabelProtected] = "true"
			e.Arms = []events.Arm{{Environment: "shop", Until: noon().Add(time.Second), By: "me", Reason: "game day"}}
		}, true, "armed until"},
		{GuardArmed, "another is armed", func(e *Evidence) {
			e.Scopes[0].Labels[events.LabelProtected] = "true"
			e.Arms = []events.Arm{{Environment: "cart", Until: noon().Add(time.Second)}}
		}, false, "not armed"},
		{GuardArmed, "its time is over", func(e *Evidence) {
			e.Scopes[0].Labels[events.LabelProtected] = "true"
			e.Arms = []events.Arm{{Environment: "shop", Until: noon()}}
		}, false, "not armed"},
		{GuardArmed, "labels are not known", func(e *Evidence) { e.Scopes[0].Unread = "forbidden" }, false, "could not be read"},

		{GuardFresh, "no deadline", func(*Evidence) {}, true, "no deadline"},
		{GuardFresh, "in time", func(e *Evidence) { e.Request.Deadline = noon().Add(time.Second) }, true, "wanted until"},
		{GuardFresh, "at the deadline", func(e *Evidence) { e.Request.Deadline = noon() }, false, "wanted until"},

		{GuardOptIn, "labelled", func(*Evidence) {}, true, events.LabelChaos},
		{GuardOptIn, "no label", func(e *Evidence) { delete(e.Scopes[0].Labels, events.LabelChaos) }, false, "no label"},
		{GuardOptIn, "other value", func(e *Evidence) { e.Scopes[0].Labels[events.LabelChaos] = "true" }, false, "=true"},
		{GuardOptIn, "unknown", func(e *Evidence) { e.Scopes[0].Unread = "forbidden" }, false, "could not be read: forbidden"},

		{GuardOwnership, "ours", func(*Evidence) {}, true, "environment shop"},
		{GuardOwnership, "foreign", func(e *Evidence) { delete(e.Scopes[0].Labels, events.LabelManagedBy) }, false, "not ours"},
		{GuardOwnership, "no environment", func(e *Evidence) { delete(e.Scopes[0].Labels, events.LabelEnvironment) }, false, "not ours"},
		{GuardOwnership, "another environment", func(e *Evidence) { e.Request.Environment = "other" }, false, "belongs to environment shop"},
		{GuardOwnership, "another installation", func(e *Evidence) { e.Installation = "there" }, false, "belongs to installation here, and this one is there"},
		{GuardOwnership, "no installation", func(e *Evidence) { delete(e.Scopes[0].Labels, events.LabelInstallation) }, false, "belongs to no installation"},
		{GuardOwnership, "of another installation, on the list", func(e *Evidence) {
			e.Installation, e.Allowed = "there", []string{"shop"}
		}, true, "operator's list"},
		{GuardOwnership, "on the list", func(e *Evidence) {
			e.Scopes[0].Labels, e.Allowed = nil, []string{"shop"}
		}, true, "operator's list"},
		{GuardOwnership, "kubernetes, even on the list", func(e *Evidence) {
			e.Scopes[0].Name, e.Allowed = "kube-system", []string{"kube-system"}
		}, false, "belongs to Kubernetes"},
		{GuardOwnership, "being deleted", func(e *Evidence) { e.Scopes[0].Closing = true }, false, "being deleted"},
		{GuardOwnership, "unknown", func(e *Evidence) { e.Scopes[0].Unread = "forbidden" }, false, "could not be read"},

		{GuardOptIn, "let in by the operator", func(e *Evidence) {
			e.Scopes[0].Labels, e.Scopes[0].Granted = nil, "it matches --allow-nodes"
		}, true, "--allow-nodes"},
		{GuardOptIn, "let in by the operator, and unknown", func(e *Evidence) {
			e.Scopes[0].Unread, e.Scopes[0].Granted = "forbidden", "it matches --allow-nodes"
		}, false, "could not be read"},
		{GuardOptIn, "nobody's, and without a label", func(e *Evidence) {
			e.Scopes[0].Labels, e.Scopes[0].Shared = nil, true
		}, false, "no label"},
		{GuardOwnership, "nobody's by its nature", func(e *Evidence) {
			e.Scopes[0].Labels, e.Scopes[0].Shared, e.Scopes[0].Name = nil, true, "kube-1"
		}, true, "belongs to no environment"},
		{GuardOwnership, "nobody's, and unknown", func(e *Evidence) {
			e.Scopes[0].Unread, e.Scopes[0].Shared = "forbidden", true
		}, false, "could not be read"},
		{GuardOwnership, "nobody's, and being deleted", func(e *Evidence) {
			e.Scopes[0].Closing, e.Scopes[0].Shared = true, true
		}, false, "being deleted"},

		{GuardOptIn, "the second scope does not", func(e *Evidence) {
			e.Scopes = append(e.Scopes, Scope{Kind: "namespace", Name: "zoo", Allow: "label it"})
		}, false, "namespace zoo has no label"},
		{GuardOptIn, "no scope", func(e *Evidence) { e.Scopes = nil }, false, "nothing says where"},
		{GuardOwnership, "no scope", func(e *Evidence) { e.Scopes = nil }, false, "nothing says where"},

		{GuardNoOtherRun, "none open", func(*Evidence) {}, true, "no other fault"},
		{GuardNoOtherRun, "same owner", func(e *Evidence) { e.Others = []Entry{otherOn("shop/owner")} }, false, "fault other of run r"},
		{GuardNoOtherRun, "another owner", func(e *Evidence) { e.Others = []Entry{otherOn("shop/x")} }, true, "no other fault"},
		{GuardNoOtherRun, "itself", func(e *Evidence) {
			e.Others = []Entry{otherOn("shop/owner")}
			e.Others[0].Fault = e.Request.Fault
		}, true, "no other fault"},
		{GuardNoOtherRun, "another namespace", func(e *Evidence) { e.Others = []Entry{otherOn("zoo/owner")} }, true, "no other fault"},
	} {
		t.Run(tc.guard+"/"+tc.name, func(t *testing.T) {
			e := allowed()
			tc.alter(&e)
			for _, d := range decide(e) {
				if d.Guard != tc.guard {
					continue
				}
				if d.Allowed != tc.allowed || !strings.Contains(d.Seen, tc.seen) {
					t.Errorf("allowed %v, seen %q", d.Allowed, d.Seen)
				}
				if !d.Allowed && d.Advice == "" {
					t.Error("a refusal without advice")
				}
				return
			}
			t.Fatal("the guard was not asked")
		})
	}
}

func otherOn(lock string) Entry {
	return Entry{
		Fault: "other", State: StateRecovering, Request: events.FaultInject{Fault: "other", Run: "r", Namespace: "shop"},
		Victims: []Victim{{Locks: []string{lock}}},
	}
}

func TestAllGuardsAreAsked(t *testing.T) {
	e := allowed()
	e.Stop.Engaged, e.Scopes[0].Labels = true, nil
	if got := len(decide(e)); got != len(Guards()) {
		t.Errorf("%d decisions, want %d", got, len(Guards()))
	}
	if got := len(refusals(decide(e))); got != 3 {
		t.Errorf("%d refusals, want 3", got)
	}
	e.Victims = nil
	for _, d := range decide(e) {
		if d.Guard == GuardNoOtherRun {
			t.Errorf("guard %s decided about no victims", d.Guard)
		}
	}
}

// BenchmarkGuards asks all guards of the engine.
func BenchmarkGuards(b *testing.B) {
	e := allowed()
	b.ReportAllocs()
	for b.Loop() {
		if d := decide(e); len(refusals(d)) > 0 {
			b.Fatal(d)
		}
	}
}
