package storetest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// The key pair of the test servers; no other account has it.
const (
	s3AccessKey = "CANARYACCESSKEY00001"
	s3SecretKey = "canary/secret+of=the-s3-tests-0000000001"
)

// S3Region is the one that every S3 server of a test is in.
const S3Region = "us-east-1"

const (
	s3Ready = 30 * time.Second
	s3Poll  = 20 * time.Millisecond
)

// S3Server is an S3 server of a test.
type S3Server struct {
	// Endpoint is its URL, AccessKey and SecretKey those of the one who may do anything.
	Endpoint, AccessKey, SecretKey string
	// Dir is where it keeps everything, a folder for each bucket; empty for Moto.
	Dir string

	t       testing.TB
	command func() *exec.Cmd
	address string
	running *exec.Cmd
	output  *bytes.Buffer
}

// S3 starts a versitygw over a folder of its own: a real server with real throughput.
// Flags are those of the program, in front of the backend's name.
func S3(t testing.TB, flags ...string) *S3Server {
	t.Helper()
	program, dir := sandboxtest.Program(t, "versitygw", "versitygw"), t.TempDir()
	s := newS3(t)
	s.Dir = dir
	args := append([]string{"--quiet", "--port", s.address, "--region", S3Region}, flags...)
	args = append(args, "posix", dir)
	s.command = func() *exec.Cmd { return exec.Command(program, args...) } //nolint:noctx // it outlives the call and is ended by its pid
	s.Start()
	return s
}

// Moto starts a moto_server, which is slow and knows the meaning of most calls:
// part sizes, tags, storage classes, versions. Any key pair is right.
func Moto(t testing.TB) *S3Server {
	t.Helper()
	program, err := exec.LookPath("moto_server")
	if err != nil {
		t.Fatalf("moto_server is not installed (pip install 'moto[server]'): %v", err)
	}
	s := newS3(t)
	host, port, _ := net.SplitHostPort(s.address)
	s.command = func() *exec.Cmd { return exec.Command(program, "-H", host, "-p", port) } //nolint:noctx // it outlives the call and is ended by its pid
	s.Start()
	return s
}

func newS3(t testing.TB) *S3Server {
	t.Helper()
	s := &S3Server{t: t, AccessKey: s3AccessKey, SecretKey: s3SecretKey, address: s3FreeAddress(t)}
	s.Endpoint = "http://" + s.address
	t.Cleanup(s.Kill)
	return s
}

// Secret is the key pair as an endpoint's credentials name it.
func (s *S3Server) Secret() string { return s.AccessKey + ":" + s.SecretKey }

// Start starts the server, again after Kill: at the same address with what it had
// on disk. It returns when the server answers.
func (s *S3Server) Start() {
	s.t.Helper()
	s.output = &bytes.Buffer{}
	cmd := s.command()
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.AccessKey, "ROOT_SECRET_KEY="+s.SecretKey) //nolint:forbidigo // the program needs the environment
	cmd.Stdout, cmd.Stderr = s.output, s.output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.running = cmd
	if err := s.wait(); err != nil {
		s.Kill()
		s.t.Fatalf("S3 server at %s: %v\n%s", s.address, err, s.output)
	}
}

// Kill ends the server at once, with everything it started.
func (s *S3Server) Kill() {
	if s.running == nil {
		return
	}
	_ = syscall.Kill(-s.running.Process.Pid, syscall.SIGKILL)
	_ = s.running.Wait()
	s.running = nil
}

// wait waits for the server's port.
func (s *S3Server) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), s3Ready)
	defer cancel()
	ticker := time.NewTicker(s3Poll)
	defer ticker.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("does not answer after %s: %w", s3Ready, err)
		case <-ticker.C:
		}
	}
}

// s3FreeAddress is a loopback address that nobody listens at.
func s3FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
