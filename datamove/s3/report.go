package s3

import (
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

// finish is the part of what is known.
func (r *run) finish(err error) (datamove.Part, error) {
	until := r.job.Now()
	p := datamove.Part{
		Name: r.job.Store.Name, Store: datamove.StoreS3, From: server(r.from), To: server(r.to), Snapshot: r.snapshot, Units: r.units.report(),
		Resumed: r.resumed, Bytes: r.copier.bytes.Load(), Took: events.Duration(until.Sub(r.began)),
	}
	if p.Snapshot.Method != "" {
		p.Snapshot.Until = until
	}
	r.warnAtEnd(err)
	if r.last != nil {
		r.last.notes.Fill(&p)
	}
	r.notes.Fill(&p)
	return outcome.Conclude(p, r.explain(err), r.changed())
}

func (r *run) warnAtEnd(err error) {
	if t := r.last; t != nil && t.kept > 0 {
		r.notes.Warn("%d objects that only the target has were there and stay", t.kept)
	}
	if err == nil && r.units.sources() == 0 {
		r.notes.Warn("the source s3://%s/%s has no objects that are of this copy", r.from.bucket, r.from.prefix)
	}
	if t := r.last; t != nil && t.moved > 0 {
		r.notes.Warn("%d objects are in another storage class than in the source, the first is %q", t.moved, t.firstMoved)
	}
}

// changed says whether the run wrote or removed anything.
func (r *run) changed() bool { return r.removed > 0 || r.units.copied() > 0 }

// explain gives an error a kind by what it means.
func (r *run) explain(err error) error {
	if e, ok := errors.AsType[*events.Error](err); ok {
		if e.Kind == events.KindPartial && !r.changed() && is(err, denied) {
			return &events.Error{Kind: events.KindRefused, Message: err.Error(), Advice: e.Advice, Cause: err}
		}
		return err
	}
	switch classify(err) {
	case passing, throttled:
		return events.Errorf(events.KindUnavailable, "", "%w", err)
	case denied:
		return events.Errorf(events.KindRefused, rightsHint(err), "%w", err)
	default:
		return err
	}
}

// fail is the error of a call that has no part.
func (r *run) fail(err error) error { return outcome.Error(r.explain(err), r.changed()) }

// server is an end as reports have it.
func server(e *end) datamove.Server {
	return datamove.Server{URL: e.access.URL, Product: product(e), Endpoint: e.endpoint, Fingerprint: fingerprint(e), Connections: -1, Connectionless: true}
}

func product(e *end) string {
	if e.endpoint == "" {
		return "Amazon S3"
	}
	return "S3"
}

// label is a count with a noun.
func label(n int64, noun string) string { return fmt.Sprintf("%d %s", n, noun) }
