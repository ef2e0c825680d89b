package app

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// limiting serves a handler to so many connections at once.
func limiting(t *testing.T, most int, h http.HandlerFunc) *limiter {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &limiter{Listener: l, most: most, in: map[*limited]uint64{}}
	server := c.server(h, slog.New(slog.DiscardHandler))
	done := make(chan error, 1)
	go func() { done <- server.Serve(c) }()
	t.Cleanup(func() {
		_ = server.Close() // the slow ones are still there
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	return c
}

// begins opens a connection, says something and nothing more.
func (c *limiter) begins(t *testing.T, said string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", c.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, said); err != nil {
		t.Fatal(err)
	}
	return conn
}

func answerOf(t *testing.T, conn net.Conn) string {
	t.Helper()
	raw, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

const whole = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

// TestCrowd: however many say nothing, or say it slowly, they are few at a time, and who
// has something to say is answered.
func TestCrowd(t *testing.T) {
	c := limiting(t, 8, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) })
	for i := range 64 {
		c.begins(t, []string{"", "GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"}[i%3])
	}
	if answer := answerOf(t, c.begins(t, whole)); !strings.HasPrefix(answer, "HTTP/1.1 200") {
		t.Errorf("answer %q", answer)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.in) > c.most {
		t.Errorf("%d are in, want at most %d", len(c.in), c.most)
	}
}

// TestNobodyIsInterrupted: the answer to a whole request is not given up for others.
func TestNobodyIsInterrupted(t *testing.T) {
	working, leave := make(chan struct{}), make(chan struct{})
	c := limiting(t, 4, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		working <- struct{}{}
		<-leave
		_, _ = io.WriteString(w, "done")
	})
	get := c.begins(t, whole)
	<-working
	post := c.begins(t, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
	<-working
	for range 32 {
		c.begins(t, "GET / HT")
	}
	late := c.begins(t, whole) // after it was accepted, so were all before it
	<-working
	close(leave)
	for name, conn := range map[string]net.Conn{"GET": get, "POST": post, "late": late} {
		if answer := answerOf(t, conn); !strings.HasSuffix(answer, "done") {
			t.Errorf("%s: answer %q", name, answer)
		}
	}
}
