package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/calendar"
	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// patience is how long an answer may take.
const patience = 20 * time.Second

// Feed reads calendars. Its methods may be called at the same time.
type Feed struct{ Client *http.Client }

// New makes a feed with a client of its own.
func New() *Feed { return &Feed{Client: &http.Client{Timeout: patience}} }

// Closures are the times of all calendars of the schedule that have a moment in common
// with the span.
func (f *Feed) Closures(ctx context.Context, d spec.Document, within wall.Span) ([]plan.Closure, error) {
	zone, err := wall.Zone(d.Spec.TimeZone)
	if err != nil {
		return nil, err
	}
	var all []plan.Closure
	for _, c := range append(append([]spec.Calendar(nil), d.Spec.Holidays.Calendars...), d.Spec.Freezes.Calendars...) {
		found, err := f.read(ctx, c, zone, within)
		if err != nil {
			return nil, fmt.Errorf("calendar %s: %w", c, err)
		}
		for _, e := range found {
			all = append(all, plan.Closure{Span: e.Span, Why: e.Summary})
		}
	}
	return all, nil
}

func (f *Feed) read(ctx context.Context, c spec.Calendar, zone *time.Location, within wall.Span) ([]calendar.Event, error) {
	raw := []byte(c.Text)
	if c.File != "" {
		return nil, errors.New("is a file, which only the command reads that applies the schedule")
	}
	if c.URL != "" {
		var err error
		if raw, err = f.get(ctx, c.URL); err != nil {
			return nil, err
		}
	}
	return calendar.Read(raw, zone, within)
}

func (f *Feed) get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "text/calendar")
	response, err := f.Client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %s", response.Status)
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, calendar.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return raw, nil
}
