package wire

import (
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

// BenchmarkProbes is the cost of 50 probes at one sample a second, half of them http and half
// tcp, in shares of a core; that of the service is not in it, which is another process.
func BenchmarkProbes(b *testing.B) {
	address := service(b)
	c := client(b, nil)
	var probes []probe.Probe
	for range 25 {
		probes = append(probes, read(b, HTTPKind(c), `{"url":"http://`+address+`/ok","body":"well"}`), read(b, TCPKind(c), `{"address":"`+address+`"}`))
	}
	before, bad := used(b), 0
	rounds := 0
	for b.Loop() {
		bad += round(b, probes)
		rounds++
	}
	share := float64(used(b)-before) / float64(time.Duration(rounds)*time.Second)
	b.ReportMetric(100*share, "%core")
	b.ReportMetric(float64(bad)/float64(rounds), "bad/op")
	if timebound.Asserted() && share > 0.05 {
		b.Errorf("50 probes at 1 s take %.1f %% of a core, want at most 5 %%", 100*share)
	}
}

// round takes one sample of each at once and says how many were not good.
func round(b *testing.B, probes []probe.Probe) (bad int) {
	b.Helper()
	var all sync.WaitGroup
	good := make([]bool, len(probes))
	for i, p := range probes {
		all.Go(func() { good[i] = probe.Take(b.Context(), p, time.Now(), 5*time.Second).Good() })
	}
	all.Wait()
	for _, g := range good {
		if !g {
			bad++
		}
	}
	return bad
}

// used is the time of the CPU that this process has used.
func used(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// serviceEnv tells the test binary to be the service, at that address.
const serviceEnv = "WIRE_TEST_SERVICE"

// service is a service in a process of its own.
func service(b *testing.B) (address string) {
	b.Helper()
	address = nobody(b)
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), program, "-test.run", "^TestService$")
	cmd.Env = append(os.Environ(), serviceEnv+"="+address)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 500 {
		if take(b, HTTPKind(client(b, nil)), `{"url":"http://`+address+`/ok"}`).Good() {
			return address
		}
		<-time.After(10 * time.Millisecond)
	}
	b.Fatal("the service does not come up")
	return ""
}

// TestService is the service of the benchmark, and nothing elsewhere.
func TestService(t *testing.T) {
	address := os.Getenv(serviceEnv)
	if address == "" {
		return
	}
	server := &http.Server{Addr: address, Handler: pages(), ReadHeaderTimeout: time.Second}
	t.Error(server.ListenAndServe())
}
