package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/report"
)

// Runs is where the pages read from. Its methods may be called at the same time.
type Runs interface {
	// List returns runs, newest first.
	List(ctx context.Context, q events.RunsQuery) ([]events.RunSummary, error)
	// Show returns one run; "latest" is the newest. Errors: *events.Error of
	// KindNotFound.
	Show(ctx context.Context, run string) (experiments.Record, error)
}

// timeout bounds the reading of one page.
const timeout = 10 * time.Second

// New is the handler of all pages. It keeps no state and starts nothing.
func New(runs Runs, log *slog.Logger) http.Handler {
	s := server{runs: runs, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("GET /reports/{file}", s.report)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		send(w, r, "text/plain; charset=utf-8", report.Policy(), []byte("ok\n"))
	})
	return secure(mux)
}

type server struct {
	runs Runs
	log  *slog.Logger
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

// report shows one run in the format that the name's extension asks for.
func (s server) report(w http.ResponseWriter, r *http.Request) {
	run, f := formatOf(r.PathValue("file"))
	if events.Key(run) != run {
		s.fail(w, r, events.Errorf(events.KindNotFound, "", "no run has such an id"))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	record, err := s.runs.Show(ctx, run)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var b bytes.Buffer
	if err := f.write(&b, record); err != nil {
		s.fail(w, r, err)
		return
	}
	send(w, r, f.contentType, report.Policy(), b.Bytes())
}

// format is one face of a run record.
type format struct {
	extension, contentType string
	write                  func(io.Writer, experiments.Record) error
}

// formatOf splits the name of a report. A name without an extension is the page.
func formatOf(file string) (run string, f format) {
	for _, f := range []format{
		{".json", "application/json", report.JSON},
		{".md", "text/markdown; charset=utf-8", report.Markdown},
		{".xml", "application/xml; charset=utf-8", report.JUnit},
		{".html", "text/html; charset=utf-8", withinServer},
	} {
		if run, ok := strings.CutSuffix(file, f.extension); ok {
			return run, f
		}
	}
	return file, format{"", "text/html; charset=utf-8", withinServer}
}

func withinServer(w io.Writer, r experiments.Record) error { return report.HTMLWithin(w, r, "../") }

// send answers with a body and its ETag, or with 304 where the browser has it.
func send(w http.ResponseWriter, r *http.Request, contentType, pagePolicy string, body []byte) {
	sum := sha256.Sum256(body)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Security-Policy", policy(pagePolicy))
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// fail answers with an error for people. What they can do nothing about is logged and
// only named.
func (s server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := errorFor(err)
	status := statusOf(e.Kind)
	if status >= http.StatusInternalServerError {
		s.log.ErrorContext(r.Context(), "page not served", "service", "experiments", "path", r.URL.Path, "error", err)
	}
	var b bytes.Buffer
	style, renderErr := renderError(&b, status, e)
	if renderErr != nil {
		s.log.ErrorContext(r.Context(), "error page not rendered", "service", "experiments", "error", renderErr)
		http.Error(w, http.StatusText(status), status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy(report.PolicyFor(style)))
	w.WriteHeader(status)
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.DebugContext(r.Context(), "browser went away", "service", "experiments", "error", err)
	}
}

// errorFor is the error as a person may read it.
func errorFor(err error) *events.Error {
	if e, ok := errors.AsType[*events.Error](err); ok && e.Kind != events.KindInternal {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return events.Errorf(events.KindUnavailable, "shakedown doctor", "the runs could not be read within %s", timeout)
	}
	return &events.Error{Kind: events.KindInternal, Message: "the page could not be made", Advice: "the server's log has the reason"}
}

func statusOf(kind events.Kind) int {
	switch kind {
	case events.KindNotFound:
		return http.StatusNotFound
	case events.KindInvalid:
		return http.StatusBadRequest
	case events.KindUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
