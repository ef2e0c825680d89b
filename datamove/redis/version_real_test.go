//go:build real

package redis

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// timedFields is Lua that stands in for HPEXPIRETIME: the field "ttl" expires.
const timedFields = `
local function fake(_, _, _, n, ...)
  local out = {}
  for i = 1, n do
    out[i] = -1
    if select(i, ...) == 'ttl' then out[i] = 4102444800000 end
  end
  return out
end
`

// as74 makes of a server one of version 7.4, in which fields may expire.
func as74(t testing.TB, s *storetest.RedisServer) string {
	t.Helper()
	return "redis://" + proxy(t, s.Address, func(args [][]byte) [][]byte {
		switch strings.ToLower(string(args[0])) {
		case "hpexpiretime":
			call := bytesOf("eval", timedFields+"return fake(0, 0, 0, "+string(args[3])+", unpack(ARGV))", "0")
			return append(call, args[4:]...)
		case "eval":
			if strings.Contains(string(args[1]), "HPEXPIRETIME") {
				args[1] = []byte(timedFields + strings.ReplaceAll(string(args[1]), "redis.call('HPEXPIRETIME'", "fake('HPEXPIRETIME'"))
			}
		}
		return args
	}, strings.NewReplacer("redis_version:7.0.15", "redis_version:7.4.15"))
}

// Fields that expire are not among the elements of a hash: where it would have to be
// copied by these, it is left out by name, and where only these are the same, the
// hash is not.
func TestFieldsThatExpire(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	must(t, a, "hset", "user:1", "ttl", "x", "mail", "canary")
	must(t, a, "hset", "user:2", "mail", "canary")
	for i := range 2000 {
		must(t, a, "hset", "user:big", fmt.Sprint("field ", i), strings.Repeat("x", 40))
	}
	must(t, a, "hset", "user:big", "ttl", "x")
	j := job(t, from, to)
	j.From.URL, j.Mask = as74(t, from), testMasker{}
	part, err := New().Copy(t.Context(), j, nil)
	if err != nil {
		t.Fatal(err)
	}
	left := fmt.Sprint(part.LeftOut)
	if part.Judge() != datamove.Incomplete || !strings.Contains(left, "2 keys") || !strings.Contains(left, "fields that expire") {
		t.Errorf("%s: left out %s", part.Judge(), left)
	}
	if strings.Contains(fmt.Sprint(part.Warnings), "changed during the copy") {
		t.Errorf("what cannot be copied is said to have changed: %q", part.Warnings)
	}
	if got := must(t, b, "dbsize"); got != int64(1) {
		t.Errorf("the target has %v keys", got)
	}
	// The target has another encoding, so that payloads tell nothing.
	must(t, b, "config", "set", "hash-max-listpack-entries", "0")
	must(t, b, "flushall")
	for _, k := range []string{"user:1", "user:2", "user:big"} {
		values, _ := a.HGetAll(t.Context(), k).Result()
		if err := b.HSet(t.Context(), k, values).Err(); err != nil {
			t.Fatal(err)
		}
	}
	j.Mask = nil
	part, err = New().Verify(t.Context(), j, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, d := range part.Differences {
		got[d.ID] = d.Detail
	}
	if want := "a field of the hash: expiry: only the source's expires"; len(got) != 2 || got["user:1"] != want || got["user:big"] != want {
		t.Errorf("differences %v", got)
	}
}

// Scores that are the same number are the same, however they are kept.
func TestScores(t *testing.T) {
	from, to := storetest.Redis(t, "--zset-max-listpack-entries", "0"), storetest.Redis(t)
	a := client(t, from, 0)
	must(t, a, "zadd", "z", "-0", "zero", "0.1", "tenth", "inf", "high", "-inf", "low", "1e-320", "tiny", "17", "n", "123456789012345678", "long")
	j := job(t, from, to)
	copied(t, j)
	must(t, client(t, to, 0), "zadd", "z", "0.10000000000000002", "tenth")
	part, err := New().Verify(t.Context(), j, nil)
	if err != nil || len(part.Differences) != 1 {
		t.Errorf("the next number is taken for the same: %+v, %v", part.Differences, err)
	}
}
