//go:build real

package redis

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

func TestCopyEveryType(t *testing.T) {
	from := storetest.Redis(t, "--repl-diskless-sync-delay", "0")
	a := client(t, from, 0)
	corpus(t, a)
	for _, mode := range []string{modeScan, modeReplicaof} {
		t.Run(mode, func(t *testing.T) {
			to := storetest.Redis(t)
			j := job(t, from, to)
			j.Store.Redis = datamove.Redis{Mode: mode, Disposable: true}
			part := copied(t, j)
			wantSame(t, a, client(t, to, 0))
			if part.Snapshot.Method != mode || part.Snapshot.Consistent != (mode == modeReplicaof) {
				t.Errorf("the snapshot is %+v", part.Snapshot)
			}
			if role := fmt.Sprint(must(t, client(t, to, 0), "role")); !strings.HasPrefix(role, "[master") {
				t.Errorf("the target is %s", role)
			}
		})
	}
}

// Each setting changes encodings at the target, so that payloads tell nothing.
func TestCopyBetweenEncodings(t *testing.T) {
	from := storetest.Redis(t)
	to := storetest.Redis(t, "--hash-max-listpack-entries", "0", "--set-max-intset-entries", "0", "--zset-max-listpack-entries", "0", "--list-max-listpack-size", "2")
	a, b := client(t, from, 0), client(t, to, 0)
	corpus(t, a)
	copied(t, job(t, from, to))
	wantSame(t, a, b)
}

// A size of 1 byte makes every key over 64 KiB a big one.
func TestCopyInPieces(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	corpus(t, a)
	j := job(t, from, to)
	j.Store.Redis.BigKey = 1
	copied(t, j)
	wantSame(t, a, b)
}

// The target refuses all payloads, as an older one does.
func TestCopyByElements(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	corpus(t, a)
	j := job(t, from, to)
	j.To.URL = "redis://" + proxy(t, to.Address, func(args [][]byte) [][]byte {
		if strings.EqualFold(string(args[0]), "restore") {
			args[3] = []byte("not a payload")
		}
		return args
	}, nil)
	part := copied(t, j)
	wantSame(t, a, b)
	if !strings.Contains(fmt.Sprint(part.Warnings), "by elements") {
		t.Errorf("nobody is told of it: %q", part.Warnings)
	}
}

// A source that knows no PEXPIRETIME.
func TestCopyFromOlder(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	corpus(t, a)
	j := job(t, from, to)
	j.From.URL = "redis://" + proxy(t, from.Address, func(args [][]byte) [][]byte {
		if strings.EqualFold(string(args[0]), "pexpiretime") {
			args[0] = []byte("unknown")
		}
		return args
	}, strings.NewReplacer("redis_version:7.0", "redis_version:6.2"))
	copied(t, j)
	wantSame(t, a, b)
}

func TestClocksThatDiffer(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	must(t, a, "set", "k", "v", "px", 1_000_000)
	j := job(t, from, to)
	j.To.URL = "redis://" + proxy(t, to.Address, func(args [][]byte) [][]byte {
		if strings.EqualFold(string(args[0]), "time") {
			return bytesOf("eval", "local t = redis.call('TIME'); return {tostring(t[1] + 100), t[2]}", "0")
		}
		return args
	}, nil)
	copied(t, j)
	want := must(t, a, "pexpiretime", "k").(int64) + 100_000
	if got := must(t, b, "pexpiretime", "k").(int64); time.Duration(got-want).Abs()*time.Millisecond > ttlTolerance {
		t.Errorf("the key expires %d ms from where it should", got-want)
	}
}

// Dying keys must never become immortal.
func TestKeysThatExpire(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	p := a.Pipeline()
	for i := range 20_000 {
		p.Set(t.Context(), fmt.Sprint("dying:", i), "x", time.Duration(2+i%400)*time.Millisecond)
		p.HSet(t.Context(), fmt.Sprint("dying:h:", i), "a", "b")
		p.PExpire(t.Context(), fmt.Sprint("dying:h:", i), time.Duration(2+i%400)*time.Millisecond)
		p.Set(t.Context(), fmt.Sprint("lives:", i), "x", time.Hour)
	}
	if _, err := p.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	copied(t, job(t, from, to))
	eventstest.Eventually(t, "the keys with a deadline have expired", func() bool { return must(t, b, "eval", "return #redis.call('keys', 'dying:*')", 0) == int64(0) })
	for k, v := range dumpAll(t, b) {
		if !strings.Contains(v, "expires=true") {
			t.Fatalf("%s lives for ever: %s", k, v)
		}
	}
	for _, k := range []string{"lives:7", "lives:19999"} {
		if x, y := must(t, a, "pexpiretime", k), must(t, b, "pexpiretime", k); x != y {
			t.Errorf("%s expires at %d, not %d", k, y, x)
		}
	}
}

func TestDatabases(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	for _, n := range []int{0, 3, 15} {
		must(t, client(t, from, n), "set", fmt.Sprint("in ", n), n)
	}
	j := job(t, from, to)
	part := copied(t, j)
	if len(part.Units) != 3 {
		t.Errorf("units: %+v", part.Units)
	}
	for i, n := range []int{0, 3, 15} {
		wantSame(t, client(t, from, n), client(t, to, n))
		if u := part.Units[i]; u.Copied != 1 || u.Source.Items != 1 {
			t.Errorf("unit %+v", u)
		}
	}
	j.From.URL, j.To.URL, j.ID, j.StateDir = j.From.URL+"/3", j.To.URL+"/4", "run-2", t.TempDir()
	copied(t, j)
	wantSame(t, client(t, from, 3), client(t, to, 4))
	j = job(t, from, to)
	j.Store.Redis.Databases = []int{15}
	j.Store.Existing = datamove.ExistingReplace
	if part := copied(t, j); len(part.Units) != 1 || part.Units[0].Name != "db15" {
		t.Errorf("units: %+v", part.Units)
	}
}

func TestFilterAndFunctions(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	must(t, a, "function", "load", "#!lua name=canary\nredis.register_function('f', function() return 1 end)")
	for _, k := range []string{"app:1", "app:2", "tmp:1", "app:tmp:1"} {
		must(t, a, "set", k, "x")
	}
	must(t, b, "set", "tmp:other", "stays")
	j := job(t, from, to)
	j.Store.Exclude = []string{"*tmp:*"}
	part := copied(t, j)
	want := map[string]string{"app:1": `string expires=false "x"`, "app:2": `string expires=false "x"`, "tmp:other": `string expires=false "stays"`}
	if diff := cmp.Diff(want, dumpAll(t, b)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]datamove.Object{{Kind: "library", Name: "canary", Equal: true}}, part.Objects); diff != "" {
		t.Error(diff)
	}
	if got := must(t, b, "fcall", "f", 0); got != int64(1) {
		t.Errorf("the function returns %v", got)
	}
	must(t, b, "function", "flush")
	j = job(t, from, to)
	j.Store.Include, j.Store.Existing = []string{"app:*"}, datamove.ExistingMerge
	if part := copied(t, j); len(part.LeftOut) != 1 || len(part.Objects) != 0 {
		t.Errorf("left out %+v, objects %+v", part.LeftOut, part.Objects)
	}
}

func TestExisting(t *testing.T) {
	for _, tc := range []struct {
		existing datamove.Existing
		want     map[string]string
	}{
		{"", map[string]string{"both": "old", "theirs": "old"}},
		{datamove.ExistingFail, map[string]string{"both": "old", "theirs": "old"}},
		{datamove.ExistingReplace, map[string]string{"both": "new", "ours": "new"}},
		{datamove.ExistingMerge, map[string]string{"both": "new", "ours": "new", "theirs": "old"}},
	} {
		t.Run(string(tc.existing), func(t *testing.T) {
			from, to := storetest.Redis(t), storetest.Redis(t)
			a, b := client(t, from, 0), client(t, to, 0)
			must(t, a, "mset", "both", "new", "ours", "new")
			must(t, b, "mset", "both", "old", "theirs", "old")
			j := job(t, from, to)
			j.Store.Existing = tc.existing
			part, err := New().Copy(t.Context(), j, nil)
			if tc.existing == "" || tc.existing == datamove.ExistingFail {
				wantKind(t, err, events.KindRefused, "has keys that the copy would meet")
				if part.Verdict != datamove.Refused {
					t.Errorf("the verdict is %s", part.Verdict)
				}
			} else if err != nil {
				t.Fatal(err)
			} else {
				wantEqual(t, part)
			}
			got := map[string]string{}
			for k := range dumpAll(t, b) {
				got[k] = must(t, b, "get", k).(string)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func wantKind(t testing.TB, err error, kind events.Kind, text string) {
	t.Helper()
	var e *events.Error
	if !errors.As(err, &e) || e.Kind != kind || !strings.Contains(e.Message, text) {
		t.Fatalf("the error is %#v, want %s: ...%s...", err, kind, text)
	}
}

func TestVerifyNamesWhatDiffers(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	corpus(t, a)
	must(t, a, "set", "only here", "x")
	copied(t, job(t, from, to))
	must(t, b, "del", "only here")
	must(t, b, "set", "only there", "x")
	must(t, b, "append", "string", "!")
	must(t, b, "hset", "hash:long", "field 7", "changed")
	must(t, b, "lset", "list:long", 1500, "changed")
	must(t, b, "srem", "set:long", "member 7")
	must(t, b, "zadd", "zset:long", 8.5, "member 7")
	must(t, b, "persist", "string:expires")
	must(t, b, "pexpire", "hash", 999_000)
	must(t, b, "xadd", "stream", "900-1", "a", "b")
	must(t, b, "setrange", "string:long", 100_000, "changed")
	must(t, b, "xack", "stream:never", "g", "1-1")
	must(t, b, "del", "list")
	must(t, b, "sadd", "list", "another type")
	before := dumpAll(t, b)
	part, err := New().Verify(t.Context(), job(t, from, to), nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := part.Judge(); v != datamove.Different {
		t.Errorf("the verdict is %s", v)
	}
	got := map[string]string{}
	for _, d := range part.Differences {
		got[d.ID] = d.What + ": " + d.Detail
	}
	for _, k := range []string{"only here", "only there", "string", "hash:long", "list:long", "set:long", "zset:long", "string:expires", "hash", "stream", "string:long", "list"} {
		if got[k] == "" {
			t.Errorf("%q is not among the differences", k)
		}
		delete(got, k)
	}
	if len(got) > 0 {
		t.Errorf("these do not differ: %v", got)
	}
	if diff := cmp.Diff(before, dumpAll(t, b)); diff != "" {
		t.Errorf("the comparison changed the target:\n%s", diff)
	}
}

// Keys that change while they are copied are found and copied again.
func TestSourceThatChanges(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	mixed(t, a, 20_000)
	j := job(t, from, to)
	changed := false
	j.Checkpoint = func(step string) {
		if step == "copied" && !changed {
			changed = true
			must(t, a, "set", "key:0", "changed")
			must(t, a, "del", "key:1", "key:9", "key:2")
			must(t, a, "set", "new", "x")
			must(t, a, "rpush", "key:2", "another", "type")
			must(t, b, "set", "somebody else's", "x")
		}
	}
	part, err := New().Copy(t.Context(), j, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []datamove.Difference{{Unit: "db0", ID: "somebody else's", What: extra}}
	if diff := cmp.Diff(want, part.Differences); diff != "" {
		t.Error(diff)
	}
	must(t, b, "del", "somebody else's")
	if diff := cmp.Diff(quick(t, a), quick(t, b)); diff != "" {
		t.Error(diff)
	}
}

func TestCluster(t *testing.T) {
	nodes := storetest.RedisCluster(t, 3)
	single := storetest.Redis(t)
	back := storetest.Redis(t)
	a, b := client(t, single, 0), client(t, back, 0)
	corpus(t, a)
	mixed(t, a, 5_000)
	j := job(t, single, nodes[0])
	j.To.URL = "redis://" + nodes[1].Address + "?cluster=true"
	j.Store.Redis.BigKey = 1
	copied(t, j)
	c := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: []string{nodes[2].Address}, Protocol: 2, DisableIdentity: true})
	t.Cleanup(func() { c.Close() })
	if got := must(t, c, "get", "{tag}:key with spaces\r\n"); got != "x" {
		t.Errorf("the key with a hash tag is %v", got)
	}
	j = job(t, nodes[2], back)
	copied(t, j)
	wantSame(t, a, b)
}
