//go:build real

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// The variables that turn this test binary into a replica: the addresses of NATS, the API
// server, and the step of a fault, by count, at which it gets a signal; "" for none.
const (
	childReplica    = "SHAKEDOWN_E2E_REPLICA_NATS"
	childKubeconfig = "SHAKEDOWN_E2E_REPLICA_KUBECONFIG"
	childStep       = "SHAKEDOWN_E2E_REPLICA_STEP"
	childSignal     = "SHAKEDOWN_E2E_REPLICA_SIGNAL"
)

// serveReplica is `shakedown serve chaos envs`.
func serveReplica(url string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	at, _ := strconv.ParseInt(os.Getenv(childStep), 10, 64)
	with, _ := strconv.Atoi(os.Getenv(childSignal))
	var steps atomic.Int64
	a, err := app.New(ctx, app.Options{
		Version: "e2e", DataDir: os.Getenv(childDir), Kubeconfig: os.Getenv(childKubeconfig), NATS: natsbus.Access{URL: url},
		Services: []string{"chaos", "envs"}, Listen: "127.0.0.1:0", Log: log, Now: time.Now, NewID: newID, Env: os.Getenv,
		Checkpoint: func(step string) {
			if steps.Add(1) == at {
				log.Info("a signal to itself", "step", step, "signal", with)
				_ = syscall.Kill(os.Getpid(), syscall.Signal(with))
			}
		},
	})
	if err == nil {
		err = a.Run(ctx)
	}
	if err != nil {
		log.Error("replica", "error", err)
		return 1
	}
	return 0
}

// replica is a server that is struck again and again, and each time comes back.
type replica struct {
	t               *testing.T
	dir             string
	url, kubeconfig string
	random          *rand.Rand
	cmd             *exec.Cmd
	ended           chan struct{}
	// calm says that it gets no signals from itself any more.
	calm atomic.Bool
	// kills and stops are how often it was struck.
	kills, stops int
}

// keep runs the replica until ctx ends. One that was killed is started again, one that was
// stopped goes on after a while. Each signal that comes in is sent to it.
func (r *replica) keep(ctx context.Context, strikes <-chan syscall.Signal) {
	if !r.start() {
		return
	}
	defer func() { _ = r.cmd.Process.Kill(); <-r.ended }()
	for ctx.Err() == nil {
		select {
		case with := <-strikes:
			_ = r.cmd.Process.Signal(with) // one that is gone is started again
		case <-r.ended:
			r.kills++
			if !r.start() {
				return
			}
		default:
			if stopped(r.cmd.Process.Pid) {
				r.stops++
				r.pause(ctx)
				_ = r.cmd.Process.Signal(syscall.SIGCONT)
			}
			tick(ctx)
		}
	}
}

// start runs it. Half of the time it gets a signal at some step of a fault.
func (r *replica) start() bool {
	_ = os.Remove(filepath.Join(r.dir, "server.json"))
	log, err := os.OpenFile(filepath.Join(r.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		r.t.Error(err)
		return false
	}
	step, with := "", syscall.SIGSTOP
	if r.random.IntN(2) == 0 && !r.calm.Load() {
		step = strconv.Itoa(1 + r.random.IntN(40))
	}
	if r.random.IntN(3) == 0 {
		with = syscall.SIGKILL
	}
	r.cmd = exec.Command(os.Args[0])
	r.cmd.Env = append(os.Environ(), childReplica+"="+r.url, childDir+"="+r.dir, childKubeconfig+"="+r.kubeconfig,
		childStep+"="+step, childSignal+"="+strconv.Itoa(int(with)))
	r.cmd.Stdout, r.cmd.Stderr = log, log
	if err := r.cmd.Start(); err != nil {
		r.t.Error(err)
		return false
	}
	cmd, ended := r.cmd, make(chan struct{})
	r.ended = ended
	go func() { _, _ = cmd.Wait(), log.Close(); close(ended) }() // how it ends, its strikes say
	return true
}

// pause is short, or longer than any lease.
func (r *replica) pause(ctx context.Context) {
	wait := time.Duration(200+r.random.IntN(2500)) * time.Millisecond
	if r.random.IntN(2) == 0 {
		wait = time.Duration(16_000+r.random.IntN(3000)) * time.Millisecond
	}
	events.Wait(ctx, wait) // the time is the point
}

// stopped says whether the process was stopped by a signal.
func stopped(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := bytes.Cut(stat, []byte(") "))
	return bytes.HasPrefix(after, []byte("T"))
}
