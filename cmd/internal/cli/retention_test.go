package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestACommandLeavesTheRetentionOfTheServer: a server keeps its runs for a year. A
// command that does its work in this process, with the same data directory, deletes
// none of them: neither by the age of the buckets nor by their number.
func TestACommandLeavesTheRetentionOfTheServer(t *testing.T) {
	const year = 365 * 24 * time.Hour
	data := t.TempDir()
	withStore(t, data, func(access natsbus.Access) { keepRuns(t, access, year) })
	run := []string{"experiment", "run", "../../../examples/shop/experiments/kill-one-api.yaml", "--environment", "nobody"}
	if code := standalone(t, data, run...); code != kit.ExitNotFound {
		t.Fatalf("exit code %d", code)
	}
	withStore(t, data, func(access natsbus.Access) {
		js := natsbustest.JetStream(t, access)
		for _, name := range []string{"KV_shakedown_experiments_queue_ended", "SHAKEDOWN_OBJECTS_experiments_records"} {
			if got := streamOf(t, js, name).CachedInfo().Config.MaxAge; got != year {
				t.Errorf("%s deletes what is older than %s, want %s", name, got, year)
			}
		}
		if hasLeader(t, js, "experiments_pruning") {
			t.Error("the command has deleted runs that it finds too many")
		}
	})
}

// keepRuns opens the buckets of runs as a server with such a retention does.
func keepRuns(t *testing.T, access natsbus.Access, keep time.Duration) {
	t.Helper()
	bus, err := natsbus.Connect(t.Context(), natsbus.Config{Access: access})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bus.Close() }()
	if _, err = bus.KV(t.Context(), events.Bucket{Name: "experiments_queue_ended", TTL: keep}); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.Objects(t.Context(), events.Bucket{Name: "experiments_records", TTL: keep}); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.KV(t.Context(), events.Bucket{Name: "leaders"}); err != nil { // a server has it; the command needs none
		t.Fatal(err)
	}
}

// hasLeader says whether anybody has ever had the duty.
func hasLeader(t *testing.T, js jetstream.JetStream, duty string) bool {
	t.Helper()
	leaders, err := js.Stream(t.Context(), "KV_shakedown_leaders")
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = leaders.GetLastMsgForSubject(t.Context(), "$KV.shakedown_leaders."+duty)
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func streamOf(t *testing.T, js jetstream.JetStream, name string) jetstream.Stream {
	t.Helper()
	stream, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// withStore does something with the embedded server of a data directory.
func withStore(t *testing.T, data string, do func(natsbus.Access)) {
	t.Helper()
	server, err := natsbus.StartEmbedded(t.Context(), natsbus.Embedded{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	do(server.Access())
}

// standalone runs a command that does its work in this process.
func standalone(t *testing.T, data string, command ...string) (code int) {
	t.Helper()
	kubernetes, prometheus := standIns(t)
	cluster := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(cluster, kubeconfig(kubernetes), 0o600); err != nil {
		t.Fatal(err)
	}
	world := System()
	world.In, world.Out, world.Err, world.ErrTTY, world.OutTTY = strings.NewReader(""), io.Discard, io.Discard, false, false
	home := t.TempDir()
	world.Env = func(name string) string { return map[string]string{"HOME": home}[name] }
	args := append(command, "--standalone", "--data-dir", data, "--kubeconfig", cluster, "--prometheus", prometheus)
	return Main(t.Context(), args, world)
}
