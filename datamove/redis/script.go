package redis

import (
	"context"
	"crypto/sha1" //nolint:gosec // Redis names scripts so; nothing depends on its strength
	"encoding/hex"
	"errors"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// Sizes of what one script call returns. A key beyond fatKey is read alone.
const (
	batchKeys  = 500
	batchBytes = 1 << 20
	fatKey     = 64 << 10
)

// script is one that runs on a server, so that what it reads is of one moment.
type script struct{ source, hash string }

func newScript(source string) script {
	sum := sha1.Sum([]byte(source)) //nolint:gosec // see the import
	return script{source, hex.EncodeToString(sum[:])}
}

// expiryOf is Lua for the absolute expiry of k in ms, -1 without one. Redis before
// 7 knows only the time that is left; 0 of that is not "none" but "now".
func expiryOf(s server) string {
	if s.atLeast(7, 0) {
		return "redis.call('PEXPIRETIME', k)"
	}
	return "expiry(k)"
}

const olderExpiry = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function expiry(k)
  local left = redis.call('PTTL', k)
  if left < 0 then return left end
  return now + left
end
`

// dumpScript reads payload and expiry of each key. In the place of a payload is
// nil where there is no key, the size where it is over ARGV[1], and -1 where the
// answer is full (ARGV[2]). The size in memory is an estimate, so the payload is
// measured as well: what is too large is never sent.
func dumpScript(s server) script {
	return newScript(expiryFunction(s) + strings.ReplaceAll(`
local out, n, fat, room = {}, 0, tonumber(ARGV[1]), tonumber(ARGV[2])
for _, k in ipairs(KEYS) do
  local v, size = false, redis.call('MEMORY', 'USAGE', k)
  if size then
    if size > fat then v = size
    elseif room <= 0 then v = -1
    else
      v = redis.call('DUMP', k)
      if v and #v > fat then v = #v elseif v then room = room - #v end
    end
  end
  out[n+1], out[n+2] = v, EXPIRY
  n = n + 2
end
return out`, "EXPIRY", expiryOf(s)))
}

// contentScript reads type, elements and expiry of each key, with the same marks
// in the place of the elements. Streams are always too large for it, and hashes with
// fields that expire, which are not among the elements.
func contentScript(s server) script {
	return newScript(expiryFunction(s) + timedFunction(s) + strings.ReplaceAll(`
local out, n, fat, room = {}, 0, tonumber(ARGV[1]), tonumber(ARGV[2])
local how = {
  string = function(k) return {redis.call('GET', k)} end,
  list = function(k) return redis.call('LRANGE', k, 0, -1) end,
  set = function(k) return redis.call('SMEMBERS', k) end,
  zset = function(k) return redis.call('ZRANGE', k, 0, -1, 'WITHSCORES') end,
  hash = function(k) return redis.call('HGETALL', k) end,
}
for _, k in ipairs(KEYS) do
  local v, size, kind = false, redis.call('MEMORY', 'USAGE', k), redis.call('TYPE', k)['ok']
  if size and kind ~= 'none' then
    if size > fat or not how[kind] or timed(k, kind) then v = size
    elseif room <= 0 then v = -1
    else
      v = how[kind](k)
      size = 0
      for j = 1, #v do size = size + #v[j] end
      if size > fat then v = size else room = room - size end
    end
  end
  out[n+1], out[n+2], out[n+3] = kind, v, EXPIRY
  n = n + 3
end
return out`, "EXPIRY", expiryOf(s)))
}

// windowScript gives a reading command, ARGV[2] and on, and returns its answer, or
// how many bytes it has where these are more than ARGV[1].
func windowScript() script {
	return newScript(`
local answer, size = redis.call(ARGV[2], KEYS[1], unpack(ARGV, 3)), 0
local function weigh(v)
  if type(v) == 'table' then
    for i = 1, #v do weigh(v[i]) end
  else
    size = size + #v
  end
end
weigh(answer)
if size > tonumber(ARGV[1]) then return size end
return answer`)
}

// timedFunction is Lua that says whether fields of k expire.
func timedFunction(s server) string {
	if !s.expiresFields() {
		return `
local function timed(k, kind) return false end`
	}
	return `
local function timed(k, kind)
  if kind ~= 'hash' then return false end
  local names = redis.call('HKEYS', k)
  for i = 1, #names, 1000 do
    local last = math.min(i + 999, #names)
    for _, at in ipairs(redis.call('HPEXPIRETIME', k, 'FIELDS', last - i + 1, unpack(names, i, last))) do
      if at >= 0 then return true end
    end
  end
  return false
end`
}

func expiryFunction(s server) string {
	if s.atLeast(7, 0) {
		return ""
	}
	return olderExpiry
}

// putScript makes a key anew of its elements, with its expiry, at one moment.
func putScript() script {
	return newScript(`
local k, kind, at = KEYS[1], ARGV[1], ARGV[2]
local how = {string = 'SET', list = 'RPUSH', set = 'SADD', zset = 'ZADD', hash = 'HSET'}
redis.call('DEL', k)
for i = 3, #ARGV, 1000 do
  redis.call(how[kind], k, unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
if at ~= '' then redis.call('PEXPIREAT', k, at) end
return 1`)
}

// sendSource runs the script again, by its text, on those groups to which the server has
// answered that it does not know it.
func (b *base) sendSource(ctx context.Context, s script, commands []*goredis.Cmd, groups [][]string, extra func(i int) []any) error {
	var unknown [][]string
	var at []int
	for i, c := range commands {
		if c.Err() != nil && strings.HasPrefix(c.Err().Error(), "NOSCRIPT") {
			unknown, at = append(unknown, groups[i]), append(at, i)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	again, err := b.evaluate(ctx, "eval", s.source, unknown, func(i int) []any { return extra(at[i]) })
	if disconnected(err) {
		return err
	}
	for i, c := range again {
		commands[at[i]] = c
	}
	return nil
}

// runScript runs a script on groups of keys, in one pipeline, and returns one
// reply a group. Extra returns the further arguments of a group.
func (b *base) runScript(ctx context.Context, s script, groups [][]string, extra func(i int) []any) ([]*goredis.Cmd, error) {
	commands, err := b.evaluate(ctx, "evalsha", s.hash, groups, extra)
	if disconnected(err) {
		return nil, err
	}
	if err := b.sendSource(ctx, s, commands, groups, extra); err != nil {
		return nil, err
	}
	for _, c := range commands {
		if c.Err() != nil && !errors.Is(c.Err(), goredis.Nil) {
			return nil, c.Err()
		}
	}
	return commands, nil
}

func (b *base) evaluate(ctx context.Context, command, what string, groups [][]string, extra func(i int) []any) ([]*goredis.Cmd, error) {
	p := b.do.Pipeline()
	commands := make([]*goredis.Cmd, len(groups))
	for i, keys := range groups {
		more := extra(i)
		args := make([]any, 0, 3+len(keys)+len(more))
		args = append(args, command, what, len(keys))
		for _, k := range keys {
			args = append(args, k)
		}
		commands[i] = p.Do(ctx, append(args, more...)...)
	}
	_, err := p.Exec(ctx)
	return commands, err
}

// groups are the keys as scripts may have them: together, or each alone in a
// cluster, where a script may not reach over slots.
func (b *base) groups(keys []string) [][]string {
	if !b.isCluster() {
		return [][]string{keys}
	}
	out := make([][]string, len(keys))
	for i := range keys {
		out[i] = keys[i : i+1]
	}
	return out
}
