package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// answer is what a page sends.
type answer struct {
	contentType, policy string
	body                []byte
}

const htmlType = "text/html; charset=utf-8"

// send answers with the body and its ETag, or with 304 where the browser has it.
func (a answer) send(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256(a.body)
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Security-Policy", policy(a.policy))
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
}

// fail answers with an error for people. What they can do nothing about is logged and
// only named.
func fail(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	e := errorFor(err)
	status := statusOf(e.Kind)
	if status >= http.StatusInternalServerError {
		log.ErrorContext(r.Context(), "page not served", "service", "web", "path", r.URL.Path, "error", err)
	}
	a, renderErr := render("error.gohtml", view{Title: http.StatusText(status), Body: e})
	if renderErr != nil {
		log.ErrorContext(r.Context(), "error page not rendered", "service", "web", "error", renderErr)
		http.Error(w, http.StatusText(status), status)
		return
	}
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Security-Policy", policy(a.policy))
	w.WriteHeader(status)
	if _, err := w.Write(a.body); err != nil {
		log.DebugContext(r.Context(), "browser went away", "service", "web", "error", err)
	}
}

// errorFor is the error as a person may read it.
func errorFor(err error) *events.Error {
	if e, ok := errors.AsType[*events.Error](err); ok && e.Kind != events.KindInternal {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return events.Errorf(events.KindUnavailable, "shakedown doctor", "the page could not be read within %s", timeout)
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
