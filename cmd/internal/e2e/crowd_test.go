//go:build real

package e2e

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/demo"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

const (
	// crowd is how many slow connections there are, openers how many open them at once.
	crowd, openers = 10_000, 50
	// crowdMemory is what the crowd may cost the server, in KiB: ten thousand that are let
	// in cost some hundred MiB.
	crowdMemory = 64 << 10
	// hookTime is how long a signed hook may take meanwhile.
	hookTime = 200 * time.Millisecond
)

// TestCrowdOfSlowConnections opens thousands of connections to a public listener that say
// the beginning of a request and no more, and posts signed hooks among them.
func TestCrowdOfSlowConnections(t *testing.T) {
	program, dir := binary(t), t.TempDir()
	secret := filepath.Join(dir, "hook-secret")
	if err := os.WriteFile(secret, []byte(hookSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := background(t, dir, program, "up", "--data-dir", dir, "--listen", "127.0.0.1:0", "--listen-hooks", "0.0.0.0:0", "--hook-secret-file", secret,
		"--kubeconfig", sandboxtest.Kubeconfig(t))
	address, err := app.ReadAddress(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(address.Hooks, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	hooks := "127.0.0.1:" + port
	before := resident(t, server.Process.Pid, "VmRSS")
	ctx, leave := context.WithCancel(t.Context())
	opened := slowConnections(ctx, t, hooks)
	took := postHooks(t, "http://"+hooks, opened)
	most := resident(t, server.Process.Pid, "VmHWM")
	leave()
	slices.Sort(took)
	t.Logf("%d slow connections, %d hooks: %d KiB before, %d KiB at most", crowd, len(took), before, most)
	timebound.Check(t, "p99 of the answers to signed hooks", took[len(took)*99/100], hookTime)
	if most-before > crowdMemory {
		t.Errorf("the connections cost %d KiB, want at most %d", most-before, crowdMemory)
	}
}

// slowConnections opens the crowd and keeps it until ctx ends. The returned channel is
// closed when all have been opened.
func slowConnections(ctx context.Context, t *testing.T, address string) (opened <-chan struct{}) {
	t.Helper()
	var opening, all sync.WaitGroup
	opening.Add(openers)
	for range openers {
		all.Go(func() {
			mine := openSlowly(ctx, t, address)
			opening.Done()
			<-ctx.Done()
			for _, conn := range mine {
				_ = conn.Close()
			}
		})
	}
	done := make(chan struct{})
	all.Go(func() { opening.Wait(); close(done) })
	t.Cleanup(all.Wait)
	return done
}

// openSlowly opens the connections of one opener, each with half a request.
func openSlowly(ctx context.Context, t *testing.T, address string) (mine []net.Conn) {
	for range crowd / openers {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			t.Errorf("open a connection: %v", err)
			break
		}
		mine = append(mine, conn)
		_, _ = io.WriteString(conn, "POST /v1/hooks/ci HTTP/1.1\r\nHost: shakedown\r\nX-Slow: ") // it may be closed already
		tick(ctx)
	}
	return mine
}

// postHooks posts signed hooks until the crowd is there, one after the other, each by a
// connection of its own, and returns how long each took.
func postHooks(t *testing.T, server string, opened <-chan struct{}) (took []time.Duration) {
	t.Helper()
	for {
		accepted, err := demo.PostBuild(t.Context(), server, hookSecret, events.BuildSucceeded{
			Project: "shop", Revision: newID(), Template: "barn", Components: map[string]string{"api": "shop:v1"},
		}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		took = append(took, accepted.Took)
		select {
		case <-opened:
			return took
		default:
		}
	}
}
