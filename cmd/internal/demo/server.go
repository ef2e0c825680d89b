package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/events"
)

// StartServer runs `shakedown up` as a process of its own, which stays when the
// demo ends, and waits until it takes work. Its output goes to server.log; env is added
// to the variables of this process, which no longer have those of ours.
func StartServer(ctx context.Context, executable, dataDir string, args, env []string) (app.Address, error) {
	logPath := filepath.Join(dataDir, "server.log")
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // our own file
	if err != nil {
		return app.Address{}, fmt.Errorf("open log of the server: %w", err)
	}
	defer log.Close()                                                                          //nolint:errcheck // the child has its own handle
	cmd := exec.Command(executable, append([]string{"up", "--data-dir", dataDir}, args...)...) //nolint:gosec,noctx // our own binary, which must outlive ctx
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(cmd.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return app.Address{}, fmt.Errorf("start the server: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	address, err := awaitServer(ctx, dataDir, cmd.Process.Pid, exited)
	if err != nil {
		return address, events.Errorf(events.KindInternal, "read "+logPath, "start the server: %w%s", err, lastLine(logPath))
	}
	return address, nil
}

// readyTimeout bounds the start of the server.
const readyTimeout = 30 * time.Second

// awaitServer waits until the process has written its address and answers.
func awaitServer(ctx context.Context, dataDir string, pid int, exited <-chan error) (app.Address, error) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		address, err := app.ReadAddress(dataDir)
		if err == nil && address.PID == pid && answers(ctx, address.HTTP+"/readyz") {
			return address, nil
		}
		select {
		case err := <-exited:
			return app.Address{}, errors.Join(errors.New("it ended at once"), err)
		case <-ctx.Done():
			return app.Address{}, errors.Join(unanswered(ctx), syscall.Kill(pid, syscall.SIGTERM))
		case <-tick.C:
		}
	}
}

// unanswered is why the server was not waited for any longer.
func unanswered(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("it does not answer in time")
	}
	return context.Cause(ctx)
}

func answers(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close() // nothing was written
	return response.StatusCode == http.StatusOK
}

func lastLine(path string) string {
	raw, err := os.ReadFile(path) //nolint:gosec // our own file
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if err != nil || lines[len(lines)-1] == "" {
		return ""
	}
	return "; it said: " + lines[len(lines)-1]
}

// StopServer ends the server that the demo started with the data directory, if it
// still runs, and waits until it is gone. It says whether there was one.
func StopServer(ctx context.Context, dataDir string) (bool, error) {
	address, err := app.ReadAddress(dataDir)
	if err != nil || !isServer(address.PID, dataDir) {
		return false, nil //nolint:nilerr // no address means no server
	}
	if err := syscall.Kill(address.PID, syscall.SIGTERM); err != nil {
		return true, fmt.Errorf("stop server %d: %w", address.PID, err)
	}
	for isServer(address.PID, dataDir) {
		if !events.Wait(ctx, 50*time.Millisecond) {
			return true, fmt.Errorf("stop server %d: %w", address.PID, ctx.Err())
		}
	}
	return true, nil
}

// isServer says whether the process is the demo's `up` with that data directory, so that
// neither a reused pid nor a server of the user's own is ever hit.
func isServer(pid int, dataDir string) bool {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	return err == nil && isDemo(strings.Split(string(raw), "\x00"), dataDir)
}

// isDemo says whether the words are the command line of a server that StartServer started.
func isDemo(words []string, dataDir string) bool {
	return len(words) > 3 && words[1] == "up" && words[3] == dataDir && slices.Contains(words, app.DemoSpecs(dataDir))
}
