//go:build real

package redis

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// client is a plain one, which shares nothing with what is tested.
func client(t testing.TB, s *storetest.RedisServer, db int) *goredis.Client {
	t.Helper()
	c := goredis.NewClient(&goredis.Options{Addr: s.Address, Password: s.Password, DB: db, Protocol: 2, MaxRetries: -1, ReadTimeout: time.Minute, DisableIdentity: true})
	t.Cleanup(func() { c.Close() })
	return c
}

func must(t testing.TB, c goredis.UniversalClient, args ...any) any {
	t.Helper()
	v, err := c.Do(t.Context(), args...).Result()
	if err != nil && !errors.Is(err, goredis.Nil) {
		t.Fatalf("%v: %v", args, err)
	}
	return v
}

// job copies between two servers.
func job(t testing.TB, from, to *storetest.RedisServer) datamove.Job {
	t.Helper()
	access := func(s *storetest.RedisServer) datamove.Access {
		return datamove.Access{Endpoint: datamove.Endpoint{URL: "redis://" + s.Address}, Secret: s.Password}
	}
	return datamove.Job{
		ID: "run-1", Store: datamove.Store{Name: "cache"}, From: access(from), To: access(to),
		StateDir: t.TempDir(), Now: time.Now,
	}
}

// copied copies and wants it to be equal, by the report and by an independent look.
func copied(t testing.TB, j datamove.Job) datamove.Part {
	t.Helper()
	part, err := New().Copy(t.Context(), j, nil)
	if err != nil {
		t.Fatalf("copy: %v", err)
	}
	wantEqual(t, part)
	return part
}

func wantEqual(t testing.TB, part datamove.Part) {
	t.Helper()
	if v := part.Judge(); v != datamove.Equal {
		t.Fatalf("the copy is %s: %s\n%+v\n%+v", v, part.Reason, part.Differences, part.Units)
	}
}

// content is all that a database holds, read by plain commands: a text for each key.
func dumpAll(t testing.TB, c goredis.UniversalClient) map[string]string {
	t.Helper()
	ctx := context.Background()
	out := map[string]string{}
	var cursor uint64
	for {
		keys, next, err := c.Scan(ctx, cursor, "", 1000).Result()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if text := describe(t, c, k); text != "" {
				out[k] = text
			}
		}
		if cursor = next; cursor == 0 {
			return out
		}
	}
}

func describe(t testing.TB, c goredis.UniversalClient, key string) string {
	t.Helper()
	ctx := context.Background()
	kind, err := c.Type(ctx, key).Result()
	if err != nil {
		t.Fatal(err)
	}
	var value any
	switch kind {
	case "none":
		return ""
	case "string":
		value, err = c.Get(ctx, key).Result()
	case "list":
		value, err = c.LRange(ctx, key, 0, -1).Result()
	case "set":
		var v []string
		v, err = c.SMembers(ctx, key).Result()
		slices.Sort(v)
		value = v
	case "hash":
		value, err = c.HGetAll(ctx, key).Result()
	case "zset":
		value, err = c.ZRangeWithScores(ctx, key, 0, -1).Result()
	case "stream":
		value, err = c.XRange(ctx, key, "-", "+").Result()
		var more []any
		info, _ := c.Do(ctx, "xinfo", "stream", key).Slice()
		for i := 0; i+1 < len(info); i += 2 {
			if name := fmt.Sprint(info[i]); slices.Contains([]string{"last-generated-id", "max-deleted-entry-id", "entries-added", "length"}, name) {
				more = append(more, name, info[i+1])
			}
		}
		groups, _ := c.Do(ctx, "xinfo", "groups", key).Slice()
		more = append(more, groups)
		for _, g := range groups {
			name := fmt.Sprint(g.([]any)[1])
			pending, _ := c.XPendingExt(ctx, &goredis.XPendingExtArgs{Stream: key, Group: name, Start: "-", End: "+", Count: 100000}).Result()
			for _, p := range pending {
				more = append(more, p.ID, p.Consumer, p.RetryCount)
			}
		}
		value = []any{value, more}
	default:
		t.Fatalf("%q is a %s", key, kind)
	}
	if err != nil && !errors.Is(err, goredis.Nil) {
		t.Fatal(err)
	}
	ttl, err := c.PTTL(ctx, key).Result()
	if err != nil {
		t.Fatal(err)
	}
	if ttl == -2 {
		return ""
	}
	text := fmt.Sprintf("%q", value)
	if len(text) > 200 {
		text = fmt.Sprintf("%s... %x", text[:100], sha256.Sum256([]byte(text)))
	}
	return fmt.Sprintf("%s expires=%t %s", kind, ttl > 0, text)
}

// wantSame compares the same database of two servers.
func wantSame(t testing.TB, from, to goredis.UniversalClient) {
	t.Helper()
	if diff := cmp.Diff(dumpAll(t, from), dumpAll(t, to)); diff != "" {
		t.Errorf("the databases differ (-source +target):\n%s", diff)
	}
}

// corpus has every type in every encoding, and what is easily lost.
func corpus(t testing.TB, c goredis.UniversalClient) {
	t.Helper()
	binary := make([]byte, 256)
	for i := range binary {
		binary[i] = byte(i)
	}
	must(t, c, "set", "string", "canary")
	must(t, c, "set", "string:empty", "")
	must(t, c, "set", "string:number", "-9223372036854775808")
	must(t, c, "set", "string:binary", binary)
	must(t, c, "set", binary, "a binary name")
	must(t, c, "set", "", "an empty name")
	must(t, c, "set", "{tag}:key with spaces\r\n", "x")
	must(t, c, "set", "string:long", strings.Repeat("abc", 40_000))
	must(t, c, "set", "string:expires", "x", "px", 3_600_000)
	must(t, c, "setbit", "bitmap", 100_001, 1)
	must(t, c, "pfadd", "hyperloglog", "a", "b", "c")
	must(t, c, "geoadd", "geo", 13.361389, 38.115556, "Palermo")
	for i := range 1000 {
		must(t, c, "rpush", "list:long", fmt.Sprint("element ", i), binary)
		must(t, c, "hset", "hash:long", fmt.Sprint("field ", i), binary)
		must(t, c, "sadd", "set:long", fmt.Sprint("member ", i))
		must(t, c, "zadd", "zset:long", float64(i)/3, fmt.Sprint("member ", i))
	}
	must(t, c, "rpush", "list", "a", "", "b", "a")
	must(t, c, "hset", "hash", "name", "canary", "", "empty field", "n", "12")
	must(t, c, "expire", "hash", 1000)
	must(t, c, "sadd", "set:numbers", 1, 2, 3, "300000000000")
	must(t, c, "sadd", "set", "a", "")
	must(t, c, "zadd", "zset", "-inf", "low", "+inf", "high", "0.1", "a", "1e300", "b", "-0", "zero")
	must(t, c, "expire", "zset:long", 5000)
	streams(t, c)
}

func streams(t testing.TB, c goredis.UniversalClient) {
	t.Helper()
	for i := range 300 {
		must(t, c, "xadd", "stream", fmt.Sprintf("%d-%d", i+1, i%3), "n", i, "who", "canary")
	}
	must(t, c, "xdel", "stream", "5-1", "6-2")
	must(t, c, "xgroup", "create", "stream", "billing", "0")
	must(t, c, "xgroup", "create", "stream", "idle", "$")
	must(t, c, "xreadgroup", "group", "billing", "one", "count", 20, "streams", "stream", ">")
	must(t, c, "xreadgroup", "group", "billing", "two", "count", 20, "streams", "stream", ">")
	must(t, c, "xack", "stream", "billing", "1-0", "2-1")
	must(t, c, "xgroup", "createconsumer", "stream", "idle", "nobody")
	must(t, c, "xadd", "stream:empty", "7-7", "a", "b")
	must(t, c, "xdel", "stream:empty", "7-7")
	must(t, c, "xgroup", "create", "stream:never", "g", "$", "mkstream")
	must(t, c, "xadd", "stream:last", "18446744073709551615-18446744073709551615", "a", "b")
}
