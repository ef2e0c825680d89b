package wire

import (
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// Bounds and default of a timeout. The longest leaves room in what the engine gives a sample.
const (
	minTimeout     = 10 * time.Millisecond
	maxTimeout     = 4 * time.Second
	defaultTimeout = events.Duration(time.Second)
)

// advice is how a server gets to ask hosts.
const advice = "start the server with --probe-hosts HOST[:PORT], such as *.shop.example:443 or 10.0.0.0/8"

// info describes a kind that asks the client; without one it can check parts only.
func info(name string, part any, c *Client) probe.Info {
	i := probe.Info{Name: name, Part: part}
	if c == nil {
		i.Missing = events.Errorf(events.KindUnavailable, advice, "needs to ask a host and the server has none that it may ask")
	}
	return i
}

// unconnected is the reading of a kind without a client.
func unconnected() probe.Reading {
	return probe.Problemf(record.ProblemNotAllowed, "there is no host that may be asked")
}

// advise says what to do about a problem of either kind.
func advise(problem record.ProblemKind, name string) string {
	switch problem { //nolint:exhaustive // the other problems are not of these kinds
	case record.ProblemNotAllowed:
		return advice
	case record.ProblemOurSide:
		return fmt.Sprintf("see why this server could not ask for %q: its resolver, its CPU, its limits, its secrets", name)
	case record.ProblemTimeout:
		return fmt.Sprintf("let the server that asks for %q run until the end", name)
	case record.ProblemQuery:
		return fmt.Sprintf("correct the address of %q", name)
	}
	return ""
}

// checkTimeout reports a timeout that is out of bounds.
func checkTimeout(found *events.Problems, timeout events.Duration) {
	found.Check(timeout.Std() >= minTimeout && timeout.Std() <= maxTimeout, "timeout", "is %s, want %s to %s", timeout, minTimeout, maxTimeout)
}

// condition is what both kinds have to show: 1 for an answer that is as it is wanted.
func condition(query, statement string, timeout events.Duration) probe.Condition {
	return probe.Condition{Query: query, Statement: statement, Compare: ">=", Value: 1, Timeout: timeout}
}
