package outcome

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

func TestConclude(t *testing.T) {
	refused := events.Errorf(events.KindRefused, "mend it", "no rights")
	for _, tc := range []struct {
		name    string
		err     error
		changed bool
		kind    events.Kind
		verdict datamove.Verdict
		reason  string
	}{
		{"a good end", nil, true, "", datamove.Equal, ""},
		{"a refusal", fmt.Errorf("store x: %w", refused), false, events.KindRefused, datamove.Refused, "store x: no rights"},
		{"a refusal after a change", refused, true, events.KindPartial, datamove.Incomplete, "no rights"},
		{"not found", events.Errorf(events.KindNotFound, "", "no bucket"), false, events.KindNotFound, datamove.Refused, "no bucket"},
		{"no answer", events.Errorf(events.KindUnavailable, "", "no answer"), true, events.KindUnavailable, datamove.Incomplete, "no answer"},
		{"interrupted", context.Canceled, true, events.KindPartial, datamove.Incomplete, "interrupted: context canceled"},
		{"another error", errors.New("boom"), false, events.KindInternal, datamove.Incomplete, "boom"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := Conclude(datamove.Part{Cut: datamove.Cut{Method: "scan"}}, tc.err, tc.changed)
			e, _ := errors.AsType[*events.Error](err)
			if e == nil {
				e = &events.Error{}
			}
			if e.Kind != tc.kind || p.Verdict != tc.verdict || p.Reason != tc.reason || tc.err != nil && !errors.Is(err, tc.err) {
				t.Errorf("%s %s %q, %v", e.Kind, p.Verdict, p.Reason, err)
			}
		})
	}
}

func TestRefusal(t *testing.T) {
	findings := []datamove.Finding{
		{Severity: datamove.Warning, Check: "version", Message: "old"},
		{Severity: datamove.Refusal, Check: "rights", Message: "no SELECT", Hint: "GRANT SELECT"},
		{Severity: datamove.Refusal, Check: "not-empty", Message: "it has rows", Hint: "replace"},
	}
	err, _ := errors.AsType[*events.Error](Refusal(findings))
	if err == nil || err.Kind != events.KindRefused || err.Message != "rights: no SELECT; not-empty: it has rows" || err.Advice != "GRANT SELECT" {
		t.Errorf("%+v", err)
	}
	if err := Refusal(findings[:1]); err != nil {
		t.Errorf("a warning refuses: %v", err)
	}
}

func TestNotes(t *testing.T) {
	var n Notes
	for range 2 {
		n.Warn("%d keys changed", 3)
		n.LeaveOut(datamove.LeftOut{What: "accounts", Why: "they are the server's"})
		n.Mask("users.mail", "email", 2)
	}
	n.Mask("users.mail", "keep", 1)
	for range maxDifferences + 5 {
		n.Differ(datamove.Difference{Unit: "db0", ID: "a", What: "missing"})
	}
	n.DifferUnlisted(2)
	var p datamove.Part
	n.Fill(&p)
	if len(p.Differences) != maxDifferences || p.MoreDifferences != 7 {
		t.Errorf("%d and %d more differences", len(p.Differences), p.MoreDifferences)
	}
	p.Differences, p.MoreDifferences = nil, 0
	want := datamove.Part{
		Warnings: []string{"3 keys changed"}, LeftOut: []datamove.LeftOut{{What: "accounts", Why: "they are the server's"}},
		Masked: []datamove.Masked{{Field: "users.mail", As: "email", Count: 4}, {Field: "users.mail", As: "keep", Count: 1}},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}
