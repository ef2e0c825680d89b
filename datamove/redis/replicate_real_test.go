//go:build real

package redis

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// A source that is written to during and after replication.
func TestReplicaofFromBusySource(t *testing.T) {
	from, to := storetest.Redis(t, "--repl-diskless-sync-delay", "0"), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	mixed(t, a, 2_000)
	j := job(t, from, to)
	j.Store.Redis = datamove.Redis{Mode: modeReplicaof, Disposable: true}
	var position string
	j.Checkpoint = func(step string) {
		switch step {
		case "synced": // the target still follows
			must(t, a, "set", "late", "x")
			if n := must(t, a, "wait", 1, 10_000); n != int64(1) {
				t.Errorf("%v replicas", n)
			}
			s := parseServer(must(t, a, "info", "replication").(string))
			position = fmt.Sprintf("%s:%d", s.replID, s.offset)
		case "detached":
			must(t, a, "set", "key:0", "changed")
			must(t, a, "del", "key:1", "key:9")
		}
	}
	part := copied(t, j)
	wantSame(t, a, b)
	if part.Snapshot.Position != position || part.Snapshot.Consistent || !strings.Contains(fmt.Sprint(part.Warnings), "of one moment, but for") {
		t.Errorf("the snapshot is %+v, want it at %s; warnings %q", part.Snapshot, position, part.Warnings)
	}
}

// A target that a killed copy has left as a replica, with a login, is mended by the
// next copy that may overwrite it, without the first one's folder.
func TestTargetLeftAttached(t *testing.T) {
	from := storetest.RedisWithPassword(t, "canary", "--repl-diskless-sync-delay", "0")
	to := storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	mixed(t, a, 1000)
	j := killJob(t, from, to, modeReplicaof)
	cmd, out := start(t, j, childJob{KillAt: 3})
	if err := cmd.Wait(); err == nil {
		t.Fatalf("it was not killed: %s", out)
	}
	if got := fmt.Sprint(must(t, b, "config", "get", "masterauth"), must(t, b, "role")); !strings.Contains(got, "canary") || !strings.Contains(got, "slave") {
		t.Fatalf("the target is %s", got)
	}
	j.ID, j.StateDir, j.Store.Existing = "run-2", t.TempDir(), datamove.ExistingReplace
	copied(t, j)
	wantSame(t, a, b)
	if got := fmt.Sprint(must(t, b, "config", "get", "masterauth"), must(t, b, "role")); strings.Contains(got, "canary") || strings.Contains(got, "slave") {
		t.Errorf("the target is left as %s", got)
	}
}

// A source that dies while it is followed is noticed at once, not when the patience
// with replication is used up.
func TestSourceDiesWhileFollowed(t *testing.T) {
	from, to := storetest.Redis(t, "--repl-diskless-sync-delay", "0"), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	mixed(t, a, 1_000)
	must(t, a, "save")
	j := job(t, from, to)
	j.Store.Redis = datamove.Redis{Mode: modeReplicaof, Disposable: true}
	// The target connects when its clock ticks, a while after this.
	j.Checkpoint = at("attached", from.Kill)
	began := time.Now()
	_, err := New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindUnavailable, "at the source")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it was noticed after %s", took)
	}
	if role := fmt.Sprint(must(t, b, "role")); !strings.HasPrefix(role, "[master") {
		t.Errorf("the target is %s", role)
	}
	from.Start(t)
	j.Resume, j.Checkpoint = true, nil
	copied(t, j)
	wantSame(t, a, b)
}
