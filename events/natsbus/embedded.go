package natsbus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/shakedown-dev/shakedown/events"
)

// MaxPayload bounds an event, a call and its answer, in bytes.
const MaxPayload = 8 << 20

const (
	startTimeout = 10 * time.Second
	stopTimeout  = 10 * time.Second
	// readyStep bounds one wait for the starting server.
	readyStep = 50 * time.Millisecond
	// storeLimit bounds all that the embedded server keeps on disk.
	storeLimit = 4 << 30
	// memoryLimit is small: nothing of ours is stored in memory.
	memoryLimit = 8 << 20
)

// Embedded says how to run a NATS server in this process.
type Embedded struct {
	// Dir is the data directory. It is made when it is missing, mode 0700.
	Dir string
	// Port is the TCP port on 127.0.0.1; 0 takes the port of the last start if it
	// is free, and any free one otherwise.
	Port int
	// Log gets what the server says; nil discards it.
	Log *slog.Logger
}

// Server is a NATS server in this process. Stop must be called.
type Server struct {
	nats   *server.Server
	access Access
	unlock func()
}

// StartEmbedded starts a server that writes through to the disk, so that an undo
// record outlives a loss of power. It listens on 127.0.0.1 only and lets in only
// those who know the token in the data directory. It returns when the server
// takes connections. Errors: *events.Error of KindRefused when another server
// uses the directory or the port.
func StartEmbedded(ctx context.Context, e Embedded) (*Server, error) {
	if err := makePrivate(e.Dir); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	unlock, err := lockDir(e.Dir)
	if err != nil {
		return nil, err
	}
	s, err := start(ctx, e)
	if err != nil {
		unlock()
		return nil, err
	}
	s.unlock = unlock
	return s, nil
}

func start(ctx context.Context, e Embedded) (*Server, error) {
	token, err := ensureToken(e.Dir)
	if err != nil {
		return nil, err
	}
	port, err := choosePort(ctx, e)
	if err != nil {
		return nil, err
	}
	ns, err := server.NewServer(options(e.Dir, token, port))
	if err != nil {
		return nil, fmt.Errorf("set up nats server in %s: %w", e.Dir, err)
	}
	fatal := make(chan string, 1)
	ns.SetLoggerV2(&natsLog{log: orDiscard(e.Log), fatal: fatal}, false, false, false)
	s := &Server{nats: ns, access: Access{Token: token}, unlock: func() {}}
	ns.Start()
	if err := awaitReady(ctx, ns, fatal, e.Dir); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	s.access.URL = ns.ClientURL()
	if err := writeAccess(e.Dir, s.access); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func options(dir, token string, port int) *server.Options {
	return &server.Options{
		ServerName:             "shakedown",
		Host:                   "127.0.0.1",
		Port:                   port,
		Authorization:          token,
		NoSigs:                 true,
		MaxPayload:             MaxPayload,
		JetStream:              true,
		StoreDir:               filepath.Join(dir, storeDir),
		JetStreamMaxMemory:     memoryLimit,
		JetStreamMaxStore:      storeLimit,
		NoSystemAccount:        true,
		SyncAlways:             true,
		DisableJetStreamBanner: true,
	}
}

// awaitReady waits until the server takes connections and JetStream is up, it
// has said why it cannot go on, or the time is over.
func awaitReady(ctx context.Context, ns *server.Server, fatal <-chan string, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		ready := ns.ReadyForConnections(readyStep) && ns.JetStreamEnabled()
		select {
		case reason := <-fatal:
			return fmt.Errorf("start nats server in %s: %s", dir, reason)
		case <-ctx.Done():
			return fmt.Errorf("start nats server in %s: it is not ready: %w", dir, ctx.Err())
		default:
		}
		if ready {
			return nil
		}
	}
}

// Access is how to connect to the server.
func (s *Server) Access() Access { return s.access }

// Stop ends the server and waits until its files are closed, for 10 s or until
// ctx ends. It may be called again.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
	}()
	select {
	case <-done:
		s.unlock()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop nats server: %w", ctx.Err())
	}
}

// choosePort takes the port that was asked for, the one of the last start, or
// any that is free. Only a port that was asked for can be refused.
func choosePort(ctx context.Context, e Embedded) (int, error) {
	if e.Port != 0 {
		if err := portFree(ctx, e.Port); err != nil {
			return 0, events.Errorf(events.KindRefused, "choose another port, or 0 for any free one",
				"listen on 127.0.0.1:%d: %w", e.Port, err)
		}
		return e.Port, nil
	}
	if last := lastPort(e.Dir); last != 0 && portFree(ctx, last) == nil {
		return last, nil
	}
	return server.RANDOM_PORT, nil
}

func lastPort(dir string) int {
	access, err := ReadAccess(dir)
	if err != nil {
		return 0
	}
	u, err := url.Parse(access.URL)
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return 0
	}
	return port
}

func portFree(ctx context.Context, port int) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return l.Close()
}

func orDiscard(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// storeDir is where the server keeps its streams, below the data directory.
const storeDir = "jetstream"

// makePrivate makes the folder, and in it one for streams that nobody else may read: the
// folder itself may be one that was there and is open to others.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	store := filepath.Join(dir, storeDir)
	if err := os.Mkdir(store, 0o700); !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := os.Stat(store); err != nil || !info.IsDir() {
		return err // the server says what is wrong with it
	}
	return os.Chmod(store, 0o700) //nolint:gosec // a folder needs it
}
