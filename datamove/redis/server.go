package redis

import (
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
)

// server is what INFO says.
type server struct {
	product, version, runID, replID string
	cluster                         bool
	replica                         bool
	master                          string // host:port of a replica's master
	linkUp, syncing                 bool
	offset                          int64
	replID2                         string // the history that it followed before
	detachedAt                      int64  // the first offset of its own after that
	syncRead                        int64
	used, maxMemory                 int64
	policy                          string
	clients                         int
	evicted                         int64 // keys, since the server was started
	loading                         bool
	// keys counts by database.
	keys map[int]int64
}

// parseServer reads the answer to INFO; what is not there stays zero.
func parseServer(info string) server {
	v := fields(info)
	number := func(key string) int64 {
		n, _ := strconv.ParseInt(v[key], 10, 64) // 0 is what is not known
		return n
	}
	s := server{
		product: "Redis", version: v["redis_version"], runID: v["run_id"], replID: v["master_replid"],
		cluster: v["cluster_enabled"] == "1" || v["redis_mode"] == "cluster",
		replica: v["role"] == "slave", linkUp: v["master_link_status"] == "up", syncing: v["master_sync_in_progress"] == "1",
		used: number("used_memory_dataset"), maxMemory: number("maxmemory"), policy: v["maxmemory_policy"],
		clients: int(number("connected_clients")), loading: v["loading"] == "1",
		evicted: number("evicted_keys"), syncRead: number("master_sync_read_bytes"), keys: map[int]int64{},
	}
	if valkey := v["valkey_version"]; valkey != "" {
		s.product, s.version = "Valkey", valkey
	}
	s.offset = number("master_repl_offset")
	s.replID2, s.detachedAt = v["master_replid2"], number("second_repl_offset")
	if s.replica {
		s.master = v["master_host"] + ":" + v["master_port"]
		s.offset = number("slave_repl_offset")
	}
	for key, value := range v {
		if db, ok := strings.CutPrefix(key, "db"); ok {
			s.addKeys(db, value)
		}
	}
	return s
}

// addKeys reads "keys=12,expires=3,avg_ttl=0".
func (s *server) addKeys(db, value string) {
	number, err := strconv.Atoi(db)
	if err != nil {
		return
	}
	for pair := range strings.SplitSeq(value, ",") {
		if keys, ok := strings.CutPrefix(pair, "keys="); ok {
			s.keys[number], _ = strconv.ParseInt(keys, 10, 64) // 0 is what is not known
		}
	}
}

// atLeast compares the version; a Valkey has what Redis 7.2 has.
func (s server) atLeast(major, minor int) bool {
	if s.product == "Valkey" {
		return major < 7 || major == 7 && minor <= 2
	}
	parts := strings.SplitN(s.version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	have, err := strconv.Atoi(parts[0])
	minorHave, minorErr := strconv.Atoi(parts[1])
	if err != nil || minorErr != nil {
		return false
	}
	return have > major || have == major && minorHave >= minor
}

// expiresFields says whether fields of hashes may have an expiry of their own.
func (s server) expiresFields() bool {
	if s.product == "Valkey" {
		major, _, _ := strings.Cut(s.version, ".")
		n, err := strconv.Atoi(major)
		return err == nil && n >= 9
	}
	return s.atLeast(7, 4)
}

func (s server) total() int64 {
	var sum int64
	for _, n := range s.keys {
		sum += n
	}
	return sum
}

// fingerprint is empty for a server that does not say who it is.
func (s server) fingerprint() string {
	if s.runID == "" {
		return ""
	}
	return "redis:" + s.runID
}

// others are the connections that are not ours, -1 when the server does not say it.
func (s server) others() int {
	if s.clients == 0 { // ours is one of them
		return -1
	}
	return s.clients - 1
}

// report is the end as the plan and the report show it.
func (e *end) report() datamove.Server {
	return datamove.Server{
		URL: e.access.URL, Product: e.server.product, Version: e.server.version, Fingerprint: e.server.fingerprint(),
		Connections: e.server.others(), Items: e.server.total(), Bytes: e.server.used,
	}
}

// fields reads lines of "key:value".
func fields(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			out[key] = value
		}
	}
	return out
}
