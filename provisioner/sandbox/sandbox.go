package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// How long things may take that take seconds on an idle machine.
const (
	readyTimeout = 3 * time.Minute
	goneTimeout  = 30 * time.Second
)

// stepReady is the last step of a create.
const stepReady = "cluster ready"

// sandbox is one sandbox, on disk and running.
type sandbox struct {
	layout layout
	record *record
	// lock is inherited by what must not outlive the change it is part of.
	lock *os.File
	log  *slog.Logger
}

// create makes everything, each thing recorded or named beforehand.
func (s *sandbox) create(ctx context.Context, d *Driver, nodes int, p provisioner.Progress) error {
	if err := provisioner.Step(p, "control plane", func() error { return s.createControl(ctx, d, nodes) }); err != nil {
		return err
	}
	if err := provisioner.Step(p, fmt.Sprintf("%d nodes", nodes), func() error { return s.createWorkers(ctx) }); err != nil {
		return err
	}
	if err := provisioner.Step(p, stepReady, func() error { return s.awaitReady(ctx, p) }); err != nil {
		return err
	}
	s.record.State = stateRunning
	return s.record.save(s.layout.record())
}

// createControl takes a network, records the sandbox, writes its files and
// starts the machine of the control plane, which claims the network.
func (s *sandbox) createControl(ctx context.Context, d *Driver, nodes int) error {
	held, err := lockHost(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = held.Close() }()
	promised, err := d.promised()
	if err != nil {
		return err
	}
	if s.record.Subnet, err = chooseSubnet(promised); err != nil {
		return err
	}
	s.record.Nodes = newNodes(s.record.Name, s.record.Subnet, nodes)
	if err := s.record.save(s.layout.record()); err != nil {
		return err
	}
	if err := s.writeFiles(d.now()); err != nil {
		return err
	}
	return s.startMachine(ctx, controlSpec(s.record, s.layout))
}

// writeFiles writes the certificates and every machine's files.
func (s *sandbox) writeFiles(now time.Time) error {
	a, err := newCredentials(s.record.Name, now)
	if err != nil {
		return err
	}
	if err := a.write(s.record, s.layout); err != nil {
		return err
	}
	control, err := controlFiles(s.record, a)
	if err != nil {
		return err
	}
	if err := control.write(s.layout.machine(controlName(s.record.Name))); err != nil {
		return err
	}
	for _, n := range s.record.Nodes {
		f, err := workerFiles(s.record, a, n)
		if err != nil {
			return err
		}
		if err := f.write(s.layout.machine(n.Name)); err != nil {
			return err
		}
	}
	if err := copyProgram(s.layout.program(), filepath.Join(s.record.Tools[groupMachine], "machine")); err != nil {
		return err
	}
	return writePauseImage(s.pauseArchive(), filepath.Join(s.record.Tools[groupMachine], "pause"))
}

// copyProgram copies a program. The sandbox keeps its own copy of what destroys
// it: the cache may be gone by then.
func copyProgram(to, from string) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to+".new", raw, 0o700); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}

// pauseArchive is the image that every node needs.
func (s *sandbox) pauseArchive() string { return filepath.Join(s.layout.dir, "pause.tar") }

// createWorkers starts the workers and gives them the image they need.
func (s *sandbox) createWorkers(ctx context.Context) error {
	return s.each(func(i int, n node) error {
		if err := s.startMachine(ctx, workerSpec(s.record, s.layout, i)); err != nil {
			return err
		}
		return s.importImage(ctx, n.Name, s.pauseArchive())
	})
}

// each does something for every worker at the same time.
func (s *sandbox) each(do func(i int, n node) error) error {
	errs := make([]error, len(s.record.Nodes))
	var wg sync.WaitGroup
	for i, n := range s.record.Nodes {
		wg.Go(func() { errs[i] = do(i, n) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// awaitReady waits for the API server, sets the cluster up, and waits until
// every node is Ready.
func (s *sandbox) awaitReady(ctx context.Context, p provisioner.Progress) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	a, err := newAPI(s.record, s.layout)
	if err != nil {
		return err
	}
	defer a.Close()
	var last error
	steps := []struct {
		what string
		do   func() error
	}{
		{"the API server", func() error { return a.ready(ctx) }},
		{"rights and DNS service", func() error { return bootstrap(ctx, a, s.record) }},
		{"nodes", func() error { return s.nodesReady(ctx, a) }},
		{"rules of services", func() error { return s.proxiesReady(ctx) }},
		{"controllers", func() error { return a.takesPods(ctx) }},
		{"names", func() error { return resolves(ctx, s.record.Subnet) }},
	}
	for _, step := range steps {
		p.StepNote(stepReady, "waiting for "+step.what)
		err := poll(ctx, func() (bool, error) {
			last = step.do()
			return last == nil, nil
		})
		if err != nil {
			return fmt.Errorf("%w: %w (logs in %s)", err, last, s.layout.machines())
		}
	}
	return nil
}

// nodesReady is nil when every worker is Ready.
func (s *sandbox) nodesReady(ctx context.Context, a *api) error {
	ready, err := a.readyNodes(ctx)
	if err != nil {
		return err
	}
	for _, n := range s.record.Nodes {
		if !ready[n.Name] {
			return fmt.Errorf("node %s is not Ready", n.Name)
		}
	}
	return nil
}

// proxiesReady is nil when services are reachable from every machine.
func (s *sandbox) proxiesReady(ctx context.Context) error {
	addresses := []netip.Addr{s.record.Subnet.control()}
	for _, n := range s.record.Nodes {
		addresses = append(addresses, n.Address)
	}
	for _, address := range addresses {
		url := fmt.Sprintf("http://%s/healthz", netip.AddrPortFrom(address, proxyHealthPort))
		if !answers(ctx, url) {
			return fmt.Errorf("kube-proxy at %s is not ready", address)
		}
	}
	return nil
}

// startMachine makes a machine and returns when its programs were started.
func (s *sandbox) startMachine(ctx context.Context, spec machineSpec) error {
	raw, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(spec.Dir, "machine.json")
	if err := writeSecret(path, raw); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, s.layout.program(), "start", path)
	// Whoever waits for the lock waits for the start as well, also when this
	// process is killed: it must not come up behind somebody's back.
	cmd.ExtraFiles = []*os.File{s.lock}
	return runQuiet(cmd)
}

// runQuiet runs a command; what it wrote becomes part of the error.
func runQuiet(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, bytes.TrimSpace(out))
	}
	return nil
}

// process1 is the recorded process of a machine.
func (s *sandbox) process1(machine string) (recorded, error) {
	return readProcess(filepath.Join(s.layout.machine(machine), "pid"))
}

// unplug pulls a machine's cable, if it was ever started. Where the program is
// gone, a destroy came as far as the files before and everything has ended.
func (s *sandbox) unplug(ctx context.Context, machine string) error {
	path := filepath.Join(s.layout.machine(machine), "machine.json")
	for _, needed := range []string{path, s.layout.program()} {
		if _, err := os.Stat(needed); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	return runQuiet(exec.CommandContext(ctx, s.layout.program(), "unplug", path))
}

// powerOff ends a machine with everything in it. The cable goes first, so that
// nobody is told.
func (s *sandbox) powerOff(ctx context.Context, machine string) error {
	ctx, cancel := context.WithTimeout(ctx, goneTimeout)
	defer cancel()
	unplugged := s.unplug(ctx, machine)
	p, err := s.process1(machine)
	if err == nil {
		err = p.kill(ctx)
	}
	if err == nil {
		err = removeCgroups(ctx, s.layout.machineCgroup(machine))
	}
	return errors.Join(unplugged, err)
}

// powerOn starts a worker that is off.
func (s *sandbox) powerOn(ctx context.Context, name string) error {
	p, err := s.process1(name)
	if err != nil || p.alive() {
		return err
	}
	if err := removeCgroups(ctx, s.layout.machineCgroup(name)); err != nil {
		return err
	}
	return s.startMachine(ctx, workerSpec(s.record, s.layout, s.record.index(name)))
}

// knows refuses a node that the sandbox does not have.
func (s *sandbox) knows(node string) error {
	if s.record.State != stateRunning {
		return s.halfMade()
	}
	if s.record.index(node) >= 0 {
		return nil
	}
	return events.Errorf(events.KindNotFound, "shakedown cluster show "+s.record.Name,
		"cluster %s has no node %s", s.record.Name, node)
}

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

// destroy removes everything, whatever state it is in: machines and their
// control groups, and at last the directory.
func (s *sandbox) destroy(ctx context.Context, p provisioner.Progress) error {
	s.record.State = stateEnding
	if err := s.record.save(s.layout.record()); err != nil {
		return err
	}
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"machines", s.stopMachines},
		{"files", func(context.Context) error { return os.RemoveAll(s.layout.dir) }},
	}
	ctx, cancel := context.WithTimeout(ctx, 2*goneTimeout)
	defer cancel()
	for _, step := range steps {
		if err := provisioner.Step(p, step.name, func() error { return step.do(ctx) }); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// stopMachines ends every machine that has a directory.
func (s *sandbox) stopMachines(ctx context.Context) error {
	entries, err := os.ReadDir(s.layout.machines())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	errs := make([]error, len(entries))
	var wg sync.WaitGroup
	for i, e := range entries {
		wg.Go(func() { errs[i] = s.powerOff(ctx, e.Name()) })
	}
	wg.Wait()
	return errors.Join(append(errs, removeCgroups(ctx, s.layout.cgroup()))...)
}

// status looks at the sandbox as it is now.
func (s *sandbox) status(ctx context.Context) provisioner.Status {
	c := s.record
	status := provisioner.Status{
		Name: c.Name, Driver: provisioner.DriverSandbox, Version: c.Version, Created: c.Created,
		State: provisioner.StateReady, Nodes: []provisioner.Node{},
	}
	if c.State != stateRunning {
		status.State, status.Reason = provisioner.StateBroken, "half made or half destroyed: "+c.State
		return status
	}
	status.Server = c.server()
	ready, err := s.askNodes(ctx)
	if err != nil {
		status.State, status.Reason = provisioner.StateBroken, err.Error()
	}
	var missing []string
	for _, n := range c.Nodes {
		p, _ := s.process1(n.Name)
		status.Nodes = append(status.Nodes, provisioner.Node{
			Name: n.Name, Ready: ready[n.Name], Powered: p.alive(), Address: n.Address.String(),
			Zone: n.Zone, InstanceType: n.InstanceType, ProviderID: n.ProviderID,
		})
		if !ready[n.Name] {
			missing = append(missing, n.Name)
		}
	}
	if status.State == provisioner.StateReady && len(missing) > 0 {
		status.State, status.Reason = provisioner.StateDegraded, "not Ready: "+strings.Join(missing, ", ")
	}
	return status
}

// askNodes asks the API server which nodes are Ready.
func (s *sandbox) askNodes(ctx context.Context) (map[string]bool, error) {
	a, err := newAPI(s.record, s.layout)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	return a.readyNodes(ctx)
}
