//go:build real

package redis

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// Most keys are deleted while the source is scanned, so that its table shrinks and
// SCAN gives names twice.
func TestSourceThatShrinks(t *testing.T) {
	for _, mode := range []string{modeScan, modeReplicaof} {
		t.Run(mode, func(t *testing.T) {
			from, to := storetest.Redis(t, "--repl-diskless-sync-delay", "0"), storetest.Redis(t)
			a, b := client(t, from, 0), client(t, to, 0)
			mixed(t, a, 40_000)
			j := job(t, from, to)
			j.Store.Redis = datamove.Redis{Mode: mode, Disposable: true}
			j.Checkpoint = at(map[string]string{modeScan: "batch", modeReplicaof: "copied"}[mode], func() {
				must(t, a, "eval", "for i = 0, 39999 do if i % 50 ~= 0 then redis.call('DEL', 'key:' .. i) end end", 0)
			})
			part := copied(t, j)
			if diff := cmp.Diff(quick(t, a), quick(t, b)); diff != "" {
				t.Error(diff)
			}
			if u := part.Units[0]; u.Source.Items != 800 || u.Target.Items != u.Source.Items {
				t.Errorf("%d and %d keys", u.Source.Items, u.Target.Items)
			}
		})
	}
}

// A big key expires while it is copied in pieces: it is neither there afterwards nor
// half of it under another name.
func TestBigKeyExpiresInTheMiddle(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	for _, k := range []string{"string", "other"} {
		must(t, a, "set", k, strings.Repeat(k, 300_000))
	}
	for i := range 30 {
		must(t, a, "rpush", "list", strings.Repeat(fmt.Sprint(i), 100_000))
	}
	j := job(t, from, to)
	j.Store.Redis.BigKey = 1
	j.Store.Throttle.BytesPerSecond = 4 << 20
	j.Checkpoint = at("began", func() {
		must(t, a, "pexpire", "string", 300)
		must(t, a, "pexpire", "list", 500)
	})
	copied(t, j)
	eventstest.Eventually(t, "one key is left", func() bool { return must(t, b, "dbsize") == int64(1) })
	if got := must(t, b, "ttl", "other"); got != int64(-1) {
		t.Errorf("the key that does not expire has %v", got)
	}
}

// A copy that is interrupted while a big key grows takes away what it has begun.
func TestInterruptedLeavesNothing(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	b := client(t, to, 0)
	must(t, client(t, from, 0), "set", "big", strings.Repeat("canary", 2<<20))
	j := job(t, from, to)
	j.Store.Redis.BigKey = 1
	j.Store.Throttle.BytesPerSecond = 4 << 20
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() {
		_, err := New().Copy(ctx, j, nil)
		over <- err
	}()
	eventstest.Eventually(t, "the big key is begun", func() bool { return must(t, b, "dbsize") == int64(1) })
	cancel()
	wantKind(t, <-over, events.KindPartial, "interrupted")
	if got := must(t, b, "dbsize"); got != int64(0) {
		t.Errorf("%v keys are left over", got)
	}
	j.Resume, j.Store.Throttle.BytesPerSecond = true, 0
	_, err := New().Copy(t.Context(), j, nil)
	if err != nil {
		t.Error(err)
	}
}

// An expiry that is set, changed or taken away after the copy is seen and copied.
func TestExpiryChanges(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	for _, k := range []string{"set", "changed", "taken", "same", "a little"} {
		must(t, a, "set", k, "x", "px", 1_000_000)
	}
	must(t, a, "persist", "set")
	j := job(t, from, to)
	j.Checkpoint = at("copied", func() {
		must(t, a, "pexpire", "set", 500_000)
		must(t, a, "pexpire", "changed", 700_000)
		must(t, a, "persist", "taken")
		must(t, b, "pexpireat", "a little", must(t, a, "pexpiretime", "a little").(int64)+60)
	})
	part := copied(t, j)
	for _, k := range []string{"set", "changed", "taken", "same", "a little"} {
		x, y := must(t, a, "pexpiretime", k).(int64), must(t, b, "pexpiretime", k).(int64)
		if d := time.Duration(x-y) * time.Millisecond; d.Abs() > ttlTolerance {
			t.Errorf("%s expires at %d, not %d", k, y, x)
		}
	}
	if !strings.Contains(fmt.Sprint(part.Warnings), "4 keys changed during the copy") {
		t.Errorf("warnings %q", part.Warnings)
	}
}

// Libraries that only the target has stay and are told; one that differs is named.
func TestFunctionsOfTheTarget(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	must(t, a, "function", "load", "#!lua name=ours\nredis.register_function('f', function() return 1 end)")
	must(t, b, "function", "load", "#!lua name=theirs\nredis.register_function('g', function() return 1 end)")
	part := copied(t, job(t, from, to))
	if !strings.Contains(fmt.Sprint(part.Warnings), "only the target has the library theirs") || must(t, b, "fcall", "g", 0) != int64(1) {
		t.Errorf("warnings %q", part.Warnings)
	}
	must(t, b, "function", "load", "replace", "#!lua name=ours\nredis.register_function('f', function() return 2 end)")
	part, err := New().Verify(t.Context(), job(t, from, to), nil)
	if err != nil || part.Judge() != datamove.Different || !strings.Contains(part.Reason, "library ours") {
		t.Errorf("%s: %s, %v", part.Judge(), part.Reason, err)
	}
}
