package observe_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe/observetest"
)

// observer logs to out; each reading of its clock is a quarter second later.
func observer(out io.Writer) *observe.Observer {
	now := time.Unix(0, 0)
	return observe.New(observe.Options{
		Log: slog.New(slog.NewJSONHandler(out, nil)), Version: "v7",
		NewID: func() string { return "made" },
		Now: func() time.Time {
			now = now.Add(250 * time.Millisecond)
			return now
		},
	})
}

func TestRequestIsLoggedAndCounted(t *testing.T) {
	var out bytes.Buffer
	ob := observer(&out)
	mux := http.NewServeMux()
	ob.Handle(mux, "POST /cart/{id}", "cart", func(w http.ResponseWriter, r *http.Request) {
		if got := observe.RequestID(r.Context()); got != "theirs-1" {
			t.Errorf("id in the context %q", got)
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "short")
	})
	req := httptest.NewRequest(http.MethodPost, "/cart/7", nil)
	req.Header.Set(observe.Header, "theirs-1")
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, req)
	if got := rec.Header().Get(observe.Header); got != "theirs-1" {
		t.Errorf("id in the answer %q", got)
	}
	got := map[string]any{}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	delete(got, "time")
	want := map[string]any{
		"level": "INFO", "msg": "request", "request_id": "theirs-1", "method": "POST", "path": "/cart/7", "handler": "cart",
		"status": 418.0, "duration_ms": 250.0, "bytes": 5.0, "remote": "192.0.2.1:1234",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log line (-want +got):\n%s", diff)
	}
	if n := observetest.Value(t, ob.Registry(), "http_requests_total", "code", "418", "method", "POST", "handler", "cart"); n != 1 {
		t.Errorf("%g requests counted", n)
	}
	if n := observetest.Value(t, ob.Registry(), "http_request_duration_seconds", "method", "POST", "handler", "cart"); n != 1 {
		t.Errorf("%g durations", n)
	}
	if n := observetest.Value(t, ob.Registry(), "http_requests_in_flight"); n != 0 {
		t.Errorf("%g in flight", n)
	}
}

func TestPanicCountsAs500(t *testing.T) {
	ob := observer(io.Discard)
	h := ob.Wrap("home", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("BREW", "/", nil))
	}()
	if n := observetest.Value(t, ob.Registry(), "http_requests_total", "code", "500", "method", "other", "handler", "home"); n != 1 {
		t.Errorf("%g counted", n)
	}
}

func TestStrangeRequestIDsAreReplaced(t *testing.T) {
	for _, id := range []string{"", "a b", "a\nb", "ä", strings.Repeat("x", 65)} {
		ob := observer(io.Discard)
		rec, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header[observe.Header] = []string{id}
		ob.Wrap("home", http.NotFoundHandler()).ServeHTTP(rec, req)
		if got := rec.Header().Get(observe.Header); got != "made" {
			t.Errorf("id %q stayed %q", id, got)
		}
	}
}

func TestMetricsPage(t *testing.T) {
	rec := httptest.NewRecorder()
	observer(io.Discard).Metrics().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{`shop_info{version="v7"} 1`, "process_resident_memory_bytes ", "go_goroutines "} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("no %s in /metrics", want)
		}
	}
}
