//go:build real

package redis

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

func TestPasswords(t *testing.T) {
	from := storetest.RedisWithPassword(t, "canary-from", "--repl-diskless-sync-delay", "0")
	to := storetest.RedisWithPassword(t, "canary-to")
	a, b := client(t, from, 0), client(t, to, 0)
	must(t, a, "set", "k", "v")
	for _, tc := range []struct{ name, from, to, want string }{
		{"none", "", "canary-to", "wants a password"},
		{"wrong", "canary-wrong", "canary-to", "wrong user or password"},
		{"wrong at the target", "canary-from", "canary-wrong", "wrong user or password"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			j := job(t, from, to)
			j.From.Secret, j.To.Secret = tc.from, tc.to
			part, err := New().Copy(t.Context(), j, nil)
			wantKind(t, err, events.KindRefused, tc.want)
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, part, j), "canary-") {
				t.Errorf("a secret is shown: %v", err)
			}
		})
	}
	for _, mode := range []string{modeScan, modeReplicaof} {
		j := job(t, from, to)
		j.Store.Redis = datamove.Redis{Mode: mode, Disposable: true}
		j.Store.Existing = datamove.ExistingReplace
		copied(t, j)
		wantSame(t, a, b)
	}
	if got := fmt.Sprint(must(t, b, "config", "get", "masterauth")); got != "[masterauth ]" {
		t.Errorf("the login stays: %s", got)
	}
}

func TestRightsAreNamed(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	must(t, a, "set", "k", "v")
	must(t, a, "acl", "setuser", "reader", "on", ">canary", "~*", "+@all", "-dump", "-memory|usage")
	must(t, b, "acl", "setuser", "writer", "on", ">canary", "~*", "+@all", "-restore", "-rename")
	j := job(t, from, to)
	j.From.URL, j.From.Secret = "redis://reader@"+from.Address, "canary"
	j.To.URL, j.To.Secret = "redis://writer@"+to.Address, "canary"
	plan, err := New().Plan(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(plan.Findings)
	for _, want := range []string{"user reader of the source may not run DUMP, MEMORY|USAGE", "ACL SETUSER reader +dump +memory|usage", "ACL SETUSER writer +restore +rename"} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan does not say %q: %s", want, text)
		}
	}
	_, err = New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindRefused, "may not run DUMP")
	must(t, a, "acl", "setuser", "reader", "+@all", "resetkeys", "~app:*")
	must(t, b, "acl", "setuser", "writer", "+@all")
	_, err = New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindRefused, "no right")
	must(t, a, "acl", "setuser", "reader", "allkeys")
	j.Resume = true
	copied(t, j)
}

func TestRefusals(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	must(t, a, "set", "k", "v")
	same := job(t, from, from)
	_, err := New().Copy(t.Context(), same, nil)
	wantKind(t, err, events.KindRefused, "the same server")
	_, err = New().Verify(t.Context(), same, nil)
	wantKind(t, err, events.KindRefused, "the same server")

	host, port, _ := strings.Cut(from.Address, ":")
	must(t, b, "replicaof", host, port)
	_, err = New().Copy(t.Context(), job(t, from, to), nil)
	wantKind(t, err, events.KindRefused, "is a replica of")
	must(t, b, "replicaof", "no", "one")
	must(t, b, "flushall")

	must(t, a, "config", "set", "maxmemory", "1gb")
	must(t, b, "config", "set", "maxmemory", "1000")
	_, err = New().Copy(t.Context(), job(t, from, to), nil)
	wantKind(t, err, events.KindRefused, "maxmemory of the target")
	must(t, b, "config", "set", "maxmemory", "0")

	j := job(t, from, to)
	j.To.URL = "redis://127.0.0.1:1"
	_, err = New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindUnavailable, "refused")

	j = job(t, from, to)
	j.Store.Redis.Mode = modeReplicaof
	_, err = New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindRefused, "not disposable")

	j = job(t, from, to)
	j.Resume = true
	copied(t, j)
	j.Store.Exclude = []string{"x"}
	_, err = New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindRefused, "have changed since it began")
}

func TestTargetGoesBadInTheMiddle(t *testing.T) {
	from := storetest.Redis(t)
	a := client(t, from, 0)
	mixed(t, a, 20_000)
	for _, tc := range []struct {
		name string
		do   []any
		undo []any
		kind events.Kind
		want string
	}{
		{"out of memory", []any{"config", "set", "maxmemory", "1500000"}, []any{"config", "set", "maxmemory", "0"}, events.KindPartial, "out of memory"},
		{"disk full", []any{"bgsave"}, []any{"config", "set", "stop-writes-on-bgsave-error", "no"}, events.KindPartial, "cannot save to its disk"},
		{"becomes a replica", []any{"replicaof", "127.0.0.1", "1"}, []any{"replicaof", "no", "one"}, events.KindPartial, "read-only replica"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			to := storetest.Redis(t)
			b := client(t, to, 0)
			j := job(t, from, to)
			j.Checkpoint = at("began", func() {
				if tc.name == "disk full" {
					must(t, b, "config", "set", "save", "3600 1")
					// Nothing can be written there, by root neither.
					if err := os.Mkdir(to.Dir+"/dump.rdb", 0o700); err != nil {
						t.Fatal(err)
					}
				}
				must(t, b, tc.do...)
				if tc.name == "disk full" {
					eventstest.Eventually(t, "a save has failed", func() bool {
						return strings.Contains(fmt.Sprint(must(t, b, "info", "persistence")), "rdb_last_bgsave_status:err")
					})
				}
			})
			part, err := New().Copy(t.Context(), j, nil)
			wantKind(t, err, tc.kind, tc.want)
			if part.Judge() != datamove.Incomplete {
				t.Errorf("the verdict is %s", part.Verdict)
			}
			must(t, b, tc.undo...)
			j.Resume = true
			copied(t, j)
			if diff := cmp.Diff(quick(t, a), quick(t, b)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
