//go:build real

package redis

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// kills is at how many random points somebody is killed.
const kills = 60

// start runs a copier as a process of its own.
func start(t testing.TB, j datamove.Job, c childJob) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	c.ID, c.StateDir, c.Resume, c.Store, c.From, c.To = j.ID, j.StateDir, j.Resume, j.Store, j.From.Endpoint, j.To.Endpoint
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text), "GORACE=atexit_sleep_ms=0", "FROM_SECRET="+j.From.Secret, "TO_SECRET="+j.To.Secret)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &out
}

// Whoever is killed and whenever: resumed, the copy is equal by an independent
// look, nothing of ours is left over, and the target follows nobody.
func TestKillAnywhere(t *testing.T) {
	random := rand.New(rand.NewPCG(3, uint64(kills)))
	from := storetest.RedisWithPassword(t, "canary", "--repl-diskless-sync-delay", "0")
	to := storetest.Redis(t)
	mixed(t, client(t, from, 0), 6_000)
	must(t, client(t, from, 0), "set", "big", strings.Repeat("canary", 500_000))
	streams(t, client(t, from, 0))
	must(t, client(t, from, 0), "function", "load", "#!lua name=canary\nredis.register_function('f', function() return 1 end)")
	must(t, client(t, from, 0), "save")
	must(t, client(t, to, 0), "save")
	steps, took := checkpoints(t, from, to)
	for i := range kills {
		victim := []string{"copier", "copier at a step", "source", "target"}[i%4]
		mode := []string{modeScan, modeReplicaof}[random.IntN(2)]
		t.Run(fmt.Sprintf("%d/%s/%s", i, victim, mode), func(t *testing.T) {
			must(t, client(t, to, 0), "replicaof", "no", "one")
			must(t, client(t, to, 0), "flushall")
			must(t, client(t, to, 0), "function", "flush")
			must(t, client(t, to, 0), "save")
			j := killJob(t, from, to, mode)
			c := childJob{}
			if victim == "copier at a step" {
				c.KillAt = 1 + random.IntN(steps)
			}
			cmd, out := start(t, j, c)
			if victim != "copier at a step" {
				events.Wait(t.Context(), time.Duration(random.Int64N(int64(took)))) // a random point, which is what the test is about
			}
			switch victim {
			case "copier":
				_ = cmd.Process.Kill()
			case "source":
				from.Kill()
			case "target":
				to.Kill()
			}
			ended := cmd.Wait()
			if victim == "source" {
				from.Start(t)
			}
			if victim == "target" {
				to.Start(t)
			}
			if ended == nil && !strings.Contains(out.String(), `"verdict":"equal"`) {
				t.Fatalf("the copy ended well without being equal: %s", out)
			}
			// It may have ended well a moment before it was killed.
			well := strings.Contains(out.String(), `"error":"\u003cnil\u003e"`)
			if ended != nil && !well && strings.Contains(out.String(), `"verdict":"equal"`) {
				t.Errorf("the copy failed and is called equal: %s", out)
			}
			resume(t, j, from, to)
		})
	}
}

func killJob(t testing.TB, from, to *storetest.RedisServer, mode string) datamove.Job {
	j := job(t, from, to)
	j.Store.Redis = datamove.Redis{Mode: mode, Disposable: true, BigKey: 1 << 20}
	return j
}

// checkpoints counts those of an undisturbed copy.
func checkpoints(t testing.TB, from, to *storetest.RedisServer) (steps int, took time.Duration) {
	t.Helper()
	j := killJob(t, from, to, modeScan)
	lock := make(chan struct{}, 1)
	j.Checkpoint = func(string) {
		lock <- struct{}{}
		steps++
		<-lock
	}
	began := time.Now()
	copied(t, j)
	return steps, 2 * time.Since(began)
}

// resume goes on with the copy and looks at the result without our code.
func resume(t testing.TB, j datamove.Job, from, to *storetest.RedisServer) {
	t.Helper()
	j.Resume = true
	a, b := client(t, from, 0), client(t, to, 0)
	part, err := New().Copy(t.Context(), j, nil)
	if err != nil {
		t.Fatalf("resume: %v", err)
	}
	wantEqual(t, part)
	if diff := cmp.Diff(quick(t, a), quick(t, b)); diff != "" {
		t.Fatalf("the report says equal and it is not:\n%s", diff)
	}
	if diff := cmp.Diff(describe(t, a, "stream"), describe(t, b, "stream")); diff != "" {
		t.Error(diff)
	}
	if got := must(t, b, "fcall", "f", 0); got != int64(1) {
		t.Errorf("the function returns %v", got)
	}
	info := fmt.Sprint(must(t, b, "info", "replication"), must(t, b, "config", "get", "masterauth"), must(t, b, "config", "get", "repl-diskless-load"))
	if !strings.Contains(info, "role:master") || !strings.Contains(info, "disabled") || strings.Contains(info, "canary") {
		t.Errorf("the target is left as %s", info)
	}
}

// quick reads payloads and expiries of a database with a plain client.
func quick(t testing.TB, c *goredis.Client) map[string]string {
	t.Helper()
	ctx := context.Background()
	keys, err := c.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	p := c.Pipeline()
	dumps := make([]*goredis.StringCmd, len(keys))
	expiries := make([]*goredis.DurationCmd, len(keys))
	for i, k := range keys {
		dumps[i], expiries[i] = p.Dump(ctx, k), p.PExpireTime(ctx, k)
	}
	if _, err := p.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for i, k := range keys {
		if k == "stream" || k == "stream:never" {
			continue // payloads have times of the last visit
		}
		out[k] = dumps[i].Val() + expiries[i].Val().String()
	}
	return out
}

// A target that a killed run has left as a replica is told to others, and detached
// by the same run.
func TestKilledWhileAttached(t *testing.T) {
	from, to := storetest.Redis(t, "--repl-diskless-sync-delay", "0"), storetest.Redis(t)
	mixed(t, client(t, from, 0), 1000)
	j := killJob(t, from, to, modeReplicaof)
	cmd, out := start(t, j, childJob{KillAt: 3})
	if err := cmd.Wait(); err == nil {
		t.Fatalf("it was not killed: %s", out)
	}
	if role := fmt.Sprint(must(t, client(t, to, 0), "role")); !strings.HasPrefix(role, "[slave") {
		t.Fatalf("the target is %s", role)
	}
	plan, err := New().Plan(t.Context(), j)
	if err != nil || !strings.Contains(fmt.Sprint(plan.Findings), "an earlier try of this run") {
		t.Errorf("the plan says %+v, %v", plan.Findings, err)
	}
	other := j
	other.StateDir = t.TempDir()
	if _, err := New().Copy(t.Context(), other, nil); err == nil || !strings.Contains(err.Error(), "is a replica of") {
		t.Errorf("another run says %v", err)
	}
	j.Resume = true
	copied(t, j)
	if role := fmt.Sprint(must(t, client(t, to, 0), "role")); !strings.HasPrefix(role, "[master") {
		t.Errorf("the target is %s", role)
	}
}

// A key of 100 MB of every type goes through a process that stays below 128 MiB.
func TestMemory(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	must(t, a, "eval", `
local text = string.rep('x', 1000)
for i = 1, 100 do redis.call('APPEND', 'string', string.rep(tostring(i % 10), 1048576)) end
for i = 1, 100000 do
  local id = i .. ':' .. text
  redis.call('HSET', 'hash', 'field ' .. i, id)
  redis.call('RPUSH', 'list', id)
  redis.call('SADD', 'set', id)
  redis.call('ZADD', 'zset', i / 7, id)
  redis.call('XADD', 'stream', i .. '-1', 'x', id)
end
-- elements of 7 MiB, and one field of 30 MiB that sampling does not see
for i = 1, 9 do redis.call('RPUSH', 'wide', string.rep(tostring(i), 7340032)) end
for i = 1, 3000 do redis.call('HSET', 'hidden', i, string.rep('y', 100)) end
redis.call('HSET', 'hidden', 'z', string.rep('z', 31457280))`, 0)
	// Just below the size from which keys are copied in pieces.
	for i := range 6 {
		must(t, a, "set", fmt.Sprint("below:", i), strings.Repeat("canary", 30<<20/6))
	}
	for _, verify := range []bool{false, true} {
		cmd, out := start(t, job(t, from, to), childJob{Verify: verify})
		if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), `"verdict":"equal"`) {
			t.Fatalf("%v: %s", err, out)
		}
		wantSmall(t, out.String())
	}
	for _, k := range []string{"string", "hash", "list", "set", "zset", "stream"} {
		if x, y := must(t, a, "memory", "usage", k, "samples", 0), must(t, b, "memory", "usage", k, "samples", 0); x.(int64) < 100_000_000 || y.(int64) < 100_000_000 {
			t.Errorf("%s has %d and %d bytes", k, x, y)
		}
	}
	if must(t, a, "dump", "wide") != must(t, b, "dump", "wide") || must(t, b, "hstrlen", "hidden", "z") != int64(30<<20) {
		t.Error("keys with large elements differ")
	}
	if keys := must(t, b, "dbsize"); keys != must(t, a, "dbsize") {
		t.Errorf("the target has %d keys", keys)
	}
}

// Many keys go through a process that stays below 128 MiB, also when all of them
// differ and their names are long.
func TestMemoryOfManyKeys(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	mixed(t, client(t, from, 0), benchKeys)
	must(t, client(t, from, 1), "eval", "for i = 1, 100000 do redis.call('SET', string.rep('canary', 150) .. i, 'x') end", 0)
	cmd, out := start(t, job(t, from, to), childJob{Verify: true})
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), `"verdict":"different"`) {
		t.Fatalf("%v: %.1000s", err, out)
	}
	wantSmall(t, out.String())
	cmd, out = start(t, job(t, from, to), childJob{})
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), `"verdict":"equal"`) {
		t.Fatalf("%v: %.1000s", err, out)
	}
	wantSmall(t, out.String())
}

// wantSmall looks for the most memory that a child has used.
func wantSmall(t testing.TB, out string) {
	t.Helper()
	m := regexp.MustCompile(`VmHWM:\\t\s*(\d+) kB`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no VmHWM in %.1000s", out)
	}
	peak, _ := strconv.Atoi(m[1])
	t.Logf("at most %d MiB", peak>>10)
	if peak > 128<<10 {
		t.Errorf("the copier used %d MiB", peak>>10)
	}
}

// An element that has no pieces and does not fit is left out, by name, and the copy
// is not called equal.
func TestElementTooLarge(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	must(t, a, "eval", `
redis.call('SET', 'small', 'x')
redis.call('HSET', 'giant', 'a', string.rep('a', 104857600))
redis.call('RPUSH', 'giants', 'a', string.rep('a', 41943040), 'b')`, 0)
	cmd, out := start(t, job(t, from, to), childJob{})
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{`"verdict":"incomplete"`, `2 keys, such as \"giant`, "an element larger than 8 MiB"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %q: %s", want, out)
		}
	}
	wantSmall(t, out.String())
	if diff := cmp.Diff(map[string]string{"small": `string expires=false "x"`}, dumpAll(t, b)); diff != "" {
		t.Error(diff)
	}
}
