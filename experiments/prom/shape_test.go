package prom

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// TestQueriesThatCannotShowTheFault are refused, unless they are allowed by name.
func TestQueriesThatCannotShowTheFault(t *testing.T) {
	for _, tc := range []struct{ query, want, allow string }{
		{`up offset 1m`, "an offset makes it show what was before: up", "offset"},
		{`rate(x[1m] offset 5m)`, "an offset makes it show", "offset"},
		{`max_over_time(up[5m:1m] offset 1m)`, "an offset makes it show", "offset"},
		{`up @ 1700000000`, `"@" makes it show one moment`, "at"},
		{`up @ start()`, `"@" makes it show one moment`, "at"},
		{`up * 0 + 1`, "it is the same whatever happens", ""},
		{`1 + (0) * up`, "it is the same whatever happens", ""},
		{`up ^ 0`, "it is the same whatever happens", ""},
		{`a / b or vector(0)`, "a fallback stands for everything", "fallback"},
		{`sum(rate(x{code=~"5.."}[10s])) or vector(0)`, "a fallback stands for everything", "fallback"},
	} {
		err := checkQuery(tc.query, nil)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.query, err, tc.want)
		}
		if err := checkQuery(tc.query, []string{tc.allow}); (err == nil) != (tc.allow != "") {
			t.Errorf("%s with %q: %v", tc.query, tc.allow, err)
		}
	}
	for _, query := range []string{
		`up`, `0 + up`, `up * 1`, `(sum(rate(x{code=~"5.."}[10s])) or vector(0)) / sum(rate(x[10s]))`, `a or b`, `sum(a) / 0.5`,
	} {
		if err := checkQuery(query, nil); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestShape(t *testing.T) {
	for _, tc := range []struct {
		query              string
		reach              time.Duration
		selectors, options string
	}{
		{`up`, 0, "up", ""},
		{`sum(rate(a[5s])) / sum(rate(b[10s]))`, 10 * time.Second, "a b", ""},
		{`max_over_time(rate(a[1m])[5m:10s])`, 6 * time.Minute, "a", ""},
		{`(sum(rate(x{code="5"}[10s])) or vector(0)) / sum(rate(x[10s]))`, 10 * time.Second, "x", `x{code="5"}`},
	} {
		s, err := shapeOf(tc.query)
		if err != nil || s.reach != tc.reach || strings.Join(s.selectors, " ") != tc.selectors || strings.Join(s.optional, " ") != tc.options {
			t.Errorf("%s: %+v, %v", tc.query, s, err)
		}
	}
	if got, want := narrow(`sum(rate(a[5m])) / sum(rate(a[5s]))`, 10*time.Second), `sum(rate(a[10s])) / sum(rate(a[5s]))`; got != want {
		t.Errorf("narrow is %s, want %s", got, want)
	}
}

// knows is a Prometheus that has no value for a query: it knows a series, or none, with a
// sample every step up to the last one.
func knows(series bool, step, last time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.FormValue("query")
		switch {
		case strings.HasSuffix(r.URL.Path, "/series") && series:
			fmt.Fprint(w, `{"status":"success","data":[{"__name__":"up","a":"b"}]}`)
		case strings.HasSuffix(r.URL.Path, "/series"):
			fmt.Fprint(w, `{"status":"success","data":[]}`)
		case strings.HasPrefix(query, "topk") && step > 0:
			fmt.Fprint(w, vector(sample(`"a":"b"`, "3")))
		case query == `up{a="b"}[10m]`:
			var values []string
			for i := range 4 {
				at := noon().Add(-last - time.Duration(3-i)*step)
				values = append(values, fmt.Sprintf(`[%f,"1"]`, float64(at.UnixMilli())/1000))
			}
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","a":"b"},"values":[%s]}]}}`, strings.Join(values, ","))
		default:
			fmt.Fprint(w, vector())
		}
	}
}

// TestReasons: what is said of a query without a value is what Prometheus knows.
func TestReasons(t *testing.T) {
	sec := time.Second
	for _, tc := range []struct {
		name, query string
		server      http.HandlerFunc
		kind        record.ProblemKind
		message     string
	}{
		{"never such a series", "up", knows(false, 0, 0), record.ProblemNoData, "up has no series, and had none in the last 24h"},
		{"gone for long", "up", knows(true, 0, 0), record.ProblemGone, "none has a sample of the last 10m"},
		{"gone since", "count(up == 1)", knows(true, sec, 9*sec), record.ProblemGone, "had its last sample at 11:59:51.000, 9s before: samples came every 1s"},
		{"B11: short window", "rate(up[10s])", knows(true, 30*sec, 4*sec), record.ProblemWindow, "the window of 10s holds less than two samples of up: they come every 30s"},
		{"B10: nothing left", "count(up == 1)", knows(true, sec, sec/2), record.ProblemNothingLeft, "up has current samples"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := client(t, Config{URL: serve(t, tc.server).URL})
			got := p.Query(t.Context(), tc.query, time.Minute, noon())
			if got.Problem == nil || got.Problem.Kind != tc.kind || !strings.Contains(got.Problem.Message, tc.message) {
				t.Errorf("problem %+v, want %s: %s", got.Problem, tc.kind, tc.message)
			}
			if advice := (kind{}).Advise(tc.kind, "x"); advice == "" {
				t.Error("there is no advice")
			}
		})
	}
}

// TestAnswerOfAnotherTime: what a cache gives is no evidence.
func TestAnswerOfAnotherTime(t *testing.T) {
	p := client(t, Config{URL: serve(t, scripted(200, vector(sample("", "1")), newest(time.Second))).URL})
	got := p.Query(t.Context(), "up", time.Hour, noon().Add(time.Minute))
	if got.Problem == nil || got.Problem.Kind != record.ProblemStale || !strings.Contains(got.Problem.Message, "of another time than the question, by 1m0s") {
		t.Errorf("got %+v, problem %+v", got, got.Problem)
	}
}

// TestClock: the clock of Prometheus is between what it was at most and at least.
func TestClock(t *testing.T) {
	p := client(t, Config{URL: serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		now := float64(time.Now().Add(30*time.Second).UnixMilli()) / 1000
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[%f,"%f"]}}`, now, now)
	})).URL, Now: time.Now})
	c := p.measureClock(t.Context())
	if c == nil || c.Least.Std() > 30*time.Second || c.Most.Std() < 30*time.Second-time.Millisecond || c.Least > c.Most {
		t.Errorf("a clock that is 30s ahead is %+v", c)
	}
	if again := p.measureClock(t.Context()); again != c {
		t.Errorf("it was measured again at once: %+v", again)
	}
}
