package natsbustest

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// clusterSize is how many servers a cluster has.
const clusterSize = 3

// Cluster is a cluster of NATS servers in this process.
type Cluster struct {
	// Servers are those that run, nil for one that was ended.
	Servers [clusterSize]*server.Server
	options [clusterSize]*server.Options
}

// ServeCluster starts a cluster of three servers, until the test ends. Each option changes
// the settings of every server.
func ServeCluster(t testing.TB, options ...func(*server.Options)) *Cluster {
	t.Helper()
	c := new(Cluster)
	ports := freePorts(t, 2*clusterSize)
	for i := range c.options {
		o := Options(t)
		o.ServerName, o.Port = "nats-"+strconv.Itoa(i), ports[i]
		o.Cluster = server.ClusterOpts{Name: "test", Host: o.Host, Port: ports[clusterSize+i]}
		for _, port := range ports[clusterSize:] {
			o.Routes = append(o.Routes, &url.URL{Scheme: "nats", Host: net.JoinHostPort(o.Host, strconv.Itoa(port))})
		}
		for _, option := range options {
			option(o)
		}
		c.options[i] = o
	}
	for i := range c.Servers {
		c.Servers[i] = begin(t, c.options[i])
	}
	c.Await(t)
	return c
}

// URL names all servers.
func (c *Cluster) URL() string {
	var hosts []string
	for _, o := range c.options {
		hosts = append(hosts, "nats://"+net.JoinHostPort(o.Host, strconv.Itoa(o.Port)))
	}
	return strings.Join(hosts, ",")
}

// Shut ends one server.
func (c *Cluster) Shut(i int) {
	Shut(c.Servers[i])
	c.Servers[i] = nil
}

// Restart starts a server that was ended, with what it has stored.
func (c *Cluster) Restart(t testing.TB, i int) {
	t.Helper()
	c.Servers[i] = begin(t, c.options[i])
}

// Await waits until one of those that run leads all of them.
func (c *Cluster) Await(t testing.TB) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(startPatience); !c.led(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the nats cluster does not come together")
		}
	}
}

func (c *Cluster) led() bool {
	run := 0
	for _, s := range c.Servers {
		if s != nil {
			run++
		}
	}
	return slices.ContainsFunc(c.Servers[:], func(s *server.Server) bool { return s != nil && len(s.JetStreamClusterPeers()) == run })
}

// freePorts are ports of loopback that nobody listens at.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() //nolint:errcheck // nobody has come
		address, ok := l.Addr().(*net.TCPAddr)
		if !ok {
			t.Fatalf("listen at %s", l.Addr())
		}
		ports[i] = address.Port
	}
	return ports
}
