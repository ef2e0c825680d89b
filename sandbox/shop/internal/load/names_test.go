package load

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/call"
)

func TestNamesAreLookedUpOnceInAWhile(t *testing.T) {
	lookups, now := 0, time.Unix(0, 0)
	d := &names{now: func() time.Time { return now }, lookup: func(_ context.Context, host string) ([]string, error) {
		lookups++
		return []string{host}, nil
	}}
	steps := []struct {
		host  string
		after time.Duration
		want  int
	}{{"web", 0, 1}, {"web", ttl - 1, 1}, {"web", 1, 2}, {"api", 0, 3}}
	for _, s := range steps {
		now = now.Add(s.after)
		got, err := d.resolve(t.Context(), s.host)
		if err != nil || len(got) != 1 || got[0] != s.host || lookups != s.want {
			t.Errorf("%s after %s: %v, %v with %d lookups, want %d", s.host, s.after, got, err, lookups, s.want)
		}
	}
}

func TestUnknownHostIsNoConnection(t *testing.T) {
	d := &names{now: time.Now, lookup: func(context.Context, string) ([]string, error) {
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	}}
	_, err := d.dial(t.Context(), "tcp", "web:8080")
	if err == nil || call.Class(err) != call.Connect {
		t.Errorf("class %s of %v, want %s", call.Class(err), err, call.Connect)
	}
	d.lookup = func(context.Context, string) ([]string, error) { return nil, errors.New("broken") }
	if _, err := d.dial(t.Context(), "tcp", "web"); err == nil {
		t.Error("dialled an address without a port")
	}
}

func TestEveryAddressIsTried(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	d := &names{now: time.Now, lookup: func(context.Context, string) ([]string, error) {
		return []string{"127.0.0.2", "127.0.0.1"}, nil // nobody listens at the first
	}}
	conn, err := d.dial(t.Context(), "tcp", net.JoinHostPort("web", port))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
