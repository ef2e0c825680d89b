package prom

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// Client asks one Prometheus. It may be used from several goroutines.
type Client struct {
	config    Config
	api       v1.API
	transport *http.Transport
	slots     chan struct{}
	clock     clock
}

// New makes a client. It does not connect. Errors: *events.Error of KindInvalid, files
// that cannot be read.
func New(c Config) (*Client, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	tlsConfig, err := c.tls()
	if err != nil {
		return nil, events.Errorf(events.KindInvalid, "shakedown help config", "%w", err)
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: tlsConfig, ForceAttemptHTTP2: true,
		DialContext:         (&net.Dialer{Timeout: c.Timeout}).DialContext,
		TLSHandshakeTimeout: c.Timeout, MaxIdleConnsPerHost: c.Concurrency, IdleConnTimeout: time.Minute,
	}
	base, err := url.Parse(c.URL)
	if err != nil {
		return nil, fmt.Errorf("prometheus url: %w", err)
	}
	client, err := api.NewClient(api.Config{Address: c.URL, RoundTripper: door{config: c, base: base, next: transport}})
	if err != nil {
		return nil, fmt.Errorf("prometheus client: %w", err)
	}
	return &Client{config: c, api: v1.NewAPI(client), transport: transport, slots: make(chan struct{}, c.Concurrency)}, nil
}

// Close gives up idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Ping asks for an answer that needs no data. Errors: *events.Error of KindUnavailable.
func (c *Client) Ping(ctx context.Context) error {
	value, problem := c.instant(ctx, "vector(1)", time.Time{})
	if problem == nil {
		_, problem = single(value)
	}
	if problem != nil {
		return events.Errorf(events.KindUnavailable, "check the address and the credentials of Prometheus",
			"prometheus at %s does not answer: %s: %s", c.config.URL, problem.Kind, problem.Message)
	}
	return nil
}

// Query evaluates the expression at the given time. Whatever is not exactly one finite
// number made of samples no older than maxAge is a problem, never a value. It returns
// when ctx ends.
func (c *Client) Query(ctx context.Context, expr string, maxAge time.Duration, at time.Time) probe.Reading {
	s, err := shapeOf(expr)
	if err != nil {
		return probe.Problemf(record.ProblemQuery, "the query %v", err)
	}
	at = at.Truncate(time.Millisecond)
	answer, problem := c.instant(ctx, expr, at)
	if problem != nil {
		return probe.Reading{Problem: problem}
	}
	value, problem := single(answer)
	if problem != nil {
		if problem.Kind == record.ProblemNoData {
			problem = c.reason(ctx, s, at, problem)
		}
		return probe.Reading{Problem: problem}
	}
	if off := at.Sub(dated(answer)).Abs(); off > time.Second {
		return probe.Problemf(record.ProblemStale, "the answer is of another time than the question, by %s: does a cache give it?", off.Round(time.Millisecond))
	}
	age, last, problem := c.age(ctx, s, at)
	r := probe.Reading{Age: age, Oldest: last, Problem: problem}
	switch {
	case problem != nil && problem.Kind == record.ProblemStale:
		r.Problem = c.reason(ctx, s, at, problem)
	case problem != nil:
	case *age > maxAge:
		r.Problem = problemf(record.ProblemStale, "the newest sample is %s old, at most %s allowed", age.Round(time.Millisecond), maxAge)
	default:
		r.Value, r.Clock = value, c.measureClock(ctx)
	}
	return r
}

// dated is the time of which an answer is.
func dated(answer model.Value) time.Time {
	switch v := answer.(type) {
	case *model.Scalar:
		return v.Timestamp.Time()
	case model.Vector:
		return v[0].Timestamp.Time()
	}
	return time.Time{}
}

// age is how old the newest raw sample is, of the selector where it is oldest, and last how
// old that of the one series is where it is oldest.
func (c *Client) age(ctx context.Context, s shape, at time.Time) (age, last *time.Duration, problem *record.ProbeProblem) {
	chosen := slices.Concat(s.selectors, s.optional)
	answer, problem := c.instant(ctx, freshness(chosen), at)
	if problem != nil {
		return nil, nil, problem
	}
	vector, ok := answer.(model.Vector)
	if !ok {
		return nil, nil, problemf(record.ProblemWrongType, "the times of samples came as a %s", answer.Type())
	}
	times := map[string]time.Time{}
	for _, s := range vector {
		if seconds := float64(s.Value); finite(seconds) {
			times[string(s.Metric[indexLabel])] = time.UnixMilli(int64(math.Round(seconds * 1000)))
		}
	}
	age, last = new(time.Duration), new(time.Duration)
	for i, selector := range chosen {
		newest, ok := times[strconv.Itoa(i)]
		if !ok && i >= len(s.selectors) {
			continue // a fallback stands for it
		}
		first, also := times[strconv.Itoa(i)+oldest]
		if !ok || !also {
			return nil, nil, problemf(record.ProblemStale, "%s has no current sample: it is not being scraped, or no longer exported", selector)
		}
		*age, *last = max(*age, at.Sub(newest)), max(*last, at.Sub(first))
	}
	return age, last, nil
}

// instant evaluates one query. At the zero time it is the server's now.
func (c *Client) instant(ctx context.Context, query string, at time.Time) (model.Value, *record.ProbeProblem) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, problemf(record.ProblemTimeout, "no free slot within %s: %d requests are under way", c.config.Timeout, c.config.Concurrency)
	}
	value, warnings, _, err := c.api.Query(ctx, query, at, v1.WithTimeout(c.config.Timeout))
	switch {
	case err != nil:
		return nil, c.classify(ctx, err)
	case len(warnings) > 0:
		return nil, problemf(record.ProblemWarnings, "%s", firstLine(strings.Join(warnings, "; ")))
	case value == nil:
		return nil, problemf(record.ProblemNoData, "the answer has no result")
	}
	return value, nil
}

// single is the one number of an answer.
func single(answer model.Value) (float64, *record.ProbeProblem) {
	var value float64
	switch v := answer.(type) {
	case *model.Scalar:
		value = float64(v.Value)
	case model.Vector:
		switch {
		case len(v) == 0:
			return 0, problemf(record.ProblemNoData, "the query returned no series")
		case len(v) > 1:
			return 0, problemf(record.ProblemSeveralSeries, "the query returned %d series, among them %s and %s", len(v), v[0].Metric, v[1].Metric)
		case v[0].Histogram != nil:
			return 0, problemf(record.ProblemWrongType, "the query returned a histogram")
		}
		value = float64(v[0].Value)
	default:
		return 0, problemf(record.ProblemWrongType, "the query returned a %s", answer.Type())
	}
	if !finite(value) {
		return 0, problemf(record.ProblemNotANumber, "the value is %v", value)
	}
	return value, nil
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// classify gives an error its name.
func (c *Client) classify(ctx context.Context, err error) *record.ProbeProblem {
	if answered, ok := errors.AsType[*v1.Error](err); ok {
		return classifyAnswer(answered)
	}
	netErr, isNet := errors.AsType[net.Error](err)
	if ctx.Err() != nil || isNet && netErr.Timeout() {
		return problemf(record.ProblemTimeout, "no answer within %s", c.config.Timeout)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return problemf(record.ProblemUnreachable, "%s", firstLine(err.Error()))
}

// classifyAnswer names an error that came as an answer. Some hide in the body of
// another, since the client looks at the status alone.
func classifyAnswer(e *v1.Error) *record.ProbeProblem {
	text := firstLine(e.Msg)
	switch {
	case e.Type == v1.ErrBadData || e.Type == v1.ErrExec:
		return problemf(record.ProblemQuery, "%s", text)
	case e.Type == v1.ErrBadResponse && strings.Contains(text, "unexpected value type"):
		return problemf(record.ProblemWrongType, "%s", text)
	}
	if detail := firstLine(e.Detail); detail != "" {
		text += ": " + detail
	}
	if e.Type == v1.ErrTimeout || e.Type == v1.ErrCanceled || strings.Contains(e.Detail, `"errorType":"timeout"`) {
		return problemf(record.ProblemTimeout, "%s", text)
	}
	return problemf(record.ProblemHTTP, "%s", text)
}

func problemf(kind record.ProblemKind, format string, args ...any) *record.ProbeProblem {
	return probe.Problemf(kind, format, args...).Problem
}
