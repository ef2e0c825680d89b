package load

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe"
)

// HTTP returns the Send that gets the configured target, and what releases its
// connections. An answer counts when its body arrived whole.
func HTTP(cfg Config, newID func() string) (send Send, release func()) {
	names := &names{lookup: net.DefaultResolver.LookupHost, now: time.Now}
	transport := &http.Transport{
		DialContext:         names.dial,
		DisableKeepAlives:   !cfg.KeepAlive,
		MaxIdleConnsPerHost: cfg.slots(),
		IdleConnTimeout:     30 * time.Second,
	}
	send = func(ctx context.Context) (int, error) {
		return get(ctx, transport, cfg.Target, newID())
	}
	return send, transport.CloseIdleConnections
}

func get(ctx context.Context, via http.RoundTripper, url, id string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("making a request for %s: %w", url, err)
	}
	req.Header.Set(observe.Header, id)
	resp, err := via.RoundTrip(req)
	if err != nil {
		return 0, fmt.Errorf("request %s: %w", id, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0, fmt.Errorf("request %s: reading the answer: %w", id, err)
	}
	return resp.StatusCode, nil
}

// names resolves the target's host name once in a while instead of once per
// request: it is the shop that is measured here, not the cluster's DNS.
type names struct {
	lookup func(ctx context.Context, host string) ([]string, error)
	now    func() time.Time

	mu    sync.Mutex
	host  string
	addrs []string
	until time.Time
}

// ttl is how long a resolved name is used.
const ttl = 5 * time.Second

func (d *names) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	addrs, err := d.resolve(ctx, host)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	var dialer net.Dialer
	for _, a := range addrs {
		var conn net.Conn
		if conn, err = dialer.DialContext(ctx, network, net.JoinHostPort(a, port)); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// resolve holds the lock while it looks up: others would only ask the same.
func (d *names) resolve(ctx context.Context, host string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if host == d.host && d.now().Before(d.until) {
		return d.addrs, nil
	}
	addrs, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	d.host, d.addrs, d.until = host, addrs, d.now().Add(ttl)
	return addrs, nil
}
