package envs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// maxProblem bounds what is remembered of why a request failed, in bytes.
const maxProblem = 2000

// end is how a request ended, as the queue remembers it.
type end struct {
	// Verb is what was asked for, Outcome the word for what came of it.
	Verb    string `json:"verb"`
	Outcome string `json:"outcome"`
	// Problem is why it failed. Lasting says that it was not the pods: an environment
	// whose components are ready by now has not recovered from it.
	Problem string `json:"problem,omitempty"`
	Lasting bool   `json:"lasting,omitempty"`
	// Deleting is why a namespace was being deleted that was there still, "" of any other end.
	Deleting string `json:"deleting,omitempty"`
	// UID is the namespace's and Cluster what tells the cluster from others, "" when it is
	// not known.
	UID     string `json:"uid,omitempty"`
	Cluster string `json:"cluster,omitempty"`
}

// endOf is what is to be remembered of an outcome; nil for a refusal, which has changed
// nothing.
func endOf(r request, o outcome) *end {
	if o.rejected != nil {
		return nil
	}
	e := &end{Verb: r.verb(), Outcome: o.word(), UID: o.uid, Cluster: o.cluster}
	if o.failed != nil {
		e.Problem, e.Lasting = shorten(o.reason()), !o.watched
	}
	if o.deleting {
		e.Deleting = cmp.Or(r.Reason, "asked")
	}
	return e
}

func shorten(text string) string {
	if len(text) <= maxProblem {
		return text
	}
	return strings.ToValidUTF8(text[:maxProblem], "") + "..."
}

// history is what the queue knows of the requests for an environment.
type history struct {
	// open is the request that is worked on or about to be, last how the newest one ended
	// that did; nil for none.
	open *request
	last *end
	// waits is the request that waits for runs to end, nil for none.
	waits *request
	// unread is why that is not known, "" when it is.
	unread string
}

// waiting says for people what waits for runs to end, "" when nothing does.
func (h history) waiting() string {
	if h.waits == nil {
		return ""
	}
	what := "a deploy"
	switch {
	case h.waits.Document == nil:
		what = "its end"
	case h.waits.Origin.Revision != "":
		what = "a deploy of revision " + h.waits.Origin.Revision
	}
	return what + " waits since " + endText(h.waits.Waits) + " for the end of runs that break it: shakedown experiment list"
}

// note notes the request that there is.
func (h *history) note(asked *request) {
	if asked.Waits.IsZero() {
		h.open = asked
		return
	}
	h.waits = asked
}

// ended says whether the last request was for the environment and ended so.
func (h history) ended(outcome string) bool {
	return h.last != nil && h.last.Verb == verbCreate && h.last.Outcome == outcome
}

// giveUp is why the last request failed, if it was one of that verb; "" otherwise.
func (h history) giveUp(verb string) string {
	if h.open != nil || h.last == nil || h.last.Verb != verb {
		return ""
	}
	return h.last.Problem
}

// history reads what the queue knows. What has just ended has left no end yet, but its
// row is still there. One that waits for runs to end changes nothing yet.
func (s *Service) history(ctx context.Context, q *queue, name string) (history, error) {
	var h history
	asked, err := q.Get(ctx, name)
	switch {
	case errors.Is(err, work.ErrUnreadable):
		h.unread = err.Error()
		return h, nil
	case err == nil && asked.Ended.IsZero():
		h.note(&asked.Body)
	case err == nil && asked.Body.End != nil:
		h.last = asked.Body.End
		return h, nil
	case err != nil && !errors.Is(err, events.ErrNotFound):
		return h, err
	}
	past, err := q.Past(ctx, name)
	if errors.Is(err, work.ErrUnreadable) {
		h.unread = err.Error()
		return h, nil
	}
	if err != nil && !errors.Is(err, events.ErrNotFound) {
		return h, err
	}
	h.last, err = endOfPast(past)
	return h, err
}

// gone is why the namespace is gone that nobody works on.
func (e *end) gone() string {
	if e == nil || e.Deleting == "" {
		return reasonLost
	}
	return e.Deleting
}

// endOfPast is how a request ended, nil when that is not remembered.
func endOfPast(p work.Past) (e *end, err error) {
	if p.Summary == nil {
		return nil, nil
	}
	if err := json.Unmarshal(p.Summary, &e); err != nil {
		return nil, fmt.Errorf("read how the last request for environment %s ended: %w", p.ID, err)
	}
	return e, nil
}
