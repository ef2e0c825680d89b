package s3

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/datamove"
)

// childEnv holds the job of a process that is there to be killed or measured.
const childEnv = "SHAKEDOWN_TEST_S3_CHILD"

func TestMain(m *testing.M) {
	if raw := os.Getenv(childEnv); raw != "" {
		os.Exit(child(raw))
	}
	goleak.VerifyTestMain(m)
}

// errand is what a child does.
type errand struct {
	From, To, Secret, StateDir string
	Resume, Streamed, Mask     bool
	Verify                     bool
}

func (e errand) job() datamove.Job {
	j := datamove.Job{
		ID: "child", Resume: e.Resume, StateDir: e.StateDir, Now: time.Now,
		From: datamove.Access{Endpoint: datamove.Endpoint{URL: e.From}, Secret: e.Secret},
		To:   datamove.Access{Endpoint: datamove.Endpoint{URL: e.To}, Secret: e.Secret},
	}
	j.Store.S3.Streamed = e.Streamed
	if e.Mask {
		j.Mask = shouting{}
	}
	return j
}

// child does the errand and prints the verdict and the most memory it had.
func child(raw string) int {
	var e errand
	if err := json.Unmarshal([]byte(raw), &e); err != nil {
		fmt.Fprintln(os.Stdout, err)
		return 1
	}
	a := New(Options{Patience: 10 * time.Second, Down: time.Second, Timeout: 10 * time.Second})
	do := a.Copy
	if e.Verify {
		do = a.Verify
	}
	p, err := do(context.Background(), e.job(), nil)
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	peak, _, _ := strings.Cut(rest, "kB")
	fmt.Fprintln(os.Stdout, p.Verdict, strings.TrimSpace(peak), err)
	return 0
}

// begin starts a child.
func (e errand) begin(t testing.TB) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd, out := exec.CommandContext(t.Context(), self), &bytes.Buffer{}
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), childEnv+"="+string(raw)), out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// shouting masks objects below json/ by putting letters into upper case.
type shouting struct{}

func (shouting) Column(string, string, string) datamove.Transform { return nil }
func (shouting) Key(string) datamove.KeyMask                      { return nil }
func (shouting) Fingerprint() string                              { return "shouting" }

func (shouting) Object(key string) datamove.Transform {
	if strings.HasPrefix(key, "json/") {
		return upper{}
	}
	return nil
}

type upper struct{}

func (upper) As() string { return "upper" }

func (upper) Mask(dst, value []byte) ([]byte, bool, error) {
	if !json.Valid(value) {
		return nil, false, fmt.Errorf("it is not JSON")
	}
	return append(dst, bytes.ToUpper(value)...), false, nil
}
