//go:build real

package redis

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

func TestThrottled(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a := client(t, from, 0)
	for i := range 200 {
		must(t, a, "set", fmt.Sprint("k", i), strings.Repeat(fmt.Sprint(i), 2000))
	}
	must(t, a, "set", "big", strings.Repeat("x", 1<<20))
	j := job(t, from, to)
	j.Store.Redis.BigKey = 1
	j.Store.Throttle = datamove.Throttle{BytesPerSecond: 1 << 20, MaxLatency: events.Duration(time.Second)}
	began := time.Now()
	copied(t, j)
	if took := time.Since(began); took < 900*time.Millisecond {
		t.Errorf("a MiB took %s at a MiB a second", took)
	}
	wantSame(t, a, client(t, to, 0))
}

// The line to either end is cut in the middle; the copy says so and can be resumed.
func TestConnectionCut(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	mixed(t, a, 20_000)
	for _, end := range []string{"source", "target"} {
		t.Run(end, func(t *testing.T) {
			must(t, b, "flushall")
			j := job(t, from, to)
			var n atomic.Int64
			var mended atomic.Bool
			at := map[string]string{"source": "evalsha", "target": "restore"}[end]
			cutting := func(args [][]byte) [][]byte {
				if strings.EqualFold(string(args[0]), at) && len(args) > 4 { // no probe
					n.Add(1)
				}
				if n.Load() > 20 && !mended.Load() {
					return nil // no command: the server ends the connection
				}
				return args
			}
			through := j
			if end == "source" {
				through.From.URL = "redis://" + proxy(t, from.Address, cutting, nil)
			} else {
				through.To.URL = "redis://" + proxy(t, to.Address, cutting, nil)
			}
			part, err := New().Copy(t.Context(), through, nil)
			wantKind(t, err, events.KindUnavailable, "at the "+end)
			if part.Judge() != datamove.Incomplete {
				t.Errorf("the verdict is %s", part.Verdict)
			}
			if n := must(t, b, "dbsize"); n == int64(0) || n == int64(20_000) {
				t.Errorf("it was not cut in the middle: %v keys", n)
			}
			mended.Store(true)
			through.Resume = true
			copied(t, through)
			if diff := cmp.Diff(quick(t, a), quick(t, b)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A pending entry whose message was deleted is in the payload, but cannot be made by
// elements: that is told and never called equal.
func TestPendingWithoutMessage(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	streams(t, a)
	must(t, a, "xdel", "stream", "10-0")
	copied(t, job(t, from, to))
	wantSame(t, a, b)
	must(t, b, "flushall")
	j := job(t, from, to)
	j.To.URL = "redis://" + proxy(t, to.Address, func(args [][]byte) [][]byte {
		if strings.EqualFold(string(args[0]), "restore") {
			args[3] = []byte("not a payload")
		}
		return args
	}, nil)
	part, err := New().Copy(t.Context(), j, nil)
	if err != nil {
		t.Fatal(err)
	}
	if part.Judge() != datamove.Different || len(part.Differences) != 1 || !strings.Contains(part.Differences[0].Detail, "billing") {
		t.Errorf("%s: %+v", part.Judge(), part.Differences)
	}
}

// In merge mode, what the mask drops does not take away what the target has.
func TestMergeAndDrop(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	must(t, a, "set", "drop:1", "canary")
	must(t, b, "set", "drop:1", "theirs")
	j := job(t, from, to)
	j.Mask, j.Store.Existing = testMasker{}, datamove.ExistingMerge
	copied(t, j)
	if got := must(t, b, "get", "drop:1"); got != "theirs" {
		t.Errorf("the key is %v", got)
	}
}

func TestPlanChangesNothing(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	corpus(t, a)
	must(t, b, "set", "there", "x")
	before := [2]map[string]string{dumpAll(t, a), dumpAll(t, b)}
	dirty := func() string { return fmt.Sprint(must(t, a, "lastsave"), changes(t, a), changes(t, b)) }
	was := dirty()
	p, err := New().Plan(t.Context(), job(t, from, to))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Units) != 1 || p.Units[0].Items != 25 || p.Method != modeScan || p.Estimate <= 0 || p.From.Fingerprint == p.To.Fingerprint {
		t.Errorf("the plan is %+v", p)
	}
	if !strings.Contains(fmt.Sprint(p.Findings), "not-empty") {
		t.Errorf("findings: %+v", p.Findings)
	}
	after := [2]map[string]string{dumpAll(t, a), dumpAll(t, b)}
	if fmt.Sprint(before) != fmt.Sprint(after) || dirty() != was {
		t.Errorf("something was changed: %s, then %s", was, dirty())
	}
}

// changes is how many changes a server has seen since it was last saved.
func changes(t testing.TB, c goredis.UniversalClient) string {
	t.Helper()
	for line := range strings.Lines(fmt.Sprint(must(t, c, "info", "persistence"))) {
		if strings.HasPrefix(line, "rdb_changes_since_last_save") {
			return line
		}
	}
	return ""
}
