package prom

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Config says where a Prometheus is and how to be let in. URL is required.
type Config struct {
	// URL is the base address, such as "https://prometheus.example.org/prom".
	URL string
	// CAFile holds the certificates that may vouch for the server, instead of those of
	// the system.
	CAFile string
	// CertFile and KeyFile are our own certificate.
	CertFile, KeyFile string
	// BearerTokenFile is read for each request, so a token may be replaced; BearerToken
	// is used where there is no file.
	BearerTokenFile, BearerToken string
	// BasicUser and the password, from a file or as it is.
	BasicUser, BasicPassword, BasicPasswordFile string
	// Headers are added to each request, such as X-Scope-OrgID.
	Headers map[string]string
	// Timeout bounds one request; 0 means 5 s.
	Timeout time.Duration
	// Now is our clock, which that of the server is compared with; nil compares nothing.
	Now func() time.Time
	// Concurrency bounds the requests under way; 0 means 8.
	Concurrency int
}

const (
	defaultTimeout     = 5 * time.Second
	defaultConcurrency = 8
)

func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Concurrency <= 0 {
		c.Concurrency = defaultConcurrency
	}
	return c
}

// Address is the URL for people, without a password.
func (c Config) Address() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return "an address that cannot be read"
	}
	return u.Redacted()
}

// Validate reports everything that is wrong, files that cannot be read included.
func (c Config) Validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	u, err := url.Parse(c.URL)
	switch {
	case err != nil:
		add("prometheus url: %w", errors.Unwrap(err))
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		add("prometheus url %q is not an http or https address", u.Redacted())
	case u.User != nil:
		add("prometheus url %q has credentials in it; they belong into the settings for basic auth", u.Redacted())
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		add("prometheus client certificate and key go together")
	}
	if c.BasicUser != "" && c.BearerTokenFile+c.BearerToken != "" {
		add("prometheus basic auth and bearer token exclude each other")
	}
	for _, file := range []string{c.BearerTokenFile, c.BasicPasswordFile} {
		if _, err := secret(file, ""); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return events.Errorf(events.KindInvalid, "shakedown help config", "%w", err)
	}
	return nil
}

func (c Config) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA of prometheus: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read CA of prometheus: %s holds no certificate", c.CAFile)
		}
	}
	if c.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read client certificate for prometheus: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// door adds what lets us in, on the way to the configured host only: a redirect
// elsewhere, or from https to http, does not carry our secrets along.
type door struct {
	config Config
	base   *url.URL
	next   http.RoundTripper
}

// maxAnswer bounds an answer: one number is meant.
const maxAnswer = 4 << 20

// RoundTrip implements http.RoundTripper.
func (d door) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if r.URL.Host == d.base.Host && (r.URL.Scheme == d.base.Scheme || r.URL.Scheme == "https") {
		if err := d.unlock(r); err != nil {
			return nil, err
		}
	}
	resp, err := d.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	return resp, nil
}

func (d door) unlock(r *http.Request) error {
	for _, name := range slices.Sorted(maps.Keys(d.config.Headers)) {
		r.Header.Set(name, d.config.Headers[name])
	}
	token, err := secret(d.config.BearerTokenFile, d.config.BearerToken)
	if err != nil {
		return err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if d.config.BasicUser != "" {
		password, err := secret(d.config.BasicPasswordFile, d.config.BasicPassword)
		if err != nil {
			return err
		}
		r.SetBasicAuth(d.config.BasicUser, password)
	}
	return nil
}

// secret is the content of the file, without the line's end, or else the value.
func secret(file, value string) (string, error) {
	if file == "" {
		return value, nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read secret for prometheus: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}
