package wire

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// local are the hosts of tests.
func local() []string { return []string{"127.0.0.0/8", "localhost"} }

// client may ask this machine.
func client(t testing.TB, change func(*Config)) *Client {
	t.Helper()
	config := Config{Hosts: local(), Env: func(string) string { return "" }, Now: time.Now}
	if change != nil {
		change(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// read reads a part of a kind.
func read(t testing.TB, k probe.Kind, part string) probe.Probe {
	t.Helper()
	p, problems := k.Check(json.RawMessage(part))
	if len(problems) > 0 {
		t.Fatalf("%s: %v", part, problems)
	}
	return p.Resolve(spec.Variables{Namespace: "shop", Environment: "shop", Experiment: "test"})
}

// take takes one sample of a part, again while this machine is too busy for one that says
// something of time.
func take(t testing.TB, k probe.Kind, part string) record.Sample {
	t.Helper()
	p := read(t, k, part)
	for range 50 {
		s := probe.Take(t.Context(), p, time.Now(), 10*time.Second)
		if s.Problem == nil || !strings.Contains(s.Problem.Message, "get to run") {
			return s
		}
	}
	t.Fatal("this machine is too busy")
	return record.Sample{}
}

// listen takes connections and hands each to the function, which owns it.
func listen(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	return listenAt(t, "127.0.0.1:0", serve).Addr().String()
}

func listenAt(t testing.TB, address string, serve func(net.Conn)) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return l
}

// nobody is an address at which nothing listens.
func nobody(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// full makes an address neither take nor refuse connections: its queue is full and nobody
// takes from it.
func full(t testing.TB, address string) {
	t.Helper()
	at := netip.MustParseAddrPort(address)
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := errors.Join(
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1),
		syscall.Bind(fd, &syscall.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}),
		syscall.Listen(fd, 0),
	); err != nil {
		t.Fatal(err)
	}
	for {
		conn, err := (&net.Dialer{Timeout: 200 * time.Millisecond}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
}
