package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// TCP is what stands under "tcp" in a probe: a connection is made in time.
type TCP struct {
	Address string          `json:"address" jsonschema:"description=host:port that takes connections; ${namespace} ${environment} ${experiment} are replaced"`
	Timeout events.Duration `json:"timeout,omitempty" jsonschema:"description=a connection must be there within this time (default 1s)"`
}

func (p TCP) check() (found events.Problems) {
	if err := spec.CheckVariables(p.Address); err != nil {
		found.Add("address", "%v", err)
	} else if message := checkAddress(p.Address); message != "" {
		found.Add("address", "%s", message)
	}
	checkTimeout(&found, p.Timeout)
	return found
}

// checkAddress says what is wrong with host:port, "" for nothing.
func checkAddress(address string) string {
	host, port, err := net.SplitHostPort(example(address))
	if err != nil {
		return fmt.Sprintf("%q is not host:port, such as db.shop.example:5432", address)
	}
	if !isHost(host) {
		return fmt.Sprintf("%q is not host:port: the host has other characters than a name or an address", address)
	}
	if _, err := readPort(port); err != nil {
		return fmt.Sprintf("%q %v", address, err)
	}
	return ""
}

// example is a text with its variables filled in by something that could stand there.
func example(text string) string {
	return spec.Variables{Namespace: "example", Environment: "example", Experiment: "example"}.Fill(text)
}

type tcpKind struct{ client *Client }

// TCPKind makes the kind of probes that connect by the client; without one they can be
// checked only.
func TCPKind(c *Client) probe.Kind { return tcpKind{c} }

// Kind implements probe.Kind.
func (k tcpKind) Kind() probe.Info { return info("tcp", &TCP{}, k.client) }

// Check implements probe.Kind.
func (k tcpKind) Check(part json.RawMessage) (probe.Probe, events.Problems) {
	var p TCP
	if problems := events.DecodeStrict(part, &p); len(problems) > 0 {
		return nil, problems
	}
	p.Timeout = cmp.Or(p.Timeout, defaultTimeout)
	if problems := p.check(); len(problems) > 0 {
		return nil, problems
	}
	return connect{part: p, client: k.client}, nil
}

// Lacks implements probe.Choosy.
func (k tcpKind) Lacks(part json.RawMessage) *events.Error {
	var p TCP
	if len(events.DecodeStrict(part, &p)) > 0 {
		return nil
	}
	return k.client.lacks(p.Address)
}

// Advise implements probe.Kind.
func (tcpKind) Advise(problem record.ProblemKind, name string) string { return advise(problem, name) }

// connect is one probe.
type connect struct {
	part   TCP
	client *Client
}

// Part implements probe.Probe.
func (p connect) Part() any { return p.part }

// Resolve implements probe.Probe.
func (p connect) Resolve(v spec.Variables) probe.Probe {
	p.part.Address = v.Fill(p.part.Address)
	return p
}

// Condition implements probe.Probe.
func (p connect) Condition() probe.Condition {
	statement := fmt.Sprintf("%s takes a new connection within %s", p.part.Address, p.part.Timeout)
	return condition("connect to "+p.part.Address, statement, p.part.Timeout)
}

// Sample implements probe.Probe.
func (p connect) Sample(ctx context.Context, _ time.Time) probe.Reading {
	if p.client == nil {
		return unconnected()
	}
	timeout := p.part.Timeout.Std()
	return p.client.visit(ctx, question{within: timeout, timeout: timeout, ask: func(ctx context.Context) answer {
		conn, err := p.client.dial(ctx, "tcp", strings.TrimSpace(p.part.Address))
		if err != nil {
			return answer{err: err}
		}
		return answer{err: conn.Close()}
	}})
}
