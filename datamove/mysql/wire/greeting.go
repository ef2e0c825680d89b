package wire

import (
	"bytes"
	"encoding/binary"
	"net"
)

// extendedBulk is the capability of bulk statements, of those that only MariaDB has.
const extendedBulk = 1 << 2

// The places in the answer to a greeting.
const (
	answerOldBit = packetHead // its lowest bit: the client is no MariaDB's
	answerCaps   = packetHead + 4 + 4 + 1 + 19
)

// OfferBulk is a connection on which the driver, which does not know bulk statements,
// logs in as a client that has them. It is for connections in the clear.
func OfferBulk(conn net.Conn) net.Conn { return &bulkConn{Conn: conn} }

// bulkConn is a connection whose client offers bulk statements when the server does.
type bulkConn struct {
	net.Conn
	greeting []byte
	answered bool
	// bulk is set when both ends have them.
	bulk bool
}

// Read keeps the greeting.
func (c *bulkConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.answered {
		c.greeting = append(c.greeting, p[:n]...)
	}
	return n, err
}

// Write adds the capability to the first packet, which answers the greeting.
func (c *bulkConn) Write(p []byte) (int, error) {
	if c.answered {
		return c.Conn.Write(p)
	}
	c.answered = true
	if offersBulk(c.greeting) && len(p) > answerCaps+4 && p[answerOldBit]&1 == 0 {
		p = bytes.Clone(p)
		p[answerCaps] |= extendedBulk
		c.bulk = true
	}
	c.greeting = nil
	return c.Conn.Write(p)
}

// TakesBulk says whether bulk statements can be sent on a connection of OfferBulk, once
// the driver has logged in.
func TakesBulk(conn net.Conn) bool {
	c, ok := conn.(*bulkConn)
	return ok && c.bulk
}

// offersBulk reads a server's greeting.
func offersBulk(packet []byte) bool {
	if len(packet) < packetHead+1 || packet[packetHead] != 10 {
		return false
	}
	_, rest, found := bytes.Cut(packet[packetHead+1:], []byte{0}) // the version
	// thread, scramble, 0, capabilities, charset, status, capabilities, length, 6 of
	// nothing, MariaDB's capabilities
	const low, extended = 4 + 8 + 1, 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 6
	if !found || len(rest) < extended+4 || rest[low]&1 != 0 {
		return false
	}
	return binary.LittleEndian.Uint32(rest[extended:])&extendedBulk != 0
}
