package chaostest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// testWay injects, sees the effect and the healing, and reverts; each twice where
// that is allowed to happen.
func testWay(t *testing.T, target Target) {
	ctx := bounded(t, target)
	survey := surveyOf(ctx, t, target)
	victims, err := survey.Victims()
	if err != nil {
		t.Fatal(err)
	}
	f, err := survey.Follow(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o := orderOf(target, survey, victims)
	o = inject(ctx, t, target, o)
	f.Update(o)
	checkStanding(t, f.Standing(), false)
	checkWay(t, target.Kind, watch(ctx, t, target, f, &o))
	checkStanding(t, f.Standing(), true)
	for range 2 {
		if residue, err := target.Kind.Revert(ctx, o); len(residue) > 0 || err != nil {
			t.Errorf("revert: %v, %v", residue, err)
		}
	}
}

// inject hits the victim, tries it again, and gives the order as the engine would
// have written it down.
func inject(ctx context.Context, t *testing.T, target Target, o chaos.Order) chaos.Order {
	t.Helper()
	v := &o.Victims[0]
	v.Sent = time.Now()
	if err := target.Kind.Inject(ctx, o, v.Victim); err != nil {
		t.Fatal(err)
	}
	v.Hit = true
	o.Marks = append(o.Marks, events.RecoveryMarked{
		Victim: v.ID, Mark: target.Kind.Describe().Marks[0].Name, Role: events.RoleSent, At: time.Now(),
	})
	if err := target.Kind.Inject(ctx, o, v.Victim); err != nil && !chaos.IsUntouched(err) {
		t.Errorf("injected again: %v", err)
	}
	if n := target.Hits(); n != 1 {
		t.Errorf("%d victims were hit by two injections of one", n)
	}
	in, seen, err := target.Kind.Effect(ctx, o, v.Victim)
	if !in || err != nil {
		t.Errorf("effect: %v, seen %q, error %v", in, seen, err)
	}
	return o
}

// watch takes in marks until the victim is healed. A fault with a duration is
// reverted as soon as it is in effect.
func watch(ctx context.Context, t *testing.T, target Target, f chaos.Follower, o *chaos.Order) []chaos.Mark {
	t.Helper()
	var marks []chaos.Mark
	for {
		standing := f.Standing()
		if healed(standing) {
			return marks
		}
		if target.Request.Duration > 0 && o.Reverted.IsZero() && standing[0].Effect == "" {
			if _, err := target.Kind.Revert(ctx, *o); err != nil {
				t.Fatal(err)
			}
			o.Reverted = time.Now()
			f.Update(*o)
		}
		due, err := f.Next(ctx)
		if err != nil {
			t.Fatalf("%v; marks %+v, standing %+v", err, marks, f.Standing())
		}
		marks = append(marks, due...)
	}
}

func healed(all []chaos.Standing) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(s chaos.Standing) bool { return s.Effect != "" || s.Healed != "" })
}

// checkWay wants every mark that the kind describes beside the first, once, in the
// order of their times. Seen live, none has an interval.
func checkWay(t *testing.T, kind chaos.Kind, marks []chaos.Mark) {
	t.Helper()
	var want, got []string
	for _, m := range kind.Describe().Marks[1:] {
		want = append(want, m.Name)
	}
	var last time.Time
	for _, m := range marks {
		got = append(got, m.Name)
		if m.Victim == "" || m.Object == "" || m.At.IsZero() || !m.Since.IsZero() {
			t.Errorf("mark %+v", m)
		}
		if m.At.Before(last) {
			t.Errorf("mark %s is before the one before it", m.Name)
		}
		last = m.At
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("marks: %s", d)
	}
}

// checkStanding wants a reason for what was not seen.
func checkStanding(t *testing.T, all []chaos.Standing, whole bool) {
	t.Helper()
	if len(all) != 1 || all[0].Victim == "" {
		t.Fatalf("standing %+v", all)
	}
	if s := all[0]; (s.Effect == "") != whole || (s.Healed == "") != whole {
		t.Errorf("standing %+v", s)
	}
}

// testResume follows a fault that nobody watched: what is found says that it was
// found late.
func testResume(t *testing.T, target Target) {
	ctx := bounded(t, target)
	survey := surveyOf(ctx, t, target)
	victims, err := survey.Victims()
	if err != nil {
		t.Fatal(err)
	}
	o := inject(ctx, t, target, orderOf(target, survey, victims))
	awaitEffect(ctx, t, survey, o)
	f, err := target.Kind.Resume(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Update(o)
	checkStanding(t, f.Standing(), false)
	over, cancel := context.WithCancel(ctx)
	cancel()
	due, err := f.Next(over)
	if err != nil || len(due) == 0 || due[0].Since.IsZero() {
		t.Errorf("what was missed, with no time left to wait: %+v, %v", due, err)
	}
	watch(ctx, t, target, f, &o)
	checkStanding(t, f.Standing(), true)
}

// awaitEffect waits until the effect is there to be found.
func awaitEffect(ctx context.Context, t *testing.T, survey chaos.Survey, o chaos.Order) {
	t.Helper()
	f, err := survey.Follow(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Update(o)
	for f.Standing()[0].Effect != "" {
		if _, err := f.Next(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// testReplaced: the victim's name belongs to another thing when it is hit.
func testReplaced(t *testing.T, target Target) {
	ctx := bounded(t, target)
	survey := surveyOf(ctx, t, target)
	victims, err := survey.Victims()
	if err != nil {
		t.Fatal(err)
	}
	target.Replace(victims[0].Victim)
	before := target.Hits()
	if err := target.Kind.Inject(ctx, orderOf(target, survey, victims), victims[0].Victim); !chaos.IsUntouched(err) {
		t.Errorf("error %v", err)
	}
	if n := target.Hits(); n != before {
		t.Errorf("%d things were hit", n-before)
	}
}

func orderOf(target Target, survey chaos.Survey, victims []chaos.Victim) chaos.Order {
	return chaos.Order{Request: target.Request, Victims: slices.Clone(victims), Seed: 7, Kept: survey.Kept()}
}
