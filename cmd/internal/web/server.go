package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/report"
)

// Config is what the pages need.
type Config struct {
	// Caller reaches the services, wherever they run.
	Caller events.Caller
	// Stamp makes the times and ids of the calls.
	Stamp events.Stamp
	Log   *slog.Logger
}

// timeout bounds the reading of one page.
const timeout = 10 * time.Second

// page makes the answer to one request. Errors: *events.Error for people; the kind
// becomes the status.
type page func(ctx context.Context, c Config, r *http.Request) (answer, error)

// healthPattern is the one page that costs nothing.
const healthPattern = "GET /healthz"

// pages is the table of pages, by pattern.
func pages() map[string]page {
	return map[string]page{
		"GET /{$}":            runsPage,
		"GET /reports/{file}": reportPage,
		healthPattern:         healthPage,
	}
}

// New is the handler of all pages. It keeps no state and starts nothing.
func New(c Config) http.Handler {
	mux, turn := http.NewServeMux(), make(chan struct{}, 1)
	for pattern, p := range pages() {
		if pattern != healthPattern {
			p = inTurn(turn, p)
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { serve(w, r, c, p) })
	}
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return secure(mux)
}

// inTurn makes one page at a time, whoever asks: a page holds the records that it is made
// of, which may be large. Who waits too long is told so.
func inTurn(turn chan struct{}, p page) page {
	return func(ctx context.Context, c Config, r *http.Request) (answer, error) {
		select {
		case turn <- struct{}{}: // nobody is before us
		default:
			select {
			case turn <- struct{}{}:
			case <-ctx.Done():
				return answer{}, ctx.Err()
			}
		}
		defer func() { <-turn }()
		return p(ctx, c, r)
	}
}

func serve(w http.ResponseWriter, r *http.Request, c Config, p page) {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	a, err := p(ctx, c, r)
	if err != nil {
		fail(w, r, c.Log, err)
		return
	}
	a.send(w, r)
}

func healthPage(context.Context, Config, *http.Request) (answer, error) {
	return answer{contentType: "text/plain; charset=utf-8", policy: report.Policy(), body: []byte("ok\n")}, nil
}

// secure sets the headers that hold for every answer, errors included.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy(report.Policy()))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "private, no-cache")
		next.ServeHTTP(w, r)
	})
}

// policy adds to a page's own policy what only a header can say.
func policy(page string) string { return page + "; frame-ancestors 'none'" }
