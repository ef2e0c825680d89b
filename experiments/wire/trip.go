package wire

import (
	"context"
	"fmt"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// trip is one question on its way, with the time that it took and whose time that was.
type trip struct {
	now func() time.Time
	// deadline is when it is given up, keep whether its connection is kept.
	deadline time.Time
	keep     bool

	mu sync.Mutex
	// source is the address of the last connection, lookup the time spent on names.
	source string
	lookup time.Duration
	asked  time.Time
}

// answer is what came of a question: why it is not good, why that cannot be known, or an
// error.
type answer struct {
	why, unread string
	err         error
	// look looks into what was read, when the time of the service is over; nil for nothing.
	look func() answer
}

// spent is the time of a question: all of it, and what of it was not the service's.
type spent struct{ took, ours time.Duration }

// least is the least that the service can have taken.
func (s spent) least() time.Duration { return max(0, s.took-s.ours) }

// grace is how much longer than the timeout an answer is waited for, so that the service
// had the whole of it also when we were a little late.
func grace(timeout time.Duration) time.Duration { return max(timeout/5, 100*time.Millisecond) }

// question is what a kind asks.
type question struct {
	within, timeout time.Duration
	// keep says that a connection is kept for the next one.
	keep bool
	// ask asks, and returns when ctx ends.
	ask func(context.Context) answer
}

// visit asks once. An answer is good when it came within the time.
func (c *Client) visit(ctx context.Context, q question) probe.Reading {
	late, began := c.pulse.begin(), c.config.Now()
	most := q.timeout + grace(q.timeout)
	t := &trip{now: c.config.Now, deadline: began.Add(most), keep: q.keep}
	own, cancel := context.WithTimeout(t.trace(ctx), most)
	defer cancel()
	a := q.ask(own)
	s := spent{took: c.config.Now().Sub(began)}
	source, lookup := t.told()
	s.ours = c.pulse.end() - late + lookup
	if a.look != nil {
		a = a.look()
	}
	r := judge(a, s, terms{given: ctx.Err(), within: q.within, timeout: q.timeout, connected: source != ""})
	r.Source = source
	return r
}

// tripKey is the key of the trip in a context.
type tripKey struct{}

// deadlineOf is when the question of the context is given up.
func deadlineOf(ctx context.Context) time.Time {
	if t, ok := ctx.Value(tripKey{}).(*trip); ok {
		return t.deadline
	}
	return time.Time{}
}

// keeps says whether the connection of the question is kept.
func keeps(ctx context.Context) bool {
	t, ok := ctx.Value(tripKey{}).(*trip)
	return ok && t.keep
}

// trace notes connections and lookups of names.
func (t *trip) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(context.WithValue(ctx, tripKey{}, t), &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { t.locked(func() { t.asked = t.now() }) },
		DNSDone: func(httptrace.DNSDoneInfo) {
			t.locked(func() { t.lookup, t.asked = t.lookup+t.now().Sub(t.asked), time.Time{} })
		},
		GotConn: func(i httptrace.GotConnInfo) { t.reached(i.Conn.RemoteAddr().String()) },
		ConnectDone: func(_, address string, err error) {
			if err == nil {
				t.reached(address)
			}
		},
	})
}

func (t *trip) reached(address string) { t.locked(func() { t.source = address }) }

func (t *trip) locked(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do()
}

// told is the address that was reached, "" for none, and the time spent on names, also on one
// that is not there yet.
func (t *trip) told() (source string, lookup time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.asked.IsZero() {
		return t.source, t.lookup + t.now().Sub(t.asked)
	}
	return t.source, t.lookup
}

// terms are what an answer is judged by, beside itself.
type terms struct {
	// given is how the context of the caller ended.
	given           error
	within, timeout time.Duration
	connected       bool
}

// judge makes a reading of an answer: good, bad with a reason, or a problem where it cannot
// be known.
func judge(a answer, s spent, by terms) probe.Reading {
	switch {
	case by.given != nil:
		return probe.Problemf(record.ProblemTimeout, "the question was given up: %v", by.given)
	case a.err != nil && timedOut(a.err) && s.took < by.timeout:
		// The time of the caller is over, and its context does not say so yet.
		return probe.Problemf(record.ProblemTimeout, "the question was given up after %s", s.took.Round(time.Millisecond))
	case a.err != nil && timedOut(a.err):
		return overdue(s, by.timeout, fmt.Sprintf("no answer within %s", by.timeout))
	case a.err != nil:
		if kind := blame(a.err, by.connected); kind != "" {
			return probe.Problemf(kind, "%s", reason(a.err))
		}
		return probe.Reading{Why: reason(a.err)}
	case a.unread != "":
		return probe.Problemf(record.ProblemOurSide, "%s", a.unread)
	case a.why != "":
		return probe.Reading{Why: a.why}
	case s.took > by.within:
		return overdue(s, by.within, fmt.Sprintf("answered after %s, want within %s", s.took.Round(time.Millisecond), by.within))
	}
	return probe.Reading{Value: 1}
}

// overdue is bad when the service had all the time that it may take, and unknown otherwise.
func overdue(s spent, most time.Duration, why string) probe.Reading {
	if s.least() >= most {
		return probe.Reading{Why: why}
	}
	return probe.Problemf(record.ProblemOurSide, "%s; but for %s of it we looked up the name or did not get to run", why, s.ours.Round(time.Millisecond))
}
