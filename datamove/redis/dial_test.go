package redis

import (
	"errors"
	"net"
	"testing"

	goredis "github.com/redis/go-redis/v9"
)

// TestDialerKeepsItsServer: what a name stands for later is not dialled.
func TestDialerKeepsItsServer(t *testing.T) {
	first, other := listen(t), listen(t)
	var d dialer
	for i, name := range []string{first, other, "nobody.invalid:6379"} {
		conn, err := d.dial(t.Context(), "tcp", name)
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.RemoteAddr().String(); got != first {
			t.Errorf("connection %d reached %s, want %s", i, got, first)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestNodesKeepTheirServers: each name of a node of a cluster, for all clients of it.
func TestNodesKeepTheirServers(t *testing.T) {
	first, second, other := listen(t), listen(t), listen(t)
	e := &end{dialers: map[string]*dialer{}}
	for _, tc := range []struct{ node, dialled, want string }{
		{"node-1", first, first}, {"node-2", second, second}, {"node-1", other, first}, {"node-2", other, second},
	} {
		c := e.clusterOptions().NewClient(&goredis.Options{Addr: tc.node})
		conn, err := c.Options().Dialer(t.Context(), "tcp", tc.dialled)
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.RemoteAddr().String(); got != tc.want {
			t.Errorf("%s reached %s, want %s", tc.node, got, tc.want)
		}
		if err := errors.Join(conn.Close(), c.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestDialerTriesAgain: an address that could not be reached is not kept.
func TestDialerTriesAgain(t *testing.T) {
	var d dialer
	if _, err := d.dial(t.Context(), "tcp", "127.0.0.1:1"); err == nil {
		t.Fatal("somebody listens at port 1")
	}
	conn, err := d.dial(t.Context(), "tcp", listen(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// listen is the address of a listener whose connections nobody accepts.
func listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}
