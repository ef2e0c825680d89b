package mysql

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

// run is one Plan, Copy or Verify.
type run struct {
	job      datamove.Job
	observer *outcome.Observer
	from, to end
	// view is the source at one moment, target a pool of sessions.
	view   *view
	target *sql.DB
	// bulk is set when the target takes bulk statements.
	bulk    bool
	schema  *schema
	options ddlOptions
	states  []*tableState
	ledger  *ledger

	began time.Time
	part  datamove.Part
	notes outcome.Notes
	// changed is set when the target is not as it was.
	changed bool
}

// open opens both ends and reads the source's definitions.
func open(ctx context.Context, j datamove.Job, p datamove.Progress) (r *run, err error) {
	r = &run{job: j, observer: outcome.Observe(j, p), began: j.Now()}
	r.part = datamove.Part{Name: j.Store.Name, Store: datamove.StoreMySQL}
	if r.from, r.to, err = newEnds(j); err != nil {
		return nil, err
	}
	if err := r.connect(ctx); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// newEnds resolves both ends. A target without a database has that of the source.
func newEnds(j datamove.Job) (from, to end, err error) {
	if from, err = newEnd(j.From, true); err != nil {
		return from, to, events.Errorf(events.KindInvalid, "", "from: %w", err)
	}
	if to, err = newEnd(j.To, false); err != nil {
		return from, to, events.Errorf(events.KindInvalid, "", "to: %w", err)
	}
	switch {
	case to.database == "":
		to.database = from.database
	case from.database == "":
		return from, to, events.Errorf(events.KindInvalid, "name a database at the end of both URLs or of none",
			"the source names no database and the target names %s", to.database)
	}
	return from, to, nil
}

func (r *run) connect(ctx context.Context) (err error) {
	if r.target, err = r.to.open(nil); err != nil {
		return explain(err, r.to)
	}
	first, err := openReader(ctx, r.to)
	if err != nil {
		return explain(err, r.to)
	}
	r.bulk = first.bulk
	first.close()
	r.observer.Step("snapshot")
	r.view, err = takeView(ctx, r.from, r.job.Store.MySQL.Snapshot, r.loaders())
	if err != nil {
		return explain(err, r.from)
	}
	r.part.Snapshot = r.view.snapshot
	for _, warning := range r.view.warnings {
		r.notes.Warn("%s", warning)
	}
	if err := r.servers(ctx); err != nil {
		return err
	}
	return r.readSource(ctx)
}

func (r *run) close() {
	if r.view != nil {
		r.view.close()
	}
	if r.target != nil {
		_ = r.target.Close()
	}
}

// conn is the first connection that sees the source's moment.
func (r *run) conn() *sql.Conn { return r.view.readers[0].conn }

// loaders is how many connections write.
func (r *run) loaders() int {
	if n := r.job.Store.MySQL.Loaders; n > 0 {
		return n
	}
	return defaultLoaders
}

// servers describes both ends and refuses to copy a database onto itself.
func (r *run) servers(ctx context.Context) (err error) {
	if r.part.From, err = describeServer(ctx, r.conn(), r.job.From.URL); err != nil {
		return explain(err, r.from)
	}
	if r.part.To, err = describeServer(ctx, r.target, r.job.To.URL); err != nil {
		return explain(err, r.to)
	}
	if err := r.job.Meets(r.part.To); err != nil {
		return err
	}
	if r.part.From.Fingerprint == r.part.To.Fingerprint && strings.EqualFold(r.from.database, r.to.database) {
		return events.Errorf(events.KindRefused, "name another server or another database",
			"source and target are the same server and database (%s)", r.job.From.URL)
	}
	return nil
}

// targetOf is where a database of the source is copied to.
func (r *run) targetOf(database string) string {
	if r.from.database == database && r.to.database != "" {
		return r.to.database
	}
	return database
}

// merges says whether rows of the target stay.
func (r *run) merges() bool { return r.options.existing == datamove.ExistingMerge }
