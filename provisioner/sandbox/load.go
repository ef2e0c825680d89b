package sandbox

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// pauseArchive is the image that every node needs.
func (s *sandbox) pauseArchive() string { return filepath.Join(s.layout.dir, "pause.tar") }

// helperArchive is the image of what faults add to pods.
func (s *sandbox) helperArchive() string { return filepath.Join(s.layout.dir, "helper.tar") }

// loadImage imports an image on every node that is on.
func (s *sandbox) loadImage(ctx context.Context, archive string) error {
	return s.each(func(_ int, n node) error {
		p, err := s.process1(n.Name)
		if err != nil || !p.alive() {
			return err
		}
		return s.importImage(ctx, n.Name, archive)
	})
}

// importImage imports an image on one node, whose containerd is reached through
// the root of its process 1.
func (s *sandbox) importImage(ctx context.Context, machine, archive string) error {
	p, err := s.process1(machine)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	address := "/proc/" + strconv.Itoa(p.PID) + "/root" + socket
	if err := poll(ctx, func() (bool, error) { return accepts(ctx, address), nil }); err != nil {
		return fmt.Errorf("container runtime of %s: %w", machine, err)
	}
	ctr := filepath.Join(s.record.Tools[groupContainerd], "ctr")
	cmd := exec.CommandContext(ctx, ctr, "--address", address, "--namespace", "k8s.io", "images", "import", "--local", archive)
	// It would wait for ever for a node that was destroyed, so it ends with this
	// process; the kernel means the thread by that, which therefore must stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if err := runQuiet(cmd); err != nil {
		return fmt.Errorf("node %s: %w", machine, err)
	}
	return nil
}

// accepts reports whether a socket does.
func accepts(ctx context.Context, path string) bool {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}
