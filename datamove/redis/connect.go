package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/trust"
	"github.com/shakedown-dev/shakedown/events"
)

// Limits of a connection.
const (
	dialTimeout = 5 * time.Second
	// replyTimeout bounds one pipeline; a DUMP of the largest payload takes far less.
	replyTimeout = 60 * time.Second
	bufferSize   = 64 << 10
	poolSize     = 16
)

// side is one end of a copy.
type end struct {
	name    string // source or target
	access  datamove.Access
	address datamove.Address
	options goredis.Options
	// cluster is nil for a single server.
	cluster *goredis.ClusterClient
	// first is database 0 of the server, or of any node.
	first goredis.UniversalClient
	// nodes are the masters, in the order of their addresses.
	nodes  []*goredis.Client
	server server

	mu      sync.Mutex
	bases   map[int]*base
	dialers map[string]*dialer
}

// base is one numbered database of a side.
type base struct {
	end    *end
	number int
	// do takes commands on keys, wherever these are.
	do goredis.UniversalClient
	// nodes are those that are scanned.
	nodes []*goredis.Client
}

// optionsOf are those of the connections to one server.
func optionsOf(a datamove.Address, secret string) goredis.Options {
	return goredis.Options{
		Addr: a.Hosts[0], Username: a.User, Password: secret, Protocol: 2, DisableIdentity: true,
		// Retries are ours: a command whose connection was lost may have been done.
		MaxRetries: -1, DialerRetries: 1, DialTimeout: dialTimeout, ReadTimeout: replyTimeout, WriteTimeout: replyTimeout,
		ContextTimeoutEnabled: true, PoolSize: poolSize, ReadBufferSize: bufferSize, WriteBufferSize: bufferSize,
	}
}

func connect(ctx context.Context, name string, a datamove.Access) (*end, error) {
	address, err := a.Address()
	if err != nil {
		return nil, events.Errorf(events.KindInvalid, "", "the URL of the %s %w", name, err)
	}
	if address.Store != datamove.StoreRedis {
		return nil, events.Errorf(events.KindInvalid, "", "the URL of the %s is not redis:// or rediss://", name)
	}
	var config *tls.Config
	if address.TLS {
		if config, err = trust.Config(a.CA, ""); err != nil { // each node has a name of its own
			return nil, fmt.Errorf("connect to the %s: %w", name, err)
		}
	}
	s := &end{name: name, access: a, address: address, bases: map[int]*base{}, dialers: map[string]*dialer{}}
	s.options = optionsOf(address, a.Secret)
	s.options.TLSConfig = config
	s.options.Dialer = (&dialer{config: config}).dial
	if err := s.open(ctx); err != nil {
		s.close()
		return nil, s.wrap("connect to the "+name, err)
	}
	return s, nil
}

func (e *end) open(ctx context.Context) error {
	e.first = e.base(0).do
	info, err := e.first.Info(ctx).Result()
	if err != nil {
		return err
	}
	e.server = parseServer(info)
	if !e.server.cluster {
		e.nodes = e.base(0).nodes
		return nil
	}
	return e.openCluster(ctx)
}

// openCluster replaces the one connection by those to all masters.
func (e *end) openCluster(ctx context.Context) error {
	e.cluster = goredis.NewClusterClient(e.clusterOptions())
	if err := e.findMasters(ctx); err != nil {
		return err
	}
	e.bases[0].close()
	e.first = e.cluster
	e.bases[0] = &base{end: e, do: e.cluster, nodes: e.nodes}
	return e.sumMasters(ctx)
}

// clusterOptions are those of the connections to a cluster.
func (e *end) clusterOptions() *goredis.ClusterOptions {
	o := e.options
	return &goredis.ClusterOptions{
		NewClient: e.nodeClient,
		Addrs:     e.address.Hosts, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		Protocol: o.Protocol, DisableIdentity: true, MaxRetries: -1, MaxRedirects: 8,
		DialerRetries: 1, DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		ContextTimeoutEnabled: true, PoolSize: o.PoolSize, ReadBufferSize: o.ReadBufferSize, WriteBufferSize: o.WriteBufferSize,
	}
}

// nodeClient is a client of one node of a cluster. All of them for one name keep to the
// server that the first of them reached.
func (e *end) nodeClient(o *goredis.Options) *goredis.Client {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dialers[o.Addr] == nil {
		e.dialers[o.Addr] = &dialer{config: e.options.TLSConfig}
	}
	o.Dialer = e.dialers[o.Addr].dial
	return newClient(o)
}

// findMasters asks for the masters of now.
func (e *end) findMasters(ctx context.Context) error {
	var mu sync.Mutex
	var nodes []*goredis.Client
	err := e.cluster.ForEachMaster(ctx, func(_ context.Context, c *goredis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		nodes = append(nodes, c)
		return nil
	})
	slices.SortFunc(nodes, func(a, b *goredis.Client) int { return strings.Compare(a.Options().Addr, b.Options().Addr) })
	e.nodes = nodes
	return err
}

// sumMasters adds up what the masters of a cluster say of themselves.
func (e *end) sumMasters(ctx context.Context) error {
	sum := e.server
	sum.keys, sum.used, sum.maxMemory, sum.clients, sum.evicted = map[int]int64{}, 0, 0, 0, 0
	// The node that was asked first may be a replica, which nobody else would name.
	sum.runID, sum.replica = "", false
	var clients []int
	for _, node := range e.nodes {
		info, err := node.Info(ctx).Result()
		if err != nil {
			return err
		}
		one := parseServer(info)
		sum.keys[0] += one.keys[0]
		sum.used += one.used
		sum.maxMemory += one.maxMemory
		clients = append(clients, one.clients)
		sum.evicted += one.evicted
		if sum.runID == "" || one.runID < sum.runID {
			sum.runID = one.runID
		}
	}
	sum.clients = allOf(clients)
	e.server = sum
	return nil
}

// allOf is the sum of what every node says, 0 when one of them says nothing.
func allOf(clients []int) (sum int) {
	if slices.Contains(clients, 0) {
		return 0
	}
	for _, n := range clients {
		sum += n
	}
	return sum
}

// base is a numbered database; connections are made when they are needed.
func (e *end) base(number int) *base {
	e.mu.Lock()
	defer e.mu.Unlock()
	if b, ok := e.bases[number]; ok {
		return b
	}
	o := e.options
	o.DB = number
	c := newClient(&o)
	e.bases[number] = &base{end: e, number: number, do: c, nodes: []*goredis.Client{c}}
	return e.bases[number]
}

func (b *base) close() { _ = b.do.Close() } // nothing can be lost with it

// isCluster says whether a batch may hold keys of several slots.
func (b *base) isCluster() bool { return b.end.cluster != nil }

// size is the number of keys, expired ones included.
func (b *base) size(ctx context.Context) (int64, error) {
	var sum int64
	for _, node := range b.nodes {
		n, err := node.DBSize(ctx).Result()
		if err != nil {
			return 0, b.end.wrap("count the keys", err)
		}
		sum += n
	}
	return sum, nil
}

func (e *end) close() {
	for _, b := range e.bases {
		b.close()
	}
	if e.cluster != nil {
		_ = e.cluster.Close() // closed with its base already, or nothing to lose
	}
}

// disconnected says whether the error is of the connection and not the server's answer.
func disconnected(err error) bool {
	var answer goredis.Error
	return err != nil && !errors.As(err, &answer)
}
