package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// The bounds of a listener.
const (
	// connectionsMost is how many connections an endpoint has at once.
	connectionsMost = 256
	headerTimeout   = 5 * time.Second
	readTimeout     = 30 * time.Second
	writeTimeout    = time.Minute
	idleTimeout     = 2 * time.Minute
	headerMost      = 64 << 10
)

// serve answers HTTP at an endpoint until ctx ends; requests under way get a moment to finish.
func (a *App) serve(ctx context.Context, d endpoint) error {
	connections := &limiter{Listener: d.listener, most: connectionsMost, in: map[*limited]uint64{}}
	server := connections.server(d.handler, a.options.Log)
	stopped := make(chan error, 1)
	end := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout/2)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	})
	err := server.Serve(connections)
	if errors.Is(err, http.ErrServerClosed) && !end() {
		return <-stopped
	}
	return fmt.Errorf("serve HTTP: %w", err)
}

// server answers the connections of a limiter.
func (c *limiter) server(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: c.watch(handler), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerMost, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, conn)
		},
	}
}

// limiter bounds the connections of a listener. A new one that finds no room takes that of
// the one that has kept us waiting for the longest time: nobody who says nothing, or says
// it slowly, keeps others out.
type limiter struct {
	net.Listener
	most int

	mu sync.Mutex
	// in has, for each connection, since which count it keeps us waiting; 0 for one whose
	// request is whole and being answered.
	in    map[*limited]uint64
	count uint64
}

// limited is one connection.
type limited struct {
	net.Conn
	of *limiter
}

type connKey struct{}

// Accept waits for the next connection for which there is room.
func (c *limiter) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g := c.admit(conn); g != nil {
			return g, nil
		}
		_ = conn.Close() // all others are being answered
	}
}

func (c *limiter) admit(conn net.Conn) *limited {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.in) >= c.most {
		slowest := c.slowest()
		if slowest == nil {
			return nil
		}
		delete(c.in, slowest)
		_ = slowest.Conn.Close() // it has said nothing that would be lost
	}
	g := &limited{conn, c}
	c.waits(g)
	return g
}

// slowest is who keeps us waiting for the longest time, nil when nobody does.
func (c *limiter) slowest() (found *limited) {
	for g, since := range c.in {
		if since > 0 && (found == nil || since < c.in[found]) {
			found = g
		}
	}
	return found
}

// waits notes that we wait for the connection from now on.
func (c *limiter) waits(g *limited) {
	c.count++
	c.in[g] = c.count
}

// heard notes that the connection's request is whole, or answered.
func (c *limiter) heard(g *limited, whole bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch _, in := c.in[g]; {
	case in && whole:
		c.in[g] = 0
	case in:
		c.waits(g)
	}
}

// Close frees the connection's room.
func (g *limited) Close() error {
	g.of.mu.Lock()
	delete(g.of.in, g)
	g.of.mu.Unlock()
	return g.Conn.Close()
}

// watch notes when requests are whole, and when they are answered.
func (c *limiter) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g, ok := r.Context().Value(connKey{}).(*limited)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		if r.Body == nil || r.Body == http.NoBody {
			c.heard(g, true)
		} else {
			r.Body = &wholeBody{r.Body, func() { c.heard(g, true) }}
		}
		defer c.heard(g, false)
		next.ServeHTTP(w, r)
	})
}

// wholeBody tells when a body was read to its end.
type wholeBody struct {
	io.ReadCloser
	whole func()
}

func (b *wholeBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.whole()
	}
	return n, err
}
