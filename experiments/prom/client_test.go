package prom

import (
	"context"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// noon is the evaluation time of all queries; samples are two seconds older.
func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func vector(samples ...string) string {
	return `{"status":"success","data":{"resultType":"vector","result":[` + strings.Join(samples, ",") + `]}}`
}

func sample(labels, value string) string {
	return fmt.Sprintf(`{"metric":{%s},"value":[%d,%q]}`, labels, noon().Unix(), value)
}

// newest is the answer to the question for the time of the newest sample.
func newest(age time.Duration) string {
	seen := fmt.Sprint(float64(noon().Add(-age).UnixMilli()) / 1000)
	return vector(sample(`"`+indexLabel+`":"0"`, seen), sample(`"`+indexLabel+`":"0`+oldest+`"`, seen))
}

// scripted answers the query with body and status, and the freshness query with fresh.
func scripted(status int, body, fresh string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.FormValue("query"), indexLabel) {
			fmt.Fprint(w, fresh)
			return
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// late never answers. It reads the form, so that the server sees when the client goes.
func late(_ http.ResponseWriter, r *http.Request) {
	_ = r.FormValue("query")
	<-r.Context().Done()
}

func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func client(t *testing.T, c Config) *Client {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// TestNoFalseGreen has every way in which a Prometheus gives no number. Each is a
// problem with its own name.
func TestNoFalseGreen(t *testing.T) {
	ok, fresh := 200, newest(2*time.Second)
	for _, tc := range []struct {
		name    string
		query   string
		handler http.HandlerFunc
		want    record.ProblemKind
		message string
	}{
		{"nothing", "up", scripted(ok, vector(), fresh), record.ProblemNoData, "no series"},
		{"no result", "up", scripted(ok, `{"status":"success","data":{}}`, fresh), record.ProblemWrongType, "unexpected value type"},
		{"NaN", "up", scripted(ok, vector(sample("", "NaN")), fresh), record.ProblemNotANumber, "NaN"},
		{"+Inf", "up", scripted(ok, vector(sample("", "+Inf")), fresh), record.ProblemNotANumber, "+Inf"},
		{"-Inf", "up", scripted(ok, vector(sample("", "-Inf")), fresh), record.ProblemNotANumber, "-Inf"},
		{"NaN as a scalar", "scalar(up)", scripted(ok, `{"status":"success","data":{"resultType":"scalar","result":[1,"NaN"]}}`, fresh), record.ProblemNotANumber, "NaN"},
		{"several series", "up", scripted(ok, vector(sample(`"pod":"a"`, "1"), sample(`"pod":"b"`, "1")), fresh), record.ProblemSeveralSeries, `2 series, among them {pod="a"}`},
		{"string", "up", scripted(ok, `{"status":"success","data":{"resultType":"string","result":[1,"1"]}}`, fresh), record.ProblemWrongType, "string"},
		{"matrix", "up", scripted(ok, `{"status":"success","data":{"resultType":"matrix","result":[]}}`, fresh), record.ProblemWrongType, "matrix"},
		{"histogram", "up", scripted(ok, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"1","sum":"1","buckets":[]}]}]}}`, fresh), record.ProblemWrongType, "histogram"},
		{"value is no number", "up", scripted(ok, vector(sample("", "one")), fresh), record.ProblemHTTP, ""},
		{"server error", "up", scripted(500, "oh no", fresh), record.ProblemHTTP, "oh no"},
		{"refused", "up", scripted(401, "who are you", fresh), record.ProblemHTTP, "who are you"},
		{"unavailable", "up", scripted(503, `{"status":"error","errorType":"unavailable","error":"starting up"}`, fresh), record.ProblemHTTP, "starting up"},
		{"not found", "up", scripted(404, "<html>", fresh), record.ProblemHTTP, "404"},
		{"a page of somebody else", "up", scripted(ok, "<html>hello</html>", fresh), record.ProblemHTTP, ""},
		{"half an answer", "up", scripted(ok, vector(sample("", "1"))[:40], fresh), record.ProblemHTTP, ""},
		{"error with status 200", "up", scripted(ok, `{"status":"error","errorType":"internal","error":"broken"}`, fresh), record.ProblemHTTP, "broken"},
		{"bad query told by the server", "up", scripted(400, `{"status":"error","errorType":"bad_data","error":"parse error"}`, fresh), record.ProblemQuery, "parse error"},
		{"query timed out there", "up", scripted(503, `{"status":"error","errorType":"timeout","error":"query timed out"}`, fresh), record.ProblemTimeout, "timed out"},
		{"partial answer", "up", scripted(ok, strings.Replace(vector(sample("", "1")), "{", `{"warnings":["store 2 is away"],`, 1), fresh), record.ProblemWarnings, "store 2 is away"},
		{"stale", "up", scripted(ok, vector(sample("", "1")), newest(20*time.Second)), record.ProblemStale, "20s old, at most 15s"},
		{"no current sample", "up", scripted(ok, vector(sample("", "1")), vector()), record.ProblemStale, "up has no current sample"},
		{"one of two selectors is stale", "up / sum(load)", scripted(ok, vector(sample("", "1")), fresh), record.ProblemStale, "load has no current sample"},
		{"freshness is refused", "up", scripted(ok, vector(sample("", "1")), `{"status":"error","errorType":"execution","error":"no"}`), record.ProblemQuery, "no"},
		{"freshness is a string", "up", scripted(ok, vector(sample("", "1")), `{"status":"success","data":{"resultType":"string","result":[1,"1"]}}`), record.ProblemWrongType, "string"},
		{"freshness is NaN", "up", scripted(ok, vector(sample("", "1")), vector(sample(`"`+indexLabel+`":"0"`, "NaN"))), record.ProblemStale, "up"},
		{"no PromQL", "up{", nil, record.ProblemQuery, "is no PromQL"},
		{"reads no metric", "vector(1)", nil, record.ProblemQuery, "could never fail"},
		{"answers too late", "up", late, record.ProblemTimeout, "no answer within"},
		{"hangs up", "up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, record.ProblemUnreachable, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := client(t, Config{URL: serve(t, tc.handler).URL, Timeout: 300 * time.Millisecond})
			got := p.Query(t.Context(), tc.query, 15*time.Second, noon())
			if got.Problem == nil {
				t.Fatalf("got the value %v, want a problem", got.Value)
			}
			if got.Problem.Kind != tc.want || !strings.Contains(got.Problem.Message, tc.message) {
				t.Errorf("got %s: %s, want %s: %s", got.Problem.Kind, got.Problem.Message, tc.want, tc.message)
			}
		})
	}
}

func TestValue(t *testing.T) {
	for name, body := range map[string]string{
		"vector": vector(sample("", "0.995")),
		"scalar": `{"status":"success","data":{"resultType":"scalar","result":[` + fmt.Sprint(noon().Unix()) + `,"0.995"]}}`,
		"infos":  strings.Replace(vector(sample("", "0.995")), "{", `{"infos":["might not be a counter"],`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			p := client(t, Config{URL: serve(t, scripted(200, body, newest(2*time.Second))).URL})
			got := p.Query(t.Context(), "up", 15*time.Second, noon())
			want := probe.Reading{Value: 0.995, Age: new(2 * time.Second), Oldest: new(2 * time.Second)}
			got.Clock = nil // TestClock
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	p := client(t, Config{URL: s.URL})
	got := p.Query(t.Context(), "up", 0, noon())
	if got.Problem == nil || got.Problem.Kind != record.ProblemUnreachable {
		t.Errorf("got %+v", got)
	}
	if err := p.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "unreachable") {
		t.Errorf("ping: %v", err)
	}
}

func TestEvaluationTimeIsExplicit(t *testing.T) {
	times := map[string]bool{}
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("query") != "time()" { // which asks for the server's own time
			times[r.FormValue("time")] = true
		}
		scripted(200, vector(sample("", "1")), newest(time.Second))(w, r)
	}))
	client(t, Config{URL: s.URL}).Query(t.Context(), "up", time.Minute, noon())
	if diff := cmp.Diff(map[string]bool{fmt.Sprint(noon().Unix()): true}, times); diff != "" {
		t.Error(diff)
	}
}

func TestSelectors(t *testing.T) {
	for _, tc := range []struct {
		query string
		want  []string
	}{
		{`up`, []string{`up`}},
		{`sum(rate(a{x="1"}[5s])) / sum(rate(a[5s]))`, []string{`a{x="1"}`, `a`}},
		{`a - a offset 5m`, []string{`a`}},
		{`a @ end() + b @ 1609746000`, []string{`a`, `b`}},
		{`max_over_time(rate(a[1m])[5m:10s])`, []string{`a`}},
		{`{__name__=~"a.*", b="c"}`, []string{`{__name__=~"a.*",b="c"}`}},
		{`{"http.requests", b="c"}`, []string{`{__name__="http.requests",b="c"}`}},
		{`histogram_quantile(0.9, sum by (le) (rate(a_bucket[1m]))) < bool 1 or vector(0)`, []string{`a_bucket`}},
		{`scalar(a)`, []string{`a`}},
		{`count(up{pod=~"x.*"} == 1)`, []string{`up{pod=~"x.*"}`}},
	} {
		shape, err := shapeOf(tc.query)
		if err != nil {
			t.Errorf("%s: %v", tc.query, err)
			continue
		}
		got := shape.selectors
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", tc.query, diff)
		}
		if _, err := newParser().ParseExpr(freshness(got)); err != nil {
			t.Errorf("%s: the question for freshness is no PromQL: %v", tc.query, err)
		}
	}
}

func TestCheckQueryRefuses(t *testing.T) {
	for query, want := range map[string]string{
		`sum(`: "is no PromQL", `up[5m]`: "gives a range vector", `"text"`: "gives a string", `1`: "reads no metric",
		`time() > bool 0`: "reads no metric", `vector(1)`: "reads no metric", ``: "is empty", `up{a="b}`: "is no PromQL",
	} {
		if err := checkQuery(query, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", query, err, want)
		}
	}
}

func FuzzSelectors(f *testing.F) {
	f.Add(`sum(rate(a{x="1"}[5s])) / a offset 5m`)
	f.Add(`{"weird name", x!~"\"y"}`)
	f.Fuzz(func(t *testing.T, query string) {
		s, err := shapeOf(query)
		if err != nil {
			return
		}
		found := s.selectors
		if s.reach < 0 {
			t.Fatalf("reach of %q is %s", query, s.reach)
		}
		if len(found) == 0 {
			t.Fatal("a query without selectors was taken")
		}
		if _, err := newParser().ParseExpr(freshness(found)); err != nil {
			t.Fatalf("freshness of %q: %v", query, err)
		}
	})
}

func file(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAccess(t *testing.T) {
	var seen http.Header
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header
		fmt.Fprint(w, vector(sample("", "1")))
	})
	secure := httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // one of the clients below does not trust it
	secure.StartTLS()
	t.Cleanup(secure.Close)
	ca := file(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})))
	for _, tc := range []struct {
		name   string
		config Config
		header string
		want   string
	}{
		{"bearer file", Config{BearerTokenFile: file(t, "s3cret\n")}, "Authorization", "Bearer s3cret"},
		{"bearer", Config{BearerToken: "s3cret"}, "Authorization", "Bearer s3cret"},
		{"basic", Config{BasicUser: "me", BasicPasswordFile: file(t, "pass\n")}, "Authorization", "Basic bWU6cGFzcw=="},
		{"header", Config{Headers: map[string]string{"X-Scope-OrgID": "team"}}, "X-Scope-Orgid", "team"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.config.URL, tc.config.CAFile = secure.URL, ca
			if err := client(t, tc.config).Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := seen.Get(tc.header); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	t.Run("unknown CA", func(t *testing.T) {
		err := client(t, Config{URL: secure.URL}).Ping(t.Context())
		if err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("got %v", err)
		}
	})
}

func TestSecretsDoNotFollowARedirect(t *testing.T) {
	var leaked string
	elsewhere := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		leaked = r.Header.Get("X-Key") + r.Header.Get("Authorization")
	}))
	here := serve(t, http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	p := client(t, Config{URL: here.URL, BearerToken: "s3cret", Headers: map[string]string{"X-Key": "k"}})
	if err := p.Ping(t.Context()); err == nil {
		t.Error("the answer of somebody else was taken")
	} else if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the error tells the secret: %v", err)
	}
	if leaked != "" {
		t.Errorf("the redirect carried %q along", leaked)
	}
}

// TestSecretsStayEncrypted: who redirects from https to http, on the same host, does not
// get them in the clear.
func TestSecretsStayEncrypted(t *testing.T) {
	for _, tc := range []struct {
		base, to string
		want     bool
	}{
		{"https://prom", "https://prom/api", true},
		{"http://prom", "http://prom/api", true},
		{"http://prom", "https://prom/api", true},
		{"https://prom", "http://prom/api", false},
		{"https://prom", "https://prom:9443/api", false},
	} {
		base, err := url.Parse(tc.base)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		d := door{Config{BearerToken: "s3cret"}, base, roundTripper(func(r *http.Request) (*http.Response, error) {
			got = r.Header.Get("Authorization")
			return &http.Response{Body: http.NoBody}, nil
		})}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tc.to, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := d.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if (got != "") != tc.want {
			t.Errorf("%s from %s has %q", tc.to, tc.base, got)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestConfigIsChecked(t *testing.T) {
	for _, tc := range []struct {
		name   string
		config Config
		want   string
	}{
		{"no url", Config{}, "is not an http or https address"},
		{"no scheme", Config{URL: "prometheus:9090"}, "is not an http or https address"},
		{"credentials in the url", Config{URL: "http://me:s3cret@prometheus"}, "has credentials in it"},
		{"half a certificate", Config{URL: "http://p", CertFile: "x"}, "go together"},
		{"two ways", Config{URL: "http://p", BasicUser: "me", BearerToken: "x"}, "exclude each other"},
		{"no token file", Config{URL: "http://p", BearerTokenFile: "/nowhere/token"}, "no such file"},
		{"no CA file", Config{URL: "http://p", CAFile: "/nowhere/ca"}, "no such file"},
		{"empty CA file", Config{URL: "http://p", CAFile: file(t, "")}, "holds no certificate"},
		{"no certificate", Config{URL: "http://p", CertFile: "/nowhere/c", KeyFile: "/nowhere/k"}, "no such file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := New(tc.config)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	s := serve(t, http.HandlerFunc(late))
	p := client(t, Config{URL: s.URL, Concurrency: 1, Timeout: 200 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p.slots <- struct{}{}
	got := p.Query(ctx, "up", 0, noon())
	if got.Problem == nil || got.Problem.Kind != record.ProblemTimeout {
		t.Errorf("got %+v", got)
	}
	<-p.slots
}
