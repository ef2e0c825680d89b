package natsbustest

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startPatience is how long a server may take to start.
const startPatience = 2 * time.Minute

// Options are those of a server that keeps its streams in a folder of the test.
func Options(t testing.TB) *server.Options {
	t.Helper()
	return &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true}
}

// Serve starts a NATS server as somebody else runs one, until the test ends.
func Serve(t testing.TB, o *server.Options) *server.Server {
	t.Helper()
	s := begin(t, o)
	if !s.ReadyForConnections(startPatience) {
		t.Fatal("the nats server does not start")
	}
	return s
}

func begin(t testing.TB, o *server.Options) *server.Server {
	t.Helper()
	s, err := server.NewServer(o.Clone())
	if err != nil {
		t.Fatalf("set up nats server: %v", err)
	}
	s.Start()
	t.Cleanup(func() { Shut(s) })
	return s
}

// Shut ends a server and waits for its end.
func Shut(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}
