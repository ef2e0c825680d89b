package natsbus

import (
	"net"

	"github.com/shakedown-dev/shakedown/events"
)

// Warnings says what is unsafe about the connection: that it lets others in, or listen.
// One that stays on this machine is safe.
func (b *Bus) Warnings() []*events.Error {
	_, err := b.nc.TLSConnectionState()
	return warnings(b.config.Access, b.nc.ConnectedAddr(), b.nc.AuthRequired(), err == nil)
}

// warnings judges a connection to the server at an address, which asks for a login or not.
func warnings(a Access, server string, asks, encrypted bool) (list []*events.Error) {
	if isLoopback(server) {
		return nil
	}
	if !asks || a.anonymous() {
		list = append(list, events.Errorf(events.KindInvalid, "give the NATS server a user for each service, as deploy/nats does, and give SHAKEDOWN_NATS=tls://USER:PASSWORD@HOST:PORT, SHAKEDOWN_NATS_TOKEN or --nats-creds FILE here",
			"nats at %s takes us without a login: whoever reaches it can do all that shakedown does", a))
	}
	if !encrypted {
		list = append(list, events.Errorf(events.KindInvalid, "give the NATS server a certificate, connect to tls://HOST:PORT, and name a CA of your own with --nats-ca FILE",
			"the connection to nats at %s is not encrypted: credentials and events can be read on the way", a))
	}
	return list
}

// isLoopback says that the address is on this machine; "" is that of no connection.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return address == "" || err == nil && net.ParseIP(host).IsLoopback()
}
