//go:build real

package redis

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// clusterClient is a plain one.
func clusterClient(t testing.TB, n *storetest.RedisServer) *goredis.ClusterClient {
	t.Helper()
	c := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: []string{n.Address}, Protocol: 2, DisableIdentity: true})
	t.Cleanup(func() { c.Close() })
	return c
}

// openSlot begins to move the slot of a key from the first node to the second, with
// all its keys; settle ends it.
func openSlot(t testing.TB, nodes []*storetest.RedisServer, key string) (settle func()) {
	t.Helper()
	n := slot(key)
	at := min(len(nodes)-1, n*len(nodes)/slots)
	from, to := nodes[at], nodes[(at+1)%len(nodes)]
	a, b := client(t, from, 0), client(t, to, 0)
	idA, idB := must(t, a, "cluster", "myid"), must(t, b, "cluster", "myid")
	must(t, b, "cluster", "setslot", n, "importing", idA)
	must(t, a, "cluster", "setslot", n, "migrating", idB)
	host, port, _ := net.SplitHostPort(to.Address)
	for _, k := range must(t, a, "cluster", "getkeysinslot", n, 1000).([]any) {
		must(t, a, "migrate", host, port, k, 0, 10_000)
	}
	return func() {
		for _, node := range nodes {
			must(t, client(t, node, 0), "cluster", "setslot", n, "node", idB)
		}
	}
}

func fillCluster(t testing.TB, c *goredis.ClusterClient) {
	t.Helper()
	p := c.Pipeline()
	for i := range 3000 {
		p.Set(t.Context(), fmt.Sprint("key:", i), strings.Repeat("canary", 10), 0)
		p.SAdd(t.Context(), "{key:7}:set", i)
	}
	if _, err := p.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A slot moves while its source is read: everything is copied again.
func TestSlotsOfTheSourceMove(t *testing.T) {
	nodes, to := storetest.RedisCluster(t, 3), storetest.Redis(t)
	c := clusterClient(t, nodes[0])
	fillCluster(t, c)
	j := job(t, nodes[0], to)
	j.Store.Redis.BigKey = 1
	j.Checkpoint = at("batch", func() { openSlot(t, nodes, "key:7")() })
	part := copied(t, j)
	if !strings.Contains(fmt.Sprint(part.Warnings), "slots of the source moved") {
		t.Errorf("warnings %q", part.Warnings)
	}
	b := client(t, to, 0)
	if n := must(t, b, "dbsize"); n != int64(3001) {
		t.Errorf("%v keys", n)
	}
	if describe(t, c, "{key:7}:set") != describe(t, b, "{key:7}:set") {
		t.Error("the set differs")
	}
}

// A slot of the target moves while it is written to.
func TestSlotsOfTheTargetMove(t *testing.T) {
	from, nodes := storetest.Redis(t), storetest.RedisCluster(t, 3)
	a := client(t, from, 0)
	mixed(t, a, 3_000)
	must(t, a, "rpush", "{key:7}:big", strings.Repeat("canary", 20_000), "x")
	j := job(t, from, nodes[0])
	j.Store.Redis.BigKey = 1
	j.Checkpoint = at("batch", func() { openSlot(t, nodes, "key:7")() })
	copied(t, j)
	wantSame(t, a, withNodes{clusterClient(t, nodes[0]), nodes, t})
}

// withNodes scans all nodes of a cluster.
type withNodes struct {
	*goredis.ClusterClient
	nodes []*storetest.RedisServer
	t     testing.TB
}

// Scan gives all names at once.
func (w withNodes) Scan(ctx context.Context, _ uint64, _ string, _ int64) *goredis.ScanCmd {
	var names []string
	for _, n := range w.nodes {
		found, err := client(w.t, n, 0).Keys(ctx, "*").Result()
		if err != nil {
			w.t.Fatal(err)
		}
		names = append(names, found...)
	}
	cmd := goredis.NewScanCmd(ctx, nil)
	cmd.SetVal(names, 0)
	return cmd
}

// While a slot is open, its keys may move without a trace: nothing is called equal.
func TestOpenSlot(t *testing.T) {
	nodes, to := storetest.RedisCluster(t, 3), storetest.Redis(t)
	fillCluster(t, clusterClient(t, nodes[0]))
	j := job(t, nodes[0], to)
	settle := openSlot(t, nodes, "key:7")
	part, err := New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindUnavailable, "keep moving")
	if part.Judge() != datamove.Incomplete {
		t.Errorf("the verdict is %s", part.Verdict)
	}
	part, err = New().Verify(t.Context(), j, nil)
	wantKind(t, err, events.KindUnavailable, "moved between its nodes during the comparison")
	if part.Judge() != datamove.Incomplete {
		t.Errorf("the verdict is %s", part.Verdict)
	}
	settle()
	j.Resume = true
	copied(t, j)
}

// A cluster with a replica.
func TestClusterWithReplica(t *testing.T) {
	nodes := storetest.RedisCluster(t, 3)
	fillCluster(t, clusterClient(t, nodes[0]))
	replica := replicaOf(t, nodes[0])
	t.Run("same ends", func(t *testing.T) { sameCluster(t, nodes, replica) })
	t.Run("failover", func(t *testing.T) { failover(t, nodes, replica) })
}

// A cluster is known for the same whichever of its nodes is named, replicas as well.
func sameCluster(t *testing.T, nodes []*storetest.RedisServer, replica *storetest.RedisServer) {
	for _, ends := range [][2]*storetest.RedisServer{{nodes[1], nodes[2]}, {replica, nodes[1]}, {nodes[1], replica}} {
		j := job(t, ends[0], ends[1])
		j.Store.Existing = datamove.ExistingReplace
		_, err := New().Copy(t.Context(), j, nil)
		wantKind(t, err, events.KindRefused, "both ends are the same server")
	}
	plan, err := New().Plan(t.Context(), job(t, nodes[0], replica))
	if err != nil || plan.From.Fingerprint != plan.To.Fingerprint {
		t.Errorf("fingerprints %s and %s, %v", plan.From.Fingerprint, plan.To.Fingerprint, err)
	}
}

// replicaOf starts a replica of a node of a cluster.
func replicaOf(t testing.TB, node *storetest.RedisServer) *storetest.RedisServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	bus := l.Addr().(*net.TCPAddr).Port
	l.Close()
	replica := storetest.Redis(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus))
	host, port, _ := net.SplitHostPort(replica.Address)
	c, r := client(t, node, 0), client(t, replica, 0)
	must(t, c, "cluster", "meet", host, port, bus)
	id := must(t, c, "cluster", "myid")
	eventstest.Eventually(t, "the replica knows its master", func() bool { return r.Do(t.Context(), "cluster", "replicate", id).Err() == nil })
	eventstest.Eventually(t, "the master knows its replica", func() bool { return strings.Contains(fmt.Sprint(must(t, c, "cluster", "nodes")), "slave") })
	eventstest.Eventually(t, "the link of the replica is up", func() bool {
		return strings.Contains(fmt.Sprint(must(t, r, "info", "replication")), "master_link_status:up")
	})
	return replica
}

// A replica takes over while its cluster is read: the copy ends well or can be resumed.
func failover(t *testing.T, nodes []*storetest.RedisServer, replica *storetest.RedisServer) {
	to := storetest.Redis(t)
	eventstest.Eventually(t, "the replica has everything", func() bool { return must(t, client(t, nodes[0], 0), "wait", 1, 100) == int64(1) })
	_, port, _ := net.SplitHostPort(replica.Address)
	j := job(t, nodes[1], to)
	j.Checkpoint = at("batch", func() {
		must(t, client(t, replica, 0), "cluster", "failover", "takeover")
		eventstest.Eventually(t, "the replica has taken over", func() bool {
			return strings.Contains(fmt.Sprint(must(t, client(t, nodes[1], 0), "cluster", "slots")), port)
		})
		nodes[0].Kill()
	})
	part, err := New().Copy(t.Context(), j, nil)
	if err != nil {
		wantKind(t, err, events.KindUnavailable, "")
		if part.Judge() != datamove.Incomplete {
			t.Errorf("it failed and is %s", part.Judge())
		}
		j.Resume, j.Checkpoint = true, nil
		part = copied(t, j)
	}
	wantEqual(t, part)
	if n := must(t, client(t, to, 0), "dbsize"); n != int64(3001) {
		t.Errorf("%v keys", n)
	}
}
