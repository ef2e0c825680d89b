package experiments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// compare asks at the end of a run whether its environment, or its namespace, is still the
// one that it began with. One that is not is no evidence: the run ends for that reason.
// Where nobody says, unknown is why.
func (s *Service) compare(ctx context.Context, st *state) (unknown string) {
	began := st.rec.Environment
	if began.Namespace == "" || st.row.End != (verdict.Ending{}) || st.rec.Verdict.Word != "" {
		return ""
	}
	what := "environment " + began.Name
	if began.Name == "" {
		what = "namespace " + began.Namespace
	}
	now, difference, err := s.differs(ctx, began)
	for until := s.deps.Now().Add(s.cfg.MarkGrace); err == nil && difference == "" && torn(st.rec, now) != "" && s.deps.Now().Before(until); {
		events.Wait(ctx, s.cfg.Poll)
		now, difference, err = s.differs(ctx, began)
	}
	switch {
	case events.KindOf(err) == events.KindNotFound:
		st.row.End.Unknown = what + " was destroyed during the run"
	case err != nil:
		return fmt.Sprintf("whether %s was changed during the run could not be found out: %v", what, err)
	case difference != "":
		st.row.End.Unknown = fmt.Sprintf("%s was changed during the run: %s", what, difference)
	case began.Name == "" && stranger(st.rec) != "":
		return fmt.Sprintf("whether %s was changed could not be found out: victim %s is of no workload that is compared", what, stranger(st.rec))
	case torn(st.rec, now) != "":
		return fmt.Sprintf("%s was not whole when the run was judged: %s", what, torn(st.rec, now))
	}
	return ""
}

// torn says what of the victims' owners has fewer Ready pods now than when the run began, ""
// when nothing has: a replacement that was Ready once may be gone again, or no longer wanted.
func torn(r record.Record, now record.Environment) string {
	for _, was := range r.Environment.Components {
		for _, is := range now.Components {
			if is.Name == was.Name && is.Ready < was.Ready && hit(r, was.Name) {
				return fmt.Sprintf("%s had %d pods Ready when the run began, and has %d of %d", was.Name, was.Ready, is.Ready, is.Replicas)
			}
		}
	}
	return ""
}

// hit says whether a victim was of the component, or of the workload "Kind/name".
func hit(r record.Record, component string) bool {
	for _, step := range r.Steps {
		for _, v := range step.Victims {
			if v.Owner == component || strings.HasSuffix(v.Owner, "/"+component) {
				return true
			}
		}
	}
	return false
}

// differs is what is there now, and its first difference from what the run began with, ""
// when there is none.
func (s *Service) differs(ctx context.Context, began record.Environment) (now record.Environment, difference string, err error) {
	switch {
	case began.Name != "":
		e, err := s.environment(ctx, began.Name)
		now = environmentOf(e)
		if err == nil && e.Phase == events.EnvironmentDestroying {
			return now, "it is being destroyed", nil
		}
		return now, changed(began, now, "component"), err
	case began.Created == "":
		return now, "", errors.New("what ran in it was not read when the run began")
	}
	now, err = s.workloads(ctx, began.Namespace)
	return now, changed(began, now, "workload"), err
}

// stranger is the first pod that was hit and whose owner is none of the workloads that were
// read when the run began, "" for none: it may be rolled out anew and nobody sees it.
func stranger(r record.Record) string {
	for _, step := range r.Steps {
		for _, v := range step.Victims {
			owns := func(c events.EnvironmentComponent) bool { return c.Name == v.Owner }
			if v.UID != "" && !slices.ContainsFunc(r.Environment.Components, owns) {
				return v.Name
			}
		}
	}
	return ""
}

// changed is the first difference between what was there when the run began and what is
// there when it ended, "" when there is none. Replicas may follow the load.
func changed(began, ended record.Environment, part string) string {
	switch {
	case began.Created != "" && began.Created != ended.Created:
		return fmt.Sprintf("it was made at %s, and not at %s", ended.Created, began.Created)
	case began.Revision != ended.Revision:
		return fmt.Sprintf("revision %q became %q", began.Revision, ended.Revision)
	}
	for _, c := range began.Components {
		if difference := c.Name + rolledOut(c, ended.Components); difference != c.Name {
			return part + " " + difference
		}
	}
	if len(ended.Components) != len(began.Components) {
		return fmt.Sprintf("%s became %d", record.Plural(len(began.Components), part), len(ended.Components))
	}
	return ""
}

// rolledOut says how a component is another one than when the run began, "" when it is not.
func rolledOut(began events.EnvironmentComponent, now []events.EnvironmentComponent) string {
	var ended events.EnvironmentComponent
	for _, c := range now {
		if c.Name == began.Name {
			ended = c
		}
	}
	switch {
	case ended.Image != began.Image:
		return fmt.Sprintf(" ran image %q, and now %q", began.Image, ended.Image)
	case began.Version != "" && ended.Version != "" && ended.Version != began.Version:
		return " was rolled out anew: the template of its pods is another one"
	}
	return ""
}
