package kube

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/envs/logs"
)

// secure is a cluster behind HTTP/2, as API servers speak it, and how many connections were
// made to it.
func secure(t *testing.T, handler http.Handler) (*Cluster, *atomic.Int64) {
	t.Helper()
	made := new(atomic.Int64)
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			made.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return connect(t, &rest.Config{Host: server.URL, TLSClientConfig: rest.TLSClientConfig{Insecure: true}}), made
}

func podNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("api-%03d", i))
	}
	return names
}

// TestManyPodsFewConnections: 500 pods are followed over a few connections.
func TestManyPodsFewConnections(t *testing.T) {
	t.Parallel()
	server := newServer(podNames(500)...)
	c, made := secure(t, server)
	s := newSink()
	follow(t, c, s)
	for _, name := range podNames(500) {
		server.write(name, time.Now(), "one")
	}
	s.await(t, 500)
	for _, name := range podNames(500) {
		server.write(name, time.Now(), "two")
	}
	s.await(t, 1000)
	t.Logf("%d connections were made", made.Load())
	if n := made.Load(); n > 20 {
		t.Errorf("%d connections were made, want 20 at most", n)
	}
}

// blocked is a terminal that takes the first line and then nothing until it is opened.
type blocked struct{ open chan struct{} }

// Line waits.
func (b blocked) Line(logs.Line) error {
	<-b.open
	return nil
}

// Flush has nothing to do.
func (blocked) Flush() error { return nil }

// TestSlowTerminal: what is held of endless logs that nobody takes is bounded, and the rest
// stays where it is.
func TestSlowTerminal(t *testing.T) {
	t.Parallel()
	const pods, most = 50, 512 << 10
	server := newServer(podNames(pods)...)
	var sent, busy atomic.Int64
	line := []byte(time.Now().UTC().Format(time.RFC3339Nano) + " " + strings.Repeat("x", 1000) + "\n")
	c, _ := secure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/log") {
			server.ServeHTTP(w, r)
			return
		}
		for r.Context().Err() == nil && sent.Load() <= pods*most {
			n, err := w.Write(line)
			if err != nil {
				return
			}
			sent.Add(int64(n))
			busy.Store(time.Now().UnixNano())
		}
	}))
	b := blocked{make(chan struct{})}
	follow(t, c, b)
	deadline := time.Now().Add(wait)
	for sent.Load() == 0 || time.Since(time.Unix(0, busy.Load())) < 2*time.Second {
		if time.Now().After(deadline) {
			t.Fatal("the logs are read on and on")
		}
		<-time.After(50 * time.Millisecond)
	}
	t.Logf("%d KiB of each log were sent", sent.Load()>>10/pods)
	if n := sent.Load(); n > pods*most {
		t.Errorf("%d bytes of each log were sent, want %d at most", n/pods, most)
	}
	close(b.open)
}
