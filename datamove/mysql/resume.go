package mysql

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// head is what must be the same when a run is resumed.
func (r *run) head() map[string]string {
	document, _ := json.Marshal(struct { // strings and numbers always can be
		From, To         string
		Include, Exclude []string
		Existing         datamove.Existing
		Subset           datamove.Subset
	}{r.job.From.URL, r.job.To.URL, r.job.Store.Include, r.job.Store.Exclude, r.options.existing, r.job.Store.MySQL.Subset})
	digest := sha256.Sum256(document)
	mask := ""
	if r.job.Mask != nil {
		mask = r.job.Mask.Fingerprint()
	}
	return map[string]string{
		"document": hex.EncodeToString(digest[:]), "masking": mask,
		"source server": r.part.From.Fingerprint, "definitions of the source": r.schema.fingerprint(),
	}
}

// resumable says whether there is something to go on with.
func (r *run) resumable(ctx context.Context) (bool, error) {
	head, others, err := r.ledger.head(ctx, r.target)
	if err != nil {
		return false, explain(err, r.to)
	}
	if len(others) > 0 && head == nil {
		return false, events.Errorf(events.KindRefused, "resume that run, or copy with existing: replace",
			"the target has the unfinished run %s, not %s", others[0], r.job.ID)
	}
	if head == nil {
		return false, nil // it ended before it had changed anything
	}
	if what := changed(head, r.head()); what != "" {
		return false, events.Errorf(events.KindRefused, "start a new run with existing: replace",
			"run %s cannot be resumed: it began with other values of: %s", r.job.ID, what)
	}
	r.part.Resumed++
	return true, nil
}

// reconcile compares what the run did before with the source as it is now, so that
// all of the copy is of one moment: chunks that are the same stay, everything else
// is removed and copied again.
func (r *run) reconcile(ctx context.Context) error {
	for _, s := range r.states {
		done, err := r.ledger.done(ctx, r.target, s.plan)
		if err != nil {
			return err
		}
		if r.merges() {
			done = nil // what is there need not be from this run
		}
		if s.plan.key == nil {
			err = r.reconcileWhole(ctx, s, done)
		} else {
			err = r.reconcileChunks(ctx, s, done)
		}
		if err != nil {
			return fmt.Errorf("resume table %s: %w", s.plan.target, err)
		}
	}
	return nil
}

// reconcileWhole keeps a table without a key when all of it is there.
func (r *run) reconcileWhole(ctx context.Context, s *tableState, done []entry) error {
	if len(done) > 0 && !r.merges() {
		same, err := r.matches(ctx, s, span{})
		if err != nil {
			return err
		}
		if same {
			s.todo = nil
			return nil
		}
	}
	return r.keepOnly(ctx, s, nil, []todo{{first: stepTable, step: stepTable}})
}

func (r *run) reconcileChunks(ctx context.Context, s *tableState, done []entry) error {
	var keep []entry
	for _, e := range done {
		same, err := r.matches(ctx, s, e.span)
		if err != nil {
			return err
		}
		if same {
			keep = append(keep, e)
		}
	}
	for i := range keep {
		keep[i].number = int64(i+1) * numberGap
	}
	for i := range s.done {
		s.done[i].number = keep[i].number
	}
	return r.keepOnly(ctx, s, keep, gaps(keep))
}

// still compares a span on both sides and takes it for done when it is the same.
func (r *run) matches(ctx context.Context, s *tableState, at span) (bool, error) {
	source, err := r.comparer().sourceSum(ctx, s, at)
	if err != nil {
		return false, explain(err, r.from)
	}
	target, err := sumOf(ctx, r.target, s.plan.selectSum(s.plan.target, at.where(s.plan.key)))
	if err != nil || source != target {
		return false, err
	}
	s.done = append(s.done, spanSum{span: at, source: source, target: target, compared: true})
	return true, nil
}

// gaps are the spans between those that stay, in the order of their numbers.
func gaps(keep []entry) []todo {
	var out []todo
	var low bound
	first := int64(stepGap)
	for _, e := range keep {
		if !low.equal(e.span.low) {
			out = append(out, todo{span{low, e.span.low}, first, stepGap})
		}
		low, first = e.span.high, e.number+stepGap
		if low == nil {
			return out // it reached the end
		}
	}
	return append(out, todo{span{low: low}, first, stepGap})
}

// forget removes the rows that do not stay, and their chunks from the ledger.
func (r *run) keepOnly(ctx context.Context, s *tableState, keep []entry, gaps []todo) error {
	s.todo = gaps
	if r.merges() {
		gaps = nil
	}
	conn, err := r.target.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	if err := r.ledger.rewrite(ctx, conn, s.plan, keep); err != nil {
		return err
	}
	for _, g := range gaps {
		if _, err := conn.ExecContext(ctx, "DELETE FROM "+s.plan.target+g.span.where(s.plan.key)); err != nil {
			return err
		}
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}
