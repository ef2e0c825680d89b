package wire

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// SecretPrefix begins the names of the variables that headers may be read from.
const SecretPrefix = "SHAKEDOWN_PROBE_SECRET_"

// Config says what may be asked. All fields must be set.
type Config struct {
	// Hosts are what probes may reach: names, *.domain, addresses, networks, each with a port
	// or without one for all ports.
	Hosts []string
	// Env looks up environment variables.
	Env func(string) string
	// Now is the clock. It must not jump.
	Now func() time.Time
}

// Client asks services. It may be used from several goroutines.
type Client struct {
	config Config
	doors  doors
	pulse  *pulse
	// fresh makes a connection for each question, kept keeps them.
	fresh, kept *http.Transport
}

// maxHead bounds the header of an answer, maxBody what is read of the rest.
const (
	maxHead = 64 << 10
	maxBody = 64 << 10
)

// New makes a client. It does not connect. Errors: *events.Error of KindInvalid.
func New(c Config) (*Client, error) {
	if len(c.Hosts) == 0 {
		return nil, events.Errorf(events.KindInvalid, advice, "probes of services have no host that they may ask")
	}
	d, err := readDoors(c.Hosts)
	if err != nil {
		return nil, err
	}
	client := &Client{config: c, doors: d, pulse: &pulse{now: c.Now}}
	client.fresh, client.kept = client.transport(false), client.transport(true)
	return client, nil
}

// lacks is what keeps the server from asking host:port, as far as that is known before the
// name is looked up and its variables are filled in; nil for nothing.
func (c *Client) lacks(address string) *events.Error {
	host, text, err := net.SplitHostPort(address)
	port, bad := readPort(text)
	if c == nil || err != nil || bad != nil || example(address) != address || !c.doors.hopeless(host, port) {
		return nil
	}
	return events.Errorf(events.KindUnavailable, advice, "needs to ask %s, and the server may not: it is not among its --probe-hosts", address)
}

// Close gives up idle connections.
func (c *Client) Close() { c.kept.CloseIdleConnections() }

func (c *Client) transport(keep bool) *http.Transport {
	return &http.Transport{
		Proxy: nil, DialContext: c.dial, ForceAttemptHTTP2: true, DisableKeepAlives: !keep, DisableCompression: true,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: maxTimeout + grace(maxTimeout),
		MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: maxHead,
	}
}

// dial connects to an address that a door leads to, whatever the name resolves to by now.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	// A transport goes on with a dial whose question was given up, so it ends by itself.
	deadline := deadlineOf(ctx)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	var d net.Dialer
	d.ControlContext = func(_ context.Context, _, to string, _ syscall.RawConn) error {
		resolved, err := netip.ParseAddrPort(to)
		if err != nil {
			return fmt.Errorf("%w: %s cannot be read: %w", errBarred, to, err)
		}
		return c.doors.lets(host, resolved)
	}
	conn, err := d.DialContext(ctx, network, address)
	if err == nil && !keeps(ctx) {
		err = conn.SetDeadline(deadline.Add(linger)) // what has begun on it ends as well
	}
	return conn, err
}

// linger is how long after its question a connection may be there.
const linger = 50 * time.Millisecond
