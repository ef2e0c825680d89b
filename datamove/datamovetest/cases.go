package datamovetest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// contents are those of both ends.
type contents struct{ Source, Target map[string]string }

func (r Rig) contents(t *testing.T, j datamove.Job) contents {
	t.Helper()
	return contents{r.Content(t, j, true), r.Content(t, j, false)}
}

// unchanged wants both ends as they were.
func (r Rig) unchanged(t *testing.T, j datamove.Job, before contents) {
	t.Helper()
	if diff := cmp.Diff(before, r.contents(t, j)); diff != "" {
		t.Errorf("something was changed (-before +after):\n%s", diff)
	}
}

// copied is a job that was copied, with all of it equal by the report and by other
// means.
func (r Rig) copied(t *testing.T) datamove.Job {
	t.Helper()
	j := r.Job(t)
	part, err := r.Adapter().Copy(t.Context(), j, steps{t})
	if err != nil || part.Judge() != datamove.Equal {
		t.Fatalf("the copy is %s (%s): %v", part.Verdict, part.Reason, err)
	}
	return j
}

// kindOf is the kind of an error of the port.
func kindOf(t *testing.T, err error) events.Kind {
	t.Helper()
	e, ok := errors.AsType[*events.Error](err)
	if !ok {
		t.Fatalf("error %v is none of the port's", err)
	}
	return e.Kind
}

func plans(t *testing.T, r Rig) {
	j := r.Job(t)
	before := r.contents(t, j)
	plan, err := r.Adapter().Plan(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if plan.From.URL == "" || plan.To.URL == "" || plan.From.Fingerprint == "" || plan.To.Fingerprint == "" || len(plan.Units) == 0 || plan.Method == "" {
		t.Errorf("the plan leaves something open: %+v", plan)
	}
	for _, f := range plan.Findings {
		if f.Check == "" || f.Message == "" || f.Severity == datamove.Refusal {
			t.Errorf("finding %+v", f)
		}
	}
	noSecret(t, j, text(t, plan))
	r.unchanged(t, j, before)
}

func copies(t *testing.T, r Rig) {
	j := r.Job(t)
	before := r.contents(t, j)
	if len(before.Source) == 0 || len(before.Target) != 0 {
		t.Fatalf("the rig's ends hold %d and %d items, want some and none", len(before.Source), len(before.Target))
	}
	part, err := r.Adapter().Copy(t.Context(), j, steps{t})
	if err != nil || part.Judge() != datamove.Equal {
		t.Fatalf("the copy is %s (%s): %v", part.Verdict, part.Reason, err)
	}
	if diff := cmp.Diff(contents{before.Source, before.Source}, r.contents(t, j)); diff != "" {
		t.Errorf("the ends after an equal copy (-want +got):\n%s", diff)
	}
	noSecret(t, j, text(t, part))
}

func refuses(t *testing.T, r Rig) {
	j := r.copied(t)
	r.Alter(t, j)
	before := r.contents(t, j)
	j.ID, j.StateDir = "another", t.TempDir()
	part, err := r.Adapter().Copy(t.Context(), j, steps{t})
	if kind := kindOf(t, err); kind != events.KindRefused || part.Judge() == datamove.Equal {
		t.Errorf("the copy is %s, and the error %s: %v", part.Verdict, kind, err)
	}
	r.unchanged(t, j, before)
}

func includes(t *testing.T, r Rig) {
	const glob = "no-such-*"
	j := r.Job(t)
	before := r.contents(t, j)
	there := slices.Sorted(maps.Keys(before.Source))[0]
	j.Store.Include = []string{there, glob}
	plan, err := r.Adapter().Plan(t.Context(), j)
	if err != nil || !slices.ContainsFunc(plan.Findings, func(f datamove.Finding) bool { return refusesInclude(f, glob) }) {
		t.Errorf("the plan finds %+v, %v", plan.Findings, err)
	}
	for kind, do := range map[events.Kind]func() (datamove.Part, error){
		events.KindRefused: func() (datamove.Part, error) { return r.Adapter().Copy(t.Context(), j, steps{t}) },
		events.KindInvalid: func() (datamove.Part, error) { return r.Adapter().Verify(t.Context(), j, steps{t}) },
	} {
		if part, err := do(); err == nil || kindOf(t, err) != kind || !strings.Contains(err.Error(), glob) || part.Judge() == datamove.Equal {
			t.Errorf("want it to be %s; it is %s: %v", kind, part.Verdict, err)
		}
	}
	r.unchanged(t, j, before)
	j.Store.Include, j.ID, j.StateDir = []string{there}, "included", t.TempDir()
	if part, err := r.Adapter().Copy(t.Context(), j, steps{t}); err != nil || part.Judge() != datamove.Equal {
		t.Errorf("the copy of what is there is %s (%s): %v", part.Verdict, part.Reason, err)
	}
}

// refusesInclude says whether a finding refuses an include, by name.
func refusesInclude(f datamove.Finding, glob string) bool {
	return f.Severity == datamove.Refusal && f.Check == "include" && strings.Contains(f.Message, glob)
}

func judged(t *testing.T, r Rig) {
	j := r.Job(t)
	before := r.contents(t, j)
	plan, err := r.Adapter().Plan(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	j.Judged = "another"
	if part, err := r.Adapter().Copy(t.Context(), j, steps{t}); err == nil || kindOf(t, err) != events.KindRefused || part.Judge() == datamove.Equal {
		t.Errorf("the copy to another server is %s: %v", part.Verdict, err)
	}
	r.unchanged(t, j, before)
	j.Judged, j.ID, j.StateDir = plan.To.Fingerprint, "judged", t.TempDir()
	if part, err := r.Adapter().Copy(t.Context(), j, steps{t}); err != nil || part.Judge() != datamove.Equal {
		t.Errorf("the copy to the server that was judged is %s (%s): %v", part.Verdict, part.Reason, err)
	}
}

func resumes(t *testing.T, r Rig) {
	j := r.copied(t)
	before := r.contents(t, j)
	j.Resume = true
	part, err := r.Adapter().Copy(t.Context(), j, steps{t})
	if err != nil || part.Judge() != datamove.Equal {
		t.Errorf("the copy is %s (%s): %v", part.Verdict, part.Reason, err)
	}
	r.unchanged(t, j, before)
}

func compares(t *testing.T, r Rig) {
	j := r.copied(t)
	j.ID, j.StateDir = "compare", t.TempDir()
	if part, err := r.Adapter().Verify(t.Context(), j, steps{t}); err != nil || part.Judge() != datamove.Equal {
		t.Fatalf("before: %s (%s), %v", part.Verdict, part.Reason, err)
	}
	r.Alter(t, j)
	before := r.contents(t, j)
	j.ID, j.StateDir = "compare-again", t.TempDir()
	part, err := r.Adapter().Verify(t.Context(), j, steps{t})
	if err != nil || part.Judge() != datamove.Different || len(part.Differences) != 1 {
		t.Errorf("after: %s (%s) with the differences %+v, %v", part.Verdict, part.Reason, part.Differences, err)
	}
	r.unchanged(t, j, before)
}

func unanswered(t *testing.T, r Rig) {
	j := r.Job(t)
	j.From.URL = r.Nobody
	for name, do := range map[string]func() error{
		"plan": func() error { _, err := r.Adapter().Plan(t.Context(), j); return err },
		"copy": func() error { _, err := r.Adapter().Copy(t.Context(), j, steps{t}); return err },
	} {
		err := do()
		if kind := kindOf(t, err); kind != events.KindUnavailable {
			t.Errorf("%s: the error is %s: %v", name, kind, err)
		}
		noSecret(t, j, err.Error())
	}
}

func ended(t *testing.T, r Rig) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.nothingIn(ctx, t)
}

func fenced(t *testing.T, r Rig) {
	lost := errors.New("the lease is lost")
	r.nothingIn(events.WithFence(t.Context(), func() error { return lost }), t)
}

// nothingIn copies in a context in which nothing may be changed.
func (r Rig) nothingIn(ctx context.Context, t *testing.T) {
	t.Helper()
	j := r.Job(t)
	before := r.contents(t, j)
	part, err := r.Adapter().Copy(ctx, j, steps{t})
	if err == nil || part.Judge() == datamove.Equal {
		t.Errorf("the copy is %s: %v", part.Verdict, err)
	}
	r.unchanged(t, j, before)
}

func samples(t *testing.T, r Rig) {
	const most = 2
	j := r.Job(t)
	before := r.contents(t, j)
	fields, err := r.Adapter().Fields(t.Context(), j, most)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		if f.Name == "" || len(f.Samples) > most {
			t.Errorf("field %+v with %d values", f, len(f.Samples))
		}
	}
	r.unchanged(t, j, before)
}

func text(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
