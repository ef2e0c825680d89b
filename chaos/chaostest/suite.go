package chaostest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

// Target is a kind of fault with something healthy that it can be tried on.
type Target struct {
	Kind chaos.Kind
	// Request is one that the kind takes, for one victim.
	Request events.FaultInject
	// Hits says how many things were really hit.
	Hits func() int
	// Replace puts another thing of the victim's name into its place.
	Replace func(events.Victim)
	// Within bounds the way of a victim until it is healed; 0 means eventstest.Patience.
	Within time.Duration
}

// TestKind runs what every kind of fault must pass. fresh makes a target that
// nobody has touched.
func TestKind(t *testing.T, fresh func(t *testing.T) Target) {
	for _, tc := range []struct {
		name string
		run  func(*testing.T, Target)
	}{
		{"says what it is and touches nothing before", testBefore},
		{"goes its way", testWay},
		{"is followed again by another replica", testResume},
		{"hits the victim and nothing of its name", testReplaced},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.run(t, fresh(t)) })
	}
}

// testBefore is all that happens before an injection.
func testBefore(t *testing.T, target Target) {
	checkDescription(t, target.Kind)
	checkParameters(t, target)
	ctx := bounded(t, target)
	survey := surveyOf(ctx, t, target)
	victims := checkVictims(ctx, t, target, survey)
	o := orderOf(target, survey, victims)

	if undo := target.Kind.Undo(o); len(undo) == 0 {
		t.Error("there is no undo in words")
	}
	checkWrites(t, target.Kind, o)
	if in, seen, err := target.Kind.Effect(ctx, o, victims[0].Victim); in || seen == "" || err != nil {
		t.Errorf("effect on a victim that nobody hit: %v, %q, %v", in, seen, err)
	}
	if residue, err := target.Kind.Revert(ctx, o); len(residue) > 0 || err != nil {
		t.Errorf("revert of an order that hit nothing: %v, %v", residue, err)
	}
	fenced := events.WithFence(ctx, func() error { return errors.New("the lease is lost") })
	if err := target.Kind.Inject(fenced, o, victims[0].Victim); !chaos.IsUntouched(err) {
		t.Errorf("injection without a lease: %v", err)
	}
	if n := target.Hits(); n > 0 {
		t.Errorf("%d victims were hit", n)
	}
}

// checkWrites wants a call for each victim, in words, and each of them among what the kind
// says that it needs.
func checkWrites(t *testing.T, kind chaos.Kind, o chaos.Order) {
	t.Helper()
	calls, needs := kind.Writes(o), kind.Describe().Needs
	if len(calls) < len(o.Victims) {
		t.Errorf("%d calls for %d victims", len(calls), len(o.Victims))
	}
	for _, c := range calls {
		if c.Verb == "" || c.Resource == "" || c.Name == "" || c.Text == "" {
			t.Errorf("call %+v", c)
		}
		allowed := func(p events.Permission) bool {
			return p.Group == c.Group && p.Resource == c.Resource && slices.Contains(p.Verbs, c.Verb)
		}
		if needs != nil && c.Service == "" && !slices.ContainsFunc(needs, allowed) {
			t.Errorf("call %+v is not among what the kind needs", c)
		}
	}
}

// checkDescription also wants it to be plain data.
func checkDescription(t *testing.T, kind chaos.Kind) {
	t.Helper()
	k := kind.Describe().FaultKind
	if k.Name == "" || k.Summary == "" || k.Revert == "" || k.Victims == "" || len(k.Guards) == 0 {
		t.Errorf("the description is not whole: %+v", k)
	}
	if !slices.Contains([]string{events.DurationNone, events.DurationOptional, events.DurationRequired}, k.Duration) {
		t.Errorf("duration %q", k.Duration)
	}
	checkMarks(t, k.Marks)
	raw, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	var back events.FaultKind
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(kind.Describe().FaultKind, back); d != "" {
		t.Errorf("it is not plain data: %s", d)
	}
}

// checkMarks wants each mark named and labelled once, "sent" first, and one each
// that proves the effect and the healing.
func checkMarks(t *testing.T, marks []events.FaultMark) {
	t.Helper()
	names, roles := map[string]bool{}, map[events.Role]int{}
	for _, m := range marks {
		if m.Name == "" || m.Label == "" || names[m.Name] {
			t.Errorf("mark %+v", m)
		}
		names[m.Name] = true
		roles[m.Role]++
	}
	if len(marks) == 0 || marks[0].Role != events.RoleSent {
		t.Errorf("the first mark is not the one that was sent: %+v", marks)
	}
	for _, role := range []events.Role{events.RoleSent, events.RoleEffect, events.RoleHealed} {
		if roles[role] != 1 {
			t.Errorf("%d marks have the role %s", roles[role], role)
		}
	}
}

// checkParameters tries what no kind may take.
func checkParameters(t *testing.T, target Target) {
	t.Helper()
	if p := target.Kind.Check(target.Request); len(p) > 0 {
		t.Errorf("the request is refused: %v", p)
	}
	wants := map[string]string{`[]`: "params", `"x"`: "params", `{"noSuchParameter": 1}`: "params.noSuchParameter"}
	for name := range propertiesOf(t, target.Kind) {
		for _, bad := range []string{`{}`, `null`} {
			wants[`{"`+name+`": `+bad+`}`] = "params." + name
		}
	}
	for params, key := range wants {
		req := target.Request
		req.Params = json.RawMessage(params)
		if p := target.Kind.Check(req); len(p) != 1 || p[0].Key != key || p[0].Message == "" {
			t.Errorf("parameters %s: %v, want a problem of %s", params, p, key)
		}
	}
}

// propertiesOf are the parameters by the schema, which must be strict.
func propertiesOf(t *testing.T, kind chaos.Kind) map[string]chaos.Schema {
	t.Helper()
	var schema struct {
		Type       string                  `json:"type"`
		Additional *bool                   `json:"additionalProperties"`
		Properties map[string]chaos.Schema `json:"properties"`
	}
	if err := json.Unmarshal(kind.Describe().Params, &schema); err != nil {
		t.Fatal(err)
	}
	if schema.Type != "object" || schema.Additional == nil || *schema.Additional {
		t.Errorf("the schema is not strict: %s", kind.Describe().Params)
	}
	for name, p := range schema.Properties {
		if p.Type == "" || p.Description == "" {
			t.Errorf("parameter %s has no type or no description", name)
		}
	}
	return schema.Properties
}

func bounded(t *testing.T, target Target) context.Context {
	within := target.Within
	if within == 0 {
		within = eventstest.Patience
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	t.Cleanup(cancel)
	return ctx
}

func surveyOf(ctx context.Context, t *testing.T, target Target) chaos.Survey {
	t.Helper()
	survey, err := target.Kind.Survey(ctx, target.Request, 7)
	if err != nil {
		t.Fatal(err)
	}
	return survey
}

// checkVictims wants one, the same for the same seed, that can be told from all
// others; and guards that let it be hit.
func checkVictims(ctx context.Context, t *testing.T, target Target, survey chaos.Survey) []chaos.Victim {
	t.Helper()
	victims, err := survey.Victims()
	if err != nil || len(victims) != 1 {
		t.Fatalf("victims %+v, error %v", victims, err)
	}
	if v := victims[0]; v.Kind == "" || v.ID == "" || v.Name == "" || v.Where == "" || len(v.Locks) == 0 {
		t.Errorf("victim %+v", v)
	}
	again, err := surveyOf(ctx, t, target).Victims()
	if d := cmp.Diff(victims, again); d != "" || err != nil {
		t.Errorf("other victims for the same seed: %v %s", err, d)
	}
	if len(survey.Scopes()) == 0 {
		t.Error("no scope is asked for its consent")
	}
	for _, d := range survey.Decide(nil) {
		if d.Guard == "" || d.Seen == "" || !d.Allowed {
			t.Errorf("decision %+v", d)
		}
	}
	return victims
}
