package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/events"
)

// TestNoCommandWithoutLease: once the lease is lost nothing is sent, alone or in a batch,
// by a client of one server or of a cluster's node.
func TestNoCommandWithoutLease(t *testing.T) {
	var sent atomic.Int64
	c := newClient(&goredis.Options{Protocol: 2, DisableIdentity: true, MaxRetries: -1, Dialer: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go answer(there, func(string) string { sent.Add(1); return "+OK\r\n" })
		return here, nil
	}})
	defer c.Close()
	errLost := errors.New("the lease is lost")
	var lost atomic.Bool
	ctx := events.WithFence(t.Context(), func() error {
		if lost.Load() {
			return errLost
		}
		return nil
	})
	if err := c.Set(ctx, "a", "1", 0).Err(); err != nil || sent.Load() == 0 {
		t.Fatalf("with the lease: %v, %d commands sent", err, sent.Load())
	}
	lost.Store(true)
	before := sent.Load()
	batch := c.Pipeline()
	one, two := batch.Set(ctx, "a", "1", 0), batch.Del(ctx, "b")
	_, err := batch.Exec(ctx)
	for _, err := range []error{err, one.Err(), two.Err(), c.Set(ctx, "a", "1", 0).Err(), c.FlushDB(ctx).Err()} {
		if !errors.Is(err, errLost) {
			t.Errorf("got %v, want %v", err, errLost)
		}
	}
	if n := sent.Load() - before; n != 0 {
		t.Errorf("%d commands were sent without the lease", n)
	}
}

// answer answers every command by its name, but for HELLO.
func answer(conn net.Conn, reply func(command string) string) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		var words int
		if _, err := fmt.Fscanf(in, "*%d\r\n", &words); err != nil {
			return
		}
		var command string
		for i := range 2 * words { // each has a line with its length
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if i == 1 {
				command = strings.ToLower(strings.TrimSpace(line))
			}
		}
		text := reply(command)
		if command == "hello" {
			text = "-ERR unknown command\r\n"
		}
		if _, err := conn.Write([]byte(text)); err != nil {
			return
		}
	}
}
