package mysql

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/events"
)

// finishedFile says, in Job.StateDir, that the run was equal and is about to remove its
// ledger from the target: the last thing that it does. Without it, a process that dies
// before its caller has noted the end left a full target that no resumption knew.
const finishedFile = "mysql-equal"

// drop notes that the run has ended and removes its ledger.
func (r *run) drop(ctx context.Context) error {
	if r.job.StateDir != "" {
		if err := os.WriteFile(filepath.Join(r.job.StateDir, finishedFile), []byte(r.job.ID+"\n"), 0o600); err != nil {
			return events.Errorf(events.KindPartial, "make room, and resume the run", "note the end of run %s: %w", r.job.ID, err)
		}
		r.observer.Reached("noted")
	}
	if err := r.ledger.drop(ctx, r.target); err != nil {
		return explain(err, r.to)
	}
	r.observer.Reached("dropped")
	return nil
}

// finished says whether an earlier attempt of the run came to its end.
func (r *run) finished() (bool, error) {
	if !r.job.Resume || r.options.resume || r.job.StateDir == "" {
		return false, nil
	}
	_, err := os.Stat(filepath.Join(r.job.StateDir, finishedFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, events.Errorf(events.KindUnavailable, "resume the run", "read whether run %s has ended: %w", r.job.ID, err)
	}
	return err == nil, nil
}

// compareAgain is all that is left to do of a run that was equal and has ended. It writes
// nothing: the target may have users by now, and what differs is theirs or the source's.
func (r *run) compareAgain(ctx context.Context) error {
	r.part.Resumed++
	if err := r.verify(ctx); err != nil {
		return err
	}
	if !r.equal() {
		r.notes.Warn("resume: run %s was equal when its copy ended, and only its comparison was made again: what differs was changed since, on either side; copy again to take it over", r.job.ID)
	}
	return nil
}
