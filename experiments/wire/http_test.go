package wire

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// pages is a service with a page for each way to answer.
func pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "all is well") })
	mux.HandleFunc("/down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.HandleFunc("/empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("begin" + strings.Repeat("x", 2*maxBody) + "end"))
	})
	mux.HandleFunc("/late", func(w http.ResponseWriter, r *http.Request) {
		pause(r, 200*time.Millisecond)
		fmt.Fprint(w, "at last")
	})
	mux.HandleFunc("/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/drip", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "all is")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "all is")
	})
	mux.HandleFunc("/hang-up", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	mux.HandleFunc("/to/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.TrimPrefix(r.URL.Path, "/to"), http.StatusFound)
	})
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.FormValue("url"), http.StatusFound)
	})
	return mux
}

func pause(r *http.Request, d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}

// shows checks a sample: "" for a good one, a part of its reason for a bad one, or the kind of
// its problem and a part of the message.
func shows(t *testing.T, got record.Sample, why string, problem record.ProblemKind) {
	t.Helper()
	switch {
	case problem != "":
		if got.Problem == nil || got.Problem.Kind != problem || !strings.Contains(got.Problem.Message, why) || got.Value != nil {
			t.Errorf("got %+v, problem %+v, want %s: %s", got, got.Problem, problem, why)
		}
	case why != "":
		if !got.Bad() || !strings.Contains(got.Why, why) || *got.Value != 0 {
			t.Errorf("got %+v, problem %+v, want a bad sample because %s", got, got.Problem, why)
		}
	default:
		if !got.Good() || *got.Value != 1 || got.Why != "" || got.Source == "" {
			t.Errorf("got %+v, problem %+v, want a good sample with its source", got, got.Problem)
		}
	}
}

func TestHTTP(t *testing.T) {
	s := httptest.NewServer(pages())
	t.Cleanup(s.Close)
	away := nobody(t)
	for _, tc := range []struct {
		name, path, more, why string
		problem               record.ProblemKind
	}{
		{"answers", "/ok", ``, "", ""},
		{"by HEAD", "/ok", `,"method":"HEAD"`, "", ""},
		{"another status", "/down", ``, "status 503, want 200", ""},
		{"a status that is wanted", "/down", `,"status":[503]`, "", ""},
		{"one of several", "/empty", `,"status":[200,204]`, "", ""},
		{"none of several", "/down", `,"status":[200,204]`, "status 503, want 200 or 204", ""},
		{"not there", "/nothing", ``, "status 404", ""},
		{"body matches", "/ok", `,"body":"is w"`, "", ""},
		{"body does not match", "/ok", `,"body":"^is"`, "the body does not match ^is", ""},
		{"no body", "/empty", `,"status":[204],"body":"."`, "the body does not match", ""},
		{"begin of a long body", "/long", `,"body":"^begin"`, "", ""},
		{"end of a long body", "/long", `,"body":"end$"`, "longer than", record.ProblemOurSide},
		{"long body, nothing wanted of it", "/long", ``, "", ""},
		{"late and allowed", "/late", ``, "", ""},
		{"late", "/late", `,"within":"100ms"`, "want within 100ms", ""},
		{"never", "/never", `,"timeout":"300ms"`, "no answer within 300ms", ""},
		{"never the whole of it", "/drip", `,"timeout":"300ms"`, "no answer within 300ms", ""},
		{"cut off", "/cut", ``, "closed within the answer", ""},
		{"hangs up", "/hang-up", ``, "closed without an answer", ""},
		{"hangs up on a kept connection", "/hang-up", `,"reuse":true`, "closed without an answer", ""},
		{"redirect is an answer", "/to/ok", ``, "status 302, want 200", ""},
		{"redirect that is wanted", "/to/ok", `,"status":[302]`, "", ""},
		{"redirect that is followed", "/to/ok", `,"redirects":1`, "", ""},
		{"redirects that are followed", "/to/to/ok", `,"redirects":2`, "", ""},
		{"one redirect too many", "/to/to/ok", `,"redirects":1`, "redirected more than 1 times", ""},
		{"redirect to nobody", "/elsewhere?url=http://" + away, `,"redirects":1`, "refused", ""},
		{"redirect out of the doors", "/elsewhere?url=http://192.0.2.1/", `,"redirects":1`, "192.0.2.1:80, which is not among", record.ProblemNotAllowed},
		{"redirect to the metadata", "/elsewhere?url=http://169.254.169.254/latest/", `,"redirects":1`, "169.254.169.254", record.ProblemNotAllowed},
		{"redirect to a file", "/elsewhere?url=file:///etc/passwd", `,"redirects":1`, "unsupported protocol", ""},
		{"no secret", "/ok", `,"headers":{"X":{"env":"SHAKEDOWN_PROBE_SECRET_X"}}`, "SHAKEDOWN_PROBE_SECRET_X for header X is not set", record.ProblemOurSide},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			shows(t, take(t, HTTPKind(client(t, nil)), `{"url":"`+s.URL+tc.path+`"`+tc.more+`}`), tc.why, tc.problem)
		})
	}
}

func TestHTTPWithoutAnAnswer(t *testing.T) {
	garbage := listen(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096)) // what is asked comes first
		_, _ = c.Write([]byte("220 mail.example ESMTP\r\n"))
		_ = c.Close()
	})
	silent := listen(t, func(c net.Conn) { t.Cleanup(func() { _ = c.Close() }) })
	stuck := nobody(t)
	full(t, stuck)
	secure := httptest.NewTLSServer(pages())
	t.Cleanup(secure.Close)
	for _, tc := range []struct {
		name, url, why string
		problem        record.ProblemKind
	}{
		{"nobody there", "http://" + nobody(t), "refused", ""},
		{"not HTTP", "http://" + garbage, "malformed HTTP", ""},
		{"not TLS", "https://" + garbage, "tls: ", ""},
		{"says nothing", "http://" + silent, "no answer within 300ms", ""},
		{"says nothing of TLS", "https://" + silent, "no answer within 300ms", ""},
		{"does not take connections", "http://" + stuck, "no answer within 300ms", ""},
		{"TLS where none is spoken to", "http://" + secure.Listener.Addr().String() + "/ok", "status 400", ""},
		{"an authority that is not known", secure.URL + "/ok", "unknown authority", record.ProblemOurSide},
		{"no such name", "http://no-such-host.invalid", "no-such-host.invalid", record.ProblemOurSide},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, func(c *Config) { c.Hosts = append(c.Hosts, "*.invalid") })
			shows(t, take(t, HTTPKind(c), `{"url":"`+tc.url+`","timeout":"300ms"}`), tc.why, tc.problem)
		})
	}
}

// TestReuse: a new connection each time unless the probe says otherwise.
func TestReuse(t *testing.T) {
	for part, want := range map[string]int32{`{"url":"%s/ok"}`: 3, `{"url":"%s/ok","reuse":false}`: 3, `{"url":"%s/ok","reuse":true}`: 1} {
		var made atomic.Int32
		s := httptest.NewUnstartedServer(pages())
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				made.Add(1)
			}
		}
		s.Start()
		k := HTTPKind(client(t, nil))
		for range 3 {
			shows(t, take(t, k, fmt.Sprintf(part, s.URL)), "", "")
		}
		s.Close()
		if got := made.Load(); got != want {
			t.Errorf("%s: %d connections for 3 samples, want %d", part, got, want)
		}
	}
}

// TestWhatIsSent: a probe sends what it says, through no proxy, and no secret to another host.
func TestWhatIsSent(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://"+nobody(t))
	t.Setenv("http_proxy", "http://"+nobody(t))
	seen := make(chan *http.Request, 4)
	note := func(w http.ResponseWriter, r *http.Request) { seen <- r; pages().ServeHTTP(w, r) }
	here, there := httptest.NewServer(http.HandlerFunc(note)), httptest.NewServer(http.HandlerFunc(note))
	defer here.Close()
	defer there.Close()
	k := HTTPKind(client(t, func(c *Config) { c.Env = secretEnv }))
	const headers = `,"headers":{"X-Token":{"env":"SHAKEDOWN_PROBE_SECRET_SHOP"}},"redirects":2}`
	got := take(t, k, `{"url":"`+here.URL+`/elsewhere?url=`+there.URL+`/ok"`+headers)
	shows(t, got, "", "")
	for _, want := range []struct{ host, token string }{{here.URL, "hunter2"}, {there.URL, ""}} {
		r := <-seen
		if token := r.Header.Get("X-Token"); "http://"+r.Host != want.host || token != want.token || r.Method != http.MethodGet || r.UserAgent() != "shakedown" {
			t.Errorf("%s %s of %s with the token %q, want %+v", r.Method, r.URL, r.UserAgent(), token, want)
		}
	}
	if shows(t, take(t, k, `{"url":"`+here.URL+`/to/ok"`+headers), "", ""); (<-seen).Header.Get("X-Token")+(<-seen).Header.Get("X-Token") != "hunter2hunter2" {
		t.Error("a redirect on the same host lost the header")
	}
}

// TestSecretsStayOut: whatever a service gives back, no sample has the value of a header.
func TestSecretsStayOut(t *testing.T) {
	echo := listen(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096)) // what is asked comes first
		_, _ = c.Write([]byte("hunter2 hunter2\r\n\r\n"))
		_ = c.Close()
	})
	k := HTTPKind(client(t, func(c *Config) { c.Env = secretEnv }))
	part := `{"url":"http://` + echo + `","headers":{"X-Token":{"env":"SHAKEDOWN_PROBE_SECRET_SHOP"}}}`
	got := take(t, k, part)
	shows(t, got, "***", "")
	p := read(t, k, part)
	raw, err := json.Marshal([]any{got, p.Part(), p.Condition()})
	if err != nil || strings.Contains(string(raw), "hunter2") {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestStatement(t *testing.T) {
	for part, want := range map[string]string{
		`{"url":"http://a/${namespace}"}`: "GET http://a/shop answers 200 within 1s, over a new connection each time",
		`{"url":"http://a","method":"HEAD","status":[200,204],"within":"200ms","reuse":true}`: "HEAD http://a answers 200 or 204 within 200ms, over a connection that is kept",
		`{"url":"http://a","body":"^ok$"}`: "GET http://a answers 200 within 1s with a body that matches ^ok$, over a new connection each time",
	} {
		if got := read(t, HTTPKind(nil), part).Condition().Statement; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
