//go:build real

package storetest

import (
	"strings"
	"testing"
)

func TestRedisSurvivesKill(t *testing.T) {
	s := Redis(t)
	s.mustSay(t, "SET canary 1")
	s.mustSay(t, "SAVE")
	s.Kill()
	s.Start(t)
	if got, err := s.say("GET canary"); err != nil || got != "1" {
		t.Errorf("the key is %q, %v", got, err)
	}
}

func TestRedisWithPassword(t *testing.T) {
	s := RedisWithPassword(t, "canary-password")
	if got, err := s.say("GET canary"); err != nil || !strings.HasPrefix(got, "-NOAUTH") {
		t.Errorf("answered %q, %v", got, err)
	}
}

func TestRedisCluster(t *testing.T) {
	for _, n := range RedisCluster(t, 3) {
		info, err := n.say("CLUSTER INFO")
		if err != nil || !strings.Contains(info, "cluster_slots_ok:16384") {
			t.Errorf("%s: %v", info, err)
		}
	}
}
