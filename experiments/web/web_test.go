package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/report"
	"github.com/shakedown-dev/shakedown/internal/golden"
)

// shelf is runs kept in memory.
type shelf struct {
	records []experiments.Record
	err     error
}

func (s shelf) List(_ context.Context, q events.RunsQuery) (runs []events.RunSummary, err error) {
	for _, r := range s.records {
		if q.Experiment == "" || q.Experiment == r.Name {
			runs = append(runs, events.RunSummary{
				Run: r.Run, Experiment: r.Name, Environment: r.Environment.Name, Phase: experiments.PhaseFinished,
				Verdict: string(r.Verdict.Word), Reason: r.Verdict.Reason, Started: r.Started, Ended: r.Ended,
				Recovery: r.Summary.Recovery, Outage: r.Summary.Outage,
			})
		}
	}
	return runs, s.err
}

func (s shelf) Show(_ context.Context, run string) (experiments.Record, error) {
	for i, r := range s.records {
		if r.Run == run || run == "latest" && i == 0 {
			return r, s.err
		}
	}
	if s.err != nil {
		return experiments.Record{}, s.err
	}
	return experiments.Record{}, events.Errorf(events.KindNotFound, "shakedown report list", "run %s does not exist", run)
}

// five are the records of the five verdicts, as the report package keeps them.
func five(t testing.TB) shelf {
	t.Helper()
	var s shelf
	for _, name := range []string{"passed", "failed", "inconclusive", "not-run", "aborted"} {
		raw, err := os.ReadFile("../report/testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		r, err := experiments.ParseRecord(raw)
		if err != nil {
			t.Fatal(err)
		}
		s.records = append(s.records, r)
	}
	return s
}

func get(t testing.TB, runs Runs, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	New(runs, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
	return w
}

func TestIndex(t *testing.T) {
	golden.Equal(t, "index.html", get(t, five(t), "/").Body.Bytes())
}

func TestIndexFilters(t *testing.T) {
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
			page := get(t, five(t), "/"+tc.query).Body.String()
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
	s.records[0].Verdict = experiments.Verdict{}
	page := get(t, s, "/").Body.String()
	if !strings.Contains(page, `http-equiv="refresh"`) || !strings.Contains(page, `</span> running</span>`) {
		t.Error("a run without a verdict is not shown as running")
	}
	if strings.Contains(page, `<span class="pill passed">`) {
		t.Error("a run without a verdict is green")
	}
}

func TestFormats(t *testing.T) {
	s := five(t)
	r := s.records[1]
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
			w := get(t, s, "/reports/"+r.Run+path)
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
	var r experiments.Record
	s := five(t)
	if err := json.Unmarshal(get(t, s, "/reports/latest.json").Body.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.Run != s.records[0].Run {
		t.Errorf("latest is %s, want %s", r.Run, s.records[0].Run)
	}
}

func TestETag(t *testing.T) {
	s := five(t)
	for _, path := range []string{"/", "/reports/latest", "/reports/latest.json"} {
		tag := get(t, s, path).Header().Get("ETag")
		if tag == "" {
			t.Fatalf("%s has no ETag", path)
		}
		again := get(t, s, path, "If-None-Match", tag)
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s: %d with %d bytes, want 304 and none", path, again.Code, again.Body.Len())
		}
	}
	before := get(t, s, "/reports/latest").Header().Get("ETag")
	s.records[0].Notes = []experiments.Note{{Text: "more"}}
	if get(t, s, "/reports/latest").Header().Get("ETag") == before {
		t.Error("another record has the same ETag")
	}
}

func TestHeaders(t *testing.T) {
	for _, path := range []string{"/", "/reports/latest", "/reports/latest.md", "/reports/none", "/healthz", "/no/such/page"} {
		h := get(t, five(t), path).Header()
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
	for _, path := range []string{"/", "/reports/latest", "/reports/none"} {
		w := get(t, five(t), path)
		_, rest, _ := strings.Cut(w.Body.String(), "<style>")
		style, _, found := strings.Cut(rest, "</style>")
		if want := policy(report.PolicyFor(style)); !found || w.Header().Get("Content-Security-Policy") != want {
			t.Errorf("%s: policy does not fit the style sheet", path)
		}
	}
}

func TestNoWayOut(t *testing.T) {
	for _, path := range []string{
		"/reports/..%2f..%2fetc%2fpasswd", "/reports/%2e%2e", "/reports/a%00b", "/reports/a%0d%0aX-Bad:1", "/reports/run.json.json",
		"/reports/" + strings.Repeat("a", 5000), "/reports/", "/reports", "/reports/%F0%9F%9A%A2", "/reports/*", "/reports/run.>",
	} {
		w := get(t, five(t), path)
		if w.Code != http.StatusNotFound {
			t.Errorf("%.40s: %d, want 404", path, w.Code)
		}
		if w.Header().Get("X-Bad") != "" {
			t.Errorf("%s: a header was smuggled in", path)
		}
	}
}

func TestOnlyReading(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		w := httptest.NewRecorder()
		New(five(t), slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/reports/latest", nil))
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
		{"late", context.DeadlineExceeded, 503, (10 * time.Second).String()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := five(t)
			s.err = tc.err
			w := get(t, s, "/reports/none")
			if w.Code != tc.code || !strings.Contains(w.Body.String(), tc.want) || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%d: %s", w.Code, w.Body.String()[strings.Index(w.Body.String(), "<main>"):])
			}
		})
	}
}

func TestHealth(t *testing.T) {
	if w := get(t, shelf{err: errors.New("down")}, "/healthz"); w.Code != http.StatusOK || w.Body.String() != "ok\n" {
		t.Errorf("%d %q", w.Code, w.Body.String())
	}
}

func FuzzPath(f *testing.F) {
	s := five(f)
	h := New(s, slog.New(slog.DiscardHandler))
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
	b.ReportAllocs()
	for b.Loop() {
		get(b, s, "/")
	}
}
