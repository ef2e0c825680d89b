package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// TestInTurn makes one page at a time; who waits too long does without.
func TestInTurn(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	p := inTurn(make(chan struct{}, 1), func(context.Context, Config, *http.Request) (answer, error) {
		inside <- struct{}{}
		<-leave
		return answer{}, nil
	})
	first := make(chan error, 1)
	go func() { _, err := p(t.Context(), Config{}, nil); first <- err }()
	<-inside
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := p(ctx, Config{}, nil); errorFor(err).Kind != events.KindUnavailable {
		t.Errorf("a second page at once: %v", err)
	}
	close(leave)
	if err := <-first; err != nil {
		t.Error(err)
	}
	go func() { <-inside }()
	if _, err := p(t.Context(), Config{}, nil); err != nil {
		t.Errorf("after the first: %v", err)
	}
}

// TestHeavyPagesTakeTurns: the list and the reports do, and nobody waits for health.
func TestHeavyPagesTakeTurns(t *testing.T) {
	s := five(t)
	s.wait, s.asked = make(chan struct{}), make(chan struct{})
	pages := s.serve(t)
	first := make(chan int, 1)
	go func() { first <- get(t, pages, "/reports/latest").Code }()
	<-s.asked
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("the list is made beside a report: %d", w.Code)
	}
	if w := get(t, pages, "/healthz"); w.Code != http.StatusOK {
		t.Errorf("health answers %d", w.Code)
	}
	close(s.wait)
	if code := <-first; code != http.StatusOK {
		t.Errorf("the report answers %d", code)
	}
}
