package natsbus

import (
	"cmp"

	"github.com/nats-io/nats.go"

	"github.com/shakedown-dev/shakedown/events"
)

// Lost is closed when the connection has ended for good although nobody closed the bus,
// as when the server refuses a login that it took before. Err says why.
func (b *Bus) Lost() <-chan struct{} { return b.lost }

// Err is why the connection was lost for good, nil as long as it was not. Errors:
// *events.Error of KindUnavailable.
func (b *Bus) Err() error {
	select {
	case <-b.lost:
		return b.reason
	default:
		return nil
	}
}

// ended notes the end of the connection, unless we made it. Whoever waits for an answer
// need not wait any more.
func (b *Bus) ended(nc *nats.Conn) {
	select {
	case <-b.closed:
		return
	default:
	}
	hint := hintDown
	err := cmp.Or(nc.LastError(), nats.ErrConnectionClosed)
	if refusesLogin(err) {
		hint = "give credentials that the NATS server takes, such as --nats-creds FILE, and start again"
	}
	b.reason = events.Errorf(events.KindUnavailable, hint, "stay connected to nats at %s: %w", b.config.Access, err)
	close(b.lost)
	b.links.renewed()
}
