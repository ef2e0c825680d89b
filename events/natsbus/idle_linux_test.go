package natsbus_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

const (
	idleDir = "SHAKEDOWN_IDLE_DIR"
	// finished is how many things the store has behind it, and idleEvents how many
	// events, each on a subject of its own.
	finished   = 10_000
	idleEvents = 100_000
	idleTime   = 5 * time.Second
)

// BenchmarkIdleStore starts an embedded server whose store has 10,000 finished
// things behind it, in a process of its own, and prints what that process costs
// while nothing happens.
func BenchmarkIdleStore(b *testing.B) {
	dir := b.TempDir()
	fillStore(b, dir)
	for b.Loop() {
		child := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestIdleChild$", "-test.v")
		child.Env = append(os.Environ(), idleDir+"="+dir)
		out, err := child.CombinedOutput()
		if err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		var cpu, resident float64
		_, line, _ := strings.Cut(string(out), "idle: ")
		if _, err := fmt.Sscanf(line, "%g %% %g MiB", &cpu, &resident); err != nil {
			b.Fatalf("%v in\n%s", err, out)
		}
		b.ReportMetric(cpu, "%cpu")
		b.ReportMetric(resident, "MiB-resident")
	}
}

// fillStore writes by a server that does not wait for the disk, which the embedded
// one does for each message.
func fillStore(b *testing.B, dir string) {
	b.Helper()
	external, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: filepath.Join(dir, "jetstream"), NoSigs: true, NoLog: true,
		MaxPayload: natsbus.MaxPayload,
	})
	if err != nil {
		b.Fatal(err)
	}
	external.Start()
	defer external.WaitForShutdown()
	defer external.Shutdown()
	if !external.ReadyForConnections(patience) {
		b.Fatal("the server does not start")
	}
	access := natsbus.Access{URL: external.ClientURL()}
	bus := natsbustest.Connect(b, access)
	rows, err := bus.KV(b.Context(), events.Bucket{Name: "rows"})
	if err != nil {
		b.Fatal(err)
	}
	ended, err := bus.KV(b.Context(), events.Bucket{Name: "rows_ended", TTL: 24 * time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	records, err := bus.Objects(b.Context(), events.Bucket{Name: "records"})
	if err != nil {
		b.Fatal(err)
	}
	eachOf(b, finished, func(ctx context.Context, i int) error {
		key := fmt.Sprintf("run-%05d-abcdef", i)
		if _, err := rows.Create(ctx, key, make([]byte, 1000)); err != nil {
			return err
		}
		if err := rows.Delete(ctx, key, 0); err != nil {
			return err
		}
		if _, err := ended.Create(ctx, key, make([]byte, 300)); err != nil {
			return err
		}
		return records.Put(ctx, key, make([]byte, 3<<10))
	})
	nc, err := nats.Connect(access.URL)
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	eachOf(b, idleEvents, func(ctx context.Context, i int) error {
		_, err := js.Publish(ctx, fmt.Sprintf("%sv1.experiments.run.progressed.run-%06d-abcdef", events.Prefix, i), make([]byte, 400))
		return err
	})
	if err := bus.Close(); err != nil {
		b.Fatal(err)
	}
}

func eachOf(b *testing.B, n int, do func(ctx context.Context, i int) error) {
	b.Helper()
	const writers = 16
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := w; i < n; i += writers {
				if err := do(b.Context(), i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

// TestIdleChild is the idle process; it does nothing unless BenchmarkIdleStore
// starts it.
func TestIdleChild(t *testing.T) {
	dir := os.Getenv(idleDir)
	if dir == "" {
		return
	}
	bus := natsbustest.Connect(t, natsbustest.Start(t, dir).Access())
	for _, bucket := range []events.Bucket{{Name: "rows"}, {Name: "rows_ended", TTL: 24 * time.Hour}} {
		kv, err := bus.KV(t.Context(), bucket)
		if err != nil {
			t.Fatal(err)
		}
		ready := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- kv.Watch(ctx, func(events.Entry) bool { return true }, func() { close(ready) }) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("watch: %v", err)
			}
		})
		<-ready
	}
	debug.FreeOSMemory() // as the app does when it is ready
	before := cpuTime(t)
	idle := time.NewTimer(idleTime)
	<-idle.C
	fmt.Fprintf(os.Stdout, "idle: %.2f %% %.1f MiB\n", 100*(cpuTime(t)-before).Seconds()/idleTime.Seconds(), residentMiB(t))
}

func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func residentMiB(t *testing.T) float64 {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, resident float64
	if _, err := fmt.Sscan(string(raw), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * float64(os.Getpagesize()) / (1 << 20)
}
