package envstest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// The words for how requests end; the first four are the last words of their topics.
const (
	ready      = "ready"
	failed     = "failed"
	rejected   = "rejected"
	destroyed  = "destroyed"
	superseded = "superseded"
	ignored    = "ignored"
)

// end is how a request has ended. Order is the place among all that were heard.
type end struct {
	order int
	word  string
	event events.Envelope
}

// ear hears how the requests of an installation end: by its events, and by its log of one
// that was ignored, of which there is no event.
type ear struct {
	mu      sync.Mutex
	ends    map[string]end
	heard   int
	changed chan struct{}
	// lines are the last that the service has logged, for when something does not end.
	lines []string
}

// maxLines bounds the lines that are kept.
const maxLines = 150

func newEar() *ear { return &ear{ends: map[string]end{}, changed: make(chan struct{})} }

// listen hears the events of the bus until ctx ends.
func (e *ear) listen(ctx context.Context, bus events.Bus, since time.Time) error {
	types := []string{
		events.EnvironmentReadyTopic.Type(), events.EnvironmentFailedTopic.Type(), events.EnvironmentRejectedTopic.Type(),
		events.EnvironmentDestroyedTopic.Type(), events.EnvironmentProgressedTopic.Type(),
	}
	return bus.Watch(ctx, events.Filter{Since: since, Types: types}, func(one events.Envelope) bool {
		if word := wordOf(one); word != "" {
			e.hear(one.CausationID, word, one)
		}
		return true
	})
}

// wordOf is the word for the end that an event says, "" for none.
func wordOf(e events.Envelope) string {
	if e.Type != events.EnvironmentProgressedTopic.Type() {
		return e.Type[strings.LastIndexByte(e.Type, '.')+1:]
	}
	if _, p, err := events.EnvironmentProgressedTopic.Parse(e); err == nil && p.Step == events.StepSuperseded {
		return superseded
	}
	return ""
}

// hear notes the first end of a request. One that was ignored when its event came a
// second time may have been superseded before.
func (e *ear) hear(request, word string, event events.Envelope) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if old, ok := e.ends[request]; ok && old.word != ignored {
		return
	}
	e.heard++
	e.ends[request] = end{order: e.heard, word: word, event: event}
	close(e.changed)
	e.changed = make(chan struct{})
}

// await waits for the end of the request that has one of the ids.
func (e *ear) await(ctx context.Context, ids ...string) (end, error) {
	for {
		e.mu.Lock()
		changed := e.changed
		for _, id := range ids {
			if found, ok := e.ends[id]; ok {
				e.mu.Unlock()
				return found, nil
			}
		}
		e.mu.Unlock()
		select {
		case <-ctx.Done():
			return end{}, fmt.Errorf("no end of the request %v: %w; the service has logged:\n%s", ids, ctx.Err(), e.logged())
		case <-changed:
		}
	}
}

// Enabled takes every record.
func (e *ear) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs is the same ear.
func (e *ear) WithAttrs([]slog.Attr) slog.Handler { return e }

// WithGroup is the same ear.
func (e *ear) WithGroup(string) slog.Handler { return e }

// Handle hears of a request that was ignored, unless it was taken before.
func (e *ear) Handle(_ context.Context, r slog.Record) error {
	said, line := map[string]string{}, r.Time.Format("05.000 ")+r.Message
	r.Attrs(func(a slog.Attr) bool {
		said[a.Key] = a.Value.String()
		line += fmt.Sprintf(" %s=%q", a.Key, said[a.Key])
		return true
	})
	e.keep(line)
	if r.Message == "request ignored" && !strings.Contains(said["reason"], work.ErrKnown.Error()) {
		e.hear(said["event_id"], ignored, events.Envelope{})
	}
	return nil
}

// keep keeps a line of the log.
func (e *ear) keep(line string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lines = append(e.lines[max(0, len(e.lines)-maxLines+1):], line)
}

// logged are the lines that were kept.
func (e *ear) logged() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.lines, "\n")
}
