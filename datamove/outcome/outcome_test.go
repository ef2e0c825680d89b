package outcome

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// end is how a run ended, and what is concluded.
type end struct {
	name    string
	err     error
	changed bool
	kind    events.Kind
	verdict datamove.Verdict
	reason  string
}

func ends() []end {
	refused := events.Errorf(events.KindRefused, "mend it", "no rights")
	return []end{
		{"a good end", nil, true, "", datamove.Equal, ""},
		{"a refusal", fmt.Errorf("store x: %w", refused), false, events.KindRefused, datamove.Refused, "store x: no rights"},
		{"a refusal after a change", refused, true, events.KindPartial, datamove.Incomplete, "no rights"},
		{"not found", events.Errorf(events.KindNotFound, "", "no bucket"), false, events.KindNotFound, datamove.Refused, "no bucket"},
		{"no answer", events.Errorf(events.KindUnavailable, "", "no answer"), true, events.KindUnavailable, datamove.Incomplete, "no answer"},
		{"interrupted", context.Canceled, true, events.KindPartial, datamove.Incomplete, "interrupted: context canceled"},
		{"another error", errors.New("boom"), false, events.KindInternal, datamove.Incomplete, "boom"},
	}
}

func TestConclude(t *testing.T) {
	for _, tc := range ends() {
		t.Run(tc.name, func(t *testing.T) {
			p, err := Conclude(datamove.Part{Snapshot: datamove.Snapshot{Method: "scan"}}, tc.err, tc.changed)
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

// recorder is a Progress that writes down what it is told.
type recorder struct{ lines []string }

func (r *recorder) Step(name string) { r.lines = append(r.lines, "step "+name) }

func (r *recorder) Count(unit string, done, total, bytes int64) {
	r.lines = append(r.lines, fmt.Sprintf("%s %d of %d, %d bytes", unit, done, total, bytes))
}

func TestObserver(t *testing.T) {
	nobody := &Observer{}
	nobody.Step("nobody")
	nobody.Add("nobody", 1, 2, 3)
	nobody.Reached("nobody")
	r := &recorder{}
	o := Observe(datamove.Job{Checkpoint: func(step string) { r.lines = append(r.lines, "reached "+step) }}, r)
	o.Step("rows")
	o.Add("shop.orders", 1, 5, 3)
	o.Add("shop.orders", 2, 5, 4)
	o.Reached("chunk")
	if diff := cmp.Diff([]string{"step rows", "shop.orders 1 of 5, 3 bytes", "shop.orders 3 of 5, 4 bytes", "reached chunk"}, r.lines); diff != "" {
		t.Error(diff)
	}
}

// TestCountsNeverGoBack has many goroutines report on one unit.
func TestCountsNeverGoBack(t *testing.T) {
	last := int64(0)
	o := Observe(datamove.Job{}, counted(func(done int64) {
		if done < last {
			t.Errorf("%d after %d", done, last)
		}
		last = done
	}))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				o.Add("db0", 1, 1600, 0)
			}
		})
	}
	wg.Wait()
	if last != 1600 {
		t.Errorf("the last count is %d", last)
	}
}

// counted is a Progress that takes the counts of its one unit.
type counted func(done int64)

func (counted) Step(string) {}

func (c counted) Count(_ string, done, _, _ int64) { c(done) }
