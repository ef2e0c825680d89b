package call

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/jsonhttp"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe"
)

const maxAnswer = 1 << 20

// Config says whom to call and how patiently.
type Config struct {
	// Peer names the called service in metrics and errors.
	Peer string
	// URL is the service's base URL, for example http://api:8080.
	URL string
	// Try bounds one try, connecting included.
	Try time.Duration
	// Tries is how often an idempotent request is tried in all, at least 1.
	Tries int
	// Pause is the wait before the second try; it doubles with each further one.
	Pause time.Duration
}

// Validate reports all problems joined.
func (c Config) Validate() error {
	var errs []error
	if err := ValidURL(c.URL); err != nil {
		errs = append(errs, fmt.Errorf("URL of %s: %w", c.Peer, err))
	}
	if c.Try <= 0 {
		errs = append(errs, fmt.Errorf("TRY_TIMEOUT %s: must be positive", c.Try))
	}
	if c.Tries < 1 || c.Tries > 10 {
		errs = append(errs, fmt.Errorf("TRIES %d: must be 1 to 10", c.Tries))
	}
	return errors.Join(errs...)
}

// ValidURL reports why s is not an absolute http or https URL.
func ValidURL(s string) error {
	u, err := url.Parse(s)
	if err != nil {
		return fmt.Errorf("not a URL: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%q: want http://HOST:PORT", s)
	}
	return nil
}

// Client calls one service. It is safe for concurrent use.
type Client struct {
	cfg      Config
	kept     *http.Transport
	fresh    *http.Transport
	requests *prometheus.CounterVec
	retries  prometheus.Counter
}

// New makes a client and registers its metrics with reg. A second client for
// the same registry is a programming error and panics.
func New(cfg Config, reg prometheus.Registerer) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Client{
		cfg: cfg, kept: transport(cfg.Try), fresh: transport(cfg.Try),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_client_requests_total",
			Help: "Tries of outgoing requests, by status code (or timeout, connect, error), method and called service.",
		}, []string{"code", "method", "peer"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "http_client_retries_total", Help: "Tries of outgoing requests beyond the first one.",
			ConstLabels: prometheus.Labels{"peer": cfg.Peer},
		}),
	}
	c.fresh.DisableKeepAlives = true
	reg.MustRegister(c.requests, c.retries)
	return c, nil
}

func transport(try time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: min(try, 500*time.Millisecond), KeepAlive: 5 * time.Second}
	return &http.Transport{
		DialContext:         dialer.DialContext,
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     30 * time.Second,
	}
}

// Close lets go of idle connections.
func (c *Client) Close() {
	c.kept.CloseIdleConnections()
	c.fresh.CloseIdleConnections()
}

// Do sends in (nothing when nil) as JSON and decodes a 2xx answer into out
// (ignored when nil).
// Errors: *StatusError for any other answer; else no answer came, see Class.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encoding the request to %s: %w", c.cfg.Peer, err)
		}
	}
	answer, err := c.retry(ctx, method, path, body)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("decoding the answer of %s: %w", c.cfg.Peer, err)
	}
	return nil
}

func (c *Client) retry(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	tries := 1
	if idempotent(method) {
		tries = c.cfg.Tries
	}
	via, pause := c.kept, c.cfg.Pause
	for n := 1; ; n++ {
		answer, err := c.try(ctx, via, method, path, body)
		if _, answered := errors.AsType[*StatusError](err); err == nil || answered || n == tries {
			return answer, err
		}
		if !wait(ctx, pause) {
			return nil, err
		}
		c.retries.Inc()
		via, pause = c.fresh, 2*pause
	}
}

func (c *Client) try(ctx context.Context, via http.RoundTripper, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Try)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.cfg.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", c.cfg.Peer, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(observe.Header, observe.RequestID(ctx))
	answer, err := c.exchange(via, req)
	c.requests.WithLabelValues(label(err), method, c.cfg.Peer).Inc()
	if err != nil {
		return nil, fmt.Errorf("calling %s %s on %s: %w", method, path, c.cfg.Peer, err)
	}
	return answer, nil
}

func (c *Client) exchange(via http.RoundTripper, req *http.Request) ([]byte, error) {
	resp, err := via.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, &StatusError{Code: resp.StatusCode, Message: message(answer)}
	}
	return answer, nil
}

func message(answer []byte) string {
	var p jsonhttp.Problem
	if json.Unmarshal(answer, &p) != nil || p.Error == "" {
		return "no reason given"
	}
	return p.Error
}

// label is the code label of one try: 2xx answers are told apart nowhere, so
// success is 200.
func label(err error) string {
	if err == nil {
		return "200"
	}
	if status, ok := errors.AsType[*StatusError](err); ok {
		return strconv.Itoa(status.Code)
	}
	return Class(err)
}

func idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete:
		return true
	default:
		return false
	}
}

// wait pauses for d; it says false when ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
