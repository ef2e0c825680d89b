//go:build real

package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// at calls do once, at the first checkpoint of that name.
func at(name string, do func()) func(string) {
	var once sync.Once
	return func(step string) {
		if step == name {
			once.Do(do)
		}
	}
}

// A right that is taken away in the middle is no refusal: something was changed.
func TestRightsTakenInTheMiddle(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	mixed(t, a, 5_000)
	must(t, a, "acl", "setuser", "reader", "on", ">canary", "~*", "+@all")
	j := job(t, from, to)
	j.From.URL, j.From.Secret = "redis://reader@"+from.Address, "canary"
	j.Checkpoint = at("batch", func() { must(t, a, "acl", "setuser", "reader", "resetkeys", "~app:*") })
	part, err := New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindPartial, "no right")
	if part.Judge() != datamove.Incomplete || must(t, b, "dbsize") == int64(0) {
		t.Errorf("the verdict is %s with %v keys in the target", part.Verdict, must(t, b, "dbsize"))
	}
	must(t, a, "acl", "setuser", "reader", "allkeys")
	j.Resume, j.Checkpoint = true, nil
	copied(t, j)
}

// Rights on keys are seen before anything is changed, and only those that are needed.
func TestRightsOnKeys(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	for i := range 50 {
		must(t, a, "mset", fmt.Sprint("app:", i), "x", fmt.Sprint("other:", i), "x")
	}
	must(t, a, "acl", "setuser", "reader", "on", ">canary", "~app:*", "+@all")
	must(t, b, "acl", "setuser", "writer", "on", ">canary", "~app:*", "~shakedown:copy:*", "+@all")
	j := job(t, from, to)
	j.To.URL, j.To.Secret = "redis://writer@"+to.Address, "canary"
	_, err := New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindRefused, `user writer of the target may not write keys such as "other:`)
	if n := must(t, b, "dbsize"); n != int64(0) {
		t.Errorf("the target has %v keys", n)
	}
	j.From.URL, j.From.Secret = "redis://reader@"+from.Address, "canary"
	j.Store.Include = []string{"app:*"}
	if part := copied(t, j); part.Units[0].Source.Items != 50 {
		t.Errorf("units %+v", part.Units)
	}
}

// A service may have switched a command off.
func TestCommandsThatAreMissing(t *testing.T) {
	from, to := storetest.Redis(t, "--rename-command", "EVAL", ""), storetest.Redis(t, "--rename-command", "RESTORE", "")
	must(t, client(t, from, 0), "set", "k", "v")
	_, err := New().Copy(t.Context(), job(t, from, to), nil)
	wantKind(t, err, events.KindRefused, "the source knows no EVAL; commands: the target knows no RESTORE")
}

func TestNoSuchDatabase(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t, "--databases", "2")
	b := client(t, to, 0)
	must(t, client(t, from, 5), "set", "k", "v")
	must(t, client(t, from, 0), "function", "load", "#!lua name=canary\nredis.register_function('f', function() return 1 end)")
	j := job(t, from, to)
	j.From.URL += "/99"
	_, err := New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindNotFound, "source redis://"+from.Address+"/99: it has no such database")
	j = job(t, from, to)
	j.Store.Existing = datamove.ExistingMerge
	_, err = New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindNotFound, "target redis://"+to.Address+": it has no such database")
	if got := must(t, b, "function", "list"); len(got.([]any)) != 0 {
		t.Errorf("something was changed: %v", got)
	}
}

// A run that began by SCAN, because the target has what it must not remove, goes on
// by SCAN.
func TestResumeKeepsItsMode(t *testing.T) {
	from, to := storetest.Redis(t, "--repl-diskless-sync-delay", "0"), storetest.Redis(t)
	mixed(t, client(t, from, 0), 3_000)
	must(t, client(t, to, 9), "set", "theirs", "x")
	j := job(t, from, to)
	j.Store.Redis.Disposable = true
	ctx, cancel := context.WithCancel(t.Context())
	j.Checkpoint = at("batch", cancel)
	if _, err := New().Copy(ctx, j, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("it was not interrupted: %v", err)
	}
	j.Checkpoint, j.Resume = nil, true
	part := copied(t, j)
	if got := must(t, client(t, to, 9), "get", "theirs"); part.Snapshot.Method != modeScan || got != "x" {
		t.Errorf("resumed by %s, and what was there is %v", part.Snapshot.Method, got)
	}
}

// The line is cut between a piece of a big key and the expiry of the unfinished key.
func TestUnfinishedKeysExpire(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	for i := range 1000 {
		must(t, a, "rpush", "big", fmt.Sprint(i, strings.Repeat("canary", 50)))
	}
	j := job(t, from, to)
	j.Store.Redis.BigKey = 1
	j.To.URL = "redis://" + proxy(t, to.Address, func(args [][]byte) [][]byte {
		if strings.EqualFold(string(args[0]), "pexpire") && strings.HasPrefix(string(args[1]), temporaryPrefix) && !strings.HasSuffix(string(args[1]), "probe") {
			return nil
		}
		return args
	}, nil)
	_, err := New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindUnavailable, "at the target")
	for k, v := range dumpAll(t, b) {
		if strings.HasPrefix(k, temporaryPrefix) && !strings.Contains(v, "expires=true") {
			t.Errorf("%s stays for ever when nobody resumes: %.80s", k, v)
		}
	}
}

// usedMemory is what a server uses, in bytes.
func usedMemory(t *testing.T, c goredis.UniversalClient) int {
	t.Helper()
	_, rest, _ := strings.Cut(fmt.Sprint(must(t, c, "info", "memory")), "used_memory:")
	text, _, _ := strings.Cut(rest, "\r\n")
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What the target throws away after it was compared is not called equal.
func TestTargetEvicts(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t, "--maxmemory-policy", "allkeys-random")
	a, b := client(t, from, 0), client(t, to, 0)
	mixed(t, a, 10_000)
	j := job(t, from, to)
	j.Checkpoint = at("compared", func() {
		// What connections and the server itself use cannot be evicted, and differs.
		must(t, b, "config", "set", "maxmemory", strconv.Itoa(usedMemory(t, b)-200<<10))
		must(t, b, "set", "key:0", "x") // makes room
	})
	part, err := New().Copy(t.Context(), j, nil)
	if err != nil {
		t.Fatal(err)
	}
	if part.Judge() != datamove.Incomplete || !strings.Contains(part.Reason, "evicted") {
		t.Errorf("%s: %s, with %v of 10000 keys", part.Verdict, part.Reason, must(t, b, "dbsize"))
	}
}

func TestMergeTellsWhatItKeeps(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	must(t, client(t, from, 0), "mset", "both", "new", "ours", "new")
	must(t, client(t, to, 0), "mset", "both", "old", "theirs", "old", "also theirs", "old")
	j := job(t, from, to)
	j.Store.Existing = datamove.ExistingMerge
	want := []string{"merge: 2 keys that the source does not have were kept; they are not in the target's count"}
	for _, run := range []func(context.Context, datamove.Job, datamove.Progress) (datamove.Part, error){New().Copy, New().Verify} {
		part, err := run(t.Context(), j, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, part)
		if diff := cmp.Diff(want, part.Warnings); diff != "" {
			t.Error(diff)
		}
	}
}

// Where all databases are meant, those that only the target has are not passed over.
func TestDatabasesOfTheTargetAlone(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	must(t, client(t, from, 0), "set", "k", "v")
	must(t, client(t, to, 7), "mset", "theirs", "x", "too", "x")
	part := copied(t, job(t, from, to))
	if !strings.Contains(fmt.Sprint(part.Warnings), "only the target has database 7; its 2 keys stay") {
		t.Errorf("warnings %q", part.Warnings)
	}
	part, err := New().Verify(t.Context(), job(t, from, to), nil)
	if err != nil || part.Judge() != datamove.Different || !strings.Contains(part.Reason, "db7") {
		t.Errorf("%s, %s, %v", part.Judge(), part.Reason, err)
	}
	j := job(t, from, to)
	j.Store.Redis.Databases = []int{0}
	if part, err = New().Verify(t.Context(), j, nil); err != nil || part.Judge() != datamove.Equal {
		t.Errorf("%s, %s, %v", part.Judge(), part.Reason, err)
	}
}

// A target that is killed in the middle comes back with what was removed from it.
func TestReplacedKeysComeBack(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	mixed(t, a, 3_000)
	must(t, b, "mset", "theirs", "old", "key:0", "old")
	must(t, b, "save")
	j := job(t, from, to)
	j.Store.Existing = datamove.ExistingReplace
	ctx, cancel := context.WithCancel(t.Context())
	j.Checkpoint = at("batch", cancel)
	if _, err := New().Copy(ctx, j, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("it was not interrupted: %v", err)
	}
	to.Kill()
	to.Start(t)
	if got := must(t, b, "get", "theirs"); got != "old" {
		t.Fatalf("the target came back with %v", got)
	}
	j.Checkpoint, j.Resume = nil, true
	copied(t, j)
	if diff := cmp.Diff(quick(t, a), quick(t, b)); diff != "" {
		t.Error(diff)
	}
}
