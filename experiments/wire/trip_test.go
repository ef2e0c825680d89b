package wire

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

func dialError(err error) error {
	return &url.Error{Op: "Get", URL: "http://a", Err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", err)}}
}

// TestJudge: what the service did not do is bad, what we could not do is unknown, and time is
// held against the service only when it was its own.
func TestJudge(t *testing.T) {
	lookup := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "a", IsNotFound: true}}
	slow := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", Name: "a", IsTimeout: true}}
	in := func(took, ours time.Duration) spent { return spent{took * time.Millisecond, ours * time.Millisecond} }
	usual := terms{within: 300 * time.Millisecond, timeout: time.Second}
	connected := terms{within: 300 * time.Millisecond, timeout: time.Second, connected: true}
	for _, tc := range []struct {
		name    string
		answer  answer
		spent   spent
		terms   terms
		why     string
		problem record.ProblemKind
	}{
		{"good", answer{}, in(299, 0), usual, "", ""},
		{"good although we were late", answer{}, in(299, 200), usual, "", ""},
		{"on time to the moment", answer{}, in(300, 0), usual, "", ""},
		{"late", answer{}, in(310, 0), usual, "answered after 310ms, want within 300ms", ""},
		{"late, and most of it the service's", answer{}, in(410, 100), usual, "answered after 410ms", ""},
		{"late, and perhaps by us", answer{}, in(410, 120), usual, "but for 120ms of it", record.ProblemOurSide},
		{"late by a stop", answer{}, in(5000, 4900), usual, "answered after 5s", record.ProblemOurSide},
		{"bad answer, late by us", answer{why: "status 503"}, in(5000, 4900), usual, "status 503", ""},
		{"no answer", answer{err: context.DeadlineExceeded}, in(1200, 0), usual, "no answer within 1s", ""},
		{"no answer, a little late", answer{err: context.DeadlineExceeded}, in(1200, 200), usual, "no answer within 1s", ""},
		{"no answer while we were stopped", answer{err: context.DeadlineExceeded}, in(1200, 201), usual, "no answer within 1s", record.ProblemOurSide},
		{"no answer on the connection", answer{err: os.ErrDeadlineExceeded}, in(1200, 0), connected, "no answer within 1s", ""},
		{"given up early", answer{err: context.DeadlineExceeded}, in(500, 0), usual, "given up after 500ms", record.ProblemTimeout},
		{"refused", answer{err: dialError(syscall.ECONNREFUSED)}, in(1, 0), usual, "the connection was refused", ""},
		{"refused after a stop", answer{err: dialError(syscall.ECONNREFUSED)}, in(5000, 5000), usual, "the connection was refused", ""},
		{"reset", answer{err: dialError(syscall.ECONNRESET)}, in(1, 0), usual, "the connection was reset", ""},
		{"host gone", answer{err: dialError(syscall.EHOSTUNREACH)}, in(1, 0), usual, "the host cannot be reached", ""},
		{"timeout of the system", answer{err: dialError(syscall.ETIMEDOUT)}, in(1, 0), usual, "timed out", ""},
		{"end of file", answer{err: io.EOF}, in(1, 0), usual, "without an answer", ""},
		{"another name in the certificate", answer{err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "a"}}, in(1, 0), connected, "not valid for any names", ""},
		{"nonsense after the connection", answer{err: errors.New("malformed HTTP response")}, in(1, 0), connected, "malformed", ""},
		{"nonsense before a connection", answer{err: errors.New("who knows")}, in(1, 0), usual, "who knows", record.ProblemOurSide},
		{"no such name", answer{err: lookup}, in(1, 0), usual, "no such host", record.ProblemOurSide},
		{"no such name at a redirect", answer{err: lookup}, in(1, 0), connected, "no such host", record.ProblemOurSide},
		{"silent resolver", answer{err: slow}, in(1200, 1200), usual, "i/o timeout", record.ProblemOurSide},
		{"silent resolver, not seen", answer{err: slow}, in(1200, 0), usual, "i/o timeout", record.ProblemOurSide},
		{"open files", answer{err: dialError(syscall.EMFILE)}, in(1, 0), usual, "too many open files", record.ProblemOurSide},
		{"open files, at a redirect", answer{err: dialError(syscall.EMFILE)}, in(1, 0), connected, "too many open files", record.ProblemOurSide},
		{"no port", answer{err: dialError(syscall.EADDRNOTAVAIL)}, in(1, 0), usual, "cannot assign", record.ProblemOurSide},
		{"no route", answer{err: dialError(syscall.ENETUNREACH)}, in(1, 0), usual, "unreachable", record.ProblemOurSide},
		{"our firewall", answer{err: dialError(syscall.EPERM)}, in(1, 0), usual, "not permitted", record.ProblemOurSide},
		{"an authority that is not known", answer{err: x509.UnknownAuthorityError{}}, in(1, 0), connected, "unknown authority", record.ProblemOurSide},
		{"barred", answer{err: fmt.Errorf("%w: it", errBarred)}, in(1, 0), connected, "may not ask", record.ProblemNotAllowed},
		{"cancelled", answer{err: context.Canceled}, in(1, 0), terms{given: context.Canceled}, "given up", record.ProblemTimeout},
		{"cancelled with an answer", answer{}, in(1, 0), terms{given: context.Canceled, within: time.Second}, "given up", record.ProblemTimeout},
		{"refused as it was cancelled", answer{err: dialError(syscall.ECONNREFUSED)}, in(1, 0), terms{given: context.Canceled}, "given up", record.ProblemTimeout},
		{"cancelled, and the context does not say so", answer{err: context.Canceled}, in(1, 0), connected, "canceled", record.ProblemOurSide},
		{"cannot be known", answer{unread: "too long", why: "x"}, in(1, 0), usual, "too long", record.ProblemOurSide},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := judge(tc.answer, tc.spent, tc.terms)
			good := tc.why == "" && tc.problem == ""
			if got := r.Problem; tc.problem != "" {
				shows(t, record.Sample{Problem: got}, tc.why, tc.problem)
				return
			}
			if r.Problem != nil || (r.Value == 1) != good || (r.Why == "") != good {
				t.Fatalf("got %+v, problem %+v", r, r.Problem)
			}
			if !good {
				shows(t, record.Sample{Value: new(r.Value), Why: r.Why}, tc.why, "")
			}
		})
	}
}

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// TestPulse: what is late is counted once, for those who were there.
func TestPulse(t *testing.T) {
	c := &clock{at: time.Unix(0, 0)}
	p := &pulse{now: c.now}
	beat := func(d time.Duration) { c.move(d); p.beat() }
	if p.begin() != 0 {
		t.Error("late before it began")
	}
	beat(every)
	beat(every + slack)
	if got := p.begin(); got != 0 {
		t.Errorf("late by %s after beats in time", got)
	}
	beat(2 * time.Second)
	late := p.begin()
	if late != 2*time.Second {
		t.Errorf("late by %s after a stop of 2 s", late)
	}
	c.move(time.Second) // a stop, and the beat does not run first
	if got := p.end() - late; got != time.Second {
		t.Errorf("late by %s after a stop of 1 s", got)
	}
	if p.end(); p.end() != 3*time.Second {
		t.Error("the last user did not see both stops")
	}
	p.beat() // one that was under way
	c.move(time.Hour)
	if late := p.begin(); late != p.end() {
		t.Error("time without users counts")
	}
}

// TestStopped: a process that is stopped while it waits blames nobody.
func TestStopped(t *testing.T) {
	c := &clock{at: time.Now()}
	k := client(t, func(config *Config) { config.Now = c.now })
	for name, tc := range map[string]struct {
		stop    time.Duration
		answer  answer
		why     string
		problem record.ProblemKind
	}{
		"no answer":      {4 * time.Second, answer{err: context.DeadlineExceeded}, "no answer", record.ProblemOurSide},
		"late answer":    {4 * time.Second, answer{}, "answered after 4s", record.ProblemOurSide},
		"bad answer":     {4 * time.Second, answer{why: "status 503"}, "status 503", ""},
		"prompt answer":  {time.Millisecond, answer{}, "", ""},
		"slow to look":   {time.Millisecond, answer{look: func() answer { c.move(time.Minute); return answer{} }}, "", ""},
		"looked and bad": {time.Millisecond, answer{look: func() answer { return answer{why: "the body"} }}, "the body", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := k.visit(t.Context(), question{within: time.Second, timeout: time.Second, ask: func(context.Context) answer {
				c.move(tc.stop)
				return tc.answer
			}})
			if tc.problem != "" {
				shows(t, record.Sample{Problem: r.Problem}, tc.why, tc.problem)
			} else if r.Problem != nil || r.Why != tc.why || (r.Value == 1) != (tc.why == "") {
				t.Errorf("got %+v, problem %+v", r, r.Problem)
			}
		})
	}
}
