package redis

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// keepAlive is how often an idle connection is probed.
const keepAlive = 15 * time.Second

// dialer dials the address that its first connection reached, whatever the name stands
// for later: a copy has one server as its source and one as its target. Redis has no
// identity that outlives a restart, so that its address has to tell one from another.
type dialer struct {
	config *tls.Config // nil for a connection in the clear
	mu     sync.Mutex
	first  string
}

// dial is for the options of a client.
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.connect(ctx, network, address)
	if err != nil || d.config == nil {
		return conn, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		_ = conn.Close() // of no use
		return nil, err
	}
	config := d.config.Clone()
	config.ServerName = host
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // of no use
		return nil, err
	}
	return secure, nil
}

// connect remembers what the first connection reached. Those that are dialled at the
// same time wait for it.
func (d *dialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	plain := net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	d.mu.Lock()
	first := d.first
	if first != "" {
		d.mu.Unlock()
		return plain.DialContext(ctx, network, first)
	}
	defer d.mu.Unlock()
	conn, err := plain.DialContext(ctx, network, address)
	if err == nil {
		d.first = conn.RemoteAddr().String()
	}
	return conn, err
}
