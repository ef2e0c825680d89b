package natsbus

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// mostReplicas is how many servers store each stream and bucket where the cluster has so
// many: one of them may be lost.
const mostReplicas = 3

// The codes by which a cluster says that it has not so many servers that could store a
// stream, and a server that it is in none; nats.go has no names for them.
const (
	codeNoPeers   = 10005
	codeNoCluster = 10074
)

// lacksServers says that the stream could be stored by fewer servers only.
func lacksServers(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == codeNoPeers || api.ErrorCode == codeNoCluster)
}

// replicas is the number to begin with. How many servers could take a stream, only the
// cluster knows: it refuses what is too much. A server without a cluster is not asked,
// since not every version refuses it.
func (b *Bus) replicas() int {
	if b.nc.ConnectedClusterName() == "" {
		return 1
	}
	return mostReplicas
}

// create makes the stream with as many replicas as the cluster can have.
func (b *Bus) create(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	for want.Replicas = b.replicas(); ; want.Replicas-- {
		stream, err := b.stream(ctx, func(ctx context.Context) (jetstream.Stream, error) { return b.js.CreateStream(ctx, want) })
		if want.Replicas == 1 || !lacksServers(err) {
			return stream, err
		}
		b.config.Log.Info("no servers for so many replicas", "stream", want.Name, "replicas", want.Replicas, "error", err)
	}
}

// raise gives the stream the replicas that it would be made with now, if it has fewer. It
// never gets fewer, and is of use as it is when it cannot have more.
func (b *Bus) raise(ctx context.Context, stream jetstream.Stream) jetstream.Stream {
	config := stream.CachedInfo().Config
	has := config.Replicas
	for config.Replicas = b.replicas(); config.Replicas > has; config.Replicas-- {
		raised, err := b.stream(ctx, func(ctx context.Context) (jetstream.Stream, error) { return b.js.UpdateStream(ctx, config) })
		log := b.config.Log.With("stream", config.Name, "replicas", config.Replicas)
		switch {
		case err == nil:
			log.Info("stream has more replicas", "before", has)
			return raised
		case !lacksServers(err):
			log.Warn("stream keeps its replicas", "has", has, "error", err)
			return stream
		}
	}
	return stream
}
