package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

type httpKind struct{ client *Client }

// HTTPKind makes the kind of probes that ask by the client; without one they can be checked
// only.
func HTTPKind(c *Client) probe.Kind { return httpKind{c} }

// Kind implements probe.Kind.
func (k httpKind) Kind() probe.Info { return info("http", &HTTP{}, k.client) }

// Check implements probe.Kind.
func (k httpKind) Check(part json.RawMessage) (probe.Probe, events.Problems) {
	var p HTTP
	if problems := events.DecodeStrict(part, &p); len(problems) > 0 {
		return nil, problems
	}
	p = p.withDefaults()
	if problems := p.check(); len(problems) > 0 {
		return nil, problems
	}
	r := request{part: p, client: k.client}
	if p.Body != "" {
		r.body = regexp.MustCompile(p.Body) // check has compiled it
	}
	return r, nil
}

// Lacks implements probe.Choosy.
func (k httpKind) Lacks(part json.RawMessage) *events.Error {
	var p HTTP
	if len(events.DecodeStrict(part, &p)) > 0 {
		return nil
	}
	u, err := url.Parse(p.URL)
	if err != nil {
		return nil
	}
	return k.client.lacks(net.JoinHostPort(u.Hostname(), portOf(u)))
}

// Advise implements probe.Kind.
func (httpKind) Advise(problem record.ProblemKind, name string) string { return advise(problem, name) }

// request is one probe.
type request struct {
	part   HTTP
	body   *regexp.Regexp
	client *Client
}

// Part implements probe.Probe.
func (r request) Part() any { return r.part }

// Resolve implements probe.Probe.
func (r request) Resolve(v spec.Variables) probe.Probe {
	r.part.URL = v.Fill(r.part.URL)
	return r
}

// Condition implements probe.Probe.
func (r request) Condition() probe.Condition {
	c := condition(r.part.Method+" "+r.part.URL, r.part.String(), r.part.Timeout)
	if r.part.Reuse {
		c.Limits = []string{"reuse"}
	}
	return c
}

// Sample implements probe.Probe.
func (r request) Sample(ctx context.Context, _ time.Time) probe.Reading {
	if r.client == nil {
		return unconnected()
	}
	secrets, err := r.secrets()
	if err != nil {
		return probe.Problemf(record.ProblemOurSide, "%v", err)
	}
	reading := r.client.visit(ctx, question{
		within: cmp.Or(r.part.Within, r.part.Timeout).Std(), timeout: r.part.Timeout.Std(), keep: r.part.Reuse,
		ask: func(ctx context.Context) answer { return r.ask(ctx, secrets) },
	})
	return discreet(reading, secrets)
}

// secrets are the values of the headers, by name.
func (r request) secrets() (map[string]string, error) {
	values := map[string]string{}
	for name, h := range r.part.Headers {
		value := r.client.config.Env(h.Env)
		if value == "" {
			return nil, fmt.Errorf("the variable %s for header %s is not set", h.Env, name)
		}
		values[name] = value
	}
	return values, nil
}

// discreet is a reading without secrets: an answer that is not HTTP may give them back.
func discreet(r probe.Reading, secrets map[string]string) probe.Reading {
	for _, secret := range secrets {
		r.Why = strings.ReplaceAll(r.Why, secret, "***")
		if r.Problem != nil {
			r.Problem.Message = strings.ReplaceAll(r.Problem.Message, secret, "***")
		}
	}
	return r
}

// errRedirects is the error of one redirect too many.
var errRedirects = errors.New("more redirects than allowed")

func (r request) ask(ctx context.Context, secrets map[string]string) answer {
	req, err := http.NewRequestWithContext(ctx, r.part.Method, r.part.URL, nil)
	if err != nil {
		return answer{unread: "the address cannot be asked: " + reason(err)}
	}
	req.Header.Set("User-Agent", "shakedown")
	for name, value := range secrets {
		req.Header.Set(name, value)
	}
	client := http.Client{Transport: r.client.fresh, CheckRedirect: r.follow}
	if r.part.Reuse {
		client.Transport = r.client.kept
	}
	resp, err := client.Do(req)
	if errors.Is(err, errRedirects) {
		return answer{why: fmt.Sprintf("redirected more than %d times", r.part.Redirects)}
	}
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	return r.read(resp)
}

// follow follows as many redirects as the probe says, and takes no secret to another host or
// out of https.
func (r request) follow(req *http.Request, via []*http.Request) error {
	switch {
	case r.part.Redirects == 0:
		return http.ErrUseLastResponse
	case len(via) > r.part.Redirects:
		return errRedirects
	}
	if first := via[0].URL; req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
		for name := range r.part.Headers {
			req.Header.Del(name)
		}
	}
	return nil
}

// read reads an answer to its end, or as far as it is bounded.
func (r request) read(resp *http.Response) answer {
	if !slices.Contains(r.part.Status, resp.StatusCode) {
		return answer{why: fmt.Sprintf("status %d, want %s", resp.StatusCode, r.part.statuses())}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return answer{err: err}
	}
	return answer{look: func() answer { return r.look(body) }}
}

// look compares what was read of a body with what is wanted.
func (r request) look(body []byte) answer {
	switch {
	case r.body == nil || r.body.Match(body[:min(len(body), maxBody)]):
		return answer{}
	case len(body) > maxBody:
		return answer{unread: fmt.Sprintf("the body is longer than the %d bytes that are read, and they do not match %s", maxBody, r.part.Body)}
	}
	return answer{why: "the body does not match " + r.part.Body}
}
