package wire

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// TestOpenFiles: a process without another file to open says nothing about the service.
func TestOpenFiles(t *testing.T) {
	s := httptest.NewServer(pages())
	defer s.Close()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 3
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	httpSample := take(t, HTTPKind(client(t, nil)), `{"url":"`+s.URL+`/ok"}`)
	tcpSample := take(t, TCPKind(client(t, nil)), `{"address":"`+s.Listener.Addr().String()+`"}`)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	shows(t, httpSample, "too many open files", record.ProblemOurSide)
	shows(t, tcpSample, "too many open files", record.ProblemOurSide)
	shows(t, take(t, HTTPKind(client(t, nil)), `{"url":"`+s.URL+`/ok"}`), "", "")
}

// TestStoppedForReal: this process is stopped for longer than the timeout while it waits.
func TestStoppedForReal(t *testing.T) {
	s := httptest.NewServer(pages())
	defer s.Close()
	p := read(t, HTTPKind(client(t, nil)), `{"url":"`+s.URL+`/never","timeout":"1s"}`)
	script := fmt.Sprintf("sleep 0.3; kill -STOP %[1]d; sleep 1.5; kill -CONT %[1]d", os.Getpid())
	stop := exec.CommandContext(t.Context(), "sh", "-c", script)
	if err := stop.Start(); err != nil {
		t.Fatal(err)
	}
	got := probe.Take(t.Context(), p, time.Now(), 10*time.Second)
	if err := stop.Wait(); err != nil {
		t.Fatal(err)
	}
	shows(t, got, "no answer within 1s", record.ProblemOurSide)
}
