//go:build real

package s3

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
)

// fate says what a proxy does with a request.
type fate int

const (
	forward fate = iota
	slowDown
	internal
	cutBefore // the connection ends without an answer
	cutMiddle // it ends in the middle of the answer's body
	hang      // nothing is said until the client gives up
	deny
	okThenFail // a copy that answers 200 with an error in the body
)

// through puts a proxy in front of the rig's server for copies.
func (r *rig) through(t *testing.T, decide func(*http.Request) fate) {
	t.Helper()
	proxy := proxyTo(t, r.Endpoint)
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch decide(req) {
		case slowDown:
			fail(w, req, http.StatusServiceUnavailable, "SlowDown")
		case deny:
			fail(w, req, http.StatusForbidden, "AccessDenied")
		case internal:
			fail(w, req, http.StatusInternalServerError, "InternalError")
		case okThenFail:
			fail(w, req, http.StatusOK, "InternalError")
		case cutBefore:
			panic(http.ErrAbortHandler)
		case hang:
			select {
			case <-req.Context().Done():
			case <-ended:
			}
		case cutMiddle:
			proxy.ServeHTTP(&halfWriter{ResponseWriter: w}, req)
		case forward:
			proxy.ServeHTTP(w, req)
		}
	}))
	t.Cleanup(func() {
		close(ended)
		server.Close()
	})
	r.endpoint = server.URL
}

// proxyTo is a proxy that hands through what it is given and cuts off where the server does.
func proxyTo(t testing.TB, endpoint string) *httputil.ReverseProxy {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = target.Scheme, target.Host, p.In.Host
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:     slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
}

func fail(w http.ResponseWriter, req *http.Request, status int, code string) {
	_, _ = io.Copy(io.Discard, req.Body)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>`+code+`</Code><Message>m</Message></Error>`)
}

// halfWriter cuts the connection off in the middle of the body.
type halfWriter struct{ http.ResponseWriter }

func (h *halfWriter) Write(p []byte) (int, error) {
	_, _ = h.ResponseWriter.Write(p[:len(p)/2])
	_ = http.NewResponseController(h.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}
