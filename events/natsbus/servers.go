package natsbus

import (
	"context"
	"encoding/json"
	"time"
)

const (
	// pingServers is answered by every server that knows our account, with its own name.
	pingServers = "$SYS.REQ.ACCOUNT.PING.STATZ"
	// pingQuiet is how long nobody must answer for all to have answered.
	pingQuiet = 500 * time.Millisecond
)

// PossibleReplicas is how many servers could store each stream, as far as they answer now,
// and at most what this package makes use of; 0 when nobody says.
func (b *Bus) PossibleReplicas(ctx context.Context) int {
	cluster := b.nc.ConnectedClusterName()
	if cluster == "" {
		return 1
	}
	return min(b.servers(ctx, cluster), mostReplicas)
}

// servers counts the servers of the cluster that store streams.
func (b *Bus) servers(ctx context.Context, cluster string) int {
	address, in := b.nc.NewInbox(), newInbox()
	sub, err := b.nc.Subscribe(address, in.put)
	if err != nil {
		return 0
	}
	defer sub.Unsubscribe() //nolint:errcheck // it only fails on a connection that is closed
	if err := b.nc.PublishRequest(pingServers, address, []byte(`{"include_unused":true}`)); err != nil {
		return 0
	}
	found := map[string]bool{}
	for {
		server, err := nextServer(ctx, in)
		if err != nil {
			return len(found)
		}
		if server.JetStream && server.Cluster == cluster {
			found[server.ID] = true
		}
	}
}

// serverName is what a server says of itself.
type serverName struct {
	ID        string `json:"id"`
	Cluster   string `json:"cluster"`
	JetStream bool   `json:"jetstream"`
}

func nextServer(ctx context.Context, in *inbox) (serverName, error) {
	ctx, cancel := context.WithTimeout(ctx, pingQuiet)
	defer cancel()
	msg, err := in.next(ctx)
	if err != nil {
		return serverName{}, err
	}
	var answer struct {
		Server serverName `json:"server"`
	}
	if len(msg.Data) == 0 { // nobody answers
		return serverName{}, nil
	}
	return answer.Server, json.Unmarshal(msg.Data, &answer)
}
