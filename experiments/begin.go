package experiments

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// handle takes a run, which this server has claimed, to its verdict.
func (s *Service) handle(ctx context.Context, c *work.Claim[Row]) error {
	s.checkpoint("run taken")
	row := c.Row().Body
	switch row.Phase {
	case record.PhaseCreated, record.PhaseBaseline:
		return s.begin(ctx, c, row)
	}
	return s.resume(ctx, c, row)
}

// begin starts a run, or starts it again: nothing was injected yet.
func (s *Service) begin(ctx context.Context, c *work.Claim[Row], row Row) error {
	now := s.deps.Now()
	if over := row.over(s.process, now); row.Late == "" {
		row.Late = over
	}
	if row.Phase == record.PhaseCreated && !row.overdue(now, s.cfg.QueueTimeout) {
		if err := s.confirmTurn(ctx, row); err != nil {
			return err
		}
	}
	again := row.Times > 0
	row.Times++
	if row.Began.IsZero() {
		row.Began = now
	}
	st := &state{row: row, rec: s.blank(row)}
	if again && row.Late == "" {
		st.rec.AddNote(now, "the run was interrupted while "+row.Phase+" and began again; nothing had been injected")
	}
	end, err := s.prepare(ctx, st)
	if err != nil {
		return err
	}
	if end != (verdict.Ending{}) {
		if err := s.enter(ctx, c, st, move{to: record.PhaseJudging, end: end}); err != nil {
			return err
		}
		return s.conclude(context.WithoutCancel(ctx), c, st)
	}
	st.row.Deadline = now.Add(s.cfg.deadline(st.rec.Experiment.Spec))
	if err := s.enter(ctx, c, st, goTo(record.PhaseBaseline, 0)); err != nil {
		return err
	}
	return s.drive(ctx, c, st)
}

// blank is the record of a run of which only the request is known.
func (s *Service) blank(row Row) record.Record {
	rec := record.Record{
		Schema: record.Schema, Tool: s.deps.Version, Run: row.Run, Name: row.Experiment,
		Environment: record.Environment{Name: row.Request.Environment, Namespace: row.Request.Namespace},
		Trigger:     record.Trigger{Kind: row.Request.Trigger, Event: row.Event, By: row.Request.By},
		Queued:      row.Queued, Started: row.Began,
		Phases: []record.Phase{{Name: record.PhaseCreated, Started: row.Queued}},
		Probes: []record.ProbeSeries{}, Steps: []record.Step{}, Recovery: []record.Mark{},
	}
	if row.Environment != nil {
		rec.Environment = *row.Environment
	}
	return rec
}

// prepare finds out where the run goes and whether it may; an ending says why not.
func (s *Service) prepare(ctx context.Context, st *state) (verdict.Ending, error) {
	if st.row.Abort != "" {
		return verdict.Ending{Aborted: "aborted before anything was injected: " + st.row.Abort}, nil
	}
	if st.row.Late != "" {
		return verdict.Ending{NotRun: st.row.Late, Advice: "ask again"}, nil
	}
	doc, err := spec.Parse(st.row.Request.Spec)
	if err != nil {
		return verdict.Ending{NotRun: err.Error(), Advice: "shakedown experiment validate FILE"}, nil
	}
	st.rec.Experiment, st.rec.Name = doc.WithDefaults(), doc.Metadata.Name
	probes, end := s.check(doc, st.row)
	if end != (verdict.Ending{}) {
		return end, nil
	}
	if end, err := s.locate(ctx, st); err != nil || end != (verdict.Ending{}) {
		return end, err
	}
	if err := st.resolve(doc, probes); err != nil {
		return verdict.Ending{}, err
	}
	st.rec.Probes = probe.Series(st.rec.Experiment.Spec.Hypothesis, st.probes)
	st.rec.Steps = steps(st.row.Run, st.rec.Experiment.Spec.Method)
	return s.halted(ctx, st), nil
}

// resolve fills in what the place of the run decides.
func (s *state) resolve(doc spec.Document, probes []probe.Probe) (err error) {
	e := s.rec.Environment
	s.rec.Experiment, s.probes, err = probe.Resolve(doc, probes, spec.Variables{
		Namespace: e.Namespace, Environment: e.Name, Experiment: doc.Metadata.Name,
	})
	return err
}

// check reads the probes of the document and finds what can be found without asking
// anybody; an ending says why the run may not go on.
func (s *Service) check(doc spec.Document, row Row) ([]probe.Probe, verdict.Ending) {
	probes, problems := s.deps.Probes.Read(doc)
	if len(problems) > 0 {
		return nil, verdict.Ending{
			NotRun: "the experiment is not valid: " + strings.ReplaceAll(problems.Error(), "\n", "; "),
			Advice: "shakedown experiment validate FILE",
		}
	}
	if now := s.deps.Now(); row.Phase == record.PhaseCreated && row.overdue(now, s.cfg.QueueTimeout) {
		return nil, verdict.Ending{NotRun: fmt.Sprintf("it was asked for %s ago, and a run in %s waits at most %s for its turn",
			now.Sub(row.Queued).Round(10*time.Millisecond), row.place(), s.cfg.QueueTimeout), Advice: "ask again"}
	}
	if name, missing := s.deps.Probes.Missing(doc); missing != nil {
		return nil, verdict.Ending{NotRun: fmt.Sprintf("probe %q %s", name, missing.Message), Advice: missing.Advice}
	}
	return probes, verdict.Ending{}
}

// steps are the faults of the method, with ids that follow from the run and the index:
// however often the run is resumed, chaos sees one fault.
func steps(run string, method []spec.Fault) []record.Step {
	out := make([]record.Step, 0, len(method))
	for i, f := range method {
		out = append(out, record.Step{
			Index: i, Fault: run + "-" + strconv.Itoa(i+1), Kind: f.Fault, Seed: f.Seed,
			Target: events.FaultTarget{
				Labels: f.Target.Selector(), Count: deref(f.Target.Count), Percent: deref(f.Target.Percent),
				PerOwner: deref(f.Target.PerOwner),
			},
		})
	}
	return out
}

func deref(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
