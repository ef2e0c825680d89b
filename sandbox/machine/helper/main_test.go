package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestKill(t *testing.T) {
	noon := time.UnixMilli(1_800_000_000_000)
	for _, tc := range []struct {
		name      string
		args      []string
		self      int
		namespace string
		seizeErr  error
		want      int
		says      string
		seized    bool
	}{
		{"in time", []string{"kill", "-until", "1800000000001"}, 7, "pid:[1]", nil, done, "", true},
		{"too late", []string{"kill", "-until", "1800000000000"}, 7, "pid:[1]", nil, late, "nothing is killed any more", false},
		{"no deadline", []string{"kill"}, 7, "pid:[1]", nil, late, "nothing is killed any more", false},
		{"a namespace of its own", []string{"kill", "-until", "1800000000001"}, 1, "pid:[1]", nil, wrong, "has not put the helper", false},
		{"that of the node", []string{"kill", "-until", "1800000000001"}, 7, nodesOwn, nil, wrong, "process namespace of the node", false},
		{"not allowed", []string{"kill", "-until", "1800000000001"}, 7, "pid:[1]", syscall.EPERM, refused, "SYS_PTRACE", true},
		{"no command", nil, 7, "pid:[1]", nil, usage, "usage", false},
		{"another command", []string{"heal"}, 7, "pid:[1]", nil, usage, "usage", false},
		{"an argument too many", []string{"kill", "-until", "1800000000001", "2"}, 7, "pid:[1]", nil, usage, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seized := false
			w := world{
				now: func() time.Time { return noon }, self: tc.self,
				namespace: func() (string, error) { return tc.namespace, nil },
				seize:     func(pid int) error { seized = pid == 1; return tc.seizeErr },
			}
			var said bytes.Buffer
			if got := run(tc.args, &said, w); got != tc.want || seized != tc.seized || !strings.Contains(said.String(), tc.says) {
				t.Errorf("code %d, seized %v, said %q", got, seized, said.String())
			}
		})
	}
}

func TestUnknownNamespaceIsRefused(t *testing.T) {
	w := world{
		now: func() time.Time { return time.UnixMilli(0) }, self: 7,
		namespace: func() (string, error) { return "", errors.New("no /proc") },
		seize:     func(int) error { t.Error("seized"); return nil },
	}
	if code, err := kill(w, time.UnixMilli(1)); code != wrong || err == nil {
		t.Errorf("code %d, error %v", code, err)
	}
}

// victimEnv names the process that the test's own copy of itself is to kill.
const victimEnv = "HELPER_TEST_VICTIM"

// TestSeizedEndsWithItsTracer: the kernel does what the helper counts on.
func TestSeizedEndsWithItsTracer(t *testing.T) {
	victim := exec.Command("sleep", "60")
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	tracer := exec.Command(os.Args[0], "-test.run=^TestTracer$")
	tracer.Env = append(os.Environ(), victimEnv+"="+strconv.Itoa(victim.Process.Pid))
	if out, err := tracer.CombinedOutput(); err != nil {
		_ = victim.Process.Kill()
		_ = victim.Wait()
		t.Fatalf("%v %s", err, out)
	}
	err := victim.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the victim ended with %v", err)
	}
}

// TestTracer is the tracer of the test above.
func TestTracer(*testing.T) {
	pid, err := strconv.Atoi(os.Getenv(victimEnv))
	if err != nil {
		return
	}
	runtime.LockOSThread()
	if err := seize(pid); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

func TestPidNamespace(t *testing.T) {
	if name, err := pidNamespace(); err != nil || !strings.HasPrefix(name, "pid:[") {
		t.Errorf("%q, %v (pid %d)", name, err, os.Getpid())
	}
}
