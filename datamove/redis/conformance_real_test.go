//go:build real

package redis

import (
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/datamovetest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

func TestConformance(t *testing.T) {
	type ends struct{ from, to *storetest.RedisServer }
	servers := map[string]ends{}
	datamovetest.TestAdapter(t, datamovetest.Rig{
		Adapter: func() datamove.Adapter { return New() },
		Job: func(t *testing.T) datamove.Job {
			e := ends{storetest.RedisWithPassword(t, "canary-source"), storetest.RedisWithPassword(t, "canary-target")}
			source := client(t, e.from, 0)
			must(t, source, "SET", "greeting", "hello", "EX", 3600)
			must(t, source, "HSET", "user:1", "email", "ann@example.test", "name", "Ann")
			must(t, source, "RPUSH", "list", "a", "b", "c")
			must(t, source, "ZADD", "scores", 1, "x", 2.5, "y")
			j := job(t, e.from, e.to)
			servers[j.To.URL] = e
			return j
		},
		Alter: func(t *testing.T, j datamove.Job) {
			must(t, client(t, servers[j.To.URL].to, 0), "HSET", "user:1", "name", "Eve")
		},
		Content: func(t *testing.T, j datamove.Job, source bool) map[string]string {
			end := servers[j.To.URL].to
			if source {
				end = servers[j.To.URL].from
			}
			all := map[string]string{}
			for key, text := range dumpAll(t, client(t, end, 0)) {
				if key == "greeting" { // its time to live counts down
					text = "with a time to live"
				}
				all[key] = text
			}
			return all
		},
		Nobody: "redis://127.0.0.1:1",
	})
}
