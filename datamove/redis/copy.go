package redis

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

// repairs is how often keys that changed during the copy are copied again.
const repairs = 3

// Copy copies and compares. See datamove.Adapter.
func (a *Adapter) Copy(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	return a.work(ctx, j, p, (*run).copyAll)
}

// work opens both ends, does what is wanted and concludes the part.
func (a *Adapter) work(ctx context.Context, j datamove.Job, p datamove.Progress, do func(*run, context.Context, *datamove.Part) error) (datamove.Part, error) {
	began := j.Now()
	part := datamove.Part{Name: j.Store.Name, Store: datamove.StoreRedis}
	r, err := a.open(ctx, j, p)
	if err != nil {
		return outcome.Conclude(part, err, false)
	}
	defer r.close()
	part.From, part.To = r.from.report(), r.to.report()
	if err = j.Meets(part.To); err == nil {
		err = do(r, ctx, &part)
	}
	part.Took = events.Duration(j.Now().Sub(began))
	r.tally.fill(&part)
	return outcome.Conclude(part, err, r.changed)
}

// copyAll is the order of a copy: preflight, refuse, note, copy, compare.
func (r *run) copyAll(ctx context.Context, part *datamove.Part) error {
	past, err := readJournal(r.job.StateDir)
	if err != nil {
		return err
	}
	first, err := r.firstLine(past)
	if err != nil {
		return err
	}
	if first.Step == stepResumed {
		part.Resumed = count(past, stepResumed) + 1
	}
	if err := r.detachLeftover(ctx, past); err != nil {
		return err
	}
	found, err := r.allowed(ctx, r.before(past))
	if err != nil {
		return err
	}
	if first.Step == stepBegan {
		first.Mode = found.mode
	}
	j, err := startJournal(r.job.StateDir, first.Step == stepBegan, r.job.Now)
	if err != nil {
		return err
	}
	r.changed = true
	if err = j.did(first); err == nil {
		r.observer.Reached("began")
		err = r.copyWith(ctx, j, past, part, found)
	}
	return errors.Join(err, j.close())
}

// allowed is what preflight has found, or the refusal that it has.
func (r *run) allowed(ctx context.Context, before before) (checked, error) {
	r.observer.Step("preflight")
	found, err := r.preflight(ctx, before)
	if err == nil {
		err = outcome.Refusal(found.findings)
	}
	if err == nil {
		r.observer.Reached("preflight")
	}
	return found, err
}

// firstLine is the line that this try begins with in the journal.
func (r *run) firstLine(past []line) (line, error) {
	id, err := identity(r.job)
	if err != nil || r.before(past).mode == "" {
		return line{Step: stepBegan, Identity: id}, err
	}
	return line{Step: stepResumed}, resumable(past, id)
}

// note keeps for the report what preflight has warned of.
func (r *run) note(found checked) {
	for _, f := range found.findings {
		if f.Severity == datamove.Warning {
			r.tally.notes.Warn("%s: %s", f.Check, f.Message)
		}
	}
	r.tally.notes.LeaveOut(found.functions.leftOut...)
}

// copyWith copies what preflight has allowed, and compares.
func (r *run) copyWith(ctx context.Context, j *journal, past []line, part *datamove.Part, found checked) error {
	if err := r.sweep(ctx, past); err != nil {
		return err
	}
	r.note(found)
	if err := r.move(ctx, j, part, found); err != nil {
		return err
	}
	if err := j.did(line{Step: stepCopied}); err != nil {
		return err
	}
	r.observer.Reached("copied")
	if err := r.compareFunctions(ctx, part, found.functions); err != nil {
		return err
	}
	if err := r.compareAll(ctx, part, j); err != nil {
		return err
	}
	if err := r.warnExtraDatabases(ctx); err != nil {
		return err
	}
	return r.checkEvictions(ctx, part)
}

// move copies by the way that was chosen.
func (r *run) move(ctx context.Context, j *journal, part *datamove.Part, found checked) error {
	if found.mode == modeReplicaof {
		err := r.replicate(ctx, j, part)
		if !errors.Is(err, errNotAllowed) || r.job.Store.Redis.Mode == modeReplicaof {
			return err
		}
		r.tally.notes.Warn("the target does not allow REPLICAOF; copied by SCAN")
	}
	if err := r.clear(ctx); err != nil {
		return err
	}
	if err := r.copyFunctions(ctx, found.functions); err != nil {
		return err
	}
	return r.scanAll(ctx, j, part)
}

// clear removes what is in the way (replace). A resumed run does so again: a target
// that was killed may have come back with what was removed.
func (r *run) clear(ctx context.Context) error {
	if r.job.Store.Existing != datamove.ExistingReplace {
		return nil
	}
	r.observer.Step("clear")
	for _, p := range r.pairs {
		if err := r.scanner.each(ctx, p.to, p.to.unlink); err != nil {
			return err
		}
	}
	r.observer.Reached("cleared")
	return nil
}
