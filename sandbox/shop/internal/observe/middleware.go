package observe

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// Handle registers h on mux under pattern, observed under the name handler.
// The name, not the path, is the metrics' label: paths have no bound.
func (o *Observer) Handle(mux *http.ServeMux, pattern, handler string, h http.HandlerFunc) {
	mux.Handle(pattern, o.Wrap(handler, h))
}

// Wrap counts, times and logs every request to h and gives it a request id.
// A panic in h counts as 500 and goes on to the server.
func (o *Observer) Wrap(handler string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := o.now()
		id := o.requestID(r)
		w.Header().Set(Header, id)
		rec := &recorder{ResponseWriter: w, status: http.StatusInternalServerError}
		o.inFlight.Inc()
		defer func() {
			o.inFlight.Dec()
			o.record(r, rec, id, handler, o.now().Sub(start))
		}()
		h.ServeHTTP(rec, r.WithContext(WithRequestID(r.Context(), id)))
		rec.finish()
	})
}

func (o *Observer) record(r *http.Request, rec *recorder, id, handler string, took time.Duration) {
	method := knownMethod(r.Method)
	o.requests.WithLabelValues(strconv.Itoa(rec.status), method, handler).Inc()
	o.duration.WithLabelValues(method, handler).Observe(took.Seconds())
	o.log.Log(r.Context(), levelOf(rec.status), "request",
		"request_id", id,
		"method", r.Method,
		"path", r.URL.Path,
		"handler", handler,
		"status", rec.status,
		"duration_ms", float64(took.Microseconds())/1000,
		"bytes", rec.bytes,
		"remote", r.RemoteAddr,
	)
}

func levelOf(status int) slog.Level {
	if status >= http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// knownMethod keeps strangers from inventing label values.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete:
		return m
	default:
		return "other"
	}
}

// recorder remembers what was answered. Until something is written the answer
// is 500, which stays true when the handler panics.
type recorder struct {
	http.ResponseWriter

	status  int
	bytes   int64
	started bool
}

func (r *recorder) WriteHeader(status int) {
	if !r.started {
		r.status, r.started = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	r.finish()
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the real writer.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// finish settles the implicit 200 of a handler that set no status.
func (r *recorder) finish() {
	if !r.started {
		r.status, r.started = http.StatusOK, true
	}
}
