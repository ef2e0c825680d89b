package experiments

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// compare asks at the end of a run whether its environment is still the one that it began
// with. One that is not is no evidence: the run ends for that reason. Where envs does not
// say, unknown is why.
func (s *Service) compare(ctx context.Context, st *state) (unknown string) {
	began := st.rec.Environment
	if began.Name == "" || st.row.End != (verdict.Ending{}) || st.rec.Verdict.Word != "" {
		return ""
	}
	now, err := s.environment(ctx, began.Name)
	if events.KindOf(err) == events.KindNotFound {
		st.row.End.Unknown = fmt.Sprintf("environment %s was destroyed during the run", began.Name)
		return ""
	}
	if err != nil {
		return fmt.Sprintf("whether environment %s was changed during the run could not be found out: %v", began.Name, err)
	}
	if difference := changed(began, now); difference != "" {
		st.row.End.Unknown = fmt.Sprintf("environment %s was changed during the run: %s", began.Name, difference)
	}
	return ""
}

// changed is the first difference between an environment as it was when the run began and
// as it is, "" when there is none. Replicas may follow the load.
func changed(began record.Environment, now events.Environment) string {
	ended := environmentOf(now)
	switch {
	case now.Phase == events.EnvironmentDestroying:
		return "it is being destroyed"
	case began.Created != "" && began.Created != ended.Created:
		return fmt.Sprintf("it was made at %s, and not at %s", ended.Created, began.Created)
	case began.Revision != ended.Revision:
		return fmt.Sprintf("revision %q became %q", began.Revision, ended.Revision)
	}
	for _, c := range began.Components {
		if difference := c.Name + rolledOut(c, ended.Components); difference != c.Name {
			return "component " + difference
		}
	}
	if len(ended.Components) != len(began.Components) {
		return fmt.Sprintf("%s became %d", record.Plural(len(began.Components), "component"), len(ended.Components))
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

// unproven takes "passed" from a run of which something is unknown.
func unproven(v record.Verdict, unknown string) record.Verdict {
	if v.Word == record.Passed && unknown != "" {
		v.Word, v.Reason, v.Advice = record.Inconclusive, unknown, "shakedown doctor"
	}
	return v
}
