package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/report"
	"github.com/shakedown-dev/shakedown/internal/golden"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// shelf is records that answer the calls of the pages over a real bus.
type shelf struct {
	records []record.Record
	err     error
	// wait, when set, keeps an answer back until it is closed.
	wait chan struct{}
	// asked, when set, is told that a report is made.
	asked chan struct{}
}

func stamp() events.Stamp {
	return events.Stamp{Source: "web", Now: time.Now, NewID: func() string { return strconv.FormatUint(rand.Uint64(), 36) }}
}

// serve answers until the test ends, and returns the handler of the pages.
func (s *shelf) serve(t testing.TB) http.Handler {
	t.Helper()
	bus := natsbustest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	list, err := events.RunListCall.Answer(ctx, bus, stamp(), s.list)
	if err != nil {
		t.Fatal(err)
	}
	show, err := events.RunShowCall.Answer(ctx, bus, stamp(), s.show)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); list.Wait(); show.Wait() })
	return New(Config{Caller: bus, Stamp: stamp(), Log: slog.New(slog.DiscardHandler)})
}

func (s *shelf) list(_ context.Context, q events.RunsQuery) (events.RunsAnswer, error) {
	var answer events.RunsAnswer
	for _, r := range s.records {
		if q.Experiment == "" || q.Experiment == r.Name {
			answer.Runs = append(answer.Runs, events.RunSummary{
				Run: r.Run, Experiment: r.Name, Environment: r.Environment.Name, Phase: record.PhaseFinished,
				Verdict: string(r.Verdict.Word), Reason: r.Verdict.Reason, Started: r.Started, Ended: r.Ended,
				Recovery: r.Summary.Recovery, Outage: r.Summary.Outage, RecoveryBounds: r.Summary.RecoveryBounds, OutageBounds: r.Summary.OutageBounds,
			})
		}
	}
	return answer, s.err
}

func (s *shelf) show(_ context.Context, q events.RunQuery) (events.RunAnswer, error) {
	if s.asked != nil {
		s.asked <- struct{}{}
	}
	if s.wait != nil {
		<-s.wait
	}
	for i, r := range s.records {
		if r.Run == q.Run || q.Run == "latest" && i == 0 {
			raw, err := json.Marshal(r)
			return events.RunAnswer{Record: raw}, errors.Join(s.err, err)
		}
	}
	if s.err != nil {
		return events.RunAnswer{}, s.err
	}
	return events.RunAnswer{}, events.Errorf(events.KindNotFound, "shakedown report list", "run %s does not exist", q.Run)
}

// five are the records of the five verdicts, as the report package keeps them.
func five(t testing.TB) *shelf {
	t.Helper()
	s := new(shelf)
	for _, name := range []string{"passed", "failed", "inconclusive", "not-run", "aborted"} {
		raw, err := os.ReadFile("../../../experiments/report/testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		r, err := record.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		s.records = append(s.records, r)
	}
	return s
}

func get(t testing.TB, pages http.Handler, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, r)
	return w
}

func TestIndex(t *testing.T) {
	golden.Equal(t, "index.html", get(t, five(t).serve(t), "/").Body.Bytes())
}

func TestIndexFilters(t *testing.T) {
	pages := five(t).serve(t)
	for _, tc := range []struct {
		query string
		want  []string
		not   []string
	}{
		{"", []string{"5 of 5 runs", "kill-one-api", "typo-in-metric"}, nil},
		{"?verdict=failed", []string{"1 of 5 runs", `href="reports/run-7c1e-kill-only-cart"`}, []string{"typo-in-metric"}},
		{"?experiment=typo-in-metric", []string{"1 of 1 runs", "Remove the filter"}, []string{"kill-one-api"}},
		{"?verdict=%3Cscript%3E", []string{"No run with this verdict"}, []string{"<script"}},
		{"?experiment=%22%3E%3Cscript%3E", []string{"No run yet", "&lt;script&gt;"}, []string{"<script"}},
	} {
		t.Run(tc.query, func(t *testing.T) {
			page := get(t, pages, "/"+tc.query).Body.String()
			body := page[strings.Index(page, "<main>"):]
			for _, text := range tc.want {
				if !strings.Contains(body, text) {
					t.Errorf("the list does not say %q", text)
				}
			}
			for _, text := range tc.not {
				if strings.Contains(body, text) {
					t.Errorf("the list says %q", text)
				}
			}
		})
	}
}

func TestRunningRunIsNotGreen(t *testing.T) {
	s := five(t)
	s.records[0].Verdict = record.Verdict{}
	page := get(t, s.serve(t), "/").Body.String()
	if !strings.Contains(page, `http-equiv="refresh"`) || !strings.Contains(page, `</span> running</span>`) {
		t.Error("a run without a verdict is not shown as running")
	}
	if strings.Contains(page, `<span class="pill passed">`) {
		t.Error("a run without a verdict is green")
	}
}

func TestFormats(t *testing.T) {
	s := five(t)
	r, pages := s.records[1], s.serve(t)
	for path, want := range map[string]struct {
		contentType string
		write       func(*bytes.Buffer) error
	}{
		"":      {"text/html; charset=utf-8", func(b *bytes.Buffer) error { return report.HTMLWithin(b, r, "../") }},
		".html": {"text/html; charset=utf-8", func(b *bytes.Buffer) error { return report.HTMLWithin(b, r, "../") }},
		".json": {"application/json", func(b *bytes.Buffer) error { return report.JSON(b, r) }},
		".md":   {"text/markdown; charset=utf-8", func(b *bytes.Buffer) error { return report.Markdown(b, r) }},
		".xml":  {"application/xml; charset=utf-8", func(b *bytes.Buffer) error { return report.JUnit(b, r) }},
	} {
		t.Run(path, func(t *testing.T) {
			w := get(t, pages, "/reports/"+r.Run+path)
			var b bytes.Buffer
			if err := want.write(&b); err != nil {
				t.Fatal(err)
			}
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != want.contentType {
				t.Errorf("%d %s", w.Code, w.Header().Get("Content-Type"))
			}
			if diff := cmp.Diff(b.String(), w.Body.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLatest(t *testing.T) {
	var r record.Record
	s := five(t)
	if err := json.Unmarshal(get(t, s.serve(t), "/reports/latest.json").Body.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.Run != s.records[0].Run {
		t.Errorf("latest is %s, want %s", r.Run, s.records[0].Run)
	}
}

func TestETag(t *testing.T) {
	s := five(t)
	pages := s.serve(t)
	for _, path := range []string{"/", "/reports/latest", "/reports/latest.json"} {
		tag := get(t, pages, path).Header().Get("ETag")
		if tag == "" {
			t.Fatalf("%s has no ETag", path)
		}
		again := get(t, pages, path, "If-None-Match", tag)
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s: %d with %d bytes, want 304 and none", path, again.Code, again.Body.Len())
		}
	}
	before := get(t, pages, "/reports/latest").Header().Get("ETag")
	s.records[0].Notes = []record.Note{{Text: "more"}}
	if get(t, pages, "/reports/latest").Header().Get("ETag") == before {
		t.Error("another record has the same ETag")
	}
}

func TestHeaders(t *testing.T) {
	pages := five(t).serve(t)
	for _, path := range []string{"/", "/reports/latest", "/reports/latest.md", "/reports/none", "/healthz", "/no/such/page"} {
		h := get(t, pages, path).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "private, no-cache",
		} {
			if h.Get(name) != want && path != "/no/such/page" {
				t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), want)
			}
		}
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
}

func TestPolicyAllowsTheStyle(t *testing.T) {
	pages := five(t).serve(t)
	for _, path := range []string{"/", "/reports/latest", "/reports/none"} {
		w := get(t, pages, path)
		_, rest, _ := strings.Cut(w.Body.String(), "<style>")
		style, _, found := strings.Cut(rest, "</style>")
		if want := policy(html.Sheet(style).Policy()); !found || w.Header().Get("Content-Security-Policy") != want {
			t.Errorf("%s: policy does not fit the style sheet", path)
		}
	}
}

func TestNoWayOut(t *testing.T) {
	pages := five(t).serve(t)
	for _, path := range []string{
		"/reports/..%2f..%2fetc%2fpasswd", "/reports/%2e%2e", "/reports/a%00b", "/reports/a%0d%0aX-Bad:1", "/reports/run.json.json",
		"/reports/" + strings.Repeat("a", 5000), "/reports/", "/reports", "/reports/%F0%9F%9A%A2", "/reports/*", "/reports/run.>",
	} {
		w := get(t, pages, path)
		if w.Code != http.StatusNotFound {
			t.Errorf("%.40s: %d, want 404", path, w.Code)
		}
		if w.Header().Get("X-Bad") != "" {
			t.Errorf("%s: a header was smuggled in", path)
		}
	}
}

func TestOnlyReading(t *testing.T) {
	pages := five(t).serve(t)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/reports/latest", nil))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d, want 405", method, w.Code)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		code int
		want string
	}{
		{"not found", nil, 404, "run none does not exist"},
		{"unavailable", events.Errorf(events.KindUnavailable, "shakedown doctor", "no answer from <experiments>"), 503, "no answer from &lt;experiments&gt;"},
		{"internal", errors.New("secret stack"), 500, "the server&#39;s log has the reason"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := five(t)
			s.err = tc.err
			w := get(t, s.serve(t), "/reports/none")
			if w.Code != tc.code || !strings.Contains(w.Body.String(), tc.want) || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%d: %s", w.Code, w.Body.String()[strings.Index(w.Body.String(), "<main>"):])
			}
		})
	}
}

// TestLate shows what a caller that ran out of time says.
func TestLate(t *testing.T) {
	if e := errorFor(context.DeadlineExceeded); e.Kind != events.KindUnavailable || !strings.Contains(e.Message, (10*time.Second).String()) {
		t.Errorf("got %#v", e)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	s := five(t)
	s.wait = make(chan struct{})
	pages := s.serve(t)
	defer close(s.wait)
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/reports/latest", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "in time") {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}

// TestNobodyAnswers asks while the service of runs is away.
func TestNobodyAnswers(t *testing.T) {
	pages := New(Config{Caller: natsbustest.Open(t), Stamp: stamp(), Log: slog.New(slog.DiscardHandler)})
	for _, path := range []string{"/", "/reports/latest"} {
		if w := get(t, pages, path); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "nobody answers") {
			t.Errorf("%s: %d: %s", path, w.Code, w.Body)
		}
	}
}

func TestHealth(t *testing.T) {
	if w := get(t, (&shelf{err: errors.New("down")}).serve(t), "/healthz"); w.Code != http.StatusOK || w.Body.String() != "ok\n" {
		t.Errorf("%d %q", w.Code, w.Body.String())
	}
}

func FuzzPath(f *testing.F) {
	s := five(f)
	h := s.serve(f)
	for _, seed := range []string{"/", "/reports/latest", "/reports/../x", "/reports/a.json", "/?verdict=x", "//", "/reports/%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/"+strings.TrimPrefix(path, "/"), nil)
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 || strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%q: %d", path, w.Code)
		}
	})
}

func BenchmarkIndex(b *testing.B) {
	s := five(b)
	for len(s.records) < shown {
		s.records = append(s.records, s.records[:5]...)
	}
	pages := s.serve(b)
	b.ReportAllocs()
	for b.Loop() {
		get(b, pages, "/")
	}
}
