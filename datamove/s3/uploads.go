package s3

import (
	"maps"
	"time"
)

// uploads are the uploads in parts of a run. The journal's lock guards them.
type uploads struct {
	// open are those that are not known to have ended: their IDs, with the target's keys.
	open map[string]string
	// requests are those that were asked for without an answer, by the target's key.
	requests map[string]request
}

func newUploads() uploads { return uploads{open: map[string]string{}, requests: map[string]request{}} }

// request is how often an upload of a key was asked for without an answer, and when
// first and last.
type request struct {
	since, last time.Time
	count       int
}

func (u uploads) request(key string, at time.Time) {
	r := u.requests[key]
	if r.count == 0 {
		r.since = at
	}
	r.last = at
	r.count++
	u.requests[key] = r
}

func (u uploads) begin(key, id string) {
	u.open[id] = key
	r := u.requests[key]
	if r.count--; r.count <= 0 {
		delete(u.requests, key)
		return
	}
	u.requests[key] = r
}

func (u uploads) end(id string) { delete(u.open, id) }

// requesting, started and ended note the life of an upload in parts: requesting each
// request for one. The first two are on disk when they return.
func (l *journal) requesting(key string) error {
	at := l.now()
	l.mu.Lock()
	l.uploads.request(key, at)
	l.mu.Unlock()
	return l.commit(entry{Want: key, Began: at})
}

func (l *journal) started(key, id string) error {
	l.mu.Lock()
	l.uploads.begin(key, id)
	l.mu.Unlock()
	return l.commit(entry{Want: key, Begun: id})
}

func (l *journal) ended(id string) error {
	l.mu.Lock()
	l.uploads.end(id)
	l.mu.Unlock()
	return l.append(entry{Ended: id})
}

// open are the uploads that are not known to have ended, by ID.
func (l *journal) open() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.uploads.open)
}

// unanswered are the uploads that were asked for and whose ID never came, by key.
func (l *journal) unanswered() map[string]request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.uploads.requests)
}
