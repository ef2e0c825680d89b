package redis

import (
	"context"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
)

// probe is a command that changes nothing in the form in which it is sent, but
// shows whether the user may give it.
type probe []any

// probes of reading: of the source, and of the target for the comparison.
func readProbes(key string, s server) []probe {
	expiry := "pttl"
	if s.atLeast(7, 0) {
		expiry = "pexpiretime"
	}
	return []probe{
		{"scan", 0, "count", 1},
		{"eval", "return 1", 0},
		{"evalsha", strings.Repeat("0", 40), 0},
		{"dump", key},
		{"memory", "usage", key},
		{"type", key},
		{expiry, key},
		{"exists", key},
		{"get", key},
		{"getrange", key, 0, 0},
		{"strlen", key},
		{"lrange", key, 0, 0},
		{"llen", key},
		{"smembers", key},
		{"sscan", key, 0},
		{"scard", key},
		{"zrange", key, 0, 0},
		{"zscan", key, 0},
		{"zcard", key},
		{"hgetall", key},
		{"hscan", key, 0},
		{"hlen", key},
		{"randomkey"},
	}
}

// probes of writing: no such key is there, the payload is none, the field's value
// is missing.
func writeProbes(key string) []probe {
	return []probe{
		{"restore", key, 0, "no payload"},
		{"unlink", key},
		{"del", key},
		{"pexpireat", key, 1},
		{"pexpire", key, 1},
		{"persist", key},
		{"rename", key, key},
		{"set", key, "", "xx"},
		{"hset", key, "a", "b", "c"},
		{"zadd", key, "xx", 0, "a"},
		{"hget", key, "a"},
		{"zscore", key, "a"},
		{"sismember", key, "a"},
		{"multi"},
		{"discard"},
	}
}

// rights tries what the copy needs and names what is refused.
func (r *run) rights(ctx context.Context) ([]datamove.Finding, error) {
	key := temporaryPrefix + r.job.ID + ":probe"
	from, err := r.from.refused(ctx, readProbes(key, r.from.server))
	if err != nil {
		return nil, err
	}
	to, err := r.to.refused(ctx, append(readProbes(key, r.to.server), writeProbes(key)...))
	if err != nil {
		return nil, err
	}
	return append(from, to...), nil
}

// mayWrite finds out whether the target's user may write keys with such names.
func (r *run) mayWrite(ctx context.Context, b *base, keys []string) ([]datamove.Finding, error) {
	p := b.do.Pipeline()
	commands := make([]*goredis.Cmd, len(keys))
	for i, k := range keys {
		commands[i] = p.Do(ctx, "restore", k, 0, "no payload")
	}
	if _, err := p.Exec(ctx); disconnected(err) {
		return nil, b.end.wrap("ask what the user may do", err)
	}
	for i, c := range commands {
		if strings.HasPrefix(fmt.Sprint(c.Err()), "NOPERM") {
			user := b.end.user()
			return []datamove.Finding{{
				Severity: datamove.Refusal, Check: "rights",
				Message: fmt.Sprintf("user %s of the target may not write keys such as %q", user, keys[i]),
				Hint:    "ACL SETUSER " + user + " allkeys, or leave out the keys with exclude",
			}}, nil
		}
	}
	return nil, nil
}

func (e *end) user() string {
	if e.address.User != "" {
		return e.address.User
	}
	return "default"
}

// refused are findings on commands that the user may not run, and on those that the
// server does not know: some services switch commands off.
func (e *end) refused(ctx context.Context, probes []probe) ([]datamove.Finding, error) {
	conn := e.nodes[0].Conn()
	defer conn.Close() //nolint:errcheck // nothing is lost with it
	p := conn.Pipeline()
	commands := make([]*goredis.Cmd, len(probes))
	for i, args := range probes {
		commands[i] = p.Do(ctx, args...)
	}
	if _, err := p.Exec(ctx); disconnected(err) {
		return nil, e.wrap("ask what the user may do", err)
	}
	var forbidden, unknown []string
	for i, c := range commands {
		text := fmt.Sprint(c.Err())
		switch {
		case strings.HasPrefix(text, "NOPERM") && !strings.Contains(text, "key"):
			forbidden = append(forbidden, probes[i].name())
		case strings.HasPrefix(text, "ERR unknown command"):
			unknown = append(unknown, probes[i].name())
		}
	}
	return e.refusals(forbidden, unknown), nil
}

// refusals are findings on commands that are forbidden and on those that are not known.
func (e *end) refusals(forbidden, unknown []string) []datamove.Finding {
	var out []datamove.Finding
	if len(forbidden) > 0 {
		out = append(out, datamove.Finding{
			Severity: datamove.Refusal, Check: "rights",
			Message: fmt.Sprintf("user %s of the %s may not run %s", e.user(), e.name, commandList(forbidden)),
			Hint:    "ACL SETUSER " + e.user() + " +" + strings.Join(forbidden, " +"),
		})
	}
	if len(unknown) > 0 {
		out = append(out, datamove.Finding{
			Severity: datamove.Refusal, Check: "commands",
			Message: fmt.Sprintf("the %s knows no %s", e.name, commandList(unknown)),
			Hint:    "see rename-command in the configuration of the server",
		})
	}
	return out
}

// name is the command as ACL names it.
func (p probe) name() string {
	name, _ := p[0].(string)
	if name == "memory" {
		return "memory|usage"
	}
	return name
}

func commandList(names []string) string { return strings.ToUpper(strings.Join(names, ", ")) }
